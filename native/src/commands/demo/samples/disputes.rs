//! Disputes, one for each way they end.

use countersign_core::dispute::{
    Answer, ChallengeFormat, Demand, DisputeChallenge, DisputeResponse, ResponseFormat,
};
use countersign_core::document::Text;
use countersign_core::limits::DEFAULT_DISPUTE_RESPONSE_MS;

use super::super::proofs::{change_an_amount, refused};
use super::super::steps::Step;
use super::shard::SampleShard;
use super::{Expected, Kind, Sample};

/// A dispute: its name and title, what is claimed, the answer, and how it ends.
struct Case {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    claim: &'static str,
    records: Option<Vec<Vec<u8>>>,
    expected: Expected,
}

pub(super) fn samples(shard: &SampleShard) -> Step<Vec<Sample>> {
    let batch = shard.first()?;
    let mut changed = batch.records.clone();
    change_an_amount(&mut changed)?;
    let cases = [
        Case {
            name: "dispute-confirmed",
            title: "A dispute that the operator answers",
            about: "A member doubts a settlement; the records that the operator shows lead to it",
            claim: "I was billed too much",
            records: Some(batch.records.clone()),
            expected: Expected::Dispute("CONFIRMED", None),
        },
        Case {
            name: "dispute-fraud",
            title: "A dispute that shows fraud",
            about: "One amount in the operator's answer is not the one that was settled",
            claim: "An amount is not what I used",
            records: Some(changed),
            expected: Expected::Dispute("DISPUTED_FRAUD", Some("chain-broken")),
        },
        Case {
            name: "dispute-no-response",
            title: "A dispute without an answer",
            about: "The operator let the deadline pass",
            claim: "Show me the records",
            records: None,
            expected: Expected::Dispute("DISPUTED_NO_RESPONSE", None),
        },
    ];
    cases.into_iter().map(|case| sample(shard, case)).collect()
}

fn sample(shard: &SampleShard, case: Case) -> Step<Sample> {
    let Case { name, title, about, claim, records, expected } = case;
    let (batch, shard_id) = (shard.first()?, shard.certificate.shard_id);
    let raised_at_ms = batch.settled_at_ms.saturating_add(3_600_000);
    let challenge = DisputeChallenge {
        format: ChallengeFormat,
        shard_id,
        operator_public_key: shard.operator,
        certificate: shard.certificate,
        settlement: batch.settlement.clone(),
        confirmed_at_ms: batch.settled_at_ms,
        raised_at_ms,
        challenger_id: Text::new("member 3").unwrap_or_default(),
        claimed_discrepancy: Text::new(claim).unwrap_or_default(),
        demand: Demand::Range {},
    };
    let waited_ms = if records.is_some() { 1_800_000 } else { DEFAULT_DISPUTE_RESPONSE_MS };
    let challenge = challenge.to_json().map_err(refused)?;
    let mut files = vec![(format!("{name}-challenge.json"), challenge.into_bytes())];
    if let Some(records) = records {
        let response = DisputeResponse {
            format: ResponseFormat,
            batch_id: batch.settlement.batch_id(shard_id),
            responded_at_ms: raised_at_ms.saturating_add(900_000),
            answer: Answer::Range { records },
        };
        let response = response.to_json().map_err(refused)?;
        files.push((format!("{name}-response.json"), response.into_bytes()));
    }
    Ok(Sample {
        name,
        title,
        about: about.to_owned(),
        kind: Kind::Dispute,
        files,
        operator: Some(shard.operator),
        address: None,
        now_ms: Some(raised_at_ms.saturating_add(waited_ms)),
        expected,
    })
}
