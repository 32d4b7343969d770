//! Short inputs: the leaves of a tree behind their tag, the steps of a chain without one.

use alloc::vec;
use alloc::vec::Vec;

#[cfg(not(target_feature = "simd128"))]
use super::group::hash_group;
#[cfg(target_feature = "simd128")]
use super::simd128::hash_group;
use super::{WORTHWHILE, Work, run};
use crate::hash::{Blake3, Digest, Hash};

pub(super) const BLOCK_SIZE: usize = super::compress::BLOCK_SIZE as usize;

/// Longest input that is one BLAKE3 chunk, in bytes; the tag counts.
const MOST_BYTES: usize = 16 * BLOCK_SIZE;

/// As [`super::hash_tagged`] and [`super::hash_each`], with at most so many lanes.
pub(super) fn hash_each(tag: Option<u8>, inputs: &[&[u8]], at_most: usize) -> Vec<Digest> {
    if inputs.len() < WORTHWHILE {
        return inputs.iter().map(|input| alone(tag, input)).collect();
    }
    let mut hashes = vec![Digest::default(); inputs.len()];
    let mut short = Vec::with_capacity(inputs.len());
    for (bytes, hash) in inputs.iter().zip(&mut hashes) {
        let size = bytes.len().saturating_add(tag.is_some().into());
        if size > MOST_BYTES {
            *hash = alone(tag, bytes);
        } else {
            short.push(Input { bytes, size, hash });
        }
    }
    // A group takes as long as its longest input, so inputs of as many blocks go together.
    short.sort_unstable_by_key(Input::blocks);
    run(Each { tag, inputs: &mut short }, at_most);
    hashes
}

/// One call of the hash crate. Inlined, it would be compiled again for every width.
#[inline(never)]
fn alone(tag: Option<u8>, bytes: &[u8]) -> Digest {
    match tag {
        Some(tag) => Blake3::hash(&[&[tag], bytes]),
        None => Blake3::hash(&[bytes]),
    }
}

/// An input and the place of its hash.
pub(super) struct Input<'a> {
    pub(super) bytes: &'a [u8],
    /// With the tag.
    size: usize,
    pub(super) hash: &'a mut Digest,
}

impl Input<'_> {
    /// Blocks of the input with the tag in front, 1 to 16.
    #[inline(always)]
    pub(super) const fn blocks(&self) -> usize {
        // One without a byte is still a block.
        (self.size + (self.size == 0) as usize).div_ceil(BLOCK_SIZE)
    }

    /// How many bytes of block `number` the tag and the input fill.
    pub(super) fn filled(&self, number: usize) -> u32 {
        let from_here_on = self.size.saturating_sub(number * BLOCK_SIZE);
        u32::try_from(from_here_on.min(BLOCK_SIZE)).unwrap_or_default()
    }
}

struct Each<'a, 'b> {
    tag: Option<u8>,
    inputs: &'a mut [Input<'b>],
}

impl Work for Each<'_, '_> {
    #[inline(always)]
    fn run<const N: usize>(self) {
        for group in self.inputs.chunks_mut(N) {
            if group.len() < WORTHWHILE {
                for input in group {
                    *input.hash = alone(self.tag, input.bytes);
                }
            } else {
                hash_group::<N>(self.tag, group);
            }
        }
    }
}
