//! The stored nodes of the log's Merkle tree: every perfect subtree of a chunk and above.

use countersign_core::hash::{Blake3, Digest};
use countersign_core::merkle::{NodeCoordinate, node_hash};

use super::CHUNK_LEVEL;

/// The nodes over some chunks, level by level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogNodes {
    /// The chunks' own roots first.
    levels: Vec<Vec<Digest>>,
}

impl LogNodes {
    /// Adds the root of the next chunk, and every subtree that it completes.
    pub(super) fn push(&mut self, root: Digest) {
        let mut hash = root;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(nodes) = self.levels.get_mut(level) else { return };
            nodes.push(hash);
            match nodes.as_slice() {
                [.., left, right] if nodes.len().is_multiple_of(2) => {
                    hash = node_hash::<Blake3>(left, right);
                }
                _ => return,
            }
        }
    }

    /// The hash of a node at or above the level of chunks, if its last leaf is there.
    pub(super) fn hash(&self, node: NodeCoordinate) -> Option<Digest> {
        let level = usize::from(node.level().checked_sub(CHUNK_LEVEL)?);
        self.levels.get(level)?.get(usize::try_from(node.index()).ok()?).copied()
    }
}

impl FromIterator<Digest> for LogNodes {
    fn from_iter<I: IntoIterator<Item = Digest>>(roots: I) -> Self {
        let mut nodes = Self::default();
        roots.into_iter().for_each(|root| nodes.push(root));
        nodes
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::merkle::{leaf_hash, root};

    use super::*;

    #[test]
    fn every_node_is_the_root_of_its_leaves() {
        let leaves: Vec<_> =
            (0..13 * 256_u32).map(|n| leaf_hash::<Blake3>(&n.to_be_bytes())).collect();
        let nodes: LogNodes = leaves.chunks(256).map(root::<Blake3>).collect();
        for level in CHUNK_LEVEL..14 {
            for index in 0..16_u64 {
                let node = NodeCoordinate::new(level, index).unwrap();
                let first = usize::try_from(node.first_leaf().get()).unwrap();
                let count = usize::try_from(node.leaf_count()).unwrap();
                let expected = leaves.get(first..first + count).map(root::<Blake3>);
                assert_eq!(nodes.hash(node), expected, "{node}");
            }
        }
        assert_eq!(nodes.hash(NodeCoordinate::new(7, 0).unwrap()), None);
    }
}
