//! Multi-proofs: many leaves of one tree, with the hashes that their paths share sent once.
//!
//! The siblings of a multi-proof are the largest subtrees without a proven leaf, from left to
//! right. Together with the proven leaves they tile the tree, so index and size decide how many
//! there are and where each belongs. The numbers in the comments are those of `FORMAT.md`,
//! "Verifying a multi-proof".

use alloc::vec::Vec;
use core::iter::Peekable;

use super::{LeafIndex, MultiInclusionError, NodeCoordinate, Subtree, TreeSize, node_hash, path};
use crate::hash::{Digest, Hash};

/// The siblings of one multi-proof as subtrees, in the order in which the proof lists them.
///
/// ```
/// use countersign_core::merkle::{LeafIndex, MultiPlan, TreeSize};
///
/// // Leaves 0 and 5 of 7: leaf 1, the node over leaves 2 and 3, leaf 4 and leaf 6.
/// let indexes = [0, 5].map(LeafIndex::new);
/// let plan = MultiPlan::new(indexes, TreeSize::new(7)?)?;
/// assert_eq!(plan.len(), 4);
/// let nodes: Vec<_> = plan.nodes().map(|node| (node.level(), node.index())).collect();
/// assert_eq!(nodes, [(0, 1), (1, 1), (0, 4), (0, 6)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MultiPlan<I: Iterator<Item = LeafIndex>> {
    walk: Walk<I>,
    left: usize,
}

impl<I: Iterator<Item = LeafIndex> + Clone> MultiPlan<I> {
    /// The siblings of the leaves at `indexes`, which ascend, in a tree of `size` leaves.
    ///
    /// Takes at most 64 steps for each leaf and hashes nothing. Fails with
    /// [`MultiInclusionError::Empty`], [`MultiInclusionError::IndexOrder`] and
    /// [`MultiInclusionError::IndexOutOfRange`].
    pub fn new(
        indexes: impl IntoIterator<Item = LeafIndex, IntoIter = I>,
        size: TreeSize,
    ) -> Result<Self, MultiInclusionError> {
        let indexes = indexes.into_iter();
        check_indexes(indexes.clone(), size)?;
        let walk = Walk::over(indexes, size);
        let left = walk.clone().filter(|step| matches!(step, Step::Sibling(_))).count();
        Ok(Self { walk, left })
    }

    /// How many siblings the proof lists: at most 63 for each leaf, and none where all are proven.
    pub const fn len(&self) -> usize {
        self.left
    }

    /// Whether the proof lists no sibling at all.
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Every stored node the proof needs, in the order in which fetching asks for them: sibling by
    /// sibling, and inside the ragged one from right to left, as it is folded.
    pub fn nodes(&self) -> impl Iterator<Item = NodeCoordinate> + use<I> {
        self.clone().flat_map(|subtree| subtree.nodes().rev())
    }
}

impl<I: Iterator<Item = LeafIndex>> Iterator for MultiPlan<I> {
    type Item = Subtree;

    fn next(&mut self) -> Option<Subtree> {
        let sibling = self.walk.find_map(|step| match step {
            Step::Sibling(subtree) => Some(subtree),
            Step::Leaf | Step::Join => None,
        })?;
        self.left = self.left.saturating_sub(1);
        Some(sibling)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<I: Iterator<Item = LeafIndex>> ExactSizeIterator for MultiPlan<I> {}

fn check_indexes(
    indexes: impl Iterator<Item = LeafIndex>,
    size: TreeSize,
) -> Result<(), MultiInclusionError> {
    let mut last = None;
    for index in indexes {
        match last {
            Some(previous) if previous >= index => {
                return Err(MultiInclusionError::IndexOrder { previous, index });
            }
            _ if !size.contains(index) => {
                return Err(MultiInclusionError::IndexOutOfRange { index, size });
            }
            _ => last = Some(index),
        }
    }
    last.map(drop).ok_or(MultiInclusionError::Empty)
}

/// What folding does next.
enum Step {
    /// Take the next proven leaf.
    Leaf,
    /// Take the next sibling, the hash of this subtree.
    Sibling(Subtree),
    /// Make a node of the last two hashes.
    Join,
}

/// The steps that fold a tree from left to right, children before their parent.
#[derive(Clone, Debug)]
struct Walk<I: Iterator<Item = LeafIndex>> {
    indexes: Peekable<I>,
    /// Subtrees still to be visited, the next one last; `None` joins the two before. A tree of
    /// 2^63 leaves keeps at most 127 of them.
    pending: Vec<Option<Subtree>>,
}

impl<I: Iterator<Item = LeafIndex>> Walk<I> {
    /// `indexes` have been checked.
    fn over(indexes: I, size: TreeSize) -> Self {
        Self { indexes: indexes.peekable(), pending: Vec::from([Some(Subtree::whole(size))]) }
    }
}

impl<I: Iterator<Item = LeafIndex>> Iterator for Walk<I> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let Some(subtree) = self.pending.pop()? else { return Some(Step::Join) };
            let end = subtree.first_leaf().get().saturating_add(subtree.leaf_count());
            if self.indexes.peek().is_none_or(|index| index.get() >= end) {
                return Some(Step::Sibling(subtree));
            }
            let Some((left, right)) = subtree.children() else {
                self.indexes.next();
                return Some(Step::Leaf);
            };
            self.pending.extend([None, Some(right), Some(left)]);
        }
    }
}

