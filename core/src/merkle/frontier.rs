//! Append-only state: the perfect subtrees of the right edge.

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::{iter, mem};

use super::{FrontierError, Subtree, TreeSize, empty_root, node_hash};
use crate::hash::{Digest, Hash};
use crate::tags;

/// One slot for each level that a tree of at most 2^63 leaves can have.
const LEVELS: usize = 64;

/// Leaf hashes that [`Frontier::extend`] takes up to the same level at once: few enough to stay in
/// the first cache, and enough that the top levels, too narrow for vectors, hardly count.
const BATCH: usize = 1_024;

/// The right edge of a growing tree: all that appending and the root need.
///
/// It holds one hash for every bit set in the tree size, in a fixed array of 2 KiB.
/// [`Frontier::size`] and [`Frontier::hashes`] are what a resume point saves;
/// [`Frontier::from_parts`] restores it.
///
/// ```
/// use countersign_core::hash::Blake3;
/// use countersign_core::merkle::{leaf_hash, root, Frontier};
///
/// let leaves = [b"a", b"b", b"c"].map(|data| leaf_hash::<Blake3>(data));
/// let mut frontier = Frontier::<Blake3>::new();
/// for leaf in &leaves {
///     frontier.push(*leaf)?;
/// }
/// assert_eq!(frontier.root(), root::<Blake3>(&leaves));
///
/// let saved: Vec<_> = frontier.hashes().collect();
/// assert_eq!(saved.len(), 2);
/// assert_eq!(Frontier::from_parts(frontier.size(), saved)?, frontier);
/// # Ok::<(), countersign_core::merkle::FrontierError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Frontier<H> {
    size: TreeSize,
    /// The slot of a level holds a hash of this tree only while its bit of `size` is set.
    levels: [Digest; LEVELS],
    hash: PhantomData<H>,
}

impl<H: Hash> Frontier<H> {
    /// The frontier of the empty tree.
    pub const fn new() -> Self {
        let zero = Digest::from_bytes([0; crate::limits::DIGEST_SIZE]);
        Self { size: TreeSize::EMPTY, levels: [zero; LEVELS], hash: PhantomData }
    }

    /// Restores a frontier from its tree size and its hashes, largest subtree first.
    ///
    /// `hashes` must yield exactly as many as `size` has bits set; more are not read than one
    /// past that. The hashes themselves cannot be checked here: compare [`Frontier::root`] with
    /// a root that is signed or recomputed.
    pub fn from_parts(
        size: TreeSize,
        hashes: impl IntoIterator<Item = Digest>,
    ) -> Result<Self, FrontierError> {
        let expected = size.get().count_ones() as usize;
        let mut frontier = Self { size, ..Self::new() };
        let mut hashes = hashes.into_iter();
        for (found, node) in Subtree::whole(size).nodes().enumerate() {
            let hash = hashes.next().ok_or(FrontierError::HashCount { size, expected, found })?;
            if let Some(slot) = frontier.levels.get_mut(usize::from(node.level())) {
                *slot = hash;
            }
        }
        if hashes.next().is_some() {
            let found = expected.saturating_add(1);
            return Err(FrontierError::HashCount { size, expected, found });
        }
        Ok(frontier)
    }

    /// How many leaves were pushed.
    #[inline]
    pub const fn size(&self) -> TreeSize {
        self.size
    }

    /// The hashes of the perfect subtrees, largest first; with the size, the whole state.
    pub fn hashes(&self) -> impl Iterator<Item = Digest> + '_ {
        let nodes = Subtree::whole(self.size).nodes();
        nodes.filter_map(|node| self.levels.get(usize::from(node.level())).copied())
    }

    /// Appends a leaf hash (not the leaf itself: see [`leaf_hash`](super::leaf_hash)).
    #[inline]
    pub fn push(&mut self, leaf_hash: Digest) -> Result<(), FrontierError> {
        let next = self.size.next().ok_or(FrontierError::Full)?;
        // A new leaf completes one subtree for every low bit set in the size, as a carry does.
        let carries = self.size.get().trailing_ones() as usize;
        let mut hash = leaf_hash;
        for left in self.levels.iter().take(carries) {
            hash = node_hash::<H>(left, &hash);
        }
        if let Some(slot) = self.levels.get_mut(carries) {
            *slot = hash;
        }
        self.size = next;
        Ok(())
    }

    /// Appends leaf hashes in order, level by level: the same as one [`Frontier::push`] after the
    /// other, and several times faster for hashes that work on many inputs at once.
    ///
    /// Appends nothing when the tree has no room for all. Allocates at most 32 KiB while it runs.
    ///
    /// ```
    /// use countersign_core::hash::Blake3;
    /// use countersign_core::merkle::{Frontier, leaf_hashes, root};
    ///
    /// let leaves = leaf_hashes::<Blake3>(&[b"a", b"b", b"c"]);
    /// let mut frontier = Frontier::<Blake3>::new();
    /// frontier.extend(&leaves)?;
    /// assert_eq!(frontier.root(), root::<Blake3>(&leaves));
    /// # Ok::<(), countersign_core::merkle::FrontierError>(())
    /// ```
    pub fn extend(&mut self, leaf_hashes: &[Digest]) -> Result<(), FrontierError> {
        self.size.plus(leaf_hashes.len()).ok_or(FrontierError::Full)?;
        // Up to a multiple of the batch first: from there on every batch is a perfect subtree.
        let filled = usize::try_from(self.size.get() % BATCH as u64).unwrap_or_default();
        let (first, batches) = leaf_hashes
            .split_at_checked(BATCH.saturating_sub(filled))
            .unwrap_or((leaf_hashes, &[]));
        let (mut nodes, mut parents) = (Vec::new(), Vec::new());
        for batch in iter::once(first).chain(batches.chunks(BATCH)) {
            self.extend_batch(batch, &mut nodes, &mut parents);
        }
        Ok(())
    }

    /// Appends leaf hashes that the tree has room for. Two lists to work in, whatever they hold.
    fn extend_batch(
        &mut self,
        leaf_hashes: &[Digest],
        nodes: &mut Vec<Digest>,
        parents: &mut Vec<Digest>,
    ) {
        let mut hashes = leaf_hashes;
        for (level, slot) in self.levels.iter_mut().enumerate() {
            parents.clear();
            if self.size.get() >> level & 1 == 1 {
                // A node waits for the first of these, as it does for the carry of a push.
                let Some((right, rest)) = hashes.split_first() else { break };
                parents.push(node_hash::<H>(slot, right));
                hashes = rest;
            }
            H::hash_pairs(tags::MERKLE_NODE, hashes, parents);
            if let ([.., last], 1) = (hashes, hashes.len() % 2) {
                *slot = *last;
            }
            if parents.is_empty() {
                break;
            }
            mem::swap(nodes, parents);
            hashes = nodes;
        }
        self.size = self.size.plus(leaf_hashes.len()).unwrap_or(self.size);
    }

    /// The root of the tree; `H("")` while it is empty.
    pub fn root(&self) -> Digest {
        let mut root = None;
        for node in Subtree::whole(self.size).nodes().rev() {
            let Some(left) = self.levels.get(usize::from(node.level())) else { continue };
            root = Some(root.map_or(*left, |right| node_hash::<H>(left, &right)));
        }
        root.unwrap_or_else(empty_root::<H>)
    }
}

