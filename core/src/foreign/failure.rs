//! What a check found wrong in a shard of this layout, and where.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::names::{BatchName, INDEX_DIR_NAME, SETTLEMENTS_DIR_NAME};
use super::sidecar::SIDECAR_FILE_NAME;
use crate::chain::FailureCode;
use crate::frame::{Place, SegmentNumber};
use crate::limits::MAX_LISTED_FAILURES;
use crate::{Seq, SeqRange};

/// Which check failed. What this program's own log knows as well has the same code there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForeignCode {
    /// A check that this program's own log has too.
    Log(FailureCode),
    /// Record 0 does not carry the fingerprint of a trusted process key.
    FirstRecordKey,
    /// The sidecar holds something that no crash leaves.
    SidecarBroken,
    /// A signature is over another tip than the log has there.
    SignatureTip,
    /// No signature that holds covers the records, or those of a whole cadence at the end.
    SignatureMissing,
    /// The range holds no record.
    RangeEmpty,
    /// A settlement file is not what the library writes.
    SettlementMalformed,
    /// A settlement's root is not that of the records in its range.
    SettlementRoot,
    /// A settlement's sums are not those of the records in its range.
    SettlementDeltas,
    /// An index file is not what the library writes, or contradicts itself.
    IndexMalformed,
    /// An index is not over the records in its range.
    IndexRoot,
    /// `state.json` is not what the library writes.
    StateMalformed,
}

impl ForeignCode {
    /// The stable kebab-case code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log(code) => code.as_str(),
            Self::FirstRecordKey => "first-record-key",
            Self::SidecarBroken => "sidecar-broken",
            Self::SignatureTip => "signature-tip",
            Self::SignatureMissing => "signature-missing",
            Self::RangeEmpty => "range-empty",
            Self::SettlementMalformed => "settlement-malformed",
            Self::SettlementRoot => "settlement-root",
            Self::SettlementDeltas => "settlement-deltas",
            Self::IndexMalformed => "index-malformed",
            Self::IndexRoot => "index-root",
            Self::StateMalformed => "state-malformed",
        }
    }
}

impl From<FailureCode> for ForeignCode {
    fn from(code: FailureCode) -> Self {
        Self::Log(code)
    }
}

impl fmt::Display for ForeignCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file of the layout, or of what a verifier was given beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFile {
    /// A segment of the log.
    Segment(SegmentNumber),
    /// The signatures.
    Sidecar,
    /// The index of a batch.
    Index(BatchName),
    /// The settlement of a batch.
    Settlement(BatchName),
    /// The note of the last recovery.
    State,
    /// The list of certificates and revocations, which is not part of the shard.
    KeyActions,
}

impl ForeignFile {
    /// Its path in the shard's directory.
    pub fn name(self) -> String {
        match self {
            Self::Segment(number) => number.file_name(),
            Self::Sidecar => SIDECAR_FILE_NAME.into(),
            Self::Index(batch) => format!("{INDEX_DIR_NAME}/{}", batch.index_file_name()),
            Self::Settlement(batch) => {
                format!("{SETTLEMENTS_DIR_NAME}/{}", batch.settlement_file_name())
            }
            Self::State => "state.json".into(),
            Self::KeyActions => "key actions".into(),
        }
    }
}

impl fmt::Display for ForeignFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// One failed check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignFailure {
    /// Which check.
    pub code: ForeignCode,
    /// In which file.
    pub file: ForeignFile,
    /// Where in it, in bytes; in key actions the number of the action, from 0 on.
    pub offset: u64,
    /// The record concerned: as it says itself where it can be read, else the one expected there.
    pub seq: Seq,
    /// What was expected and what was found, for people.
    pub detail: String,
}

impl ForeignFailure {
    /// One in the log.
    pub(super) fn at(code: ForeignCode, place: Place, seq: Seq, detail: String) -> Self {
        let file = ForeignFile::Segment(place.segment);
        Self { code, file, offset: place.offset, seq, detail }
    }
}

impl fmt::Display for ForeignFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, file, offset, seq, detail } = self;
        write!(f, "{code}: seq {seq} in {file} byte {offset}: {detail}")
    }
}

/// Failures that concern a range of records: all counted, the first ones found listed.
#[derive(Debug)]
pub(super) struct Failures {
    range: SeqRange,
    pub(super) listed: Vec<ForeignFailure>,
    pub(super) total: u64,
}

impl Failures {
    pub(super) const fn new(range: SeqRange) -> Self {
        Self { range, listed: Vec::new(), total: 0 }
    }

    pub(super) const fn range(&self) -> SeqRange {
        self.range
    }

    /// Takes a failure of the records `from` up to its own seq.
    pub(super) fn push_since(&mut self, from: Seq, failure: ForeignFailure) {
        if self.range.meets(from, failure.seq) {
            self.take(failure);
        }
    }

    pub(super) fn push(&mut self, failure: ForeignFailure) {
        self.push_since(failure.seq, failure);
    }

    /// Takes a failure that concerns every record.
    pub(super) fn take(&mut self, failure: ForeignFailure) {
        self.total = self.total.saturating_add(1);
        if self.listed.len() < MAX_LISTED_FAILURES {
            self.listed.push(failure);
        }
    }
}
