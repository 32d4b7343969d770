//! Reading a shard while it is written, and after.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use countersign::render::record_json;
use countersign::store::disk::RealDisk;
use countersign::store::{Ahead, ReadError, ShardPaths, ShardReader};
use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Operation, next_tip};
use countersign_core::frame::length_prefix;
use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
use countersign_tests::rng::Rng;
use countersign_tests::vector;
use serde_json::{Value, json};

const SEGMENTS: [&str; 2] = ["log.000001.cbor", "log.000002.cbor"];
/// Records of the log below; every tenth is a signature.
const COUNT: u64 = 200;

/// A log as frames; every context hash is unused, so every entry ends in zeros.
fn frames(op: &str) -> Vec<Vec<u8>> {
    let (operator, process) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let shard_id = ShardId::from_bytes([7; 16]);
    let certificate =
        create_process_key_action(&operator, shard_id, process.public_key(), 0, 60_000).unwrap();
    let mut chain = ChainWriter::new(shard_id);
    let frame = |seq: u64| {
        let mut bytes = Vec::new();
        if seq == 0 {
            chain.certify(&mut bytes, 1, &certificate).unwrap();
        } else if seq % 10 == 9 {
            chain.sign(&mut bytes, seq, &process).unwrap();
        } else {
            let op_id = &format!("operation-{seq}");
            let (member_id, context_hash) = (&[3; 32], &[0; 32]);
            let asset_id = "joule";
            let operation = Operation { op, member_id, asset_id, amount: 5, op_id, context_hash };
            chain.append(&mut bytes, seq, &operation).unwrap();
        }
        [&length_prefix(bytes.len()).unwrap()[..], &bytes].concat()
    };
    (0..COUNT).map(frame).collect()
}

fn open(dir: &Path, from: u64) -> ShardReader<'static> {
    ShardReader::open(&RealDisk, &ShardPaths::new(dir), Seq(from)).unwrap()
}

/// Seqs of everything there is to read.
fn read_all(reader: &mut ShardReader<'_>) -> Vec<u64> {
    let mut seqs = Vec::new();
    while let Some(read) = reader.poll_next().unwrap() {
        assert_eq!(read.tip, next_tip(read.bytes, read.record.prev_hash()));
        seqs.push(read.record.seq().0);
    }
    seqs
}

fn write_at(path: &Path, bytes: &[u8], offset: usize) {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).unwrap();
    file.write_all_at(bytes, offset as u64).unwrap();
}

#[test]
fn reads_from_any_record_across_segments() {
    let frames = frames("earn");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(SEGMENTS[0]), frames[..70].concat()).unwrap();
    fs::write(dir.path().join(SEGMENTS[1]), frames[70..].concat()).unwrap();
    for from in 0..COUNT + 2 {
        let mut reader = open(dir.path(), from);
        assert_eq!(read_all(&mut reader), (from..COUNT).collect::<Vec<_>>());
        assert_eq!(reader.ahead(), Ahead::Nothing);
        // Nothing stands behind the last signature, record 199.
        assert_eq!(reader.durable_seq(), Some(Seq(189)));
    }
}

#[test]
fn the_durable_position_is_a_signature_with_a_record_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(SEGMENTS[0]), frames("earn").concat()).unwrap();
    let mut reader = open(dir.path(), 0);
    for seq in 0..COUNT {
        assert_eq!(reader.poll_next().unwrap().unwrap().record.seq(), Seq(seq));
        let durable = (seq / 10).checked_sub(1).map(|group| Seq(group * 10 + 9));
        assert_eq!(reader.durable_seq(), durable, "at {seq}");
    }
}

#[test]
fn follows_a_writer_that_appends_piece_by_piece() {
    for prefilled in [false, true] {
        let frames = frames("earn");
        let dir = tempfile::tempdir().unwrap();
        let (path, next) = (dir.path().join(SEGMENTS[0]), dir.path().join(SEGMENTS[1]));
        fs::write(&path, vec![0; if prefilled { 65_536 } else { 0 }]).unwrap();
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = Rng::new(3);
                for (path, frames) in [(&path, &frames[..120]), (&next, &frames[120..])] {
                    let bytes = frames.concat();
                    let mut at = 0;
                    while at < bytes.len() {
                        let count = (rng.below(200) as usize + 1).min(bytes.len() - at);
                        write_at(path, &bytes[at..at + count], at);
                        at += count;
                        thread::yield_now();
                    }
                    OpenOptions::new().write(true).open(path).unwrap().set_len(at as u64).unwrap();
                }
                is_done.store(true, Ordering::SeqCst);
            });
            let mut reader = open(dir.path(), 0);
            let mut seqs = Vec::new();
            loop {
                let was_done = is_done.load(Ordering::SeqCst);
                while let Some(read) = reader.poll_next().unwrap() {
                    let seq = read.record.seq().0;
                    let frame = &frames[usize::try_from(seq).unwrap()];
                    assert_eq!(read.bytes, &frame[4..], "record {seq} was not whole");
                    seqs.push(seq);
                }
                if was_done {
                    break;
                }
            }
            assert_eq!(seqs, (0..COUNT).collect::<Vec<_>>());
        });
    }
}

