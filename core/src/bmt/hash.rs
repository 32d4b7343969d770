//! The hash of a tree: plain Keccak-256, Keccak-256 behind a prefix, or somebody else's.

use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::iter::repeat_n;

use super::error::HashSizeError;
use crate::hash::{Digest, Kernel, bmt_roots, keccak256_pair, keccak256_parts};

/// What hashes the nodes of a chunk tree, and the span with its root.
///
/// Source: `spec/bmt.md` section 1.1. A hash answers 32 bytes, always; one that may not is called
/// through [`with_callback`].
pub trait ChunkHash {
    /// The hash of the concatenation of `parts`.
    fn hash(&self, parts: &[&[u8]]) -> Digest;

    /// The hash of two neighbouring segments.
    fn hash_pair(&self, pair: &[u8; 64]) -> Digest {
        self.hash(&[pair])
    }

    /// Writes the hash of each of some pairs of segments, in order.
    fn hash_pairs(&self, pairs: &[[u8; 64]], hashes: &mut [Digest]) {
        for (hash, pair) in hashes.iter_mut().zip(pairs) {
            *hash = self.hash_pair(pair);
        }
    }

    /// Writes the BMT root of each whole 4,096-byte chunk of a run, where there is a faster way
    /// than pair by pair; `false`, and nothing is written, where there is none.
    fn chunk_roots(&self, chunks: &[u8], roots: &mut [Digest]) -> bool {
        let _ = (chunks, roots);
        false
    }

    /// Makes each root the address of a chunk with this span of eight bytes, where there is a
    /// faster way than one by one; `false`, and nothing is written, where there is none.
    fn chunk_addresses(&self, span: u64, roots: &mut [Digest]) -> bool {
        let _ = (span, roots);
        false
    }
}

impl<H: ChunkHash + ?Sized> ChunkHash for &H {
    fn hash(&self, parts: &[&[u8]]) -> Digest {
        (**self).hash(parts)
    }

    fn hash_pair(&self, pair: &[u8; 64]) -> Digest {
        (**self).hash_pair(pair)
    }

    fn hash_pairs(&self, pairs: &[[u8; 64]], hashes: &mut [Digest]) {
        (**self).hash_pairs(pairs, hashes);
    }

    fn chunk_roots(&self, chunks: &[u8], roots: &mut [Digest]) -> bool {
        (**self).chunk_roots(chunks, roots)
    }

    fn chunk_addresses(&self, span: u64, roots: &mut [Digest]) -> bool {
        (**self).chunk_addresses(span, roots)
    }
}

/// Keccak-256 as it is: every address on the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plain;

impl ChunkHash for Plain {
    fn hash(&self, parts: &[&[u8]]) -> Digest {
        keccak256_parts(parts)
    }

    fn hash_pair(&self, pair: &[u8; 64]) -> Digest {
        keccak256_pair(pair)
    }

    fn hash_pairs(&self, pairs: &[[u8; 64]], hashes: &mut [Digest]) {
        Kernel::best().pair_hashes(pairs, hashes);
    }

    fn chunk_roots(&self, chunks: &[u8], roots: &mut [Digest]) -> bool {
        bmt_roots(chunks, roots);
        true
    }

    fn chunk_addresses(&self, span: u64, roots: &mut [Digest]) -> bool {
        Kernel::best().chunk_addresses(repeat_n(span, roots.len()), roots);
        true
    }
}

/// Keccak-256 with a fixed prefix in front of every message, the span's included: the network
/// samples stored chunks by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    prefix: Vec<u8>,
}

impl Keyed {
    /// With `prefix` in front of every message.
    pub fn new(prefix: &[u8]) -> Self {
        Self { prefix: prefix.to_vec() }
    }

    /// The prefix.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }
}

impl ChunkHash for Keyed {
    fn hash(&self, parts: &[&[u8]]) -> Digest {
        match parts {
            [one] => keccak256_parts(&[&self.prefix, one]),
            [one, two] => keccak256_parts(&[&self.prefix, one, two]),
            [one, two, three] => keccak256_parts(&[&self.prefix, one, two, three]),
            many => keccak256_parts(&[&[self.prefix.as_slice()], many].concat()),
        }
    }
}

/// Runs `body` with a hash that `call` computes, and hands its answer out only if every hash was
/// of 32 bytes.
///
/// Nothing longer is cut and nothing shorter filled up. After the first wrong answer `call` is
/// not asked again.
///
/// ```
/// use countersign_core::bmt::{Bmt, Geometry, with_callback};
/// use countersign_core::hash::keccak256;
///
/// let joined = |parts: &[&[u8]]| keccak256(&parts.concat()).as_ref().to_vec();
/// let address = with_callback(joined, |hash| {
///     Bmt::new(Geometry::SWARM, hash).chunk(b"hello world").map(|chunk| chunk.address())
/// });
/// assert_eq!(address, Ok(Bmt::swarm().chunk(b"hello world").map(|chunk| chunk.address())));
///
/// let short = |_: &[&[u8]]| vec![0; 20];
/// let refused = with_callback(short, |hash| Bmt::new(Geometry::SWARM, hash).zero(7));
/// assert_eq!(refused.unwrap_err().code(), "hash-size");
/// ```
///
/// # Errors
/// With the size of the first hash that is not of 32 bytes.
pub fn with_callback<T>(
    call: impl Fn(&[&[u8]]) -> Vec<u8>,
    body: impl FnOnce(&dyn ChunkHash) -> T,
) -> Result<T, HashSizeError> {
    let callback = Callback { call, failure: Cell::new(None) };
    let answer = body(&callback);
    callback.failure.get().map_or(Ok(answer), |found| Err(HashSizeError { found }))
}

struct Callback<F> {
    call: F,
    /// The size of the first hash that was not of 32 bytes.
    failure: Cell<Option<usize>>,
}

impl<F: Fn(&[&[u8]]) -> Vec<u8>> ChunkHash for Callback<F> {
    fn hash(&self, parts: &[&[u8]]) -> Digest {
        if self.failure.get().is_some() {
            return Digest::default();
        }
        let hash = (self.call)(parts);
        Digest::from_slice(&hash).unwrap_or_else(|| {
            self.failure.set(Some(hash.len()));
            Digest::default()
        })
    }
}

impl<F> fmt::Debug for Callback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("failure", &self.failure).finish_non_exhaustive()
    }
}
