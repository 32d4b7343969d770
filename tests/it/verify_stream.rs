//! The streaming verifier against the one with threads: the same report, wherever pieces are cut
//! and whatever is wrong with the shard.

use std::fs;
use std::path::{Path, PathBuf};

use countersign::store::disk::RealDisk;
use countersign::verify::{ShardReport, VerifyOptions, verify_shard};
use countersign_core::SeqRange;
use countersign_core::frame::SegmentNumber;
use countersign_core::keys::PublicKey;
use countersign_core::verify::ShardVerifier;
use countersign_tests::rng::Rng;

const SEGMENTS: [&str; 2] = ["log.000001.cbor", "log.000002.cbor"];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1")
}

fn operator() -> PublicKey {
    let text = fs::read_to_string(vectors().join("format.json")).unwrap();
    let format: serde_json::Value = serde_json::from_str(&text).unwrap();
    PublicKey::from_hex(format["operatorPublicKey"].as_str().unwrap()).unwrap()
}

fn shard() -> Vec<Vec<u8>> {
    SEGMENTS.iter().map(|name| fs::read(vectors().join("shard").join(name)).unwrap()).collect()
}

/// Segments by their numbers.
type Shard = Vec<(u64, Vec<u8>)>;

fn by_threads(shard: &Shard) -> ShardReport {
    let dir = tempfile::tempdir().unwrap();
    for (number, bytes) in shard {
        let name = SegmentNumber::new(*number).unwrap().file_name();
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    verify_shard(&RealDisk, dir.path(), &VerifyOptions::new(operator()), |_, _| {}).unwrap()
}

fn by_stream(shard: &Shard, mut piece: impl FnMut() -> usize) -> ShardReport {
    let mut verifier = ShardVerifier::new(operator(), SeqRange::ALL);
    for (number, bytes) in shard {
        verifier.begin(SegmentNumber::new(*number).unwrap());
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (first, others) = rest.split_at(piece().clamp(1, rest.len()));
            verifier.push(first);
            rest = others;
        }
    }
    verifier.finish()
}

fn check(shard: &Shard, rng: &mut Rng, what: &str) {
    let expected = ShardReport { threads: 1, ..by_threads(shard) };
    assert_eq!(by_stream(shard, || usize::MAX), expected, "{what}, whole segments");
    assert_eq!(by_stream(shard, || 1), expected, "{what}, byte by byte");
    for most in [9, 300, 5_000] {
        let found = by_stream(shard, || 1 + usize::try_from(rng.below(most)).unwrap());
        assert_eq!(found, expected, "{what}, pieces of up to {most} bytes");
    }
}

fn numbered(segments: Vec<Vec<u8>>) -> Shard {
    (1..).zip(segments).collect()
}

#[test]
fn a_good_shard_passes_however_it_is_cut() {
    let shard = numbered(shard());
    let report = by_stream(&shard, || 1_000);
    assert_eq!((report.records, report.segments), (129, 2));
    check(&shard, &mut Rng::new(1), "as it is");
}

#[test]
fn any_damage_is_told_as_by_threads() {
    let mut rng = Rng::new(2);
    for round in 0..60 {
        let mut segments = shard();
        for _ in 0..=rng.below(2) {
            let which = usize::try_from(rng.below(2)).unwrap();
            let bytes = &mut segments[which];
            let at = usize::try_from(rng.below(bytes.len() as u64)).unwrap();
            match rng.below(5) {
                0 => bytes[at] ^= 1 << rng.below(8),
                1 => bytes.truncate(at),
                2 => bytes.extend(vec![0; at]),
                3 => drop(bytes.drain(at..(at + 70).min(bytes.len()))),
                _ => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill(u8::try_from(rng.below(256)).unwrap());
                }
            }
        }
        check(&numbered(segments), &mut rng, &format!("round {round}"));
    }
}

#[test]
fn gaps_between_segments_and_empty_ones_are_told_as_by_threads() {
    let [first, second] = <[Vec<u8>; 2]>::try_from(shard()).unwrap();
    let shards = [
        vec![(2, second.clone())],
        vec![(1, first.clone()), (5, second.clone())],
        vec![(1, first.clone()), (2, Vec::new()), (3, second.clone())],
        vec![(1, Vec::new())],
        vec![(1, second), (2, first)],
    ];
    for (index, shard) in shards.iter().enumerate() {
        check(shard, &mut Rng::new(3), &format!("shard {index}"));
    }
}
