//! Leaf hash, node hash and root: RFC 9162 section 2.1.1.

use super::Frontier;
use crate::hash::{Digest, Hash};
use crate::limits::DIGEST_SIZE;
use crate::tags;

/// The hash of a leaf: `H(0x00 || data)`.
///
/// The tag keeps a leaf from passing for a node. Whoever verifies a record must compute this
/// from the record's bytes, never take it from the prover.
#[inline]
pub fn leaf_hash<H: Hash>(data: &[u8]) -> Digest {
    H::hash(&[&[tags::MERKLE_LEAF], data])
}

/// The hash of an inner node: `H(0x01 || left || right)`.
#[inline]
pub fn node_hash<H: Hash>(left: &Digest, right: &Digest) -> Digest {
    // One joined input: it costs less than three calls, and this is the hottest line of a tree.
    let mut input = [tags::MERKLE_NODE; 1 + 2 * DIGEST_SIZE];
    let [_, halves @ ..] = &mut input;
    if let ([left_half, right_half], []) = halves.as_chunks_mut::<DIGEST_SIZE>() {
        *left_half = *left.as_bytes();
        *right_half = *right.as_bytes();
    }
    H::hash(&[&input])
}

/// The root of the empty tree: `H("")`.
pub fn empty_root<H: Hash>() -> Digest {
    H::hash(&[])
}

/// The root of the tree over `leaf_hashes`, in order; `H("")` without any.
///
/// Takes one node hash less than there are leaves and allocates nothing.
///
/// ```
/// use countersign_core::hash::Sha256;
/// use countersign_core::merkle::{leaf_hash, root};
///
/// // RFC 9162's tree hash over the two leaves "" and 0x00.
/// let leaves = [leaf_hash::<Sha256>(b""), leaf_hash::<Sha256>(&[0])];
/// assert_eq!(
///     root::<Sha256>(&leaves).to_string(),
///     "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
/// );
/// ```
pub fn root<H: Hash>(leaf_hashes: &[Digest]) -> Digest {
    if let [only] = leaf_hashes {
        return *only;
    }
    let mut frontier = Frontier::<H>::new();
    for leaf_hash in leaf_hashes {
        // No slice comes near 2^63 leaves, so none is ever refused.
        let _ = frontier.push(*leaf_hash);
    }
    frontier.root()
}
