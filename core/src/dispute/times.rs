//! The times of a dispute, and what they decide. Every comparison is of a difference, so that no
//! sum can overflow.

use alloc::format;

use super::challenge::DisputeChallenge;
use super::error::DisputeError;
use super::evaluate::Verdict;
use super::options::DisputeOptions;
use super::resolution::DisputeStatus;
use super::response::DisputeResponse;

/// Times that fit together, in milliseconds: since the challenge was raised, but for the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// When the challenge was raised, since the epoch.
    raised_at_ms: u64,
    /// How long the operator took to answer.
    answered_after: Option<u64>,
    /// How much time has passed.
    passed: u64,
    /// How much time there is.
    allowed: u64,
}

impl Times {
    /// Step 3: takes the documents' times and what the evaluator witnessed, or says which do not
    /// fit.
    pub(super) fn of(
        challenge: &DisputeChallenge,
        response: Option<&DisputeResponse>,
        options: &DisputeOptions<'_>,
    ) -> Result<Self, DisputeError> {
        let DisputeOptions { now_ms, dispute_window_ms, response_ms, witnessed, .. } = *options;
        let confirmed_at_ms = witnessed.confirmed_at_ms.unwrap_or(challenge.confirmed_at_ms);
        if challenge.raised_at_ms < confirmed_at_ms {
            let raised_at_ms = challenge.raised_at_ms;
            return Err(DisputeError::RaisedBeforeConfirmed { raised_at_ms, confirmed_at_ms });
        }
        let raised_at_ms = challenge.raised_at_ms.max(witnessed.raised_at_ms.unwrap_or(0));
        if raised_at_ms.saturating_sub(confirmed_at_ms) >= dispute_window_ms {
            return Err(DisputeError::DisputeWindowClosed {
                raised_at_ms,
                confirmed_at_ms,
                dispute_window_ms,
            });
        }
        if now_ms < raised_at_ms {
            return Err(DisputeError::RaisedInFuture { raised_at_ms, now_ms });
        }
        let mut answered_after = None;
        if let Some(response) = response {
            let responded_at_ms = response.responded_at_ms;
            let raised = raised_at_ms;
            // Held against the challenger's date: the operator may have had the challenge from the
            // challenger before the evaluator had it.
            let raised_at_ms = challenge.raised_at_ms;
            if responded_at_ms < raised_at_ms {
                return Err(DisputeError::ResponseBeforeChallenge {
                    responded_at_ms,
                    raised_at_ms,
                });
            }
            let responded_at_ms = responded_at_ms.max(witnessed.responded_at_ms.unwrap_or(0));
            if now_ms < responded_at_ms {
                return Err(DisputeError::ResponseInFuture { responded_at_ms, now_ms });
            }
            answered_after = Some(responded_at_ms.saturating_sub(raised));
        }
        let passed = now_ms.saturating_sub(raised_at_ms);
        Ok(Self { raised_at_ms, answered_after, passed, allowed: response_ms })
    }

    /// Whether there is a response and it came in time: at the deadline at the latest.
    pub(super) fn is_answered_in_time(&self) -> bool {
        self.answered_after.is_some_and(|after| after <= self.allowed)
    }

    /// The verdict where no response came in time.
    pub(super) fn verdict(&self) -> Verdict {
        let deadline_ms = self.raised_at_ms.saturating_add(self.allowed);
        let (status, detail) = match self.answered_after {
            Some(after) => (
                DisputeStatus::DisputedNoResponse,
                format!(
                    "the response came {} ms after the deadline of {deadline_ms} ms",
                    after.saturating_sub(self.allowed)
                ),
            ),
            None if self.passed < self.allowed => (
                DisputeStatus::Challenged,
                format!("no response so far; the operator has until {deadline_ms} ms"),
            ),
            None => (
                DisputeStatus::DisputedNoResponse,
                format!("no response came by the deadline of {deadline_ms} ms"),
            ),
        };
        Verdict { status, check: None, detail }
    }
}
