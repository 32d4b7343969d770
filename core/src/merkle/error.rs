//! What can be wrong with a size, a frontier, an inclusion proof, a multi-proof or a consistency
//! proof.

use core::fmt;

use super::{LeafIndex, NodeCoordinate, TreeSize};
use crate::hash::Digest;
use crate::limits::MAX_TREE_SIZE;

/// Why a number is no tree size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SizeError {
    /// More than 2^63 leaves.
    TooLarge {
        /// The refused number of leaves.
        found: u64,
    },
}

impl SizeError {
    /// A stable name for programs to match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "tree-size-too-large",
        }
    }
}

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { found } => {
                write!(f, "a tree has at most {MAX_TREE_SIZE} leaves, not {found}")
            }
        }
    }
}

impl core::error::Error for SizeError {}

/// Why a frontier cannot be restored or grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrontierError {
    /// The tree already has 2^63 leaves.
    Full,
    /// A frontier has one hash for every bit set in its tree size.
    HashCount {
        /// The tree size the hashes are said to belong to.
        size: TreeSize,
        /// How many hashes a tree of that size has on its right edge.
        expected: usize,
        /// How many were given.
        found: usize,
    },
}

impl FrontierError {
    /// A stable name for programs to match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full => "frontier-full",
            Self::HashCount { .. } => "frontier-hash-count",
        }
    }
}

impl fmt::Display for FrontierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => write!(f, "the tree is full: it already has {MAX_TREE_SIZE} leaves"),
            Self::HashCount { size, expected, found } => {
                write!(f, "the frontier of {size} leaves has {expected} hashes, but {found} came")
            }
        }
    }
}

impl core::error::Error for FrontierError {}

/// Why an inclusion proof cannot be made or does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InclusionError {
    /// The tree has no such leaf.
    IndexOutOfRange {
        /// The leaf asked for.
        index: LeafIndex,
        /// The size of the tree.
        size: TreeSize,
    },
    /// The audit path is not exactly as long as the leaf index and the tree size say.
    PathLength {
        /// The leaf the path should start at.
        index: LeafIndex,
        /// The size of the tree.
        size: TreeSize,
        /// The only length that fits.
        expected: usize,
        /// The length of the path given.
        found: usize,
    },
    /// The path leads to another root.
    RootMismatch {
        /// The leaf the path starts at.
        index: LeafIndex,
        /// The size of the tree.
        size: TreeSize,
        /// The root to be proven against.
        expected: Digest,
        /// The root that the leaf hash and the path fold to.
        found: Digest,
    },
    /// A node that the proof needs could not be fetched.
    NodeMissing {
        /// The node asked for.
        node: NodeCoordinate,
    },
}

impl InclusionError {
    /// A stable name for programs to match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::IndexOutOfRange { .. } => "inclusion-index-out-of-range",
            Self::PathLength { .. } => "inclusion-path-length",
            Self::RootMismatch { .. } => "inclusion-root-mismatch",
            Self::NodeMissing { .. } => "inclusion-node-missing",
        }
    }
}

impl fmt::Display for InclusionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IndexOutOfRange { index, size } => {
                write!(f, "leaf index {index} is not below the tree size {size}")
            }
            Self::PathLength { index, size, expected, found } => write!(
                f,
                "the audit path of leaf {index} in a tree of {size} has {expected} hashes, \
                 but {found} came"
            ),
            Self::RootMismatch { index, size, expected, found } => write!(
                f,
                "leaf {index} of {size} and its audit path lead to root {found}, not {expected}"
            ),
            Self::NodeMissing { node } => {
                write!(f, "the inclusion proof needs the node at {node}, which is not stored")
            }
        }
    }
}

impl core::error::Error for InclusionError {}