/// The siblings of the leaves at `indexes`, which ascend, out of all leaf hashes of the tree.
///
/// Hashes every leaf at most once. Where the nodes are stored, [`fetch_multi_inclusion`] needs only
/// those of the proof.
pub fn prove_multi_inclusion<H: Hash>(
    leaf_hashes: &[Digest],
    indexes: &[LeafIndex],
) -> Result<Vec<Digest>, MultiInclusionError> {
    let plan = MultiPlan::new(indexes.iter().copied(), TreeSize::of(leaf_hashes))?;
    path::from_leaves::<H>(plan, leaf_hashes)
        .map_err(|node| MultiInclusionError::NodeMissing { node })
}

/// The siblings of the leaves at `indexes`, which ascend, in the tree of `size` leaves, out of
/// stored nodes.
///
/// `fetch` is asked for the hashes of perfect subtrees in the order of [`MultiPlan::nodes`];
/// `None` ends with [`MultiInclusionError::NodeMissing`].
pub fn fetch_multi_inclusion<H: Hash>(
    indexes: &[LeafIndex],
    size: TreeSize,
    fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
) -> Result<Vec<Digest>, MultiInclusionError> {
    let plan = MultiPlan::new(indexes.iter().copied(), size)?;
    path::fetch::<H>(plan, fetch).map_err(|node| MultiInclusionError::NodeMissing { node })
}

/// The root that leaf hashes, in order of their indexes, and their siblings lead to.
///
/// Fails when the indexes do not ascend, when the tree has no such leaf, or when there are not
/// exactly as many siblings as indexes and size allow. Hashes one node less than there are leaves
/// and siblings together, and keeps at most 64 hashes.
pub fn fold_multi_inclusion<H: Hash>(
    size: TreeSize,
    leaves: &[(LeafIndex, Digest)],
    siblings: &[Digest],
) -> Result<Digest, MultiInclusionError> {
    // 1. The indexes ascend and lie below the size.
    let plan = MultiPlan::new(leaves.iter().map(|(index, _)| *index), size)?;
    // 2. There are exactly as many siblings as planned.
    let (expected, found) = (plan.len(), siblings.len());
    let count = MultiInclusionError::SiblingCount { leaves: leaves.len(), size, expected, found };
    if expected != found {
        return Err(count);
    }
    let mut leaves = leaves.iter().map(|(_, hash)| *hash);
    let mut siblings = siblings.iter().copied();
    let mut hashes = Vec::new();
    for step in plan.walk {
        let hash = match step {
            // 3. A proven leaf is its leaf hash, any other largest subtree the next sibling.
            Step::Leaf => leaves.next(),
            Step::Sibling(_) => siblings.next(),
            // 4. A node above them, as soon as both its children are known.
            Step::Join => match (hashes.pop(), hashes.pop()) {
                (Some(right), Some(left)) => Some(node_hash::<H>(&left, &right)),
                _ => None,
            },
        };
        // The plan has as many steps of each kind as there are hashes.
        hashes.push(hash.ok_or(count)?);
    }
    hashes.pop().ok_or(count)
}

/// Verifies that every leaf hash stands at its index of the tree of `size` leaves with `root`.
///
/// # Does not prove
///
/// The size, nor that a leaf hash is the hash of a leaf: both as for
/// [`verify_inclusion`](super::verify_inclusion). Nothing about leaves that are not listed, not
/// even about those between two that are.
///
/// ```
/// use countersign_core::hash::Blake3;
/// use countersign_core::merkle::{
///     LeafIndex, TreeSize, leaf_hash, prove_multi_inclusion, root, verify_multi_inclusion,
/// };
///
/// let leaves = [b"a", b"b", b"c"].map(|data| leaf_hash::<Blake3>(data));
/// let (first, last) = (LeafIndex::new(0), LeafIndex::new(2));
/// let siblings = prove_multi_inclusion::<Blake3>(&leaves, &[first, last])?;
/// assert_eq!(siblings, [leaf_hash::<Blake3>(b"b")]);
/// let proven = [(first, leaf_hash::<Blake3>(b"a")), (last, leaf_hash::<Blake3>(b"c"))];
/// let (size, root) = (TreeSize::of(&leaves), root::<Blake3>(&leaves));
/// verify_multi_inclusion::<Blake3>(size, &proven, &siblings, &root)?;
/// # Ok::<(), countersign_core::merkle::MultiInclusionError>(())
/// ```
pub fn verify_multi_inclusion<H: Hash>(
    size: TreeSize,
    leaves: &[(LeafIndex, Digest)],
    siblings: &[Digest],
    root: &Digest,
) -> Result<(), MultiInclusionError> {
    // 1. to 4.
    let found = fold_multi_inclusion::<H>(size, leaves, siblings)?;
    // 5. The folded hash is the root.
    if found != *root {
        let (leaves, expected) = (leaves.len(), *root);
        return Err(MultiInclusionError::RootMismatch { leaves, size, expected, found });
    }
    Ok(())
}
