//! Hostile bytes as a challenge and its response, or as a resolution.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_fuzz::dispute(data));
