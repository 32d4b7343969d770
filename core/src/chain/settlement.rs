//! The body of a settlement record: its bytes, borrowed.
//!
//! What a settlement *means* (roots, deltas, windows) is checked where settlements are made and
//! verified; here is only its shape, the bytes it signs and their signature.

use alloc::vec::Vec;

use super::control::ControlHead;
use super::entry::{check_asset_id, rule};
use super::error::{InField, RecordError};
use crate::Seq;
use crate::codec::{Decoder, Encoder};
use crate::hash::Digest;
use crate::keys::{self, PublicKey, ShardId, Signature, VerifyingKey};
use crate::limits::{DIGEST_SIZE, MAX_ASSET_ID_SIZE};
use crate::tags;

const SETTLEMENT_ITEMS: u64 = 10;
const SIGNED_ITEMS: u64 = 10;
const DELTA_ITEMS: u64 = 4;

/// What one member earned and spent of one asset in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberDelta<'a> {
    /// The member.
    pub member_id: &'a [u8; DIGEST_SIZE],
    /// The asset.
    pub asset_id: &'a str,
    /// Sum of the positive amounts.
    pub earned: u128,
    /// Sum of the absolute values of the negative amounts.
    pub spent: u128,
}

impl<'a> MemberDelta<'a> {
    /// Appends the delta's CBOR to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut encoder = Encoder::new(out);
        encoder.array(DELTA_ITEMS);
        encoder.bytes(self.member_id);
        encoder.text(self.asset_id);
        encoder.bignum(self.earned);
        encoder.bignum(self.spent);
    }

    fn decode(decoder: &mut Decoder<'a>) -> Result<Self, RecordError> {
        decoder.array_of(DELTA_ITEMS).in_field("memberDeltas")?;
        let delta = Self {
            member_id: decoder.bytes_of().in_field("memberDeltas.memberId")?,
            asset_id: decoder.text(MAX_ASSET_ID_SIZE).in_field("memberDeltas.assetId")?,
            earned: decoder.bignum().in_field("memberDeltas.earned")?,
            spent: decoder.bignum().in_field("memberDeltas.spent")?,
        };
        check_asset_id(delta.asset_id)?;
        Ok(delta)
    }

    fn key(&self) -> (&'a [u8; DIGEST_SIZE], &'a [u8]) {
        (self.member_id, self.asset_id.as_bytes())
    }
}

/// The body of a `BATCH_SETTLEMENT` record. The deltas stay encoded; they have been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement<'a> {
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
    /// The process key that signed it.
    pub public_key: PublicKey,
    /// Its signature over [`Settlement::signed_bytes`].
    pub signature: Signature,
    /// The items `fromSeq` to `memberDeltas` as they stand in the record and in the signed bytes.
    signed_fields: &'a [u8],
    /// The deltas alone, without the head of their array.
    deltas: &'a [u8],
}

impl<'a> Settlement<'a> {
    /// The bytes that the process key signs, for `shard_id`.
    pub fn signed_bytes(&self, shard_id: ShardId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.signed_fields.len().saturating_add(40));
        let mut encoder = Encoder::new(&mut bytes);
        encoder.array(SIGNED_ITEMS);
        encoder.text(tags::BATCH_SETTLEMENT);
        encoder.bytes(shard_id.as_bytes());
        encoder.raw(self.signed_fields);
        bytes
    }

    /// Verifies the process key's signature for `shard_id`.
    ///
    /// Does not prove that the key was active, nor that roots and deltas agree with any records.
    pub fn verify_signature(&self, shard_id: ShardId) -> Result<(), keys::Error> {
        VerifyingKey::new(&self.public_key)?.verify(&self.signed_bytes(shard_id), &self.signature)
    }

    /// The deltas, in order of member and asset.
    pub fn member_deltas(&self) -> impl Iterator<Item = MemberDelta<'a>> + use<'a> {
        let mut decoder = Decoder::new(self.deltas);
        core::iter::from_fn(move || MemberDelta::decode(&mut decoder).ok())
    }

    /// Decodes the body of a settlement record, strictly.
    pub fn decode(body: &'a [u8]) -> Result<Self, RecordError> {
        let mut decoder = Decoder::new(body);
        let settlement = Self::decode_body(&mut decoder)?;
        decoder.finish().in_field("body")?;
        Ok(settlement)
    }

    pub(super) fn encode_body(&self, encoder: &mut Encoder<'_>) {
        encoder.array(SETTLEMENT_ITEMS);
        encoder.raw(self.signed_fields);
        encoder.bytes(self.public_key.as_bytes());
        encoder.bytes(self.signature.as_bytes());
    }

    pub(super) fn decode_body(decoder: &mut Decoder<'a>) -> Result<Self, RecordError> {
        decoder.array_of(SETTLEMENT_ITEMS).in_field("body")?;
        let start = decoder.rest();
        let roots = SettledRoots::decode(decoder)?;
        let SettledRoots { from_seq, to_seq, tip_hash, .. } = roots;
        let SettledRoots { items_root, log_root, index_root, entry_count, .. } = roots;
        let count = decoder.array().in_field("memberDeltas")?;
        let deltas = taken(decoder.rest(), |decoder| check_deltas(decoder, count), decoder)?;
        let signed = start.len().saturating_sub(decoder.rest().len());
        Ok(Self {
            from_seq,
            to_seq,
            tip_hash,
            items_root,
            log_root,
            index_root,
            entry_count,
            public_key: PublicKey::from_bytes(*decoder.bytes_of().in_field("publicKey")?),
            signature: Signature::from_bytes(*decoder.bytes_of().in_field("signature")?),
            signed_fields: start.get(..signed).unwrap_or_default(),
            deltas,
        })
    }
}

