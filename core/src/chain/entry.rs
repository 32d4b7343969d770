//! The entry: a nine-field record of what one member earned or spent.

use alloc::vec::Vec;

use super::error::{InField, RecordError};
use crate::Seq;
use crate::codec::{Decoder, Encoder};
use crate::hash::Digest;
use crate::limits::{
    DIGEST_SIZE, MAX_AMOUNT, MAX_ASSET_ID_SIZE, MAX_OP_ID_SIZE, MAX_OP_SIZE, MIN_AMOUNT,
};

/// Items in an entry.
pub(crate) const ENTRY_ITEMS: u64 = 9;

/// What a caller meters: the fields of an entry that the log does not fill in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// What happened, e.g. `earn`: 1 to 64 bytes of `[a-z0-9][a-z0-9._-]*`.
    pub op: &'a str,
    /// The member, opaque.
    pub member_id: &'a [u8; DIGEST_SIZE],
    /// The asset, e.g. `joule`: 1 to 64 bytes without control characters, `"` or `\`.
    pub asset_id: &'a str,
    /// Positive credits, negative debits; from -(2^64) to 2^64-1.
    pub amount: i128,
    /// The caller's idempotency key: 1 to 128 bytes.
    pub op_id: &'a str,
    /// Opaque; zeros when unused.
    pub context_hash: &'a [u8; DIGEST_SIZE],
}

impl Operation<'_> {
    /// Checks every field against its limits: exactly what the strict decoder would refuse.
    #[inline]
    pub fn check(&self) -> Result<(), RecordError> {
        check_op(self.op)?;
        check_asset_id(self.asset_id)?;
        if self.amount < MIN_AMOUNT || self.amount > MAX_AMOUNT {
            return rule("amount", "must lie between -(2^64) and 2^64-1");
        }
        check_op_id(self.op_id)
    }
}

/// An entry, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeteringRecord<'a> {
    /// Its number in the shard.
    pub seq: Seq,
    /// The chain tip before it.
    pub prev_hash: Digest,
    /// When it was appended, microseconds since the epoch; never below the previous record's.
    pub ts_us: u64,
    /// What was metered.
    pub operation: Operation<'a>,
}

impl<'a> MeteringRecord<'a> {
    /// Appends the record's CBOR to `out`; the fields are taken as checked.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(crate::limits::MAX_ENTRY_SIZE);
        let mut encoder = Encoder::new(out);
        encoder.array(ENTRY_ITEMS);
        encoder.uint(self.seq.0);
        encoder.bytes(self.prev_hash.as_bytes());
        encoder.uint(self.ts_us);
        encoder.text(self.operation.op);
        encoder.bytes(self.operation.member_id);
        encoder.text(self.operation.asset_id);
        encoder.int(self.operation.amount);
        encoder.text(self.operation.op_id);
        encoder.bytes(self.operation.context_hash);
    }

    /// Decodes a whole entry, strictly.
    #[inline]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let mut decoder = Decoder::new(bytes);
        decoder.array_of(ENTRY_ITEMS).in_field("record")?;
        let record = Self {
            seq: Seq(decoder.uint().in_field("seq")?),
            prev_hash: Digest::from_bytes(*decoder.bytes_of().in_field("prevHash")?),
            ts_us: decoder.uint().in_field("ts")?,
            operation: Operation {
                op: decoder.text(MAX_OP_SIZE).in_field("op")?,
                member_id: decoder.bytes_of().in_field("memberId")?,
                asset_id: decoder.text(MAX_ASSET_ID_SIZE).in_field("assetId")?,
                amount: decoder.int().in_field("amount")?,
                op_id: decoder.text(MAX_OP_ID_SIZE).in_field("opId")?,
                context_hash: decoder.bytes_of().in_field("contextHash")?,
            },
        };
        decoder.finish().in_field("record")?;
        check_op(record.operation.op)?;
        check_asset_id(record.operation.asset_id)?;
        check_op_id(record.operation.op_id)?;
        Ok(record)
    }
}

/// What links an entry to the chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLink {
    pub(super) seq: Seq,
    pub(super) ts_us: u64,
    /// Where in the record the 32 bytes of `prevHash` start.
    pub(super) prev_hash_at: usize,
}

/// Finds it without reading the rest.
#[inline]
pub(super) fn entry_link(bytes: &[u8]) -> Result<EntryLink, RecordError> {
    let mut decoder = Decoder::new(bytes);
    decoder.array_of(ENTRY_ITEMS).in_field("record")?;
    let seq = Seq(decoder.uint().in_field("seq")?);
    let _zeros: &[u8; DIGEST_SIZE] = decoder.bytes_of().in_field("prevHash")?;
    let prev_hash_at = bytes.len().saturating_sub(decoder.rest().len()).saturating_sub(DIGEST_SIZE);
    let ts_us = decoder.uint().in_field("ts")?;
    Ok(EntryLink { seq, ts_us, prev_hash_at })
}

#[cold]
pub(crate) const fn rule<T>(field: &'static str, rule: &'static str) -> Result<T, RecordError> {
    Err(RecordError::Rule { field, rule })
}

#[inline]
fn check_op(op: &str) -> Result<(), RecordError> {
    let starts_well = op.as_bytes().first().is_some_and(|byte| is_op_start(*byte));
    let goes_on_well =
        op.as_bytes().iter().all(|byte| is_op_start(*byte) || matches!(byte, b'.' | b'_' | b'-'));
    if op.len() > MAX_OP_SIZE || !starts_well || !goes_on_well {
        return rule("op", "must be 1 to 64 characters of a-z 0-9 . _ - and start with a-z or 0-9");
    }
    Ok(())
}

const fn is_op_start(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9')
}

#[inline]
pub(crate) fn check_asset_id(asset_id: &str) -> Result<(), RecordError> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let is_clean = asset_id.as_bytes().iter().all(is_plain)
        // Anything beyond ASCII may be a control character of the C1 range.
        || !asset_id.chars().any(|c| c.is_control() || c == '"' || c == '\\');
    if asset_id.is_empty() || asset_id.len() > MAX_ASSET_ID_SIZE || !is_clean {
        return rule(
            "assetId",
            "must be 1 to 64 bytes without control characters, quotation marks or backslashes",
        );
    }
    Ok(())
}

#[inline]
fn check_op_id(op_id: &str) -> Result<(), RecordError> {
    if op_id.is_empty() || op_id.len() > MAX_OP_ID_SIZE {
        return rule("opId", "must be 1 to 128 bytes");
    }
    Ok(())
}
