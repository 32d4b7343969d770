//! Leaf hash, node hash and root: RFC 9162 section 2.1.1.

use alloc::vec::Vec;

use super::Frontier;
use crate::hash::{Digest, Hash};
use crate::tags;

/// The hash of a leaf: `H(0x00 || data)`.
///
/// The tag keeps a leaf from passing for a node. Whoever verifies a record must compute this
/// from the record's bytes, never take it from the prover.
#[inline]
pub fn leaf_hash<H: Hash>(data: &[u8]) -> Digest {
    H::hash(&[&[tags::MERKLE_LEAF], data])
}

/// The leaf hash of every one of `leaves`, in order.
///
/// The same as one [`leaf_hash`] after the other, and several times faster for BLAKE3 and leaves of
/// up to 1,023 bytes, as long as there are many.
///
/// ```
/// use countersign_core::hash::Blake3;
/// use countersign_core::merkle::{leaf_hash, leaf_hashes};
///
/// let hashes = leaf_hashes::<Blake3>(&[b"first", b"second"]);
/// assert_eq!(hashes, [leaf_hash::<Blake3>(b"first"), leaf_hash::<Blake3>(b"second")]);
/// ```
pub fn leaf_hashes<H: Hash>(leaves: &[&[u8]]) -> Vec<Digest> {
    H::hash_tagged(tags::MERKLE_LEAF, leaves)
}

/// The hash of an inner node: `H(0x01 || left || right)`.
#[inline]
pub fn node_hash<H: Hash>(left: &Digest, right: &Digest) -> Digest {
    H::hash_pair(tags::MERKLE_NODE, left, right)
}

/// The root of the empty tree: `H("")`.
pub fn empty_root<H: Hash>() -> Digest {
    H::hash(&[])
}

/// The root of the tree over `leaf_hashes`, in order; `H("")` without any.
///
/// Takes one node hash less than there are leaves, and allocates at most 32 KiB while it runs.
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
    // No slice comes near 2^63 leaves, so none is ever refused.
    let _ = frontier.extend(leaf_hashes);
    frontier.root()
}
