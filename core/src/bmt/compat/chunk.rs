//! `makeChunk` and what it returns.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use super::{CompatError, ErrorClass, make_span};
use crate::bmt::hash::{ChunkHash, Plain};
use crate::bmt::{Bmt, Geometry, SEGMENT_SIZE};
use crate::hash::Digest;

/// Bytes under every chunk tree of the reference, whatever its options say.
pub(super) const CAPACITY: usize = 4_096;

/// The options of `makeChunk`. Zero means the default, of a span too.
#[derive(Clone, Copy)]
pub struct ChunkOptions<'h> {
    /// `maxPayloadSize`: the limit of the payload, and of [`CompatChunk::data`]. The tree is that
    /// of 4,096 bytes.
    pub max_payload_size: usize,
    /// `spanLength`: bytes of the span.
    pub span_length: usize,
    /// `startingSpanValue`: the span, in place of the payload's length.
    pub starting_span_value: f64,
    /// `hashFn`: the hash of everything in this chunk.
    pub hash_fn: &'h dyn ChunkHash,
}

impl Default for ChunkOptions<'_> {
    fn default() -> Self {
        Self { max_payload_size: 0, span_length: 0, starting_span_value: 0.0, hash_fn: &Plain }
    }
}

impl fmt::Debug for ChunkOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkOptions")
            .field("max_payload_size", &self.max_payload_size)
            .field("span_length", &self.span_length)
            .field("starting_span_value", &self.starting_span_value)
            .finish_non_exhaustive()
    }
}

/// A chunk with the reference's methods.
#[derive(Clone, Debug)]
pub struct CompatChunk<'a> {
    payload: Cow<'a, [u8]>,
    options: ChunkOptions<'a>,
}

/// `makeChunk`.
///
/// # Errors
/// `TypeError` for a payload above the limit. Everything else is told by the method that meets it,
/// as in the reference.
pub fn make_chunk<'a>(
    payload: impl Into<Cow<'a, [u8]>>,
    options: ChunkOptions<'a>,
) -> Result<CompatChunk<'a>, CompatError> {
    let chunk = CompatChunk { payload: payload.into(), options };
    let limit = chunk.max_payload_length();
    if chunk.payload.len() > limit {
        let message =
            format!("a chunk's payload is at most {limit} bytes, not {}", chunk.payload.len());
        return Err(CompatError::new(ErrorClass::TypeError, "chunk-payload-size", message));
    }
    Ok(chunk)
}

impl CompatChunk<'_> {
    /// `payload`.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// `maxPayloadLength`.
    pub const fn max_payload_length(&self) -> usize {
        match self.options.max_payload_size {
            0 => CAPACITY,
            size => size,
        }
    }

    /// `spanLength`.
    pub const fn span_length(&self) -> usize {
        match self.options.span_length {
            0 => 8,
            length => length,
        }
    }

    /// `data()`: the payload, zero-padded to the limit.
    pub fn data(&self) -> Vec<u8> {
        let mut data = self.payload.to_vec();
        data.resize(data.len().max(self.max_payload_length()), 0);
        data
    }

    /// Whether it is a leaf of the file that it was asked of, and no intermediate chunk: whether its
    /// payload is borrowed.
    pub const fn is_leaf(&self) -> bool {
        matches!(self.payload, Cow::Borrowed(_))
    }

    /// The span's value: a span of zero is not taken as one.
    #[expect(clippy::cast_precision_loss)] // A payload in memory is far below 2^53 bytes.
    pub fn span_value(&self) -> f64 {
        match self.options.starting_span_value {
            0.0 => self.payload.len() as f64,
            value => value,
        }
    }

    /// `span()`.
    ///
    /// # Errors
    /// Those of [`make_span`].
    pub fn span(&self) -> Result<Vec<u8>, CompatError> {
        make_span(self.span_value(), self.span_length())
    }

    /// `address()`.
    ///
    /// # Errors
    /// Those of [`make_span`], and `Error` for a payload above 4,096 bytes.
    pub fn address(&self) -> Result<Digest, CompatError> {
        let span = self.span()?;
        if self.payload.len() > CAPACITY {
            return Err(above_capacity(self.payload.len()));
        }
        let bmt = Bmt::new(Geometry::SWARM, self.options.hash_fn);
        let roots = bmt.piece_roots(&self.payload, CAPACITY);
        let root = roots.first().copied().unwrap_or_else(|| bmt.zero(7));
        Ok(self.options.hash_fn.hash(&[&span, root.as_ref()]))
    }

    /// `bmt()`: the levels of the chunk tree, from the padded data to the root.
    ///
    /// # Errors
    /// `Error` for a limit above 4,096 bytes.
    pub fn bmt(&self) -> Result<Vec<Vec<u8>>, CompatError> {
        if self.max_payload_length() > CAPACITY {
            return Err(above_capacity(self.max_payload_length()));
        }
        let bmt = Bmt::new(Geometry::SWARM, self.options.hash_fn);
        let chunk = bmt.chunk_with_span(&self.payload, 0);
        chunk.map(|chunk| chunk.levels()).map_err(|_| above_capacity(self.payload.len()))
    }

    /// `inclusionProof(segmentIndex)`: the sisters of a segment, lowest first.
    ///
    /// # Errors
    /// `Error` for a segment that begins at or above the limit, and for a limit above 4,096 bytes.
    pub fn inclusion_proof(&self, segment_index: u64) -> Result<Vec<Digest>, CompatError> {
        if self.max_payload_length() > CAPACITY {
            return Err(above_capacity(self.max_payload_length()));
        }
        let segments = self.max_payload_length().div_ceil(SEGMENT_SIZE) as u64;
        if segment_index >= segments {
            let message = format!(
                "The given segment index {segment_index} is not below the chunk's {segments}"
            );
            return Err(CompatError::new(ErrorClass::Error, "chunk-index-out-of-range", message));
        }
        let bmt = Bmt::new(Geometry::SWARM, self.options.hash_fn);
        Ok(bmt.nodes(&self.payload).sisters(&bmt, segment_index))
    }
}

fn above_capacity(found: usize) -> CompatError {
    let message = format!("a chunk tree holds {CAPACITY} bytes, not {found}");
    CompatError::new(ErrorClass::Error, "chunk-capacity", message)
}
