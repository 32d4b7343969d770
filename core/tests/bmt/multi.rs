//! Multi-proofs, ranges and lengths.

use countersign_core::bmt::{
    Bmt, Expected, FileProof, Geometry, MultiProof, Plain, SegmentIndex, StoredIndex,
};
use countersign_core::hash::Digest;
use proptest::prelude::*;

use crate::kit::quad251;

fn segments(indexes: &[u64]) -> Vec<SegmentIndex> {
    indexes.iter().copied().map(SegmentIndex).collect()
}

fn code(bmt: &Bmt<Plain>, address: Digest, proof: &MultiProof) -> Result<(), &'static str> {
    bmt.verify_segments(address, proof, Expected::default()).map_err(|refusal| refusal.code())
}

#[test]
fn any_words_of_small_files_are_proven_and_no_change_passes() {
    for geometry in [Geometry::scaled(64, 8).unwrap(), Geometry::new(64, 128, 3, 8).unwrap()] {
        let bmt = Bmt::new(geometry, Plain);
        for len in (1..900).step_by(31) {
            let payload = quad251(len);
            let file = bmt.file(&payload).unwrap();
            let count = file.shape().segments();
            for pattern in [1_u64, 0b101, 0b11, 0b1000_0000_0001, 0x8765_4321, u64::MAX] {
                let chosen: Vec<u64> =
                    (0..count.min(63)).filter(|i| pattern >> i & 1 == 1).collect();
                let Ok(proof) = file.prove_segments(&segments(&chosen)) else {
                    assert!(chosen.is_empty());
                    continue;
                };
                assert_eq!(code(&bmt, file.address(), &proof), Ok(()), "{len}, {pattern:b}");
                for at in 0..proof.sisters.len() {
                    let mut other = proof.clone();
                    let mut bytes = *other.sisters[at].as_bytes();
                    bytes[at % 32] ^= 1;
                    other.sisters[at] = Digest::from_bytes(bytes);
                    assert_eq!(code(&bmt, file.address(), &other), Err("address-mismatch"));
                    other.sisters.remove(at);
                    assert_eq!(code(&bmt, file.address(), &other), Err("shared-sister-count"));
                }
                let mut other = proof.clone();
                other.sisters.push(Digest::default());
                assert_eq!(code(&bmt, file.address(), &other), Err("shared-sister-count"));
                let mut other = proof.clone();
                other.segments[0].1 = Digest::from_bytes([0xa5; 32]);
                assert!(code(&bmt, file.address(), &other).is_err());
                for len in [len as u64 + 32, len as u64 - 1, 0, u64::MAX, (1 << 63) - 1] {
                    let mut other = proof.clone();
                    other.len = len;
                    assert!(code(&bmt, file.address(), &other).is_err(), "{len}");
                }
            }
        }
    }
}

#[test]
fn one_word_takes_no_more_than_its_proof() {
    let bmt = Bmt::swarm();
    let payload = quad251(532_485);
    let file = bmt.file(&payload).unwrap();
    for index in [0, 5, 8_200, 16_511, 16_640] {
        let single = file.prove(SegmentIndex(index)).unwrap();
        let multi = file.prove_segments(&segments(&[index])).unwrap();
        assert!(multi.sisters.len() <= single.steps.len() * 7);
        let zeros: Vec<_> = (0..7).map(|height| bmt.zero(height)).collect();
        let kept: Vec<_> = single
            .steps
            .iter()
            .flat_map(|step| &step.sisters)
            .filter(|sister| !zeros.contains(sister))
            .copied()
            .collect();
        assert_eq!(multi.sisters, kept, "{index}");
        assert_eq!(code(&bmt, file.address(), &multi), Ok(()));
    }
}

#[test]
fn segments_out_of_order_or_behind_the_end_are_refused() {
    let bmt = Bmt::swarm();
    let payload = quad251(10_000);
    let file = bmt.file(&payload).unwrap();
    for wrong in [&[][..], &[1, 1], &[2, 1]] {
        assert_eq!(file.prove_segments(&segments(wrong)).unwrap_err().code(), "index-order");
    }
    assert_eq!(file.prove_segments(&segments(&[0, 313])).unwrap_err().code(), "index-out-of-range");
    let proof = file.prove_segments(&segments(&[1, 7])).unwrap();
    let mut other = proof.clone();
    other.segments.reverse();
    assert_eq!(code(&bmt, file.address(), &other), Err("index-order"));
    let mut other = proof.clone();
    other.segments.clear();
    assert_eq!(code(&bmt, file.address(), &other), Err("index-order"));
    let mut other = proof.clone();
    other.segments[1].0 = SegmentIndex(u64::MAX);
    assert_eq!(code(&bmt, file.address(), &other), Err("index-out-of-range"));
    let mut other = file.prove_segments(&segments(&[312])).unwrap();
    other.segments[0].1 = Digest::from_bytes([1; 32]);
    assert_eq!(code(&bmt, file.address(), &other), Err("segment-padding"));
    let known = Expected::len(9_999);
    let refused = bmt.verify_segments(file.address(), &proof, known).unwrap_err();
    assert_eq!(refused.code(), "file-size-mismatch");
}

