//! Verifying a shard of 200,000 records with a signature every 64 entries and a settlement over
//! 1,000 members every 10,000 records, on one thread and on all, and BLAKE3 alone over the same bytes. The files stay in the page cache: this measures the
//! checks, not the disk.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use countersign::store::disk::RealDisk;
use countersign::verify::{VerifyOptions, verify_shard};
use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Operation, Record};
use countersign_core::frame::{FrameStep, SegmentNumber, length_prefix, read_frame};
use countersign_core::hash::{Blake3, Digest, blake3};
use countersign_core::keys::{PublicKey, ShardId, SigningKey, create_process_key_action};
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::merkle::{Frontier, leaf_hash};
use countersign_core::settlement::{BatchWindow, settle};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use tempfile::TempDir;

fn main() {
    divan::main();
}

const RECORDS: u64 = 200_000;
const CADENCE: u32 = 64;
const BATCH: u64 = 10_000;

/// The operator's key and the segment.
fn log() -> (PublicKey, Vec<u8>) {
    let (operator, process) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let shard_id = ShardId::from_bytes([7; 16]);
    let certificate =
        create_process_key_action(&operator, shard_id, process.public_key(), 0, 600_000_000)
            .unwrap();
    let mut chain = ChainWriter::new(shard_id);
    let mut log = Vec::new();
    let mut record = Vec::new();
    let mut window = BatchWindow::new(Seq::FIRST);
    let mut tree = Frontier::<Blake3>::new();
    for seq in 0..RECORDS {
        record.clear();
        let ts_us = 1_000 + seq;
        if seq == 0 {
            chain.certify(&mut record, ts_us, &certificate).unwrap();
        } else if window.record_count() == BATCH {
            settle(&mut chain, &window, tree.root(), &process, &mut record, ts_us).unwrap();
            window = BatchWindow::new(Seq(seq));
        } else if chain.unsigned_entries() == CADENCE || seq + 1 == RECORDS {
            chain.sign(&mut record, ts_us, &process).unwrap();
        } else {
            let member_id = blake3(&(seq % 1_000).to_le_bytes());
            let context_hash = blake3(&seq.to_le_bytes());
            let operation = Operation {
                op: "joule.charge",
                member_id: member_id.as_bytes(),
                asset_id: "joule",
                amount: -i128::from(seq % 10_000),
                op_id: &format!("0199b1c0-0000-7000-8000-{seq:012x}"),
                context_hash: context_hash.as_bytes(),
            };
            chain.append(&mut record, ts_us, &operation).unwrap();
        }
        let leaf = leaf_hash::<Blake3>(&record);
        window.push_all(&[(leaf, Record::decode(&record).unwrap())]).unwrap();
        tree.push(leaf).unwrap();
        log.extend_from_slice(&length_prefix(record.len()).unwrap());
        log.extend_from_slice(&record);
    }
    (operator.public_key(), log)
}

fn shard() -> (PublicKey, TempDir, u64) {
    let (operator, log) = log();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(SegmentNumber::FIRST.file_name()), &log).unwrap();
    (operator, dir, log.len() as u64)
}

fn verify_on(bencher: Bencher<'_, '_>, threads: Option<NonZeroUsize>) {
    let (operator, dir, bytes) = shard();
    let options = VerifyOptions { threads, ..VerifyOptions::new(operator) };
    bencher.counter(ItemsCount::new(RECORDS)).counter(BytesCount::new(bytes)).bench_local(|| {
        let report = verify_shard(&RealDisk, dir.path(), &options, |_, _| {}).unwrap();
        assert!(report.valid && report.records == RECORDS);
        assert_eq!((report.settlements, report.settlements_checked), (19, 19));
    });
}

#[divan::bench]
fn verify_on_1_thread(bencher: Bencher<'_, '_>) {
    verify_on(bencher, NonZeroUsize::new(1));
}

#[divan::bench]
fn verify_on_all_cores(bencher: Bencher<'_, '_>) {
    verify_on(bencher, available_parallelism().ok());
}

/// One hash of each record and the tip before it, which is what the chain alone takes.
#[divan::bench]
fn blake3_alone_on_1_thread(bencher: Bencher<'_, '_>) {
    let (_, log) = log();
    let mut inputs = Vec::new();
    let mut rest = log.as_slice();
    while let FrameStep::Frame { payload } = read_frame(rest) {
        inputs.push([payload, &[0; 32]].concat());
        rest = rest.get(LENGTH_PREFIX_SIZE + payload.len()..).unwrap_or_default();
    }
    bencher
        .counter(ItemsCount::new(RECORDS))
        .counter(BytesCount::new(log.len()))
        .bench_local(|| inputs.iter().map(|input| blake3(input)).fold(Digest::default(), Ord::max));
}
