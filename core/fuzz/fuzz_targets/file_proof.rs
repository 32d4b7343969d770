//! Hostile bytes as a proof of a segment in a file of chunks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_fuzz::file_proof(data));
