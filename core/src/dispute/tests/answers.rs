//! What an answer must show, and every way to fall short of it.

use super::*;
use crate::hash::Digest;
use crate::keys::Signature;

/// A check that fails, and what makes it fail.
type Lie = (&'static str, fn(&mut BatchSettlementAction));

fn batches() -> Vec<Batch> {
    Shard::settled().batches
}

fn judge(batch: &Batch, demand: Demand, answer: Answer) -> Outcome {
    outcome(&batch.challenge(demand), Some(&batch.response(answer)), &batch.options())
}

fn range_of(records: Vec<Vec<u8>>) -> Answer {
    Answer::Range { records }
}

#[test]
fn a_whole_range_confirms_either_batch() {
    for batch in batches() {
        assert_eq!(judge(&batch, Demand::Range {}, batch.range()), status("CONFIRMED"));
    }
}

#[test]
fn a_range_short_of_a_record_with_one_twice_or_out_of_order_is_fraud() {
    for batch in batches() {
        let records = &batch.records;
        let judge = |records: Vec<Vec<u8>>| judge(&batch, Demand::Range {}, range_of(records));
        assert_eq!(judge(Vec::new()), fraud("range-count"));
        for at in 0..records.len() {
            let mut missing = records.clone();
            missing.remove(at);
            assert_eq!(judge(missing.clone()), fraud("range-count"), "without {at}");
            // The number is made up for by another.
            let again = (at + 1) % records.len();
            let mut repeated = records.clone();
            repeated[at] = records[again].clone();
            assert_eq!(judge(repeated), fraud("range-seq"), "{again} instead of {at}");
            let mut longer = records.clone();
            longer.insert(at, records[at].clone());
            assert_eq!(judge(longer), fraud("range-count"), "{at} twice");
            if at > 0 {
                let mut swapped = records.clone();
                swapped.swap(at - 1, at);
                assert_eq!(judge(swapped), fraud("range-seq"), "{at} before its turn");
            }
        }
        let mut behind = records.clone();
        behind.push(batch.record.clone());
        assert_eq!(judge(behind), fraud("range-count"), "the settlement itself");
    }
}

#[test]
fn a_range_of_another_chain_is_fraud() {
    let batches = batches();
    // The same shard and seqs, but record 2 is another, and all that follow.
    let mut other = Shard::new();
    for i in 0..8 {
        other.entry(&ALICE, &format!("other-{i}"), 1);
    }
    let others = other.settle().records;
    let judge = |records| judge(&batches[0], Demand::Range {}, range_of(records));
    assert_eq!(judge(others.clone()), fraud("tip-hash"));
    let mut joined = batches[0].records.clone();
    joined.truncate(4);
    joined.extend_from_slice(&others[4..]);
    assert_eq!(judge(joined), fraud("chain-broken"));
    let mut last = batches[0].records.clone();
    last[8] = others[8].clone();
    assert_eq!(judge(last), fraud("chain-broken"));
}

#[test]
fn every_flipped_bit_of_a_range_is_fraud() {
    let batch = &batches()[1];
    for at in 0..batch.records.len() {
        for bit in (0..8 * batch.records[at].len()).step_by(7) {
            let mut records = batch.records.clone();
            records[at][bit / 8] ^= 1 << (bit % 8);
            let found = judge(batch, Demand::Range {}, range_of(records)).unwrap();
            assert_eq!(found.0, "DISPUTED_FRAUD", "record {at}, bit {bit}");
            let checks = ["record-malformed", "range-seq", "chain-broken", "tip-hash"];
            assert!(checks.contains(&&*found.1), "record {at}, bit {bit}: {}", found.1);
        }
    }
    let mut records = batch.records.clone();
    records[2] = b"not cbor".to_vec();
    assert_eq!(judge(batch, Demand::Range {}, range_of(records)), fraud("record-malformed"));
}

/// The operator signs a settlement that is wrong, and answers with the true records.
#[test]
fn a_settlement_that_lies_is_fraud_whatever_it_lies_about() {
    let lies: [Lie; 10] = [
        ("tip-hash", |action| action.tip_hash = action.items_root),
        ("items-root", |action| action.items_root = action.tip_hash),
        ("log-root", |action| action.log_root = action.tip_hash),
        ("index-root", |action| action.index_root = action.items_root),
        ("entry-count", |action| action.entry_count += 1),
        ("entry-count", |action| action.entry_count -= 1),
        ("member-deltas", |action| action.member_deltas[0].earned += 1),
        ("member-deltas", |action| action.member_deltas[1].spent -= 1),
        ("member-deltas", |action| drop(action.member_deltas.pop())),
        ("member-deltas", |action| action.member_deltas[1].asset_id.push('s')),
    ];
    let honest = &batches()[0];
    for (check, lie) in lies {
        let mut batch = honest.clone();
        lie(&mut batch.action);
        batch.action.signature = process(0).sign(&batch.action.signed_bytes(SHARD));
        assert_eq!(judge(&batch, Demand::Range {}, batch.range()), fraud(check));
    }
    // What a first batch's records show, a later one's do not: all records before are needed.
    let mut batch = batches()[1].clone();
    batch.action.log_root = Digest::default();
    batch.action.signature = process(0).sign(&batch.action.signed_bytes(SHARD));
    assert_eq!(judge(&batch, Demand::Range {}, batch.range()), status("CONFIRMED"));
}

#[test]
fn a_settlement_behind_the_end_of_its_key_is_fraud() {
    let mut batch = batches()[0].clone();
    let last_ms = START_MS + 10 + 8;
    for (expires_at_ms, expected) in
        [(last_ms + 1, status("CONFIRMED")), (last_ms, fraud("outside-key-window"))]
    {
        let key = process(0).public_key();
        batch.certificate =
            create_process_key_action(&operator(), SHARD, key, START_MS, expires_at_ms).unwrap();
        assert_eq!(judge(&batch, Demand::Range {}, batch.range()), expected);
    }
}

#[test]
fn a_response_to_another_batch_is_fraud() {
    let batches = batches();
    let challenge = batches[0].challenge(Demand::Range {});
    let response = batches[1].response(batches[1].range());
    let options = batches[1].options();
    assert_eq!(outcome(&challenge, Some(&response), &options), fraud("other-batch"));
    let mut response = batches[0].response(batches[0].range());
    response.batch_id.shard_id = ShardId::from_bytes([8; 16]);
    assert_eq!(outcome(&challenge, Some(&response), &options), fraud("other-batch"));
}

#[test]
fn an_answer_to_another_demand_is_fraud() {
    let batch = &batches()[0];
    let demands =
        || [Demand::Range {}, Demand::Record { seq: Seq(3) }, absence_of(&ALICE, "nothing")];
    let answers = || [batch.range(), batch.record(3), batch.absence(&ALICE, "nothing")];
    for (i, demand) in demands().into_iter().enumerate() {
        for (j, answer) in answers().into_iter().enumerate() {
            let expected = match (i, j) {
                (2, 1) => fraud("other-operation"),
                _ if i == j => status("CONFIRMED"),
                _ => fraud("other-demand"),
            };
            assert_eq!(judge(batch, demand.clone(), answer), expected, "{i} {j}");
        }
    }
}

#[test]
fn a_demanded_record_is_shown_by_its_inclusion_alone() {
    let batches = batches();
    for batch in &batches {
        let range = batch.action.from_seq.0..=batch.action.to_seq.0;
        for seq in range.clone() {
            for shown in range.clone() {
                let demand = Demand::Record { seq: Seq(seq) };
                let expected =
                    if shown == seq { status("CONFIRMED") } else { fraud("other-record") };
                assert_eq!(
                    judge(batch, demand, batch.record(shown)),
                    expected,
                    "{shown} for {seq}"
                );
            }
        }
    }
    // A proof that holds, under another settlement.
    let demand = Demand::Record { seq: Seq(3) };
    let answer = batches[1].record(9);
    assert_eq!(judge(&batches[0], demand, answer), fraud("other-settlement"));
}

#[test]
fn an_inclusion_that_does_not_hold_is_fraud_by_its_own_check() {
    let batch = &batches()[0];
    let demand = || Demand::Record { seq: Seq(3) };
    let change = |change: fn(&mut crate::proof::InclusionBundle)| {
        let Answer::Record { mut bundle } = batch.record(3) else { panic!("no record") };
        change(&mut bundle);
        judge(batch, demand(), Answer::Record { bundle })
    };
    assert_eq!(change(|_| {}), status("CONFIRMED"));
    let found = change(|bundle| bundle.proof.audit_path.truncate(2)).unwrap();
    assert_eq!(found.0, "DISPUTED_FRAUD");
    assert!(found.1.starts_with("inclusion-"), "{}", found.1);
    let found = change(|bundle| bundle.proof.audit_path[1] = Digest::default()).unwrap();
    assert!(found.1.starts_with("inclusion-"), "{}", found.1);
    assert_eq!(change(|bundle| bundle.proof.seq = Seq(4)), fraud("record-seq"));
    assert_eq!(change(|bundle| bundle.proof.record.truncate(9)), fraud("record-malformed"));
    let forged = change(|bundle| bundle.settlement.signature = Signature::from_bytes([0; 64]));
    assert_eq!(forged, fraud("other-settlement"));
}

#[test]
fn an_absence_is_shown_by_its_exclusion_alone() {
    let batches = batches();
    // Absent from both batches, or in the other one.
    for (batch, op_id) in [(0, "nothing"), (1, "nothing"), (0, "op-8"), (1, "op-0")] {
        let batch = &batches[batch];
        for member in [&ALICE, &BOB] {
            let demand = absence_of(member, op_id);
            assert_eq!(judge(batch, demand, batch.absence(member, op_id)), status("CONFIRMED"));
        }
    }
    let batch = &batches[0];
    let demand = || absence_of(&ALICE, "nothing");
    assert_eq!(judge(batch, demand(), batch.absence(&ALICE, "no")), fraud("other-operation"));
    assert_eq!(judge(batch, demand(), batch.absence(&BOB, "nothing")), fraud("other-operation"));
    let elsewhere = batches[1].absence(&ALICE, "nothing");
    assert_eq!(judge(batch, demand(), elsewhere), fraud("other-settlement"));
}

/// An operator whose batch holds the operation must be able to say so, or every operation there is
/// would convict it.
#[test]
fn a_demanded_absence_is_met_by_showing_the_operation() {
    let batch = &batches()[0];
    // Record 2 is the second entry, by Alice.
    let demand = || absence_of(&ALICE, "op-1");
    assert_eq!(judge(batch, demand(), batch.record(2)), status("CONFIRMED"));
    let resolution = evaluate_dispute_challenge(
        &batch.challenge(demand()),
        Some(&batch.response(batch.record(2))),
        &batch.options(),
    );
    assert!(resolution.unwrap().detail.contains("is in the batch, as record 2"));
    for (other, seq) in [("another's", 1), ("another", 3), ("a certificate", 0)] {
        assert_eq!(judge(batch, demand(), batch.record(seq)), fraud("other-operation"), "{other}");
    }
    assert_eq!(judge(batch, absence_of(&BOB, "op-1"), batch.record(2)), fraud("other-operation"));
}

/// An exclusion of what the batch holds cannot be built; here its neighbours are borrowed.
#[test]
fn the_absence_of_what_is_there_cannot_be_shown() {
    let batch = &batches()[0];
    let Answer::Absence { mut bundle } = batch.absence(&ALICE, "nothing") else {
        panic!("no absence")
    };
    bundle.proof.op_id = Text::new("op-1").unwrap();
    let answer = Answer::Absence { bundle };
    let found = judge(batch, absence_of(&ALICE, "op-1"), answer).unwrap();
    assert_eq!(found.0, "DISPUTED_FRAUD");
    assert!(["key-not-enclosed", "operation-present"].contains(&&*found.1), "{}", found.1);
}
