//! Independent short messages: pairs of digests, and spans with their roots.

use alloc::vec::Vec;

use super::block::{Block, Node, PAIR_SIZE};
use super::{WORTHWHILE, Work};
use crate::hash::Digest;
use crate::hash::keccak::{keccak256_pair, keccak256_parts};
use crate::limits::DIGEST_SIZE;

/// Bytes of a span.
const SPAN_SIZE: usize = 8;

/// Messages of 64 bytes and the places of their hashes.
pub(super) struct Pairs<'a> {
    pub(super) pairs: &'a [[u8; PAIR_SIZE]],
    pub(super) hashes: &'a mut [Digest],
}

impl Work for Pairs<'_> {
    #[inline(always)]
    fn run<const N: usize>(self, hash: impl Fn(&Block<N>) -> Node<N>) {
        let mut block = Block::of_words(PAIR_SIZE / 8);
        for (pairs, places) in self.pairs.chunks(N).zip(self.hashes.chunks_mut(N)) {
            let hashes = some(&mut block, pairs, &hash);
            let made = places.iter_mut().zip(hashes).take(pairs.len());
            made.for_each(|(place, hash)| *place = hash);
        }
    }
}

/// Replaces the nodes of a level by their parents.
#[inline(always)]
pub(super) fn halve<const N: usize>(level: &mut Vec<u8>, hash: impl Fn(&Block<N>) -> Node<N>) {
    let mut block = Block::of_words(PAIR_SIZE / 8);
    for at in (0..level.len()).step_by(N * PAIR_SIZE) {
        let from = level.get(at..).unwrap_or_default();
        let (pairs, _) = from.get(..N * PAIR_SIZE).unwrap_or(from).as_chunks();
        let count = pairs.len();
        let hashes = some(&mut block, pairs, &hash);
        // Parents are written before the children that are yet to be read.
        let places = level.get_mut(at / 2..).unwrap_or_default().as_chunks_mut().0.iter_mut();
        for (place, hash) in places.zip(hashes).take(count) {
            *place = *hash.as_bytes();
        }
    }
    level.truncate(level.len() / 2);
}

/// The hashes of at most `N` pairs, and of nothing in particular behind them.
#[inline(always)]
fn some<const N: usize>(
    block: &mut Block<N>,
    pairs: &[[u8; PAIR_SIZE]],
    hash: impl Fn(&Block<N>) -> Node<N>,
) -> [Digest; N] {
    if pairs.len() < WORTHWHILE {
        let mut pairs = pairs.iter();
        return core::array::from_fn(|_| pairs.next().map(alone).unwrap_or_default());
    }
    if let Some(group) = pairs.as_array::<N>() {
        block.put_pairs(group, 0);
    } else {
        for (lane, pair) in pairs.iter().enumerate() {
            block.put_pair(lane, pair);
        }
    }
    hash(block).digests()
}

/// One hash without lanes. Inlined, it would be compiled again for every width.
#[inline(never)]
fn alone(pair: &[u8; PAIR_SIZE]) -> Digest {
    keccak256_pair(pair)
}

/// Spans, and the roots that become addresses.
pub(super) struct Addresses<'a, S> {
    pub(super) spans: S,
    pub(super) roots: &'a mut [Digest],
}

impl<S: Iterator<Item = u64>> Work for Addresses<'_, S> {
    #[inline(always)]
    fn run<const N: usize>(mut self, hash: impl Fn(&Block<N>) -> Node<N>) {
        let mut block = Block::of_words((SPAN_SIZE + DIGEST_SIZE) / 8);
        for roots in self.roots.chunks_mut(N) {
            if roots.len() < WORTHWHILE {
                roots
                    .iter_mut()
                    .zip(self.spans.by_ref())
                    .for_each(|(root, span)| spanned(span, root));
                continue;
            }
            let mut spans = 0;
            for ((lane, root), span) in roots.iter().enumerate().zip(self.spans.by_ref()) {
                block.put(lane, 0, &span.to_le_bytes());
                block.put(lane, 1, root.as_bytes());
                spans = lane + 1;
            }
            let addresses = hash(&block).digests();
            roots.iter_mut().zip(addresses).take(spans).for_each(|(root, address)| *root = address);
        }
    }
}

/// One address without lanes.
#[inline(never)]
pub(super) fn spanned(span: u64, root: &mut Digest) {
    *root = keccak256_parts(&[&span.to_le_bytes(), root.as_ref()]);
}
