//! The room of settlements.

use countersign_core::document::{
    CertificateDocument, Objects, One, Own, list, members, read, write,
};
use countersign_core::keys::{Certificate, ShardId};
use countersign_core::limits::{MAX_DISPUTE_DOCUMENT_SIZE, MAX_SETTLEMENT_DOCUMENT_SIZE};
use countersign_core::proof::Check;
use countersign_core::settlement::{
    self, BatchId, BatchSettlementAction, SettlementFailure, check_settlement,
};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bytes;
use crate::error::Refused;

#[derive(Deserialize)]
#[serde(transparent)]
struct CertificateJson(#[serde(with = "CertificateDocument")] Certificate);

#[derive(Deserialize)]
#[serde(transparent)]
struct RecordsJson(#[serde(with = "list")] Vec<Vec<u8>>);

/// What was checked of a settlement.
struct SettlementReport {
    valid: bool,
    batch_id: BatchId,
    checks: Vec<Check>,
    does_not_prove: Vec<&'static str>,
}

members!(write SettlementReport {
    valid "valid": Own,
    batch_id "batchId": One,
    checks "checks": Objects,
    does_not_prove "doesNotProve": Own,
});

const OF_SIGNATURE: &str = "That the key was active, inside its validity and uncompromised when it \
     signed.";
const OF_RECORDS: &str = "That roots and sums are those of any records: none were given.";

/// Checks a settlement against the certificate of its key and, where `records` is not empty,
/// against the bytes of every record of its range, a JSON list of hex; the report as JSON.
///
/// Does not prove what the report's `doesNotProve` lists.
#[wasm_bindgen(js_name = verifySettlement)]
pub fn verify_settlement(
    settlement: &[u8],
    shard_id: &str,
    certificate: &[u8],
    operator_public_key: &[u8],
    records: &[u8],
) -> Result<String, Refused> {
    let trusted = bytes::public_key("operatorPublicKey", operator_public_key)?;
    let shard_id: ShardId = bytes::shard_id("shardId", shard_id)?;
    let CertificateJson(certificate) = read(certificate, MAX_SETTLEMENT_DOCUMENT_SIZE)?;
    let action = BatchSettlementAction::from_json(settlement)?;
    let outcome = settlement::verify_settlement(&action, shard_id, &certificate, &trusted);
    let mut checks = vec![check("settlement-signature", "the certified key signed it", outcome)];
    let mut does_not_prove = vec![OF_SIGNATURE];
    if records.is_empty() {
        does_not_prove.push(OF_RECORDS);
    } else if checks.iter().all(|check| check.ok) {
        let RecordsJson(records) = read(records, MAX_DISPUTE_DOCUMENT_SIZE)?;
        let outcome = check_settlement(&action, records.iter().map(Vec::as_slice));
        checks.push(check(
            "settlement-records",
            "the records give its tip, roots and sums",
            outcome,
        ));
    }
    Ok(write(&SettlementReport {
        valid: checks.iter().all(|check| check.ok),
        batch_id: action.batch_id(shard_id),
        checks,
        does_not_prove,
    })?)
}

fn check(code: &'static str, shown: &str, outcome: Result<(), SettlementFailure>) -> Check {
    match outcome {
        Ok(()) => Check { code, ok: true, detail: shown.to_owned() },
        Err(failure) => Check { code: failure.code(), ok: false, detail: failure.to_string() },
    }
}
