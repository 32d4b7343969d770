//! Spans.

use countersign_core::bmt::{self, compat};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Refused;

/// A number up to 2^32 - 1 as a span of so many bytes; 0 means 8.
#[wasm_bindgen(js_name = makeSpan)]
pub fn make_span(value: f64, length: usize) -> Result<Vec<u8>, Refused> {
    Ok(compat::make_span(value, length)?)
}

/// A number of 63 bits as a span of so many bytes.
#[wasm_bindgen(js_name = encodeSpan)]
pub fn encode_span(value: u64, length: usize) -> Result<Vec<u8>, Refused> {
    Ok(bmt::encode_span(value, length)?)
}

/// The low four bytes of a span.
#[wasm_bindgen(js_name = getSpanValue)]
pub fn get_span_value(span: &[u8]) -> Result<u32, Refused> {
    Ok(compat::get_span_value(span)?)
}

/// The number that all bytes of a span are.
#[wasm_bindgen(js_name = decodeSpan)]
pub fn decode_span(span: &[u8]) -> Result<u64, Refused> {
    Ok(bmt::decode_span(span)?)
}
