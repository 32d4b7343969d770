//! The address of an upload with redundancy.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::Level;
use super::field::{add_scaled, parity_rows};
use crate::bmt::chunk::concat;
use crate::bmt::{
    Bmt, ChunkAddress, ChunkSink, Finished, Geometry, NewChunk, Plain, Slot, StreamError, span,
};
use crate::hash::Digest;

/// Bytes of a shard: a span and a full payload.
const SHARD_SIZE: usize = 8 + 4_096;

/// Longest file: the mark takes the last byte of a span.
const MAX_LEN: u64 = (1 << 56) - 1;

/// The address that the network gives to some bytes at a redundancy level.
///
/// ```
/// use countersign_core::bmt::Bmt;
/// use countersign_core::bmt::redundancy::{Level, redundant_address};
///
/// // A single chunk has no parities; two chunks do, and another address than the plain one.
/// let bmt = Bmt::swarm();
/// assert_eq!(redundant_address(Level::Medium, b"abc"), bmt.file(b"abc")?.address());
/// assert_ne!(redundant_address(Level::Medium, &[1; 5_000]), bmt.file(&[1; 5_000])?.address());
/// # Ok::<(), countersign_core::bmt::SpanError>(())
/// ```
pub fn redundant_address(level: Level, bytes: &[u8]) -> ChunkAddress {
    let mut hasher = RedundantHasher::new(level, ());
    // Bytes in memory are shorter than spans can say, and nobody refuses a chunk.
    let written = hasher.write(bytes);
    match written.and_then(|()| hasher.finish()) {
        Ok(file) => file.address,
        Err(StreamError::Sink(never)) => match never {},
        Err(_) => Digest::default(),
    }
}

/// A chunk that waits for the others of its group.
#[derive(Clone, Debug)]
struct Waiting {
    address: Digest,
    /// Span and payload, zero-padded.
    shard: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    chunks: Vec<Waiting>,
    /// The sum of their data, in bytes.
    span: u64,
    closed: u64,
}

/// Hashes a file as an upload with redundancy, in constant memory: a group of stored chunks for
/// each level.
///
/// The network's geometry and plain Keccak-256 alone. Parity chunks go to the sink in front of the
/// intermediate chunk that refers to them, in its slot, with the span their bytes begin with.
#[derive(Clone, Debug)]
pub struct RedundantHasher<S = ()> {
    bmt: Bmt<Plain>,
    level: Level,
    sink: S,
    leaf: Vec<u8>,
    groups: Vec<Group>,
    leaves: u64,
    len: u64,
    chunks: u64,
    /// The parity rows of groups met so far: the full one, and a few at the end.
    rows: BTreeMap<usize, Vec<Vec<u8>>>,
}

impl<S: ChunkSink> RedundantHasher<S> {
    /// With no byte yet.
    pub fn new(level: Level, sink: S) -> Self {
        Self {
            bmt: Bmt::swarm(),
            level,
            sink,
            leaf: Vec::new(),
            groups: Vec::new(),
            leaves: 0,
            len: 0,
            chunks: 0,
            rows: BTreeMap::new(),
        }
    }

