//! The methods of a chunk.

use countersign_core::bmt::compat::{ChunkOptions, CompatChunk, make_chunk};
use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::hash_fn::{Messages, with_hash};
use crate::error::Refused;

/// Whether the payload fits; throws if it does not.
#[wasm_bindgen(js_name = chunkCheck)]
pub fn chunk_check(payload: &[u8], max_payload_size: usize) -> Result<(), Refused> {
    make_chunk(payload, options(max_payload_size, 0, 0.0))?;
    Ok(())
}

/// The payload, zero-padded to its limit.
#[wasm_bindgen(js_name = chunkData)]
pub fn chunk_data(payload: &[u8], max_payload_size: usize) -> Result<Vec<u8>, Refused> {
    Ok(make_chunk(payload, options(max_payload_size, 0, 0.0))?.data())
}

/// The span.
#[wasm_bindgen(js_name = chunkSpan)]
pub fn chunk_span(
    payload: &[u8],
    max_payload_size: usize,
    span_length: usize,
    starting_span_value: f64,
) -> Result<Vec<u8>, Refused> {
    let options = options(max_payload_size, span_length, starting_span_value);
    Ok(make_chunk(payload, options)?.span()?)
}

/// The address.
#[wasm_bindgen(js_name = chunkAddress)]
pub fn chunk_address(
    payload: &[u8],
    max_payload_size: usize,
    span_length: usize,
    starting_span_value: f64,
    hash_fn: &JsValue,
) -> Result<Vec<u8>, Refused> {
    let options = options(max_payload_size, span_length, starting_span_value);
    with_chunk(payload, options, hash_fn.dyn_ref(), |chunk| Ok(chunk.address()?.as_ref().to_vec()))
}

/// The sisters of a segment, lowest first.
#[wasm_bindgen(js_name = chunkInclusionProof)]
pub fn chunk_inclusion_proof(
    payload: &[u8],
    max_payload_size: usize,
    hash_fn: &JsValue,
    segment_index: u64,
) -> Result<Array, Refused> {
    let options = options(max_payload_size, 0, 0.0);
    with_chunk(payload, options, hash_fn.dyn_ref(), |chunk| {
        let sisters = chunk.inclusion_proof(segment_index)?;
        Ok(sisters.iter().map(|sister| Uint8Array::from(sister.as_ref())).collect())
    })
}

/// The levels of the chunk tree, from the padded data to the root.
#[wasm_bindgen(js_name = chunkBmt)]
pub fn chunk_bmt(
    payload: &[u8],
    max_payload_size: usize,
    hash_fn: &JsValue,
) -> Result<Array, Refused> {
    let options = options(max_payload_size, 0, 0.0);
    with_chunk(payload, options, hash_fn.dyn_ref(), |chunk| {
        Ok(chunk.bmt()?.iter().map(|level| Uint8Array::from(level.as_slice())).collect())
    })
}

fn options(size: usize, span_length: usize, starting_span_value: f64) -> ChunkOptions<'static> {
    ChunkOptions {
        max_payload_size: size,
        span_length,
        starting_span_value,
        ..ChunkOptions::default()
    }
}

fn with_chunk<T>(
    payload: &[u8],
    options: ChunkOptions<'static>,
    hash_fn: Option<&Function>,
    body: impl FnOnce(CompatChunk<'_>) -> Result<T, Refused>,
) -> Result<T, Refused> {
    with_hash(hash_fn, Messages::Joined, |hash_fn| {
        body(make_chunk(payload, ChunkOptions { hash_fn, ..options })?)
    })
}
