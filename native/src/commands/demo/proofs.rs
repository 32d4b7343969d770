//! The demo's proofs and disputes: what a member gets to hold, and what follows when one doubts.

use std::fs;
use std::path::{Path, PathBuf};

use countersign_core::Seq;
use countersign_core::chain::{Control, Record};
use countersign_core::dispute::{
    Answer, ChallengeFormat, Demand, DisputeChallenge, DisputeOptions, DisputeResolution,
    DisputeResponse, ResponseFormat, evaluate_dispute_challenge,
};
use countersign_core::document::Text;
use countersign_core::hash::{Blake3, hex};
use countersign_core::keys::Certificate;
use countersign_core::limits::{
    DEFAULT_DISPUTE_RESPONSE_MS, DIGEST_SIZE, MAX_CONTROL_TEXT_SIZE, MAX_OP_ID_SIZE,
};
use countersign_core::merkle::leaf_hashes;
use countersign_core::proof::{
    BriefInclusionBundle, ExclusionProof, InclusionProof, Report, SignedSettlement, StatementProof,
    VerifyOptions, nodes_of, verify_bundle,
};
use countersign_core::settlement::{BatchSettlementAction, BatchWindow};

use super::super::failures::Refusal;
use super::place::Place;
use super::steps::{Made, Step, failed};
use crate::store::disk::RealDisk;
use crate::store::{ShardPaths, ShardReader};
use crate::trace;

/// A proof that was written and verified.
#[derive(Debug)]
pub(super) struct Proven {
    pub(super) file: PathBuf,
    pub(super) bytes: usize,
    /// What it shows, in words.
    pub(super) shows: String,
    pub(super) report: Report,
}

/// A settled batch and its records.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) settlement: BatchSettlementAction,
    /// When its record was made.
    pub(super) settled_at_ms: u64,
    pub(super) records: Vec<Vec<u8>>,
    window: BatchWindow,
}

/// The settlements of the shard, and what they prove.
#[derive(Debug)]
pub(super) struct Proofs {
    pub(super) settlements: Vec<BatchSettlementAction>,
    pub(super) proven: Vec<Proven>,
}

/// Writes three proofs over the first batch, and verifies each with the public key alone.
pub(super) fn prove(place: &Place, made: &Made) -> Step<Proofs> {
    let batches = read_batches(&place.shard())?;
    let settlements = batches.iter().map(|batch| batch.settlement.clone()).collect();
    let (batch, next) = match batches.as_slice() {
        [first, second, ..] => (first, &second.records),
        _ => return Err(nothing_settled()),
    };
    let signed = signed_by(made.certificate, batch);
    let records: Vec<&[u8]> = batch.records.iter().map(Vec::as_slice).collect();
    let leaves = leaf_hashes::<Blake3>(&records);
    let index = batch.window.index_leaves();
    let entry = some_entry(batch)?;
    let member = *entry.member_id;
    let mut proven = Vec::new();
    let mut keep = |name: &str, json: String, shows: String| -> Step<()> {
        let file = place.run().join(name);
        fs::write(&file, &json).map_err(failed(&file))?;
        let report = verify_bundle(json.as_bytes(), &made.operator, &VerifyOptions::default())
            .map_err(refused)?;
        proven.push(Proven { file, bytes: json.len(), shows, report });
        Ok(())
    };
    let inclusion =
        InclusionProof::build(&signed, entry.bytes, nodes_of(&leaves)).map_err(refused)?;
    // The next batch begins with the settlement's record and the signature behind it.
    let [settlement, signature, ..] = next.as_slice() else { return Err(nothing_settled()) };
    let brief = BriefInclusionBundle::build(&inclusion, settlement, signature).map_err(refused)?;
    let shows =
        format!("record {} is in the batch: {} of {}", entry.seq, entry.op_id, short(&member));
    keep("inclusion.json", brief.to_json().map_err(refused)?, shows)?;
    let absent = "request-that-never-was";
    let exclusion = ExclusionProof::build(&signed, &member, absent, &index).map_err(refused)?;
    let shows = format!("{absent} of {} is not in the batch", short(&member));
    keep("exclusion.json", exclusion.to_json().map_err(refused)?, shows)?;
    let at = |seq: Seq| {
        let offset = seq.0.checked_sub(batch.settlement.from_seq.0)?;
        batch.records.get(usize::try_from(offset).ok()?).cloned()
    };
    let statement =
        StatementProof::build(&signed, &member, &index, at, nodes_of(&leaves)).map_err(refused)?;
    let shows = format!("all entries of {} in the batch, and their sums", short(&member));
    keep("statement.json", statement.to_json().map_err(refused)?, shows)?;
    Ok(Proofs { settlements, proven })
}

/// A dispute and how it ended.
#[derive(Debug)]
pub(super) struct Disputed {
    pub(super) name: &'static str,
    pub(super) challenge: PathBuf,
    pub(super) response: Option<PathBuf>,
    pub(super) resolution: DisputeResolution,
}

