//! A shard's name.

use core::fmt;

use crate::hash::hex;
use crate::limits::SHARD_ID_SIZE;

/// A shard id: a UUID (RFC 9562), 16 raw bytes in CBOR and in signed bytes, lower-case dashed
/// text wherever a person or JSON sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId([u8; SHARD_ID_SIZE]);

impl ShardId {
    /// Wraps 16 bytes.
    pub const fn from_bytes(bytes: [u8; SHARD_ID_SIZE]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; SHARD_ID_SIZE] {
        &self.0
    }

    /// Reads the dashed lower-case form (8-4-4-4-12 digits); `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = [0_u8; 2 * SHARD_ID_SIZE];
        let mut out = digits.iter_mut();
        for (position, byte) in text.bytes().enumerate() {
            let is_dash_place = matches!(position, 8 | 13 | 18 | 23);
            if is_dash_place != (byte == b'-') {
                return None;
            }
            if !is_dash_place {
                *out.next()? = byte;
            }
        }
        if out.next().is_some() {
            return None;
        }
        hex::decode_array(core::str::from_utf8(&digits).ok()?).map(Self)
    }
}

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
