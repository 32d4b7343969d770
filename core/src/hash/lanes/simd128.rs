//! WebAssembly's vectors: four lanes. A module has them or not when it is compiled.

use core::arch::wasm32::{
    i8x16_shuffle, i8x16_swizzle, i32x4_shuffle, i64x2_shuffle, u8x16, u8x16_add, u8x16_splat,
    u32x4, u32x4_add, u32x4_shl, u32x4_shr, u32x4_splat, u64x2, u64x2_extract_lane, v128, v128_or,
    v128_xor,
};

use super::FEWEST_LANES;
use super::compress::{
    BLOCK_SIZE, CHUNK_END, CHUNK_START, IV, ROOT, Word, end, permute, round, start,
};
use super::each::Input;
use crate::hash::Digest;
use crate::limits::DIGEST_SIZE;

/// A word of four lanes. Left to the compiler, they would be vector code only where it optimises for
/// speed, and that is several times as large.
#[derive(Clone, Copy)]
struct Four(v128);

impl Four {
    #[inline(always)]
    fn of(word: u32) -> Self {
        Self(u32x4_splat(word))
    }
}

impl Word for Four {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(u32x4_add(self.0, other.0))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }

    #[inline(always)]
    fn rotate_right<const BY: u32>(self) -> Self {
        let v = self.0;
        Self(match BY {
            // Whole bytes are only moved.
            16 => i8x16_shuffle::<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(v, v),
            8 => i8x16_shuffle::<1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12>(v, v),
            _ => v128_or(u32x4_shr(v, BY), u32x4_shl(v, 32 - BY)),
        })
    }
}

/// Compresses one block of every lane into the lane's chaining value; the chunk counter is 0.
#[inline(never)]
fn compress_four(chaining: &mut [Four; 8], block: &[Four; 16], length: Four, flags: Four) {
    let mut v = start(*chaining, length, flags, Four::of);
    // Written out: in a loop all sixteen words would be moved between rounds.
    let w0 = *block;
    let w1 = permute(w0);
    let w2 = permute(w1);
    let w3 = permute(w2);
    let w4 = permute(w3);
    let w5 = permute(w4);
    let w6 = permute(w5);
    round(&mut v, w0);
    round(&mut v, w1);
    round(&mut v, w2);
    round(&mut v, w3);
    round(&mut v, w4);
    round(&mut v, w5);
    round(&mut v, w6);
    *chaining = end(v);
}

