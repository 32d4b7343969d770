//! Leaf indexes, tree sizes and node coordinates, and the arithmetic between them.

use core::fmt;

use super::SizeError;
use crate::hash::Digest;
use crate::limits::MAX_TREE_SIZE;

/// The position of a leaf, counted from 0.
///
/// Any 64-bit value can be one; whether a tree has such a leaf depends on its [`TreeSize`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafIndex(u64);

impl LeafIndex {
    /// The leaf at `index`, counted from 0.
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The index as a plain number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for LeafIndex {
    fn from(index: u64) -> Self {
        Self(index)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A count of leaves, at most 2^63 ([`MAX_TREE_SIZE`]).
///
/// The bound keeps every leaf index below 2^63, so that no shift or sum below can overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeSize(u64);

impl TreeSize {
    /// The tree without leaves.
    pub const EMPTY: Self = Self(0);

    /// The largest tree: 2^63 leaves.
    pub const MAX: Self = Self(MAX_TREE_SIZE);

    /// A tree of `leaves` leaves; refused above 2^63.
    pub const fn new(leaves: u64) -> Result<Self, SizeError> {
        if leaves > MAX_TREE_SIZE {
            return Err(SizeError::TooLarge { found: leaves });
        }
        Ok(Self(leaves))
    }

    /// The size of the tree over `leaf_hashes`, which memory keeps far below the bound.
    pub const fn of(leaf_hashes: &[Digest]) -> Self {
        Self(leaf_hashes.len() as u64)
    }

    /// The size as a plain number of leaves.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether the tree has a leaf at `index`.
    pub const fn contains(self, index: LeafIndex) -> bool {
        index.0 < self.0
    }

    /// The tree with one more leaf; `None` at 2^63.
    #[inline]
    pub(super) const fn next(self) -> Option<Self> {
        if self.0 >= MAX_TREE_SIZE { None } else { Some(Self(self.0 + 1)) }
    }

    /// The tree with `leaves` more; `None` above 2^63.
    pub(super) fn plus(self, leaves: usize) -> Option<Self> {
        let leaves = self.0.checked_add(u64::try_from(leaves).ok()?)?;
        Self::new(leaves).ok()
    }
}

impl TryFrom<u64> for TreeSize {
    type Error = SizeError;

    fn try_from(leaves: u64) -> Result<Self, SizeError> {
        Self::new(leaves)
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a perfect subtree sits: `level` 0 holds the leaf hashes, and the node `(level, index)`
/// covers the 2^level leaves from `index * 2^level` on.
///
/// A perfect subtree never changes once its last leaf is appended, so its hash can be stored
/// under this coordinate for good. All nodes lie below 2^63 leaves: `level` is at most 63 and
/// `index` is below 2^(63 - level).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeCoordinate {
    level: u8,
    index: u64,
}

impl NodeCoordinate {
    /// The node `index` of `level`; `None` when it would reach past 2^63 leaves.
    pub const fn new(level: u8, index: u64) -> Option<Self> {
        if level <= 63 && index < 1 << (63 - level) { Some(Self { level, index }) } else { None }
    }

    /// The leaf at `index`; `None` from 2^63 on.
    pub const fn leaf(index: LeafIndex) -> Option<Self> {
        Self::new(0, index.0)
    }

    /// Height above the leaf hashes, 0 to 63.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Position among the nodes of the same level, from 0.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// The leftmost leaf below this node.
    pub const fn first_leaf(self) -> LeafIndex {
        LeafIndex(self.index << self.level)
    }

    /// How many leaves are below this node: 2^level.
    pub const fn leaf_count(self) -> u64 {
        1 << self.level
    }

    /// Whether this node is the right child of its parent.
    pub const fn is_right(self) -> bool {
        self.index & 1 == 1
    }

    /// The other child of the parent; `None` for the root of the largest tree.
    pub const fn sibling(self) -> Option<Self> {
        Self::new(self.level, self.index ^ 1)
    }

    /// The node one level up; `None` for the root of the largest tree.
    pub const fn parent(self) -> Option<Self> {
        Self::new(self.level.saturating_add(1), self.index >> 1)
    }
}

impl fmt::Display for NodeCoordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "level {} index {}", self.level, self.index)
    }
}

/// One node of a tree as the run of leaves below it: a perfect subtree, or the ragged one at the
/// right edge.
///
/// The hash of a ragged subtree changes while the tree grows, so it is never stored; it is folded
/// from the perfect subtrees that [`Subtree::nodes`] lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subtree {
    first: u64,
    leaves: u64,
}

impl Subtree {
    /// The whole tree of `size` leaves; its nodes are the frontier.
    pub const fn whole(size: TreeSize) -> Self {
        Self { first: 0, leaves: size.0 }
    }

