//! Which nodes a proof needs, in order. Nothing is hashed here.
//!
//! A proof is made in three steps: **plan** lists the nodes, **fetch** looks up those that are
//! stored, **fold** hashes the ragged one at the right edge together. Only the middle step
//! touches storage, and it is the caller's.

use super::{ConsistencyError, InclusionError, LeafIndex, NodeCoordinate, Subtree, TreeSize};

/// The hashes of one proof as subtrees, in the order in which the proof lists them.
///
/// The path runs from a node (the leaf of an inclusion proof) to the root of the tree. Up to the
/// level where it parts from the path of the last leaf there is a sibling at every level; above,
/// only where a perfect subtree is on the left. At most one subtree is ragged: the sibling at
/// that very level.
///
/// ```
/// use countersign_core::merkle::{LeafIndex, Plan, TreeSize};
///
/// // Leaf 0 of 7: leaf 1, the node over leaves 2 and 3, and leaves 4 to 6, which are a pair and
/// // a single leaf, wanted right to left.
/// let plan = Plan::inclusion(LeafIndex::new(0), TreeSize::new(7)?)?;
/// assert_eq!(plan.len(), 3);
/// let nodes: Vec<_> = plan.nodes().map(|node| (node.level(), node.index())).collect();
/// assert_eq!(nodes, [(0, 1), (1, 1), (0, 6), (1, 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    /// The node the path starts at, where the proof lists it (consistency proofs only).
    seed: Option<Subtree>,
    /// A leaf below the node that the path starts at.
    index: u64,
    size: u64,
    /// The next level below `inner`.
    level: u32,
    /// The levels that have a sibling each.
    inner: u32,
    /// The bits of `index` from `inner` up whose left siblings are still to come.
    border: u64,
}

impl Plan {
    /// The audit path of leaf `index` in a tree of `size` leaves (RFC 9162 section 2.1.3.1).
    ///
    /// Fails only with [`InclusionError::IndexOutOfRange`].
    #[inline]
    pub const fn inclusion(index: LeafIndex, size: TreeSize) -> Result<Self, InclusionError> {
        if !size.contains(index) {
            return Err(InclusionError::IndexOutOfRange { index, size });
        }
        Ok(Self::upward(index.get(), 0, size.get(), None))
    }

    /// The consistency path between two sizes of one tree (RFC 9162 section 2.1.4.1); empty
    /// between equal sizes.
    ///
    /// Fails only with [`ConsistencyError::SizeOrder`] and [`ConsistencyError::EmptyFirst`].
    #[inline]
    pub const fn consistency(size1: TreeSize, size2: TreeSize) -> Result<Self, ConsistencyError> {
        let (first, second) = (size1.get(), size2.get());
        if first > second {
            return Err(ConsistencyError::SizeOrder { size1, size2 });
        }
        if first == second {
            return Ok(Self { seed: None, index: 0, size: 0, level: 0, inner: 0, border: 0 });
        }
        if first == 0 {
            return Err(ConsistencyError::EmptyFirst { size2 });
        }
        // The path starts at the rightmost perfect subtree of the first tree. Where that is the
        // whole first tree, the verifier already has its hash.
        let level = first.trailing_zeros();
        let seed = if first.is_power_of_two() {
            None
        } else {
            Some(Subtree::new(first - (1 << level), 1 << level))
        };
        Ok(Self::upward(first - 1, level, second, seed))
    }

    /// From the node above leaf `index` at `level` to the root; `index < size`.
    #[inline]
    const fn upward(index: u64, level: u32, size: u64, seed: Option<Subtree>) -> Self {
        let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
        Self { seed, index, size, level, inner, border: index >> inner << inner }
    }

    /// How many hashes the proof lists, at most 64.
    #[inline]
    pub const fn len(&self) -> usize {
        let seed = if self.seed.is_some() { 1 } else { 0 };
        (seed + (self.inner - self.level) + self.border.count_ones()) as usize
    }