/// Plays one dispute of each outcome over the first batch, documents in files.
pub(super) fn dispute(place: &Place, made: &Made) -> Step<Vec<Disputed>> {
    let batches = read_batches(&place.shard())?;
    let batch = batches.first().ok_or_else(nothing_settled)?;
    let raised_at_ms = batch.settled_at_ms.saturating_add(60_000);
    let challenge = |claim: &str, settlement: &BatchSettlementAction| DisputeChallenge {
        format: ChallengeFormat,
        shard_id: made.shard_id,
        operator_public_key: made.operator,
        certificate: made.certificate,
        settlement: settlement.clone(),
        confirmed_at_ms: batch.settled_at_ms,
        raised_at_ms,
        challenger_id: Text::<MAX_OP_ID_SIZE>::new("member").unwrap_or_default(),
        claimed_discrepancy: Text::<MAX_CONTROL_TEXT_SIZE>::new(claim).unwrap_or_default(),
        demand: Demand::Range {},
    };
    let response = |records: Vec<Vec<u8>>| DisputeResponse {
        format: ResponseFormat,
        batch_id: batch.settlement.batch_id(made.shard_id),
        responded_at_ms: raised_at_ms.saturating_add(60_000),
        answer: Answer::Range { records },
    };
    let mut changed = batch.records.clone();
    change_an_amount(&mut changed)?;
    let cases = [
        ("confirmed", "I was billed too much", Some(response(batch.records.clone()))),
        ("fraud", "an amount is not what I used", Some(response(changed))),
        ("no-response", "show me the records", None),
    ];
    let mut ended = Vec::new();
    for (name, claim, response) in cases {
        let challenge = challenge(claim, &batch.settlement);
        // Nobody waits for the deadline here: the clock is an argument.
        let now_ms = raised_at_ms.saturating_add(match response {
            Some(_) => 120_000,
            None => DEFAULT_DISPUTE_RESPONSE_MS,
        });
        let options = DisputeOptions::new(made.operator, now_ms);
        let resolution =
            evaluate_dispute_challenge(&challenge, response.as_ref(), &options).map_err(refused)?;
        let write = |kind: &str, json: String| -> Step<PathBuf> {
            let file = place.run().join(format!("dispute-{name}-{kind}.json"));
            fs::write(&file, json).map_err(failed(&file))?;
            Ok(file)
        };
        let challenge = write("challenge", challenge.to_json().map_err(refused)?)?;
        let response = match response {
            Some(response) => Some(write("response", response.to_json().map_err(refused)?)?),
            None => None,
        };
        ended.push(Disputed { name, challenge, response, resolution });
    }
    Ok(ended)
}

/// Reads every settled batch of the shard with its records.
pub(super) fn read_batches(shard: &Path) -> Step<Vec<Batch>> {
    let paths = ShardPaths::new(shard);
    let mut reader = ShardReader::open(&RealDisk, &paths, Seq::FIRST)?;
    let mut batches = Vec::new();
    let (mut window, mut records) = (BatchWindow::new(Seq::FIRST), Vec::new());
    while let Some(read) = reader.poll_next()? {
        let seq = read.record.seq();
        if let Some(Control::Settlement(settlement)) = read.record.control() {
            batches.push(Batch {
                settlement: BatchSettlementAction::from(settlement),
                settled_at_ms: read.record.ts_us() / 1_000,
                records: std::mem::take(&mut records),
                window: std::mem::replace(&mut window, BatchWindow::new(seq)),
            });
        }
        window.push(read.bytes, &read.record).map_err(refused)?;
        records.push(read.bytes.to_vec());
    }
    Ok(batches)
}

pub(super) fn signed_by(certificate: Certificate, batch: &Batch) -> SignedSettlement {
    SignedSettlement { certificate, settlement: batch.settlement.clone() }
}

/// An entry in the middle of a batch.
struct Entry<'a> {
    seq: Seq,
    bytes: &'a [u8],
    member_id: &'a [u8; DIGEST_SIZE],
    op_id: &'a str,
}

fn some_entry(batch: &Batch) -> Step<Entry<'_>> {
    let (_, later) = batch.records.split_at(batch.records.len() / 2);
    let entry = later.iter().find_map(|bytes| match Record::decode(bytes) {
        Ok(Record::Entry(entry)) if entry.operation.asset_id == trace::CONTEXT_ASSET => {
            let operation = entry.operation;
            let (seq, member_id, op_id) = (entry.seq, operation.member_id, operation.op_id);
            Some(Entry { seq, bytes, member_id, op_id })
        }
        _ => None,
    });
    entry.ok_or_else(nothing_settled)
}

/// Makes one entry's amount another, as an operator might who bills more than was used.
pub(super) fn change_an_amount(records: &mut [Vec<u8>]) -> Step<()> {
    for bytes in records.iter_mut().skip(100) {
        let Some(changed) = change_amount(bytes) else { continue };
        *bytes = changed;
        return Ok(());
    }
    Err(nothing_settled())
}

/// An entry with another amount; `None` of anything else.
pub(super) fn change_amount(bytes: &[u8]) -> Option<Vec<u8>> {
    let Ok(Record::Entry(mut entry)) = Record::decode(bytes) else { return None };
    entry.operation.amount = entry.operation.amount.saturating_sub(1);
    let mut changed = Vec::new();
    entry.encode(&mut changed);
    Some(changed)
}

pub(super) fn short(member: &[u8; DIGEST_SIZE]) -> String {
    let digits: String = hex::encode(member).chars().take(16).collect();
    format!("{digits}...")
}

pub(super) fn nothing_settled() -> Box<dyn crate::exit::Failure> {
    let message = "the shard has no settled batch with an entry".to_owned();
    Refusal { code: "not-settled", message }.into()
}

pub(super) fn refused(error: impl std::fmt::Display) -> Refusal {
    Refusal { code: "demo-failed", message: error.to_string() }
}
