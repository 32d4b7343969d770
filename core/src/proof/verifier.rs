//! Runs checks one after another and keeps what they found.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use super::report::{Check, Facts, Report};
use super::settled::Settled;
use super::{Format, ProofError};
use crate::Seq;
use crate::keys::{PublicKey, Reason, Revocation, ShardId};

/// A revocation of a process key that the verifier knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownRevocation {
    /// The revocation.
    pub revocation: Revocation,
    /// The seq of its record, where it is known. A compromise without `effectiveAtSeq` takes
    /// effect there; where that is not known, it is taken to reach back to the first record.
    pub seq: Option<Seq>,
}

impl From<Revocation> for KnownRevocation {
    fn from(revocation: Revocation) -> Self {
        Self { revocation, seq: None }
    }
}

/// What a verifier knows besides the bundle and the trusted operator key.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions<'a> {
    /// The time, milliseconds since the epoch: a certificate that begins later does not hold yet.
    /// (Add what you allow for clocks that differ.) Without it this is not checked. Certificates
    /// that have run out are no fault: what they certified was signed before.
    pub now_ms: Option<u64>,
    /// The revocations of the shard's keys that are known. Those of keys that play no part in the
    /// bundle are passed over; one of a key that does must hold for the shard.
    pub revocations: &'a [KnownRevocation],
}

/// What a check found wrong.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Failure {
    #[cold]
    pub(super) fn new(code: &'static str, detail: impl Display) -> Self {
        Self { code, detail: detail.to_string() }
    }

    /// What cannot be built cannot hold either, for the same reason.
    #[cold]
    pub(super) fn of(error: impl Into<ProofError>) -> Self {
        let error = error.into();
        Self::new(error.code(), error)
    }
}

/// Why no further check runs.
#[derive(Debug)]
pub enum Stop {
    /// A check failed; it is listed.
    Failed,
    /// The bundle cannot be checked with what the verifier was given.
    Refused(ProofError),
}

/// A kind of bundle. Implemented here alone.
pub trait Kind {
    /// Its format.
    const FORMAT: Format;
    /// What such a bundle does not show even where it holds.
    const DOES_NOT_PROVE: &'static [&'static str];
}

/// The proof inside a bundle, and how it is checked. Implemented here alone.
pub trait Proof: Kind {
    /// Runs the checks behind those of the settlement.
    #[doc(hidden)]
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop>;
}

/// The state of one verification.
#[derive(Debug)]
pub struct Verifier<'a> {
    pub(super) shard_id: ShardId,
    pub(super) trusted: &'a PublicKey,
    pub(super) options: &'a VerifyOptions<'a>,
    pub(super) facts: Facts,
    pub(super) format: Format,
    checks: Vec<Check>,
}

impl<'a> Verifier<'a> {
    pub(super) const fn new(
        format: Format,
        facts: Facts,
        trusted: &'a PublicKey,
        options: &'a VerifyOptions<'a>,
    ) -> Self {
        let shard_id = facts.shard_id;
        Self { shard_id, trusted, options, facts, format, checks: Vec::new() }
    }

    /// Lists a check: under its name, with what it compared, where it passed.
    pub(super) fn check<T>(
        &mut self,
        name: &'static str,
        result: Result<T, Failure>,
        detail: impl FnOnce(&T) -> String,
    ) -> Result<T, Stop> {
        match result {
            Ok(value) => {
                self.checks.push(Check { code: name, ok: true, detail: detail(&value) });
                Ok(value)
            }
            Err(Failure { code, detail }) => {
                self.checks.push(Check { code, ok: false, detail });
                Err(Stop::Failed)
            }
        }
    }

    /// The report, once `outcome` is known.
    pub(super) fn finish(
        self,
        outcome: Result<(), Stop>,
        does_not_prove: &[&[&'static str]],
    ) -> Result<Report, ProofError> {
        if let Err(Stop::Refused(error)) = outcome {
            return Err(error);
        }
        let Self { facts, format, checks, .. } = self;
        // Nothing checked is nothing shown.
        let valid = outcome.is_ok() && !checks.is_empty() && checks.iter().all(|check| check.ok);
        Ok(Report { valid, format, checks, does_not_prove: does_not_prove.concat(), facts })
    }

    /// From where the signatures of `key` no longer count, by the revocations given: the lowest
    /// seq, if any. `Err` if one of them does not hold.
    ///
    /// Rotation and shutdown never reach into the past and are passed over.
    pub(super) fn compromised_from(&self, key: &PublicKey) -> Result<Option<Seq>, Stop> {
        let mut lowest: Option<Seq> = None;
        for known in self.options.revocations {
            let revocation = &known.revocation;
            if revocation.public_key != *key {
                continue;
            }
            revocation.verify(self.shard_id, self.trusted).map_err(|error| {
                Stop::Refused(ProofError::Revocation { public_key: *key, error })
            })?;
            if revocation.reason == Reason::KeyCompromise {
                let from = revocation.effective_at_seq.or(known.seq).unwrap_or(Seq::FIRST);
                lowest = Some(lowest.map_or(from, |lowest| lowest.min(from)));
            }
        }
        Ok(lowest)
    }
}
