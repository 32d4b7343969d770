//! What a bundle was found to be: every check that ran, and what the bundle is about.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::Format;
use crate::Seq;
use crate::chain::{MeteringRecord, Record, SettledRoots};
use crate::document::{
    self, DocumentError, List, Object, Objects, One, Optional, OptionalObject, Own, members,
};
use crate::hash::Digest;
use crate::keys::{PublicKey, ShardId};
use crate::limits::DIGEST_SIZE;
use crate::settlement::{AccountDelta, BatchId};

/// One check that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the check where it passed; what is wrong where it failed. Stable kebab-case;
    /// `FORMAT.md` lists all.
    pub code: &'static str,
    /// Whether it passed.
    pub ok: bool,
    /// What was compared, or what was expected and found, for people.
    pub detail: String,
}

members!(write Check {
    code "code": Own,
    ok "ok": Own,
    detail "detail": One,
});

/// The outcome of checking a bundle.
///
/// Checks run in the order of `FORMAT.md`, and the first that fails is the last that runs: those
/// behind it rest on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether the bundle holds: at least one check ran, and none failed.
    pub valid: bool,
    /// What kind of bundle it is.
    pub format: Format,
    /// Every check that ran, in order, passes too.
    pub checks: Vec<Check>,
    /// What this kind of bundle does not show even where it holds, in plain words.
    pub does_not_prove: Vec<&'static str>,
    /// What the bundle is about. As true as `valid` is.
    pub facts: Facts,
}

members!(write Report {
    valid "valid": Own,
    format "format": One,
    checks "checks": Objects,
    does_not_prove "doesNotProve": Own,
    facts "facts": Object,
});

impl Report {
    /// The check that failed, if one did.
    pub fn first_failure(&self) -> Option<&Check> {
        self.checks.iter().find(|check| !check.ok)
    }

    /// The report as a JSON document.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }
}

/// What a bundle says, as far as its checks came. As true as the report is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The shard.
    pub shard_id: ShardId,
    /// The operator key that the bundle names.
    pub operator_public_key: PublicKey,
    /// The settlements in it, the one that the proof rests on first.
    pub settlements: Vec<SettlementFact>,
    /// The records in it.
    pub records: Vec<RecordFact>,
    /// The member whose operations it is about.
    pub member_id: Option<[u8; DIGEST_SIZE]>,
    /// The operation that it shows to be absent.
    pub op_id: Option<String>,
    /// The record that it is about, where its bytes are not in the bundle.
    pub seq: Option<Seq>,
    /// Leaf hashes that stand at `seq`, where they contradict each other.
    pub leaf_hashes: Vec<Digest>,
    /// The content address of the file that the record stands in.
    pub content_address: Option<Digest>,
    /// What the member earned and spent of each asset.
    pub sums: Vec<AccountDelta>,
}

members!(write Facts {
    shard_id "shardId": One,
    operator_public_key "operatorPublicKey": One,
    settlements "settlements": Objects,
    records "records": Objects,
    member_id "memberId": Optional,
    op_id "opId": Optional,
    seq "seq": Optional,
    leaf_hashes "leafHashes": List,
    content_address "contentAddress": Optional,
    sums "sums": Objects,
});

impl Facts {
    pub(super) const fn new(shard_id: ShardId, operator_public_key: PublicKey) -> Self {
        Self {
            shard_id,
            operator_public_key,
            settlements: Vec::new(),
            records: Vec::new(),
            member_id: None,
            op_id: None,
            seq: None,
            leaf_hashes: Vec::new(),
            content_address: None,
            sums: Vec::new(),
        }
    }
}

/// A settlement in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementFact {
    /// The batch it closes.
    pub batch_id: BatchId,
    /// Entries in the batch.
    pub entry_count: u64,
    /// The process key that signed it.
    pub public_key: PublicKey,
    /// Root over the records of the batch.
    pub items_root: Digest,
    /// Root over the whole log up to the end of the batch.
    pub log_root: Digest,
}

members!(write SettlementFact {
    batch_id "batchId": One,
    entry_count "entryCount": One,
    public_key "publicKey": One,
    items_root "itemsRoot": One,
    log_root "logRoot": One,
});

impl SettlementFact {
    /// What `public_key` settled.
    pub(super) const fn new(
        shard_id: ShardId,
        public_key: PublicKey,
        roots: &SettledRoots,
    ) -> Self {
        let SettledRoots { from_seq, to_seq, entry_count, items_root, log_root, .. } = *roots;
        let batch_id = BatchId { shard_id, from_seq, to_seq };
        Self { batch_id, entry_count, public_key, items_root, log_root }
    }
}

/// A record in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFact {
    /// Its number in the shard.
    pub seq: Seq,
    /// When it was appended, microseconds since the epoch.
    pub ts: u64,
    /// Its Merkle leaf, computed from its bytes.
    pub leaf_hash: Digest,
    /// The kind of a control record.
    pub kind: Option<&'static str>,
    /// What an entry meters.
    pub operation: Option<OperationFact>,
}

members!(write RecordFact {
    seq "seq": One,
    ts "ts": One,
    leaf_hash "leafHash": One,
    kind "kind": Own,
    operation "operation": OptionalObject,
});

impl RecordFact {
    pub(super) fn of(record: &Record<'_>, leaf_hash: Digest) -> Self {
        let (kind, operation) = match record {
            Record::Entry(entry) => (None, Some(OperationFact::of(entry))),
            Record::Control(control) => (Some(control.body.kind()), None),
        };
        Self { seq: record.seq(), ts: record.ts_us(), leaf_hash, kind, operation }
    }
}

/// What an entry meters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationFact {
    /// What happened.
    pub op: String,
    /// The member.
    pub member_id: [u8; DIGEST_SIZE],
    /// The asset.
    pub asset_id: String,
    /// Positive credits, negative debits.
    pub amount: i128,
    /// The caller's idempotency key.
    pub op_id: String,
    /// Opaque; zeros when unused.
    pub context_hash: [u8; DIGEST_SIZE],
}

members!(write OperationFact {
    op "op": One,
    member_id "memberId": One,
    asset_id "assetId": One,
    amount "amount": One,
    op_id "opId": One,
    context_hash "contextHash": One,
});

impl OperationFact {
    fn of(entry: &MeteringRecord<'_>) -> Self {
        let operation = &entry.operation;
        Self {
            op: operation.op.to_owned(),
            member_id: *operation.member_id,
            asset_id: operation.asset_id.to_owned(),
            amount: operation.amount,
            op_id: operation.op_id.to_owned(),
            context_hash: *operation.context_hash,
        }
    }
}
