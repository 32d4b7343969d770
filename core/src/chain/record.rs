//! Any record: an entry or a control record, told apart by its first byte.

use super::control::{CONTROL_ITEMS, Control, ControlRecord};
use super::entry::{ENTRY_ITEMS, MeteringRecord};
use super::error::{InField, RecordError};
use super::tip::next_tip;
use crate::Seq;
use crate::codec::Decoder;
use crate::hash::Digest;
use crate::limits::MAX_RECORD_SIZE;

/// CBOR's major type 4, an array, in the top three bits.
const ARRAY: u8 = 4 << 5;
const ENTRY_HEAD: u8 = ARRAY | ENTRY_ITEMS.to_le_bytes()[0];
const CONTROL_HEAD: u8 = ARRAY | CONTROL_ITEMS.to_le_bytes()[0];

/// A record, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a box would allocate for every control record")]
pub enum Record<'a> {
    /// What a member earned or spent.
    Entry(MeteringRecord<'a>),
    /// Everything else.
    Control(ControlRecord<'a>),
}

impl<'a> Record<'a> {
    /// Decodes a whole record, strictly: one encoding per record is accepted, the one that this
    /// crate writes.
    #[inline]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, RecordError> {
        match bytes.first() {
            _ if bytes.len() > MAX_RECORD_SIZE => Err(RecordError::TooLarge { size: bytes.len() }),
            Some(&CONTROL_HEAD) => ControlRecord::decode(bytes).map(Self::Control),
            // Anything that is not an array of nine fails there, with the right reason.
            _ => MeteringRecord::decode(bytes).map(Self::Entry),
        }
    }

    /// Whether a record may start with this byte: a cheap test before a strict decode.
    #[inline]
    pub const fn may_start_with(byte: u8) -> bool {
        byte == ENTRY_HEAD || byte == CONTROL_HEAD
    }

    /// Whether the bytes of a record are an entry's, by their first byte.
    #[inline]
    pub const fn is_entry(bytes: &[u8]) -> bool {
        matches!(bytes.first(), Some(&ENTRY_HEAD))
    }

    /// Its number in the shard.
    #[inline]
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Entry(entry) => entry.seq,
            Self::Control(control) => control.seq,
        }
    }

    /// The chain tip before it.
    #[inline]
    pub const fn prev_hash(&self) -> &Digest {
        match self {
            Self::Entry(entry) => &entry.prev_hash,
            Self::Control(control) => &control.prev_hash,
        }
    }

    /// When it was appended, microseconds since the epoch.
    #[inline]
    pub const fn ts_us(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.ts_us,
            Self::Control(control) => control.ts_us,
        }
    }

    /// The body, if it is a control record.
    pub const fn control(&self) -> Option<&Control<'a>> {
        match self {
            Self::Entry(_) => None,
            Self::Control(control) => Some(&control.body),
        }
    }

    /// The chain tip after it; `bytes` is the encoding it was decoded from.
    #[inline]
    pub fn tip(&self, bytes: &[u8]) -> Digest {
        next_tip(bytes, self.prev_hash())
    }
}

/// The seq and `prevHash` of a record, without reading the rest.
pub fn peek_link(bytes: &[u8]) -> Result<(Seq, Digest), RecordError> {
    let mut decoder = Decoder::new(bytes);
    decoder.array().in_field("record")?;
    let seq = Seq(decoder.uint().in_field("seq")?);
    let prev_hash = Digest::from_bytes(*decoder.bytes_of().in_field("prevHash")?);
    Ok((seq, prev_hash))
}
