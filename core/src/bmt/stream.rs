//! Hashing a file as it comes, in constant memory.

use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use super::chunk::concat;
use super::hash::ChunkHash;
use super::{Bmt, ChunkAddress, Slot};
use crate::hash::Digest;
use crate::limits::MAX_BMT_FILE_SIZE;

/// Leaves that are hashed side by side.
const RUN: usize = 32;

/// Leaves taken from the caller's bytes without a copy come in multiples of this: vectors are at
/// most so wide.
const LANES: usize = 8;

/// A chunk that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewChunk<'a> {
    /// Its slot: the lowest that it stands in. A carrier comes once, as the leaf or intermediate
    /// chunk that it is.
    pub slot: Slot,
    /// Its address.
    pub address: ChunkAddress,
    /// Its span.
    pub span: u64,
    /// Its payload: bytes of the file, or references.
    pub payload: &'a [u8],
}

/// Takes the chunks of a file as they are made: every leaf in order, every intermediate chunk
/// behind the last of its children, the root last.
pub trait ChunkSink {
    /// Why a chunk was not taken.
    type Error;

    /// Takes a chunk.
    fn take(&mut self, chunk: &NewChunk<'_>) -> Result<(), Self::Error>;
}

/// Takes nothing: for the address alone.
impl ChunkSink for () {
    type Error = Infallible;

    fn take(&mut self, _: &NewChunk<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A closure as a sink.
#[derive(Clone, Copy, Debug)]
pub struct Each<F>(pub F);

impl<E, F: FnMut(&NewChunk<'_>) -> Result<(), E>> ChunkSink for Each<F> {
    type Error = E;

    fn take(&mut self, chunk: &NewChunk<'_>) -> Result<(), E> {
        self.0(chunk)
    }
}

/// Why a stream of chunks ended early. Nothing more can be hashed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// A leaf came behind one that is not full, or is longer than a leaf, or empty behind others.
    Leaf {
        /// The leaf, from 0.
        index: u64,
    },
    /// The file is longer than spans can say.
    TooLong {
        /// The length that spans cannot say, in bytes.
        len: u64,
    },
    /// The sink took no more.
    Sink(E),
}

impl<E> StreamError<E> {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Leaf { .. } => "leaf-out-of-order",
            Self::TooLong { .. } => "file-too-long",
            Self::Sink(_) => "chunk-not-taken",
        }
    }
}

impl<E: fmt::Display> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf { index } => {
                write!(f, "leaf {index} cannot follow: only the last leaf may be short")
            }
            Self::TooLong { len } => write!(f, "a file of {len} bytes is too long for its spans"),
            Self::Sink(error) => write!(f, "the chunk was not taken: {error}"),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> core::error::Error for StreamError<E> {}

/// What came out of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished<S = ()> {
    /// The address of the file.
    pub address: ChunkAddress,
    /// Its length, in bytes.
    pub len: u64,
    /// Distinct chunks by position: leaves and intermediate chunks.
    pub chunks: u64,
    /// The sink.
    pub sink: S,
}

/// The open group of one level.
#[derive(Clone, Debug, Default)]
struct Group {
    /// The slots of this level that wait for a chunk above them.
    addresses: Vec<Digest>,
    /// The sum of their spans.
    span: u64,
    /// Groups of this level that are closed.
    closed: u64,
}

/// Builds a file's tree from the addresses of its leaves, in order, with at most one open group
/// of references for each level.
///
/// Whoever hashes leaves on many threads ([`Bmt::leaf_addresses`]) joins them here; whoever has
/// the bytes in order writes them to a [`Hasher`].
///
/// ```
/// use countersign_core::bmt::{Bmt, Splitter};
///
/// let bmt = Bmt::swarm();
/// let bytes = vec![1; 1_000_000];
/// let mut splitter = Splitter::new(&bmt, ());
/// for run in bytes.chunks(64 * 4_096) {
///     // Any thread can do this for any run.
///     let leaves = bmt.leaf_addresses(run)?;
///     splitter.push_run(&leaves, run.len() as u64)?;
/// }
/// assert_eq!(splitter.finish()?.address, bmt.file(&bytes)?.address());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Splitter<'b, H, S = ()> {
    bmt: &'b Bmt<H>,
    sink: S,
    levels: Vec<Group>,
    leaves: u64,
    len: u64,
    chunks: u64,
    /// Whether the last leaf was not full, so that none can follow.
    is_ended: bool,
}

impl<'b, H: ChunkHash, S: ChunkSink> Splitter<'b, H, S> {
    /// With no leaf yet.
    pub const fn new(bmt: &'b Bmt<H>, sink: S) -> Self {
        Self { bmt, sink, levels: Vec::new(), leaves: 0, len: 0, chunks: 0, is_ended: false }
    }