/// Hashes at most the four inputs of [`super::FEWEST_LANES`]. One that ends before the others goes on
/// with empty blocks, but its hash is taken before.
#[inline(never)]
pub(super) fn hash_group<const N: usize>(tag: Option<u8>, group: &mut [Input<'_>]) {
    const { assert!(N == FEWEST_LANES) };
    let mut most = 0;
    for input in group.iter() {
        most = most.max(input.blocks());
    }
    let mut chaining = initial();
    let empty = empty();
    let mut lanes = [empty, empty, empty, empty];
    let (mut lengths, mut flags) = ([0; 4], [0; 4]);
    for number in 0..most {
        let mut ends = false;
        let settings = lengths.iter_mut().zip(&mut flags).zip(&mut lanes);
        for (input, ((length, flags), lane)) in group.iter().zip(settings) {
            load(tag, input.bytes, number, lane);
            *length = input.filled(number);
            *flags = if number == 0 { CHUNK_START } else { 0 };
            if number + 1 == input.blocks() {
                *flags |= CHUNK_END | ROOT;
                ends = true;
            }
        }
        let [a, b, c, d] = lengths;
        let lengths = Four(u32x4(a, b, c, d));
        let [a, b, c, d] = flags;
        let flags = Four(u32x4(a, b, c, d));
        compress_four(&mut chaining, &words(&lanes), lengths, flags);
        if ends {
            for (input, hash) in group.iter_mut().zip(&digests(&chaining)) {
                if number + 1 == input.blocks() {
                    *input.hash = *hash;
                }
            }
        }
    }
}

/// Nothing but zeros. Lists of values are written out in this file, since `[x; N]` is a loop where
/// the compiler optimises for size.
#[inline(always)]
fn empty() -> [v128; 4] {
    let zeros = u32x4_splat(0);
    [zeros, zeros, zeros, zeros]
}

/// The chaining value that every lane starts with.
#[inline(always)]
fn initial() -> [Four; 8] {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = IV;
    let [h0, h1, h2, h3] = [Four::of(h0), Four::of(h1), Four::of(h2), Four::of(h3)];
    let [h4, h5, h6, h7] = [Four::of(h4), Four::of(h5), Four::of(h6), Four::of(h7)];
    [h0, h1, h2, h3, h4, h5, h6, h7]
}

/// Block `number` of the tag, if there is one, and the bytes behind it, with zeros at the end.
#[inline(always)]
fn load(tag: Option<u8>, bytes: &[u8], number: usize, lane: &mut [v128; 4]) {
    let start = number * BLOCK_SIZE as usize;
    // The tag moves everything by one byte.
    let offset = if tag.is_some() { start.saturating_sub(1) } else { start };
    let rest = bytes.get(offset..).unwrap_or_default();
    match rest.first_chunk::<64>() {
        Some(whole) => *lane = quarters(whole),
        None => last_quarters(bytes, offset, lane),
    }
    if let (Some(tag), 0) = (tag, number) {
        let [a, b, c, d] = *lane;
        *lane = [behind_tag(tag, a), behind_byte(a, b), behind_byte(b, c), behind_byte(c, d)];
    }
}

/// A whole block.
#[inline(always)]
fn quarters(block: &[u8; 64]) -> [v128; 4] {
    match block.as_chunks() {
        ([a, b, c, d], []) => [from_bytes(a), from_bytes(b), from_bytes(c), from_bytes(d)],
        _ => empty(),
    }
}

/// What is left from `offset` on, with zeros behind the last.
#[inline(never)]
fn last_quarters(bytes: &[u8], mut offset: usize, lane: &mut [v128; 4]) {
    for to in lane {
        *to = quarter(bytes, offset);
        offset += 16;
    }
}

/// Sixteen bytes from `offset` on, with zeros behind the last.
fn quarter(bytes: &[u8], offset: usize) -> v128 {
    let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) else {
        return u32x4_splat(0);
    };
    if let Some(whole) = rest.first_chunk() {
        return from_bytes(whole);
    }
    if let Some(last) = bytes.last_chunk() {
        // The bytes in front are moved out: lanes that do not exist give zeros.
        let moved = u8x16_splat(u8::try_from(16 - rest.len()).unwrap_or_default());
        let lanes = u8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        return i8x16_swizzle(from_bytes(last), u8x16_add(lanes, moved));
    }
    let mut padded = [0; 16];
    for (to, from) in padded.iter_mut().zip(rest) {
        *to = *from;
    }
    from_bytes(&padded)
}

/// The tag and all bytes of `bytes` but the last.
#[inline(always)]
fn behind_tag(tag: u8, bytes: v128) -> v128 {
    behind_byte(u8x16_splat(tag), bytes)
}

/// All bytes of `bytes` but the last, behind the last of `before`.
#[inline(always)]
fn behind_byte(before: v128, bytes: v128) -> v128 {
    i8x16_shuffle::<15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30>(before, bytes)
}

/// The hashes of pairs behind a tag, of the four lanes of [`super::FEWEST_LANES`] alone.
pub(super) fn hash_pairs<const N: usize>(tag: u8, group: &[[Digest; 2]; N]) -> [Digest; N] {
    const { assert!(N == FEWEST_LANES) };
    let mut hashes = [const { Digest::from_bytes([0; DIGEST_SIZE]) }; N];
    if let Some(group) = group.as_slice().as_array()
        && let Some(hashes) = hashes.as_mut_slice().as_mut_array()
    {
        *hashes = hash_four_pairs(tag, group);
    }
    hashes
}

