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

    /// Replaces the first eight words of one lane.
    ///
    /// Every row is named: where the compiler optimises for size, a loop over them stays one.
    #[inline(always)]
    pub(super) fn put_pair(&mut self, lane: usize, pair: &[u8; PAIR_SIZE]) {
        let [r0, r1, r2, r3, r4, r5, r6, r7, ..] = &mut self.0;
        let [w0, w1, w2, w3, w4, w5, w6, w7] = words_of(pair);
        let put = |row: &mut Row<N>, word| {
            if let Some(slot) = row.get_mut(lane) {
                *slot = word;
            }
        };
        put(r0, w0);
        put(r1, w1);
        put(r2, w2);
        put(r3, w3);
        put(r4, w4);
        put(r5, w5);
        put(r6, w6);
        put(r7, w7);
    }

    /// Replaces the first eight words of every lane by those of its pair of this number.
    ///
    /// Row by row, which the compiler makes shuffles of: storing each word in its row, lane by lane,
    /// made a chunk's root take 4 % longer. WebAssembly has no such shuffles.
    #[inline(always)]
    pub(super) fn put_pairs<const SIZE: usize>(&mut self, data: &[[u8; SIZE]; N], number: usize) {
        if cfg!(target_family = "wasm") {
            for (lane, bytes) in data.iter().enumerate() {
                if let Some(pair) = bytes.as_chunks().0.get(number) {
                    self.put_pair(lane, pair);
                }
            }
            return;
        }
        let first = number * (PAIR_SIZE / 8);
        for (place, row) in self.0.iter_mut().take(PAIR_SIZE / 8).enumerate() {
            let word = |bytes: &[u8; SIZE]| bytes.as_chunks().0.get(first + place).copied();
            *row = data.each_ref().map(|bytes| word(bytes).map_or(0, u64::from_le_bytes));
        }
    }

    /// Replaces the first eight words of every lane by two digests that are in lanes already.
    #[inline(always)]
    pub(super) fn put_nodes(&mut self, left: &Node<N>, right: &Node<N>) {
        let [r0, r1, r2, r3, r4, r5, r6, r7, ..] = &mut self.0;
        [*r0, *r1, *r2, *r3] = left.0;
        [*r4, *r5, *r6, *r7] = right.0;
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

/// The words of a pair of digests.
#[inline(always)]
fn words_of(pair: &[u8; PAIR_SIZE]) -> [u64; PAIR_SIZE / 8] {
    match pair.as_chunks().0 {
        [a, b, c, d, e, f, g, h] => {
            let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
            [word(a), word(b), word(c), word(d), word(e), word(f), word(g), word(h)]
        }
        _ => [0; PAIR_SIZE / 8],
    }
}
