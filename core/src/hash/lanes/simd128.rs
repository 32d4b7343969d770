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
    let mut words = *block;
    for _ in 0..6 {
        round(&mut v, words);
        words = permute(words);
    }
    round(&mut v, words);
    *chaining = end(v);
}

/// Hashes at most the four inputs of [`super::FEWEST_LANES`]. One that ends before the others goes on
/// with empty blocks, but its hash is taken before.
#[inline(never)]
pub(super) fn hash_group<const N: usize>(tag: Option<u8>, group: &mut [Input<'_>]) {
    const { assert!(N == FEWEST_LANES) };
    let most = group.iter().map(Input::blocks).max().unwrap_or_default();
    let mut chaining = IV.map(Four::of);
    for number in 0..most {
        let mut lanes = [[u32x4_splat(0); 4]; 4];
        let (mut lengths, mut flags, mut ends) = ([0; 4], [0; 4], false);
        let settings = lengths.iter_mut().zip(&mut flags).zip(&mut lanes);
        for (input, ((length, flags), lane)) in group.iter().zip(settings) {
            *lane = load(tag, input.bytes, number);
            *length = input.filled(number);
            *flags = if number == 0 { CHUNK_START } else { 0 };
            if number + 1 == input.blocks() {
                *flags |= CHUNK_END | ROOT;
                ends = true;
            }
        }
        let [a, b, c, d] = lanes;
        let mut block = [Four::of(0); 16];
        let quarters = a.iter().zip(&b).zip(c.iter().zip(&d));
        for (rows, ((a, b), (c, d))) in block.as_chunks_mut::<4>().0.iter_mut().zip(quarters) {
            let [w0, w1, w2, w3] = transpose([*a, *b, *c, *d]);
            *rows = [Four(w0), Four(w1), Four(w2), Four(w3)];
        }
        let [lengths, flags] = [lengths, flags].map(|[a, b, c, d]| Four(u32x4(a, b, c, d)));
        compress_four(&mut chaining, &block, lengths, flags);
        if ends {
            for (input, hash) in group.iter_mut().zip(digests(&chaining)) {
                if number + 1 == input.blocks() {
                    *input.hash = hash;
                }
            }
        }
    }
}

/// Block `number` of the tag, if there is one, and the bytes behind it, with zeros at the end.
#[inline(always)]
fn load(tag: Option<u8>, bytes: &[u8], number: usize) -> [v128; 4] {
    let start = number * BLOCK_SIZE as usize;
    let behind = |offset: usize| quarter(bytes, start + offset);
    let Some(tag) = tag else { return [behind(0), behind(16), behind(32), behind(48)] };
    // The tag moves everything by one byte.
    let first = match start.checked_sub(1) {
        Some(before) => quarter(bytes, before),
        None => behind_byte(u32x4_splat(u32::from(tag) << 24), quarter(bytes, 0)),
    };
    [first, behind(15), behind(31), behind(47)]
}

/// Sixteen bytes from `offset` on, with zeros behind the last.
#[inline(always)]
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

/// All bytes of `bytes` but the last, behind the last of `before`.
#[inline(always)]
fn behind_byte(before: v128, bytes: v128) -> v128 {
    i8x16_shuffle::<15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30>(before, bytes)
}

/// The hashes of pairs behind a tag, of the four lanes of [`super::FEWEST_LANES`] alone.
pub(super) fn hash_pairs<const N: usize>(tag: u8, group: &[[Digest; 2]; N]) -> [Digest; N] {
    const { assert!(N == FEWEST_LANES) };
    let mut hashes = [Digest::default(); N];
    if let Some([a, b, c, d]) = group.as_slice().as_array()
        && let Some(hashes) = hashes.as_mut_slice().as_mut_array()
    {
        *hashes = hash_four_pairs(tag, [a, b, c, d]);
    }
    hashes
}

/// The hashes of four pairs behind a tag, each 65 bytes: a full block and one byte in a second.
#[inline(never)]
fn hash_four_pairs(tag: u8, pairs: [&[Digest; 2]; 4]) -> [Digest; 4] {
    let mut block = [Four::of(0); 16];
    // The tag moves everything by one byte: what is carried stands at the end of a vector.
    let mut carried = [u32x4_splat(u32::from(tag) << 24); 4];
    for (number, rows) in block.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let mut moved = [u32x4_splat(0); 4];
        for ((pair, carried), moved) in pairs.iter().zip(&mut carried).zip(&mut moved) {
            let [left, right] = pair;
            let (half, number) = if number < 2 { (left, number) } else { (right, number - 2) };
            let quarter = half.as_bytes().as_chunks().0.get(number);
            let quarter = quarter.map_or(u32x4_splat(0), from_bytes);
            *moved = behind_byte(*carried, quarter);
            *carried = quarter;
        }
        *rows = transpose(moved).map(Four);
    }
    let mut last_block = [Four::of(0); 16];
    let [first, ..] = &mut last_block;
    // The last byte of every lane, as the word that it is alone.
    let [.., words] = transpose(carried);
    *first = Four(u32x4_shr(words, 24));
    let mut chaining = IV.map(Four::of);
    compress_four(&mut chaining, &block, Four::of(BLOCK_SIZE), Four::of(CHUNK_START));
    compress_four(&mut chaining, &last_block, Four::of(1), Four::of(CHUNK_END | ROOT));
    digests(&chaining)
}

/// The digests of all lanes.
#[inline(never)]
fn digests(chaining: &[Four; 8]) -> [Digest; 4] {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = *chaining;
    let left = transpose([h0.0, h1.0, h2.0, h3.0]);
    let right = transpose([h4.0, h5.0, h6.0, h7.0]);
    let mut hashes = [Digest::default(); 4];
    for ((hash, left), right) in hashes.iter_mut().zip(left).zip(right) {
        let mut bytes = [0; DIGEST_SIZE];
        for (half, vector) in bytes.as_chunks_mut().0.iter_mut().zip([left, right]) {
            *half = to_bytes(vector);
        }
        *hash = Digest::from_bytes(bytes);
    }
    hashes
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
