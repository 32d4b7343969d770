//! Why a bundle cannot be built or checked at all.

use core::fmt;

use crate::Seq;
use crate::chain::RecordError;
use crate::document::DocumentError;
use crate::keys::{self, PublicKey};
use crate::merkle::{ConsistencyError, InclusionError, MultiInclusionError};

/// Why a bundle cannot be built or checked at all.
///
/// A bundle that can be checked and does not hold is no error: its
/// [`Report`](super::Report) names the check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofError {
    /// The document cannot be read or written.
    Document(DocumentError),
    /// A revocation that was given to check the bundle against does not hold for its shard.
    Revocation {
        /// The key it revokes.
        public_key: PublicKey,
        /// Why it does not hold.
        error: keys::Error,
    },
    /// The record to be proven is none.
    Record(RecordError),
    /// The two records behind a batch do not show its settlement under a signature of its key: the
    /// settlement can only be shown whole.
    SettlementUnsigned {
        /// The settlement's record.
        seq: Seq,
    },
    /// A brief inclusion cannot be held against the other bundle, which has not its settlement.
    SettlementMissing,
    /// The record to be proven is no entry.
    NotAnEntry {
        /// The record.
        seq: Seq,
    },
    /// The record to be proven lies in another batch.
    SeqOutsideBatch {
        /// The record.
        seq: Seq,
        /// First record of the batch.
        from_seq: Seq,
        /// Last record of the batch.
        to_seq: Seq,
    },
    /// A record that the proof needs was not given.
    RecordMissing {
        /// The record.
        seq: Seq,
    },
    /// The settlement's numbers fit no batch.
    InvalidBatch {
        /// First record of the batch.
        from_seq: Seq,
        /// Last record of the batch.
        to_seq: Seq,
        /// Entries in the batch.
        entry_count: u64,
    },
    /// The operation index given is not as long as the settlement says.
    IndexSize {
        /// The settlement's `entryCount`.
        expected: u64,
        /// The leaves given.
        found: u64,
    },
    /// No entry can have that operation id: it is empty, or longer than 128 bytes.
    InvalidOperation,
    /// The operation is in the batch, so that nothing shows its absence.
    OperationPresent {
        /// The record that holds it.
        seq: Seq,
    },
    /// The bytes and sister segments given do not show the record at its place.
    Placement {
        /// The code of the check that failed.
        code: &'static str,
    },
    /// The two commitments given do not contradict each other.
    NoContradiction,
    /// An audit path cannot be built.
    Inclusion(InclusionError),
    /// A multi-proof cannot be built.
    MultiInclusion(MultiInclusionError),
    /// A consistency path cannot be built.
    Consistency(ConsistencyError),
}

impl ProofError {
    /// A stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Revocation { .. } => "revocation-invalid",
            Self::Record(_) => "record-malformed",
            Self::SettlementUnsigned { .. } => "settlement-unsigned",
            Self::SettlementMissing => "settlement-missing",
            Self::NotAnEntry { .. } => "record-not-an-entry",
            Self::SeqOutsideBatch { .. } => "seq-outside-batch",
            Self::RecordMissing { .. } => "record-missing",
            Self::InvalidBatch { .. } => "range-invalid",
            Self::IndexSize { .. } => "index-size",
            Self::InvalidOperation => "invalid-field",
            Self::OperationPresent { .. } => "operation-present",
            Self::Placement { code } => code,
            Self::NoContradiction => "no-contradiction",
            Self::Inclusion(error) => error.code(),
            Self::MultiInclusion(error) => error.code(),
            Self::Consistency(error) => error.code(),
        }
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Revocation { public_key, error } => {
                write!(f, "the revocation of key {public_key} does not hold here: {error}")
            }
            Self::Record(error) => write!(f, "the bytes are no record: {error}"),
            Self::SettlementUnsigned { seq } => write!(
                f,
                "record {seq} and the next do not show the settlement under a signature of its key; \
                 show it whole"
            ),
            Self::SettlementMissing => f.write_str(
                "a brief inclusion does not hold its settlement: give an inclusion with the whole \
                 settlement",
            ),
            Self::NotAnEntry { seq } => write!(f, "record {seq} is no entry"),
            Self::SeqOutsideBatch { seq, from_seq, to_seq } => {
                write!(f, "record {seq} is not in the batch of records {from_seq} to {to_seq}")
            }
            Self::RecordMissing { seq } => write!(f, "record {seq} is needed and was not given"),
            Self::InvalidBatch { from_seq, to_seq, entry_count } => write!(
                f,
                "records {from_seq} to {to_seq} with {entry_count} entries among them are no batch"
            ),
            Self::IndexSize { expected, found } => {
                write!(f, "the operation index has {expected} leaves, but {found} were given")
            }
            Self::InvalidOperation => f.write_str("opId must be 1 to 128 bytes"),
            Self::OperationPresent { seq } => write!(f, "record {seq} holds the operation"),
            Self::Placement { code } => {
                write!(f, "the file does not hold the record there any more: {code}")
            }
            Self::NoContradiction => {
                f.write_str("the two commitments do not contradict each other")
            }
            Self::Inclusion(error) => error.fmt(f),
            Self::MultiInclusion(error) => error.fmt(f),
            Self::Consistency(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ProofError {}

impl From<DocumentError> for ProofError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

impl From<RecordError> for ProofError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<InclusionError> for ProofError {
    fn from(error: InclusionError) -> Self {
        Self::Inclusion(error)
    }
}

impl From<MultiInclusionError> for ProofError {
    fn from(error: MultiInclusionError) -> Self {
        Self::MultiInclusion(error)
    }
}

impl From<ConsistencyError> for ProofError {
    fn from(error: ConsistencyError) -> Self {
        Self::Consistency(error)
    }
}
