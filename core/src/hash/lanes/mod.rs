//! BLAKE3 of many short inputs at once, one input in each vector lane.
//!
//! The hash crate uses vectors inside one long input, or one row of the state at a time: a Merkle
//! node of 65 bytes costs it two dependent compressions. A tree and a log have thousands of such
//! inputs that do not depend on each other, so here every vector instruction works on as many
//! inputs as it has lanes. An input is one BLAKE3 chunk, at most 1,024 bytes; what is longer, and
//! what is left over when lanes would stay empty, goes to the hash crate.
//!
//! Nearly everything is plain safe code over arrays of `N` words, which the compiler turns into
//! vector code of the widest instruction set it may use: four lanes with SSE2, more where `x86.rs`
//! finds more; `simd128.rs` spells WebAssembly's four out. Nanoseconds for each of 256 inputs on one
//! core of a Xeon at 2.6 GHz:
//!
//! | | one by one | SSE2 | AVX2 | AVX-512 |
//! |---|---|---|---|---|
//! | a node, 65 bytes | 117 | 78 | 37 | 18 |
//! | a tag and 160 bytes | 195 | 141 | 68 | 46 |
//! | a tag and 230 bytes | 250 | 187 | 89 | 59 |
//!
//! With WebAssembly's simd128 a node takes half the time. Whether a compiler still does so is seen
//! in `benches/hash.rs`, not in a test.
#![expect(
    clippy::inline_always,
    reason = "vector code takes the instruction set of the function that it is inlined into"
)]

mod compress;
mod each;
#[cfg(not(target_feature = "simd128"))]
mod group;
mod pairs;
#[cfg(not(target_feature = "simd128"))]
mod rows;
#[cfg(target_feature = "simd128")]
mod simd128;
#[cfg(test)]
mod tests;
#[cfg(target_feature = "sse2")]
mod x86;

use alloc::vec::Vec;

use crate::hash::Digest;
#[cfg(target_feature = "sse2")]
use x86::run;

/// Lanes of the widest vectors that are used anywhere.
const MOST_LANES: usize = 16;

/// Lanes of the vectors that every target of this module has.
const FEWEST_LANES: usize = 4;

/// Fewest inputs worth a vector: a group costs less than this many single hashes, however wide the
/// vectors are.
const WORTHWHILE: usize = 3;

/// Something to hash in groups of `N` lanes.
///
/// `run` must be `#[inline(always)]` down to the compression, so that it is compiled once for every
/// instruction set that calls it.
trait Work {
    fn run<const N: usize>(self);
}

/// The hash of every input behind `tag`, in order.
pub(super) fn hash_tagged(tag: u8, inputs: &[&[u8]]) -> Vec<Digest> {
    each::hash_each(Some(tag), inputs, MOST_LANES)
}

/// The hash of every input, in order.
pub(super) fn hash_each(inputs: &[&[u8]]) -> Vec<Digest> {
    each::hash_each(None, inputs, MOST_LANES)
}

/// Appends to `parents` the hash of every two neighbours behind `tag`, in order.
pub(super) fn hash_pairs(tag: u8, children: &[Digest], parents: &mut Vec<Digest>) {
    pairs::hash_pairs(tag, children, parents, MOST_LANES);
}

/// Runs `work` with the lanes that every processor of the target has.
#[cfg(not(target_feature = "sse2"))]
fn run(work: impl Work, _at_most: usize) {
    work.run::<FEWEST_LANES>();
}
