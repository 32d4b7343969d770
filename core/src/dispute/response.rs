//! The response: the operator's answer to a challenge.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::format::{self, FormatName};
use crate::document::{Blank, DocumentError, One, Own, list, members};
use crate::limits::MAX_DISPUTE_DOCUMENT_SIZE;
use crate::proof::{ExclusionBundle, InclusionBundle};
use crate::settlement::BatchId;
use crate::tags;

/// `countersign/response/v1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseFormat;

impl Blank for ResponseFormat {
    const BLANK: Self = Self;
}

impl FormatName for ResponseFormat {
    const NAME: &'static str = tags::RESPONSE_FORMAT;
}

/// The answer to a challenge, `countersign/response/v1` (`spec/metering.md` section 7).
///
/// Nobody signs it: an answer that verifies does so whoever brings it. One that does *not* verify
/// costs the operator the dispute, so the evaluator must have it from the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeResponse {
    /// The document's format.
    pub format: ResponseFormat,
    /// The batch it is about.
    pub batch_id: BatchId,
    /// When the operator answered, milliseconds since the epoch: the operator's claim. An evaluator
    /// who took the answer in says when with [`Witnessed`](super::Witnessed), and the later counts.
    pub responded_at_ms: u64,
    /// What the operator shows.
    pub answer: Answer,
}

members!(DisputeResponse {
    format "format": One,
    batch_id "batchId": One,
    responded_at_ms "respondedAtMs": One,
    answer "answer": Own,
});

/// What a response shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Answer {
    /// Every record of the batch.
    Range {
        /// Their bytes, in order of seq.
        #[serde(with = "list")]
        records: Vec<Vec<u8>>,
    },
    /// That one record is in the batch: the demanded one, or, where an absence is demanded that
    /// does not exist, the entry of that operation.
    Record {
        /// An inclusion proof, `countersign/inclusion/v1`.
        bundle: Box<InclusionBundle>,
    },
    /// That an operation is not in the batch.
    Absence {
        /// An exclusion proof, `countersign/exclusion/v1`.
        bundle: Box<ExclusionBundle>,
    },
}

impl Blank for Answer {
    const BLANK: Self = Self::Range { records: Vec::new() };
}

impl DisputeResponse {
    /// Reads a response.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DocumentError> {
        format::read::<_, ResponseFormat>(bytes, MAX_DISPUTE_DOCUMENT_SIZE)
    }

    /// The response as JSON; the same response gives the same bytes.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        crate::document::write(self)
    }
}

impl Answer {
    /// The name that the answer has in the document.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Range { .. } => "range",
            Self::Record { .. } => "record",
            Self::Absence { .. } => "absence",
        }
    }
}
