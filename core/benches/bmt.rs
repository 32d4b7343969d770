//! The bmt room: addresses of chunks and files, proofs from a file and from its index, and the
//! strict verifier.
//!
//! `cargo xtask bench web` measures the same in WebAssembly beside bmt-js. The one published Rust
//! crate for this, nectar-primitives 0.4, stands under a licence that `deny.toml` refuses, so it is
//! not linked here. On a Xeon with AVX-512 where `file` made 700 MiB/s on one core, it made 400, and
//! 680 on two.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_core::bmt::redundancy::{Level, redundant_address};
use countersign_core::bmt::{Bmt, Expected, Hasher, SegmentIndex, StoredIndex};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Bytes of the files: three levels of chunks.
const SIZE: usize = 64 * 1024 * 1024;

/// Sizes of the writes of a stream, in bytes.
const WRITES: [usize; 4] = [1_000, 4_096, 65_536, 1_048_576];

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| i.wrapping_mul(0x9e37_79b9).to_le_bytes()[2]).collect()
}

#[divan::bench(sample_count = 10)]
fn leaf_addresses(bencher: Bencher<'_, '_>) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(SIZE));
    bencher
        .counter(BytesCount::new(SIZE))
        .bench_local(|| bmt.leaf_addresses(black_box(&bytes)).unwrap());
}

#[divan::bench(sample_count = 10)]
fn file(bencher: Bencher<'_, '_>) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(SIZE));
    bencher
        .counter(BytesCount::new(SIZE))
        .bench_local(|| bmt.file(black_box(&bytes)).unwrap().address());
}

#[divan::bench(args = WRITES, sample_count = 10)]
fn stream(bencher: Bencher<'_, '_>, write: usize) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(SIZE));
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| {
        let mut hasher = Hasher::new(&bmt, ());
        bytes.chunks(write).for_each(|write| hasher.write(black_box(write)).unwrap());
        hasher.finish().unwrap()
    });
}

#[divan::bench(args = [11, 1_000, 4_096])]
fn chunk_address(bencher: Bencher<'_, '_>, size: usize) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(size));
    bencher
        .counter(BytesCount::new(size))
        .bench_local(|| bmt.chunk(black_box(&bytes)).unwrap().address());
}

/// A segment in the middle of the file: three chunks on the way.
const WORD: SegmentIndex = SegmentIndex(777_777);

#[divan::bench]
fn verify_proof_of_three_steps(bencher: Bencher<'_, '_>) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(SIZE));
    let file = bmt.file(&bytes).unwrap();
    let (address, proof) = (file.address(), file.prove(WORD).unwrap());
    assert_eq!(proof.steps.len(), 3);
    bencher.bench_local(|| {
        bmt.verify_file_proof(address, black_box(&proof), Expected::default()).unwrap()
    });
}

#[divan::bench]
fn prove_with_a_stored_index(bencher: Bencher<'_, '_>) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(SIZE));
    let index = bmt.file(&bytes).unwrap().tree().to_index();
    let mut stored = StoredIndex::open(&bmt, &index[..], index.len() as u64).unwrap();
    let range = stored.shape().leaf_range(WORD).unwrap();
    let leaf = &bytes[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
    bencher.bench_local(|| stored.prove(WORD, black_box(leaf)).unwrap());
}

#[divan::bench]
fn prove_1000_words_together(bencher: Bencher<'_, '_>) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(SIZE));
    let file = bmt.file(&bytes).unwrap();
    let segments: Vec<_> = (0..1_000).map(|i| SegmentIndex(i * 2_000)).collect();
    bencher
        .counter(ItemsCount::new(segments.len()))
        .bench_local(|| file.prove_segments(black_box(&segments)).unwrap());
}

#[divan::bench]
fn verify_1000_words_together(bencher: Bencher<'_, '_>) {
    let (bmt, bytes) = (Bmt::swarm(), bytes(SIZE));
    let file = bmt.file(&bytes).unwrap();
    let segments: Vec<_> = (0..1_000).map(|i| SegmentIndex(i * 2_000)).collect();
    let (address, proof) = (file.address(), file.prove_segments(&segments).unwrap());
    bencher.counter(ItemsCount::new(segments.len())).bench_local(|| {
        bmt.verify_segments(address, black_box(&proof), Expected::default()).unwrap();
    });
}

#[divan::bench(sample_count = 3)]
fn redundant_upload_at_level_1(bencher: Bencher<'_, '_>) {
    let bytes = bytes(SIZE / 8);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| redundant_address(Level::Medium, black_box(&bytes)));
}
