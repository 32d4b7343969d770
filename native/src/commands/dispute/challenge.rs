//! `dispute challenge`.

use countersign_core::Seq;
use countersign_core::dispute::{
    ChallengeFormat, Demand, DisputeChallenge, DisputeOptions, DisputeStatus,
    evaluate_dispute_challenge,
};
use countersign_core::document::Text;
use countersign_core::limits::{MAX_CONTROL_TEXT_SIZE, MAX_OP_ID_SIZE};
use countersign_core::proof::AnyBundle;

use crate::args::{DisputeChallengeArgs, OperationName};
use crate::commands::Output;
use crate::commands::certificate::now_ms;
use crate::commands::documents::{check_free, fitting, prover, read, write};
use crate::exit::{Exit, Failure, Outcome};
use crate::prove::{BatchName, Prover, Settled};
use crate::render::utc;

pub(super) fn run(args: &DisputeChallengeArgs, output: &mut Output<'_>) -> Outcome {
    check_free(&args.out)?;
    let demand = demand(args)?;
    let mut prover = prover(&args.dir)?;
    let holding = args.record.map(|seq| BatchName::Of(Seq(seq)));
    let batch = args.batch.or(holding).unwrap_or(BatchName::Last);
    let settled = prover.settled(batch)?;
    let now_ms = args.now.unwrap_or_else(now_ms);
    let challenger = fitting("--challenger", MAX_OP_ID_SIZE, Text::new(&args.challenger))?;
    let claim = fitting("--claim", MAX_CONTROL_TEXT_SIZE, Text::new(&args.claim))?;
    let challenge = of_settlement(&prover, settled, now_ms, (challenger, claim), demand);
    // One that nobody could evaluate is of no use.
    let options = DisputeOptions::new(prover.operator(), now_ms);
    let resolution = evaluate_dispute_challenge(&challenge, None, &options)?;
    write(challenge.to_json(), &args.out, output)?;
    if resolution.status == DisputeStatus::Challenged {
        let deadline = now_ms.saturating_add(options.response_ms);
        output.note(format_args!(
            "batch {} is challenged; the operator may answer until {}",
            challenge.batch_id(),
            utc(deadline)
        ));
    } else {
        output.note(format_args!("{}: {}", resolution.status, &*resolution.detail));
    }
    Ok(Exit::Done)
}

fn demand(args: &DisputeChallengeArgs) -> Result<Demand, Box<dyn Failure>> {
    if let Some(seq) = args.record {
        return Ok(Demand::Record { seq: Seq(seq) });
    }
    if let Some(OperationName { member, op_id }) = &args.absence {
        let op_id = fitting("the opId of --absence", MAX_OP_ID_SIZE, Text::new(op_id))?;
        return Ok(Demand::Absence { member_id: member.0, op_id });
    }
    match &args.contradiction {
        Some(path) => Ok(Demand::Contradiction { bundle: Box::new(read(path, AnyBundle::read)?) }),
        None => Ok(Demand::Range {}),
    }
}

/// A challenge of a settlement of the log, raised now.
pub(super) fn of_settlement(
    prover: &Prover<'_>,
    settled: Settled,
    now_ms: u64,
    (challenger_id, claimed_discrepancy): (Text<MAX_OP_ID_SIZE>, Text<MAX_CONTROL_TEXT_SIZE>),
    demand: Demand,
) -> DisputeChallenge {
    DisputeChallenge {
        format: ChallengeFormat,
        shard_id: prover.shard_id(),
        operator_public_key: prover.operator(),
        certificate: settled.signed.certificate,
        settlement: settled.signed.settlement,
        confirmed_at_ms: settled.ts_us / 1_000,
        raised_at_ms: now_ms,
        challenger_id,
        claimed_discrepancy,
        demand,
    }
}