/// What a settlement says before the deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledRoots {
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
}

impl SettledRoots {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, RecordError> {
        Ok(Self {
            from_seq: Seq(decoder.uint().in_field("fromSeq")?),
            to_seq: Seq(decoder.uint().in_field("toSeq")?),
            tip_hash: digest(decoder, "tipHash")?,
            items_root: digest(decoder, "itemsRoot")?,
            log_root: digest(decoder, "logRoot")?,
            index_root: digest(decoder, "indexRoot")?,
            entry_count: decoder.uint().in_field("entryCount")?,
        })
    }
}

/// The beginning of a `BATCH_SETTLEMENT` record, up to its deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementHead {
    /// The record's number.
    pub seq: Seq,
    /// The chain tip before it.
    pub prev_hash: Digest,
    /// When it was appended, microseconds since the epoch.
    pub ts_us: u64,
    /// What it settles.
    pub roots: SettledRoots,
}

impl SettlementHead {
    /// Reads the beginning of a record, strictly; what is behind the length of the deltas is not
    /// looked at. It takes at most 260 bytes.
    pub fn decode(beginning: &[u8]) -> Result<Self, RecordError> {
        let mut decoder = Decoder::new(beginning);
        let head = ControlHead::decode(&mut decoder)?;
        if head.kind != tags::BATCH_SETTLEMENT {
            return rule("kind", "must be BATCH_SETTLEMENT");
        }
        decoder.array_of(SETTLEMENT_ITEMS).in_field("body")?;
        let roots = SettledRoots::decode(&mut decoder)?;
        decoder.array().in_field("memberDeltas")?;
        Ok(Self { seq: head.seq, prev_hash: head.prev_hash, ts_us: head.ts_us, roots })
    }
}

fn digest(decoder: &mut Decoder<'_>, field: &'static str) -> Result<Digest, RecordError> {
    decoder.bytes_of().in_field(field).map(|bytes| Digest::from_bytes(*bytes))
}

/// Runs `read` and returns the bytes it took from `start`.
fn taken<'a>(
    start: &'a [u8],
    read: impl FnOnce(&mut Decoder<'a>) -> Result<(), RecordError>,
    decoder: &mut Decoder<'a>,
) -> Result<&'a [u8], RecordError> {
    read(decoder)?;
    let count = start.len().saturating_sub(decoder.rest().len());
    Ok(start.get(..count).unwrap_or_default())
}

/// Walks the deltas: every one well-formed, and each above the one before.
fn check_deltas(decoder: &mut Decoder<'_>, count: u64) -> Result<(), RecordError> {
    let mut previous: Option<MemberDelta<'_>> = None;
    for _ in 0..count {
        let delta = MemberDelta::decode(decoder)?;
        if previous.is_some_and(|previous| previous.key() >= delta.key()) {
            return rule("memberDeltas", "must be sorted by member and asset, each pair once");
        }
        previous = Some(delta);
    }
    Ok(())
}