#[test]
fn a_range_of_whole_chunks_needs_only_addresses_of_others() {
    let bmt = Bmt::swarm();
    let payload = quad251(4_096 * 200 + 17);
    let file = bmt.file(&payload).unwrap();
    for (first, leaves) in [(0, 1), (0, 128), (3, 5), (127, 2), (128, 72), (199, 2)] {
        let start = first * 4_096;
        let end = (start + leaves * 4_096).min(payload.len());
        let chosen: Vec<u64> = (start as u64 / 32..(end as u64).div_ceil(32)).collect();
        let sisters = file.prove_segments(&segments(&chosen)).unwrap().sisters;
        assert!(sisters.len() <= 2 * 2 * 7, "{}", sisters.len());
        let verify = |bytes: &[u8], len| {
            let first = SegmentIndex(start as u64 / 32);
            bmt.verify_range(file.address(), len, first, bytes, &sisters, Expected::default())
                .map_err(|refusal| refusal.code())
        };
        let len = payload.len() as u64;
        assert_eq!(verify(&payload[start..end], len), Ok(()), "{first}, {leaves}");
        assert!(verify(&payload[start..end - 1], len).is_err());
        assert!(verify(&payload[start..end], len + 1).is_err());
        let mut other = payload[start..end].to_vec();
        other[7] ^= 1;
        assert_eq!(verify(&other, len), Err("address-mismatch"));
        assert!(verify(&[], len).is_err());
    }
}

#[test]
fn the_whole_file_needs_no_sister() {
    let bmt = Bmt::swarm();
    for len in [1, 31, 4_096, 4_097, 528_400] {
        let payload = quad251(len);
        let file = bmt.file(&payload).unwrap();
        let all: Vec<u64> = (0..file.shape().segments()).collect();
        assert_eq!(file.prove_segments(&segments(&all)).unwrap().sisters, [], "{len}");
        let none: [Digest; 0] = [];
        let len = len as u64;
        bmt.verify_range(file.address(), len, SegmentIndex(0), &payload, &none, Expected::len(len))
            .unwrap();
    }
}

#[test]
fn a_stored_index_gives_multi_proofs_too() {
    let bmt = Bmt::swarm();
    let payload = quad251(900_000);
    let file = bmt.file(&payload).unwrap();
    let bytes = file.tree().to_index();
    let mut index = StoredIndex::open(&bmt, &bytes[..], bytes.len() as u64).unwrap();
    let chosen = segments(&[0, 1, 129, 20_000, 28_124]);
    let leaf = |range: std::ops::Range<u64>| {
        Ok(payload[range.start as usize..range.end as usize].to_vec())
    };
    let shape = index.shape();
    let proof = bmt.prove_segments(&shape, &chosen, leaf, &mut index).unwrap();
    assert_eq!(proof, file.prove_segments(&chosen).unwrap());
}

#[test]
fn lengths_are_proven_by_the_last_word_alone() {
    let bmt = Bmt::swarm();
    for len in [0, 1, 32, 33, 4_096, 4_097, 524_289] {
        let payload = quad251(len);
        let file = bmt.file(&payload).unwrap();
        let proof = file.prove_length().unwrap();
        let verify = |address: Digest, proof: Option<&FileProof>, expected| {
            bmt.verify_length(address, proof, expected).map_err(|refusal| refusal.code())
        };
        let (address, len) = (file.address(), len as u64);
        assert_eq!(verify(address, proof.as_ref(), Expected::default()), Ok(len));
        assert_eq!(verify(address, proof.as_ref(), Expected::len(len)), Ok(len));
        let other = Expected::len(len + 1);
        assert_eq!(verify(address, proof.as_ref(), other), Err("file-size-mismatch"));
        if len > 0 {
            assert_eq!(verify(address, None, Expected::default()), Err("address-mismatch"));
        }
        if len > 32 {
            let first = file.prove(SegmentIndex(0)).unwrap();
            let refused = verify(address, Some(&first), Expected::default());
            assert_eq!(refused, Err("not-the-last-segment"));
        }
    }
    assert_eq!(bmt.empty_address(), bmt.chunk(&[]).unwrap().address());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_words_of_any_file_are_proven(
        len in 1_usize..1_200_000,
        chosen in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let bmt = Bmt::swarm();
        let payload = quad251(len);
        let file = bmt.file(&payload).unwrap();
        let mut chosen: Vec<u64> =
            chosen.into_iter().map(|at| at.index(len.div_ceil(32)) as u64).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let proof = file.prove_segments(&segments(&chosen)).unwrap();
        prop_assert_eq!(code(&bmt, file.address(), &proof), Ok(()));
        let singles: usize = chosen
            .iter()
            .map(|index| file.prove(SegmentIndex(*index)).unwrap())
            .map(|proof| proof.steps.len() * 7)
            .sum();
        prop_assert!(proof.sisters.len() <= singles);
    }
}
