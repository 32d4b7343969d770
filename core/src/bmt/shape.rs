//! The shape of a file's tree, which follows from its length and the geometry alone.

use core::ops::Range;

use super::error::SpanError;
use super::{Geometry, SEGMENT_SIZE_U64};
use crate::limits::MAX_BMT_FILE_SIZE;

/// A place in a file's tree: level 0 has a slot for each leaf, and a slot of a higher level stands
/// over up to a fan-out of neighbours one level below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The level, from 0 for leaves.
    pub level: u32,
    /// The index among the slots of the level.
    pub index: u64,
}

impl Slot {
    /// The slot of a leaf chunk.
    pub const fn leaf(index: u64) -> Self {
        Self { level: 0, index }
    }
}

/// The shape of a file's tree.
///
/// A slot that stands over two or more slots is an intermediate chunk; one that stands over a
/// single slot is that same chunk, a **carrier** on its way up until it has a neighbour. Only the
/// last slot of a level can be one. Source: `spec/bmt.md` section 5.2.
///
/// ```
/// use countersign_core::bmt::{Geometry, Shape, Slot};
///
/// // 129 leaves: the last one has no neighbour but the chunk over all the others.
/// let shape = Shape::new(Geometry::SWARM, 128 * 4_096 + 1)?;
/// assert_eq!((0..=2).map(|level| shape.slots(level)).collect::<Vec<_>>(), [129, 2, 1]);
/// assert_eq!(shape.intermediate_chunks(), 2);
/// let carrier = Slot { level: 1, index: 1 };
/// assert_eq!((shape.children(carrier), shape.span(carrier)), (1, 1));
/// assert_eq!(shape.chunk_of(carrier), Slot::leaf(128));
/// # Ok::<(), countersign_core::bmt::SpanError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    geometry: Geometry,
    len: u64,
}

impl Shape {
    /// The tree of a file of `len` bytes.
    ///
    /// # Errors
    /// [`SpanError::Reserved`] from 2^63 up, [`SpanError::Fit`] where the geometry's spans have
    /// too few bytes for the length.
    pub const fn new(geometry: Geometry, len: u64) -> Result<Self, SpanError> {
        if len > MAX_BMT_FILE_SIZE {
            return Err(SpanError::Reserved { value: len });
        }
        if !geometry.holds_span(len) {
            return Err(SpanError::Fit { value: len, size: geometry.span_size() });
        }
        Ok(Self { geometry, len })
    }

    /// The geometry.
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The length of the file, in bytes.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has no bytes. It still is one leaf.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Leaf chunks, at least one.
    pub const fn leaves(&self) -> u64 {
        let leaves = self.len.div_ceil(self.piece());
        if leaves == 0 { 1 } else { leaves }
    }

    /// Segments of the file, the last one perhaps partly padding; none in an empty file.
    pub const fn segments(&self) -> u64 {
        self.len.div_ceil(SEGMENT_SIZE_U64)
    }

    /// Slots of a level: 1 from the root's level up.
    pub fn slots(&self, level: u32) -> u64 {
        let mut slots = self.leaves();
        for _ in 0..level {
            if slots == 1 {
                break;
            }
            slots = slots.div_ceil(self.fan_out());
        }
        slots
    }

    /// The level of the root chunk: the lowest with one slot.
    pub fn root_level(&self) -> u32 {
        let (mut slots, mut level) = (self.leaves(), 0_u32);
        while slots > 1 {
            slots = slots.div_ceil(self.fan_out());
            level = level.saturating_add(1);
        }
        level
    }

    /// The root's slot.
    pub fn root(&self) -> Slot {
        Slot { level: self.root_level(), index: 0 }
    }

    /// The bytes of the file below a slot; empty for a slot that is not there, and for the one leaf
    /// of an empty file.
    pub fn range(&self, slot: Slot) -> Range<u64> {
        // A slot covers P * B^level bytes, far above 64 bits for the last levels.
        let mut covered = u128::from(self.piece());
        for _ in 0..slot.level {
            covered = covered.saturating_mul(u128::from(self.fan_out()));
            if covered > u128::from(u64::MAX) {
                break;
            }
        }
        let len = u128::from(self.len);
        let start = covered.saturating_mul(u128::from(slot.index)).min(len);
        let end = start.saturating_add(covered).min(len);
        // Both are at most the length, which has 64 bits.
        let narrow = |at: u128| u64::try_from(at).unwrap_or(self.len);
        narrow(start)..narrow(end)
    }

    /// The span of a slot's chunk.
    pub fn span(&self, slot: Slot) -> u64 {
        let range = self.range(slot);
        range.end.saturating_sub(range.start)
    }

    /// Slots that a slot stands over; none below a leaf. One means that it is a carrier.
    pub fn children(&self, slot: Slot) -> u64 {
        let Some(below) = slot.level.checked_sub(1) else { return 0 };
        let first = slot.index.saturating_mul(self.fan_out());
        self.slots(below).saturating_sub(first).min(self.fan_out())
    }

    /// The lowest slot that is the same chunk: where a carrier comes from, else the slot itself.
    pub fn chunk_of(&self, slot: Slot) -> Slot {
        let mut slot = slot;
        while self.children(slot) == 1 {
            let index = slot.index.saturating_mul(self.fan_out());
            slot = Slot { level: slot.level.saturating_sub(1), index };
        }
        slot
    }

    /// Intermediate chunks, the root among them where the file has more than one leaf.
    pub fn intermediate_chunks(&self) -> u64 {
        let (mut slots, mut chunks) = (self.leaves(), 0_u64);
        while slots > 1 {
            let is_carrier = slots % self.fan_out() == 1;
            slots = slots.div_ceil(self.fan_out());
            chunks = chunks.saturating_add(slots).saturating_sub(u64::from(is_carrier));
        }
        chunks
    }

    /// All distinct chunks of the tree.
    pub fn chunks(&self) -> u64 {
        self.leaves().saturating_add(self.intermediate_chunks())
    }

    const fn piece(&self) -> u64 {
        self.geometry.payload_limit() as u64
    }

    /// References of a full intermediate chunk.
    pub(super) const fn fan_out(&self) -> u64 {
        self.geometry.fan_out() as u64
    }
}
