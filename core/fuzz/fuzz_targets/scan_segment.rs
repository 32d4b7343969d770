//! Hostile bytes as a segment of a log.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_fuzz::scan_segment(data));
