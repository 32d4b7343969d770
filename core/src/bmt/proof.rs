//! The proof that a segment stands in a file, and how it is made.

use alloc::vec::Vec;
use core::fmt;

use super::chunk::{concat, segment};
use super::error::ProveError;
use super::hash::ChunkHash;
use super::{Bmt, PlannedStep, Shape, Slot, span};
use crate::hash::Digest;

/// The number of a segment in a file, from 0: bytes `32 * index` and up.
///
/// In this room a segment is Swarm's: 32 bytes. Elsewhere it is a file of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentIndex(pub u64);

impl fmt::Display for SegmentIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One chunk of a proof: its span, and the sisters from the segment to the chunk's root.
///
/// What comes from elsewhere has sisters of any length, until it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<S = Digest> {
    /// The span's bytes.
    pub span: Vec<u8>,
    /// The sisters, lowest first.
    pub sisters: Vec<S>,
}

/// A segment of a file, and the chunks from its leaf to the root.
///
/// Source: `spec/bmt.md` section 6.1. Verified by
/// [`Bmt::verify_file_proof`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProof<S = Digest> {
    /// The number of the segment in the file.
    pub index: SegmentIndex,
    /// The segment: bytes of the file, with zeros behind its end.
    pub segment: S,
    /// A step for every distinct chunk, leaf first, root last.
    pub steps: Vec<Step<S>>,
}

/// Where a proof finds the addresses of chunks: a tree in memory, or a stored index.
pub trait Addresses {
    /// Why they could not be found.
    type Error;

    /// The addresses of the `count` slots from `first` on, all on one level.
    fn addresses(&mut self, first: Slot, count: u64) -> Result<Vec<Digest>, Self::Error>;
}

/// Why a proof was not made: it cannot be, or the addresses were not to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MakeError<E> {
    /// There is no such proof.
    Prove(ProveError),
    /// The source of addresses failed.
    Source(E),
}

impl<E> From<ProveError> for MakeError<E> {
    fn from(error: ProveError) -> Self {
        Self::Prove(error)
    }
}

impl<E: fmt::Display> fmt::Display for MakeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prove(error) => error.fmt(f),
            Self::Source(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> core::error::Error for MakeError<E> {}

impl<H: ChunkHash> Bmt<H> {
    /// Proves a segment out of its leaf's payload and the addresses of the chunks above.
    ///
    /// Reads one run of at most a fan-out of addresses for each intermediate chunk on the way, and
    /// hashes those chunks and the leaf: 127 hashes each in the network's geometry.
    ///
    /// # Errors
    /// Those of [`Shape::plan`], [`ProveError::LeafSize`] where `leaf` is not as long as
    /// [`Shape::range`] of the leaf says, and the source's own.
    pub fn prove_segment<A: Addresses>(
        &self,
        shape: &Shape,
        index: SegmentIndex,
        leaf: &[u8],
        source: &mut A,
    ) -> Result<FileProof, MakeError<A::Error>> {
        let (_, position) = shape.locate(index)?;
        let mut steps = Vec::new();
        for step in shape.plan(index)? {
            if step.slot.level == 0 {
                if leaf.len() as u64 != step.span {
                    let error = ProveError::LeafSize { expected: step.span, found: leaf.len() };
                    return Err(error.into());
                }
                steps.push(self.step(&step, leaf));
            } else {
                let children = children_of(&step, shape, source)?;
                steps.push(self.step(&step, &concat(&children)));
            }
        }
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        let segment = leaf.chunks(super::SEGMENT_SIZE).nth(at).map(segment).unwrap_or_default();
        Ok(FileProof { index, segment, steps })
    }

    fn step(&self, step: &PlannedStep, payload: &[u8]) -> Step {
        Step {
            span: span::raw(step.span, self.geometry().span_size()),
            sisters: self.nodes(payload).sisters(self, step.position),
        }
    }
}

/// The addresses that an intermediate chunk on the way holds.
fn children_of<A: Addresses>(
    step: &PlannedStep,
    shape: &Shape,
    source: &mut A,
) -> Result<Vec<Digest>, MakeError<A::Error>> {
    let level = step.slot.level.saturating_sub(1);
    let first = Slot { level, index: step.slot.index.saturating_mul(shape.fan_out()) };
    let found = source.addresses(first, step.used).map_err(MakeError::Source)?;
    if found.len() as u64 != step.used {
        let index = first.index.saturating_add(found.len() as u64);
        return Err(ProveError::AddressMissing { level, index }.into());
    }
    Ok(found)
}
