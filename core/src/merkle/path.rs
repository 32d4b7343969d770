//! From a plan to the hashes of a proof: what all proof kinds share.

use alloc::vec::Vec;

use super::{NodeCoordinate, Subtree, node_hash, root};
use crate::hash::{Digest, Hash};

/// The hashes of `plan` out of stored nodes; the first node that `fetch` has not, otherwise.
pub(super) fn fetch<H: Hash>(
    plan: impl ExactSizeIterator<Item = Subtree>,
    mut fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
) -> Result<Vec<Digest>, NodeCoordinate> {
    let mut hashes = Vec::with_capacity(plan.len());
    for subtree in plan {
        let mut folded = None;
        for node in subtree.nodes().rev() {
            let left = fetch(node).ok_or(node)?;
            folded = Some(folded.map_or(left, |right| node_hash::<H>(&left, &right)));
        }
        hashes.extend(folded);
    }
    Ok(hashes)
}

/// The hashes of `plan` out of all leaf hashes of the tree.
///
/// The subtrees of a plan share no leaf, so all of them together cost one pass.
pub(super) fn from_leaves<H: Hash>(
    plan: impl ExactSizeIterator<Item = Subtree>,
    leaf_hashes: &[Digest],
) -> Result<Vec<Digest>, NodeCoordinate> {
    let mut hashes = Vec::with_capacity(plan.len());
    for subtree in plan {
        match (subtree.leaf_hashes(leaf_hashes), subtree.nodes().next()) {
            (Some(below), _) => hashes.push(root::<H>(below)),
            (None, Some(node)) => return Err(node),
            // A subtree of a plan is never empty.
            (None, None) => {}
        }
    }
    Ok(hashes)
}
