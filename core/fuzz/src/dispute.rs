//! Disputes: documents that strangers bring, and the verdict over them.

use countersign_core::Seq;
use countersign_core::chain::{Control, ControlRecord, Record};
use countersign_core::dispute::{
    Applied, Demand, DisputeChallenge, DisputeOptions, DisputeResolution, DisputeResponse,
    DisputeStatus, MemoryAccounts, apply_dispute_reversal, evaluate_dispute_challenge,
};
use countersign_core::hash::Digest;
use countersign_core::keys::PublicKey;
use countersign_core::settlement::verify_settlement;

/// Whatever the documents say, a verdict follows the rules, and documents come back as they were
/// written. The first line is a challenge or resolution, the rest a response.
pub fn dispute(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, rest) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    if let Ok(resolution) = DisputeResolution::from_json(first) {
        check_resolution(&resolution);
    }
    let response = DisputeResponse::from_json(rest).ok();
    if let Some(response) = &response {
        let text = response.to_json().expect("a response that was read can be written");
        assert_eq!(DisputeResponse::from_json(text.as_bytes()).as_ref(), Ok(response));
    }
    let Ok(challenge) = DisputeChallenge::from_json(first) else { return };
    let text = challenge.to_json().expect("a challenge that was read can be written");
    assert_eq!(DisputeChallenge::from_json(text.as_bytes()).as_ref(), Ok(&challenge));
    let raised = challenge.raised_at_ms;
    for now_ms in [raised, raised.saturating_add(30_000_000), u64::MAX] {
        for response in [None, response.as_ref()] {
            check_verdict(&challenge, response, now_ms);
        }
    }
}

fn check_verdict(challenge: &DisputeChallenge, response: Option<&DisputeResponse>, now_ms: u64) {
    let options = DisputeOptions::new(challenge.operator_public_key, now_ms);
    let other = DisputeOptions::new(PublicKey::from_bytes([0; 32]), now_ms);
    let refused = evaluate_dispute_challenge(challenge, response, &other);
    if other.operator_public_key != challenge.operator_public_key {
        assert_eq!(refused.map(drop).map_err(|error| error.code()), Err("wrong-operator-key"));
    }
    let Ok(resolution) = evaluate_dispute_challenge(challenge, response, &options) else { return };
    check_resolution(&resolution);
    assert!(challenge.confirmed_at_ms <= challenge.raised_at_ms);
    let waited = now_ms - challenge.raised_at_ms;
    let rests_on_proof = matches!(challenge.demand, Demand::Contradiction { .. });
    match resolution.status {
        DisputeStatus::Confirmed => assert!(response.is_some() && !rests_on_proof),
        DisputeStatus::Challenged => {
            assert!(response.is_none() && waited < options.response_ms && !rests_on_proof);
        }
        DisputeStatus::DisputedNoResponse => {
            assert!(waited >= options.response_ms && !rests_on_proof);
        }
        DisputeStatus::DisputedFraud => assert!(response.is_some() || rests_on_proof),
    }
    // Who keeps silent is never convicted of somebody else's settlement.
    let certificate = &challenge.certificate;
    let (settlement, trusted) = (&challenge.settlement, &options.operator_public_key);
    if response.is_none() || resolution.status == DisputeStatus::Confirmed {
        assert_eq!(verify_settlement(settlement, challenge.shard_id, certificate, trusted), Ok(()));
    }
}

/// It comes back from JSON and from the log, and reverses nothing that was not confirmed.
fn check_resolution(resolution: &DisputeResolution) {
    let text = resolution.to_json().expect("a resolution can be written");
    assert_eq!(DisputeResolution::from_json(text.as_bytes()).as_ref(), Ok(resolution));
    let mut store = MemoryAccounts::new(resolution.challenge.shard_id);
    let applied = apply_dispute_reversal(&mut store, resolution);
    if resolution.status.is_lost() {
        assert_eq!(applied.map_err(|error| error.code()), Err("batch-not-confirmed"));
    } else {
        assert_eq!(applied, Ok(Applied::Nothing));
    }
    assert_eq!(store.iter().count(), 0);
    let Some(body) = resolution.record() else {
        return assert_eq!(resolution.status, DisputeStatus::Challenged);
    };
    let body = Control::DisputeResolution(body);
    let record = ControlRecord { seq: Seq(1), prev_hash: Digest::default(), ts_us: 1, body };
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    assert_eq!(Record::decode(&bytes), Ok(Record::Control(record)));
}
