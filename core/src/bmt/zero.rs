//! A geometry with its hash, and the roots of subtrees without payload.

use alloc::vec::Vec;

use super::hash::{ChunkHash, Plain};
use super::{Geometry, SEGMENT_SIZE};
use crate::hash::Digest;

/// A geometry with its hash: all that addresses and proofs depend on besides the bytes.
///
/// Knows the roots of subtrees without payload, so that padding is never hashed; with a keyed hash
/// they differ from key to key. Making one costs a hash for every level of a chunk tree.
#[derive(Clone, Debug)]
pub struct Bmt<H = Plain> {
    geometry: Geometry,
    hash: H,
    /// The root of an empty subtree of each height, from a single segment up.
    zeros: Vec<Digest>,
}

impl Bmt<Plain> {
    /// The network's: [`Geometry::SWARM`] with plain Keccak-256.
    pub fn swarm() -> Self {
        Self::new(Geometry::SWARM, Plain)
    }
}

impl<H: ChunkHash> Bmt<H> {
    /// Trees of this geometry, hashed by `hash`.
    pub fn new(geometry: Geometry, hash: H) -> Self {
        let mut zero = Digest::default();
        let mut zeros = Vec::from([zero]);
        for _ in 0..geometry.depth() {
            zero = hash.hash_pair(&joined(&zero, &zero));
            zeros.push(zero);
        }
        Self { geometry, hash, zeros }
    }

    /// The geometry.
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The hash.
    pub const fn hash(&self) -> &H {
        &self.hash
    }

    /// The root of a subtree of this height without payload; for any height above the depth, that
    /// of a whole chunk.
    pub fn zero(&self, height: u32) -> Digest {
        let at = usize::try_from(height).unwrap_or(usize::MAX);
        self.zeros.get(at).or(self.zeros.last()).copied().unwrap_or_default()
    }

    /// The node above two others.
    #[inline]
    pub(super) fn join(&self, left: &Digest, right: &Digest) -> Digest {
        self.hash.hash_pair(&joined(left, right))
    }
}

#[inline]
fn joined(left: &Digest, right: &Digest) -> [u8; 2 * SEGMENT_SIZE] {
    let mut pair = [0; 2 * SEGMENT_SIZE];
    if let ([left_half, right_half], []) = pair.as_chunks_mut::<SEGMENT_SIZE>() {
        *left_half = *left.as_bytes();
        *right_half = *right.as_bytes();
    }
    pair
}
