//! Inclusion proofs: build an audit path, fold it to a root, verify it.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Verifying an inclusion proof".

use alloc::vec::Vec;

use super::{InclusionError, LeafIndex, NodeCoordinate, Plan, TreeSize, node_hash, path};
use crate::hash::{Digest, Hash};

/// The audit path of the leaf at `index`, leaf to root, out of all leaf hashes of the tree.
///
/// Hashes every leaf but the proven one at most once. Where the nodes are stored,
/// [`fetch_inclusion`] needs only those of the path.
pub fn prove_inclusion<H: Hash>(
    leaf_hashes: &[Digest],
    index: LeafIndex,
) -> Result<Vec<Digest>, InclusionError> {
    let plan = Plan::inclusion(index, TreeSize::of(leaf_hashes))?;
    path::from_leaves::<H>(plan, leaf_hashes).map_err(|node| InclusionError::NodeMissing { node })
}

/// The audit path of leaf `index` in the tree of `size` leaves, leaf to root, out of stored nodes.
///
/// `fetch` is asked for the hashes of perfect subtrees in the order of [`Plan::nodes`]; `None`
/// ends with [`InclusionError::NodeMissing`].
pub fn fetch_inclusion<H: Hash>(
    index: LeafIndex,
    size: TreeSize,
    fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
) -> Result<Vec<Digest>, InclusionError> {
    let plan = Plan::inclusion(index, size)?;
    path::fetch::<H>(plan, fetch).map_err(|node| InclusionError::NodeMissing { node })
}

/// The root that a leaf hash and its audit path lead to.
///
/// Fails when the tree has no such leaf or the path has not exactly the length that the index
/// and the size allow. Takes constant memory and one node hash per hash of the path.
#[inline]
pub fn fold_inclusion<H: Hash>(
    index: LeafIndex,
    size: TreeSize,
    leaf_hash: &Digest,
    audit_path: &[Digest],
) -> Result<Digest, InclusionError> {
    // 1. The leaf index is below the tree size.
    let plan = Plan::inclusion(index, size)?;
    // 2. The path has exactly the planned length.
    let (expected, found) = (plan.len(), audit_path.len());
    if expected != found {
        return Err(InclusionError::PathLength { index, size, expected, found });
    }
    // 3. Start at the leaf hash.
    let mut hash = *leaf_hash;
    for (level, sibling) in (0..).zip(audit_path) {
        hash = if plan.is_left(level) {
            // 4, 5. A sibling on the left: bit set, or above the inner levels.
            node_hash::<H>(sibling, &hash)
        } else {
            // 4. A sibling on the right.
            node_hash::<H>(&hash, sibling)
        };
    }
    Ok(hash)
}

/// Verifies that the leaf with `leaf_hash` is leaf `index` of the tree of `size` leaves with
/// `root` (RFC 9162 section 2.1.3.2).
///
/// # Does not prove
///
/// The size: neighbouring sizes can give the leaf the same path, so size and root must come
/// together from something signed. That `leaf_hash` is the hash of a leaf: an inner node passes
/// for a leaf of a smaller tree, so compute it with [`leaf_hash`](super::leaf_hash) from the
/// record's own bytes. Nothing about any other leaf.
///
/// ```
/// use countersign_core::hash::Blake3;
/// use countersign_core::merkle::{
///     LeafIndex, TreeSize, leaf_hash, prove_inclusion, root, verify_inclusion,
/// };
///
/// let leaves = [b"a", b"b", b"c"].map(|data| leaf_hash::<Blake3>(data));
/// let (index, size) = (LeafIndex::new(2), TreeSize::of(&leaves));
/// let path = prove_inclusion::<Blake3>(&leaves, index)?;
/// let leaf = leaf_hash::<Blake3>(b"c");
/// verify_inclusion::<Blake3>(index, size, &leaf, &path, &root::<Blake3>(&leaves))?;
/// # Ok::<(), countersign_core::merkle::InclusionError>(())
/// ```
#[inline]
pub fn verify_inclusion<H: Hash>(
    index: LeafIndex,
    size: TreeSize,
    leaf_hash: &Digest,
    audit_path: &[Digest],
    root: &Digest,
) -> Result<(), InclusionError> {
    // 1. to 5.
    let found = fold_inclusion::<H>(index, size, leaf_hash, audit_path)?;
    // 6. The folded hash is the root.
    if found != *root {
        return Err(InclusionError::RootMismatch { index, size, expected: *root, found });
    }
    Ok(())
}
