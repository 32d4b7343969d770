//! Verifying shards on disk: the vectors, and every kind of damage.

use std::cell::Cell;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use countersign::store::disk::RealDisk;
use countersign::verify::{ShardReport, VerifyError, VerifyOptions, verify_shard};
use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Operation};
use countersign_core::frame::{FrameStep, length_prefix, read_frame};
use countersign_core::keys::{PublicKey, ShardId, SigningKey, create_process_key_action};
use countersign_tests::rng::Rng;
use countersign_tests::vector;
use serde_json::Value;
use tempfile::TempDir;

const SEGMENTS: [&str; 2] = ["log.000001.cbor", "log.000002.cbor"];

fn format() -> Value {
    vector("metering-v1/format.json")
}

fn operator() -> PublicKey {
    PublicKey::from_hex(format()["operatorPublicKey"].as_str().unwrap()).unwrap()
}

fn vector_segment(name: &str) -> Vec<u8> {
    let shard = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1/shard");
    fs::read(shard.join(name)).unwrap()
}

/// A directory with these segments.
fn shard(segments: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in segments {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn vector_shard() -> TempDir {
    let segments = SEGMENTS.map(|name| (name, vector_segment(name)));
    shard(&segments.each_ref().map(|(name, bytes)| (*name, bytes.as_slice())))
}

fn options(key: PublicKey, threads: usize) -> VerifyOptions {
    VerifyOptions { threads: NonZeroUsize::new(threads), ..VerifyOptions::new(key) }
}

fn verify(dir: &Path, options: &VerifyOptions) -> Result<ShardReport, VerifyError> {
    verify_shard(&RealDisk, dir, options, |_, _| {})
}

fn report(dir: &Path) -> ShardReport {
    verify(dir, &options(operator(), 2)).unwrap()
}

/// Codes and seqs of the failures but those that the intact vector shard has.
fn failures(report: &ShardReport) -> Vec<(&'static str, u64)> {
    let all = report.failures.iter().map(|failure| (failure.code, failure.seq.0));
    all.filter(|(code, _)| *code != "key-compromised").collect()
}

/// Offsets of the frames of a segment, and of its end.
fn frame_offsets(bytes: &[u8]) -> Vec<usize> {
    let mut offsets = vec![0];
    let mut at = 0;
    while let FrameStep::Frame { payload } = read_frame(&bytes[at..]) {
        at += 4 + payload.len();
        offsets.push(at);
    }
    offsets
}

#[test]
fn the_vector_shard_gives_the_report_of_the_vectors() {
    let format = format();
    let expected = &format["report"];
    let invalid: Vec<_> = format["invalidFrom30"].as_array().unwrap().clone();
    let dir = vector_shard();
    for threads in [1, 2, 4] {
        let calls = Cell::new((0, 0));
        let report = verify_shard(&RealDisk, dir.path(), &options(operator(), threads), |a, b| {
            assert!(calls.get().0 <= a && a <= b);
            calls.set((a, b));
        })
        .unwrap();
        assert_eq!(calls.get(), (report.bytes, report.bytes));
        assert_eq!(report.shard_id.unwrap().to_string(), format["shardId"]);
        assert_eq!(report.records, expected["records"].as_u64().unwrap());
        assert_eq!(report.entries, expected["entries"].as_u64().unwrap());
        assert_eq!(report.signatures, expected["signatures"].as_u64().unwrap());
        assert_eq!(report.settlements, expected["settlements"].as_u64().unwrap());
        assert_eq!(report.unsigned_tail, expected["unsignedTail"].as_u64().unwrap());
        assert_eq!(report.tip.to_string(), expected["tip"]);
        assert_eq!(report.last_seq, Some(Seq(128)));
        assert_eq!((report.segments, report.torn_tail_bytes), (2, 0));
        assert!(report.failures.iter().all(|failure| failure.code == "key-compromised"));
        let seqs: Vec<_> =
            report.failures.iter().map(|failure| Value::from(failure.seq.to_string())).collect();
        assert_eq!(seqs, invalid);
        assert!(!report.valid);
        assert_eq!(report.keys.len(), 2);

        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["lastSeq"], "128");
        assert_eq!(json["keys"][0]["compromisedFrom"], "30");
        assert_eq!(json["keys"][1]["revokedAt"], Value::Null);
        assert_eq!(json["failures"][0]["segment"], SEGMENTS[0]);
        assert_eq!(json["failuresTotal"], invalid.len().to_string());
        let text = report.to_string();
        assert!(text.starts_with("NOT VALID: 10 checks failed\n"), "{text}");
        assert!(text.contains("key-compromised: seq 34 in log.000001.cbor byte "), "{text}");
    }
}

#[test]
fn no_flipped_bit_of_the_first_segment_goes_unreported() {
    flip_every_byte(SEGMENTS[0], usize::MAX);
}

/// No record vouches for the last one, and a signature does not cover its own time.
#[test]
fn no_flipped_bit_of_the_last_segment_goes_unreported() {
    let offsets = frame_offsets(&vector_segment(SEGMENTS[1]));
    flip_every_byte(SEGMENTS[1], offsets[offsets.len() - 2]);
}

/// Flips one bit of every byte; from `last_record` on the tip tells, before it a failure does.
fn flip_every_byte(name: &str, last_record: usize) {
    let dir = vector_shard();
    let path = dir.path().join(name);
    let mut bytes = vector_segment(name);
    let mut rng = Rng::new(7);
    let key = operator();
    let verify = || ShardReport { threads: 0, ..verify(dir.path(), &options(key, 1)).unwrap() };
    let intact = verify();
    for at in 0..bytes.len() {
        let bit = 1 << rng.below(8);
        bytes[at] ^= bit;
        fs::write(&path, &bytes).unwrap();
        let found = verify();
        let is_told = !failures(&found).is_empty() || found.torn_tail_bytes > 0;
        assert!(found.tip != intact.tip || is_told, "{name} byte {at} bit {bit}: unseen");
        assert!(is_told || at >= last_record, "{name} byte {at} bit {bit}: {found}");
        bytes[at] ^= bit;
    }
    fs::write(&path, &bytes).unwrap();
    assert!(verify() == intact);
}

#[test]
fn a_wrong_length_loses_one_record_only() {
    let dir = vector_shard();
    let bytes = vector_segment(SEGMENTS[0]);
    let offsets = frame_offsets(&bytes);
    // An entry in the middle, by its least and most significant bits, up and down.
    let (seq, at) = (10, offsets[10]);
    for (byte, bit) in [(0, 1), (0, 0x80), (1, 1), (1, 0x20), (2, 1), (3, 0x80)] {
        let mut bytes = bytes.clone();
        bytes[at + byte] ^= bit;
        fs::write(dir.path().join(SEGMENTS[0]), &bytes).unwrap();
        let report = report(dir.path());
        assert_eq!(failures(&report)[..2], [("frame-broken", seq), ("seq-gap", seq + 1)]);
        assert_eq!(report.failures[0].offset, at as u64);
        assert_eq!(report.records, 128, "{report}");
        assert_eq!(report.last_seq, Some(Seq(128)));
        let offset = offsets[11].to_string();
        assert!(report.failures[0].detail.contains(&offset), "{}", report.failures[0]);
    }
}

#[test]
fn missing_duplicated_and_swapped_segments() {
    let [first, second] = SEGMENTS.map(vector_segment);
    let in_first = frame_offsets(&first).len() as u64 - 1;

    let dir = shard(&[(SEGMENTS[1], &second)]);
    let found = report(dir.path());
    assert_eq!(failures(&found)[0], ("segment-missing", 0));
    assert_eq!(found.failures[0].segment, SEGMENTS[0]);
    assert_eq!(found.records, 129 - in_first);

    let dir = shard(&[(SEGMENTS[0], &first), ("log.000004.cbor", &second)]);
    let found = report(dir.path());
    assert_eq!(failures(&found), [("segment-missing", in_first)]);
    assert_eq!(found.records, 129);
    let missing = found.failures.iter().find(|failure| failure.code == "segment-missing").unwrap();
    assert_eq!((missing.segment.as_str(), missing.offset), (SEGMENTS[1], 0));
    assert!(missing.detail.contains("log.000003.cbor"), "{missing}");

    let dir = shard(&[(SEGMENTS[0], &first), (SEGMENTS[1], &first), ("log.000003.cbor", &second)]);
    let found = report(dir.path());
    assert!(failures(&found).contains(&("seq-gap", 0)), "{found}");
    assert!(failures(&found).contains(&("chain-broken", 0)), "{found}");

    let dir = shard(&[(SEGMENTS[0], &second), (SEGMENTS[1], &first)]);
    let found = report(dir.path());
    assert!(failures(&found).contains(&("certificate-missing", in_first)), "{found}");
}

#[test]
fn swapped_records_break_the_chain() {
    let bytes = vector_segment(SEGMENTS[0]);
    let offsets = frame_offsets(&bytes);
    let cut = |seq: usize| &bytes[offsets[seq]..offsets[seq + 1]];
    let swapped = [&bytes[..offsets[5]], cut(6), cut(5), &bytes[offsets[7]..]].concat();
    let dir = shard(&[(SEGMENTS[0], &swapped), (SEGMENTS[1], &vector_segment(SEGMENTS[1]))]);
    let found = failures(&report(dir.path()));
    for expected in [("seq-gap", 6), ("chain-broken", 6), ("seq-gap", 5), ("seq-gap", 7)] {
        assert!(found.contains(&expected), "{found:?}");
    }
}

#[test]
fn a_log_cut_anywhere_in_its_last_frames_is_read_up_to_there() {
    let [first, second] = SEGMENTS.map(vector_segment);
    let dir = shard(&[(SEGMENTS[0], &first)]);
    let offsets = frame_offsets(&second);
    for length in offsets[offsets.len() - 3]..second.len() {
        fs::write(dir.path().join(SEGMENTS[1]), &second[..length]).unwrap();
        let found = report(dir.path());
        let whole = offsets.iter().rposition(|offset| *offset <= length).unwrap();
        assert_eq!(failures(&found), [], "cut at {length}");
        assert_eq!(found.torn_tail_bytes, (length - offsets[whole]) as u64, "cut at {length}");
        assert_eq!(found.records, 129 - (offsets.len() - 1 - whole) as u64);
        // The cut takes the last signature off; the record before it is one too if that goes.
        assert_eq!(found.unsigned_tail > 0, whole == offsets.len() - 2, "cut at {length}");

        // In a segment that is not the last the same cut is damage.
        let third = dir.path().join("log.000003.cbor");
        fs::write(&third, []).unwrap();
        let found = report(dir.path());
        let is_damaged = found.failures.iter().any(|failure| failure.code == "frame-broken");
        assert_eq!(is_damaged, length != offsets[whole], "cut at {length}");
        fs::remove_file(third).unwrap();
    }
}

#[test]
fn unused_space_is_fine_at_the_end_only() {
    let [first, second] = SEGMENTS.map(vector_segment);
    for count in [1, 3, 4, 5, 200_000] {
        let zeros = vec![0; count];
        let padded = [&second[..], &zeros].concat();
        let dir = shard(&[(SEGMENTS[0], &first), (SEGMENTS[1], &padded)]);
        let found = report(dir.path());
        assert_eq!((failures(&found), found.torn_tail_bytes), (vec![], 0), "{count} zeros");

        let padded = [&first[..], &zeros].concat();
        let dir = shard(&[(SEGMENTS[0], &padded), (SEGMENTS[1], &second)]);
        assert_eq!(failures(&report(dir.path()))[0].0, "frame-broken", "{count} zeros");

        let followed = [&second[..], &zeros, b"x"].concat();
        let dir = shard(&[(SEGMENTS[0], &first), (SEGMENTS[1], &followed)]);
        let found = report(dir.path());
        let is_seen = !failures(&found).is_empty() || found.torn_tail_bytes > 0;
        assert!(is_seen, "{count} zeros and a byte");
    }
}

#[test]
fn a_wrong_operator_key_is_told_once() {
    let dir = vector_shard();
    let other = SigningKey::from_seed(&[9; 32]).public_key();
    let report = verify(dir.path(), &options(other, 2)).unwrap();
    assert_eq!((report.failures[0].code, report.failures[0].seq), ("wrong-operator-key", Seq(0)));
    assert_eq!(report.failures[1].code, "outside-key-window");
}

#[test]
fn what_is_no_shard_has_a_code() {
    let dir = tempfile::tempdir().unwrap();
    let code = |path: PathBuf| verify(&path, &options(operator(), 1)).unwrap_err().code();
    assert_eq!(code(dir.path().into()), "not-a-shard");
    assert_eq!(code(dir.path().join("nowhere")), "not-a-shard");
    fs::write(dir.path().join("file"), b"x").unwrap();
    assert_eq!(code(dir.path().join("file")), "not-a-shard");
    fs::create_dir(dir.path().join(SEGMENTS[0])).unwrap();
    assert_eq!(code(dir.path().into()), "io");

    let dir = shard(&[(SEGMENTS[0], b"")]);
    assert_eq!(failures(&report(dir.path())), [("certificate-missing", 0)]);
    let dir = shard(&[(SEGMENTS[0], b"some other file, which is not a log at all")]);
    assert!(!report(dir.path()).valid);
}

#[test]
fn a_newer_format_stops_the_verification() {
    let mut bytes = vector_segment(SEGMENTS[0]);
    // The version follows the kind and the head of the body.
    let kind = b"PROCESS_KEY_CERT";
    let at = bytes.windows(kind.len()).position(|window| window == kind).unwrap() + kind.len() + 1;
    assert_eq!(bytes[at], 1);
    bytes[at] = 2;
    let dir = shard(&[(SEGMENTS[0], &bytes), (SEGMENTS[1], &vector_segment(SEGMENTS[1]))]);
    for threads in [1, 3] {
        let report = verify(dir.path(), &options(operator(), threads)).unwrap();
        assert_eq!(failures(&report), [("format-too-new", 0)]);
        assert_eq!(report.records, 1);
    }
}

#[test]
fn a_range_reports_on_its_records_alone() {
    let dir = vector_shard();
    let whole = report(dir.path());
    let ranged = |from, to| {
        let range = VerifyOptions { from, to, ..options(operator(), 2) };
        verify(dir.path(), &range)
    };
    let part = ranged(Some(Seq(35)), Some(Seq(50))).unwrap();
    assert_eq!((part.records, part.last_seq), (16, Some(Seq(50))));
    let expected: Vec<_> = whole
        .failures
        .iter()
        .filter(|failure| (35..=50).contains(&failure.seq.0))
        .cloned()
        .collect();
    assert_eq!(part.failures, expected);
    let head = ranged(None, Some(Seq(20))).unwrap();
    assert!(head.valid && head.records == 21 && head.unsigned_tail == 0, "{head}");
    assert_eq!(ranged(Some(Seq(129)), None).unwrap_err().code(), "seq-not-in-log");
    assert_eq!(ranged(Some(Seq(9)), Some(Seq(8))).unwrap_err().code(), "invalid-range");

    // A gap that swallows the whole range is reported on it, though it begins and ends outside.
    let bytes = vector_segment(SEGMENTS[0]);
    let offsets = frame_offsets(&bytes);
    let cut = [&bytes[..offsets[4]], &bytes[offsets[20]..]].concat();
    fs::write(dir.path().join(SEGMENTS[0]), cut).unwrap();
    let gap = ranged(Some(Seq(8)), Some(Seq(12))).unwrap();
    assert_eq!(gap.failures[0].code, "seq-gap");
    assert_eq!(gap.records, 0);
}

/// A log of `count` records, as frames.
fn synthetic(count: u64) -> (PublicKey, Vec<Vec<u8>>) {
    let (operator, process) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let shard_id = ShardId::from_bytes([7; 16]);
    let certificate =
        create_process_key_action(&operator, shard_id, process.public_key(), 0, 600_000_000)
            .unwrap();
    let mut chain = ChainWriter::new(shard_id);
    let mut frames = Vec::new();
    for seq in 0..count {
        let mut bytes = Vec::new();
        let ts_us = 1_000 + seq;
        if seq == 0 {
            chain.certify(&mut bytes, ts_us, &certificate).unwrap();
        } else if chain.unsigned_entries() == 64 || seq == 1 || seq + 1 == count {
            chain.sign(&mut bytes, ts_us, &process).unwrap();
        } else {
            let operation = Operation {
                op: "joule.charge",
                member_id: &[(seq % 251) as u8; 32],
                asset_id: "joule",
                amount: i128::from(seq) - 1_000,
                op_id: &format!("operation-{seq}"),
                context_hash: &[(seq % 7) as u8; 32],
            };
            chain.append(&mut bytes, ts_us, &operation).unwrap();
        }
        let mut frame = length_prefix(bytes.len()).unwrap().to_vec();
        frame.extend_from_slice(&bytes);
        frames.push(frame);
    }
    (operator.public_key(), frames)
}

/// Verifies at several numbers of threads and sizes of blocks; the one report they must agree on.
fn verify_in_many_ways(
    dir: &Path,
    key: PublicKey,
    range: (Option<Seq>, Option<Seq>),
) -> ShardReport {
    let mut agreed: Option<ShardReport> = None;
    for (threads, size) in
        [(1, None), (2, None), (3, Some(100_000)), (2, Some(4_097)), (1, Some(1))]
    {
        let options = VerifyOptions {
            block_size: size.and_then(NonZeroUsize::new),
            from: range.0,
            to: range.1,
            ..options(key, threads)
        };
        let report = ShardReport { threads: 0, ..verify(dir, &options).unwrap() };
        if let Some(agreed) = &agreed {
            assert!(
                report == *agreed,
                "{threads} threads, {size:?}:\n{report}\nbut before\n{agreed}"
            );
        }
        agreed = Some(report);
    }
    agreed.unwrap()
}

#[test]
fn a_large_log_gives_one_report_in_any_number_of_threads_and_block_sizes() {
    let (key, frames) = synthetic(50_000);
    let (first, second) = frames.split_at(30_000);
    let dir = shard(&[(SEGMENTS[0], &first.concat()), (SEGMENTS[1], &second.concat())]);
    let report = verify_in_many_ways(dir.path(), key, (None, None));
    assert!(report.valid, "{report}");
    assert_eq!((report.records, report.unsigned_tail), (50_000, 0));
    assert_eq!(report.entries + report.signatures + 1, 50_000);
    assert!(report.to_string().starts_with("VALID: every check passed\n"));
}

#[test]
fn damage_in_the_middle_is_passed_and_reported_alike_in_any_way_of_reading() {
    let (key, frames) = synthetic(3_000);
    let mut rng = Rng::new(11);
    for round in 0..60 {
        let mut bytes = frames.concat();
        let middle = bytes.len() / 4;
        for _ in 0..=rng.below(4) {
            let at = middle + rng.below(2 * middle as u64) as usize;
            match rng.below(5) {
                0 => bytes[at] ^= 1 << rng.below(8),
                1 => {
                    let end = at + rng.below(5_000) as usize;
                    bytes[at..end].fill(0);
                }
                2 => {
                    let end = at + rng.below(5_000) as usize;
                    bytes[at..end].iter_mut().for_each(|byte| *byte = rng.below(256) as u8);
                }
                3 => drop(bytes.drain(at..at + rng.below(2_000) as usize)),
                _ => drop(bytes.splice(at..at, std::iter::repeat_n(0x85, rng.below(300) as usize))),
            }
        }
        let cut = bytes.len() / 2;
        let at = frame_offsets(&bytes).into_iter().rfind(|at| *at <= cut).unwrap();
        let dir = shard(&[(SEGMENTS[0], &bytes[..at]), (SEGMENTS[1], &bytes[at..])]);
        let report = verify_in_many_ways(dir.path(), key, (None, None));
        assert_eq!(report.last_seq, Some(Seq(2_999)), "round {round}: {report}");
        let part = verify_in_many_ways(dir.path(), key, (Some(Seq(1_000)), Some(Seq(1_999))));
        assert!(part.failures_total <= report.failures_total, "round {round}");
        assert!(part.failures.iter().all(|f| report.failures.contains(f)), "round {round}");
    }
}

#[test]
fn a_hostile_log_is_counted_in_full_and_listed_in_part() {
    let (key, frames) = synthetic(100);
    let rubbish = [5, 0, 0, 0, 1, 2, 3, 4, 5].repeat(40_000);
    let dir = shard(&[(SEGMENTS[0], &[frames.concat(), rubbish].concat())]);
    let report = verify_in_many_ways(dir.path(), key, (None, None));
    assert_eq!(report.failures.len(), 10_000.min(report.failures.len()));
    assert!(!report.valid && report.failures_total >= report.failures.len() as u64);
    assert_eq!(report.failures[0].seq, Seq(100));

    // Whole frames that are no records, each followed by another: every one is counted.
    let frame = [&64_u32.to_le_bytes()[..], &[0x85; 64]].concat();
    let dir = shard(&[(SEGMENTS[0], &[frames.concat(), frame.repeat(25_000)].concat())]);
    let report = verify_in_many_ways(dir.path(), key, (None, None));
    assert_eq!((report.failures.len(), report.failures_total), (10_000, 25_000));
    assert!(report.to_string().contains("and 15000 more"));
}
