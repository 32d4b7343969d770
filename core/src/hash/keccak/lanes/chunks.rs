//! Whole chunks: one in each lane, and what is left over level by level.

use alloc::vec::Vec;

use super::block::{Block, Node, PAIR_SIZE};
use super::{Work, pairs};
use crate::hash::Digest;
use crate::hash::keccak::BMT_CHUNK_SIZE;
use crate::limits::DIGEST_SIZE;

/// Levels of a chunk's tree above its data.
const DEPTH: usize = 7;

/// Whole chunks and the places of their roots.
pub(super) struct Roots<'a> {
    pub(super) chunks: &'a [[u8; BMT_CHUNK_SIZE]],
    pub(super) roots: &'a mut [Digest],
}

impl Work for Roots<'_> {
    #[inline(always)]
    fn run<const N: usize>(self, hash: impl Fn(&Block<N>) -> Node<N>) {
        let (groups, left_over) = self.chunks.as_chunks::<N>();
        let mut places = self.roots.iter_mut();
        for group in groups {
            let roots = side_by_side(group, &hash).digests();
            places.by_ref().zip(roots).for_each(|(place, root)| *place = root);
        }
        if !left_over.is_empty() {
            let level = level_by_level(left_over.as_flattened().to_vec(), &hash);
            let roots = level.as_chunks::<DIGEST_SIZE>().0;
            places.zip(roots).for_each(|(place, root)| *place = Digest::from_bytes(*root));
        }
    }
}

/// The roots of `N` chunks, each in its lane from its data to its root.
///
/// Only data is moved into lanes. Inner nodes are there already: one of each height waits for its
/// right neighbour.
#[inline(always)]
fn side_by_side<const N: usize>(
    group: &[[u8; BMT_CHUNK_SIZE]; N],
    hash: impl Fn(&Block<N>) -> Node<N>,
) -> Node<N> {
    let mut block = Block::of_words(PAIR_SIZE / 8);
    let mut waiting = [Node::default(); DEPTH - 1];
    let mut node = Node::default();
    for number in 0..BMT_CHUNK_SIZE / PAIR_SIZE {
        block.put_pairs(group, number);
        node = hash(&block);
        for (height, left) in waiting.iter_mut().enumerate() {
            if (number >> height) & 1 == 0 {
                *left = node;
                break;
            }
            block.put_nodes(left, &node);
            node = hash(&block);
        }
    }
    node
}

/// The roots of fewer chunks than lanes: the lanes hold neighbouring nodes of one level.
///
/// For seven chunks in eight lanes this takes 112 vector hashes, for one chunk 18; side by side it
/// would be 127 for any number.
#[inline(always)]
fn level_by_level<const N: usize>(
    mut level: Vec<u8>,
    hash: impl Fn(&Block<N>) -> Node<N>,
) -> Vec<u8> {
    for _ in 0..DEPTH {
        pairs::halve(&mut level, &hash);
    }
    level
}
