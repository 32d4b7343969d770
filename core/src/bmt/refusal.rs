//! Why a proof was refused.

use core::fmt;

use super::{ProveError, SegmentIndex};
use crate::hash::Digest;
use crate::limits::{MAX_BMT_FILE_SIZE, MAX_BMT_PROOF_STEPS};

/// Why a proof was refused: the first check that failed, in the order of `spec/bmt.md` section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The address is not of 32 bytes.
    AddressLength {
        /// Its bytes.
        found: usize,
    },
    /// The index is negative, a fraction or no number: what a typed interface cannot express, for
    /// those in front of it that can.
    IndexNotANaturalNumber,
    /// The segment is not of 32 bytes.
    SegmentLength {
        /// Its bytes.
        found: usize,
    },
    /// The proof has no step.
    ProofEmpty,
    /// A span is not as long as the geometry says.
    SpanLength {
        /// The step, from 0 at the leaf.
        step: usize,
        /// The geometry's span length, in bytes.
        expected: usize,
        /// Its bytes.
        found: usize,
    },
    /// A step has more or fewer sisters than a chunk tree has levels.
    SisterCount {
        /// The step, from 0 at the leaf.
        step: usize,
        /// The depth of a chunk tree.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A sister is not of 32 bytes.
    SisterLength {
        /// The step, from 0 at the leaf.
        step: usize,
        /// The sister, from 0 at the segments.
        height: usize,
        /// Its bytes.
        found: usize,
    },
    /// The root's span is 2^63 or more: marked for redundancy, or no length at all.
    SpanLevelBits,
    /// The file is longer than the caller takes.
    SpanTooLarge {
        /// The most that the caller takes, in bytes.
        limit: u64,
        /// The root's span.
        found: u64,
    },
    /// The file is not as long as the caller knows.
    FileSizeMismatch {
        /// The length that the caller knows, in bytes.
        expected: u64,
        /// The root's span.
        found: u64,
    },
    /// The root's span is zero: an empty file has no segment.
    EmptyFile,
    /// The file has no such segment.
    IndexOutOfRange {
        /// The index claimed.
        index: SegmentIndex,
        /// Segments of the file, or of the chunk.
        segments: u64,
    },
    /// The segment is not zero behind the end of the file.
    SegmentPadding,
    /// There are not as many steps as the length and the index say.
    ProofChunkCount {
        /// The only count that fits.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A span is not the one that follows from the length.
    SpanMismatch {
        /// The step, from 0 at the leaf.
        step: usize,
        /// The span that follows from length and index.
        expected: u64,
    },
    /// A sister that stands for padding is not that of padding.
    PaddingSister {
        /// The step, from 0 at the leaf.
        step: usize,
        /// The sister, from 0 at the segments.
        height: usize,
    },
    /// The proof leads to another address.
    AddressMismatch {
        /// The address to be proven against.
        expected: Digest,
        /// The address that the proof leads to.
        found: Digest,
    },
    /// Segments cross the borders of chunks in this geometry, so it has no proofs.
    PayloadLimit {
        /// The payload limit, in bytes.
        found: usize,
    },
    /// The proven segments do not ascend, or there are none.
    IndexOrder,
    /// There are not as many sisters as length and indexes say.
    SharedSisterCount {
        /// How many there are.
        found: usize,
    },
    /// The proven segment is not the last of the file, so it does not show the file's end.
    NotTheLastSegment {
        /// The last segment of the file.
        expected: SegmentIndex,
        /// The segment that was proven.
        found: SegmentIndex,
    },
}

impl Refusal {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressLength { .. } => "address-length",
            Self::IndexNotANaturalNumber => "index-not-a-natural-number",
            Self::SegmentLength { .. } => "segment-length",
            Self::ProofEmpty => "proof-empty",
            Self::SpanLength { .. } => "span-length",
            Self::SisterCount { .. } => "sister-count",
            Self::SisterLength { .. } => "sister-length",
            Self::SpanLevelBits => "span-level-bits",
            Self::SpanTooLarge { .. } => "span-too-large",
            Self::FileSizeMismatch { .. } => "file-size-mismatch",
            Self::EmptyFile => "empty-file",
            Self::IndexOutOfRange { .. } => "index-out-of-range",
            Self::SegmentPadding => "segment-padding",
            Self::ProofChunkCount { .. } => "proof-chunk-count",
            Self::SpanMismatch { .. } => "span-mismatch",
            Self::PaddingSister { .. } => "padding-sister",
            Self::AddressMismatch { .. } => "address-mismatch",
            Self::PayloadLimit { .. } => "payload-limit-not-in-segments",
            Self::IndexOrder => "index-order",
            Self::SharedSisterCount { .. } => "shared-sister-count",
            Self::NotTheLastSegment { .. } => "not-the-last-segment",
        }
    }
}

