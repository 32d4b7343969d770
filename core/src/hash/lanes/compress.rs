//! The compression function of BLAKE3 (paper, section 2.2), one input per lane.

use crate::hash::Digest;
use crate::limits::DIGEST_SIZE;

/// Bytes of a full block.
pub(super) const BLOCK_SIZE: u32 = 64;

/// The initial chaining value: that of SHA-256.
pub(super) const IV: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Flag of the first block of a BLAKE3 chunk.
pub(super) const CHUNK_START: u32 = 1;
/// Flag of the last block of a BLAKE3 chunk.
pub(super) const CHUNK_END: u32 = 1 << 1;
/// Flag of the compression that makes the hash itself.
pub(super) const ROOT: u32 = 1 << 3;

/// A word of every lane.
pub(super) type Row<const N: usize> = [u32; N];

/// A lane of a row. The loops below keep `lane` under `N`, and the compiler sees it.
#[inline(always)]
fn at<const N: usize>(row: &Row<N>, lane: usize) -> u32 {
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
        let [h0, h1, h2, h3, h4, h5, h6, h7] = chaining.each_ref().map(|row| at(row, lane));
        let words = block.each_ref().map(|row| at(row, lane));
        let (length, flags) = (at(length, lane), at(flags, lane));
        let [i0, i1, i2, i3, ..] = IV;
        let mut v = [h0, h1, h2, h3, h4, h5, h6, h7, i0, i1, i2, i3, 0, 0, length, flags];
        rounds(&mut v, words);
        let [v0, v1, v2, v3, v4, v5, v6, v7, w0, w1, w2, w3, w4, w5, w6, w7] = v;
        let next = [v0 ^ w0, v1 ^ w1, v2 ^ w2, v3 ^ w3, v4 ^ w4, v5 ^ w5, v6 ^ w6, v7 ^ w7];
        for (row, word) in chaining.iter_mut().zip(next) {
            if let Some(slot) = row.get_mut(lane) {
                *slot = word;
            }
        }
    }
}

#[inline(always)]
fn rounds(v: &mut [u32; 16], words: [u32; 16]) {
    let words1 = permute(words);
    let words2 = permute(words1);
    let words3 = permute(words2);
    let words4 = permute(words3);
    let words5 = permute(words4);
    let words6 = permute(words5);
    round(v, words);
    round(v, words1);
    round(v, words2);
    round(v, words3);
    round(v, words4);
    round(v, words5);
    round(v, words6);
}

/// The order of the message words in the next round.
#[inline(always)]
const fn permute(m: [u32; 16]) -> [u32; 16] {
    let [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = m;
    [m2, m6, m3, m10, m7, m0, m4, m13, m1, m11, m12, m5, m9, m14, m15, m8]
}

#[inline(always)]
fn round(v: &mut [u32; 16], m: [u32; 16]) {
    let [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3] = v;
    let [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = m;
    // Columns.
    mix(a0, b0, c0, d0, m0, m1);
    mix(a1, b1, c1, d1, m2, m3);
    mix(a2, b2, c2, d2, m4, m5);
    mix(a3, b3, c3, d3, m6, m7);
    // Diagonals.
    mix(a0, b1, c2, d3, m8, m9);
    mix(a1, b2, c3, d0, m10, m11);
    mix(a2, b3, c0, d1, m12, m13);
    mix(a3, b0, c1, d2, m14, m15);
}

/// The quarter round `G`.
#[inline(always)]
fn mix(a: &mut u32, b: &mut u32, c: &mut u32, d: &mut u32, x: u32, y: u32) {
    *a = a.wrapping_add(*b).wrapping_add(x);
    *d = (*d ^ *a).rotate_right(16);
    *c = c.wrapping_add(*d);
    *b = (*b ^ *c).rotate_right(12);
    *a = a.wrapping_add(*b).wrapping_add(y);
    *d = (*d ^ *a).rotate_right(8);
    *c = c.wrapping_add(*d);
    *b = (*b ^ *c).rotate_right(7);
}
