//! A file in memory: its leaves, the chunks above them, and its address.

use alloc::vec::Vec;
use core::convert::Infallible;

use super::chunk::concat;
use super::error::{ChunkError, ProveError, SpanError};
use super::hash::ChunkHash;
use super::proof::{Addresses, MakeError};
use super::{Bmt, Chunk, ChunkAddress, FileProof, SegmentIndex, Shape, Slot, span};
use crate::hash::Digest;

/// The addresses of all chunks of a file, level by level.
///
/// 32 bytes for every slot: in the network's geometry 1/128 of the file, and a little more. A
/// proof needs no more than this and the bytes of one leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTree {
    shape: Shape,
    /// The slots of each level, carriers in every level they climb through.
    levels: Vec<Vec<Digest>>,
}

impl FileTree {
    /// The tree above these leaves; `None` unless there are as many as the shape has.
    pub fn new<H: ChunkHash>(
        bmt: &Bmt<H>,
        shape: Shape,
        leaves: Vec<ChunkAddress>,
    ) -> Option<Self> {
        if leaves.len() as u64 != shape.leaves() || bmt.geometry() != shape.geometry() {
            return None;
        }
        let mut levels = Vec::from([leaves]);
        let mut level = 0_u32;
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            level = level.saturating_add(1);
            let above = slots_above(bmt, &shape, level, below);
            levels.push(above);
        }
        Some(Self { shape, levels })
    }

    /// The shape.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The slots of a level: none above the root's.
    pub fn level(&self, level: u32) -> &[ChunkAddress] {
        let at = usize::try_from(level).unwrap_or(usize::MAX);
        self.levels.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// The address of the file: that of its root chunk.
    pub fn address(&self) -> ChunkAddress {
        self.levels.last().and_then(|root| root.first()).copied().unwrap_or_default()
    }

    /// The references that the chunk of a slot holds: none for a leaf.
    pub fn references(&self, slot: Slot) -> &[ChunkAddress] {
        let slot = self.shape.chunk_of(slot);
        let Some(below) = slot.level.checked_sub(1) else { return &[] };
        let count = self.shape.children(slot);
        self.run(below, slot.index.saturating_mul(self.shape.fan_out()), count)
    }

    fn run(&self, level: u32, first: u64, count: u64) -> &[ChunkAddress] {
        let start = usize::try_from(first).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let level = self.level(level);
        let end = start.saturating_add(count).min(level.len());
        level.get(start..end).unwrap_or_default()
    }

    /// Proves a segment; `leaf` is the payload of the leaf chunk that it lies in.
    ///
    /// # Errors
    /// Those of [`Bmt::prove_segment`].
    pub fn prove<H: ChunkHash>(
        &self,
        bmt: &Bmt<H>,
        index: SegmentIndex,
        leaf: &[u8],
    ) -> Result<FileProof, ProveError> {
        bmt.prove_segment(&self.shape, index, leaf, &mut &*self).map_err(|error| match error {
            MakeError::Prove(error) => error,
            MakeError::Source(never) => match never {},
        })
    }
}

impl Addresses for &FileTree {
    type Error = Infallible;

    fn addresses(&mut self, first: Slot, count: u64) -> Result<Vec<Digest>, Infallible> {
        Ok(self.run(first.level, first.index, count).to_vec())
    }
}

/// The slots of a level, from those below.
fn slots_above<H: ChunkHash>(
    bmt: &Bmt<H>,
    shape: &Shape,
    level: u32,
    below: &[Digest],
) -> Vec<Digest> {
    let fan_out = bmt.geometry().fan_out();
    let (groups, rest) = below.split_at(below.len() / fan_out * fan_out);
    let mut above = bmt.piece_roots(&concat(groups), fan_out.saturating_mul(super::SEGMENT_SIZE));
    // A group of one is a carrier, not hashed again.
    let carrier = if let [carrier] = rest { Some(*carrier) } else { None };
    if carrier.is_none() && !rest.is_empty() {
        above.push(bmt.root(&concat(rest)));
    }
    for (index, hash) in (0..).zip(&mut above) {
        *hash = bmt.address(shape.span(Slot { level, index }), hash);
    }
    above.extend(carrier);
    above
}

