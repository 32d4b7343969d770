//! The page of `index.bin` shows the index of a log that anybody can write again.

use std::fs;
use std::sync::Arc;

use countersign::prove::Prover;
use countersign::store::disk::RealDisk;
use countersign::store::{ManualClock, MeteringLogShard, ShardPaths, WriterOptions};
use countersign_core::hash::{blake3, hex};
use countersign_core::settlement::BatchRules;
use countersign_tests::shard::{SHARD_ID, START_MS, certificate, operation, options, process_key};

const PAGE: &str = include_str!("../../native/src/index/FORMAT.md");

/// 300 entries of the page's writer, settled, and the index that a reader leaves beside them.
fn index() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let options = WriterOptions {
        clock: Arc::new(ManualClock::new(START_MS * 1_000, 0)),
        batch: BatchRules::ON_DEMAND,
        max_segment_size: 1 << 20,
        ..options(RealDisk)
    };
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    for half in [0..150, 150..300] {
        for number in half {
            shard.append(&operation(&format!("op-{number}"))).unwrap();
        }
        shard.settle().unwrap().unwrap();
    }
    shard.close().unwrap();
    Prover::open(&RealDisk, &path).unwrap();
    fs::read(ShardPaths::new(&path).index()).unwrap()
}

#[test]
fn the_specimen_is_the_index_of_a_log() {
    let found = index();
    let specimen = PAGE.split("```hex\n").nth(1).unwrap().split("\n```").next().unwrap();
    let mut shown = Vec::new();
    for line in specimen.lines() {
        let (digits, says) = line.split_once("  ").unwrap_or_else(|| panic!("{line}"));
        let bytes = hex::decode(digits).unwrap_or_else(|| panic!("{line}"));
        // A number that a line names is the one that its bytes hold.
        if let (Some(number), Ok(word)) = (
            says.rsplit(' ').next().and_then(|last| last.parse::<u64>().ok()),
            bytes[..].try_into(),
        ) {
            assert_eq!(u64::from_be_bytes(word), number, "{line}");
        }
        shown.extend(bytes);
    }
    assert_eq!(hex::encode(&shown), hex::encode(&found));
    let (content, checksum) = found.split_at(found.len() - 32);
    assert_eq!(blake3(content).as_ref(), checksum);
    assert_eq!(content[20..36], SHARD_ID.as_bytes()[..]);
}
