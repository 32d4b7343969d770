//! Proofs out of a shard on disk: every kind, and whatever is done to the index beside the log.

use std::fs;
use std::path::{Path, PathBuf};

use countersign::prove::{BatchName, ProveError, Prover};
use countersign::store::disk::RealDisk;
use countersign::store::{MeteringLogShard, ShardPaths, WriterOptions};
use countersign_core::Seq;
use countersign_core::chain::{Operation, Record};
use countersign_core::frame::{FrameStep, SegmentNumber, read_frame};
use countersign_core::hash::{Blake3, Hash as _};
use countersign_core::keys::PublicKey;
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::proof::{Report, VerifyOptions, verify_bundle};
use countersign_core::settlement::{BatchId, BatchRules};
use countersign_tests::json::text;
use countersign_tests::rng::Rng;
use countersign_tests::shard::{SEGMENT_SIZE, certificate, operator, options, process_key};
use countersign_tests::vector;
use tempfile::TempDir;

/// Records to a row of the index.
const CHUNK: u64 = 256;

fn checked(json: &str, operator: &PublicKey) -> Report {
    let report = verify_bundle(json.as_bytes(), operator, &VerifyOptions::default()).unwrap();
    assert!(report.valid, "{:?}", report.first_failure());
    report
}

/// A copy of a shard's files.
fn copy(from: &Path) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
    }
    directory
}

fn vectors() -> TempDir {
    copy(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1/shard"))
}

fn member(number: u64) -> [u8; 32] {
    [u8::try_from(number % 5).unwrap() + 1; 32]
}

fn batches_of(max_records: u64) -> WriterOptions {
    let batch = BatchRules { max_records, max_age_ms: u64::MAX };
    WriterOptions { batch, ..options(RealDisk) }
}

/// Appends entries `numbers` and settles what is open.
fn append(shard: &MeteringLogShard, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let op_id = &format!("operation-{number}");
        let amount = if number % 3 == 0 { -2 } else { 7 };
        let (member_id, context_hash) = (&member(number), &[9; 32]);
        let asset_id = if number % 2 == 0 { "joule" } else { "hour" };
        let operation = Operation { op: "earn", member_id, asset_id, amount, op_id, context_hash };
        shard.append(&operation).unwrap();
    }
    shard.settle().unwrap();
}

/// A shard of some 1,600 records in many segments and several batches, closed.
fn shard() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let options = batches_of(400);
    let shard =
        MeteringLogShard::create(directory.path(), &certificate(0), process_key(0), &options);
    let shard = shard.unwrap();
    append(&shard, 0..900);
    append(&shard, 900..1_500);
    shard.close().unwrap();
    assert!(fs::read_dir(directory.path()).unwrap().count() > 20, "{SEGMENT_SIZE}");
    directory
}

/// Bundles of every kind, from one prover.
fn bundles(directory: &Path) -> Vec<String> {
    let mut prover = Prover::open(&RealDisk, directory).unwrap();
    let ranges = prover.ranges().to_vec();
    let mut found = Vec::new();
    for range in &ranges {
        let (from, to) = (range.from_seq, range.to_seq);
        let batch = BatchName::Of(to);
        for seq in [from, Seq(from.0.midpoint(to.0)), to] {
            found.push(prover.inclusion(seq).unwrap().to_json());
        }
        found.push(prover.records(&[to, from, Seq(from.0 + 1), from]).unwrap().to_json());
        found.push(prover.statement(&member(2), batch).unwrap().to_json());
        found.push(prover.exclusion(&member(2), "never", batch).unwrap().to_json());
        for earlier in &ranges {
            if earlier.to_seq <= to {
                let earlier = BatchName::Of(earlier.from_seq);
                found.push(prover.consistency(earlier, batch).unwrap().to_json());
            }
        }
    }
    found.into_iter().map(Result::unwrap).collect()
}

