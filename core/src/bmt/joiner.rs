//! Reading a file chunk by chunk: what to fetch, and whether it is what was asked for.
//!
//! Fetching is the caller's. Every chunk is checked against its address, its span and the number
//! of references that follow from the file's length before anything in it is used.

use core::fmt;
use core::ops::Range;

use super::error::{ChunkError, SpanError};
use super::hash::ChunkHash;
use super::redundancy::Level;
use super::{Bmt, ChunkAddress, Geometry, SEGMENT_SIZE, SEGMENT_SIZE_U64, Shape, Slot};
use crate::hash::Digest;
use crate::limits::MAX_BMT_FILE_SIZE;

/// Why a chunk is not the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// It is no chunk of its address.
    Chunk(ChunkError),
    /// The root's span is no length of a plain file: it carries a redundancy level, or none that
    /// there is.
    SpanLevelBits,
    /// The root's span is not the length that the caller knows, or no length at all.
    Length(SpanError),
    /// Its span is not the one that follows from the file's length.
    Span {
        /// The span that follows.
        expected: u64,
        /// The chunk's, marks and all.
        found: u64,
    },
    /// Its payload is not as long as follows from the file's length.
    PayloadSize {
        /// The bytes that follow.
        expected: u64,
        /// The chunk's.
        found: usize,
    },
    /// The file has no byte there.
    Offset {
        /// The byte asked for.
        offset: u64,
        /// The length of the file.
        len: u64,
    },
}

impl JoinError {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Chunk(error) => error.code(),
            Self::SpanLevelBits => "span-level-bits",
            Self::Length(error) => error.code(),
            Self::Span { .. } => "span-mismatch",
            Self::PayloadSize { .. } => "payload-size-mismatch",
            Self::Offset { .. } => "offset-out-of-range",
        }
    }
}

impl From<ChunkError> for JoinError {
    fn from(error: ChunkError) -> Self {
        Self::Chunk(error)
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunk(error) => error.fmt(f),
            Self::SpanLevelBits => {
                f.write_str("the root's span carries a redundancy level, or is no length")
            }
            Self::Length(error) => error.fmt(f),
            Self::Span { expected, found } => {
                write!(f, "the chunk's span is {found}, the file's length says {expected}")
            }
            Self::PayloadSize { expected, found } => {
                write!(f, "the chunk holds {found} bytes, the file's length says {expected}")
            }
            Self::Offset { offset, len } => {
                write!(f, "the file has {len} bytes, none at {offset}")
            }
        }
    }
}

impl core::error::Error for JoinError {}

/// A chunk to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its address.
    pub address: ChunkAddress,
    /// Its slot.
    pub slot: Slot,
}

/// What a fetched chunk turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined<'c> {
    /// A leaf: bytes of the file.
    Leaf {
        /// Where they begin in the file.
        start: u64,
        /// The bytes.
        bytes: &'c [u8],
    },
    /// An intermediate chunk: references to others.
    References(References<'c>),
}

/// One step of the way to a byte of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descent<'c> {
    /// The bytes from the one asked for to the end of its leaf.
    Bytes(&'c [u8]),
    /// The next chunk to fetch.
    Next(Wanted),
}

/// The references of an intermediate chunk to its data, parities cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct References<'c> {
    shape: Shape,
    slot: Slot,
    addresses: &'c [u8],
}

impl References<'_> {
    /// The chunks below, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = Wanted> + '_ {
        let first = self.slot.index.saturating_mul(self.shape.fan_out());
        let (addresses, _) = self.addresses.as_chunks::<SEGMENT_SIZE>();
        (first..).zip(addresses).map(|(index, address)| {
            let below = Slot { level: self.slot.level.saturating_sub(1), index };
            // A carrier is looked for in the slot that it was made in.
            Wanted { address: Digest::from_bytes(*address), slot: self.shape.chunk_of(below) }
        })
    }

    /// The chunk below that has this byte of the file; `None` where none of them has.
    pub fn at(&self, offset: u64) -> Option<Wanted> {
        self.iter().find(|wanted| self.shape.range(wanted.slot).contains(&offset))
    }
}

