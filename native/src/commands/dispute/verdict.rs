//! The verdict over a challenge, as it is shown.

use std::fmt;

use countersign_core::dispute::{DisputeResolution, DisputeStatus};
use serde_json::{Value, json};

use crate::exit::one_line;

/// The states that the dispute went through.
fn path(resolution: &DisputeResolution) -> Vec<&'static str> {
    let mut path = vec!["SETTLEMENT_CONFIRMED", DisputeStatus::Challenged.as_str()];
    if resolution.status.is_final() {
        path.push(resolution.status.as_str());
    }
    path
}

/// A resolution for programs.
pub(in crate::commands) fn to_json(resolution: &DisputeResolution) -> Value {
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
pub(in crate::commands) struct Shown<'a>(pub(in crate::commands) &'a DisputeResolution);

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
            one_line(&resolution.challenge.challenger_id),
            one_line(&resolution.challenge.claimed_discrepancy),
            path(resolution).join(" -> "),
            one_line(&resolution.detail)
        )
    }
}
