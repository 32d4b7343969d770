//! Which chunks lie between a segment and the root, from the length alone.

use alloc::vec::Vec;
use core::ops::Range;

use super::error::ProveError;
use super::{SEGMENT_SIZE_U64, SegmentIndex, Shape, Slot};

/// A chunk on the way from a segment to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// The chunk's slot: the lowest that it stands in.
    pub slot: Slot,
    /// The segment of the chunk that the way comes through.
    pub position: u64,
    /// Segments of the chunk that are not padding.
    pub used: u64,
    /// The chunk's span.
    pub span: u64,
}

impl Shape {
    /// The leaf that a segment lies in, and its position there.
    pub(super) fn locate(&self, index: SegmentIndex) -> Result<(u64, u64), ProveError> {
        if self.is_empty() {
            return Err(ProveError::EmptyFile);
        }
        let segments = self.segments();
        if index.0 >= segments {
            return Err(ProveError::Index { index, segments });
        }
        let found = self.geometry().payload_limit();
        let per_leaf = self.geometry().segments_per_leaf().filter(|segments| *segments > 0);
        let per_leaf = per_leaf.ok_or(ProveError::PayloadLimit { found })?;
        Ok((index.0 / per_leaf, index.0 % per_leaf))
    }

    /// The bytes of the leaf that a segment lies in: what a proof of it is made from.
    ///
    /// # Errors
    /// Those of [`Shape::plan`].
    pub fn leaf_range(&self, index: SegmentIndex) -> Result<Range<u64>, ProveError> {
        self.locate(index).map(|(leaf, _)| self.range(Slot::leaf(leaf)))
    }

    /// The steps of a proof, leaf chunk first, root chunk last: at most 65. Nothing is hashed.
    ///
    /// A carrier on its way up gives no step of its own.
    ///
    /// # Errors
    /// [`ProveError::EmptyFile`], [`ProveError::Index`] behind the file's end, and
    /// [`ProveError::PayloadLimit`] in a geometry whose chunks cut segments.
    pub fn plan(&self, index: SegmentIndex) -> Result<Vec<PlannedStep>, ProveError> {
        let (leaf, position) = self.locate(index)?;
        let slot = Slot::leaf(leaf);
        let span = self.span(slot);
        let mut steps = Vec::from([PlannedStep {
            slot,
            position,
            used: span.div_ceil(SEGMENT_SIZE_U64),
            span,
        }]);
        let (mut child, mut slots, mut level) = (leaf, self.leaves(), 0_u32);
        while slots > 1 {
            let fan_out = self.fan_out();
            let (index, position) = (child / fan_out, child % fan_out);
            level = level.saturating_add(1);
            let used = slots.saturating_sub(index.saturating_mul(fan_out)).min(fan_out);
            if used > 1 {
                let slot = Slot { level, index };
                steps.push(PlannedStep { slot, position, used, span: self.span(slot) });
            }
            (child, slots) = (index, slots.div_ceil(fan_out));
        }
        Ok(steps)
    }
}
