//! The room of disputes.

use countersign_core::chain::Record;
use countersign_core::dispute::{
    self, AccountError, Applied, DisputeChallenge, DisputeOptions, DisputeResolution,
    DisputeResponse, Witnessed,
};
use countersign_core::document::{Optional, members, read};
use countersign_core::limits::{
    DEFAULT_DISPUTE_RESPONSE_MS, DEFAULT_DISPUTE_WINDOW_MS, MAX_BUNDLE_SIZE, MAX_KEY_DOCUMENT_SIZE,
};
use countersign_core::settlement::BatchSettlementAction;
use countersign_core::{Seq, SeqRange};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::account_store::{AccountStore, Store, StoreError};
use crate::error::Refused;
use crate::object::Builder;
use crate::{bytes, document};

/// The times that an evaluation is given, beside the time now.
#[expect(clippy::struct_field_names, reason = "the unit stands last, and all are times")]
struct Times {
    dispute_window_ms: Option<u64>,
    response_ms: Option<u64>,
    confirmed_at_ms: Option<u64>,
    raised_at_ms: Option<u64>,
    responded_at_ms: Option<u64>,
}

members!(read Times {
    dispute_window_ms "disputeWindowMs": Optional,
    response_ms "responseMs": Optional,
    confirmed_at_ms "confirmedAtMs": Optional,
    raised_at_ms "raisedAtMs": Optional,
    responded_at_ms "respondedAtMs": Optional,
});

/// Evaluates a challenge, with the operator's response unless that is empty; the resolution as
/// JSON.
///
/// Does not prove that the response is the operator's own, nor that times are true beyond what
/// the evaluator witnessed.
#[wasm_bindgen(js_name = evaluateDisputeChallenge)]
pub fn evaluate_dispute_challenge(
    challenge: &[u8],
    response: &[u8],
    operator_public_key: &[u8],
    now_ms: u64,
    times: &[u8],
    revocations: &[u8],
) -> Result<String, Refused> {
    let challenge = DisputeChallenge::from_json(challenge)?;
    let is_answered = !response.is_empty();
    let response = is_answered.then(|| DisputeResponse::from_json(response)).transpose()?;
    let times: Times = read(times, MAX_KEY_DOCUMENT_SIZE)?;
    let revocations = document::revocations(revocations)?;
    let options = DisputeOptions {
        operator_public_key: bytes::public_key("operatorPublicKey", operator_public_key)?,
        now_ms,
        dispute_window_ms: times.dispute_window_ms.unwrap_or(DEFAULT_DISPUTE_WINDOW_MS),
        response_ms: times.response_ms.unwrap_or(DEFAULT_DISPUTE_RESPONSE_MS),
        revocations: &revocations,
        witnessed: Witnessed {
            confirmed_at_ms: times.confirmed_at_ms,
            raised_at_ms: times.raised_at_ms,
            responded_at_ms: times.responded_at_ms,
        },
    };
    let resolution = dispute::evaluate_dispute_challenge(&challenge, response.as_ref(), &options)?;
    Ok(resolution.to_json()?)
}

/// Which of a JSON list of settlements a key signed in a range of records: their places in the
/// list.
#[wasm_bindgen(js_name = reverseRange)]
pub fn reverse_range(
    settlements: &[u8],
    public_key: &[u8],
    from_seq: u64,
    to_seq: u64,
) -> Result<Vec<u32>, Refused> {
    let settlements: Vec<BatchSettlementAction> = read(settlements, MAX_BUNDLE_SIZE)?;
    let public_key = bytes::public_key("publicKey", public_key)?;
    let (from_seq, to_seq) = (Seq(from_seq), Seq(to_seq));
    let places = (0_u32..).zip(&settlements).filter_map(|(place, settlement)| {
        let chosen = dispute::reverse_range([settlement], &public_key, from_seq, to_seq);
        (!chosen.is_empty()).then_some(place)
    });
    Ok(places.collect())
}

/// Takes a settlement back in the caller's accounts after a lost dispute; what was done.
#[wasm_bindgen(js_name = applyDisputeReversal)]
pub fn apply_dispute_reversal(store: &AccountStore, resolution: &[u8]) -> Result<JsValue, Refused> {
    let resolution = DisputeResolution::from_json(resolution)?;
    let mut store = Store::new(store)?;
    dispute::apply_dispute_reversal(&mut store, &resolution).map(applied).map_err(refused)
}

/// Shows the caller's accounts the next record of their shard; what it did to them.
#[wasm_bindgen(js_name = applyRecord)]
pub fn apply_record(store: &AccountStore, record: &[u8]) -> Result<JsValue, Refused> {
    let record = Record::decode(record)?;
    let mut store = Store::new(store)?;
    dispute::apply_record(&mut store, &record).map(applied).map_err(refused)
}

fn refused(error: AccountError<StoreError>) -> Refused {
    match error {
        // What the store has thrown is the caller's own.
        AccountError::Store(StoreError(thrown)) => thrown,
        error => Refused::new(error.code(), error),
    }
}

fn applied(applied: Applied) -> JsValue {
    let (name, batch) = match applied {
        Applied::Moved => ("moved", None),
        Applied::Confirmed(batch) => ("confirmed", Some(batch)),
        Applied::AlreadyConfirmed(batch) => ("already-confirmed", Some(batch)),
        Applied::Reversed(batch) => ("reversed", Some(batch)),
        Applied::AlreadyReversed(batch) => ("already-reversed", Some(batch)),
        Applied::NotConfirmed(batch) => ("not-confirmed", Some(batch)),
        _ => ("nothing", None),
    };
    let object = Builder::default().with("applied", name);
    let seq = |seq: Option<Seq>| seq.map_or(JsValue::NULL, |seq| seq.0.into());
    object
        .with("fromSeq", seq(batch.map(|batch: SeqRange| batch.from)))
        .with("toSeq", seq(batch.map(|batch: SeqRange| batch.to)))
        .build()
}
