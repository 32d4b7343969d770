//! Proofs: folded for the caller to compare, or strictly verified.

use countersign_core::bmt::compat::{
    file_address_from_inclusion_proof as file_address, get_bmt_index_of_segment,
    root_hash_from_inclusion_proof as root_hash,
};
use countersign_core::bmt::{
    Bmt, Expected, FileProof, FileProofReport, Plain, Refusal, SegmentIndex, Step, StoredIndex,
    Verified,
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::geometry_of;
use super::hash_fn::{Messages, with_hash};
use crate::error::Refused;
use crate::object::{Builder, Reader};

/// Where the chunk of a segment is attached.
#[wasm_bindgen(js_name = bmtIndexOfSegment)]
pub fn bmt_index_of_segment(
    segment_index: u64,
    last_chunk_index: u64,
    max_chunk_payload_byte_length: usize,
) -> Result<JsValue, Refused> {
    let place =
        get_bmt_index_of_segment(segment_index, last_chunk_index, max_chunk_payload_byte_length)?;
    Ok(Builder::default().with("level", place.level).with("chunkIndex", place.chunk_index).build())
}

/// The root that a segment and its sisters lead to. No length is checked.
#[wasm_bindgen(js_name = rootHashFromInclusionProof)]
pub fn root_hash_from_inclusion_proof(
    sister_segments: &Array,
    prove_segment: &[u8],
    prove_segment_index: u64,
    hash_fn: &JsValue,
) -> Result<Vec<u8>, Refused> {
    let sisters = byte_arrays(sister_segments, "proofSegments")?;
    with_hash(hash_fn.dyn_ref(), Messages::Separate, |hash| {
        Ok(root_hash(&sisters, prove_segment, prove_segment_index, hash))
    })
}

/// The address that a proof leads to, for the caller to compare. Nothing else is checked.
#[wasm_bindgen(js_name = fileAddressFromInclusionProof)]
pub fn file_address_from_inclusion_proof(
    prove_chunks: &Array,
    prove_segment: &[u8],
    prove_segment_index: u64,
    max_chunk_payload_byte_length: usize,
) -> Result<Vec<u8>, Refused> {
    let steps = steps_from_js(prove_chunks)?;
    let limit = max_chunk_payload_byte_length;
    Ok(file_address(&steps, prove_segment, prove_segment_index, limit)?.as_ref().to_vec())
}

/// Verifies that a segment stands in the file of an address; the report as JSON. No index at all
/// stands for one that is no natural number. See [`Bmt::verify_file_proof`].
///
/// Does not prove anything about the other bytes of the file, nor that the address is that of a
/// file.
#[wasm_bindgen(js_name = verifyFileProof)]
pub fn verify_file_proof(
    address: &[u8],
    segment_index: Option<u64>,
    segment: Vec<u8>,
    prove_chunks: &Array,
    file_size: Option<u64>,
    max_file_size: Option<u64>,
    geometry: &JsValue,
) -> Result<String, Refused> {
    let bmt = Bmt::new(geometry_of(geometry)?, Plain);
    let expected = Expected { len: file_size, max_len: max_file_size };
    let verdict = match segment_index.map(SegmentIndex) {
        Some(index) => {
            let proof = FileProof { index, segment, steps: steps_from_js(prove_chunks)? };
            bmt.verify_file_proof(address, &proof, expected)
        }
        // The address is looked at first.
        None if address.len() != 32 => Err(Refusal::AddressLength { found: address.len() }),
        None => Err(Refusal::IndexNotANaturalNumber),
    };
    report(address, &verdict)
}

/// The same of a proof that is a JSON document, as the command line writes it.
///
/// Does not prove what [`verify_file_proof`] does not prove.
#[wasm_bindgen(js_name = verifyFileProofDocument)]
pub fn verify_file_proof_document(
    address: &[u8],
    proof: &[u8],
    file_size: Option<u64>,
    max_file_size: Option<u64>,
    geometry: &JsValue,
) -> Result<String, Refused> {
    let bmt = Bmt::new(geometry_of(geometry)?, Plain);
    let proof = FileProof::from_json(proof)?;
    let expected = Expected { len: file_size, max_len: max_file_size };
    report(address, &bmt.verify_file_proof(address, &proof, expected))
}

fn report(address: &[u8], verdict: &Result<Verified, Refusal>) -> Result<String, Refused> {
    Ok(FileProofReport::new(address, verdict).to_json()?)
}

/// Proves a segment by the index of its file and the bytes of its leaf, without hashing the file
/// again. The proof has been verified.
#[wasm_bindgen(js_name = proveWithIndex)]
pub fn prove_with_index(
    index: &[u8],
    segment_index: u64,
    leaf: &[u8],
    geometry: &JsValue,
) -> Result<Array, Refused> {
    let bmt = Bmt::new(geometry_of(geometry)?, Plain);
    let mut stored = StoredIndex::open(&bmt, index, index.len() as u64)?;
    Ok(steps_to_js(&stored.prove(SegmentIndex(segment_index), leaf)?.steps))
}

pub(super) fn steps_to_js(steps: &[Step]) -> Array {
    let sisters = |step: &Step| -> Array {
        step.sisters.iter().map(|sister| Uint8Array::from(sister.as_ref())).collect()
    };
    let step = |step: &Step| {
        Builder::default().bytes("span", &step.span).with("sisterSegments", sisters(step)).build()
    };
    steps.iter().map(step).collect()
}

fn steps_from_js(steps: &Array) -> Result<Vec<Step<Vec<u8>>>, Refused> {
    let step = |step: JsValue| {
        let step = Reader::new(&step, "proveChunks")?;
        let span = bytes(&step.any("span")?, "proveChunks.span")?;
        let sisters = step.list("sisterSegments")?;
        Ok(Step { span, sisters: byte_arrays(&sisters, "proveChunks.sisterSegments")? })
    };
    steps.iter().map(step).collect()
}

fn byte_arrays(list: &Array, name: &str) -> Result<Vec<Vec<u8>>, Refused> {
    list.iter().map(|item| bytes(&item, name)).collect()
}

fn bytes(value: &JsValue, name: &str) -> Result<Vec<u8>, Refused> {
    let array = value.dyn_ref::<Uint8Array>();
    Ok(array.ok_or_else(|| Refused::argument(name, "a Uint8Array"))?.to_vec())
}
