//! Every state and edge of the dispute, on both sides of each deadline.

use super::*;
use crate::limits::{DEFAULT_DISPUTE_RESPONSE_MS, DEFAULT_DISPUTE_WINDOW_MS};

/// A check that fails, and what makes it fail.
type Forge = (&'static str, fn(&mut DisputeChallenge, &SigningKey));

fn batch() -> Batch {
    Shard::settled().batches.swap_remove(0)
}

#[test]
fn every_state_is_reached() {
    let batch = batch();
    let challenge = batch.challenge(Demand::Range {});
    let options = batch.options();
    assert_eq!(outcome(&challenge, None, &options), status("CHALLENGED"));
    let response = batch.response(batch.range());
    assert_eq!(outcome(&challenge, Some(&response), &options), status("CONFIRMED"));
    let short = batch.response(Answer::Range { records: Vec::new() });
    assert_eq!(outcome(&challenge, Some(&short), &options), fraud("range-count"));
    let late = DisputeOptions { now_ms: batch.deadline_ms(), ..options };
    assert_eq!(outcome(&challenge, None, &late), status("DISPUTED_NO_RESPONSE"));
}

#[test]
fn the_window_closes_at_its_last_millisecond() {
    let batch = batch();
    let mut challenge = batch.challenge(Demand::Range {});
    let end = batch.confirmed_at_ms + DEFAULT_DISPUTE_WINDOW_MS;
    let options = DisputeOptions::new(trusted(), end + 10);
    for (raised_at_ms, expected) in [
        (batch.confirmed_at_ms - 1, Err("raised-before-confirmed")),
        (batch.confirmed_at_ms, status("DISPUTED_NO_RESPONSE")),
        (end - 1, status("CHALLENGED")),
        (end, Err("dispute-window-closed")),
        (end + 1, Err("dispute-window-closed")),
    ] {
        challenge.raised_at_ms = raised_at_ms;
        assert_eq!(outcome(&challenge, None, &options), expected, "raised at {raised_at_ms}");
    }
}

#[test]
fn a_window_of_any_length_is_kept() {
    let batch = batch();
    let mut challenge = batch.challenge(Demand::Range {});
    let options = batch.options();
    for (dispute_window_ms, expected) in [
        (0, Err("dispute-window-closed")),
        (1_000, Err("dispute-window-closed")),
        (1_001, status("CHALLENGED")),
    ] {
        let options = DisputeOptions { dispute_window_ms, ..options };
        assert_eq!(outcome(&challenge, None, &options), expected, "{dispute_window_ms} ms");
    }
    challenge.raised_at_ms = challenge.confirmed_at_ms;
    let options = DisputeOptions { dispute_window_ms: 0, ..options };
    assert_eq!(outcome(&challenge, None, &options), Err("dispute-window-closed"));
}

/// Times whose sum exceeds 64 bits.
#[test]
fn windows_beyond_the_end_of_time_do_not_wrap() {
    let batch = batch();
    let mut challenge = batch.challenge(Demand::Range {});
    (challenge.confirmed_at_ms, challenge.raised_at_ms) = (u64::MAX - 5, u64::MAX - 3);
    let mut response = batch.response(batch.range());
    response.responded_at_ms = u64::MAX;
    for period in [4, DEFAULT_DISPUTE_WINDOW_MS, u64::MAX] {
        let options = DisputeOptions {
            dispute_window_ms: period,
            response_ms: period,
            ..DisputeOptions::new(trusted(), u64::MAX)
        };
        assert_eq!(outcome(&challenge, None, &options), status("CHALLENGED"), "{period}");
        assert_eq!(outcome(&challenge, Some(&response), &options), status("CONFIRMED"), "{period}");
    }
    let options =
        DisputeOptions { dispute_window_ms: 2, ..DisputeOptions::new(trusted(), u64::MAX) };
    assert_eq!(outcome(&challenge, None, &options), Err("dispute-window-closed"));
    (challenge.confirmed_at_ms, challenge.raised_at_ms) = (0, u64::MAX);
    let options = DisputeOptions { dispute_window_ms: u64::MAX, ..options };
    assert_eq!(outcome(&challenge, None, &options), Err("dispute-window-closed"));
}

#[test]
fn without_a_response_the_deadline_is_its_first_millisecond() {
    let batch = batch();
    let challenge = batch.challenge(Demand::Record { seq: Seq(3) });
    let deadline = batch.deadline_ms();
    for (now_ms, expected) in [
        (challenge.raised_at_ms - 1, Err("raised-in-future")),
        (challenge.raised_at_ms, status("CHALLENGED")),
        (deadline - 1, status("CHALLENGED")),
        (deadline, status("DISPUTED_NO_RESPONSE")),
        (deadline + 1, status("DISPUTED_NO_RESPONSE")),
        (u64::MAX, status("DISPUTED_NO_RESPONSE")),
    ] {
        let options = DisputeOptions { now_ms, ..batch.options() };
        assert_eq!(outcome(&challenge, None, &options), expected, "at {now_ms}");
    }
}

#[test]
fn a_response_counts_up_to_the_deadline_and_none_after_it() {
    let batch = batch();
    let challenge = batch.challenge(Demand::Range {});
    let deadline = batch.deadline_ms();
    let raised = challenge.raised_at_ms;
    for (responded_at_ms, now_ms, expected) in [
        (raised - 1, deadline, Err("response-before-challenge")),
        (raised, raised, status("CONFIRMED")),
        (raised + 1, raised, Err("response-in-future")),
        (deadline - 1, deadline + 9, status("CONFIRMED")),
        (deadline, deadline, status("CONFIRMED")),
        (deadline, u64::MAX, status("CONFIRMED")),
        (deadline + 1, deadline, Err("response-in-future")),
        (deadline + 1, deadline + 1, status("DISPUTED_NO_RESPONSE")),
        (u64::MAX, u64::MAX, status("DISPUTED_NO_RESPONSE")),
    ] {
        let mut response = batch.response(batch.range());
        response.responded_at_ms = responded_at_ms;
        let options = DisputeOptions { now_ms, ..batch.options() };
        let found = outcome(&challenge, Some(&response), &options);
        assert_eq!(found, expected, "given at {responded_at_ms}, evaluated at {now_ms}");
        // A bad one convicts within the same bounds.
        response.answer = Answer::Range { records: Vec::new() };
        let expected = expected.map(|(status, check)| match status {
            "CONFIRMED" => ("DISPUTED_FRAUD", "range-count".into()),
            _ => (status, check),
        });
        assert_eq!(outcome(&challenge, Some(&response), &options), expected);
    }
}

#[test]
fn what_the_evaluator_saw_outweighs_what_the_parties_say() {
    let batch = batch();
    let challenge = batch.challenge(Demand::Range {});
    let response = batch.response(batch.range());
    let (confirmed, raised) = (challenge.confirmed_at_ms, challenge.raised_at_ms);
    let evaluate = |response: Option<&DisputeResponse>, now_ms, witnessed| {
        outcome(&challenge, response, &DisputeOptions { now_ms, witnessed, ..batch.options() })
    };
    let seen = Witnessed::default();
    // Confirmed earlier than the challenger says: challenged too late, by a millisecond or not.
    let mut early = batch.challenge(Demand::Range {});
    (early.confirmed_at_ms, early.raised_at_ms) = (confirmed + 50, confirmed + 1_000);
    for (dispute_window_ms, expected) in
        [(1_000, Err("dispute-window-closed")), (1_001, status("CHALLENGED"))]
    {
        let witnessed = Witnessed { confirmed_at_ms: Some(confirmed), ..seen };
        let options = DisputeOptions { dispute_window_ms, witnessed, ..batch.options() };
        assert_eq!(outcome(&early, None, &options), expected);
    }
    let witnessed = Witnessed { confirmed_at_ms: Some(raised + 1), ..seen };
    assert_eq!(evaluate(None, raised + 1, witnessed), Err("raised-before-confirmed"));
    // Raised later than the challenger says: the operator's time starts later.
    let now_ms = batch.deadline_ms() + 499;
    let witnessed = Witnessed { raised_at_ms: Some(raised + 500), ..seen };
    assert_eq!(evaluate(None, now_ms, seen), status("DISPUTED_NO_RESPONSE"));
    assert_eq!(evaluate(None, now_ms, witnessed), status("CHALLENGED"));
    assert_eq!(evaluate(None, now_ms + 1, witnessed), status("DISPUTED_NO_RESPONSE"));
    assert_eq!(evaluate(Some(&response), now_ms, witnessed), status("CONFIRMED"));
    let end = confirmed + DEFAULT_DISPUTE_WINDOW_MS;
    for (at, expected) in [(end - 1, status("CHALLENGED")), (end, Err("dispute-window-closed"))] {
        let witnessed = Witnessed { raised_at_ms: Some(at), ..seen };
        assert_eq!(evaluate(None, end, witnessed), expected);
    }
    // A claim later than what was seen stands: nobody is held to an earlier one.
    let witnessed = Witnessed { raised_at_ms: Some(raised - 500), ..seen };
    assert_eq!(evaluate(None, batch.deadline_ms() - 1, witnessed), status("CHALLENGED"));
    // Answered later than the operator says.
    for (at, expected) in [(0, status("CONFIRMED")), (1, status("DISPUTED_NO_RESPONSE"))] {
        let at = batch.deadline_ms() + at;
        let witnessed = Witnessed { responded_at_ms: Some(at), ..seen };
        assert_eq!(evaluate(Some(&response), at, witnessed), expected);
        assert_eq!(evaluate(Some(&response), at - 1, witnessed), Err("response-in-future"));
    }
}

#[test]
fn a_confirmation_outside_the_validity_of_the_key_does_not_count() {
    let batch = batch();
    let challenge = |at| {
        let mut challenge = batch.challenge(Demand::Range {});
        (challenge.confirmed_at_ms, challenge.raised_at_ms) = (at, at);
        challenge
    };
    let end = START_MS + LIFE_MS;
    for (at, expected) in [
        (START_MS - 1, Err("settlement-unproven")),
        (START_MS, status("CHALLENGED")),
        (end - 1, status("CHALLENGED")),
        (end, Err("settlement-unproven")),
    ] {
        let witnessed = Witnessed { confirmed_at_ms: Some(at), ..Witnessed::default() };
        let options = DisputeOptions { now_ms: at, witnessed, ..batch.options() };
        assert_eq!(outcome(&challenge(at), None, &options), expected, "{at}");
    }
}

#[test]
fn a_challenge_of_another_operator_is_refused() {
    let batch = batch();
    let challenge = batch.challenge(Demand::Range {});
    let other = SigningKey::from_seed(&[9; 32]).public_key();
    let options = DisputeOptions { operator_public_key: other, ..batch.options() };
    let response = batch.response(batch.range());
    assert_eq!(outcome(&challenge, None, &options), Err("wrong-operator-key"));
    assert_eq!(outcome(&challenge, Some(&response), &options), Err("wrong-operator-key"));
    let error = evaluate_dispute_challenge(&challenge, None, &options).unwrap_err();
    assert_eq!(error, DisputeError::WrongOperatorKey { expected: other, found: trusted() });
}

#[test]
fn a_record_outside_the_batch_cannot_be_demanded() {
    let shard = Shard::settled();
    let batch = &shard.batches[1];
    for (seq, expected) in [
        (8, Err("seq-outside-batch")),
        (9, status("CHALLENGED")),
        (12, status("CHALLENGED")),
        (13, Err("seq-outside-batch")),
        (u64::MAX, Err("seq-outside-batch")),
    ] {
        let challenge = batch.challenge(Demand::Record { seq: Seq(seq) });
        assert_eq!(outcome(&challenge, None, &batch.options()), expected, "{seq}");
    }
}

#[test]
fn a_range_that_is_no_batch_is_refused() {
    let batch = batch();
    let mut challenge = batch.challenge(Demand::Range {});
    for (from, to) in [(9, 8), (0, u64::MAX)] {
        (challenge.settlement.from_seq, challenge.settlement.to_seq) = (Seq(from), Seq(to));
        let response = batch.response(batch.range());
        assert_eq!(outcome(&challenge, Some(&response), &batch.options()), Err("settlement-range"));
    }
}

/// Anybody can write a settlement. Without an answer to it nobody is convicted.
#[test]
fn a_forged_settlement_convicts_nobody_who_keeps_silent() {
    let batch = batch();
    let response = batch.response(batch.range());
    let other_operator = SigningKey::from_seed(&[9; 32]);
    let forgeries: [Forge; 5] = [
        ("settlement-signature", |challenge, _| challenge.settlement.member_deltas[0].earned += 1),
        ("certificate-invalid", |challenge, _| challenge.certificate.expires_at_ms += 1),
        ("certificate-invalid", |challenge, other| {
            let key = challenge.certificate.public_key;
            challenge.certificate =
                create_process_key_action(other, SHARD, key, START_MS, START_MS + LIFE_MS).unwrap();
        }),
        ("wrong-process-key", |challenge, _| challenge.certificate = certificate(1)),
        ("wrong-shard", |challenge, _| {
            let (key, shard_id) = (challenge.certificate.public_key, ShardId::from_bytes([8; 16]));
            challenge.certificate =
                create_process_key_action(&operator(), shard_id, key, START_MS, START_MS + LIFE_MS)
                    .unwrap();
        }),
    ];
    for (check, forge) in forgeries {
        for demand in [Demand::Range {}, Demand::Record { seq: Seq(1) }] {
            let mut challenge = batch.challenge(demand);
            forge(&mut challenge, &other_operator);
            let late = DisputeOptions { now_ms: u64::MAX, ..batch.options() };
            for options in [batch.options(), late] {
                let error = evaluate_dispute_challenge(&challenge, None, &options).unwrap_err();
                let DisputeError::SettlementUnproven { check: found, .. } = error else {
                    panic!("{check}: {error}")
                };
                assert_eq!(found, check);
            }
        }
        // Who answers for it is held to it, with the records checked first.
        let mut challenge = batch.challenge(Demand::Range {});
        forge(&mut challenge, &other_operator);
        let expected = if check == "settlement-signature" { "member-deltas" } else { check };
        assert_eq!(outcome(&challenge, Some(&response), &batch.options()), fraud(expected));
    }
    let mut challenge = batch.challenge(Demand::Range {});
    challenge.settlement.signature = process(3).sign(b"");
    assert_eq!(
        outcome(&challenge, Some(&response), &batch.options()),
        fraud("settlement-signature")
    );
}

#[test]
fn the_default_periods_are_those_of_the_specification() {
    let options = batch().options();
    assert_eq!(options.dispute_window_ms, DEFAULT_DISPUTE_WINDOW_MS);
    assert_eq!(options.response_ms, DEFAULT_DISPUTE_RESPONSE_MS);
    assert_eq!((options.dispute_window_ms, options.response_ms), (86_400_000, 21_600_000));
}
