//! A BLAKE3 hash opened at its beginning.
//!
//! BLAKE3 is a tree over chunks of 1,024 bytes (paper, section 2.1). Whoever has the first chunk and
//! one hash for each level of the tree can compute the hash of an input of any length: the first
//! chunk is shown without the rest, as a slice of Bao is. A chunk knows its place, and the root that
//! it is the root, so nothing but the beginning of the hashed input folds to its hash.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use ::blake3::Hasher;
use ::blake3::hazmat::{
    HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};

use super::{Digest, blake3};

/// Bytes of a chunk of BLAKE3.
pub const BLAKE3_CHUNK_SIZE: usize = ::blake3::CHUNK_LEN;

/// Levels of the tree over the longest input, of 2^64 bytes.
pub const MAX_LEVELS: usize = 54;

/// The first chunk of a hashed input, and what leads from it to the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstChunk {
    /// The first 1,024 bytes of the input, or all of a shorter one.
    pub bytes: Vec<u8>,
    /// The hashes of the subtrees beside the path from the chunk to the root, bottom up; at most
    /// [`MAX_LEVELS`]. None for an input of one chunk.
    pub siblings: Vec<Digest>,
}

impl FirstChunk {
    /// Opens the hash of `input` at its beginning. Hashes all of it once.
    ///
    /// ```
    /// use countersign_core::hash::{FirstChunk, blake3};
    ///
    /// let input = [7; 5_000];
    /// let opened = FirstChunk::of(&input);
    /// assert_eq!(opened.bytes, input[..1_024]);
    /// assert_eq!(opened.siblings.len(), 3);
    /// assert_eq!(opened.hash(), Some(blake3(&input)));
    /// ```
    pub fn of(input: &[u8]) -> Self {
        let (mut first, mut siblings) = (input, Vec::new());
        while first.len() > BLAKE3_CHUNK_SIZE {
            let left = left_subtree_len(first.len() as u64);
            let split = usize::try_from(left).ok().and_then(|left| first.split_at_checked(left));
            let Some((before, behind)) = split else { break };
            siblings.push(subtree(behind, left));
            first = before;
        }
        siblings.reverse();
        Self { bytes: first.to_owned(), siblings }
    }

    /// Both as bytes: the chunk, and behind a full one the siblings.
    pub fn to_bytes(&self) -> Vec<u8> {
        let siblings = self.siblings.iter().flat_map(|sibling| *sibling.as_bytes());
        self.bytes.iter().copied().chain(siblings).collect()
    }

    /// Reads what [`FirstChunk::to_bytes`] gives; `None` if part of a hash is left, or there are
    /// more than [`MAX_LEVELS`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Some((first, siblings)) = bytes.split_at_checked(BLAKE3_CHUNK_SIZE) else {
            return Some(Self { bytes: bytes.to_owned(), siblings: Vec::new() });
        };
        let (siblings, []) = siblings.as_chunks() else { return None };
        let siblings: Vec<_> = siblings.iter().copied().map(Digest::from_bytes).collect();
        (siblings.len() <= MAX_LEVELS).then(|| Self { bytes: first.to_owned(), siblings })
    }

    /// The hash of an input that begins with these bytes, if there is one: in a tree of several
    /// chunks the first is full.
    pub fn hash(&self) -> Option<Digest> {
        let Some((last, inner)) = self.siblings.split_last() else {
            return (self.bytes.len() <= BLAKE3_CHUNK_SIZE).then(|| blake3(&self.bytes));
        };
        if self.bytes.len() != BLAKE3_CHUNK_SIZE {
            return None;
        }
        let left = inner.iter().fold(*subtree(&self.bytes, 0).as_bytes(), |left, right| {
            merge_subtrees_non_root(&left, right.as_bytes(), Mode::Hash)
        });
        let root = merge_subtrees_root(&left, last.as_bytes(), Mode::Hash);
        Some(Digest::from_bytes(*root.as_bytes()))
    }
}

/// The chaining value of a subtree that is not the whole tree, `offset` bytes behind the input's
/// beginning: a multiple of as many chunks as a full tree over `bytes` has.
fn subtree(bytes: &[u8], offset: u64) -> Digest {
    let mut hasher = Hasher::new();
    hasher.set_input_offset(offset).update(bytes);
    Digest::from_bytes(hasher.finalize_non_root())
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn input(length: usize) -> Vec<u8> {
        (0..length).map(|i| i.wrapping_mul(0x9e37_79b9).to_le_bytes()[1]).collect()
    }

    #[test]
    fn opens_inputs_around_every_chunk_border() {
        for chunks in 0..=33_usize {
            for length in (chunks * 1_024).saturating_sub(1)..=chunks * 1_024 + 1 {
                let input = input(length);
                let opened = FirstChunk::of(&input);
                assert_eq!(opened.bytes, input[..length.min(1_024)], "{length}");
                assert_eq!(opened.hash(), Some(blake3(&input)), "{length}");
                let levels = length.div_ceil(1_024).max(1).next_power_of_two().ilog2();
                assert_eq!(opened.siblings.len(), levels as usize, "{length}");
                assert_eq!(FirstChunk::from_bytes(&opened.to_bytes()), Some(opened), "{length}");
            }
        }
    }

    #[test]
    fn a_chunk_of_another_length_has_no_place_in_a_tree() {
        let mut opened = FirstChunk::of(&input(3_000));
        opened.bytes.pop();
        assert_eq!(opened.hash(), None);
        opened.bytes.extend([0; 2]);
        assert_eq!(opened.hash(), None);
        opened.bytes.clear();
        assert_eq!(opened.hash(), None);
        assert_eq!(FirstChunk { bytes: vec![0; 1_025], siblings: vec![] }.hash(), None);
    }

    #[test]
    fn no_part_of_a_hash_is_left_and_no_tree_is_higher_than_any() {
        let bytes = FirstChunk::of(&input(9_000)).to_bytes();
        for length in 0..=bytes.len() {
            let is_whole = length <= 1_024 || length % 32 == 0;
            assert_eq!(FirstChunk::from_bytes(&bytes[..length]).is_some(), is_whole, "{length}");
        }
        assert!(FirstChunk::from_bytes(&vec![0; 1_024 + 54 * 32]).is_some());
        assert!(FirstChunk::from_bytes(&vec![0; 1_024 + 55 * 32]).is_none());
    }

    #[test]
    fn a_level_more_or_less_is_another_input() {
        let input = input(4_096);
        let mut opened = FirstChunk::of(&input);
        let last = opened.siblings.pop().unwrap();
        assert_eq!(opened.hash(), Some(blake3(&input[..2_048])));
        opened.siblings.extend([last, last]);
        assert_ne!(opened.hash(), Some(blake3(&input)));
    }

    proptest! {
        #[test]
        fn every_flipped_bit_gives_another_hash(length in 0..20_000_usize, at: usize, bit in 0..8_u8) {
            let input = input(length);
            let mut opened = FirstChunk::of(&input);
            let in_chunk = opened.bytes.len();
            let all = in_chunk + 32 * opened.siblings.len();
            prop_assume!(all > 0);
            let at = at % all;
            match at.checked_sub(in_chunk) {
                None => opened.bytes[at] ^= 1_u8 << bit,
                Some(at) => {
                    let mut sibling = *opened.siblings[at / 32].as_bytes();
                    sibling[at % 32] ^= 1_u8 << bit;
                    opened.siblings[at / 32] = Digest::from_bytes(sibling);
                }
            }
            prop_assert_ne!(opened.hash(), Some(blake3(&input)));
        }
    }
}