/// Why a multi-proof cannot be made or does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MultiInclusionError {
    /// It proves no leaf: such a proof would be the root itself.
    Empty,
    /// The leaf indexes do not ascend, or one stands there twice.
    IndexOrder {
        /// The index before.
        previous: LeafIndex,
        /// The one that is not above it.
        index: LeafIndex,
    },
    /// The tree has no such leaf.
    IndexOutOfRange {
        /// The leaf asked for.
        index: LeafIndex,
        /// The size of the tree.
        size: TreeSize,
    },
    /// There are not exactly as many siblings as the leaf indexes and the tree size say.
    SiblingCount {
        /// How many leaves are proven.
        leaves: usize,
        /// The size of the tree.
        size: TreeSize,
        /// The only number that fits.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// Leaves and siblings lead to another root.
    RootMismatch {
        /// How many leaves are proven.
        leaves: usize,
        /// The size of the tree.
        size: TreeSize,
        /// The root to be proven against.
        expected: Digest,
        /// The root that the leaf hashes and the siblings fold to.
        found: Digest,
    },
    /// A node that the proof needs could not be fetched.
    NodeMissing {
        /// The node asked for.
        node: NodeCoordinate,
    },
}

impl MultiInclusionError {
    /// A stable name for programs to match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "multi-inclusion-empty",
            Self::IndexOrder { .. } => "multi-inclusion-index-order",
            Self::IndexOutOfRange { .. } => "multi-inclusion-index-out-of-range",
            Self::SiblingCount { .. } => "multi-inclusion-sibling-count",
            Self::RootMismatch { .. } => "multi-inclusion-root-mismatch",
            Self::NodeMissing { .. } => "multi-inclusion-node-missing",
        }
    }
}

impl fmt::Display for MultiInclusionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a multi-proof proves at least one leaf, but none came"),
            Self::IndexOrder { previous, index } => write!(
                f,
                "leaf indexes ascend in a multi-proof, but {index} comes behind {previous}"
            ),
            Self::IndexOutOfRange { index, size } => {
                write!(f, "leaf index {index} is not below the tree size {size}")
            }
            Self::SiblingCount { leaves, size, expected, found } => write!(
                f,
                "the multi-proof of these {leaves} leaves in a tree of {size} has {expected} \
                 siblings, but {found} came"
            ),
            Self::RootMismatch { leaves, size, expected, found } => write!(
                f,
                "the {leaves} leaves of {size} and their siblings lead to root {found}, not \
                 {expected}"
            ),
            Self::NodeMissing { node } => {
                write!(f, "the multi-proof needs the node at {node}, which is not stored")
            }
        }
    }
}

impl core::error::Error for MultiInclusionError {}

/// Why a consistency proof cannot be made or does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsistencyError {
    /// The first tree is larger than the second.
    SizeOrder {
        /// The size of the first tree.
        size1: TreeSize,
        /// The size of the second tree.
        size2: TreeSize,
    },
    /// The first tree is empty and the second is not: there is nothing to prove.
    EmptyFirst {
        /// The size of the second tree.
        size2: TreeSize,
    },
    /// The path is not exactly as long as the two sizes say.
    PathLength {
        /// The size of the first tree.
        size1: TreeSize,
        /// The size of the second tree.
        size2: TreeSize,
        /// The only length that fits.
        expected: usize,
        /// The length of the path given.
        found: usize,
    },
    /// The path leads to another root of the first tree.
    FirstRootMismatch {
        /// The size of the first tree.
        size1: TreeSize,
        /// The root to be proven against.
        expected: Digest,
        /// The root that the path folds to.
        found: Digest,
    },
    /// The path leads to another root of the second tree. Between equal sizes the path is empty,
    /// and `found` is the first root.
    SecondRootMismatch {
        /// The size of the second tree.
        size2: TreeSize,
        /// The root to be proven against.
        expected: Digest,
        /// The root that the path folds to.
        found: Digest,
    },
    /// A node that the proof needs could not be fetched.
    NodeMissing {
        /// The node asked for.
        node: NodeCoordinate,
    },
}

impl ConsistencyError {
    /// A stable name for programs to match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SizeOrder { .. } => "consistency-size-order",
            Self::EmptyFirst { .. } => "consistency-empty-first",
            Self::PathLength { .. } => "consistency-path-length",
            Self::FirstRootMismatch { .. } => "consistency-first-root-mismatch",
            Self::SecondRootMismatch { .. } => "consistency-second-root-mismatch",
            Self::NodeMissing { .. } => "consistency-node-missing",
        }
    }
}

