//! Chunks: a span and a payload, with the address of both.

use alloc::vec;
use alloc::vec::Vec;

use super::error::ChunkError;
use super::hash::ChunkHash;
use super::{Bmt, SEGMENT_SIZE, span};
use crate::hash::{BMT_CHUNK_SIZE, Digest};
use crate::limits::MAX_BMT_SPAN_SIZE;

/// The address of a chunk or of a file: 32 bytes.
pub type ChunkAddress = Digest;

/// A payload under a span.
///
/// ```
/// use countersign_core::bmt::Bmt;
///
/// let bmt = Bmt::swarm();
/// let chunk = bmt.chunk(b"hello world")?;
/// assert_eq!(
///     chunk.address().to_string(),
///     "92672a471f4419b255d7cb0cf313474a6f5856fb347c5ece85fb706d644b630f"
/// );
/// // As it is stored on the network, and read back against its address.
/// let stored = chunk.stored();
/// let again = bmt.open_chunk(&chunk.address(), &stored)?;
/// assert_eq!((again.span_value(), again.payload()), (11, &b"hello world"[..]));
/// # Ok::<(), countersign_core::bmt::ChunkError>(())
/// ```
#[derive(Debug)]
pub struct Chunk<'b, 'a, H> {
    bmt: &'b Bmt<H>,
    span: u64,
    payload: &'a [u8],
}

impl<H> Clone for Chunk<'_, '_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for Chunk<'_, '_, H> {}

