//! Proofs out of a log of 1,000,000 records in batches of 10,000 with 20 members, and verifying
//! them. "Cold" opens the shard anew, with the index of an earlier reader beside it; the files are
//! in the page cache.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::LazyLock;

use countersign::index::LogIndex;
use countersign::prove::{BatchName, Prover};
use countersign::store::ShardPaths;
use countersign::store::disk::RealDisk;
use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Operation, Record};
use countersign_core::frame::{SegmentNumber, length_prefix};
use countersign_core::hash::Blake3;
use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
use countersign_core::merkle::{Frontier, leaf_hash};
use countersign_core::proof::{VerifyOptions, verify_bundle};
use countersign_core::settlement::{BatchWindow, settle};
use divan::Bencher;
use tempfile::TempDir;

fn main() {
    divan::main();
}

const RECORDS: u64 = 1_000_000;
const BATCH: u64 = 10_000;
const MEMBERS: u8 = 20;
const CADENCE: u32 = 64;
/// A record in the middle of the log.
const SEQ: Seq = Seq(512_345);

static SHARD: LazyLock<TempDir> = LazyLock::new(shard);

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn shard() -> TempDir {
    let process = SigningKey::from_seed(&[2; 32]);
    let shard_id = ShardId::from_bytes([7; 16]);
    let certificate =
        create_process_key_action(&operator(), shard_id, process.public_key(), 0, 600_000_000)
            .unwrap();
    let mut chain = ChainWriter::new(shard_id);
    let mut window = BatchWindow::new(Seq::FIRST);
    let mut frontier = Frontier::<Blake3>::new();
    let (mut log, mut record) = (Vec::new(), Vec::new());
    for seq in 0..RECORDS {
        record.clear();
        let ts_us = 1_000 + seq;
        let mut settled = false;
        if seq == 0 {
            chain.certify(&mut record, ts_us, &certificate).unwrap();
        } else if seq % BATCH == 0 {
            let root = frontier.root();
            settle(&mut chain, &window, root, &process, &mut record, ts_us).unwrap();
            settled = true;
        } else if chain.unsigned_entries() >= CADENCE || seq % BATCH == 1 || seq + 1 == RECORDS {
            chain.sign(&mut record, ts_us, &process).unwrap();
        } else {
            let operation = Operation {
                op: "joule.charge",
                member_id: &[u8::try_from(seq % u64::from(MEMBERS)).unwrap(); 32],
                asset_id: "joule",
                amount: -i128::from(seq % 10_000),
                op_id: &format!("0199b1c0-0000-7000-8000-{seq:012x}"),
                context_hash: &[9; 32],
            };
            chain.append(&mut record, ts_us, &operation).unwrap();
        }
        if settled {
            window = BatchWindow::new(Seq(seq));
        }
        window.push(&record, &Record::decode(&record).unwrap()).unwrap();
        frontier.push(leaf_hash::<Blake3>(&record)).unwrap();
        log.extend_from_slice(&length_prefix(record.len()).unwrap());
        log.extend_from_slice(&record);
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(SegmentNumber::FIRST.file_name()), &log).unwrap();
    let index = LogIndex::open(&RealDisk, &ShardPaths::new(dir.path())).unwrap();
    assert_eq!(index.last_seq(), Some(Seq(RECORDS - 1)));
    dir
}

fn prover() -> Prover<'static> {
    Prover::open(&RealDisk, SHARD.path()).unwrap()
}

fn verify(bencher: Bencher<'_, '_>, json: &str) {
    let operator = operator().public_key();
    bencher.bench_local(|| {
        let report = verify_bundle(json.as_bytes(), &operator, &VerifyOptions::default());
        assert!(report.unwrap().valid);
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn index_of_a_million_records(bencher: Bencher<'_, '_>) {
    let paths = ShardPaths::new(SHARD.path());
    bencher.bench_local(|| LogIndex::rebuild(&RealDisk, &paths).unwrap());
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    LazyLock::force(&SHARD);
    bencher.bench_local(prover);
}

#[divan::bench]
fn inclusion_cold(bencher: Bencher<'_, '_>) {
    LazyLock::force(&SHARD);
    bencher.bench_local(|| prover().inclusion(SEQ).unwrap());
}

#[divan::bench]
fn inclusion_warm(bencher: Bencher<'_, '_>) {
    let mut prover = prover();
    prover.inclusion(SEQ).unwrap();
    bencher.bench_local(|| prover.inclusion(SEQ).unwrap());
}

#[divan::bench]
fn inclusion_verify(bencher: Bencher<'_, '_>) {
    verify(bencher, &prover().inclusion(SEQ).unwrap().to_json().unwrap());
}

#[divan::bench]
fn statement_of_500_warm(bencher: Bencher<'_, '_>) {
    let mut prover = prover();
    let bundle = prover.statement(&[3; 32], BatchName::Of(SEQ)).unwrap();
    assert!((400..=510).contains(&bundle.proof.records.len()));
    bencher.bench_local(|| prover.statement(&[3; 32], BatchName::Of(SEQ)).unwrap());
}

#[divan::bench]
fn statement_of_500_cold(bencher: Bencher<'_, '_>) {
    LazyLock::force(&SHARD);
    bencher.bench_local(|| prover().statement(&[3; 32], BatchName::Of(SEQ)).unwrap());
}

#[divan::bench]
fn statement_of_500_verify(bencher: Bencher<'_, '_>) {
    let bundle = prover().statement(&[3; 32], BatchName::Of(SEQ)).unwrap();
    verify(bencher, &bundle.to_json().unwrap());
}

#[divan::bench]
fn consistency_cold(bencher: Bencher<'_, '_>) {
    LazyLock::force(&SHARD);
    bencher.bench_local(|| prover().consistency(BatchName::Of(SEQ), BatchName::Last).unwrap());
}

#[divan::bench]
fn consistency_verify(bencher: Bencher<'_, '_>) {
    let bundle = prover().consistency(BatchName::Of(SEQ), BatchName::Last).unwrap();
    verify(bencher, &bundle.to_json().unwrap());
}
