//! Keccak-256 of many short messages at once, one in each vector lane.
//!
//! Every message of a Swarm chunk's tree fits one block, so a hash is one permutation, and the
//! permutation of one state has nothing for vectors to do side by side. A chunk has 128 messages
//! and a file has many chunks: here every vector instruction works on as many of them as it has
//! lanes. A lane belongs to a chunk from its data to its root; what is left over, when lanes would
//! stay empty, has the nodes of one level in them.
//!
//! Nearly everything is plain safe code over arrays of `N` words, which the compiler turns into
//! vector code of the widest instruction set that `x86.rs` finds; `simd128.rs` spells WebAssembly's
//! out. MiB/s of chunk addresses on one core of a Xeon at 2.6 GHz, and in Node 20 on the same; the
//! reference implementation in JavaScript makes 6 there:
//!
//! | | without vectors | two lanes | four | eight |
//! |---|---|---|---|---|
//! | x86-64: plain, AVX2, AVX-512 | 103 | | 262 | 729 |
//! | WebAssembly: plain, simd128 | 84 | 131 | | |
//!
//! With eight lanes that is as fast as the two ports for such vectors let it be: the walk through
//! the tree costs nothing that is seen. A chunk alone takes 6.5 µs, eight take 41.
//!
//! Whether a compiler still does so is seen in `benches/keccak.rs`, not in a test.
#![expect(
    clippy::inline_always,
    reason = "vector code takes the instruction set of the function that it is inlined into"
)]

mod block;
mod chunks;
#[cfg(target_feature = "sse2")]
mod loops;
mod pairs;
#[cfg(target_feature = "simd128")]
mod simd128;
#[cfg(test)]
mod tests;
#[cfg(target_feature = "sse2")]
mod x86;

use crate::hash::Digest;
use crate::hash::keccak::{BMT_CHUNK_SIZE, permute};
use block::{Block, Node};

/// Fewest messages worth a vector: a group costs less than this many hashes alone, however wide the
/// vectors are.
const WORTHWHILE: usize = 2;

/// Something to hash in groups of `N` lanes.
///
/// `run` must be `#[inline(always)]`, so that what is between the hashes is compiled once for every
/// instruction set as well.
trait Work {
    fn run<const N: usize>(self, hash: impl Fn(&Block<N>) -> Node<N>);
}

/// The instructions that hash many short messages with Keccak-256, from the slowest to the fastest.
///
/// Nothing but time depends on the choice. Hashing takes [`Kernel::best`] by itself; the others are
/// here to be measured and checked. On a machine that lacks what a kernel is made of, the next one
/// below that it has takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kernel {
    /// One message after the other.
    Scalar,
    /// WebAssembly's vectors of two lanes: only in a module compiled for them.
    Simd128,
    /// x86 vectors of four lanes.
    Avx2,
    /// x86 vectors of eight lanes.
    Avx512,
}

impl Kernel {
    /// Every kernel that this machine has, the slowest first.
    ///
    /// ```
    /// use countersign_core::hash::Kernel;
    ///
    /// assert_eq!(Kernel::available().next(), Some(Kernel::Scalar));
    /// assert_eq!(Kernel::available().last(), Some(Kernel::best()));
    /// ```
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Scalar, Self::Simd128, Self::Avx2, Self::Avx512]
            .into_iter()
            .filter(|kernel| has(*kernel))
    }

    /// The fastest kernel that this machine has.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::Scalar)
    }

    /// The BMT root (before the span is hashed with it) of each whole chunk of a run.
    ///
    /// `chunks` is the run, 4,096 bytes each, one chunk after the other; `roots` takes as many
    /// digests, in order. Of what has no counterpart, nothing is read or written. Plain
    /// Keccak-256 (Swarm's binary Merkle tree of seven levels), 127 hashes for each chunk.
    pub fn bmt_roots(self, chunks: &[u8], roots: &mut [Digest]) {
        let (whole, _) = chunks.as_chunks::<BMT_CHUNK_SIZE>();
        let whole = whole.get(..roots.len()).unwrap_or(whole);
        run(chunks::Roots { chunks: whole, roots }, self);
    }

    /// The hash of each message of 64 bytes: a pair of neighbouring nodes.
    ///
    /// `hashes` takes as many digests, in order. Of what has no counterpart, nothing is read or
    /// written.
    pub fn pair_hashes(self, pairs: &[[u8; 64]], hashes: &mut [Digest]) {
        let pairs = pairs.get(..hashes.len()).unwrap_or(pairs);
        run(pairs::Pairs { pairs, hashes }, self);
    }

    /// Makes each BMT root the address of its chunk: the hash of the chunk's span (eight bytes,
    /// little-endian) and the root.
    ///
    /// `spans` gives as many spans, in order; a root behind the last stays what it is.
    ///
    /// ```
    /// use core::iter::repeat_n;
    /// use countersign_core::hash::{Digest, Kernel};
    ///
    /// let chunks = [0; 2 * 4_096];
    /// let mut addresses = [Digest::default(); 2];
    /// Kernel::best().bmt_roots(&chunks, &mut addresses);
    /// Kernel::best().chunk_addresses(repeat_n(4_096, 2), &mut addresses);
    /// assert_eq!(addresses[0], addresses[1]);
    /// ```
    pub fn chunk_addresses(self, spans: impl IntoIterator<Item = u64>, roots: &mut [Digest]) {
        run(pairs::Addresses { spans: spans.into_iter(), roots }, self);
    }
}

/// Runs `work` without vectors.
fn one(work: impl Work) {
    work.run::<1>(hash_one);
}

/// The hash of one message.
#[inline]
fn hash_one(block: &Block<1>) -> Node<1> {
    let mut state = [0; 25];
    for (word, [only]) in state.iter_mut().zip(block.rows()) {
        *word = *only;
    }
    permute(&mut state);
    let [a, b, c, d, ..] = state;
    Node::from_rows([[a], [b], [c], [d]])
}

#[cfg(target_feature = "sse2")]
use x86::{has, run};

/// Whether this module was compiled for what `kernel` is made of.
#[cfg(not(target_feature = "sse2"))]
fn has(kernel: Kernel) -> bool {
    kernel == Kernel::Scalar || kernel == Kernel::Simd128 && cfg!(target_feature = "simd128")
}

/// Runs `work` with two lanes, or with one when `kernel` wants no more.
#[cfg(target_feature = "simd128")]
fn run(work: impl Work, kernel: Kernel) {
    if kernel == Kernel::Scalar {
        one(work);
    } else {
        work.run::<2>(simd128::hash_two);
    }
}

/// Runs `work` with one lane: here are no vectors, or none that turn words as fast as plain
/// instructions do.
#[cfg(not(any(target_feature = "sse2", target_feature = "simd128")))]
fn run(work: impl Work, _kernel: Kernel) {
    one(work);
}
