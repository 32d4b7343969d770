//! Every kernel that this machine has, against hashes made one by one.

use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

use super::Kernel;
use super::block::PAIR_SIZE;
use crate::hash::keccak::{BMT_CHUNK_SIZE, keccak256};
use crate::hash::{Digest, Hash, Keccak256};

/// Longest run: more than two groups of the widest kernel, and something over.
const MOST_CHUNKS: usize = 17;

/// Bytes that repeat nowhere near.
fn bytes(seed: usize, length: usize) -> Vec<u8> {
    let word = |i: usize| (seed * 1_031 + i).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    (0..length).map(|i| word(i)[5]).collect()
}

/// The root as spec section 4.1 says it.
fn root(data: &[u8]) -> Digest {
    let mut level = data.to_vec();
    while level.len() > 32 {
        level = level.chunks(64).flat_map(|pair| *keccak256(pair).as_bytes()).collect();
    }
    Digest::from_slice(&level).unwrap()
}

fn check_chunks(chunks: &[u8], expected: &[Digest]) {
    for kernel in Kernel::available() {
        let mut roots = vec![Digest::default(); expected.len()];
        kernel.bmt_roots(chunks, &mut roots);
        assert_eq!(roots, expected, "{kernel:?}, {} chunks", expected.len());
    }
}

#[test]
fn every_run_of_every_content_has_the_roots_of_its_chunks() {
    let length = MOST_CHUNKS * BMT_CHUNK_SIZE;
    let mut one_bit = vec![0; length];
    one_bit.iter_mut().step_by(BMT_CHUNK_SIZE + 33).for_each(|byte| *byte = 0x80);
    for data in [vec![0; length], vec![0xff; length], bytes(1, length), one_bit] {
        let expected: Vec<_> = data.chunks(BMT_CHUNK_SIZE).map(root).collect();
        for count in 0..=MOST_CHUNKS {
            check_chunks(&data[..count * BMT_CHUNK_SIZE], &expected[..count]);
        }
    }
}

#[test]
fn what_has_no_counterpart_is_left_alone() {
    let data = bytes(2, 11 * BMT_CHUNK_SIZE);
    let untouched = Digest::from_bytes([7; 32]);
    for kernel in Kernel::available() {
        for (length, places) in
            [(11 * BMT_CHUNK_SIZE - 1, 11), (11 * BMT_CHUNK_SIZE, 9), (4_095, 1)]
        {
            let mut roots = vec![untouched; places + 1];
            let (given, behind) = roots.split_at_mut(places);
            kernel.bmt_roots(&data[..length], given);
            for (i, given) in given.iter().enumerate() {
                let chunk = data[..length].as_chunks::<BMT_CHUNK_SIZE>().0.get(i);
                let expected = chunk.map_or(untouched, |chunk| root(chunk));
                assert_eq!(*given, expected, "{kernel:?}, {length} bytes, root {i}");
            }
            assert_eq!(behind, [untouched]);
        }
        let pairs = [[3; PAIR_SIZE]; 10];
        let mut hashes = [untouched; 13];
        kernel.pair_hashes(&pairs, &mut hashes);
        assert_eq!(hashes[..10], [keccak256(&[3; PAIR_SIZE]); 10], "{kernel:?}");
        assert_eq!(hashes[10..], [untouched; 3], "{kernel:?}");
        kernel.pair_hashes(&pairs, &mut hashes[12..]);
        assert_eq!(hashes[11..], [untouched, keccak256(&[3; PAIR_SIZE])], "{kernel:?}");
        for spans in 0..=13 {
            let mut roots = [untouched; 13];
            kernel.chunk_addresses(core::iter::repeat_n(5, spans), &mut roots);
            assert_eq!(roots[spans..], vec![untouched; 13 - spans], "{kernel:?}");
            assert!(roots[..spans].iter().all(|root| *root != untouched), "{kernel:?}");
        }
    }
}

#[test]
fn every_number_of_pairs_is_hashed_like_one_by_one() {
    let data = bytes(3, 40 * PAIR_SIZE);
    let (pairs, _) = data.as_chunks::<PAIR_SIZE>();
    let expected: Vec<_> = pairs.iter().map(|pair| keccak256(pair)).collect();
    for kernel in Kernel::available() {
        for count in 0..=pairs.len() {
            let mut hashes = vec![Digest::default(); count];
            kernel.pair_hashes(&pairs[..count], &mut hashes);
            assert_eq!(hashes, expected[..count], "{kernel:?}, {count} pairs");
        }
    }
}

#[test]
fn every_number_of_addresses_is_hashed_like_one_by_one() {
    let spans = |count: usize| (0..count as u64).map(|i| i.wrapping_mul(0x1234_5678_9abc_def1));
    let roots: Vec<_> = (0..40_u8).map(|i| keccak256(&[i])).collect();
    for kernel in Kernel::available() {
        for count in 0..=roots.len() {
            let expected: Vec<_> = roots
                .iter()
                .zip(spans(count))
                .map(|(root, span)| Keccak256::hash(&[&span.to_le_bytes(), root.as_ref()]))
                .collect();
            let mut addresses = roots[..count].to_vec();
            kernel.chunk_addresses(spans(count), &mut addresses);
            assert_eq!(addresses, expected, "{kernel:?}, {count} addresses");
        }
    }
}

#[test]
fn a_kernel_that_is_not_here_is_replaced() {
    let data = bytes(4, 9 * BMT_CHUNK_SIZE);
    let expected: Vec<_> = data.chunks(BMT_CHUNK_SIZE).map(root).collect();
    for kernel in [Kernel::Scalar, Kernel::Simd128, Kernel::Avx2, Kernel::Avx512] {
        let mut roots = vec![Digest::default(); expected.len()];
        kernel.bmt_roots(&data, &mut roots);
        assert_eq!(roots, expected, "{kernel:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_run_has_the_roots_of_its_chunks(
        count in 0..=2 * MOST_CHUNKS,
        seed in any::<u32>(),
        holes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..200),
    ) {
        let mut data = bytes(seed as usize, count * BMT_CHUNK_SIZE);
        for (at, value) in holes {
            if !data.is_empty() {
                let at = at.index(data.len());
                let end = data.len().min(at + 100);
                data[at..end].fill(value);
            }
        }
        let expected: Vec<_> = data.chunks(BMT_CHUNK_SIZE).map(root).collect();
        check_chunks(&data, &expected);
    }
}
