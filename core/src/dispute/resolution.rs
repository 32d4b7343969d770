//! The resolution: where a dispute stands or how it ended.

use alloc::string::String;
use core::fmt;

use super::challenge::DisputeChallenge;
use super::format::{self, FormatName};
use crate::chain::ResolutionRecord;
use crate::document::{Blank, DocumentError, Object, One, Optional, Spelling, Text, members};
use crate::limits::{MAX_CONTROL_TEXT_SIZE, MAX_DISPUTE_DOCUMENT_SIZE, MAX_OP_SIZE};
use crate::tags;

/// `countersign/resolution/v1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResolutionFormat;

impl Blank for ResolutionFormat {
    const BLANK: Self = Self;
}

impl FormatName for ResolutionFormat {
    const NAME: &'static str = tags::RESOLUTION_FORMAT;
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisputeStatus {
    /// `CONFIRMED`: the response verifies, the challenge is rejected.
    Confirmed,
    /// `CHALLENGED`: the operator still has time.
    Challenged,
    /// `DISPUTED_FRAUD`: the response does not verify, or a contradiction does.
    DisputedFraud,
    /// `DISPUTED_NO_RESPONSE`: the operator let the time pass.
    DisputedNoResponse,
}

impl DisputeStatus {
    /// The text in records and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::Challenged => "CHALLENGED",
            Self::DisputedFraud => "DISPUTED_FRAUD",
            Self::DisputedNoResponse => "DISPUTED_NO_RESPONSE",
        }
    }

    /// Reads that text; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Confirmed, Self::Challenged, Self::DisputedFraud, Self::DisputedNoResponse]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Whether the dispute is over.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Challenged)
    }

    /// Whether it went against the operator: one of `DISPUTED_*`.
    pub const fn is_lost(self) -> bool {
        matches!(self, Self::DisputedFraud | Self::DisputedNoResponse)
    }
}

impl fmt::Display for DisputeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Blank for DisputeStatus {
    const BLANK: Self = Self::Confirmed;
}

impl Spelling for DisputeStatus {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CONFIRMED, CHALLENGED, DISPUTED_FRAUD or DISPUTED_NO_RESPONSE")
    }
}

/// The verdict over a challenge, `countersign/resolution/v1` (`spec/metering.md` section 7).
///
/// Nobody signs it: whoever has challenge and response evaluates them again. In the log it is a
/// `DISPUTE_RESOLUTION` record, which the chain and its signatures cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeResolution {
    /// The document's format.
    pub format: ResolutionFormat,
    /// Where the dispute stands.
    pub status: DisputeStatus,
    /// The challenge, whole.
    pub challenge: DisputeChallenge,
    /// When it was evaluated, milliseconds since the epoch.
    pub resolved_at_ms: u64,
    /// With `DISPUTED_FRAUD`: the code of the first check that failed.
    pub check: Option<Text<MAX_OP_SIZE>>,
    /// What decided it, for people.
    pub detail: Text<MAX_CONTROL_TEXT_SIZE>,
}

members!(DisputeResolution {
    format "format": One,
    status "status": One,
    challenge "challenge": Object,
    resolved_at_ms "resolvedAtMs": One,
    check "check": Optional,
    detail "detail": One,
});

impl DisputeResolution {
    /// Reads a resolution.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DocumentError> {
        format::read::<_, ResolutionFormat>(bytes, MAX_DISPUTE_DOCUMENT_SIZE)
    }

    /// The resolution as JSON; the same resolution gives the same bytes.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        crate::document::write(self)
    }

    /// The body of the `DISPUTE_RESOLUTION` record; `None` while the dispute is open, for a record
    /// says how one *ended*.
    pub fn record(&self) -> Option<ResolutionRecord<'_>> {
        let DisputeChallenge { settlement, challenger_id, claimed_discrepancy, .. } =
            &self.challenge;
        self.status.is_final().then_some(ResolutionRecord {
            from_seq: settlement.from_seq,
            to_seq: settlement.to_seq,
            status: self.status.as_str(),
            challenger_id,
            claimed_discrepancy,
            resolved_at_ms: self.resolved_at_ms,
            detail: &self.detail,
        })
    }
}
