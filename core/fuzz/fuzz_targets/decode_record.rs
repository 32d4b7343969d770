//! Hostile bytes as one record.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_fuzz::decode_record(data));
