//! One step of the chain.

use crate::hash::{Digest, blake3_parts};

/// The chain tip after a record: `H( bytes || previous tip )`, `spec/metering.md` section 3.
///
/// The tip commits to the record and, through the tip before it, to every record of the shard.
///
/// ```
/// use countersign_core::chain::next_tip;
/// use countersign_core::limits::GENESIS_HASH;
///
/// let first = next_tip(b"record 0", &GENESIS_HASH);
/// assert_ne!(next_tip(b"record 1", &first), first);
/// ```
#[inline]
pub fn next_tip(bytes: &[u8], previous: &Digest) -> Digest {
    blake3_parts(&[bytes, previous.as_bytes()])
}
