//! Consistency proofs: that one tree starts with all leaves of another.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Verifying a consistency proof".

use alloc::vec::Vec;

use super::{ConsistencyError, NodeCoordinate, Plan, TreeSize, node_hash, path};
use crate::hash::{Digest, Hash};

/// The consistency path from the first `size1` leaves to the whole tree, out of all leaf hashes.
///
/// Empty when `size1` is the whole tree; refused when it is 0 and the tree is not empty, or above
/// the number of leaves. Hashes every leaf at most once.
pub fn prove_consistency<H: Hash>(
    leaf_hashes: &[Digest],
    size1: TreeSize,
) -> Result<Vec<Digest>, ConsistencyError> {
    let plan = Plan::consistency(size1, TreeSize::of(leaf_hashes))?;
    path::from_leaves::<H>(plan, leaf_hashes).map_err(|node| ConsistencyError::NodeMissing { node })
}

/// The consistency path from `size1` to `size2` leaves, out of stored nodes.
///
/// `fetch` is asked for the hashes of perfect subtrees in the order of [`Plan::nodes`]; `None`
/// ends with [`ConsistencyError::NodeMissing`].
pub fn fetch_consistency<H: Hash>(
    size1: TreeSize,
    size2: TreeSize,
    fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
) -> Result<Vec<Digest>, ConsistencyError> {
    let plan = Plan::consistency(size1, size2)?;
    path::fetch::<H>(plan, fetch).map_err(|node| ConsistencyError::NodeMissing { node })
}

/// The roots at `size1` and `size2` that a consistency path leads to.
///
/// `root1` is where the path starts when `size1` is a power of two, since the proof leaves it
/// out; otherwise it is not used. Between equal sizes both roots are `root1`. Takes constant
/// memory and at most two node hashes per hash of the path.
#[inline]
pub fn fold_consistency<H: Hash>(
    size1: TreeSize,
    size2: TreeSize,
    root1: &Digest,
    path: &[Digest],
) -> Result<(Digest, Digest), ConsistencyError> {
    // 1, 3. The sizes are in order, and the first is not 0 unless both are.
    let plan = Plan::consistency(size1, size2)?;
    // 2, 4. The path has exactly the planned length: none between equal sizes.
    let (expected, found) = (plan.len(), path.len());
    if expected != found {
        return Err(ConsistencyError::PathLength { size1, size2, expected, found });
    }
    // 5. Start at the rightmost perfect subtree of the first tree.
    let (start, above) = match path {
        [seed, above @ ..] if !size1.get().is_power_of_two() => (seed, above),
        _ => (root1, path),
    };
    let (mut first, mut second) = (*start, *start);
    for (level, sibling) in (plan.start()..).zip(above) {
        if plan.is_left(level) {
            // 6, 7. What is on the left belongs to both trees.
            first = node_hash::<H>(sibling, &first);
            second = node_hash::<H>(sibling, &second);
        } else {
            // 6. What is on the right came later.
            second = node_hash::<H>(&second, sibling);
        }
    }
    Ok((first, second))
}

/// Verifies that the tree of `size2` leaves with `root2` starts with the very leaves of the tree
/// of `size1` leaves with `root1` (RFC 9162 section 2.1.4.2).
///
/// Between equal sizes the path must be empty and the roots equal; this holds for size 0 too. From
/// the empty tree to any other there is nothing to prove, and it is refused with
/// [`ConsistencyError::EmptyFirst`] whatever the path and the roots are.
///
/// # Does not prove
///
/// The sizes: they must come with the roots from something signed. What the leaves are, or that
/// they were appended in any order of time: only that none of the first `size1` was changed,
/// moved, added or left out between the two roots.
///
/// ```
/// use countersign_core::hash::Blake3;
/// use countersign_core::merkle::{
///     TreeSize, leaf_hash, prove_consistency, root, verify_consistency,
/// };
///
/// let leaves = [b"a", b"b", b"c"].map(|data| leaf_hash::<Blake3>(data));
/// let (size1, size2) = (TreeSize::of(&leaves[..2]), TreeSize::of(&leaves));
/// let (root1, root2) = (root::<Blake3>(&leaves[..2]), root::<Blake3>(&leaves));
/// let path = prove_consistency::<Blake3>(&leaves, size1)?;
/// verify_consistency::<Blake3>(size1, size2, &root1, &root2, &path)?;
/// # Ok::<(), countersign_core::merkle::ConsistencyError>(())
/// ```
#[inline]
pub fn verify_consistency<H: Hash>(
    size1: TreeSize,
    size2: TreeSize,
    root1: &Digest,
    root2: &Digest,
    path: &[Digest],
) -> Result<(), ConsistencyError> {
    // 1. to 7.
    let (first, second) = fold_consistency::<H>(size1, size2, root1, path)?;
    // 8. Both folded hashes are the roots. Between equal sizes this compares the two roots.
    if first != *root1 {
        let (expected, found) = (*root1, first);
        return Err(ConsistencyError::FirstRootMismatch { size1, expected, found });
    }
    if second != *root2 {
        let (expected, found) = (*root2, second);
        return Err(ConsistencyError::SecondRootMismatch { size2, expected, found });
    }
    Ok(())
}
