//! The methods of a file.

use countersign_core::bmt::compat::{
    CompatChunk, CompatFile, FileOptions, file_inclusion_proof_bottom_up, make_chunked_file,
};
use countersign_core::bmt::{Bmt, Hasher, Plain};
use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::hash_fn::{Messages, with_hash};
use super::proof::steps_to_js;
use crate::error::Refused;
use crate::object::{Builder, Reader};

/// Bytes that are taken out of JavaScript's memory at a time.
const PIECE: u32 = 128 * 1_024;

/// The address.
///
/// With declared options alone the payload is hashed piece by piece: what is in the module's
/// memory at a time does not grow with it.
#[wasm_bindgen(js_name = fileAddress)]
pub fn file_address(payload: &Uint8Array, options: &JsValue) -> Result<Vec<u8>, Refused> {
    let given = Given::read(options)?;
    let len = payload.length();
    let geometry = match given.hash_fn {
        None => given.options().geometry(usize::try_from(len).unwrap_or(usize::MAX)),
        Some(_) => None,
    };
    let Some(geometry) = geometry else {
        let payload = payload.to_vec();
        return given.with_file(&payload, |file| Ok(file.address()?.as_ref().to_vec()));
    };
    let bmt = Bmt::new(geometry, Plain);
    let mut hasher = Hasher::new(&bmt, ());
    let mut piece = vec![0; usize::try_from(PIECE.min(len)).unwrap_or_default()];
    let mut at = 0;
    while at < len {
        let end = at.saturating_add(PIECE).min(len);
        let size = usize::try_from(end - at).unwrap_or_default();
        piece.truncate(size);
        payload.subarray(at, end).copy_to(&mut piece);
        hasher.write(&piece)?;
        at = end;
    }
    Ok(hasher.finish()?.address.as_ref().to_vec())
}

/// The root chunk: see [`file_bmt`].
#[wasm_bindgen(js_name = fileRootChunk)]
pub fn file_root_chunk(payload: &[u8], options: &JsValue) -> Result<JsValue, Refused> {
    Given::read(options)?.with_file(payload, |file| Ok(chunk_to_js(&file.root_chunk()?)))
}

/// The levels, leaves first: of an intermediate chunk its payload and the value of its span, of a
/// leaf nothing.
#[wasm_bindgen(js_name = fileBmt)]
pub fn file_bmt(payload: &[u8], options: &JsValue) -> Result<Array, Refused> {
    Given::read(options)?.with_file(payload, |file| {
        let levels = file.bmt()?;
        Ok(levels.iter().map(|level| level.iter().map(chunk_to_js).collect::<Array>()).collect())
    })
}

/// The steps from a segment's leaf to the root.
#[wasm_bindgen(js_name = fileInclusionProof)]
pub fn file_inclusion_proof(
    payload: &[u8],
    options: &JsValue,
    segment_index: u64,
) -> Result<Array, Refused> {
    Given::read(options)?.with_file(payload, |file| {
        Ok(steps_to_js(&file_inclusion_proof_bottom_up(&file, segment_index)?))
    })
}

fn chunk_to_js(chunk: &CompatChunk<'_>) -> JsValue {
    if chunk.is_leaf() {
        return JsValue::NULL;
    }
    Builder::default()
        .bytes("payload", chunk.payload())
        .with("startingSpanValue", chunk.span_value())
        .build()
}

/// The options of a file.
struct Given {
    max_payload_length: usize,
    span_length: usize,
    max_payload_size: usize,
    starting_span_value: f64,
    hash_fn: Option<Function>,
}

impl Given {
    fn read(options: &JsValue) -> Result<Self, Refused> {
        let options = Reader::new(options, "options")?;
        Ok(Self {
            max_payload_length: options.uint("maxPayloadLength")?,
            span_length: options.uint("spanLength")?,
            max_payload_size: options.uint("maxPayloadSize")?,
            starting_span_value: options.any("startingSpanValue")?.as_f64().unwrap_or(0.0),
            hash_fn: options.any("hashFn")?.dyn_into().ok(),
        })
    }

    /// All but the hash.
    const fn options(&self) -> FileOptions<'static> {
        FileOptions {
            max_payload_length: self.max_payload_length,
            span_length: self.span_length,
            max_payload_size: self.max_payload_size,
            starting_span_value: self.starting_span_value,
            hash_fn: None,
        }
    }

    fn with_file<T>(
        &self,
        payload: &[u8],
        body: impl FnOnce(CompatFile<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let options = self.options();
        with_hash(self.hash_fn.as_ref(), Messages::Joined, |hash_fn| {
            let hash_fn = self.hash_fn.is_some().then_some(hash_fn);
            body(make_chunked_file(payload, FileOptions { hash_fn, ..options }))
        })
    }
}