impl<H: ChunkHash> Bmt<H> {
    /// A chunk whose span is the length of its payload, as every leaf's is. The payload may be
    /// empty.
    ///
    /// # Errors
    /// [`ChunkError::PayloadSize`] above the payload limit, [`ChunkError::Span`] where the span's
    /// bytes are too few for the length.
    pub fn chunk<'a>(&self, payload: &'a [u8]) -> Result<Chunk<'_, 'a, H>, ChunkError> {
        self.chunk_with_span(payload, payload.len() as u64)
    }

    /// A chunk with any span, marks and all, as intermediate chunks have one.
    ///
    /// # Errors
    /// As [`Bmt::chunk`].
    pub fn chunk_with_span<'a>(
        &self,
        payload: &'a [u8],
        span: u64,
    ) -> Result<Chunk<'_, 'a, H>, ChunkError> {
        let geometry = self.geometry();
        let limit = geometry.payload_limit();
        if payload.len() > limit {
            return Err(ChunkError::PayloadSize { limit, found: payload.len() });
        }
        self.inner_chunk(payload, span)
    }

    /// A chunk of references, whose payload may take the whole capacity.
    pub(super) fn inner_chunk<'a>(
        &self,
        payload: &'a [u8],
        span: u64,
    ) -> Result<Chunk<'_, 'a, H>, ChunkError> {
        let (limit, size) = (self.geometry().capacity(), self.geometry().span_size());
        if payload.len() > limit {
            return Err(ChunkError::PayloadSize { limit, found: payload.len() });
        }
        if !span::fits(span, size) {
            return Err(ChunkError::Span { value: span, size });
        }
        Ok(Chunk { bmt: self, span, payload })
    }

    /// A stored chunk, span in front of payload, checked against its address.
    ///
    /// # Does not prove
    ///
    /// That the span is true, nor whether the payload is data or references: both follow from the
    /// file that the chunk is reached from ([`Joiner`](super::Joiner)).
    ///
    /// # Errors
    /// [`ChunkError::StoredSize`] for fewer bytes than a span or more than a full chunk,
    /// [`ChunkError::Address`] where they have another address.
    pub fn open_chunk<'a>(
        &self,
        address: &ChunkAddress,
        stored: &'a [u8],
    ) -> Result<Chunk<'_, 'a, H>, ChunkError> {
        let size = self.geometry().span_size();
        // References may fill the capacity even where data may not.
        let limit = size.saturating_add(self.geometry().capacity());
        let (least, found) = (size, stored.len());
        let wrong = ChunkError::StoredSize { least, limit, found };
        if found > limit {
            return Err(wrong);
        }
        let (span, payload) = stored.split_at_checked(size).ok_or(wrong)?;
        // A span of more than 64 bits belongs to no chunk that could be made here.
        let span = super::decode_span(span).map_err(|_| ChunkError::WideSpan)?;
        let chunk = self.inner_chunk(payload, span)?;
        let found = chunk.address();
        if found != *address {
            return Err(ChunkError::Address { expected: *address, found });
        }
        Ok(chunk)
    }

    /// The addresses of leaf chunks: `bytes` is cut into pieces of the payload limit, and only the
    /// last may be shorter.
    ///
    /// A file can be cut at multiples of the payload limit and its runs hashed side by side, on
    /// many threads; a [`Splitter`](super::Splitter) takes the addresses in order. No bytes have
    /// no address here, although an empty file is one empty leaf.
    ///
    /// # Errors
    /// [`ChunkError::Span`] where the span's bytes are too few for a full piece.
    pub fn leaf_addresses(&self, bytes: &[u8]) -> Result<Vec<ChunkAddress>, ChunkError> {
        let piece = self.geometry().payload_limit();
        let size = self.geometry().span_size();
        let mut hashes = self.piece_roots(bytes, piece);
        let whole = bytes.len().checked_div(piece).unwrap_or_default();
        let side_by_side = size == size_of::<u64>()
            && hashes
                .get_mut(..whole)
                .is_some_and(|roots| self.hash().chunk_addresses(piece as u64, roots));
        let done = if side_by_side { whole } else { 0 };
        for (hash, payload) in hashes.iter_mut().zip(bytes.chunks(piece.max(1))).skip(done) {
            let value = payload.len() as u64;
            if !span::fits(value, size) {
                return Err(ChunkError::Span { value, size });
            }
            *hash = self.address(value, hash);
        }
        Ok(hashes)
    }

    /// The address of a chunk with this span and root.
    pub(super) fn address(&self, span: u64, root: &Digest) -> ChunkAddress {
        const ZEROS: [u8; MAX_BMT_SPAN_SIZE] = [0; MAX_BMT_SPAN_SIZE];
        let value = span.to_le_bytes();
        let size = self.geometry().span_size();
        let (value, zeros) = match size.checked_sub(value.len()) {
            Some(more) => (value.as_slice(), ZEROS.get(..more).unwrap_or_default()),
            None => (value.get(..size).unwrap_or_default(), &[][..]),
        };
        if zeros.is_empty() {
            self.hash().hash(&[value, root.as_ref()])
        } else {
            self.hash().hash(&[value, zeros, root.as_ref()])
        }
    }

    /// The BMT root of each piece of some bytes; only the last piece may be shorter.
    pub(super) fn piece_roots(&self, bytes: &[u8], piece: usize) -> Vec<Digest> {
        let piece = piece.max(1);
        let mut roots = Vec::with_capacity(bytes.len().div_ceil(piece));
        let mut rest = bytes;
        if piece == BMT_CHUNK_SIZE && self.geometry().capacity() == BMT_CHUNK_SIZE {
            let whole = bytes.len() / BMT_CHUNK_SIZE;
            roots.resize(whole, Digest::default());
            if self.hash().chunk_roots(bytes, &mut roots) {
                rest = bytes.get(whole.saturating_mul(BMT_CHUNK_SIZE)..).unwrap_or_default();
            } else {
                roots.clear();
            }
        }
        roots.extend(rest.chunks(piece).map(|payload| self.root(payload)));
        roots
    }

    /// The BMT root of a payload that fits the capacity.
    pub(super) fn root(&self, payload: &[u8]) -> Digest {
        let depth = self.geometry().depth();
        let mut nodes = self.first_nodes(payload);
        for height in 1..depth {
            self.pair_up(&mut nodes, height);
        }
        nodes.first().copied().unwrap_or_else(|| self.zero(depth))
    }

    /// The nodes one above the segments, as far as there is payload below.
    fn first_nodes(&self, payload: &[u8]) -> Vec<Digest> {
        let (pairs, rest) = payload.as_chunks::<{ 2 * SEGMENT_SIZE }>();
        let mut nodes = Vec::with_capacity(pairs.len().saturating_add(1));
        nodes.resize(pairs.len(), Digest::default());
        self.hash().hash_pairs(pairs, &mut nodes);
        if !rest.is_empty() {
            let mut pair = [0; 2 * SEGMENT_SIZE];
            pair.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            nodes.push(self.hash().hash_pair(&pair));
        }
        nodes
    }

    /// Replaces the live nodes of a height by those one above.
    fn pair_up(&self, nodes: &mut Vec<Digest>, height: u32) {
        if nodes.len() % 2 == 1 {
            nodes.push(self.zero(height));
        }
        let level = concat(nodes);
        let (pairs, _) = level.as_chunks();
        nodes.truncate(pairs.len());
        self.hash().hash_pairs(pairs, nodes);
    }

    /// All nodes of a chunk tree that have payload below them.
    pub(super) fn nodes(&self, payload: &[u8]) -> Nodes {
        let segments = payload.chunks(SEGMENT_SIZE).map(segment).collect();
        let mut heights = Vec::from([segments]);
        let mut nodes = self.first_nodes(payload);
        for height in 1..self.geometry().depth() {
            heights.push(nodes.clone());
            self.pair_up(&mut nodes, height);
        }
        heights.push(nodes);
        Nodes { heights }
    }
}

