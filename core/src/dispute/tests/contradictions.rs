//! Challenges that rest on a contradiction or on a compromise: nobody waits for an answer.

use super::*;
use crate::hash::Digest;
use crate::keys::{Reason, create_process_key_revoke_action, receipt_message};
use crate::proof::{
    AnyBundle, IndexContradiction, KnownRevocation, LogRootContradiction, OverlapContradiction,
    ReceiptBundle, ReceiptContradiction, SettledLeaf, Tree,
};

/// The batch with another settlement that the operator's key signed too.
fn twin(batch: &Batch, change: impl FnOnce(&mut BatchSettlementAction)) -> Batch {
    let mut twin = batch.clone();
    change(&mut twin.action);
    twin.action.signature = process(0).sign(&twin.action.signed_bytes(SHARD));
    twin
}

fn overlap(batch: &Batch) -> AnyBundle {
    let other = twin(batch, |action| action.member_deltas[0].earned += 1);
    let bundle = OverlapContradiction::build(&batch.signed(), &other.action).unwrap();
    AnyBundle::ContradictionOverlap(bundle)
}

fn receipt(batch: &Batch) -> AnyBundle {
    let leaves: Vec<_> = batch.records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
    // The receipt promises another record 3 than was settled.
    let mut shard = Shard::new();
    shard.entry(&ALICE, "op-0", 1);
    shard.entry(&ALICE, "op-1", 1);
    let promised = shard.entry(&ALICE, "promised", 1);
    let message = receipt_message(&SHARD, Seq(3), &leaf_hash::<Blake3>(&promised));
    let signature = process(0).sign(message.as_bytes());
    let receipt = ReceiptBundle::build(&batch.certificate, Seq(3), &promised, signature);
    let leaf = SettledLeaf::build(&batch.action, Tree::Items, Seq(3), leaves[3], nodes_of(&leaves))
        .unwrap();
    let bundle = ReceiptContradiction::build(&receipt, &batch.signed(), leaf).unwrap();
    AnyBundle::ContradictionReceipt(bundle)
}

/// A batch whose index leaves an entry out, and the bundle that shows it.
fn index(batch: &Batch) -> (Batch, AnyBundle) {
    let mut index: Vec<_> = (1..9)
        .map(|seq| {
            let member = if (seq - 1) % 3 == 0 { &BOB } else { &ALICE };
            IndexLeaf::new(member, &format!("op-{}", seq - 1), Seq(seq))
        })
        .filter(|leaf| leaf.seq() != Seq(4))
        .collect();
    index.sort_unstable();
    let hashes = IndexLeaf::leaf_hashes(&index);
    let liar = twin(batch, |action| {
        action.index_root = root::<Blake3>(&hashes);
        action.entry_count -= 1;
    });
    let Answer::Record { bundle } = liar.record(4) else { panic!("no record") };
    let bundle = IndexContradiction::build(&bundle, &index).unwrap();
    (liar, AnyBundle::ContradictionIndex(bundle))
}

fn log_root(batch: &Batch) -> AnyBundle {
    let other = twin(batch, |action| action.log_root = Digest::default());
    let bundle = LogRootContradiction::build(&batch.signed(), &other.signed(), None).unwrap();
    AnyBundle::ContradictionLogRoot(bundle)
}

fn resting_on(batch: &Batch, bundle: AnyBundle) -> DisputeChallenge {
    batch.challenge(Demand::Contradiction { bundle: Box::new(bundle) })
}

fn batches() -> Vec<Batch> {
    Shard::settled().batches
}