    /// Bytes of the leaves so far.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether no byte has come yet.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The next leaf: its address, and its length in bytes. Only the last may be shorter than the
    /// payload limit. Leaves do not go to the sink, the chunks above them do.
    ///
    /// # Errors
    /// [`StreamError::Leaf`], [`StreamError::TooLong`], and what the sink says.
    pub fn push(&mut self, address: ChunkAddress, len: u64) -> Result<(), StreamError<S::Error>> {
        let limit = self.bmt.geometry().payload_limit() as u64;
        if self.is_ended || len > limit || (len == 0 && self.leaves > 0) {
            return Err(StreamError::Leaf { index: self.leaves });
        }
        let total = self.len.saturating_add(len);
        if total > MAX_BMT_FILE_SIZE || !self.bmt.geometry().holds_span(total) {
            return Err(StreamError::TooLong { len: total });
        }
        self.is_ended = len < limit;
        self.len = total;
        self.leaves = self.leaves.saturating_add(1);
        self.chunks = self.chunks.saturating_add(1);
        self.add(0, address, len)
    }

    /// The next leaves, as [`Bmt::leaf_addresses`] makes them of a run of `len` bytes.
    ///
    /// # Errors
    /// As [`Splitter::push`]; also where there are not as many addresses as the run has leaves.
    pub fn push_run(
        &mut self,
        addresses: &[ChunkAddress],
        len: u64,
    ) -> Result<(), StreamError<S::Error>> {
        let limit = self.bmt.geometry().payload_limit() as u64;
        if addresses.len() as u64 != len.div_ceil(limit.max(1)) {
            return Err(StreamError::Leaf { index: self.leaves });
        }
        let mut rest = len;
        for address in addresses {
            let leaf = rest.min(limit);
            self.push(*address, leaf)?;
            rest = rest.saturating_sub(leaf);
        }
        Ok(())
    }

    /// The file's address, once the last leaf has come. Without any, it is that of the empty file.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(mut self) -> Result<Finished<S>, StreamError<S::Error>> {
        if self.leaves == 0 {
            let address = self.bmt.address(0, &self.bmt.root(&[]));
            self.sink
                .take(&NewChunk { slot: Slot::leaf(0), address, span: 0, payload: &[] })
                .map_err(StreamError::Sink)?;
            self.push(address, 0)?;
        }
        let mut level = 0_usize;
        let mut count = self.levels.len();
        while let Some(group) = self.levels.get_mut(level) {
            match (group.addresses.as_slice(), level.saturating_add(1)) {
                ([], above) => level = above,
                // Alone on its level and with nothing above: the root.
                ([root], above) if count == above => {
                    let (address, len, chunks) = (*root, self.len, self.chunks);
                    return Ok(Finished { address, len, chunks, sink: self.sink });
                }
                // A carrier: no chunk is made of a group of one.
                ([carrier], above) => {
                    let (carrier, span) = (*carrier, group.span);
                    group.addresses.clear();
                    self.add(above, carrier, span)?;
                    (level, count) = (above, self.levels.len());
                }
                (_, above) => {
                    self.close(level)?;
                    (level, count) = (above, self.levels.len());
                }
            }
        }
        // Every file has a leaf, and the highest group of a level is never empty.
        Err(StreamError::Leaf { index: self.leaves })
    }

    /// Puts a slot into the open group of its level, and closes the group when it is full.
    fn add(
        &mut self,
        level: usize,
        address: Digest,
        span: u64,
    ) -> Result<(), StreamError<S::Error>> {
        if self.levels.len() <= level {
            self.levels.resize_with(level.saturating_add(1), Group::default);
        }
        let Some(group) = self.levels.get_mut(level) else { return Ok(()) };
        group.addresses.push(address);
        group.span = group.span.saturating_add(span);
        if group.addresses.len() == self.bmt.geometry().fan_out() {
            self.close(level)?;
        }
        Ok(())
    }

    /// Makes a chunk of a group, for the level above.
    fn close(&mut self, level: usize) -> Result<(), StreamError<S::Error>> {
        let Some(group) = self.levels.get_mut(level) else { return Ok(()) };
        let payload = concat(&group.addresses);
        let (span, index) = (group.span, group.closed);
        group.addresses.clear();
        group.span = 0;
        group.closed = group.closed.saturating_add(1);
        let above = level.saturating_add(1);
        let piece = self.bmt.geometry().capacity();
        let roots = self.bmt.piece_roots(&payload, piece);
        let address = self.bmt.address(span, &roots.first().copied().unwrap_or_default());
        self.chunks = self.chunks.saturating_add(1);
        let slot = Slot { level: u32::try_from(above).unwrap_or(u32::MAX), index };
        self.sink
            .take(&NewChunk { slot, address, span, payload: &payload })
            .map_err(StreamError::Sink)?;
        self.add(above, address, span)
    }
}

