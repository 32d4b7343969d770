//! The hash room: short inputs one by one and side by side.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_core::hash::{Blake3, Digest, Hash, blake3};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Digests of one level of a tree: few enough for the first cache.
const CHILDREN: u32 = 512;

/// Inputs of one call.
const INPUTS: usize = 256;

/// A short record, a usual one, a long one, in bytes.
const SIZES: [usize; 3] = [160, 230, 700];

fn children() -> Vec<Digest> {
    (0..CHILDREN).map(|i| blake3(&i.to_le_bytes())).collect()
}

fn inputs(sizes: &[usize]) -> Vec<Vec<u8>> {
    sizes.iter().cycle().take(INPUTS).map(|size| vec![0xa5; *size]).collect()
}

#[divan::bench]
fn pairs_one_by_one(bencher: Bencher<'_, '_>) {
    let children = children();
    bencher.counter(ItemsCount::new(CHILDREN / 2)).bench(|| {
        let mut parents = Vec::with_capacity(children.len() / 2);
        for [left, right] in black_box(&children).as_chunks::<2>().0 {
            let mut input = [1; 65];
            input[1..33].copy_from_slice(left.as_ref());
            input[33..].copy_from_slice(right.as_ref());
            parents.push(blake3(&input));
        }
        parents
    });
}

#[divan::bench]
fn pairs_side_by_side(bencher: Bencher<'_, '_>) {
    let children = children();
    bencher.counter(ItemsCount::new(CHILDREN / 2)).bench(|| {
        let mut parents = Vec::new();
        Blake3::hash_pairs(1, black_box(&children), &mut parents);
        parents
    });
}

fn one_by_one(bencher: Bencher<'_, '_>, sizes: &[usize]) {
    let inputs = inputs(sizes);
    bencher.counter(ItemsCount::new(INPUTS)).bench(|| {
        let inputs = black_box(&inputs);
        inputs.iter().map(|input| Blake3::hash(&[&[0], input])).collect::<Vec<_>>()
    });
}

fn side_by_side(bencher: Bencher<'_, '_>, sizes: &[usize]) {
    let inputs = inputs(sizes);
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    bencher.counter(ItemsCount::new(INPUTS)).bench(|| Blake3::hash_tagged(0, black_box(&inputs)));
}

#[divan::bench(args = SIZES)]
fn inputs_one_by_one(bencher: Bencher<'_, '_>, size: usize) {
    one_by_one(bencher, &[size]);
}

#[divan::bench(args = SIZES)]
fn inputs_side_by_side(bencher: Bencher<'_, '_>, size: usize) {
    side_by_side(bencher, &[size]);
}

/// Entries of several sizes with a signature record between them.
const MIXED: [usize; 7] = [160, 230, 195, 180, 260, 211, 120];

#[divan::bench]
fn mixed_inputs_one_by_one(bencher: Bencher<'_, '_>) {
    one_by_one(bencher, &MIXED);
}

#[divan::bench]
fn mixed_inputs_side_by_side(bencher: Bencher<'_, '_>) {
    side_by_side(bencher, &MIXED);
}

/// Fewer inputs than lanes.
#[divan::bench(args = [1, 2, 3, 4, 8, 15])]
fn few_inputs_side_by_side(bencher: Bencher<'_, '_>, count: usize) {
    let inputs = inputs(&[160]);
    let inputs: Vec<&[u8]> = inputs.iter().take(count).map(Vec::as_slice).collect();
    bencher.counter(ItemsCount::new(count)).bench(|| Blake3::hash_tagged(0, black_box(&inputs)));
}
