//! What can be wrong with a geometry, a span, a chunk, or a wish for a proof.

use core::fmt;

use super::SegmentIndex;
use crate::hash::Digest;
use crate::limits::{MAX_BMT_CAPACITY, MAX_BMT_FILE_SIZE, MAX_BMT_SPAN_SIZE};

/// Why four numbers are no geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeometryError {
    /// The capacity is no power of two, or below two segments, or above the limit.
    Capacity {
        /// The refused capacity, in bytes.
        found: usize,
    },
    /// The payload limit is zero or above the capacity.
    PayloadLimit {
        /// The refused payload limit, in bytes.
        found: usize,
        /// The capacity, in bytes.
        capacity: usize,
    },
    /// The fan-out is below two, or its references do not fit the capacity.
    FanOut {
        /// The refused fan-out.
        found: usize,
        /// The capacity, in bytes.
        capacity: usize,
    },
    /// The span length is zero or above the limit.
    SpanSize {
        /// The refused span length, in bytes.
        found: usize,
    },
}

impl GeometryError {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Capacity { .. } => "geometry-capacity",
            Self::PayloadLimit { .. } => "geometry-payload-limit",
            Self::FanOut { .. } => "geometry-fan-out",
            Self::SpanSize { .. } => "geometry-span-size",
        }
    }
}

impl fmt::Display for GeometryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capacity { found } => write!(
                f,
                "the capacity is a power of two from 64 to {MAX_BMT_CAPACITY} bytes, not {found}"
            ),
            Self::PayloadLimit { found, capacity } => {
                write!(f, "the payload limit is 1 to {capacity} bytes, not {found}")
            }
            Self::FanOut { found, capacity } => {
                let most = capacity / super::SEGMENT_SIZE;
                write!(f, "the fan-out is 2 to {most} references, not {found}")
            }
            Self::SpanSize { found } => {
                write!(f, "a span has 1 to {MAX_BMT_SPAN_SIZE} bytes, not {found}")
            }
        }
    }
}

impl core::error::Error for GeometryError {}

/// Why a number has no span, or a span no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanError {
    /// The value is 2^63 or more.
    Reserved {
        /// The refused value.
        value: u64,
    },
    /// The value needs more bytes.
    Fit {
        /// The refused value.
        value: u64,
        /// The bytes that a span has.
        size: usize,
    },
    /// A span of no bytes, or of more than the limit.
    Size {
        /// The refused length, in bytes.
        found: usize,
    },
    /// The span's value needs more than 64 bits.
    Wide {
        /// The span's length, in bytes.
        size: usize,
    },
}

impl SpanError {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Reserved { .. } => "span-reserved",
            Self::Fit { .. } => "span-does-not-fit",
            Self::Size { .. } => "span-size",
            Self::Wide { .. } => "span-wide",
        }
    }
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserved { value } => {
                write!(f, "a span is at most {MAX_BMT_FILE_SIZE}, not {value}")
            }
            Self::Fit { value, size } => write!(f, "{value} does not fit a span of {size} bytes"),
            Self::Size { found } => {
                write!(f, "a span has 1 to {MAX_BMT_SPAN_SIZE} bytes, not {found}")
            }
            Self::Wide { size } => {
                write!(f, "the value of this span of {size} bytes needs more than 64 bits")
            }
        }
    }
}

impl core::error::Error for SpanError {}

/// A replaced hash that is not of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashSizeError {
    /// The bytes of the first wrong hash.
    pub found: usize,
}

impl HashSizeError {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        "hash-size"
    }
}

impl fmt::Display for HashSizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a hash of chunks has 32 bytes, the one given answered {}", self.found)
    }
}

impl core::error::Error for HashSizeError {}