    /// `first` is a multiple of `leaves` rounded up to a power of two, and both lie below 2^63.
    #[inline]
    pub(super) const fn new(first: u64, leaves: u64) -> Self {
        Self { first, leaves }
    }

    /// The leftmost leaf.
    pub const fn first_leaf(self) -> LeafIndex {
        LeafIndex(self.first)
    }

    /// How many leaves are below.
    pub const fn leaf_count(self) -> u64 {
        self.leaves
    }

    /// The perfect subtrees that make it up, from left (the largest) to right.
    pub const fn nodes(self) -> PerfectNodes {
        PerfectNodes { first: self.first, leaves: self.leaves }
    }

    /// Both children: the left one as large as a power of two below the whole can be. `None` for
    /// a leaf, which has none.
    #[inline]
    pub(super) const fn children(self) -> Option<(Self, Self)> {
        if self.leaves < 2 {
            return None;
        }
        let left = 1 << (self.leaves - 1).ilog2();
        Some((Self::new(self.first, left), Self::new(self.first + left, self.leaves - left)))
    }

    /// The leaf hashes below, out of those of the whole tree; `None` when some are not there.
    pub(super) fn leaf_hashes(self, of_tree: &[Digest]) -> Option<&[Digest]> {
        let first = usize::try_from(self.first).ok()?;
        let leaves = usize::try_from(self.leaves).ok()?;
        of_tree.get(first..first.checked_add(leaves)?)
    }
}

/// The perfect subtrees of a [`Subtree`], from left to right or back.
#[derive(Clone, Debug)]
pub struct PerfectNodes {
    first: u64,
    leaves: u64,
}

impl Iterator for PerfectNodes {
    type Item = NodeCoordinate;

    #[inline]
    fn next(&mut self) -> Option<NodeCoordinate> {
        let log = self.leaves.checked_ilog2()?;
        let node = NodeCoordinate { level: narrow(log), index: self.first >> log };
        self.first += 1 << log;
        self.leaves -= 1 << log;
        Some(node)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.leaves.count_ones() as usize;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for PerfectNodes {
    #[inline]
    fn next_back(&mut self) -> Option<NodeCoordinate> {
        if self.leaves == 0 {
            return None;
        }
        let log = self.leaves.trailing_zeros();
        self.leaves &= self.leaves - 1;
        Some(NodeCoordinate { level: narrow(log), index: (self.first + self.leaves) >> log })
    }
}

impl ExactSizeIterator for PerfectNodes {}

/// A bit position of a `u64` as a level.
#[expect(clippy::cast_possible_truncation, reason = "a bit position is at most 63")]
const fn narrow(bit: u32) -> u8 {
    bit as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_tree_size_ends_at_two_to_the_63() {
        assert_eq!(TreeSize::new(1 << 63), Ok(TreeSize::MAX));
        let over = TreeSize::new((1 << 63) + 1);
        assert_eq!(over, Err(SizeError::TooLarge { found: (1 << 63) + 1 }));
        assert_eq!(TreeSize::MAX.next(), None);
        assert_eq!(TreeSize::EMPTY.next().map(TreeSize::get), Some(1));
    }

    #[test]
    fn a_node_stays_below_two_to_the_63_leaves() {
        let root = NodeCoordinate::new(63, 0).unwrap();
        assert_eq!(root.leaf_count(), 1 << 63);
        assert_eq!((root.parent(), root.sibling()), (None, None));
        assert_eq!(NodeCoordinate::new(63, 1), None);
        assert_eq!(NodeCoordinate::new(64, 0), None);
        assert_eq!(NodeCoordinate::new(0, 1 << 63), None);
        let last = NodeCoordinate::leaf(LeafIndex::new((1 << 63) - 1)).unwrap();
        assert!(last.is_right());
        assert_eq!(last.parent(), NodeCoordinate::new(1, (1 << 62) - 1));
        assert_eq!(last.sibling(), NodeCoordinate::new(0, (1 << 63) - 2));
    }

    #[test]
    fn the_nodes_of_a_tree_tile_its_leaves_in_both_directions() {
        for size in (0..300).chain([MAX_TREE_SIZE - 1, MAX_TREE_SIZE]) {
            let tree = Subtree::whole(TreeSize::new(size).unwrap());
            let nodes: Vec<_> = tree.nodes().collect();
            let mut next = 0;
            for node in &nodes {
                assert_eq!(node.first_leaf().get(), next, "size {size}");
                next += node.leaf_count();
            }
            assert_eq!(next, size);
            assert_eq!(nodes.len(), tree.nodes().len());
            let mut back: Vec<_> = tree.nodes().rev().collect();
            back.reverse();
            assert_eq!(back, nodes, "size {size}");
        }
    }
}
