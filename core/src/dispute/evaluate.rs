//! The verdict over a challenge: a pure function of documents and times.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Evaluating a challenge".

use alloc::format;
use alloc::string::String;

use super::answer::{self, Failed};
use super::challenge::{Demand, DisputeChallenge};
use super::error::DisputeError;
use super::options::DisputeOptions;
use super::resolution::{DisputeResolution, DisputeStatus, ResolutionFormat};
use super::response::DisputeResponse;
use super::signer::{self, Signer};
use super::times::Times;
use crate::document::Text;

/// Evaluates a challenge, with the operator's response if there is one.
///
/// The response's arrival is its `respondedAtMs`, or what the evaluator
/// [witnessed](super::Witnessed). One that came later than `response_ms` after the challenge
/// counts as none.
///
/// # Errors
///
/// A [`DisputeError`] where there is no verdict to give: the challenge is refused, such as
/// with [`DisputeError::DisputeWindowClosed`], or the times contradict each other.
///
/// # Does not prove
///
/// That the response is the operator's own: nobody signs it, so whoever evaluates must have it from
/// the operator before it is held against the operator. That times are true, beyond what the
/// evaluator witnessed. With `CONFIRMED`, anything but what was demanded: a record or an absence
/// leaves the rest of the batch unchecked, and a whole range says nothing about other batches.
pub fn evaluate_dispute_challenge(
    challenge: &DisputeChallenge,
    response: Option<&DisputeResponse>,
    options: &DisputeOptions<'_>,
) -> Result<DisputeResolution, DisputeError> {
    // 1, 2.
    check_challenge(challenge, options)?;
    // 3.
    let times = Times::of(challenge, response, options)?;
    let resolve = |verdict| Ok(resolution(challenge, options, verdict));
    // 4.
    let signer = signer::check(challenge, options)?;
    // 5. The operator took the key back itself: no answer brings the settlement back.
    if let Signer::Compromised(failed) = signer {
        return resolve(Verdict::fraud(failed));
    }
    // 6. A contradiction needs no answer.
    if let Demand::Contradiction { bundle } = &challenge.demand {
        signer.proven()?;
        return resolve(Verdict::fraud(answer::contradiction(challenge, bundle, options)?));
    }
    // 7. Without an answer in time nobody is held to a settlement that may be anybody's.
    let Some(response) = response.filter(|_| times.is_answered_in_time()) else {
        signer.proven()?;
        return resolve(times.verdict());
    };
    // 8. Who answers for a settlement takes it as its own.
    let shown = answer::check(challenge, response, options);
    // 9.
    resolve(match shown.and_then(|shown| signer.holds().map(|()| shown)) {
        Ok(shown) => Verdict {
            status: DisputeStatus::Confirmed,
            check: None,
            detail: format!("the response verifies: {shown}"),
        },
        Err(failed) => Verdict::fraud(failed),
    })
}

/// The resolution of a settlement whose key the operator has revoked as compromised, from before
/// the settlement on: `DISPUTED_FRAUD`, whenever it is found out. The dispute window does not
/// matter: nobody has to answer, for the operator itself says that the signature does not count.
///
/// The challenge is the operator's own, with any demand; only its times have no say.
///
/// # Errors
///
/// [`DisputeError::NotCompromised`] unless one of the options' revocations takes the signature
/// back; otherwise as [`evaluate_dispute_challenge`].
///
/// # Does not prove
///
/// That anything in the batch is wrong: only that its settlement is worth nothing.
pub fn resolve_compromise(
    challenge: &DisputeChallenge,
    options: &DisputeOptions<'_>,
) -> Result<DisputeResolution, DisputeError> {
    check_challenge(challenge, options)?;
    let signer = signer::check(challenge, options)?;
    if let Signer::Compromised(failed) = signer {
        return Ok(resolution(challenge, options, Verdict::fraud(failed)));
    }
    signer.proven()?;
    Err(DisputeError::NotCompromised { public_key: challenge.settlement.public_key })
}

/// How a dispute stands, and why.
pub(super) struct Verdict {
    pub(super) status: DisputeStatus,
    pub(super) check: Option<&'static str>,
    pub(super) detail: String,
}

impl Verdict {
    fn fraud(Failed { code, detail }: Failed) -> Self {
        let detail = format!("{code}: {detail}");
        Self { status: DisputeStatus::DisputedFraud, check: Some(code), detail }
    }
}

/// What makes the challenge one that can be evaluated at all.
fn check_challenge(
    challenge: &DisputeChallenge,
    options: &DisputeOptions<'_>,
) -> Result<(), DisputeError> {
    // 1. It is against the operator that the evaluator trusts.
    let (expected, found) = (options.operator_public_key, challenge.operator_public_key);
    if expected != found {
        return Err(DisputeError::WrongOperatorKey { expected, found });
    }
    // 2. Its settlement has a range, and what it demands of one record is inside.
    let (from_seq, to_seq) = (challenge.settlement.from_seq, challenge.settlement.to_seq);
    if challenge.settlement.record_count().is_none() {
        return Err(DisputeError::SettlementRange { from_seq, to_seq });
    }
    match challenge.demand {
        Demand::Record { seq } if seq < from_seq || to_seq < seq => {
            Err(DisputeError::SeqOutsideBatch { seq, from_seq, to_seq })
        }
        _ => Ok(()),
    }
}

fn resolution(
    challenge: &DisputeChallenge,
    options: &DisputeOptions<'_>,
    verdict: Verdict,
) -> DisputeResolution {
    let Verdict { status, check, detail } = verdict;
    DisputeResolution {
        format: ResolutionFormat,
        status,
        challenge: challenge.clone(),
        resolved_at_ms: options.now_ms,
        check: check.and_then(Text::new),
        detail: fit(detail),
    }
}

/// As much of a text as its place takes, cut between characters.
pub(super) fn fit<const MAX: usize>(mut text: String) -> Text<MAX> {
    text.truncate(text.floor_char_boundary(MAX));
    Text::new(&text).unwrap_or_default()
}