impl<H: Hash> Default for Frontier<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Hash> PartialEq for Frontier<H> {
    fn eq(&self, other: &Self) -> bool {
        self.size == other.size && self.hashes().eq(other.hashes())
    }
}

impl<H: Hash> Eq for Frontier<H> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Blake3;
    use crate::limits::MAX_TREE_SIZE;
    use alloc::vec::Vec;

    fn hash(n: u8) -> Digest {
        Digest::from_bytes([n; 32])
    }

    #[test]
    fn from_parts_wants_one_hash_per_bit_of_the_size() {
        for (size, bits) in [(0, 0), (1, 1), (6, 2), (7, 3), (MAX_TREE_SIZE, 1)] {
            let size = TreeSize::new(size).unwrap();
            for found in 0..5 {
                let result = Frontier::<Blake3>::from_parts(size, (0..found).map(hash));
                let found = usize::from(found);
                if found == bits {
                    assert_eq!(result.unwrap().hashes().count(), bits);
                } else {
                    // What comes after the first superfluous hash is not read.
                    let found = found.min(bits + 1);
                    let error = FrontierError::HashCount { size, expected: bits, found };
                    assert_eq!(result, Err(error));
                }
            }
        }
    }

    #[test]
    fn the_last_leaf_of_the_largest_tree_carries_through_every_level() {
        let size = TreeSize::new(MAX_TREE_SIZE - 1).unwrap();
        let parts: Vec<_> = (0..63).map(hash).collect();
        let mut frontier = Frontier::<Blake3>::from_parts(size, parts.clone()).unwrap();
        assert_eq!(frontier.hashes().collect::<Vec<_>>(), parts);

        let edge = parts.iter().rev().copied();
        assert_eq!(
            frontier.root(),
            edge.clone().reduce(|right, left| node_hash::<Blake3>(&left, &right)).unwrap()
        );
        frontier.push(hash(63)).unwrap();
        let whole = edge.fold(hash(63), |right, left| node_hash::<Blake3>(&left, &right));
        assert_eq!(frontier.size(), TreeSize::MAX);
        assert_eq!(frontier.hashes().collect::<Vec<_>>(), [whole]);
        assert_eq!(frontier.root(), whole);

        assert_eq!(frontier.push(hash(64)), Err(FrontierError::Full));
        assert_eq!(frontier.extend(&[hash(64)]), Err(FrontierError::Full));
        assert_eq!(frontier.extend(&[]), Ok(()));
        assert_eq!(frontier.root(), whole);

        // All or nothing: one of two would fit.
        let mut almost = Frontier::<Blake3>::from_parts(size, parts).unwrap();
        assert_eq!(almost.extend(&[hash(63), hash(64)]), Err(FrontierError::Full));
        assert_eq!(almost.size(), size);
        almost.extend(&[hash(63)]).unwrap();
        assert_eq!(almost, frontier);
    }

    #[test]
    fn equality_ignores_what_a_carry_left_behind() {
        let mut grown = Frontier::<Blake3>::new();
        grown.push(hash(1)).unwrap();
        grown.push(hash(2)).unwrap();
        let restored = Frontier::from_parts(grown.size(), grown.hashes()).unwrap();
        assert_eq!(grown, restored);
        assert_ne!(grown, Frontier::from_parts(grown.size(), [hash(1)]).unwrap());
        let larger = TreeSize::new(4).unwrap();
        assert_ne!(grown, Frontier::from_parts(larger, grown.hashes()).unwrap());
    }
}
