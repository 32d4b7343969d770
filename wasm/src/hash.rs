//! The room of hashes.

use countersign_core::hash::{self, Hash, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;

/// BLAKE3 of `data`: 32 bytes.
#[wasm_bindgen]
pub fn blake3(data: &[u8]) -> Vec<u8> {
    hash::blake3(data).as_bytes().to_vec()
}

/// SHA-256 of `data`: 32 bytes.
#[wasm_bindgen]
pub fn sha256(data: &[u8]) -> Vec<u8> {
    Sha256::hash(&[data]).as_bytes().to_vec()
}