/// Up to 32 bytes, with zeros behind.
pub(super) fn segment(bytes: &[u8]) -> Digest {
    let mut segment = [0; SEGMENT_SIZE];
    segment.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Digest::from_bytes(segment)
}

/// The nodes of a chunk tree that have payload below them, from the segments up to the root.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    heights: Vec<Vec<Digest>>,
}

impl Nodes {
    /// The node of this height and index; an empty subtree's where there is no payload below.
    pub(super) fn node<H: ChunkHash>(&self, bmt: &Bmt<H>, height: u32, index: u64) -> Digest {
        let at = |n: usize| usize::try_from(index).ok().and_then(|i| self.heights.get(n)?.get(i));
        let height_index = usize::try_from(height).unwrap_or(usize::MAX);
        at(height_index).copied().unwrap_or_else(|| bmt.zero(height))
    }

    /// The sisters on the way from a segment to the root, lowest first.
    pub(super) fn sisters<H: ChunkHash>(&self, bmt: &Bmt<H>, position: u64) -> Vec<Digest> {
        (0..bmt.geometry().depth())
            .map(|height| self.node(bmt, height, (position >> height) ^ 1))
            .collect()
    }
}

impl<'a, H: ChunkHash> Chunk<'_, 'a, H> {
    /// The payload, without padding.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The payload, zero-padded to the payload limit.
    pub fn data(&self) -> Vec<u8> {
        let mut data = self.payload.to_vec();
        data.resize(data.len().max(self.bmt.geometry().payload_limit()), 0);
        data
    }

    /// The span as a number: for a leaf the length of the payload.
    pub const fn span_value(&self) -> u64 {
        self.span
    }

    /// The span's bytes.
    pub fn span(&self) -> Vec<u8> {
        span::raw(self.span, self.bmt.geometry().span_size())
    }

    /// The chunk as it is stored and sent: span in front of payload.
    pub fn stored(&self) -> Vec<u8> {
        let mut stored = self.span();
        stored.extend_from_slice(self.payload);
        stored
    }

    /// The root of the chunk tree. Payloads that differ only in zeros at their end share it; the
    /// span tells them apart.
    pub fn root(&self) -> Digest {
        let root = self.bmt.piece_roots(self.payload, self.bmt.geometry().capacity());
        root.first().copied().unwrap_or_else(|| self.bmt.zero(self.bmt.geometry().depth()))
    }

    /// The hash of span and root.
    pub fn address(&self) -> ChunkAddress {
        self.bmt.address(self.span, &self.root())
    }

    /// Every level of the chunk tree, from the padded segments to the 32 bytes of the root.
    ///
    /// Allocates twice the capacity.
    pub fn levels(&self) -> Vec<Vec<u8>> {
        let depth = self.bmt.geometry().depth();
        let nodes = self.bmt.nodes(self.payload);
        let level = |height: u32| {
            let count = 1_u64 << depth.saturating_sub(height);
            let mut level = Vec::new();
            for index in 0..count {
                level.extend_from_slice(nodes.node(self.bmt, height, index).as_ref());
            }
            level
        };
        (0..=depth).map(level).collect()
    }

    /// The sisters that lead from a segment to the root, lowest first.
    ///
    /// Any segment of the padded data has them.
    ///
    /// # Errors
    /// [`ChunkError::Index`] for a segment that begins at or above the payload limit.
    pub fn prove(&self, index: u64) -> Result<Vec<Digest>, ChunkError> {
        let segments = self.bmt.geometry().payload_limit().div_ceil(SEGMENT_SIZE) as u64;
        if index >= segments {
            return Err(ChunkError::Index { index, segments });
        }
        Ok(self.bmt.nodes(self.payload).sisters(self.bmt, index))
    }

    /// The segment at this index of the padded data; `None` from the payload limit up.
    pub fn segment(&self, index: u64) -> Option<Digest> {
        let segments = self.bmt.geometry().payload_limit().div_ceil(SEGMENT_SIZE);
        let index = usize::try_from(index).ok().filter(|index| *index < segments)?;
        Some(self.payload.chunks(SEGMENT_SIZE).nth(index).map(segment).unwrap_or_default())
    }
}

/// The bytes of some addresses, one behind the other.
pub(super) fn concat(addresses: &[Digest]) -> Vec<u8> {
    let mut bytes = vec![0; addresses.len().saturating_mul(SEGMENT_SIZE)];
    let (places, _) = bytes.as_chunks_mut::<SEGMENT_SIZE>();
    places.iter_mut().zip(addresses).for_each(|(to, from)| *to = *from.as_bytes());
    bytes
}
