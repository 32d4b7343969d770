//! Hostile bytes as a proof bundle.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_fuzz::bundle(data));
