//! The content address of a gigabyte that nobody has to hold: on one core and on all of them, and
//! what memory that takes.
//!
//! `cargo bench -p countersign --bench bmt`. The bytes are made as they are read, which is counted.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark stops at the first thing that goes wrong"
)]

#[allow(dead_code, reason = "what other benchmarks need of it")]
mod append_support;

use std::io::Read;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Instant;

use append_support::{Table, peak_memory};
use countersign::bmt::hash_reader;
use countersign_core::bmt::Bmt;

const MIB: usize = 1 << 20;
const ROUNDS: usize = 5;

fn main() {
    let table = Table::from_arguments();
    let size = table.scale(1_024) * MIB;
    let pattern: Vec<u8> =
        (0..MIB as u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[5]).collect();
    let all = available_parallelism().unwrap();
    let bmt = Bmt::swarm();
    let rate = |threads| {
        let source = Repeated { pattern: &pattern, at: 0 }.take(size as u64);
        let start = Instant::now();
        let finished = hash_reader(&bmt, source, threads, &|_| {}).unwrap();
        assert_eq!(finished.len, size as u64);
        (size / MIB) as f64 / start.elapsed().as_secs_f64()
    };
    let rounds: Vec<_> = (0..ROUNDS).map(|_| vec![rate(NonZeroUsize::MIN), rate(all)]).collect();
    let others = [format!("{all} threads")];
    Table::compare("content address of 1 GiB", "1 thread", &others, "MiB/s", &rounds);
    Table::line("peak memory of this run", peak_memory() as f64 / MIB as f64, "MiB", 0.0);
}

/// The same bytes over and over.
struct Repeated<'a> {
    pattern: &'a [u8],
    at: usize,
}

impl Read for Repeated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.pattern[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at = (self.at + count) % self.pattern.len();
        Ok(count)
    }
}