    /// Whether the proof lists no hash at all.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every stored node the proof needs, in the order in which fetching asks for them: hash by
    /// hash, and inside the ragged one from right to left, as it is folded.
    pub fn nodes(&self) -> impl Iterator<Item = NodeCoordinate> + use<> {
        self.clone().flat_map(|subtree| subtree.nodes().rev())
    }

    /// Whether the hash at `level` stands left of the path, seen while folding upward.
    #[inline]
    pub(super) const fn is_left(&self, level: u32) -> bool {
        level >= self.inner || self.index >> level & 1 == 1
    }

    /// The level of the node that the path starts at.
    #[inline]
    pub(super) const fn start(&self) -> u32 {
        self.level
    }
}

impl Iterator for Plan {
    type Item = Subtree;

    #[inline]
    fn next(&mut self) -> Option<Subtree> {
        if let Some(seed) = self.seed.take() {
            return Some(seed);
        }
        let level = if self.level < self.inner {
            self.level += 1;
            self.level - 1
        } else if self.border == 0 {
            return None;
        } else {
            let level = self.border.trailing_zeros();
            self.border &= self.border - 1;
            level
        };
        let first = (self.index >> level ^ 1) << level;
        Some(Subtree::new(first, (1 << level).min(self.size.saturating_sub(first))))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl ExactSizeIterator for Plan {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_TREE_SIZE;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn size(leaves: u64) -> TreeSize {
        TreeSize::new(leaves).unwrap()
    }

    fn inclusion(index: u64, leaves: u64) -> Vec<Subtree> {
        let plan = Plan::inclusion(LeafIndex::new(index), size(leaves)).unwrap();
        let length = plan.len();
        let subtrees: Vec<_> = plan.collect();
        assert_eq!(subtrees.len(), length);
        subtrees
    }

    /// The subtrees of a path and the leaf itself must cover every leaf of the tree once.
    fn check_tiling(index: u64, leaves: u64) {
        let mut runs: Vec<_> = inclusion(index, leaves)
            .iter()
            .map(|subtree| (subtree.first_leaf().get(), subtree.leaf_count()))
            .chain([(index, 1)])
            .collect();
        runs.sort_unstable();
        let end = runs.iter().try_fold(0, |next, (first, count)| {
            (*first == next && *count > 0).then(|| first + count)
        });
        assert_eq!(end, Some(leaves), "leaf {index} of {leaves}: {runs:?}");
    }

    #[test]
    fn the_largest_tree_is_planned_without_overflow() {
        let last = MAX_TREE_SIZE - 1;
        for index in [0, 1, last - 1, last, last / 2, last / 2 + 1] {
            assert_eq!(inclusion(index, MAX_TREE_SIZE).len(), 63);
            check_tiling(index, MAX_TREE_SIZE);
        }
        let error = Plan::inclusion(LeafIndex::new(MAX_TREE_SIZE), TreeSize::MAX).unwrap_err();
        assert_eq!(error.code(), "inclusion-index-out-of-range");
        let plan = Plan::consistency(size(last), TreeSize::MAX).unwrap();
        assert_eq!((plan.len(), plan.count()), (64, 64));
    }

    #[test]
    fn sizes_that_have_no_consistency_path_are_named() {
        let code = |a, b| Plan::consistency(size(a), size(b)).map_err(|error| error.code());
        assert_eq!(code(2, 1).unwrap_err(), "consistency-size-order");
        assert_eq!(code(1, 0).unwrap_err(), "consistency-size-order");
        assert_eq!(code(0, 1).unwrap_err(), "consistency-empty-first");
        assert!(code(0, 0).unwrap().is_empty());
        assert!(code(5, 5).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn every_path_tiles_its_tree(leaves in 1..=MAX_TREE_SIZE, at in any::<u64>()) {
            check_tiling(at % leaves, leaves);
        }
    }
}
