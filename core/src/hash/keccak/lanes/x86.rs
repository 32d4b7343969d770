//! Finds vectors when the program runs: AVX-512 or AVX2.
//!
//! A function compiled for AVX2 must not run where there is none, so calling it from one that is
//! compiled for less is `unsafe`, whatever was asked before. These two calls, and two like them for
//! BLAKE3, are all the unsafe code of this crate. They are worth it: a permutation takes 290 ns
//! without vectors, 110 with AVX2 and 40 with AVX-512, and a chunk of 4,096 bytes takes 128 of them.

use super::block::{Block, Node};
use super::{Kernel, Work, loops, one};

cpufeatures::new!(avx2, "avx2");
cpufeatures::new!(avx512, "avx512f", "avx512vl");

/// Whether this machine has what `kernel` is made of.
pub(super) fn has(kernel: Kernel) -> bool {
    match kernel {
        Kernel::Scalar => true,
        Kernel::Simd128 => false,
        Kernel::Avx2 => avx2::get(),
        Kernel::Avx512 => avx512::get(),
    }
}

/// Runs `work` with eight, four or one lanes, whichever is the most that the processor has and
/// `kernel` allows.
#[expect(unsafe_code, reason = "calls functions compiled for more than every processor has")]
pub(super) fn run(work: impl Work, kernel: Kernel) {
    if kernel >= Kernel::Avx512 && avx512::get() {
        // SAFETY: the processor and the operating system have AVX-512F and VL, as just asked.
        unsafe { eight(work) }
    } else if kernel >= Kernel::Avx2 && avx2::get() {
        // SAFETY: the processor and the operating system have AVX2, as just asked.
        unsafe { four(work) }
    } else {
        one(work);
    }
}

#[target_feature(enable = "avx512f,avx512vl")]
fn eight(work: impl Work) {
    work.run::<8>(|block| hash_eight(block));
}

/// Not part of the walk through a tree, which would take registers from it.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl")]
fn hash_eight(block: &Block<8>) -> Node<8> {
    loops::hash(block)
}

#[target_feature(enable = "avx2")]
fn four(work: impl Work) {
    work.run::<4>(|block| hash_four(block));
}

#[inline(never)]
#[target_feature(enable = "avx2")]
fn hash_four(block: &Block<4>) -> Node<4> {
    loops::hash(block)
}