/// Why something is no chunk, or not the one of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkError {
    /// The payload is longer than a chunk's can be.
    PayloadSize {
        /// Most bytes.
        limit: usize,
        /// Its bytes.
        found: usize,
    },
    /// The span needs more bytes than the geometry gives it.
    Span {
        /// The span.
        value: u64,
        /// The bytes that a span has.
        size: usize,
    },
    /// The stored span needs more than 64 bits.
    WideSpan,
    /// Stored bytes that are shorter than a span or longer than a full chunk.
    StoredSize {
        /// Fewest bytes.
        least: usize,
        /// Most bytes.
        limit: usize,
        /// Its bytes.
        found: usize,
    },
    /// The chunk has another address.
    Address {
        /// The address that it should have.
        expected: Digest,
        /// The address that it has.
        found: Digest,
    },
    /// The chunk has no such segment.
    Index {
        /// The refused index.
        index: u64,
        /// Segments of the padded payload.
        segments: u64,
    },
}

impl ChunkError {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PayloadSize { .. } => "chunk-payload-size",
            Self::Span { .. } => "chunk-span-does-not-fit",
            Self::WideSpan => "chunk-span-wide",
            Self::StoredSize { .. } => "chunk-stored-size",
            Self::Address { .. } => "chunk-address-mismatch",
            Self::Index { .. } => "chunk-index-out-of-range",
        }
    }
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PayloadSize { limit, found } => {
                write!(f, "a chunk's payload is at most {limit} bytes, not {found}")
            }
            Self::Span { value, size } => write!(f, "{value} does not fit a span of {size} bytes"),
            Self::WideSpan => f.write_str("the chunk's span needs more than 64 bits"),
            Self::StoredSize { least, limit, found } => {
                write!(f, "a stored chunk has {least} to {limit} bytes, not {found}")
            }
            Self::Address { expected, found } => {
                write!(f, "the chunk's address is {found}, not {expected}")
            }
            Self::Index { index, segments } => {
                write!(f, "the chunk has no segment {index}, only {segments}")
            }
        }
    }
}

impl core::error::Error for ChunkError {}

/// Why no proof can be made of a file's segment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProveError {
    /// The file has no bytes, and so no segment that could be proven.
    EmptyFile,
    /// The file has no such segment.
    Index {
        /// The refused index.
        index: SegmentIndex,
        /// Segments of the file.
        segments: u64,
    },
    /// The indexes do not ascend, or there are none.
    IndexOrder,
    /// Segments cross the borders of chunks in this geometry.
    PayloadLimit {
        /// The payload limit, in bytes.
        found: usize,
    },
    /// The bytes given are not those of the leaf.
    LeafSize {
        /// The bytes of the leaf.
        expected: u64,
        /// The bytes given.
        found: usize,
    },
    /// Addresses of chunks that the proof needs are not there.
    AddressMissing {
        /// The level of the first of them.
        level: u32,
        /// Its slot.
        index: u64,
    },
}

impl ProveError {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmptyFile => "empty-file",
            Self::Index { .. } => "index-out-of-range",
            Self::IndexOrder => "index-order",
            Self::PayloadLimit { .. } => "payload-limit-not-in-segments",
            Self::LeafSize { .. } => "leaf-size",
            Self::AddressMissing { .. } => "chunk-address-missing",
        }
    }
}

impl fmt::Display for ProveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyFile => f.write_str("the file is empty: it has no segment to prove"),
            Self::Index { index, segments } => {
                write!(f, "the file has no segment {index}, only {segments}")
            }
            Self::IndexOrder => {
                f.write_str("the segments to prove do not ascend, or none is given")
            }
            Self::PayloadLimit { found } => {
                write!(f, "chunks of {found} bytes cut segments: only multiples of 32 have proofs")
            }
            Self::LeafSize { expected, found } => {
                write!(f, "the leaf chunk has {expected} bytes, {found} were given")
            }
            Self::AddressMissing { level, index } => {
                write!(f, "the address of chunk {index} on level {level} is missing")
            }
        }
    }
}

impl core::error::Error for ProveError {}
