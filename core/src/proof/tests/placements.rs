//! Records at their places in a file.

use super::*;
use crate::bmt::{Bmt, SegmentIndex};
use crate::frame::length_prefix;

/// The records of a shard as the file of a segment, and where each frame begins.
fn file_of(shard: &Shard) -> (Vec<u8>, Vec<u64>) {
    let (mut file, mut offsets) = (vec![], vec![]);
    for record in &shard.records {
        offsets.push(file.len() as u64);
        file.extend_from_slice(&length_prefix(record.len()).unwrap());
        file.extend_from_slice(record);
    }
    (file, offsets)
}

fn placement(shard: &Shard, seq: u64) -> Result<PlacementBundle, ProofError> {
    let (file, offsets) = file_of(shard);
    let inclusion = shard.inclusion(0, seq);
    let offset = offsets[usize::try_from(seq).unwrap()];
    let size = inclusion.proof.record.len() as u64 + 4;
    let range = PlacementProof::range(offset, size, file.len() as u64);
    let segments: Vec<_> = (range.start / 32..range.end.div_ceil(32)).map(SegmentIndex).collect();
    let bmt = Bmt::swarm();
    let hashed = bmt.file(&file).unwrap();
    let sisters = hashed.prove_segments(&segments).unwrap().sisters;
    let bytes =
        file[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec();
    let place = (hashed.address(), file.len() as u64);
    PlacementProof::build(&inclusion, place, offset, bytes, sisters)
}

pub(super) fn sample() -> PlacementBundle {
    placement(&two_batches(), 3).unwrap()
}

#[test]
fn every_record_has_a_place_and_no_other() {
    let shard = two_batches();
    let (file, offsets) = file_of(&shard);
    let address = Bmt::swarm().file(&file).unwrap().address();
    for seq in 0..7 {
        let bundle = placement(&shard, seq).unwrap();
        assert_eq!(verify(&bundle), "valid");
        let report = bundle.verify(&trusted(), &VerifyOptions::default()).unwrap();
        assert_eq!(report.facts.content_address, Some(address));
        assert_eq!(report.facts.records[0].seq, Seq(seq));

        // One byte off, in either direction, and a whole segment off.
        for other in [1, -1, 32] {
            let mut wrong = bundle.clone();
            wrong.proof.offset = wrong.proof.offset.wrapping_add_signed(other);
            assert_ne!(verify(&wrong), "valid");
        }
        let mut wrong = bundle.clone();
        wrong.proof.bytes.push(0);
        assert_eq!(verify(&wrong), "placement-size");
        let mut wrong = bundle.clone();
        wrong.proof.file_size += 1;
        assert_ne!(verify(&wrong), "valid");
        let mut wrong = bundle.clone();
        wrong.proof.address = Digest::default();
        assert_eq!(verify(&wrong), "address-mismatch");
        // The record of another seq is not what stands there.
        let other = (seq + 1) % 7;
        let mut wrong = bundle;
        wrong.proof.inclusion = shard.inclusion(0, other).proof;
        assert!(["placement-size", "placement-frame"].contains(&verify(&wrong)));
    }
    assert_eq!(offsets.len(), shard.records.len());
}

#[test]
fn sizes_at_the_edge_of_64_bits_are_refused() {
    for (offset, size) in [(u64::MAX, 1), (u64::MAX - 5, u64::MAX), (0, u64::MAX), (40, 0)] {
        let mut wrong = sample();
        wrong.proof.offset = offset;
        wrong.proof.file_size = size;
        assert_ne!(verify(&wrong), "valid");
    }
}

#[test]
fn a_place_that_is_not_the_records_is_not_built() {
    let good = sample();
    let inclusion = two_batches().inclusion(0, 4);
    let PlacementProof { address, file_size, offset, bytes, sister_segments, .. } = good.proof;
    let built =
        PlacementProof::build(&inclusion, (address, file_size), offset, bytes, sister_segments);
    assert!(matches!(built.unwrap_err(), ProofError::Placement { .. }));
}
