//! The settlement room: what a batch of 10,000 entries costs the writer, record by record and at
//! its close, and what it costs whoever checks it.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Operation, Record};
use countersign_core::hash::{Blake3, Digest, blake3};
use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
use countersign_core::merkle::leaf_hash;
use countersign_core::settlement::{
    BatchSettlementAction, BatchWindow, check_settlement, settle, verify_settlement,
};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Entries of a batch.
const ENTRIES: u64 = 10_000;

/// Members among whom the entries are spread; each uses two assets.
const MEMBERS: [u64; 3] = [40, 500, 5_000];

const SHARD: ShardId = ShardId::from_bytes([7; 16]);

struct Log {
    chain: ChainWriter,
    records: Vec<Vec<u8>>,
    key: SigningKey,
}

fn log(members: u64) -> Log {
    let operator = SigningKey::from_seed(&[1; 32]);
    let key = SigningKey::from_seed(&[2; 32]);
    let certificate =
        create_process_key_action(&operator, SHARD, key.public_key(), 0, 600_000).unwrap();
    let mut chain = ChainWriter::new(SHARD);
    let mut bytes = Vec::new();
    chain.certify(&mut bytes, 1, &certificate).unwrap();
    let mut records = vec![bytes];
    for i in 0..ENTRIES {
        let member = blake3(&(i.wrapping_mul(7_919) % members).to_le_bytes());
        let op_id = format!("operation-{i:020}");
        let operation = Operation {
            op: "joule.charge",
            member_id: member.as_bytes(),
            asset_id: if i % 3 == 0 { "joule" } else { "compute-hour" },
            amount: i128::from(i) - 5_000,
            op_id: &op_id,
            context_hash: &[9; 32],
        };
        let mut bytes = Vec::new();
        chain.append(&mut bytes, i, &operation).unwrap();
        records.push(bytes);
    }
    Log { chain, records, key }
}

fn window(records: &[Vec<u8>]) -> BatchWindow {
    let mut window = BatchWindow::new(Seq::FIRST);
    for bytes in records {
        window.push(bytes, &Record::decode(bytes).unwrap()).unwrap();
    }
    window
}

fn close(log: &Log, window: &BatchWindow) -> BatchSettlementAction {
    let mut chain = log.chain.clone();
    settle(&mut chain, window, Digest::default(), &log.key, &mut Vec::new(), 10_000).unwrap()
}

/// Taking every record, its leaf hash included, and closing.
#[divan::bench(args = MEMBERS)]
fn push_all_and_settle_10_000(bencher: Bencher<'_, '_>, members: u64) {
    let log = log(members);
    let records: Vec<_> = log.records.iter().map(|bytes| Record::decode(bytes).unwrap()).collect();
    bencher.counter(ItemsCount::new(ENTRIES)).bench(|| {
        let mut window = BatchWindow::new(Seq::FIRST);
        for (bytes, record) in log.records.iter().zip(&records) {
            window.push(bytes, black_box(record)).unwrap();
        }
        close(&log, &window)
    });
}

/// What each record costs a writer that has its leaf hash at hand.
#[divan::bench(args = MEMBERS)]
fn push_10_000_leaf_hashes(bencher: Bencher<'_, '_>, members: u64) {
    let log = log(members);
    let records = log.records.iter().map(Vec::as_slice);
    let read = |bytes| (leaf_hash::<Blake3>(bytes), Record::decode(bytes).unwrap());
    let records: Vec<_> = records.map(read).collect();
    bencher.counter(ItemsCount::new(ENTRIES)).bench(|| {
        let mut window = BatchWindow::new(Seq::FIRST);
        for records in records.chunks(64) {
            window.push_all(black_box(records)).unwrap();
        }
        window
    });
}

/// The close alone: sort and hash the index, sort the deltas, sign.
#[divan::bench(args = MEMBERS)]
fn settle_10_000(bencher: Bencher<'_, '_>, members: u64) {
    let log = log(members);
    let window = window(&log.records);
    bencher.counter(ItemsCount::new(ENTRIES)).bench(|| close(&log, black_box(&window)));
}

/// The records of the range against the settlement, from their bytes on.
#[divan::bench(args = MEMBERS)]
fn check_10_000_records(bencher: Bencher<'_, '_>, members: u64) {
    let log = log(members);
    let action = close(&log, &window(&log.records));
    bencher.counter(ItemsCount::new(ENTRIES)).bench(|| {
        check_settlement(black_box(&action), log.records.iter().map(Vec::as_slice)).unwrap();
    });
}

#[divan::bench(args = MEMBERS)]
fn verify_the_signatures(bencher: Bencher<'_, '_>, members: u64) {
    let log = log(members);
    let action = close(&log, &window(&log.records));
    let certificate = log.chain.active().unwrap();
    bencher.bench(|| {
        let trusted = &certificate.operator_public_key;
        verify_settlement(black_box(&action), SHARD, certificate, trusted).unwrap();
    });
}

#[divan::bench(args = MEMBERS)]
fn read_the_json(bencher: Bencher<'_, '_>, members: u64) {
    let log = log(members);
    let text = close(&log, &window(&log.records)).to_json().unwrap();
    bencher
        .counter(divan::counter::BytesCount::new(text.len()))
        .bench(|| BatchSettlementAction::from_json(black_box(text.as_bytes())).unwrap());
}