/// A file in memory.
///
/// ```
/// use countersign_core::bmt::{Bmt, Expected, SegmentIndex};
///
/// let bmt = Bmt::swarm();
/// let bytes = vec![7; 600_000];
/// let file = bmt.file(&bytes)?;
/// assert_eq!((file.shape().leaves(), file.shape().intermediate_chunks()), (147, 3));
///
/// let proof = file.prove(SegmentIndex(18_000))?;
/// let verified = bmt.verify_file_proof(&file.address(), &proof, Expected::default())?;
/// assert_eq!(verified.len, 600_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct File<'b, 'a, H> {
    bmt: &'b Bmt<H>,
    payload: &'a [u8],
    tree: FileTree,
}

impl<H: ChunkHash> Bmt<H> {
    /// Hashes a file that lies in memory.
    ///
    /// # Errors
    /// Those of [`Shape::new`]: in the network's geometry none.
    pub fn file<'a>(&self, payload: &'a [u8]) -> Result<File<'_, 'a, H>, SpanError> {
        let shape = Shape::new(self.geometry(), payload.len() as u64)?;
        let size = self.geometry().span_size();
        let mut leaves = self
            .leaf_addresses(payload)
            .map_err(|_| SpanError::Fit { value: shape.len(), size })?;
        if leaves.is_empty() {
            leaves.push(self.address(0, &self.root(&[])));
        }
        let wrong = SpanError::Fit { value: shape.len(), size };
        let tree = FileTree::new(self, shape, leaves).ok_or(wrong)?;
        Ok(File { bmt: self, payload, tree })
    }
}

impl<'b, 'a, H: ChunkHash> File<'b, 'a, H> {
    pub(super) const fn bmt(&self) -> &'b Bmt<H> {
        self.bmt
    }

    /// The file's bytes.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The addresses of its chunks.
    pub const fn tree(&self) -> &FileTree {
        &self.tree
    }

    /// Its shape.
    pub const fn shape(&self) -> Shape {
        self.tree.shape()
    }

    /// Its address.
    pub fn address(&self) -> ChunkAddress {
        self.tree.address()
    }

    /// The span of the root chunk: the file's length.
    pub fn span(&self) -> Vec<u8> {
        span::raw(self.shape().len(), self.bmt.geometry().span_size())
    }

    /// The leaf chunks, carriers among them.
    ///
    /// # Errors
    /// None that [`Bmt::file`] has not refused.
    pub fn leaf(&self, index: u64) -> Result<Chunk<'b, 'a, H>, ChunkError> {
        self.bmt.chunk(self.leaf_payload(index))
    }

    /// The bytes of a leaf chunk: none for one that is not there.
    pub fn leaf_payload(&self, index: u64) -> &'a [u8] {
        let range = self.shape().range(Slot::leaf(index));
        let narrow = |at| usize::try_from(at).unwrap_or(usize::MAX);
        self.payload.get(narrow(range.start)..narrow(range.end)).unwrap_or_default()
    }

    /// The payload and span of the chunk in a slot: bytes of the file, or references.
    pub fn chunk(&self, slot: Slot) -> (Vec<u8>, u64) {
        let slot = self.shape().chunk_of(slot);
        let payload = if slot.level == 0 {
            self.leaf_payload(slot.index).to_vec()
        } else {
            concat(self.tree.references(slot))
        };
        (payload, self.shape().span(slot))
    }

    /// Proves a segment.
    ///
    /// # Errors
    /// Those of [`Shape::plan`].
    pub fn prove(&self, index: SegmentIndex) -> Result<FileProof, ProveError> {
        let (leaf, _) = self.shape().locate(index)?;
        self.tree.prove(self.bmt, index, self.leaf_payload(leaf))
    }
}
