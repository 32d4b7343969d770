//! Finds wider vectors when the program runs: AVX-512 or AVX2 instead of the SSE2 that every
//! target of this module has.
//!
//! A function compiled for AVX2 must not run where there is none, so calling it from one that is
//! compiled for less is `unsafe`, whatever was asked before. These two calls, and two like them
//! for Keccak-256, are all the unsafe code of this crate. They are worth it: with SSE2 alone a
//! Merkle node takes 78 ns, with AVX2 37 and with AVX-512 18, and a tree of a million leaves has a
//! million nodes.

use super::{FEWEST_LANES, Work};

cpufeatures::new!(avx2, "avx2");
cpufeatures::new!(avx512, "avx512f", "avx512vl");

/// Runs `work` with 16, 8 or 4 lanes, whichever is the most that the processor has and `at_most`
/// allows.
#[expect(unsafe_code, reason = "calls functions compiled for more than every processor has")]
pub(super) fn run(work: impl Work, at_most: usize) {
    if at_most >= 16 && avx512::get() {
        // SAFETY: the processor and the operating system have AVX-512F and VL, as just asked.
        unsafe { sixteen(work) }
    } else if at_most >= 8 && avx2::get() {
        // SAFETY: the processor and the operating system have AVX2, as just asked.
        unsafe { eight(work) }
    } else {
        work.run::<FEWEST_LANES>();
    }
}

#[target_feature(enable = "avx512f,avx512vl")]
fn sixteen(work: impl Work) {
    work.run::<16>();
}

#[target_feature(enable = "avx2")]
fn eight(work: impl Work) {
    work.run::<8>();
}