#[test]
fn every_kind_of_contradiction_is_fraud_without_waiting() {
    let batch = &batches()[0];
    let (liar, index) = index(batch);
    for (batch, bundle) in
        [(batch, overlap(batch)), (batch, receipt(batch)), (&liar, index), (batch, log_root(batch))]
    {
        let name = bundle.format().name();
        let challenge = resting_on(batch, bundle);
        let text = challenge.to_json().unwrap();
        assert!(
            text.contains(&format!(r#""demand":{{"contradiction":{{"bundle":{{"format":"{name}""#))
        );
        assert_eq!(DisputeChallenge::from_json(text.as_bytes()).unwrap(), challenge);

        let now_ms = challenge.raised_at_ms;
        let at_once = DisputeOptions { now_ms, ..batch.options() };
        assert_eq!(outcome(&challenge, None, &at_once), fraud("contradiction"), "{name}");
        // An answer, even a good one, changes nothing; nor does its coming late.
        let mut response = batch.response(batch.range());
        assert_eq!(outcome(&challenge, Some(&response), &batch.options()), fraud("contradiction"));
        response.responded_at_ms = batch.deadline_ms() + 1;
        let late = DisputeOptions { now_ms: u64::MAX, ..batch.options() };
        assert_eq!(outcome(&challenge, Some(&response), &late), fraud("contradiction"));
    }
}

#[test]
fn either_settlement_of_an_overlap_can_be_challenged() {
    let batch = &batches()[0];
    let other = twin(batch, |action| action.member_deltas[0].earned += 1);
    let challenge = resting_on(&other, overlap(batch));
    assert_eq!(outcome(&challenge, None, &batch.options()), fraud("contradiction"));
}

#[test]
fn a_contradiction_does_not_open_a_closed_window() {
    let batch = &batches()[0];
    let mut challenge = resting_on(batch, overlap(batch));
    challenge.raised_at_ms = batch.confirmed_at_ms + crate::limits::DEFAULT_DISPUTE_WINDOW_MS;
    let options = DisputeOptions { now_ms: u64::MAX, ..batch.options() };
    assert_eq!(outcome(&challenge, None, &options), Err("dispute-window-closed"));
}

#[test]
fn what_is_no_contradiction_or_is_about_another_settlement_is_refused() {
    let batches = batches();
    let (first, second) = (&batches[0], &batches[1]);
    let options = second.options();
    let Answer::Record { bundle } = first.record(3) else { panic!("no record") };
    let challenge = resting_on(first, AnyBundle::Inclusion(*bundle));
    assert_eq!(outcome(&challenge, None, &options), Err("not-a-contradiction"));
    let challenge = resting_on(second, overlap(first));
    assert_eq!(outcome(&challenge, None, &options), Err("contradiction-elsewhere"));
}

#[test]
fn a_contradiction_that_does_not_hold_is_refused() {
    let batch = &batches()[0];
    let refused = |bundle, expected: &str| {
        let challenge = resting_on(batch, bundle);
        match evaluate_dispute_challenge(&challenge, None, &batch.options()).unwrap_err() {
            DisputeError::ContradictionInvalid { check, .. } => assert_eq!(check, expected),
            error => panic!("{error}"),
        }
        assert_eq!(outcome(&challenge, None, &batch.options()), Err("contradiction-invalid"));
    };
    let AnyBundle::ContradictionOverlap(good) = overlap(batch) else { panic!("no overlap") };
    let mut forged = good.clone();
    forged.proof.other.member_deltas[0].earned += 1;
    refused(AnyBundle::ContradictionOverlap(forged), "settlement-signature");
    let mut same = good.clone();
    same.proof.other = same.settlement.clone();
    let challenge = resting_on(batch, AnyBundle::ContradictionOverlap(same));
    assert_eq!(outcome(&challenge, None, &batch.options()), Err("contradiction-invalid"));
    let mut elsewhere = good;
    elsewhere.operator_public_key = process(1).public_key();
    refused(AnyBundle::ContradictionOverlap(elsewhere), "wrong-operator-key");
}

#[test]
fn a_forged_settlement_is_not_convicted_by_somebody_elses_contradiction() {
    let batch = &batches()[0];
    let mut challenge = resting_on(batch, overlap(batch));
    challenge.settlement.member_deltas[0].earned += 2;
    assert_eq!(outcome(&challenge, None, &batch.options()), Err("settlement-unproven"));
}

/// A revocation of process key `number`.
fn revocation(number: u8, reason: Reason, from: Option<u64>) -> KnownRevocation {
    let key = process(number).public_key();
    let from = from.map(Seq);
    let made = create_process_key_revoke_action(&operator(), SHARD, key, START_MS, reason, from);
    made.unwrap().into()
}

/// The first batch ends at record 8, so that its settlement is record 9.
#[test]
fn a_compromise_reaches_every_settlement_from_its_seq_on() {
    let batches = batches();
    let batch = &batches[0];
    let response = batch.response(batch.range());
    let seen = |seq| {
        let seq = Some(Seq(seq));
        KnownRevocation { seq, ..revocation(0, Reason::KeyCompromise, None) }
    };
    let cases = [
        (revocation(0, Reason::KeyCompromise, Some(0)), true),
        (revocation(0, Reason::KeyCompromise, Some(8)), true),
        (revocation(0, Reason::KeyCompromise, Some(9)), true),
        (revocation(0, Reason::KeyCompromise, Some(10)), false),
        // Without a seq it is the revocation's own, and where that is not known, all of them.
        (seen(9), true),
        (seen(10), false),
        (revocation(0, Reason::KeyCompromise, None), true),
        (revocation(0, Reason::Rotation, None), false),
        (revocation(0, Reason::Shutdown, None), false),
        (revocation(1, Reason::KeyCompromise, Some(0)), false),
    ];
    for (known, is_tainted) in cases {
        // One of several is enough.
        let revocations = [revocation(0, Reason::Rotation, None), known];
        let options = DisputeOptions { revocations: &revocations, ..batch.options() };
        for demand in [Demand::Range {}, Demand::Record { seq: Seq(3) }] {
            let challenge = batch.challenge(demand);
            let (open, answered) = if is_tainted {
                (fraud("key-compromised"), fraud("key-compromised"))
            } else if matches!(challenge.demand, Demand::Range {}) {
                (status("CHALLENGED"), status("CONFIRMED"))
            } else {
                (status("CHALLENGED"), fraud("other-demand"))
            };
            assert_eq!(outcome(&challenge, None, &options), open, "{known:?}");
            assert_eq!(outcome(&challenge, Some(&response), &options), answered, "{known:?}");
        }
        // Out of the window too, but not without the taint.
        let mut late = batch.challenge(Demand::Range {});
        late.raised_at_ms = u64::MAX;
        let found = resolve_compromise(&late, &options);
        if is_tainted {
            let resolution = found.unwrap();
            assert_eq!(resolution.status, DisputeStatus::DisputedFraud);
            assert!(resolution.detail.starts_with("key-compromised: "), "{}", &*resolution.detail);
        } else {
            assert_eq!(found.unwrap_err().code(), "not-compromised");
        }
    }
    let mut forged = batch.challenge(Demand::Range {});
    forged.settlement.entry_count += 1;
    let revocations = [revocation(0, Reason::KeyCompromise, Some(0))];
    let options = DisputeOptions { revocations: &revocations, ..batch.options() };
    assert_eq!(resolve_compromise(&forged, &options).unwrap_err().code(), "settlement-unproven");
}

/// A thief of the key could have made either commitment.
#[test]
fn with_a_compromise_of_the_key_no_contradiction_counts() {
    let batch = &batches()[0];
    let challenge = resting_on(batch, overlap(batch));
    for (from, expected) in [(9, fraud("key-compromised")), (10, Err("contradiction-invalid"))] {
        let revocations = [revocation(0, Reason::KeyCompromise, Some(from))];
        let options = DisputeOptions { revocations: &revocations, ..batch.options() };
        assert_eq!(outcome(&challenge, None, &options), expected, "from {from}");
    }
}

#[test]
fn a_revocation_that_does_not_hold_is_no_revocation() {
    let batch = &batches()[0];
    let mut bad = revocation(0, Reason::KeyCompromise, Some(0));
    bad.revocation.effective_at_seq = Some(Seq(1));
    let mut of_another_key = revocation(1, Reason::KeyCompromise, Some(0));
    of_another_key.revocation.effective_at_seq = Some(Seq(1));
    let challenge = batch.challenge(Demand::Range {});
    for (known, expected) in
        [(bad, Err("revocation-invalid")), (of_another_key, status("CHALLENGED"))]
    {
        let options = DisputeOptions { revocations: &[known], ..batch.options() };
        assert_eq!(outcome(&challenge, None, &options), expected);
    }
}

#[test]
fn settlements_are_listed_by_key_and_range() {
    let settlement = |from, to, key: u8| {
        let mut action = batches()[0].action.clone();
        (action.from_seq, action.to_seq) = (Seq(from), Seq(to));
        action.public_key = process(key).public_key();
        action
    };
    let all =
        [settlement(0, 9, 0), settlement(10, 19, 0), settlement(20, 29, 1), settlement(30, 39, 0)];
    let list = |key: u8, from, to| -> Vec<u64> {
        let found = reverse_range(&all, &process(key).public_key(), Seq(from), Seq(to));
        found.iter().map(|action| action.from_seq.0).collect()
    };
    assert_eq!(list(0, 0, u64::MAX), [0, 10, 30]);
    assert_eq!(list(1, 0, u64::MAX), [20]);
    assert_eq!(list(2, 0, u64::MAX), [0; 0]);
    assert_eq!(list(0, 10, 19), [10]);
    assert_eq!(list(0, 9, 10), [0, 10]);
    assert_eq!(list(0, 20, 29), [0; 0]);
    assert_eq!(list(0, 39, 39), [30]);
    assert_eq!(list(0, 40, u64::MAX), [0; 0]);
    assert_eq!(list(0, 15, 14), [0; 0]);
}
