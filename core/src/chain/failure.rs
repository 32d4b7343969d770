//! What a check found wrong, and where.

use alloc::string::String;
use core::fmt;

use crate::Seq;
use crate::frame::Place;

/// Which check failed. The text of [`FailureCode::as_str`] is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureCode {
    /// A frame cannot be read: its length is impossible or runs over the end of the segment.
    FrameBroken,
    /// A segment is missing between others.
    SegmentMissing,
    /// The bytes are no record.
    RecordMalformed,
    /// The seq is not the one before plus one.
    SeqGap,
    /// `prevHash` is not the tip before.
    ChainBroken,
    /// The time lies before the previous record's.
    TimeReversed,
    /// Record 0 is no certificate.
    CertificateMissing,
    /// A certificate does not hold.
    CertificateInvalid,
    /// The shard's format version is newer than this program.
    FormatTooNew,
    /// A certificate is by another operator key than the trusted one.
    WrongOperatorKey,
    /// A certificate is for another shard.
    WrongShard,
    /// A revocation does not hold, or names a key that was never certified.
    RevocationInvalid,
    /// A signature does not hold.
    SignatureInvalid,
    /// A signature or settlement is by a key that is not the active one.
    InactiveKey,
    /// The record's time lies outside the active key's validity.
    OutsideKeyWindow,
    /// A signature or settlement by a key from where its compromise takes effect.
    KeyCompromised,
    /// A settlement's range does not tile the log.
    SettlementRange,
    /// A settlement's tip is not the tip at the end of its range.
    SettlementTip,
    /// A settlement's entry count is not the number of entries in its range.
    SettlementEntryCount,
    /// A settlement's signature does not hold.
    SettlementSignature,
    /// A settlement's `itemsRoot` is not the root over the records of its range.
    ItemsRoot,
    /// A settlement's `logRoot` is not the root over all records up to the end of its range.
    LogRoot,
    /// A settlement's `indexRoot` is not the root over the operations of its range.
    IndexRoot,
    /// A settlement's `memberDeltas` are not what the entries of its range add up to.
    MemberDeltas,
    /// The entries of a settlement's range add up to more than 2^128-1.
    DeltaOverflow,
    /// The log ends before a position that is known to have been durable, or holds another record
    /// there.
    BeforeDurablePosition,
}

impl FailureCode {
    /// The stable kebab-case code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FrameBroken => "frame-broken",
            Self::SegmentMissing => "segment-missing",
            Self::RecordMalformed => "record-malformed",
            Self::SeqGap => "seq-gap",
            Self::ChainBroken => "chain-broken",
            Self::TimeReversed => "time-reversed",
            Self::CertificateMissing => "certificate-missing",
            Self::CertificateInvalid => "certificate-invalid",
            Self::FormatTooNew => "format-too-new",
            Self::WrongOperatorKey => "wrong-operator-key",
            Self::WrongShard => "wrong-shard",
            Self::RevocationInvalid => "revocation-invalid",
            Self::SignatureInvalid => "signature-invalid",
            Self::InactiveKey => "inactive-key",
            Self::OutsideKeyWindow => "outside-key-window",
            Self::KeyCompromised => "key-compromised",
            Self::SettlementRange => "settlement-range",
            Self::SettlementTip => "settlement-tip",
            Self::SettlementEntryCount => "settlement-entry-count",
            Self::SettlementSignature => "settlement-signature",
            Self::ItemsRoot => "items-root",
            Self::LogRoot => "log-root",
            Self::IndexRoot => "index-root",
            Self::MemberDeltas => "member-deltas",
            Self::DeltaOverflow => "delta-overflow",
            Self::BeforeDurablePosition => "before-durable-position",
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One failed check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which check.
    pub code: FailureCode,
    /// Where the offending bytes stand.
    pub place: Place,
    /// The record's seq: as it says itself where it can be read, else the one expected there.
    pub seq: Seq,
    /// What was expected and what was found, for people.
    pub detail: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: seq {} in {}: {}", self.code, self.seq, self.place, self.detail)
    }
}
