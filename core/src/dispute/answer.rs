//! Whether an answer shows what a challenge demands.
//!
//! The letters in the comments are those of `FORMAT.md`, "Checking an answer".

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::challenge::{Demand, DisputeChallenge};
use super::error::DisputeError;
use super::options::DisputeOptions;
use super::response::{Answer, DisputeResponse};
use crate::Seq;
use crate::chain::Record;
use crate::proof::{AnyBundle, Facts, ProofError, Report, SettlementFact, VerifyOptions};
use crate::settlement::{BatchSettlementAction, check_settlement};

/// A check that failed, for the resolution.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Failed {
    const fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}

/// Checks the operator's answer; what it shows, for people.
pub(super) fn check(
    challenge: &DisputeChallenge,
    response: &DisputeResponse,
    options: &DisputeOptions<'_>,
) -> Result<String, Failed> {
    // a.
    let (expected, found) = (challenge.batch_id(), response.batch_id);
    if expected != found {
        let detail = format!("the response is about batch {found}, the challenge about {expected}");
        return Err(Failed::new("other-batch", detail));
    }
    let of_bundle = |settlement, report| bundle(challenge, settlement, report);
    let trusted = &options.operator_public_key;
    let known = VerifyOptions { revocations: options.revocations, ..VerifyOptions::default() };
    match (&challenge.demand, &response.answer) {
        (Demand::Range {}, Answer::Range { records }) => range(challenge, records),
        (Demand::Record { seq }, Answer::Record { bundle }) => {
            let facts = of_bundle(&bundle.settlement, bundle.verify(trusted, &known))?;
            record(*seq, &facts)
        }
        (Demand::Absence { member_id, op_id }, Answer::Absence { bundle }) => {
            let facts = of_bundle(&bundle.settlement, bundle.verify(trusted, &known))?;
            // e.
            let is_demanded = facts.member_id.as_ref() == Some(member_id)
                && facts.op_id.as_deref() == Some(&**op_id);
            if !is_demanded {
                let detail = "the absence of another operation is shown than the demanded one";
                return Err(Failed::new("other-operation", detail.to_owned()));
            }
            Ok("the operation is not in the batch".to_owned())
        }
        (Demand::Absence { member_id, op_id }, Answer::Record { bundle }) => {
            let facts = of_bundle(&bundle.settlement, bundle.verify(trusted, &known))?;
            // f. An honest operator cannot show the absence of what is there.
            let record = facts.records.first();
            let operation = record.and_then(|record| Some((record, record.operation.as_ref()?)));
            match operation {
                Some((record, operation))
                    if operation.member_id == *member_id && *operation.op_id == **op_id =>
                {
                    Ok(format!("the operation is in the batch, as record {}", record.seq))
                }
                _ => {
                    let detail = "a record is shown that does not hold the demanded operation";
                    Err(Failed::new("other-operation", detail.to_owned()))
                }
            }
        }
        // b.
        (demand, answer) => {
            let (demand, answer) = (demand.name(), answer.name());
            let detail = format!("the challenge demands {demand}, the response shows {answer}");
            Err(Failed::new("other-demand", detail))
        }
    }
}

/// Every record of the batch.
fn range(challenge: &DisputeChallenge, records: &[Vec<u8>]) -> Result<String, Failed> {
    let DisputeChallenge { settlement, certificate, .. } = challenge;
    // c.
    check_settlement(settlement, records.iter().map(Vec::as_slice))
        .map_err(|failure| Failed::new(failure.code(), failure.to_string()))?;
    // The first batch is the whole log so far.
    if settlement.from_seq == Seq::FIRST && settlement.log_root != settlement.items_root {
        let (log_root, items_root) = (settlement.log_root, settlement.items_root);
        let detail = format!("the log so far has the root {items_root}, not {log_root}");
        return Err(Failed::new("log-root", detail));
    }
    // The settlement came after its last record, in the validity of its key.
    let last = records.last().and_then(|bytes| Record::decode(bytes).ok());
    let last_ms = last.map_or(0, |record| record.ts_us() / 1_000);
    if last_ms >= certificate.expires_at_ms {
        let end = certificate.expires_at_ms;
        let detail = format!("the last record is of {last_ms} ms, the key ran out at {end} ms");
        return Err(Failed::new("outside-key-window", detail));
    }
    let count = records.len();
    Ok(format!("the {count} records of the batch give its tip, its roots and its sums"))
}

/// The demanded record.
fn record(seq: Seq, facts: &Facts) -> Result<String, Failed> {
    // d.
    match facts.records.first() {
        Some(record) if record.seq == seq => Ok(format!("record {seq} is in the batch")),
        Some(record) => {
            let detail = format!("record {} is shown, record {seq} is demanded", record.seq);
            Err(Failed::new("other-record", detail))
        }
        None => Err(Failed::new("other-record", "no record is shown".to_owned())),
    }
}

/// A proof under the challenged settlement, that holds; what it is about.
fn bundle(
    challenge: &DisputeChallenge,
    settlement: &BatchSettlementAction,
    report: Result<Report, ProofError>,
) -> Result<Facts, Failed> {
    if *settlement != challenge.settlement {
        let detail = "the proof rests on another settlement than the challenged one";
        return Err(Failed::new("other-settlement", detail.to_owned()));
    }
    // Only revocations can be refused, and those were looked at before.
    let report = report.map_err(|error| Failed::new("revocation-invalid", error.to_string()))?;
    match report.first_failure() {
        Some(check) => Err(Failed::new(check.code, check.detail.clone())),
        None if report.valid => Ok(report.facts),
        None => Err(Failed::new("proof-empty", "the proof shows nothing".to_owned())),
    }
}

/// Step 6: a contradiction, about the challenged settlement, that holds; what is wrong.
pub(super) fn contradiction(
    challenge: &DisputeChallenge,
    bundle: &AnyBundle,
    options: &DisputeOptions<'_>,
) -> Result<Failed, DisputeError> {
    let format = bundle.format();
    if !format.is_contradiction() {
        return Err(DisputeError::NotAContradiction { format: format.name() });
    }
    let known = VerifyOptions { revocations: options.revocations, ..VerifyOptions::default() };
    let report = bundle
        .verify(&options.operator_public_key, &known)
        .map_err(DisputeError::ContradictionUnreadable)?;
    if let Some(check) = report.first_failure() {
        let (check, detail) = (check.code, check.detail.clone());
        return Err(DisputeError::ContradictionInvalid { check, detail });
    }
    // A settlement of the same batch, key and roots that is not the very one in the bundle would
    // differ in its deltas, and be a contradiction itself.
    let settlement = &challenge.settlement;
    let is_about = |fact: &SettlementFact| {
        fact.batch_id == challenge.batch_id()
            && fact.public_key == settlement.public_key
            && fact.items_root == settlement.items_root
            && fact.log_root == settlement.log_root
            && fact.entry_count == settlement.entry_count
    };
    if !report.valid || !report.facts.settlements.iter().any(is_about) {
        return Err(DisputeError::ContradictionElsewhere);
    }
    let detail = format!("the operator's own signatures contradict each other ({format})");
    Ok(Failed::new("contradiction", detail))
}