#[test]
fn every_kind_holds_for_every_settlement_of_the_vectors() {
    let file = vector("metering-v1/format.json");
    let operator = PublicKey::from_hex(text(&file["operatorPublicKey"])).unwrap();
    let directory = vectors();
    let mut prover = Prover::open(&RealDisk, directory.path()).unwrap();
    let settlements = prover.settlements().unwrap();
    assert_eq!(settlements.len(), file["settlements"].as_array().unwrap().len());
    assert!(settlements.len() >= 2);
    let mut earlier = Vec::new();
    for settled in settlements {
        let action = &settled.signed.settlement;
        let id = action.batch_id(prover.shard_id());
        earlier.push(id);
        let seqs: Vec<_> = (action.from_seq.0..=action.to_seq.0).map(Seq).collect();
        for seq in &seqs {
            let report = checked(&prover.inclusion(*seq).unwrap().to_json().unwrap(), &operator);
            assert_eq!(report.facts.records[0].seq, *seq);
        }
        let report = checked(&prover.records(&seqs).unwrap().to_json().unwrap(), &operator);
        assert_eq!(report.facts.records.len(), seqs.len());
        let mut entries = 0;
        let members: std::collections::BTreeSet<_> =
            action.member_deltas.iter().map(|delta| delta.member_id).collect();
        for member in &members {
            let bundle = prover.statement(member, BatchName::Id(id)).unwrap();
            let report = checked(&bundle.to_json().unwrap(), &operator);
            entries += report.facts.records.len() as u64;
            for record in &report.facts.records {
                let op_id = &record.operation.as_ref().unwrap().op_id;
                match prover.exclusion(member, op_id, BatchName::Id(id)) {
                    Err(ProveError::OperationPresent { seq, batch }) => {
                        assert_eq!((seq, batch), (record.seq, id));
                    }
                    other => panic!("{other:?}"),
                }
            }
            let bundle = prover.exclusion(member, "no such thing", BatchName::Id(id)).unwrap();
            checked(&bundle.to_json().unwrap(), &operator);
        }
        assert_eq!(entries, action.entry_count);
        let absent = prover.statement(&[0xfe; 32], BatchName::Id(id)).unwrap();
        assert!(checked(&absent.to_json().unwrap(), &operator).facts.records.is_empty());
        for from in &earlier {
            let bundle = prover.consistency(BatchName::Id(*from), BatchName::Id(id)).unwrap();
            checked(&bundle.to_json().unwrap(), &operator);
        }
    }
    assert_eq!(prover.settled(BatchName::Last).unwrap().seq, prover.ranges().last().unwrap().seq);
}

#[test]
fn whatever_is_done_to_the_index_the_proofs_are_the_same() {
    let directory = shard();
    let index = ShardPaths::new(directory.path()).index();
    let expected = bundles(directory.path());
    assert!(expected.len() > 20);
    for json in &expected {
        checked(json, &operator().public_key());
    }
    let good = fs::read(&index).unwrap();
    assert!(good.len() > 500);
    // As it is, and gone.
    assert!(bundles(directory.path()) == expected);
    fs::remove_file(&index).unwrap();
    assert!(bundles(directory.path()) == expected);
    assert!(fs::read(&index).unwrap() == good);
    // Torn.
    for length in (0..good.len()).step_by(64) {
        fs::write(&index, &good[..length]).unwrap();
        assert!(bundles(directory.path()) == expected, "{length}");
        assert!(fs::read(&index).unwrap() == good);
    }
    // Flipped, with and without a checksum that agrees.
    let mut rng = Rng::new(7);
    for round in 0..150_u64 {
        let mut bytes = good.clone();
        let content = bytes.len() - 32;
        let at = usize::try_from(rng.below(content as u64)).unwrap();
        bytes[at] ^= 1 << rng.below(8);
        if round % 3 > 0 {
            let checksum = Blake3::hash(&[&bytes[..content]]);
            bytes[content..].copy_from_slice(checksum.as_bytes());
        }
        fs::write(&index, &bytes).unwrap();
        assert!(bundles(directory.path()) == expected, "byte {at}, round {round}");
    }
}

#[test]
fn an_index_of_another_shard_or_an_older_state_is_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    let options = batches_of(400);
    let shard =
        MeteringLogShard::create(directory.path(), &certificate(0), process_key(0), &options);
    let shard = shard.unwrap();
    append(&shard, 0..700);
    let index = ShardPaths::new(directory.path()).index();
    assert!(!bundles(directory.path()).is_empty());
    let older = fs::read(&index).unwrap();
    append(&shard, 700..1_500);
    shard.close().unwrap();
    let expected = bundles(directory.path());
    let newer = fs::read(&index).unwrap();
    assert!(newer.len() > older.len());
    fs::write(&index, &older).unwrap();
    assert!(bundles(directory.path()) == expected);
    assert!(fs::read(&index).unwrap() == newer);
    // The other shard bears the same id and has other records: only the chain tells them apart.
    let other = self::shard();
    assert!(!bundles(other.path()).is_empty());
    fs::copy(ShardPaths::new(other.path()).index(), &index).unwrap();
    assert!(bundles(directory.path()) == expected);
    assert!(fs::read(&index).unwrap() == newer);
    // Where it cannot be written, it is made in memory, and nothing is said.
    fs::remove_file(&index).unwrap();
    fs::create_dir(&index).unwrap();
    assert!(bundles(directory.path()) == expected);
    assert!(index.is_dir());
}

#[test]
fn a_prover_follows_its_writer() {
    let directory = tempfile::tempdir().unwrap();
    let options = batches_of(u64::MAX);
    let shard =
        MeteringLogShard::create(directory.path(), &certificate(0), process_key(0), &options);
    let shard = shard.unwrap();
    let mut prover = Prover::open(&RealDisk, directory.path()).unwrap();
    let error = prover.inclusion(Seq(0)).unwrap_err();
    assert_eq!(error.code(), "not-settled");
    let operator = operator().public_key();
    let mut next = 0;
    for _ in 0..8 {
        append(&shard, next..next + 170);
        next += 170;
        prover.refresh().unwrap();
        let last = *prover.ranges().last().unwrap();
        assert_eq!(prover.inclusion(last.seq).unwrap_err().code(), "not-settled");
        for seq in [last.from_seq, last.to_seq] {
            checked(&prover.inclusion(seq).unwrap().to_json().unwrap(), &operator);
        }
        let bundle = prover.consistency(BatchName::Of(Seq(0)), BatchName::Last).unwrap();
        checked(&bundle.to_json().unwrap(), &operator);
    }
    assert_eq!(prover.ranges().len(), 8);
    assert!(prover.last_seq().unwrap().0 > 5 * CHUNK);
    shard.close().unwrap();
}

