//! From a verdict to the balances, through the log or past it.

use super::*;
use crate::SeqRange;
use crate::chain::{Control, ControlRecord};

/// Something that changes a settlement.
type Change = fn(&mut BatchSettlementAction);

/// The accounts of a shard, and what Alice has.
fn accounts(shard: &Shard) -> MemoryAccounts {
    let mut store = MemoryAccounts::new(SHARD);
    for bytes in &shard.records {
        apply_record(&mut store, &Record::decode(bytes).unwrap()).unwrap();
    }
    store
}

fn alice(store: &MemoryAccounts) -> (i128, i128) {
    let account = store.account(&ALICE, "joule").unwrap().unwrap_or_default();
    (account.optimistic, account.confirmed)
}

fn lost(batch: &Batch) -> DisputeResolution {
    let challenge = batch.challenge(Demand::Range {});
    let response = batch.response(Answer::Range { records: Vec::new() });
    evaluate_dispute_challenge(&challenge, Some(&response), &batch.options()).unwrap()
}

fn range(batch: &Batch) -> SeqRange {
    SeqRange { from: batch.action.from_seq, to: batch.action.to_seq }
}

#[test]
fn a_lost_dispute_takes_the_deltas_back_once() {
    let shard = Shard::settled();
    let (first, second) = (&shard.batches[0], &shard.batches[1]);
    let mut store = accounts(&shard);
    // Alice: 7 + 4 - 2 - 5 - 11 in the first batch, 3 in the second.
    assert_eq!(alice(&store), (-4, -4));
    let applied = apply_dispute_reversal(&mut store, &lost(first));
    assert_eq!(applied, Ok(Applied::Reversed(range(first))));
    assert_eq!(alice(&store), (3, 3));
    let applied = apply_dispute_reversal(&mut store, &lost(first));
    assert_eq!(applied, Ok(Applied::AlreadyReversed(range(first))));
    assert_eq!(alice(&store), (3, 3));
    apply_dispute_reversal(&mut store, &lost(second)).unwrap();
    assert_eq!(alice(&store), (0, 0));
}

#[test]
fn any_other_status_takes_nothing_back() {
    let shard = Shard::settled();
    let batch = &shard.batches[0];
    let mut store = accounts(&shard);
    let before = store.clone();
    let mut resolution = lost(batch);
    for status in [DisputeStatus::Confirmed, DisputeStatus::Challenged] {
        resolution.status = status;
        assert_eq!(apply_dispute_reversal(&mut store, &resolution), Ok(Applied::Nothing));
    }
    assert_eq!(store, before);
    resolution.status = DisputeStatus::DisputedNoResponse;
    let applied = apply_dispute_reversal(&mut store, &resolution);
    assert_eq!(applied, Ok(Applied::Reversed(range(batch))));
}

/// The verdict is appended to the log; whoever rebuilds the accounts comes to the same.
#[test]
fn the_record_of_a_verdict_does_what_the_verdict_does() {
    let mut shard = Shard::settled();
    let batch = shard.batches[0].clone();
    let resolution = lost(&batch);
    let mut at_once = accounts(&shard);
    apply_dispute_reversal(&mut at_once, &resolution).unwrap();

    let body = resolution.record().unwrap();
    let bytes = shard.add(|chain, out, ts_us| {
        let (seq, prev_hash) = (chain.next_seq(), chain.tip());
        let body = Control::DisputeResolution(body);
        let mut encoded = Vec::new();
        ControlRecord { seq, prev_hash, ts_us, body }.encode(&mut encoded);
        chain.append_encoded(out, &encoded).unwrap();
    });
    let record = Record::decode(&bytes).unwrap();
    let Some(Control::DisputeResolution(theirs)) = record.control() else {
        panic!("no resolution")
    };
    assert_eq!(*theirs, body);
    assert!(theirs.detail.starts_with("range-count: "), "{}", theirs.detail);

    // Rebuilt from the log, and told by the record what it did already.
    let rebuilt = accounts(&shard);
    assert_eq!(alice(&rebuilt), (3, 3));
    let applied = apply_record(&mut at_once, &record);
    assert_eq!(applied, Ok(Applied::AlreadyReversed(range(&batch))));
    assert_eq!(at_once, rebuilt);
}

#[test]
fn an_open_dispute_has_no_record() {
    let batch = Shard::settled().batches.swap_remove(0);
    let mut resolution = lost(&batch);
    for (status, has_record) in [
        (DisputeStatus::Challenged, false),
        (DisputeStatus::Confirmed, true),
        (DisputeStatus::DisputedFraud, true),
        (DisputeStatus::DisputedNoResponse, true),
    ] {
        resolution.status = status;
        assert_eq!(
            resolution.record().map(|record| record.status),
            has_record.then_some(status.as_str())
        );
        assert_eq!(DisputeStatus::parse(status.as_str()), Some(status));
    }
    assert_eq!(DisputeStatus::parse("SETTLEMENT_CONFIRMED"), None);
}

#[test]
fn what_was_not_confirmed_here_is_not_taken_back() {
    let shard = Shard::settled();
    let batch = &shard.batches[1];
    let mut store = MemoryAccounts::new(SHARD);
    for bytes in &shard.records[..11] {
        apply_record(&mut store, &Record::decode(bytes).unwrap()).unwrap();
    }
    let before = store.clone();
    let error = AccountError::NotConfirmed { batch: range(batch) };
    assert_eq!(apply_dispute_reversal(&mut store, &lost(batch)), Err(error));
    let mut elsewhere = MemoryAccounts::new(ShardId::from_bytes([8; 16]));
    let error = apply_dispute_reversal(&mut elsewhere, &lost(batch)).unwrap_err();
    assert_eq!(error.code(), "wrong-shard");

    // The operator signed two settlements of one batch; the other one was confirmed.
    let mut twin = shard.batches[0].clone();
    let changes: [Change; 3] = [
        |action| action.member_deltas[0].earned += 1,
        |action| drop(action.member_deltas.pop()),
        |action| action.member_deltas[1].member_id = [9; 32],
    ];
    for change in changes {
        change(&mut twin.action);
        twin.action.signature = process(0).sign(&twin.action.signed_bytes(SHARD));
        let error = AccountError::OtherSettlement { batch: range(&twin) };
        assert_eq!(apply_dispute_reversal(&mut store, &lost(&twin)), Err(error));
        assert_eq!(store, before);
        twin = shard.batches[0].clone();
    }
}
