//! The blocks of `N` short messages side by side, and their hashes.

use crate::hash::Digest;
use crate::hash::keccak::rounds::{ROUNDS, State, round};
use crate::limits::DIGEST_SIZE;

/// Words of 64 bits that a block takes in.
const RATE: usize = 17;

/// Words of a digest.
const DIGEST_WORDS: usize = DIGEST_SIZE / 8;

/// Bytes of two neighbouring digests.
pub(super) const PAIR_SIZE: usize = 2 * DIGEST_SIZE;

/// A word of every lane.
type Row<const N: usize> = [u64; N];

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

    /// The hash of every lane, in code that the compiler turns into vector code.
    ///
    /// A plain loop over the lanes whose body is a round without branches or inner loops: each
    /// operation becomes one vector operation, and the rows stay in registers from round to round.
    /// Of the last round only the digest's words are made.
    #[inline(always)]
    pub(super) fn hash(&self) -> Node<N> {
        let mut state = [[[0; N]; 5]; 5];
        for (row, word) in state.as_flattened_mut().iter_mut().zip(&self.0) {
            *row = *word;
        }
        let [rounds @ .., last] = ROUNDS;
        for constant in rounds {
            for lane in 0..N {
                let next = round(in_lane(&state, lane), constant);
                scatter(next.as_flattened(), state.as_flattened_mut(), lane);
            }
        }
        let mut node = Node::default();
        for lane in 0..N {
            let [first, ..] = round(in_lane(&state, lane), last);
            scatter(&first, &mut node.0, lane);
        }
        node
    }
}

/// The state of one lane. The loops keep `lane` under `N`, and the compiler sees it.
#[inline(always)]
fn in_lane<const N: usize>(state: &State<Row<N>>, lane: usize) -> State<u64> {
    state.each_ref().map(|rows| rows.each_ref().map(|row| row.get(lane).copied().unwrap_or(0)))
}

/// Replaces a lane of each row.
#[inline(always)]
fn scatter<const N: usize>(words: &[u64], rows: &mut [Row<N>], lane: usize) {
    for (row, word) in rows.iter_mut().zip(words) {
        if let Some(slot) = row.get_mut(lane) {
            *slot = *word;
        }
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
