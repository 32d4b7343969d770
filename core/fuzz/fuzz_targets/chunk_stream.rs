//! Any bytes as a file that comes in pieces, and as an index of chunk addresses.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_fuzz::chunk_stream(data));