/// Hashes a file as it comes, in writes of any sizes; every chunk goes to the sink.
///
/// Keeps at most 32 leaves and a group of references for each level: some 130 KiB and 4 KiB a
/// level in the network's geometry, whatever the file's length. Large writes are hashed where they
/// lie; the address does not depend on how the bytes are cut.
///
/// ```
/// use countersign_core::bmt::{Bmt, Hasher};
///
/// let bmt = Bmt::swarm();
/// let mut hasher = Hasher::new(&bmt, ());
/// hasher.write(b"hello ")?;
/// hasher.write(b"world")?;
/// let file = hasher.finish()?;
/// assert_eq!((file.address, file.len), (bmt.chunk(b"hello world")?.address(), 11));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hasher<'b, H, S = ()> {
    splitter: Splitter<'b, H, S>,
    /// Bytes that make no whole run yet.
    waiting: Vec<u8>,
}

impl<'b, H: ChunkHash, S: ChunkSink> Hasher<'b, H, S> {
    /// With no byte yet.
    pub const fn new(bmt: &'b Bmt<H>, sink: S) -> Self {
        Self { splitter: Splitter::new(bmt, sink), waiting: vec![] }
    }

    /// The next bytes of the file.
    ///
    /// # Errors
    /// [`StreamError::TooLong`], and what the sink says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StreamError<S::Error>> {
        let piece = self.splitter.bmt.geometry().payload_limit();
        let run = piece.saturating_mul(RUN);
        let mut rest = bytes;
        if !self.waiting.is_empty() {
            let room = run.saturating_sub(self.waiting.len());
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.waiting.extend_from_slice(now);
            if self.waiting.len() < run {
                return Ok(());
            }
            let waiting = core::mem::take(&mut self.waiting);
            self.hash(&waiting)?;
            self.waiting = waiting;
            self.waiting.clear();
            rest = later;
        }
        let lanes = piece.saturating_mul(LANES).max(1);
        let (now, later) = rest.split_at(rest.len() / lanes * lanes);
        for run in now.chunks(run.max(1)) {
            self.hash(run)?;
        }
        self.waiting.extend_from_slice(later);
        Ok(())
    }

    /// The next `count` bytes of the file, all zero: a hole in a sparse file.
    ///
    /// Whole leaves of a hole share one address, which is not hashed again.
    ///
    /// # Errors
    /// As [`Hasher::write`].
    pub fn write_zeros(&mut self, count: u64) -> Result<(), StreamError<S::Error>> {
        let bmt = self.splitter.bmt;
        let limit = bmt.geometry().payload_limit();
        let (zeros, piece) = (vec![0; limit], limit as u64);
        let open = self.waiting.len() as u64 % piece.max(1);
        // Up to the border of a leaf, whole leaves, and what is left.
        let lead = if open == 0 { 0 } else { piece.saturating_sub(open).min(count) };
        let rest = count.saturating_sub(lead);
        let some = |count: u64| {
            let count = usize::try_from(count).unwrap_or(limit);
            zeros.get(..count).unwrap_or_default()
        };
        self.write(some(lead))?;
        let leaves = rest / piece.max(1);
        if leaves > 0 {
            let waiting = core::mem::take(&mut self.waiting);
            self.hash(&waiting)?;
            let address = bmt.address(piece, &bmt.zero(bmt.geometry().depth()));
            for _ in 0..leaves {
                let slot = Slot::leaf(self.splitter.leaves);
                let chunk = NewChunk { slot, address, span: piece, payload: &zeros };
                self.splitter.sink.take(&chunk).map_err(StreamError::Sink)?;
                self.splitter.push(address, piece)?;
            }
        }
        self.write(some(rest % piece.max(1)))
    }

    /// The file's address, once the last byte has come.
    ///
    /// # Errors
    /// [`StreamError::TooLong`], and what the sink says.
    pub fn finish(mut self) -> Result<Finished<S>, StreamError<S::Error>> {
        let waiting = core::mem::take(&mut self.waiting);
        self.hash(&waiting)?;
        self.splitter.finish()
    }

    /// Hashes a run of leaves.
    fn hash(&mut self, run: &[u8]) -> Result<(), StreamError<S::Error>> {
        let bmt = self.splitter.bmt;
        let addresses = bmt
            .leaf_addresses(run)
            .map_err(|_| StreamError::TooLong { len: bmt.geometry().payload_limit() as u64 })?;
        let piece = bmt.geometry().payload_limit().max(1);
        for (address, payload) in addresses.into_iter().zip(run.chunks(piece)) {
            let span = payload.len() as u64;
            let slot = Slot::leaf(self.splitter.leaves);
            self.splitter
                .sink
                .take(&NewChunk { slot, address, span, payload })
                .map_err(StreamError::Sink)?;
            self.splitter.push(address, span)?;
        }
        Ok(())
    }
}
