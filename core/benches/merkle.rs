//! The merkle room: hashing, roots and proofs, with BLAKE3 alone over the same bytes beside it.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_core::hash::{Blake3, Digest, blake3};
use countersign_core::merkle::{
    Frontier, LeafIndex, TreeSize, leaf_hash, node_hash, prove_consistency, prove_inclusion, root,
    verify_consistency, verify_inclusion,
};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// A usual entry record, in bytes.
const RECORD_SIZE: usize = 230;

/// Leaves of a batch and of a large log.
const SIZES: [u64; 2] = [10_000, 1_000_000];

const LARGE: u64 = 1_000_000;

fn leaf_hashes(count: u64) -> Vec<Digest> {
    (0..count).map(|i| blake3(&i.to_le_bytes())).collect()
}

#[divan::bench]
fn leaf_hash_of_a_record(bencher: Bencher<'_, '_>) {
    let record = [0xa5; RECORD_SIZE];
    bencher.counter(BytesCount::new(RECORD_SIZE)).bench(|| leaf_hash::<Blake3>(black_box(&record)));
}

#[divan::bench]
fn leaf_hash_of_a_record_blake3_alone(bencher: Bencher<'_, '_>) {
    let input = [0xa5; 1 + RECORD_SIZE];
    bencher.counter(BytesCount::new(RECORD_SIZE)).bench(|| blake3(black_box(&input)));
}

#[divan::bench]
fn node_hash_of_two(bencher: Bencher<'_, '_>) {
    let (left, right) = (blake3(b"left"), blake3(b"right"));
    bencher.bench(|| node_hash::<Blake3>(black_box(&left), black_box(&right)));
}

#[divan::bench(args = SIZES)]
fn root_of_leaves(bencher: Bencher<'_, '_>, count: u64) {
    let hashes = leaf_hashes(count);
    bencher.counter(ItemsCount::new(count)).bench(|| root::<Blake3>(black_box(&hashes)));
}

/// As many hashes of as many bytes as the root takes, without the tree.
#[divan::bench(args = SIZES)]
fn root_of_leaves_blake3_alone(bencher: Bencher<'_, '_>, count: u64) {
    let input = [1; 65];
    bencher.counter(ItemsCount::new(count)).bench(|| {
        for _ in 1..count {
            black_box(blake3(black_box(&input)));
        }
    });
}

#[divan::bench(args = SIZES)]
fn frontier_push(bencher: Bencher<'_, '_>, count: u64) {
    let hashes = leaf_hashes(count);
    bencher.counter(ItemsCount::new(count)).bench(|| {
        let mut frontier = Frontier::<Blake3>::new();
        for hash in &hashes {
            frontier.push(*hash).unwrap();
        }
        frontier
    });
}

#[divan::bench]
fn inclusion_build_at_1_000_000(bencher: Bencher<'_, '_>) {
    let hashes = leaf_hashes(LARGE);
    let index = LeafIndex::new(LARGE / 3);
    bencher.bench(|| prove_inclusion::<Blake3>(black_box(&hashes), index).unwrap());
}

#[divan::bench]
fn inclusion_verify_at_1_000_000(bencher: Bencher<'_, '_>) {
    let hashes = leaf_hashes(LARGE);
    let (at, root) = (333_333, root::<Blake3>(&hashes));
    let (index, size) = (LeafIndex::new(at), TreeSize::of(&hashes));
    let path = prove_inclusion::<Blake3>(&hashes, index).unwrap();
    let leaf = blake3(&at.to_le_bytes());
    bencher.bench(|| {
        let path = black_box(&path[..]);
        verify_inclusion::<Blake3>(index, size, black_box(&leaf), path, &root).unwrap();
    });
}

#[divan::bench]
fn consistency_verify_at_1_000_000(bencher: Bencher<'_, '_>) {
    let hashes = leaf_hashes(LARGE);
    let first = &hashes[..777_777];
    let (size1, size2) = (TreeSize::of(first), TreeSize::of(&hashes));
    let (root1, root2) = (root::<Blake3>(first), root::<Blake3>(&hashes));
    let path = prove_consistency::<Blake3>(&hashes, size1).unwrap();
    bencher.bench(|| {
        let path = black_box(&path[..]);
        verify_consistency::<Blake3>(size1, size2, black_box(&root1), &root2, path).unwrap();
    });
}