impl From<ProveError> for Refusal {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Index { index, segments } => Self::IndexOutOfRange { index, segments },
            ProveError::PayloadLimit { found } => Self::PayloadLimit { found },
            ProveError::IndexOrder => Self::IndexOrder,
            // The others are about bytes that only making a proof needs.
            ProveError::EmptyFile
            | ProveError::LeafSize { .. }
            | ProveError::AddressMissing { .. } => Self::EmptyFile,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressLength { found } => write!(f, "an address has 32 bytes, not {found}"),
            Self::IndexNotANaturalNumber => f.write_str("the segment index is no natural number"),
            Self::SegmentLength { found } => write!(f, "a segment has 32 bytes, not {found}"),
            Self::ProofEmpty => f.write_str("the proof has no chunk"),
            Self::SpanLength { step, expected, found } => {
                write!(f, "the span of chunk {step} has {found} bytes, not {expected}")
            }
            Self::SisterCount { step, expected, found } => {
                write!(f, "chunk {step} has {found} sister segments, not {expected}")
            }
            Self::SisterLength { step, height, found } => {
                write!(f, "sister segment {height} of chunk {step} has {found} bytes, not 32")
            }
            Self::SpanLevelBits => write!(
                f,
                "the root span is above {MAX_BMT_FILE_SIZE}: it carries a redundancy level, or is \
                 no length"
            ),
            Self::SpanTooLarge { limit, found } => {
                write!(f, "the file is said to have {found} bytes, at most {limit} are accepted")
            }
            Self::FileSizeMismatch { expected, found } => {
                write!(f, "the proof is of a file of {found} bytes, not {expected}")
            }
            Self::EmptyFile => f.write_str("the root span is zero: an empty file has no segment"),
            Self::IndexOutOfRange { index, segments } => {
                write!(f, "there is no segment {index}, only {segments}")
            }
            Self::SegmentPadding => {
                f.write_str("the segment is not zero behind the end of the file")
            }
            Self::ProofChunkCount { expected, found } => write!(
                f,
                "the proof has {found} chunks, length and index say {expected} (never more than \
                 {MAX_BMT_PROOF_STEPS})"
            ),
            Self::SpanMismatch { step, expected } => {
                write!(f, "the span of chunk {step} is not {expected}, as the file's length says")
            }
            Self::PaddingSister { step, height } => {
                write!(f, "sister segment {height} of chunk {step} hides bytes behind the end")
            }
            Self::AddressMismatch { expected, found } => {
                write!(f, "the proof leads to address {found}, not {expected}")
            }
            Self::PayloadLimit { found } => {
                write!(f, "chunks of {found} bytes cut segments: only multiples of 32 have proofs")
            }
            Self::IndexOrder => f.write_str("the proven segments do not ascend, or there are none"),
            Self::SharedSisterCount { found } => {
                write!(f, "the proof's {found} sister segments are not as many as it needs")
            }
            Self::NotTheLastSegment { expected, found } => {
                write!(f, "segment {found} is proven; the file's end is in segment {expected}")
            }
        }
    }
}

impl core::error::Error for Refusal {}
