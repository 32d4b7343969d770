//! Keccak-256 with the original padding (first pad byte `01`), not the SHA3-256 of FIPS 202.
//!
//! Swarm's chunk trees hash pairs of 32 bytes, which fit one block: [`keccak256_pair`] is one
//! permutation. [`bmt_roots`] hashes whole chunks, and is where vectors come in.

mod lanes;
#[cfg(any(target_feature = "sse2", target_family = "wasm"))]
mod rounds;

use crate::hash::{Digest, Hash};
use crate::limits::DIGEST_SIZE;
pub use lanes::Kernel;

/// Bytes that a block takes in: 1,088 of the state's 1,600 bits.
const RATE: usize = 136;

/// One state, by words of 64 bits.
type State = [u64; 25];

/// Bytes of a whole Swarm chunk, as [`bmt_roots`] takes them.
pub(crate) const BMT_CHUNK_SIZE: usize = 4_096;

/// Keccak-256, the hash of Swarm and Ethereum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keccak256 {}

impl Hash for Keccak256 {
    fn hash(parts: &[&[u8]]) -> Digest {
        keccak256_parts(parts)
    }
}

/// Keccak-256 of `data`.
///
/// ```
/// use countersign_core::hash::keccak256;
///
/// assert_eq!(
///     keccak256(b"").to_string(),
///     "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
/// );
/// ```
pub fn keccak256(data: &[u8]) -> Digest {
    keccak256_parts(&[data])
}

/// Keccak-256 of the concatenation of `parts`, without allocating.
pub fn keccak256_parts(parts: &[&[u8]]) -> Digest {
    let mut sponge = Sponge::new();
    for part in parts {
        sponge.absorb(part);
    }
    sponge.finish()
}

/// The BMT root (before the span is hashed with it) of each whole 4,096-byte chunk of a run: see
/// [`Kernel::bmt_roots`].
pub(crate) fn bmt_roots(chunks: &[u8], roots: &mut [Digest]) {
    Kernel::best().bmt_roots(chunks, roots);
}

/// Keccak-256 of two neighbouring words of 32 bytes: one permutation, no buffer.
#[inline]
pub(crate) fn keccak256_pair(pair: &[u8; 2 * DIGEST_SIZE]) -> Digest {
    let mut state = [0; 25];
    let (words, _) = pair.as_chunks::<8>();
    for (lane, word) in state.iter_mut().zip(words) {
        *lane = u64::from_le_bytes(*word);
    }
    // The pad begins at byte 64 and ends in the block's last byte, 135.
    state[64 / 8] = 0x01;
    state[RATE / 8 - 1] = 0x80 << 56;
    permute(&mut state);
    squeeze(&state)
}

/// One permutation of a single state: the `keccak` crate's work.
///
/// Only hashes side by side have rounds of our own, and WebAssembly: compiled for size, as all of a
/// module is, the crate's loops stay loops and take ten times as long.
#[inline]
fn permute(state: &mut State) {
    #[cfg(not(target_family = "wasm"))]
    keccak::Keccak::new().with_f1600(|f1600| f1600(state));
    #[cfg(target_family = "wasm")]
    rounds::permute(state);
}

/// An unfinished hash.
struct Sponge {
    state: State,
    block: [u8; RATE],
    used: usize,
}

impl Sponge {
    const fn new() -> Self {
        Self { state: [0; 25], block: [0; RATE], used: 0 }
    }

    fn absorb(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let room = self.block.get_mut(self.used..).unwrap_or_default();
            let taken = room.len().min(data.len());
            let (now, later) = data.split_at_checked(taken).unwrap_or((data, &[]));
            for (to, from) in room.iter_mut().zip(now) {
                *to = *from;
            }
            data = later;
            self.used = self.used.wrapping_add(taken);
            if self.used == RATE {
                self.take_block();
            }
        }
    }

    fn take_block(&mut self) {
        let (words, _) = self.block.as_chunks::<8>();
        for (lane, word) in self.state.iter_mut().zip(words) {
            *lane ^= u64::from_le_bytes(*word);
        }
        permute(&mut self.state);
        self.used = 0;
    }

    fn finish(mut self) -> Digest {
        let pad = self.block.get_mut(self.used..).unwrap_or_default();
        pad.fill(0);
        if let Some(first) = pad.first_mut() {
            *first = 0x01;
        }
        if let Some(last) = self.block.last_mut() {
            *last |= 0x80;
        }
        self.take_block();
        squeeze(&self.state)
    }
}

#[inline]
fn squeeze(state: &State) -> Digest {
    let mut bytes = [0; DIGEST_SIZE];
    let (words, _) = bytes.as_chunks_mut::<8>();
    for (word, lane) in words.iter_mut().zip(state) {
        *word = lane.to_le_bytes();
    }
    Digest::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn known_answers() {
        let known = [
            (&b""[..], "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        ];
        for (data, digest) in known {
            assert_eq!(keccak256(data).to_string(), digest);
        }
    }

    #[test]
    fn parts_hash_like_their_concatenation_over_every_block_border() {
        let data: Vec<u8> = (0..600_u32).map(|i| (i % 251).to_le_bytes()[0]).collect();
        for length in [0, 1, 63, 64, 65, 135, 136, 137, 271, 272, 273, 600] {
            let whole = &data[..length];
            for cut in [0, 1, 135, 136, 137, length / 2, length] {
                let (a, b) = whole.split_at(cut.min(length));
                assert_eq!(keccak256_parts(&[a, b, b""]), keccak256(whole), "{length}, {cut}");
            }
        }
    }

    #[test]
    fn a_pair_is_64_bytes() {
        let pair = core::array::from_fn(|i| i.to_le_bytes()[0]);
        assert_eq!(keccak256_pair(&pair), keccak256(&pair));
    }
}
