//! `dispute evaluate`.

use std::fmt;
use std::time::Duration;

use countersign_core::dispute::{
    DisputeChallenge, DisputeOptions, DisputeResolution, DisputeResponse, DisputeStatus, Witnessed,
    evaluate_dispute_challenge,
};
use serde_json::{Value, json};

use super::documents::{check_free, read, text};
use crate::args::DisputeEvaluateArgs;
use crate::commands::Output;
use crate::commands::certificate::now_ms;
use crate::commands::prove::write_document;
use crate::commands::verify::load_revocations;
use crate::exit::{Exit, Outcome};

pub(super) fn run(args: &DisputeEvaluateArgs, output: &mut Output<'_>) -> Outcome {
    check_free(&args.out)?;
    let challenge = read(&args.challenge, DisputeChallenge::from_json)?;
    let response = args.response.as_deref().map(|path| read(path, DisputeResponse::from_json));
    let response = response.transpose()?;
    let mut revocations = Vec::new();
    for path in &args.revocation {
        revocations.extend(load_revocations(path)?);
    }
    let trusted = args.operator_public_key.load()?;
    let options = DisputeOptions {
        dispute_window_ms: milliseconds(args.window),
        response_ms: milliseconds(args.response_time),
        revocations: &revocations,
        witnessed: Witnessed {
            confirmed_at_ms: args.confirmed_at,
            raised_at_ms: args.raised_at,
            responded_at_ms: args.responded_at,
        },
        ..DisputeOptions::new(trusted, args.now.unwrap_or_else(now_ms))
    };
    let resolution = evaluate_dispute_challenge(&challenge, response.as_ref(), &options)?;
    if args.out.out.is_some() {
        let json = text(resolution.to_json())?;
        write_document(&json, args.out.out.as_deref(), args.out.force, output)?;
    }
    output.print(&to_json(&resolution), Shown(&resolution))?;
    Ok(if resolution.status.is_lost() { Exit::Refused } else { Exit::Done })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The states that the dispute went through.
fn path(resolution: &DisputeResolution) -> Vec<&'static str> {
    let mut path = vec!["SETTLEMENT_CONFIRMED", DisputeStatus::Challenged.as_str()];
    if resolution.status.is_final() {
        path.push(resolution.status.as_str());
    }
    path
}

fn to_json(resolution: &DisputeResolution) -> Value {
    json!({
        "batchId": resolution.challenge.batch_id().to_string(),
        "status": resolution.status.as_str(),
        "path": path(resolution),
        "check": resolution.check.as_deref(),
        "detail": &*resolution.detail,
        "resolvedAtMs": resolution.resolved_at_ms.to_string(),
    })
}

/// A resolution for people.
struct Shown<'a>(&'a DisputeResolution);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resolution = self.0;
        let status = resolution.status;
        let means = match status {
            DisputeStatus::Confirmed => "the settlement stands, the challenge is rejected",
            DisputeStatus::Challenged => "the operator still has time to answer",
            DisputeStatus::DisputedFraud | DisputeStatus::DisputedNoResponse => {
                "against the operator, the settlement is to be reversed"
            }
        };
        write!(
            f,
            "{status}: {means}\n\
             batch       {}\n\
             challenger  {}\n\
             claim       {}\n\
             path        {}\n\
             detail      {}",
            resolution.challenge.batch_id(),
            crate::exit::one_line(&resolution.challenge.challenger_id),
            crate::exit::one_line(&resolution.challenge.claimed_discrepancy),
            path(resolution).join(" -> "),
            crate::exit::one_line(&resolution.detail)
        )
    }
}
