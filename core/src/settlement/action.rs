//! A settlement on its own: owned, with its bytes, its signature and its JSON form.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::BatchId;
use super::document::Deltas;
use crate::Seq;
use crate::chain::{MemberDelta, RecordError, SettledRoots, Settlement};
use crate::codec::Encoder;
use crate::document::{self, DocumentError, One, members};
use crate::hash::Digest;
use crate::keys::{self, PublicKey, ShardId, Signature, VerifyingKey};
use crate::limits::{DIGEST_SIZE, MAX_SETTLEMENT_DOCUMENT_SIZE};
use crate::tags;

/// Items of the body, and of the signed bytes.
const ITEMS: u64 = 10;

/// What one member earned and spent of one asset in a batch: [`MemberDelta`], owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDelta {
    /// The member.
    pub member_id: [u8; DIGEST_SIZE],
    /// The asset.
    pub asset_id: String,
    /// Sum of the positive amounts.
    pub earned: u128,
    /// Sum of the absolute values of the negative amounts.
    pub spent: u128,
}

members!(AccountDelta {
    member_id "memberId": One,
    asset_id "assetId": One,
    earned "earned": One,
    spent "spent": One,
});

impl AccountDelta {
    /// The same, borrowed.
    pub fn as_delta(&self) -> MemberDelta<'_> {
        let Self { member_id, asset_id, earned, spent } = self;
        MemberDelta { member_id, asset_id, earned: *earned, spent: *spent }
    }

    /// What deltas are sorted by, as bytes.
    pub fn key(&self) -> (&[u8; DIGEST_SIZE], &[u8]) {
        (&self.member_id, self.asset_id.as_bytes())
    }
}

impl From<MemberDelta<'_>> for AccountDelta {
    fn from(delta: MemberDelta<'_>) -> Self {
        Self {
            member_id: *delta.member_id,
            asset_id: delta.asset_id.to_owned(),
            earned: delta.earned,
            spent: delta.spent,
        }
    }
}

/// A settlement: a batch's range, the roots over it, what its members earned and spent, and the
/// process key's signature over all of it (`spec/metering.md` sections 3 and 5).
///
/// As a member of a document it is an object with these names in camelCase; read from CBOR or
/// JSON its deltas are sorted, each pair once, with well-formed asset ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSettlementAction {
    /// First record of the batch.
    pub from_seq: Seq,
    /// Last record of the batch.
    pub to_seq: Seq,
    /// Chain tip at `to_seq`.
    pub tip_hash: Digest,
    /// Root over the records of the batch.
    pub items_root: Digest,
    /// Root over all records up to `to_seq`.
    pub log_root: Digest,
    /// Root over the batch's sorted operation index.
    pub index_root: Digest,
    /// Entries in the batch.
    pub entry_count: u64,
    /// What each member earned and spent of each asset, sorted by member and asset as bytes.
    pub member_deltas: Vec<AccountDelta>,
    /// The process key that signed it.
    pub public_key: PublicKey,
    /// Its signature over [`BatchSettlementAction::signed_bytes`].
    pub signature: Signature,
}

members!(BatchSettlementAction {
    from_seq "fromSeq": One,
    to_seq "toSeq": One,
    tip_hash "tipHash": One,
    items_root "itemsRoot": One,
    log_root "logRoot": One,
    index_root "indexRoot": One,
    entry_count "entryCount": One,
    member_deltas "memberDeltas": Deltas,
    public_key "publicKey": One,
    signature "signature": One,
});

impl BatchSettlementAction {
    /// The bytes that the process key signs, for `shard_id`.
    pub fn signed_bytes(&self, shard_id: ShardId) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes);
        encoder.array(ITEMS);
        encoder.text(tags::BATCH_SETTLEMENT);
        encoder.bytes(shard_id.as_bytes());
        self.encode_signed_fields(&mut bytes);
        bytes
    }

    /// The CBOR of the body of the settlement's record.
    pub fn body(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes).array(ITEMS);
        self.encode_signed_fields(&mut bytes);
        let mut encoder = Encoder::new(&mut bytes);
        encoder.bytes(self.public_key.as_bytes());
        encoder.bytes(self.signature.as_bytes());
        bytes
    }

    /// Reads the CBOR of a body, strictly. (To borrow a settlement from its bytes, use
    /// [`Settlement::decode`].)
    pub fn from_body(bytes: &[u8]) -> Result<Self, RecordError> {
        Settlement::decode(bytes).map(Self::from)
    }

    /// The items that stand alike in the body and in the signed bytes.
    fn encode_signed_fields(&self, bytes: &mut Vec<u8>) {
        let mut encoder = Encoder::new(bytes);
        encoder.uint(self.from_seq.0);
        encoder.uint(self.to_seq.0);
        encoder.bytes(self.tip_hash.as_bytes());
        encoder.bytes(self.items_root.as_bytes());
        encoder.bytes(self.log_root.as_bytes());
        encoder.bytes(self.index_root.as_bytes());
        encoder.uint(self.entry_count);
        encoder.array(self.member_deltas.len() as u64);
        for delta in &self.member_deltas {
            delta.as_delta().encode(bytes);
        }
    }

    /// Verifies the process key's signature for `shard_id`.
    ///
    /// Does not prove that the key was certified, active or uncompromised, nor that roots and
    /// deltas agree with any records.
    pub fn verify_signature(&self, shard_id: ShardId) -> Result<(), keys::Error> {
        VerifyingKey::new(&self.public_key)?.verify(&self.signed_bytes(shard_id), &self.signature)
    }

    /// What it says before the deltas.
    pub const fn roots(&self) -> SettledRoots {
        let Self {
            from_seq, to_seq, tip_hash, items_root, log_root, index_root, entry_count, ..
        } = *self;
        SettledRoots { from_seq, to_seq, tip_hash, items_root, log_root, index_root, entry_count }
    }

    /// The batch's name in `shard_id`.
    pub const fn batch_id(&self, shard_id: ShardId) -> BatchId {
        BatchId { shard_id, from_seq: self.from_seq, to_seq: self.to_seq }
    }

    /// The records of the batch; `None` where the range ends before it starts or is as large as
    /// no shard's.
    pub const fn record_count(&self) -> Option<u64> {
        match self.to_seq.0.checked_sub(self.from_seq.0) {
            Some(steps) => steps.checked_add(1),
            None => None,
        }
    }

    /// Reads the JSON of a settlement alone.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DocumentError> {
        document::read(bytes, MAX_SETTLEMENT_DOCUMENT_SIZE)
    }

    /// The JSON of the settlement alone.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }
}

impl From<Settlement<'_>> for BatchSettlementAction {
    fn from(settlement: Settlement<'_>) -> Self {
        Self::from(&settlement)
    }
}

impl From<&Settlement<'_>> for BatchSettlementAction {
    fn from(settlement: &Settlement<'_>) -> Self {
        Self {
            from_seq: settlement.from_seq,
            to_seq: settlement.to_seq,
            tip_hash: settlement.tip_hash,
            items_root: settlement.items_root,
            log_root: settlement.log_root,
            index_root: settlement.index_root,
            entry_count: settlement.entry_count,
            member_deltas: settlement.member_deltas().map(AccountDelta::from).collect(),
            public_key: settlement.public_key,
            signature: settlement.signature,
        }
    }
}
