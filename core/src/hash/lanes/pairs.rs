//! Pairs of digests behind a tag: the nodes of one level of a tree.

use alloc::vec::Vec;

#[cfg(not(target_feature = "simd128"))]
use super::compress::{BLOCK_SIZE, CHUNK_END, CHUNK_START, IV, ROOT};
#[cfg(not(target_feature = "simd128"))]
use super::rows::{compress, digest};
#[cfg(target_feature = "simd128")]
use super::simd128::hash_pairs as together;
use super::{WORTHWHILE, Work, run};
use crate::hash::{Blake3, Digest, Hash};

/// As [`super::hash_pairs`], with at most so many lanes.
pub(super) fn hash_pairs(tag: u8, children: &[Digest], parents: &mut Vec<Digest>, at_most: usize) {
    let (pairs, _odd) = children.as_chunks::<2>();
    parents.reserve(pairs.len());
    run(Level { tag, pairs, parents }, at_most);
}

struct Level<'a> {
    tag: u8,
    pairs: &'a [[Digest; 2]],
    parents: &'a mut Vec<Digest>,
}

impl Work for Level<'_> {
    #[inline(always)]
    fn run<const N: usize>(self) {
        let mut filled_up = [[Digest::default(); 2]; N];
        for some in self.pairs.chunks(N) {
            if some.len() < WORTHWHILE {
                self.parents.extend(some.iter().map(|pair| alone(self.tag, pair)));
                continue;
            }
            let group = some.as_array().unwrap_or_else(|| {
                for (slot, pair) in filled_up.iter_mut().zip(some) {
                    *slot = *pair;
                }
                &filled_up
            });
            let hashes = together(self.tag, group);
            self.parents.extend_from_slice(hashes.get(..some.len()).unwrap_or_default());
        }
    }
}

/// One call of the hash crate. Inlined, it would be compiled again for every width.
#[inline(never)]
fn alone(tag: u8, [left, right]: &[Digest; 2]) -> Digest {
    Blake3::hash_pair(tag, left, right)
}

/// Exactly `N` pairs, each 65 bytes: a full block and one byte in a second.
#[cfg(not(target_feature = "simd128"))]
#[inline(always)]
fn together<const N: usize>(tag: u8, group: &[[Digest; 2]; N]) -> [Digest; N] {
    let mut block = [[0; N]; 16];
    let mut last_byte = [0; N];
    for ((lane, pair), last_byte) in group.iter().enumerate().zip(&mut last_byte) {
        // The tag moves everything by one byte.
        let mut carry = u32::from(tag);
        for (rows, half) in block.as_chunks_mut::<8>().0.iter_mut().zip(pair) {
            for (row, word) in rows.iter_mut().zip(half.as_bytes().as_chunks().0) {
                let word = u32::from_le_bytes(*word);
                if let Some(slot) = row.get_mut(lane) {
                    *slot = word << 8 | carry;
                }
                carry = word >> 24;
            }
        }
        *last_byte = carry;
    }
    let mut last_block = [[0; N]; 16];
    let [first, ..] = &mut last_block;
    *first = last_byte;
    let mut chaining = IV.map(|word| [word; N]);
    compress(&mut chaining, &block, &[BLOCK_SIZE; N], &[CHUNK_START; N]);
    compress(&mut chaining, &last_block, &[1; N], &[CHUNK_END | ROOT; N]);
    core::array::from_fn(|lane| digest(&chaining, lane))
}