impl fmt::Display for ConsistencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SizeOrder { size1, size2 } => {
                write!(f, "the first tree size {size1} is above the second, {size2}")
            }
            Self::EmptyFirst { size2 } => write!(
                f,
                "the first tree is empty and the second has {size2} leaves: any tree extends the \
                 empty one, so no proof is defined"
            ),
            Self::PathLength { size1, size2, expected, found } => write!(
                f,
                "the consistency path from tree size {size1} to {size2} has {expected} hashes, \
                 but {found} came"
            ),
            Self::FirstRootMismatch { size1, expected, found } => write!(
                f,
                "the consistency path leads to root {found} at tree size {size1}, not {expected}"
            ),
            Self::SecondRootMismatch { size2, expected, found } => write!(
                f,
                "the consistency path leads to root {found} at tree size {size2}, not {expected}"
            ),
            Self::NodeMissing { node } => {
                write!(f, "the consistency proof needs the node at {node}, which is not stored")
            }
        }
    }
}

impl core::error::Error for ConsistencyError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    /// Every text must name the place and both values.
    fn assert_names(text: &str, parts: &[String]) {
        for part in parts {
            assert!(text.contains(part.as_str()), "{text:?} does not name {part:?}");
        }
    }

    #[test]
    fn a_text_names_the_place_and_both_values() {
        let size = |n| TreeSize::new(n).unwrap();
        let (index, size1, size2) = (LeafIndex::new(70_001), size(80_002), size(90_003));
        let [one, two] = [1, 2].map(|byte| Digest::from_bytes([byte; 32]));
        let (expected, found) = (60_004, 60_005);
        let place = [index.to_string(), size2.to_string()];
        let both = [size1.to_string(), size2.to_string()];
        let counts = [expected.to_string(), found.to_string()];
        let roots = [one.to_string(), two.to_string()];

        let error = SizeError::TooLarge { found: u64::MAX };
        assert_names(&error.to_string(), &[MAX_TREE_SIZE.to_string(), u64::MAX.to_string()]);

        let error = FrontierError::HashCount { size: size2, expected, found };
        assert_names(&error.to_string(), &[&place[1..], &counts].concat());

        let error = InclusionError::IndexOutOfRange { index, size: size2 };
        assert_names(&error.to_string(), &place);
        let error = InclusionError::PathLength { index, size: size2, expected, found };
        assert_names(&error.to_string(), &[&place[..], &counts].concat());
        let error = InclusionError::RootMismatch { index, size: size2, expected: one, found: two };
        assert_names(&error.to_string(), &[&place[..], &roots].concat());

        let [leaves, previous] = [50_006, 50_007];
        let counted = [leaves.to_string(), size2.to_string()];
        let error = MultiInclusionError::IndexOrder { previous: LeafIndex::new(previous), index };
        assert_names(&error.to_string(), &[previous.to_string(), index.to_string()]);
        let leaves = 50_006;
        let error = MultiInclusionError::SiblingCount { leaves, size: size2, expected, found };
        assert_names(&error.to_string(), &[&counted[..], &counts].concat());
        let error =
            MultiInclusionError::RootMismatch { leaves, size: size2, expected: one, found: two };
        assert_names(&error.to_string(), &[&counted[..], &roots].concat());
        let error = MultiInclusionError::IndexOutOfRange { index, size: size2 };
        assert_names(&error.to_string(), &place);

        assert_names(&ConsistencyError::SizeOrder { size1, size2 }.to_string(), &both);
        assert_names(&ConsistencyError::EmptyFirst { size2 }.to_string(), &both[1..]);
        let error = ConsistencyError::PathLength { size1, size2, expected, found };
        assert_names(&error.to_string(), &[&both[..], &counts].concat());
        let error = ConsistencyError::FirstRootMismatch { size1, expected: one, found: two };
        assert_names(&error.to_string(), &[&both[..1], &roots].concat());
        let error = ConsistencyError::SecondRootMismatch { size2, expected: one, found: two };
        assert_names(&error.to_string(), &[&both[1..], &roots].concat());
    }
}
