//! The blocks of `N` short messages side by side, and their hashes.

use crate::hash::Digest;
use crate::limits::DIGEST_SIZE;

/// Words of 64 bits that a block takes in.
const RATE: usize = 17;

/// Words of a digest.
const DIGEST_WORDS: usize = DIGEST_SIZE / 8;

/// Bytes of two neighbouring digests.
pub(super) const PAIR_SIZE: usize = 2 * DIGEST_SIZE;

/// A word of every lane.
pub(super) type Row<const N: usize> = [u64; N];

/// The only block of a message in every lane. All messages have one length.
#[repr(align(64))]
pub(super) struct Block<const N: usize>([Row<N>; RATE]);

/// A digest in every lane.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Node<const N: usize>([Row<N>; DIGEST_WORDS]);

impl<const N: usize> Block<N> {
    /// Messages of zeros, so many words long, at most 16, and padded.
    #[inline(always)]
    pub(super) fn of_words(length: usize) -> Self {
        let mut rows = [[0; N]; RATE];
        if let Some(first) = rows.get_mut(length) {
            *first = [0x01; N];
        }
        let [.., last] = &mut rows;
        *last = [0x80 << 56; N];
        Self(rows)
    }

    /// Replaces the words of one lane from word `from` on. The pad must not be among them.
    #[inline(always)]
    pub(super) fn put(&mut self, lane: usize, from: usize, bytes: &[u8]) {
        for (row, word) in self.0.iter_mut().skip(from).zip(bytes.as_chunks().0) {
            if let Some(slot) = row.get_mut(lane) {
                *slot = u64::from_le_bytes(*word);
            }
        }
    }

    /// Replaces the first eight words of every lane by those of its bytes from word `from` on.
    ///
    /// Row by row, which the compiler makes shuffles of: storing each word in its row, lane by lane,
    /// made a chunk's root take 4 % longer. Where it optimises for size a loop is 10 % faster than
    /// `map`, and elsewhere 4 % slower.
    #[inline(always)]
    pub(super) fn put_data<const SIZE: usize>(&mut self, data: &[[u8; SIZE]; N], from: usize) {
        let word = |bytes: &[u8; SIZE], number| {
            bytes.as_chunks().0.get(from + number).map_or(0, |word| u64::from_le_bytes(*word))
        };
        for (number, row) in self.0.iter_mut().take(PAIR_SIZE / 8).enumerate() {
            if cfg!(target_family = "wasm") {
                row.iter_mut().zip(data).for_each(|(slot, bytes)| *slot = word(bytes, number));
            } else {
                *row = data.each_ref().map(|bytes| word(bytes, number));
            }
        }
    }

    /// Replaces the first eight words of every lane by two digests that are in lanes already.
    #[inline(always)]
    pub(super) fn put_nodes(&mut self, left: &Node<N>, right: &Node<N>) {
        for (row, word) in self.0.iter_mut().zip(left.0.iter().chain(&right.0)) {
            *row = *word;
        }
    }

    /// The words of a block, one row each.
    pub(super) const fn rows(&self) -> &[Row<N>; RATE] {
        &self.0
    }
}

impl<const N: usize> Node<N> {
    /// A digest's words, one row each.
    pub(super) const fn from_rows(rows: [Row<N>; DIGEST_WORDS]) -> Self {
        Self(rows)
    }

    /// The digest of every lane.
    #[inline(always)]
    pub(super) fn digests(&self) -> [Digest; N] {
        core::array::from_fn(|lane| {
            let mut bytes = [0; DIGEST_SIZE];
            for (word, row) in bytes.as_chunks_mut().0.iter_mut().zip(&self.0) {
                *word = row.get(lane).copied().unwrap_or(0).to_le_bytes();
            }
            Digest::from_bytes(bytes)
        })
    }
}

impl<const N: usize> Default for Node<N> {
    #[inline(always)]
    fn default() -> Self {
        Self([[0; N]; DIGEST_WORDS])
    }
}