/// A file that is read chunk by chunk, from anywhere, at any offset.
///
/// ```
/// use countersign_core::bmt::{Bmt, Descent, Each, Hasher, Joiner, NewChunk};
/// use std::collections::HashMap;
///
/// // Somebody stores the chunks of a file.
/// let bmt = Bmt::swarm();
/// let bytes: Vec<u8> = (0..600_000_u32).map(|i| (i % 253) as u8).collect();
/// let mut stored = HashMap::new();
/// let keep = Each(|chunk: &NewChunk<'_>| {
///     let whole = [&chunk.span.to_le_bytes(), chunk.payload].concat();
///     stored.insert(*chunk.address.as_bytes(), whole);
///     Ok::<(), std::convert::Infallible>(())
/// });
/// let mut hasher = Hasher::new(&bmt, keep);
/// hasher.write(&bytes)?;
/// let address = hasher.finish()?.address;
///
/// // Somebody else reads one byte, trusting the address alone.
/// let joiner = Joiner::open(&bmt, address, &stored[address.as_bytes()])?;
/// assert_eq!(joiner.len(), 600_000);
/// let mut wanted = joiner.root();
/// let byte = loop {
///     match joiner.descend(&wanted, &stored[wanted.address.as_bytes()], 543_210)? {
///         Descent::Bytes(bytes) => break bytes[0],
///         Descent::Next(next) => wanted = next,
///     }
/// };
/// assert_eq!(byte, bytes[543_210]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Joiner<'b, H> {
    bmt: &'b Bmt<H>,
    address: ChunkAddress,
    shape: Shape,
    level: Option<Level>,
    /// Whether chunks may be stored with zeros behind their payload.
    is_padded: bool,
}

impl<'b, H: ChunkHash> Joiner<'b, H> {
    /// A file of known length.
    ///
    /// # Errors
    /// [`JoinError::Length`] where spans cannot say it.
    pub fn new(bmt: &'b Bmt<H>, address: ChunkAddress, len: u64) -> Result<Self, JoinError> {
        let shape = Shape::new(bmt.geometry(), len).map_err(JoinError::Length)?;
        Ok(Self { bmt, address, shape, level: None, is_padded: false })
    }

    /// A file whose length its root chunk says: `stored` is that chunk, checked against the
    /// address.
    ///
    /// # Errors
    /// Those of [`Joiner::check`]; [`JoinError::SpanLevelBits`] for an upload with redundancy,
    /// which [`Joiner::open_redundant`] reads.
    pub fn open(bmt: &'b Bmt<H>, address: ChunkAddress, stored: &[u8]) -> Result<Self, JoinError> {
        let span = bmt.open_chunk(&address, stored)?.span_value();
        if span > MAX_BMT_FILE_SIZE {
            return Err(JoinError::SpanLevelBits);
        }
        let joiner = Self::new(bmt, address, span)?;
        joiner.check(&joiner.root(), stored)?;
        Ok(joiner)
    }

    /// A file that may have been uploaded with redundancy: the level is the root's mark. Its
    /// references to parities are cut off.
    ///
    /// Nodes store the chunks of such uploads with zeros behind them up to a full payload, which
    /// leaves their addresses as they are: those zeros are cut off, too.
    ///
    /// # Errors
    /// Those of [`Joiner::check`]; [`JoinError::SpanLevelBits`] for a mark that is no level.
    pub fn open_redundant(
        bmt: &'b Bmt<H>,
        address: ChunkAddress,
        stored: &[u8],
    ) -> Result<Self, JoinError> {
        let span = bmt.open_chunk(&address, stored)?.span_value();
        let (len, level) = Level::read(span).ok_or(JoinError::SpanLevelBits)?;
        let plain = bmt.geometry();
        let geometry = Geometry::new(
            plain.payload_limit(),
            plain.capacity(),
            level.map_or(plain.fan_out(), Level::data_references),
            plain.span_size(),
        );
        let geometry = geometry.map_err(|_| JoinError::SpanLevelBits)?;
        let shape = Shape::new(geometry, len).map_err(JoinError::Length)?;
        let joiner = Self { bmt, address, shape, level, is_padded: true };
        joiner.check(&joiner.root(), stored)?;
        Ok(joiner)
    }

