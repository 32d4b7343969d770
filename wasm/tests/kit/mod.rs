//! What all tests read: vectors, embedded when they are built.
#![allow(dead_code, reason = "each test uses a part of it")]

// In a worker, since a page that is busy for long counts as hung.
#[cfg(only_web)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

use countersign_core::hash::hex;
use serde_json::Value;

pub(crate) const FORMAT: &str = include_str!("../../../tests/vectors/metering-v1/format.json");

/// The cases of a vector file.
pub(crate) fn cases(file: &str) -> Vec<Value> {
    parsed(file)["cases"].as_array().unwrap().clone()
}

pub(crate) fn parsed(file: &str) -> Value {
    serde_json::from_str(file).unwrap()
}

/// A number, or the decimal digits of one.
pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| text(value).parse().unwrap())
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Bytes in hex; nothing for `null`.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap_or_default()).unwrap()
}

/// A list of bytes, behind each other.
pub(crate) fn joined(value: &Value) -> Vec<u8> {
    value.as_array().into_iter().flatten().flat_map(bytes).collect()
}

/// The operator's key of the shard in the vectors.
pub(crate) fn operator() -> Vec<u8> {
    bytes(&parsed(FORMAT)["operatorPublicKey"])
}