/// The hashes of four pairs behind a tag, each 65 bytes: a full block and one byte in a second.
#[inline(never)]
fn hash_four_pairs(tag: u8, pairs: &[[Digest; 2]; 4]) -> [Digest; 4] {
    let empty = empty();
    let mut lanes = [empty, empty, empty, empty];
    // What the tag moves out of a block stands at the end of a vector.
    let mut last = empty;
    for ((pair, lane), last) in pairs.iter().zip(&mut lanes).zip(&mut last) {
        let [left, right] = pair;
        let ((a, b), (c, d)) = (halves(left), halves(right));
        *lane = [behind_tag(tag, a), behind_byte(a, b), behind_byte(b, c), behind_byte(c, d)];
        *last = d;
    }
    let mut chaining = initial();
    compress_four(&mut chaining, &words(&lanes), Four::of(BLOCK_SIZE), Four::of(CHUNK_START));
    // The last byte of every lane, as the word that it is alone.
    let [.., last] = transpose(last);
    let last = Four(u32x4_shr(last, 24));
    let zero = Four::of(0);
    let block = [
        last, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero,
        zero,
    ];
    compress_four(&mut chaining, &block, Four::of(1), Four::of(CHUNK_END | ROOT));
    digests(&chaining)
}

#[inline(always)]
fn halves(digest: &Digest) -> (v128, v128) {
    match digest.as_bytes().as_chunks() {
        ([low, high], []) => (from_bytes(low), from_bytes(high)),
        _ => (u32x4_splat(0), u32x4_splat(0)),
    }
}

/// The digests of all lanes.
#[inline(never)]
fn digests(chaining: &[Four; 8]) -> [Digest; 4] {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = chaining;
    let [a, b, c, d] = transpose([h0.0, h1.0, h2.0, h3.0]);
    let [e, f, g, h] = transpose([h4.0, h5.0, h6.0, h7.0]);
    [digest(a, e), digest(b, f), digest(c, g), digest(d, h)]
}

#[inline(always)]
fn digest(low: v128, high: v128) -> Digest {
    let mut bytes = [0; DIGEST_SIZE];
    if let ([left, right], []) = bytes.as_chunks_mut() {
        *left = to_bytes(low);
        *right = to_bytes(high);
    }
    Digest::from_bytes(bytes)
}

/// A block of every lane, word by word.
#[inline(never)]
fn words(lanes: &[[v128; 4]; 4]) -> [Four; 16] {
    let [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]] = *lanes;
    let [w0, w1, w2, w3] = transpose([a0, b0, c0, d0]);
    let [w4, w5, w6, w7] = transpose([a1, b1, c1, d1]);
    let [w8, w9, w10, w11] = transpose([a2, b2, c2, d2]);
    let [w12, w13, w14, w15] = transpose([a3, b3, c3, d3]);
    let [w0, w1, w2, w3] = [Four(w0), Four(w1), Four(w2), Four(w3)];
    let [w4, w5, w6, w7] = [Four(w4), Four(w5), Four(w6), Four(w7)];
    let [w8, w9, w10, w11] = [Four(w8), Four(w9), Four(w10), Four(w11)];
    let [w12, w13, w14, w15] = [Four(w12), Four(w13), Four(w14), Four(w15)];
    [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15]
}

/// Rows for columns.
#[inline(always)]
fn transpose([a, b, c, d]: [v128; 4]) -> [v128; 4] {
    let (ab_low, ab_high) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
    let (cd_low, cd_high) = (i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    [
        i64x2_shuffle::<0, 2>(ab_low, cd_low),
        i64x2_shuffle::<1, 3>(ab_low, cd_low),
        i64x2_shuffle::<0, 2>(ab_high, cd_high),
        i64x2_shuffle::<1, 3>(ab_high, cd_high),
    ]
}

/// Sixteen bytes as they lie in memory.
#[inline(always)]
fn from_bytes(bytes: &[u8; 16]) -> v128 {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *bytes;
    let low = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let high = u64::from_le_bytes([i, j, k, l, m, n, o, p]);
    u64x2(low, high)
}

#[inline(always)]
fn to_bytes(vector: v128) -> [u8; 16] {
    let (low, high) = (u64x2_extract_lane::<0>(vector), u64x2_extract_lane::<1>(vector));
    (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
}