#[test]
fn a_torn_tail_is_passed_over_once_it_is_cut_and_written_anew() {
    let frames = frames("earn");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SEGMENTS[0]);
    let whole = frames[..50].concat();
    fs::write(&path, [&whole[..], &frames[50][..30]].concat()).unwrap();
    let mut reader = open(dir.path(), 0);
    assert_eq!(read_all(&mut reader).len(), 50);
    assert_eq!(reader.ahead(), Ahead::Incomplete);
    fs::write(&path, &whole).unwrap();
    assert!(read_all(&mut reader).is_empty());
    assert_eq!(reader.ahead(), Ahead::Nothing);
    fs::write(&path, frames.concat()).unwrap();
    assert_eq!(read_all(&mut reader), (50..COUNT).collect::<Vec<_>>());
}

#[test]
fn records_that_a_recovery_took_off_are_named() {
    let frames = frames("earn");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SEGMENTS[0]);
    fs::write(&path, frames[..55].concat()).unwrap();
    let mut reader = open(dir.path(), 0);
    assert_eq!(read_all(&mut reader).len(), 55);
    assert_eq!(reader.durable_seq(), Some(Seq(49)));
    // Others take their place, and then more of them than were read.
    let others = [frames[..50].to_vec(), self::frames("spend")[50..].to_vec()].concat();
    for count in [50, 52, 60] {
        fs::write(&path, others[..count].concat()).unwrap();
        let error = reader.poll_next().unwrap_err();
        assert!(matches!(error, ReadError::Rewritten { seq: Seq(54) }), "{count}: {error}");
        assert_eq!(error.code(), "rewritten");
    }
}

#[test]
fn never_returns_a_record_that_does_not_chain() {
    let mut frames = frames("earn");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SEGMENTS[0]);
    let last = frames[20].len() - 1;
    frames[20][last] ^= 1;
    fs::write(&path, frames.concat()).unwrap();
    let mut reader = open(dir.path(), 0);
    assert_eq!(read_all(&mut reader).len(), 21);
    assert_eq!(reader.ahead(), Ahead::NotNext);

    // With another segment behind it that is no write under way.
    fs::write(dir.path().join(SEGMENTS[1]), []).unwrap();
    let error = reader.poll_next().unwrap_err();
    assert!(matches!(error, ReadError::Damaged { seq: Seq(21), .. }), "{error}");
}

#[test]
fn what_is_no_shard_has_a_code() {
    let dir = tempfile::tempdir().unwrap();
    let code = |path: &Path| {
        ShardReader::open(&RealDisk, &ShardPaths::new(path), Seq(0)).unwrap_err().code()
    };
    assert_eq!(code(dir.path()), "not-a-shard");
    assert_eq!(code(&dir.path().join("nowhere")), "not-a-shard");
    fs::write(dir.path().join(SEGMENTS[1]), []).unwrap();
    assert_eq!(code(dir.path()), "corrupt");
}

#[test]
fn records_render_as_json() {
    let shard = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1/shard");
    let format = vector("metering-v1/format.json");
    let mut reader = open(&shard, 0);
    let mut kinds = Vec::new();
    for case in format["records"].as_array().unwrap() {
        let read = reader.poll_next().unwrap().unwrap();
        let value = record_json(&read.record, &read.tip);
        assert_eq!(value["seq"], case["seq"].as_str().unwrap());
        assert_eq!(value["tip"], case["tip"]);
        match value["kind"].as_str() {
            None => {
                let names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
                let expected = [
                    "amount",
                    "assetId",
                    "contextHash",
                    "memberId",
                    "op",
                    "opId",
                    "prevHash",
                    "seq",
                    "tip",
                    "ts",
                ];
                assert_eq!(names, expected);
            }
            Some("BATCH_SETTLEMENT") => {
                let settlements = format["settlements"].as_array().unwrap();
                let settlement = settlements.iter().find(|s| s["seq"] == case["seq"]).unwrap();
                for name in ["tipHash", "itemsRoot", "logRoot", "indexRoot", "signature"] {
                    assert_eq!(value["body"][name], settlement[name], "{name}");
                }
                let delta = &value["body"]["memberDeltas"][0];
                let expected = &settlement["memberDeltas"][0];
                assert_eq!(delta["memberId"], expected["memberId"]);
                assert_eq!(delta["earned"].as_str(), Some(decimal(&expected["earned"]).as_str()));
            }
            Some("PROCESS_KEY_SIGN") => {
                assert_eq!(value["body"].as_object().unwrap().len(), 2);
            }
            Some("PROCESS_KEY_REVOKE") => {
                assert!(
                    ["rotation", "key-compromise"]
                        .map(|r| json!(r))
                        .contains(&value["body"]["reason"])
                );
            }
            Some("PROCESS_KEY_CERT") => {
                assert_eq!(value["body"]["formatVersion"], "1");
                assert_eq!(value["body"]["shardId"], format["shardId"]);
            }
            Some(kind) => kinds.push(kind.to_string()),
        }
    }
    assert!(reader.poll_next().unwrap().is_none());
    assert!(kinds.iter().all(|kind| kind == "DISPUTE_RESOLUTION"), "{kinds:?}");
}

fn decimal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}
