//! Roots of whole chunks, one after the other.

use super::{BMT_CHUNK_SIZE, keccak256_pair};
use crate::hash::Digest;
use crate::limits::DIGEST_SIZE;

/// The BMT root (before the span is hashed with it) of each whole 4,096-byte chunk of a run.
///
/// `chunks` is the run, one chunk after the other; `roots` takes as many digests, in order. Of
/// what has no counterpart, nothing is read or written. Plain Keccak-256, 127 permutations for
/// each chunk.
pub(crate) fn bmt_roots(chunks: &[u8], roots: &mut [Digest]) {
    let (chunks, _) = chunks.as_chunks::<BMT_CHUNK_SIZE>();
    for (root, chunk) in roots.iter_mut().zip(chunks) {
        *root = bmt_root(chunk);
    }
}

fn bmt_root(chunk: &[u8; BMT_CHUNK_SIZE]) -> Digest {
    let mut level = [0_u8; BMT_CHUNK_SIZE / 2];
    let (nodes, _) = level.as_chunks_mut::<DIGEST_SIZE>();
    let (pairs, _) = chunk.as_chunks::<{ 2 * DIGEST_SIZE }>();
    for (node, pair) in nodes.iter_mut().zip(pairs) {
        *node = *keccak256_pair(pair).as_bytes();
    }
    let mut live = BMT_CHUNK_SIZE / 2;
    while live > DIGEST_SIZE {
        let mut at = 0;
        // A parent is written at or before the left one of its children.
        while let Some(pair) = level.get(2 * at..).filter(|_| 2 * at < live)
            && let Some(pair) = pair.first_chunk()
        {
            let node = keccak256_pair(pair);
            if let Some(place) = level.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
                *place = *node.as_bytes();
            }
            at = at.saturating_add(DIGEST_SIZE);
        }
        live /= 2;
    }
    level.first_chunk().copied().map(Digest::from_bytes).unwrap_or_default()
}
