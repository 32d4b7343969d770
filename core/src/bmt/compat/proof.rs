//! The reference's functions about file proofs.

use alloc::format;
use alloc::vec::Vec;

use super::{CompatError, CompatFile, ErrorClass};
use crate::bmt::hash::ChunkHash;
use crate::bmt::{SEGMENT_SIZE, SEGMENT_SIZE_U64, SegmentIndex, Step, decode_span};
use crate::hash::{Digest, keccak256_parts};

/// `fileInclusionProofBottomUp`: the steps from a segment's leaf to the root.
///
/// # Errors
/// `Error` for a segment behind the end of the file, of which an empty one has none, and for pieces
/// that cut segments.
pub fn file_inclusion_proof_bottom_up(
    file: &CompatFile<'_>,
    segment_index: u64,
) -> Result<Vec<Step>, CompatError> {
    let segments = file.payload().len().div_ceil(SEGMENT_SIZE) as u64;
    if segment_index >= segments {
        let message = format!(
            "The given segment index {segment_index} is greater than {}",
            segments.saturating_sub(1)
        );
        return Err(CompatError::new(ErrorClass::Error, "index-out-of-range", message));
    }
    if !file.piece().is_multiple_of(SEGMENT_SIZE) {
        let message = format!("pieces of {} bytes cut segments", file.piece());
        let code = "payload-limit-not-in-segments";
        return Err(CompatError::new(ErrorClass::Error, code, message));
    }
    if let Some(bmt) = file.plain()
        && let Ok(whole) = bmt.file(file.payload())
        && let Ok(proof) = whole.prove(SegmentIndex(segment_index))
    {
        return Ok(proof.steps);
    }
    chunk_by_chunk(file, segment_index)
}

/// The same for files with undeclared options.
fn chunk_by_chunk(file: &CompatFile<'_>, segment_index: u64) -> Result<Vec<Step>, CompatError> {
    let per_leaf = (file.piece() / SEGMENT_SIZE).max(1) as u64;
    let fan_out = file.fan_out().max(2) as u64;
    let (mut slot, mut position) = (segment_index / per_leaf, segment_index % per_leaf);
    let mut steps = Vec::new();
    for level in file.bmt()? {
        // A carrier is missing in the levels that it climbs through, and keeps its position.
        let chunk = usize::try_from(slot).ok().and_then(|slot| level.get(slot));
        if let Some(chunk) = chunk {
            let sisters = chunk.inclusion_proof(position)?;
            steps.push(Step { span: chunk.span()?, sisters });
            position = slot % fan_out;
        }
        slot /= fan_out;
    }
    Ok(steps)
}

/// Where a segment's chunk is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BmtIndex {
    /// The level at which it has a neighbour: how many it climbs.
    pub level: u32,
    /// Its slot on that level.
    pub chunk_index: u64,
}

/// `getBmtIndexOfSegment`: where the chunk of a segment is attached, in a level whose last slot is
/// `last_chunk_index`.
///
/// `max_chunk_payload_byte_length` sets segments per chunk and fan-out alike. Right for every
/// file, and never without an end.
///
/// # Errors
/// `RangeError` for fewer than 64 bytes, of which no tree can be built.
pub fn get_bmt_index_of_segment(
    segment_index: u64,
    last_chunk_index: u64,
    max_chunk_payload_byte_length: usize,
) -> Result<BmtIndex, CompatError> {
    let group = (max_chunk_payload_byte_length / SEGMENT_SIZE) as u64;
    if group < 2 {
        let message = format!("chunks of {max_chunk_payload_byte_length} bytes make no tree");
        return Err(CompatError::new(ErrorClass::RangeError, "geometry-fan-out", message));
    }
    let mut chunk_index = segment_index / group;
    let mut slots = last_chunk_index.saturating_add(1);
    let mut level = 0_u32;
    if chunk_index == last_chunk_index {
        while slots > 1 && slots % group == 1 {
            chunk_index /= group;
            slots = slots.div_ceil(group);
            level = level.saturating_add(1);
        }
    }
    Ok(BmtIndex { level, chunk_index })
}

/// `rootHashFromInclusionProof`: the root that a segment and its sisters lead to. Without sisters
/// it is the segment.
///
/// No length is checked: who relies on the answer takes
/// [`Bmt::verify_chunk_proof`](crate::bmt::Bmt::verify_chunk_proof).
pub fn root_hash_from_inclusion_proof<S: AsRef<[u8]>>(
    sister_segments: &[S],
    prove_segment: &[u8],
    prove_segment_index: u64,
    hash_fn: &dyn ChunkHash,
) -> Vec<u8> {
    let mut index = prove_segment_index;
    let mut hash = prove_segment.to_vec();
    for sister in sister_segments {
        let sister = sister.as_ref();
        let parts = if index.is_multiple_of(2) { [&hash, sister] } else { [sister, &hash] };
        hash = hash_fn.hash(&parts).as_ref().to_vec();
        index >>= 1;
    }
    hash
}

/// `fileAddressFromInclusionProof`: the address that a proof leads to, for the caller to compare.
///
/// No length, count, index or padding is checked: who relies on the answer takes
/// [`Bmt::verify_file_proof`](crate::bmt::Bmt::verify_file_proof).
///
/// # Errors
/// `TypeError` without any step or with a root span of more than 64 bits, `RangeError` for fewer
/// than 64 bytes a chunk.
pub fn file_address_from_inclusion_proof<S: AsRef<[u8]>>(
    prove_chunks: &[Step<S>],
    prove_segment: &[u8],
    prove_segment_index: u64,
    max_chunk_payload_byte_length: usize,
) -> Result<Digest, CompatError> {
    let wrong = |code, message: &str| CompatError::new(ErrorClass::TypeError, code, message.into());
    let root = prove_chunks.last().ok_or_else(|| wrong("proof-empty", "the proof has no chunk"))?;
    let len = decode_span(&root.span)
        .map_err(|error| wrong(error.code(), "the root span is no number of 64 bits"))?;
    let group = (max_chunk_payload_byte_length / SEGMENT_SIZE) as u64;
    let piece = (max_chunk_payload_byte_length as u64).max(SEGMENT_SIZE_U64);
    let (mut index, mut slots) = (prove_segment_index, len.div_ceil(piece).max(1));
    let mut hash = prove_segment.to_vec();
    let mut address = Digest::default();
    for step in prove_chunks {
        let last = slots.saturating_sub(1);
        let place = get_bmt_index_of_segment(index, last, max_chunk_payload_byte_length)?;
        let mut node = hash;
        let mut bits = index;
        for sister in &step.sisters {
            let sister = sister.as_ref();
            let parts = if bits.is_multiple_of(2) { [&node, sister] } else { [sister, &node] };
            node = keccak256_parts(&parts).as_ref().to_vec();
            bits >>= 1;
        }
        address = keccak256_parts(&[&step.span, &node]);
        hash = address.as_ref().to_vec();
        index = place.chunk_index;
        for _ in 0..=place.level {
            slots = slots.div_ceil(group);
        }
    }
    Ok(address)
}
