//! Every width of vectors that this processor has, against the hash crate.

use alloc::vec::Vec;
use proptest::prelude::*;

use super::{each, pairs};
use crate::hash::{Digest, blake3};

/// Bytes that repeat nowhere near.
fn bytes(seed: usize, length: usize) -> Vec<u8> {
    let word = |i: usize| (seed * 1_031 + i).wrapping_mul(0x9e37_79b9).to_le_bytes();
    (0..length).map(|i| word(i)[2]).collect()
}

fn expected(tag: u8, input: &[u8]) -> Digest {
    blake3(&[&[tag], input].concat())
}

fn check(tag: u8, inputs: &[Vec<u8>]) {
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let expected: Vec<_> = inputs.iter().map(|input| expected(tag, input)).collect();
    let untagged: Vec<_> = inputs.iter().map(|input| blake3(input)).collect();
    for lanes in LANES {
        assert_eq!(each::hash_each(Some(tag), &inputs, lanes), expected, "{lanes} lanes");
        assert_eq!(each::hash_each(None, &inputs, lanes), untagged, "{lanes} lanes");
    }
}

/// As many lanes as there are kinds of vectors; one that the processor lacks repeats the one before.
const LANES: [usize; 3] = [4, 8, 16];

#[test]
fn every_length_in_every_lane_is_hashed_like_alone() {
    // Windows over all lengths: every group has mixed lengths, and every length is in many groups.
    for first in 0..=1_030 {
        let inputs: Vec<_> = (0..16).map(|i| bytes(first, (first + i * 67) % 1_031)).collect();
        check(0, &inputs);
    }
}

#[test]
fn every_length_and_number_of_lanes_is_hashed_like_alone() {
    for length in 0..=1_024 {
        // All of one length: one group of every number of lanes from 1 to 33 in turn.
        let inputs: Vec<_> = (0..=length % 33).map(|seed| bytes(seed, length)).collect();
        check(length.to_le_bytes()[0], &inputs);
    }
    for length in [0, 62, 63, 64, 127, 160, 1_023, 1_024] {
        for count in 0..=50 {
            check(0xff, &(0..count).map(|seed| bytes(seed, length)).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #[test]
    fn any_mixture_is_hashed_like_alone(
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1_100), 0..70),
        tag in any::<u8>(),
    ) {
        check(tag, &inputs);
    }
}

#[test]
fn every_number_of_pairs_is_hashed_like_one_by_one() {
    let children: Vec<_> = (0..131_u32).map(|i| blake3(&i.to_le_bytes())).collect();
    for count in 0..=children.len() {
        let (pairs, _) = children[..count].as_chunks::<2>();
        let expected: Vec<_> = pairs
            .iter()
            .map(|[left, right]| blake3(&[&[1], left.as_ref(), right.as_ref()].concat()))
            .collect();
        for lanes in LANES {
            let mut parents = Vec::new();
            pairs::hash_pairs(1, &children[..count], &mut parents, lanes);
            assert_eq!(parents, expected, "{count} children, {lanes} lanes");
        }
    }
}
