//! The compression of as many lanes as a vector may have, in plain code.

use super::compress::{Word, end, permute, round, start};
use crate::hash::Digest;
use crate::limits::DIGEST_SIZE;

/// A word of every lane.
pub(super) type Row<const N: usize> = [u32; N];

/// A lane of a row. The loops below keep `lane` under `N`, and the compiler sees it.
#[inline(always)]
pub(super) fn at<const N: usize>(row: &Row<N>, lane: usize) -> u32 {
    row.get(lane).copied().unwrap_or_default()
}

/// The digest of one lane.
#[inline(always)]
pub(super) fn digest<const N: usize>(chaining: &[Row<N>; 8], lane: usize) -> Digest {
    let mut bytes = [0; DIGEST_SIZE];
    for (word, row) in bytes.as_chunks_mut().0.iter_mut().zip(chaining) {
        *word = at(row, lane).to_le_bytes();
    }
    Digest::from_bytes(bytes)
}

/// Sets a lane of a row. The loops keep `lane` under `N`, as for [`at`].
#[inline(always)]
pub(super) fn set<const N: usize>(row: &mut Row<N>, lane: usize, word: u32) {
    if let Some(slot) = row.get_mut(lane) {
        *slot = word;
    }
}

/// Compresses one block of every lane into the lane's chaining value; the chunk counter is 0.
///
/// One plain loop over the lanes whose body is a whole compression without branches or inner
/// loops: the compiler turns each operation into one vector operation over all lanes.
#[inline(always)]
pub(super) fn compress<const N: usize>(
    chaining: &mut [Row<N>; 8],
    block: &[Row<N>; 16],
    length: &Row<N>,
    flags: &Row<N>,
) {
    for lane in 0..N {
        let before = chaining.each_ref().map(|row| at(row, lane));
        let words = block.each_ref().map(|row| at(row, lane));
        let mut v = start(before, at(length, lane), at(flags, lane), |word| word);
        let words1 = permute(words);
        let words2 = permute(words1);
        let words3 = permute(words2);
        let words4 = permute(words3);
        let words5 = permute(words4);
        let words6 = permute(words5);
        round(&mut v, words);
        round(&mut v, words1);
        round(&mut v, words2);
        round(&mut v, words3);
        round(&mut v, words4);
        round(&mut v, words5);
        round(&mut v, words6);
        for (row, word) in chaining.iter_mut().zip(end(v)) {
            set(row, lane, word);
        }
    }
}

impl Word for u32 {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }

    #[inline(always)]
    fn rotate_right<const BY: u32>(self) -> Self {
        self.rotate_right(BY)
    }
}
