//! `makeChunkedFile` and what it returns.

use alloc::format;
use alloc::vec::Vec;

use super::chunk::CAPACITY;
use super::{ChunkOptions, CompatChunk, CompatError, ErrorClass, make_chunk, make_span};
use crate::bmt::chunk::concat;
use crate::bmt::hash::{ChunkHash, Plain};
use crate::bmt::{Bmt, Geometry, SEGMENT_SIZE};
use crate::hash::Digest;

/// The options of `makeChunkedFile`. Zero means the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileOptions<'h> {
    /// `maxPayloadLength`: the size of the pieces that the file is cut into.
    pub max_payload_length: usize,
    /// `spanLength`: bytes of every span.
    pub span_length: usize,
    /// `maxPayloadSize`, which the reference does not declare: the limit of the leaves; the fan-out
    /// becomes its count of segments.
    pub max_payload_size: usize,
    /// `startingSpanValue`, undeclared: the span of the leaves.
    pub starting_span_value: f64,
    /// `hashFn`, undeclared: the hash of the leaves; all above are plain Keccak-256.
    pub hash_fn: Option<&'h dyn ChunkHash>,
}

impl FileOptions<'_> {
    /// The geometry of a file of `len` bytes with these options, for who hashes it in pieces;
    /// `None` with any undeclared option, or one that the reference throws for.
    #[expect(clippy::cast_precision_loss)] // A payload in memory is far below 2^53 bytes.
    pub fn geometry(&self, len: usize) -> Option<Geometry> {
        if self.max_payload_size != 0
            || self.starting_span_value != 0.0
            || self.hash_fn.is_some()
            || make_span(len as f64, self.span_length).is_err()
        {
            return None;
        }
        let piece = if self.max_payload_length == 0 { CAPACITY } else { self.max_payload_length };
        let span = if self.span_length == 0 { 8 } else { self.span_length };
        Geometry::reference(piece, span).ok()
    }
}

impl core::fmt::Debug for dyn ChunkHash + '_ {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ChunkHash")
    }
}

/// A file with the reference's methods. Every method hashes anew what it needs.
#[derive(Clone, Debug)]
pub struct CompatFile<'a> {
    payload: &'a [u8],
    options: FileOptions<'a>,
}

/// `makeChunkedFile`. Everything that is wrong is told by the method that meets it.
pub const fn make_chunked_file<'a>(payload: &'a [u8], options: FileOptions<'a>) -> CompatFile<'a> {
    CompatFile { payload, options }
}

impl<'a> CompatFile<'a> {
    /// `payload`.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The size of the pieces.
    pub(super) const fn piece(&self) -> usize {
        match self.options.max_payload_length {
            0 => CAPACITY,
            length => length,
        }
    }

    pub(super) const fn fan_out(&self) -> usize {
        match self.options.max_payload_size {
            0 => CAPACITY / SEGMENT_SIZE,
            size => size / SEGMENT_SIZE,
        }
    }

    /// The tree that the declared options describe.
    pub(super) fn plain(&self) -> Option<Bmt<Plain>> {
        Some(Bmt::new(self.options.geometry(self.payload.len())?, Plain))
    }

    /// `span()`: the file's length.
    ///
    /// # Errors
    /// Those of [`make_span`].
    #[expect(clippy::cast_precision_loss)] // A payload in memory is far below 2^53 bytes.
    pub fn span(&self) -> Result<Vec<u8>, CompatError> {
        make_span(self.payload.len() as f64, self.options.span_length)
    }

    /// `leafChunks()`.
    ///
    /// # Errors
    /// Those of [`make_chunk`].
    pub fn leaf_chunks(&self) -> Result<Vec<CompatChunk<'a>>, CompatError> {
        let options = ChunkOptions {
            max_payload_size: self.options.max_payload_size,
            span_length: self.options.span_length,
            starting_span_value: self.options.starting_span_value,
            hash_fn: self.options.hash_fn.unwrap_or(&Plain),
        };
        if self.payload.is_empty() {
            return make_chunk(self.payload, options).map(|empty| Vec::from([empty]));
        }
        self.payload.chunks(self.piece()).map(|piece| make_chunk(piece, options)).collect()
    }

    /// `bmt()`: the levels, leaves first. A carrier is listed in the level where it gets its place.
    ///
    /// # Errors
    /// Those of [`make_chunk`] and [`CompatChunk::address`].
    pub fn bmt(&self) -> Result<Vec<Vec<CompatChunk<'a>>>, CompatError> {
        let fan_out = self.fan_out();
        let mut level = self.leaf_chunks()?;
        let mut levels = Vec::new();
        while level.len() > 1 {
            if fan_out < 2 {
                let message = format!("a fan-out of {fan_out} joins no chunks");
                return Err(CompatError::new(ErrorClass::RangeError, "geometry-fan-out", message));
            }
            let carrier = if level.len() % fan_out == 1 { level.pop() } else { None };
            let mut above = self.above(&level)?;
            above.extend(carrier);
            levels.push(level);
            level = above;
        }
        levels.push(level);
        Ok(levels)
    }

    /// The chunks above a level without a carrier.
    fn above(&self, level: &[CompatChunk<'a>]) -> Result<Vec<CompatChunk<'a>>, CompatError> {
        let group = |group: &[CompatChunk<'a>]| {
            let addresses =
                group.iter().map(CompatChunk::address).collect::<Result<Vec<_>, _>>()?;
            let options = ChunkOptions {
                max_payload_size: self.options.max_payload_size,
                span_length: self.options.span_length,
                starting_span_value: group.iter().map(CompatChunk::span_value).sum(),
                hash_fn: &Plain,
            };
            make_chunk(concat(&addresses), options)
        };
        level.chunks(self.fan_out().max(1)).map(group).collect()
    }

    /// `rootChunk()`.
    ///
    /// # Errors
    /// Those of [`CompatFile::bmt`].
    pub fn root_chunk(&self) -> Result<CompatChunk<'a>, CompatError> {
        let root = self.bmt()?.pop().and_then(|mut root| root.pop());
        root.map_or_else(|| make_chunk(self.payload, ChunkOptions::default()), Ok)
    }

    /// `address()`.
    ///
    /// # Errors
    /// Those of [`CompatFile::bmt`].
    pub fn address(&self) -> Result<Digest, CompatError> {
        if let Some(bmt) = self.plain()
            && let Ok(file) = bmt.file(self.payload)
        {
            return Ok(file.address());
        }
        self.root_chunk()?.address()
    }
}
