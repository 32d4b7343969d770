//! The dispute room: a whole batch as an answer, and the accounts that follow from a log.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Operation, Record};
use countersign_core::dispute::{
    Answer, ChallengeFormat, Demand, DisputeChallenge, DisputeOptions, DisputeResponse,
    DisputeStatus, MemoryAccounts, ResponseFormat, apply_dispute_reversal, apply_record,
    evaluate_dispute_challenge,
};
use countersign_core::document::Text;
use countersign_core::hash::Blake3;
use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
use countersign_core::merkle::{leaf_hash, root};
use countersign_core::settlement::{BatchWindow, settle};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Records of the batch, and members among them.
const RECORDS: usize = 10_000;
const MEMBERS: u8 = 250;
const SHARD: ShardId = ShardId::from_bytes([7; 16]);
const CONFIRMED_AT_MS: u64 = 20_000;

/// A settled batch: its records, the settlement's own record, and the dispute over it.
struct Dispute {
    records: Vec<Vec<u8>>,
    settled: Vec<u8>,
    challenge: DisputeChallenge,
    response: DisputeResponse,
    options: DisputeOptions<'static>,
}

fn dispute() -> Dispute {
    let (operator, process) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let certificate =
        create_process_key_action(&operator, SHARD, process.public_key(), 0, 600_000).unwrap();
    let mut chain = ChainWriter::new(SHARD);
    let mut records = vec![Vec::new()];
    chain.certify(&mut records[0], 1_000, &certificate).unwrap();
    for i in 1..RECORDS {
        let member_id = [u8::try_from(i % usize::from(MEMBERS)).unwrap(); 32];
        let operation = Operation {
            op: "joule.charge",
            member_id: &member_id,
            asset_id: "joule",
            amount: i128::try_from(i).unwrap() - 5_000,
            op_id: &format!("operation-{i:020}"),
            context_hash: &[9; 32],
        };
        let mut bytes = Vec::new();
        chain.append(&mut bytes, 1_000 + i as u64, &operation).unwrap();
        records.push(bytes);
    }
    let mut window = BatchWindow::new(Seq::FIRST);
    for bytes in &records {
        window.push(bytes, &Record::decode(bytes).unwrap()).unwrap();
    }
    let leaves: Vec<_> = records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
    let mut settled = Vec::new();
    let log_root = root::<Blake3>(&leaves);
    let ts_us = CONFIRMED_AT_MS * 1_000;
    let settlement = settle(&mut chain, &window, log_root, &process, &mut settled, ts_us).unwrap();
    let response = DisputeResponse {
        format: ResponseFormat,
        batch_id: settlement.batch_id(SHARD),
        responded_at_ms: CONFIRMED_AT_MS + 2,
        answer: Answer::Range { records: records.clone() },
    };
    let challenge = DisputeChallenge {
        format: ChallengeFormat,
        shard_id: SHARD,
        operator_public_key: operator.public_key(),
        certificate,
        settlement,
        confirmed_at_ms: CONFIRMED_AT_MS,
        raised_at_ms: CONFIRMED_AT_MS + 1,
        challenger_id: Text::new("auditor").unwrap(),
        claimed_discrepancy: Text::new("the sums are wrong").unwrap(),
        demand: Demand::Range {},
    };
    let options = DisputeOptions::new(operator.public_key(), CONFIRMED_AT_MS + 3);
    Dispute { records, settled, challenge, response, options }
}

/// The goal is 60 ms.
#[divan::bench]
fn evaluate_a_range_of_10_000(bencher: Bencher<'_, '_>) {
    let Dispute { challenge, response, options, .. } = dispute();
    bencher.counter(ItemsCount::new(RECORDS)).bench(|| {
        let response = Some(black_box(&response));
        let resolution =
            evaluate_dispute_challenge(black_box(&challenge), response, &options).unwrap();
        assert_eq!(resolution.status, DisputeStatus::Confirmed);
    });
}

#[divan::bench]
fn read_a_range_of_10_000(bencher: Bencher<'_, '_>) {
    let text = dispute().response.to_json().unwrap();
    bencher
        .counter(divan::counter::BytesCount::new(text.len()))
        .bench(|| DisputeResponse::from_json(black_box(text.as_bytes())).unwrap());
}

#[divan::bench]
fn write_a_range_of_10_000(bencher: Bencher<'_, '_>) {
    let response = dispute().response;
    let size = response.to_json().unwrap().len();
    bencher
        .counter(divan::counter::BytesCount::new(size))
        .bench(|| black_box(&response).to_json().unwrap());
}

#[divan::bench]
fn project_10_000_records(bencher: Bencher<'_, '_>) {
    let Dispute { records, settled, .. } = dispute();
    let records: Vec<_> =
        records.iter().chain([&settled]).map(|bytes| Record::decode(bytes).unwrap()).collect();
    bencher.counter(ItemsCount::new(records.len())).bench(|| {
        let mut accounts = MemoryAccounts::new(SHARD);
        for record in black_box(&records) {
            apply_record(&mut accounts, record).unwrap();
        }
        accounts
    });
}

#[divan::bench]
fn reverse_250_pairs(bencher: Bencher<'_, '_>) {
    let Dispute { records, settled, challenge, options, .. } = dispute();
    let mut accounts = MemoryAccounts::new(SHARD);
    for bytes in records.iter().chain([&settled]) {
        apply_record(&mut accounts, &Record::decode(bytes).unwrap()).unwrap();
    }
    let late = DisputeOptions { now_ms: u64::MAX, ..options };
    let lost = evaluate_dispute_challenge(&challenge, None, &late).unwrap();
    assert!(lost.status.is_lost());
    bencher
        .counter(ItemsCount::new(MEMBERS))
        .with_inputs(|| accounts.clone())
        .bench_refs(|accounts| apply_dispute_reversal(accounts, black_box(&lost)).unwrap());
}
