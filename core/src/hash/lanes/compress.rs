//! The compression function of BLAKE3 (paper, section 2.2), one input per lane.

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

/// A word of one lane or of several.
pub(super) trait Word: Copy {
    fn add(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn rotate_right<const BY: u32>(self) -> Self;
}

/// The state that a compression starts with; `of` makes a constant a word of every lane.
#[inline(always)]
pub(super) fn start<W: Word>(
    before: [W; 8],
    length: W,
    flags: W,
    of: impl Fn(u32) -> W,
) -> [W; 16] {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = before;
    let [i0, i1, i2, i3, ..] = IV;
    let [i0, i1, i2, i3, counter] = [of(i0), of(i1), of(i2), of(i3), of(0)];
    [h0, h1, h2, h3, h4, h5, h6, h7, i0, i1, i2, i3, counter, counter, length, flags]
}

/// The chaining value that the state ends with.
#[inline(always)]
pub(super) fn end<W: Word>(v: [W; 16]) -> [W; 8] {
    let [v0, v1, v2, v3, v4, v5, v6, v7, w0, w1, w2, w3, w4, w5, w6, w7] = v;
    [v0.xor(w0), v1.xor(w1), v2.xor(w2), v3.xor(w3), v4.xor(w4), v5.xor(w5), v6.xor(w6), v7.xor(w7)]
}

/// The order of the message words in the next round.
#[inline(always)]
pub(super) fn permute<W: Word>(m: [W; 16]) -> [W; 16] {
    let [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = m;
    [m2, m6, m3, m10, m7, m0, m4, m13, m1, m11, m12, m5, m9, m14, m15, m8]
}

#[inline(always)]
pub(super) fn round<W: Word>(v: &mut [W; 16], m: [W; 16]) {
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
fn mix<W: Word>(a: &mut W, b: &mut W, c: &mut W, d: &mut W, x: W, y: W) {
    *a = a.add(*b).add(x);
    *d = d.xor(*a).rotate_right::<16>();
    *c = c.add(*d);
    *b = b.xor(*c).rotate_right::<12>();
    *a = a.add(*b).add(y);
    *d = d.xor(*a).rotate_right::<8>();
    *c = c.add(*d);
    *b = b.xor(*c).rotate_right::<7>();
}
