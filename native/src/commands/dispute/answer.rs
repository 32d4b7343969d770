//! `dispute respond`.

use std::path::Path;

use countersign_core::Seq;
use countersign_core::dispute::{
    Answer, Demand, DisputeChallenge, DisputeOptions, DisputeResponse, DisputeStatus,
    ResponseFormat, evaluate_dispute_challenge,
};

use crate::args::DisputeRespondArgs;
use crate::commands::Output;
use crate::commands::certificate::now_ms;
use crate::commands::documents::{check_free, prover, read, write};
use crate::commands::failures::Refusal;
use crate::exit::{Exit, Failure, Outcome};
use crate::prove::{BatchName, ProveError, Prover};
use crate::store::disk::RealDisk;
use crate::store::{ReadError, ShardPaths, ShardReader};

pub(super) fn run(args: &DisputeRespondArgs, output: &mut Output<'_>) -> Outcome {
    check_free(&args.out)?;
    let challenge = read(&args.challenge, DisputeChallenge::from_json)?;
    let mut prover = prover(&args.dir)?;
    let batch_id = challenge.batch_id();
    let settled = prover.settled(BatchName::Id(batch_id))?;
    if settled.signed.settlement != challenge.settlement {
        let message = format!(
            "the challenge shows another settlement of batch {batch_id} than the log holds; an \
             answer cannot help against that"
        );
        return Err(Refusal { code: "other-settlement", message }.into());
    }
    let answer = answer(&mut prover, &args.dir, &challenge)?;
    let now_ms = args.now.unwrap_or_else(now_ms);
    let response =
        DisputeResponse { format: ResponseFormat, batch_id, responded_at_ms: now_ms, answer };
    // An answer that does not hold costs the operator the dispute; so it is held against the
    // challenge here, before anybody else does so.
    let options = DisputeOptions::new(prover.operator(), now_ms);
    let resolution = evaluate_dispute_challenge(&challenge, Some(&response), &options)?;
    let detail = &*resolution.detail;
    match resolution.status {
        DisputeStatus::DisputedFraud => {
            let message = format!("the log does not answer the challenge: {detail}");
            return Err(Refusal { code: "response-does-not-hold", message }.into());
        }
        DisputeStatus::DisputedNoResponse => {
            output.note(format_args!("the response comes too late: {detail}"));
        }
        _ => output.note(detail),
    }
    write(response.to_json(), &args.out, output)?;
    Ok(Exit::Done)
}

/// What the log has to show.
fn answer(
    prover: &mut Prover<'_>,
    directory: &Path,
    challenge: &DisputeChallenge,
) -> Result<Answer, Box<dyn Failure>> {
    match &challenge.demand {
        Demand::Range {} => Ok(Answer::Range { records: records(directory, challenge)? }),
        Demand::Record { seq } => {
            let bundle = Box::new(prover.inclusion(*seq)?);
            Ok(Answer::Record { bundle })
        }
        Demand::Absence { member_id, op_id } => {
            let batch = BatchName::Id(challenge.batch_id());
            match prover.exclusion(member_id, op_id, batch) {
                Ok(bundle) => Ok(Answer::Absence { bundle: Box::new(bundle) }),
                // It is there, and that is the answer.
                Err(ProveError::OperationPresent { seq, .. }) => {
                    Ok(Answer::Record { bundle: Box::new(prover.inclusion(seq)?) })
                }
                Err(error) => Err(error.into()),
            }
        }
        Demand::Contradiction { .. } => {
            let message = "the challenge rests on a contradiction, which shows the fraud by \
                           itself: nothing is demanded, and no answer counts";
            Err(Refusal { code: "nothing-demanded", message: message.to_owned() }.into())
        }
    }
}

/// The bytes of every record of the batch.
fn records(directory: &Path, challenge: &DisputeChallenge) -> Result<Vec<Vec<u8>>, ReadError> {
    let (from, to) = (challenge.settlement.from_seq, challenge.settlement.to_seq);
    let mut reader = ShardReader::open(&RealDisk, &ShardPaths::new(directory), from)?;
    let mut records = Vec::new();
    let mut seq: Seq = from;
    while seq <= to {
        let place = reader.place();
        let Some(record) = reader.poll_next()? else {
            return Err(ReadError::Damaged { place, seq });
        };
        records.push(record.bytes.to_vec());
        seq = seq.next();
    }
    Ok(records)
}
