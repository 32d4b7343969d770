//! Hostile bytes as a log to recover.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_fuzz::recovery_decision(data));
