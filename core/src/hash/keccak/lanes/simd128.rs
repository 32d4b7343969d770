//! WebAssembly's vectors: two lanes. A module has them or not when it is compiled, so nothing is
//! found out at run time, and a machine without them does not load it.

use core::arch::wasm32::{
    u64x2, u64x2_extract_lane, u64x2_shl, u64x2_shr, u64x2_splat, v128, v128_andnot, v128_or,
    v128_xor,
};

use super::block::{Block, Node};
use crate::hash::keccak::rounds::{ROUNDS, State, Word, round};

/// A word of two states. Left to the compiler, two lanes would become scalar code.
#[derive(Clone, Copy)]
struct Two(v128);

impl Two {
    #[inline(always)]
    fn lanes(self) -> [u64; 2] {
        [u64x2_extract_lane::<0>(self.0), u64x2_extract_lane::<1>(self.0)]
    }
}

impl Word for Two {
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        Self(v128_andnot(self.0, other.0))
    }

    #[inline(always)]
    fn rotate<const BY: u32>(self) -> Self {
        Self(v128_or(u64x2_shl(self.0, BY), u64x2_shr(self.0, 64 - BY)))
    }
}

/// The hashes of two messages: 220 ns each in Node where one alone takes 340.
///
/// Every word is named and the constants are read where they lie: a loop over the words, or one
/// that owns the constants, became calls that copy memory and took a tenth of the time.
#[inline(never)]
pub(super) fn hash_two(block: &Block<2>) -> Node<2> {
    let [a0, a1, a2, a3, a4, b0, b1, b2, b3, b4, c0, c1, c2, c3, c4, d0, d1] = block.rows();
    let (two, zero) = (|[a, b]: &[u64; 2]| Two(u64x2(*a, *b)), Two(u64x2_splat(0)));
    let mut state: State<Two> = [
        [two(a0), two(a1), two(a2), two(a3), two(a4)],
        [two(b0), two(b1), two(b2), two(b3), two(b4)],
        [two(c0), two(c1), two(c2), two(c3), two(c4)],
        [two(d0), two(d1), zero, zero, zero],
        [zero, zero, zero, zero, zero],
    ];
    let [rounds @ .., last] = &ROUNDS;
    for constant in rounds {
        state = round(state, Two(u64x2_splat(*constant)));
    }
    // Of the last round only the digest's words are made.
    let [[a, b, c, d, _], ..] = round(state, Two(u64x2_splat(*last)));
    Node::from_rows([a.lanes(), b.lanes(), c.lanes(), d.lanes()])
}
