//! Why a challenge cannot be evaluated.

use alloc::string::String;
use core::fmt;

use crate::Seq;
use crate::keys::{self, PublicKey};
use crate::proof::ProofError;

/// Why a challenge is refused, or cannot be evaluated with what is at hand. No verdict is given:
/// neither side has won.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisputeError {
    /// The challenge names another operator key than the trusted one.
    WrongOperatorKey {
        /// The trusted key.
        expected: PublicKey,
        /// The key in the challenge.
        found: PublicKey,
    },
    /// The settlement's range is no batch.
    SettlementRange {
        /// First record of the batch.
        from_seq: Seq,
        /// Last record of the batch.
        to_seq: Seq,
    },
    /// The demanded record is in another batch.
    SeqOutsideBatch {
        /// The demanded record.
        seq: Seq,
        /// First record of the batch.
        from_seq: Seq,
        /// Last record of the batch.
        to_seq: Seq,
    },
    /// The challenge was raised before the settlement was confirmed.
    RaisedBeforeConfirmed {
        /// When it was raised, milliseconds since the epoch.
        raised_at_ms: u64,
        /// When the settlement was confirmed.
        confirmed_at_ms: u64,
    },
    /// The challenge was raised when the time for challenges was over.
    DisputeWindowClosed {
        /// When it was raised, milliseconds since the epoch.
        raised_at_ms: u64,
        /// When the settlement was confirmed.
        confirmed_at_ms: u64,
        /// How long it could be challenged, in milliseconds.
        dispute_window_ms: u64,
    },
    /// The challenge is dated in the future.
    RaisedInFuture {
        /// When it was raised, milliseconds since the epoch.
        raised_at_ms: u64,
        /// The time now.
        now_ms: u64,
    },
    /// The response is dated before the challenge.
    ResponseBeforeChallenge {
        /// When it was given, milliseconds since the epoch.
        responded_at_ms: u64,
        /// When the challenge was raised.
        raised_at_ms: u64,
    },
    /// The response is dated in the future.
    ResponseInFuture {
        /// When it was given, milliseconds since the epoch.
        responded_at_ms: u64,
        /// The time now.
        now_ms: u64,
    },
    /// The settlement is not shown to be the operator's, so that nobody has to answer for it.
    SettlementUnproven {
        /// The code of the check that failed.
        check: &'static str,
        /// What failed, for people.
        detail: String,
    },
    /// A contradiction that the challenge rests on cannot be read.
    ContradictionUnreadable(ProofError),
    /// A contradiction that the challenge rests on does not hold.
    ContradictionInvalid {
        /// The code of the check that failed.
        check: &'static str,
        /// What failed, for people.
        detail: String,
    },
    /// The bundle that the challenge rests on is no contradiction.
    NotAContradiction {
        /// What it is.
        format: &'static str,
    },
    /// The contradiction that the challenge rests on is about other settlements.
    ContradictionElsewhere,
    /// A revocation that was given to evaluate with does not hold for the shard.
    RevocationInvalid {
        /// The key it revokes.
        public_key: PublicKey,
        /// Why it does not hold.
        error: keys::Error,
    },
    /// No revocation that was given takes the settlement's key back.
    NotCompromised {
        /// The settlement's key.
        public_key: PublicKey,
    },
}

impl DisputeError {
    /// A stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongOperatorKey { .. } => "wrong-operator-key",
            Self::SettlementRange { .. } => "settlement-range",
            Self::SeqOutsideBatch { .. } => "seq-outside-batch",
            Self::RaisedBeforeConfirmed { .. } => "raised-before-confirmed",
            Self::DisputeWindowClosed { .. } => "dispute-window-closed",
            Self::RaisedInFuture { .. } => "raised-in-future",
            Self::ResponseBeforeChallenge { .. } => "response-before-challenge",
            Self::ResponseInFuture { .. } => "response-in-future",
            Self::SettlementUnproven { .. } => "settlement-unproven",
            Self::ContradictionUnreadable(error) => error.code(),
            Self::ContradictionInvalid { .. } => "contradiction-invalid",
            Self::NotAContradiction { .. } => "not-a-contradiction",
            Self::ContradictionElsewhere => "contradiction-elsewhere",
            Self::RevocationInvalid { .. } => "revocation-invalid",
            Self::NotCompromised { .. } => "not-compromised",
        }
    }
}

impl fmt::Display for DisputeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongOperatorKey { expected, found } => {
                write!(f, "the challenge is against operator {found}, but {expected} is trusted")
            }
            Self::SettlementRange { from_seq, to_seq } => {
                write!(f, "the settlement's records {from_seq} to {to_seq} are no batch")
            }
            Self::SeqOutsideBatch { seq, from_seq, to_seq } => {
                write!(f, "record {seq} is demanded of the batch of records {from_seq} to {to_seq}")
            }
            Self::RaisedBeforeConfirmed { raised_at_ms, confirmed_at_ms } => write!(
                f,
                "the challenge was raised at {raised_at_ms} ms, before the settlement was \
                 confirmed at {confirmed_at_ms} ms"
            ),
            Self::DisputeWindowClosed { raised_at_ms, confirmed_at_ms, dispute_window_ms } => {
                write!(
                    f,
                    "the settlement was confirmed at {confirmed_at_ms} ms and could be challenged \
                     for {dispute_window_ms} ms; the challenge was raised at {raised_at_ms} ms"
                )
            }
            Self::RaisedInFuture { raised_at_ms, now_ms } => write!(
                f,
                "the challenge was raised at {raised_at_ms} ms and it is {now_ms} ms; check the \
                 clocks"
            ),
            Self::ResponseBeforeChallenge { responded_at_ms, raised_at_ms } => write!(
                f,
                "the response was given at {responded_at_ms} ms, before the challenge was raised \
                 at {raised_at_ms} ms; check the clocks"
            ),
            Self::ResponseInFuture { responded_at_ms, now_ms } => write!(
                f,
                "the response was given at {responded_at_ms} ms and it is {now_ms} ms; check the \
                 clocks"
            ),
            Self::SettlementUnproven { check, detail } => {
                write!(f, "the settlement is not shown to be the operator's: {check}: {detail}")
            }
            Self::ContradictionUnreadable(error) => {
                write!(f, "the contradiction cannot be read: {error}")
            }
            Self::ContradictionInvalid { check, detail } => {
                write!(f, "the contradiction does not hold: {check}: {detail}")
            }
            Self::NotAContradiction { format } => {
                write!(f, "a challenge cannot rest on a {format}")
            }
            Self::ContradictionElsewhere => {
                f.write_str("the contradiction does not speak of the challenged settlement")
            }
            Self::RevocationInvalid { public_key, error } => {
                write!(f, "the revocation of key {public_key} does not hold here: {error}")
            }
            Self::NotCompromised { public_key } => {
                write!(f, "no given revocation makes the settlement by key {public_key} invalid")
            }
        }
    }
}

impl core::error::Error for DisputeError {}