#[test]
fn what_cannot_be_proven_is_told_by_name() {
    let directory = vectors();
    let mut prover = Prover::open(&RealDisk, directory.path()).unwrap();
    let ranges = prover.ranges().to_vec();
    let (first, last) = (ranges[0], *ranges.last().unwrap());
    let code = |outcome: Result<(), ProveError>| outcome.unwrap_err().code();
    let end = prover.last_seq().unwrap();
    assert_eq!(code(prover.inclusion(last.to_seq.next()).map(drop)), "not-settled");
    assert_eq!(code(prover.inclusion(end.next()).map(drop)), "no-such-record");
    assert_eq!(code(prover.inclusion(Seq(u64::MAX)).map(drop)), "no-such-record");
    let several = prover.records(&[first.to_seq, first.to_seq.next()]).map(drop);
    assert_eq!(code(several), "several-batches");
    let (to, from) = (BatchName::Of(first.to_seq), BatchName::Last);
    assert_eq!(code(prover.consistency(from, to).map(drop)), "batch-order");
    let shard_id = prover.shard_id();
    let mut named = |from_seq, to_seq, shard_id| {
        let id = BatchId { shard_id, from_seq, to_seq };
        prover.settled(BatchName::Id(id)).map(drop)
    };
    assert!(named(first.from_seq, first.to_seq, shard_id).is_ok());
    let shifted = first.from_seq.next();
    assert_eq!(code(named(shifted, first.to_seq, shard_id)), "no-such-batch");
    assert_eq!(code(named(first.from_seq, Seq(u64::MAX), shard_id)), "no-such-batch");
    let other = countersign_tests::shard::SHARD_ID;
    assert_eq!(code(named(first.from_seq, first.to_seq, other)), "wrong-shard");
    assert_eq!(code(prover.exclusion(&[1; 32], "", BatchName::Last).map(drop)), "invalid-field");
    let nowhere = directory.path().join("nowhere");
    assert_eq!(Prover::open(&RealDisk, &nowhere).unwrap_err().code(), "not-a-shard");
}

#[test]
fn a_log_that_was_changed_behind_its_settlement_proves_nothing() {
    let directory = shard();
    let paths = ShardPaths::new(directory.path());
    let mut prover = Prover::open(&RealDisk, directory.path()).unwrap();
    let range = prover.ranges()[1];
    // The last byte of a segment inside the batch: no frame's length, and no link's.
    let number = range.place.segment.number() - 2;
    let segment = paths.segment(SegmentNumber::new(number).unwrap());
    let mut bytes = fs::read(&segment).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let error = prover.inclusion(range.from_seq).unwrap_err();
    assert!(error.is_corruption(), "{error}");
}

/// The file and offset of the frame of record `seq`.
fn frame_of(directory: &Path, seq: Seq) -> (PathBuf, usize) {
    let paths = ShardPaths::new(directory);
    for number in 1.. {
        let path = paths.segment(SegmentNumber::new(number).unwrap());
        let bytes = fs::read(&path).unwrap();
        let mut offset = 0;
        while let FrameStep::Frame { payload } = read_frame(&bytes[offset..]) {
            if Record::decode(payload).unwrap().seq() == seq {
                return (path, offset);
            }
            offset += LENGTH_PREFIX_SIZE + payload.len();
        }
    }
    unreachable!("a log has an end");
}

#[test]
fn damage_behind_a_settlement_takes_the_brief_form_alone() {
    let directory = shard();
    let mut prover = Prover::open(&RealDisk, directory.path()).unwrap();
    let inclusion = prover.inclusion(Seq(7)).unwrap();
    let brief = prover.brief_inclusion(&inclusion).unwrap().unwrap();
    let report = checked(&brief.to_json().unwrap(), &prover.operator());
    assert_eq!(report.facts.records[0].seq, Seq(7));

    let behind = inclusion.settlement.to_seq.next().next();
    let (path, offset) = frame_of(directory.path(), behind);
    let good = fs::read(&path).unwrap();
    // Its length, the number in it, its kind, its signature.
    for at in [0, 5, 60, 140] {
        let mut damaged = good.clone();
        damaged[offset + at] ^= 1;
        fs::write(&path, damaged).unwrap();
        assert_eq!(prover.brief_inclusion(&inclusion).unwrap(), None, "byte {at}");
        assert_eq!(prover.inclusion(Seq(7)).unwrap(), inclusion, "byte {at}");
    }
    fs::write(&path, good).unwrap();
    assert_eq!(prover.brief_inclusion(&inclusion).unwrap(), Some(brief));
}
