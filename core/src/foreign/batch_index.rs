//! `index/batch_<from>_<to>.idx`: the leaf hashes of a batch.

use alloc::vec::Vec;

use super::error::Error;
use super::items::{Items, TYPED_BYTES};
use crate::hash::{Blake3, Digest};
use crate::limits::DIGEST_SIZE;
use crate::merkle;
use crate::{Seq, SeqRange};

/// A leaf hash in the file: tag 64, the head of a byte string of 32, the hash.
const LEAF_SIZE: usize = TYPED_BYTES.len() + 2 + DIGEST_SIZE;

/// Largest index file that is read, in bytes: one of 1,800,000 leaves. The library's batches have
/// 10,000.
pub const MAX_INDEX_SIZE: usize = 64 * 1024 * 1024;

/// The index of a settled batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchIndex {
    /// The records it says it covers.
    pub range: SeqRange,
    /// Leaf hashes, in order of seq. The library leaves out a record whose operation was in the
    /// batch already, so there may be fewer than the range has records.
    pub leaf_hashes: Vec<Digest>,
    /// The root it states, which the library never checks.
    pub root: Digest,
}

impl BatchIndex {
    /// Decodes a whole file. What it declares is checked against the bytes at hand first.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_INDEX_SIZE {
            return Err(Error::TooLarge { size: bytes.len(), limit: MAX_INDEX_SIZE });
        }
        let mut items = Items::new(bytes);
        items.array_of("index", 4)?;
        let (from, to) = (Seq(items.uint("fromSeq")?), Seq(items.uint("toSeq")?));
        let count = items.array("leaves")?;
        let room = (items.rest().len() / LEAF_SIZE) as u64;
        if count > room {
            return Err(Error::WrongCount { field: "leaves", expected: count, found: room });
        }
        let mut leaf_hashes = Vec::new();
        for _ in 0..count {
            leaf_hashes.push(Digest::from_bytes(*items.tagged("leaves")?));
        }
        let root = Digest::from_bytes(*items.tagged("root")?);
        items.finish("index")?;
        Ok(Self { range: SeqRange { from, to }, leaf_hashes, root })
    }

    /// The root over its leaf hashes. O(leaves).
    pub fn computed_root(&self) -> Digest {
        merkle::root::<Blake3>(&self.leaf_hashes)
    }
}