    /// The next bytes of the file.
    ///
    /// # Errors
    /// [`StreamError::TooLong`], and what the sink says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StreamError<S::Error>> {
        let limit = Geometry::SWARM.payload_limit();
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = limit.saturating_sub(self.leaf.len());
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.leaf.extend_from_slice(now);
            rest = later;
            if self.leaf.len() == limit {
                self.close_leaf()?;
            }
        }
        Ok(())
    }

    /// The file's address, once the last byte has come. `chunks` of the answer counts parities.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(mut self) -> Result<Finished<S>, StreamError<S::Error>> {
        if !self.leaf.is_empty() || self.leaves == 0 {
            self.close_leaf()?;
        }
        let mut level = 0_usize;
        while let Some(group) = self.groups.get_mut(level) {
            let above = level.saturating_add(1);
            match group.chunks.len() {
                0 => {}
                1 => {
                    let span = core::mem::take(&mut group.span);
                    let Some(carrier) = group.chunks.pop() else { break };
                    if self.groups.len() == above {
                        let (address, len, chunks) = (carrier.address, self.len, self.chunks);
                        return Ok(Finished { address, len, chunks, sink: self.sink });
                    }
                    self.add(above, carrier, span)?;
                }
                _ => self.close(level)?,
            }
            level = above;
        }
        Err(StreamError::Leaf { index: self.leaves })
    }

    fn close_leaf(&mut self) -> Result<(), StreamError<S::Error>> {
        let payload = core::mem::take(&mut self.leaf);
        let span = payload.len() as u64;
        self.len = self.len.saturating_add(span);
        if self.len > MAX_LEN {
            return Err(StreamError::TooLong { len: self.len });
        }
        let slot = Slot::leaf(self.leaves);
        self.leaves = self.leaves.saturating_add(1);
        let chunk = self.make(slot, span, &payload)?;
        self.add(0, chunk, span)
    }

    /// Hashes a chunk and hands it to the sink.
    fn make(
        &mut self,
        slot: Slot,
        span: u64,
        payload: &[u8],
    ) -> Result<Waiting, StreamError<S::Error>> {
        let roots = self.bmt.piece_roots(payload, Geometry::SWARM.capacity());
        let root = roots.first().copied().unwrap_or_else(|| self.bmt.zero(7));
        let address = self.bmt.address(span, &root);
        self.chunks = self.chunks.saturating_add(1);
        self.sink.take(&NewChunk { slot, address, span, payload }).map_err(StreamError::Sink)?;
        let mut shard = span::raw(span, 8);
        shard.extend_from_slice(payload);
        shard.resize(SHARD_SIZE, 0);
        Ok(Waiting { address, shard })
    }

    fn add(
        &mut self,
        level: usize,
        chunk: Waiting,
        span: u64,
    ) -> Result<(), StreamError<S::Error>> {
        if self.groups.len() <= level {
            self.groups.resize_with(level.saturating_add(1), Group::default);
        }
        let Some(group) = self.groups.get_mut(level) else { return Ok(()) };
        group.chunks.push(chunk);
        group.span = group.span.saturating_add(span);
        if group.chunks.len() == self.level.data_references() {
            self.close(level)?;
        }
        Ok(())
    }

    /// Makes the parities of a group, and the chunk above both.
    fn close(&mut self, level: usize) -> Result<(), StreamError<S::Error>> {
        let Some(group) = self.groups.get_mut(level) else { return Ok(()) };
        let chunks = core::mem::take(&mut group.chunks);
        let (data, index) = (core::mem::take(&mut group.span), group.closed);
        group.closed = group.closed.saturating_add(1);
        let above = level.saturating_add(1);
        let slot = Slot { level: u32::try_from(above).unwrap_or(u32::MAX), index };
        let mut addresses: Vec<Digest> = chunks.iter().map(|chunk| chunk.address).collect();
        for shard in self.parities(&chunks) {
            let (span, payload) = shard.split_first_chunk().unwrap_or((&[0; 8], &[]));
            let parity = self.make(slot, u64::from_le_bytes(*span), payload)?;
            addresses.push(parity.address);
        }
        let chunk = self.make(slot, self.level.mark(data), &concat(&addresses))?;
        self.add(above, chunk, data)
    }

    /// The parity shards of a group.
    fn parities(&mut self, chunks: &[Waiting]) -> Vec<Vec<u8>> {
        let count = usize::try_from(self.level.parities(chunks.len() as u64)).unwrap_or(0);
        let rows =
            self.rows.entry(chunks.len()).or_insert_with(|| parity_rows(chunks.len(), count));
        let parity = |row: &Vec<u8>| {
            let mut shard = vec![0; SHARD_SIZE];
            for (factor, chunk) in row.iter().zip(chunks) {
                add_scaled(&mut shard, &chunk.shard, *factor);
            }
            shard
        };
        rows.iter().map(parity).collect()
    }
}