    /// The length of the file, in bytes.
    pub const fn len(&self) -> u64 {
        self.shape.len()
    }

    /// Whether the file has no bytes.
    pub const fn is_empty(&self) -> bool {
        self.shape.is_empty()
    }

    /// The shape of the tree, in which an upload with redundancy has its own fan-out.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The redundancy level of the upload, where it has one.
    pub const fn level(&self) -> Option<Level> {
        self.level
    }

    /// The first chunk to fetch.
    pub fn root(&self) -> Wanted {
        Wanted { address: self.address, slot: self.shape.root() }
    }

    /// The bytes of the file below a chunk.
    pub fn range(&self, wanted: &Wanted) -> Range<u64> {
        self.shape.range(wanted.slot)
    }

    /// Checks a fetched chunk, span in front of payload, and answers what is in it.
    ///
    /// # Does not prove
    ///
    /// Anything about chunks that were not fetched: addresses in an intermediate chunk may be those
    /// of nothing.
    ///
    /// # Errors
    /// [`JoinError::Chunk`] for another address, [`JoinError::Span`] and
    /// [`JoinError::PayloadSize`] where the chunk is none of a file of this length.
    pub fn check<'c>(&self, wanted: &Wanted, stored: &'c [u8]) -> Result<Joined<'c>, JoinError> {
        let chunk = self.bmt.open_chunk(&wanted.address, stored)?;
        let slot = self.shape.chunk_of(wanted.slot);
        let (span, children) = (self.shape.span(slot), self.shape.children(slot));
        let is_leaf = slot.level == 0;
        let (expected, size) = match self.level {
            _ if is_leaf => (span, span),
            None => (span, children.saturating_mul(SEGMENT_SIZE_U64)),
            Some(level) => {
                let references = children.saturating_add(level.parities(children));
                (level.mark(span), references.saturating_mul(SEGMENT_SIZE_U64))
            }
        };
        if chunk.span_value() != expected {
            return Err(JoinError::Span { expected, found: chunk.span_value() });
        }
        let wrong = JoinError::PayloadSize { expected: size, found: chunk.payload().len() };
        let end = usize::try_from(size).map_err(|_| wrong)?;
        let (payload, behind) = chunk.payload().split_at_checked(end).ok_or(wrong)?;
        if !(behind.is_empty() || self.is_padded && behind.iter().all(|byte| *byte == 0)) {
            return Err(wrong);
        }
        if is_leaf {
            let start = self.shape.range(slot).start;
            return Ok(Joined::Leaf { start, bytes: payload });
        }
        let data = usize::try_from(children).unwrap_or(usize::MAX).saturating_mul(SEGMENT_SIZE);
        let addresses = payload.get(..data).unwrap_or_default();
        Ok(Joined::References(References { shape: self.shape, slot, addresses }))
    }

    /// Checks a fetched chunk on the way to a byte of the file, and answers the next chunk to
    /// fetch, or the leaf that has the byte.
    ///
    /// # Errors
    /// Those of [`Joiner::check`], and [`JoinError::Offset`] where the chunk does not have the
    /// byte.
    pub fn descend<'c>(
        &self,
        wanted: &Wanted,
        stored: &'c [u8],
        offset: u64,
    ) -> Result<Descent<'c>, JoinError> {
        let range = self.range(wanted);
        if !range.contains(&offset) {
            return Err(JoinError::Offset { offset, len: self.len() });
        }
        let wrong = JoinError::Offset { offset, len: self.len() };
        match self.check(wanted, stored)? {
            Joined::Leaf { start, bytes } => {
                let at = usize::try_from(offset.saturating_sub(start)).map_err(|_| wrong)?;
                bytes.get(at..).map(Descent::Bytes).ok_or(wrong)
            }
            Joined::References(references) => references.at(offset).map(Descent::Next).ok_or(wrong),
        }
    }
}
