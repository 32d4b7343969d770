//! `dispute evaluate`.

use std::time::Duration;

use countersign_core::dispute::{
    DisputeChallenge, DisputeOptions, DisputeResponse, Witnessed, evaluate_dispute_challenge,
};

use super::verdict::{Shown, to_json};
use crate::args::DisputeEvaluateArgs;
use crate::commands::Output;
use crate::commands::certificate::now_ms;
use crate::commands::documents::{check_free, read, write};
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
        write(resolution.to_json(), &args.out, output)?;
    }
    output.print(&to_json(&resolution), Shown(&resolution))?;
    Ok(if resolution.status.is_lost() { Exit::Refused } else { Exit::Done })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
