//! Records: nine fields, decoded strictly, their bytes kept as they are.

use super::amount::ForeignAmount;
use super::error::Error;
use super::items::Items;
use crate::Seq;
use crate::chain::{Operation, RecordError};
use crate::hash::{Digest, blake3};
use crate::limits::{DIGEST_SIZE, MAX_AMOUNT, MAX_RECORD_SIZE};

const ITEMS: u64 = 9;
/// CBOR array of nine.
pub(super) const HEAD: u8 = 0x89;

/// A record of the TypeScript library, borrowed from its bytes.
///
/// Two forms of a byte string are taken, since the library writes both: under tag 64 for a plain
/// byte array, without a tag for a host's buffer. So equal fields do not mean equal bytes; hashes
/// are over the bytes, and a record is never encoded again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignRecord<'a> {
    /// 0 for the first record, then +1.
    pub seq: Seq,
    /// [`foreign_tip`] of the record before; zeros in record 0.
    pub prev_hash: Digest,
    /// Microseconds since the epoch. The library lets it go back.
    pub ts_us: u64,
    /// What happened. Any text.
    pub op: &'a str,
    /// The member, 32 bytes. The library takes other lengths as well; they are refused here.
    pub member_id: &'a [u8; DIGEST_SIZE],
    /// The asset. Any text.
    pub asset_id: &'a str,
    /// Positive credits, negative debits.
    pub amount: ForeignAmount,
    /// The caller's idempotency key, which the library does not enforce. Any text.
    pub op_id: &'a str,
    /// The caller's; in record 0 the fingerprint of the process key.
    pub context_hash: &'a [u8; DIGEST_SIZE],
}

impl<'a> ForeignRecord<'a> {
    /// Decodes a whole record. Takes what the library's own encoder writes from well-formed
    /// fields, and nothing else.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_RECORD_SIZE {
            return Err(Error::TooLarge { size: bytes.len(), limit: MAX_RECORD_SIZE });
        }
        let mut items = Items::new(bytes);
        items.array_of("record", ITEMS)?;
        let record = Self {
            seq: Seq(items.uint("seq")?),
            prev_hash: Digest::from_bytes(*items.bytes("prevHash")?),
            ts_us: items.uint("ts")?,
            op: items.text("op", MAX_RECORD_SIZE)?,
            member_id: items.bytes("memberId")?,
            asset_id: items.text("assetId", MAX_RECORD_SIZE)?,
            amount: items.amount("amount")?,
            op_id: items.text("opId", MAX_RECORD_SIZE)?,
            context_hash: items.bytes("contextHash")?,
        };
        items.finish("record")?;
        Ok(record)
    }

    /// The entry as this program's own log would take it.
    ///
    /// # Errors
    /// Names the first field outside that log's limits, which are tighter.
    pub fn operation(&self) -> Result<Operation<'a>, RecordError> {
        let operation = Operation {
            op: self.op,
            member_id: self.member_id,
            asset_id: self.asset_id,
            // What does not fit 128 bits is outside the limits in any case.
            amount: self.amount.to_i128().unwrap_or(MAX_AMOUNT.saturating_add(1)),
            op_id: self.op_id,
            context_hash: self.context_hash,
        };
        operation.check().map(|()| operation)
    }
}

/// The chain tip after a record: `H(bytes)`, `spec/metering-reference.md` section 3. The
/// predecessor enters only through the record's own `prevHash`.
pub fn foreign_tip(bytes: &[u8]) -> Digest {
    blake3(bytes)
}
