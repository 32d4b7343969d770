//! What the writer has accepted: everything behind its first mutex, which producers share.

use std::sync::Arc;
use std::time::Duration;

use countersign_core::chain::{Cadence, Operation, Sequencer};
use countersign_core::frame::Place;
use countersign_core::keys::SigningKey;
use countersign_core::limits::{
    LENGTH_PREFIX_SIZE, MAX_ASSET_ID_SIZE, MAX_ENTRY_SIZE, MAX_OP_ID_SIZE, MAX_OP_SIZE,
};

use super::dedupe_slot::DedupeSlot;
use super::error::StoreError;
use super::group::{Cut, Group, SIGNATURE_FRAME_SIZE, signature_frame_size};
use super::projection::Checkpoint;

/// The sizes of groups and segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupRules {
    pub(super) group_commit: u32,
    pub(super) cadence: Cadence,
    pub(super) flush_interval: Duration,
    pub(super) max_segment_size: u64,
}

impl GroupRules {
    /// Whether a group that has so many entries takes no more.
    pub(super) const fn is_full(&self, entries: u32) -> bool {
        entries >= self.group_commit || self.cadence.is_due(entries)
    }

    /// Whether an entry and its signature still fit a segment that ends at `offset`.
    fn has_room(&self, offset: u64, operation: &Operation<'_>) -> bool {
        let texts = operation.op.len() + operation.asset_id.len() + operation.op_id.len();
        let frame = (ENTRY_FRAME_OVERHEAD + texts) as u64;
        offset + frame + SIGNATURE_FRAME_SIZE <= self.max_segment_size
    }

    /// Where the next group goes behind one that ends at `end`.
    pub(super) const fn place_behind(&self, end: Place) -> Place {
        let smallest = ENTRY_FRAME_OVERHEAD as u64 + SIGNATURE_FRAME_SIZE;
        if end.offset + smallest > self.max_segment_size { start_of_next(end) } else { end }
    }
}

/// Everything behind the first mutex.
#[derive(Debug)]
pub(super) struct Accepting {
    /// Numbers what is accepted.
    pub(super) sequencer: Sequencer,
    /// The key that signs what is accepted now.
    pub(super) key: Option<Arc<SigningKey>>,
    pub(super) open: Group,
    pub(super) dedupe: DedupeSlot,
    /// Why the writer is of no more use.
    pub(super) ended: Option<StoreError>,
}

impl Accepting {
    /// Behind a log that ends, durable and signed, at `end`.
    pub(super) fn new(durable: &Checkpoint, dedupe: DedupeSlot, end: Place) -> Self {
        Self {
            sequencer: durable.chain.sequencer(),
            key: durable.key.clone(),
            open: Group::new(end, Vec::new()),
            dedupe,
            ended: None,
        }
    }

    /// Whether the writer is still of use.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// Lets the open group take no more, if an entry and its signature would not fit the segment.
    pub(super) fn make_room(
        &mut self,
        rules: &GroupRules,
        operation: &Operation<'_>,
        now_us: u64,
    ) -> Option<Cut> {
        if rules.has_room(self.open.end().offset, operation) {
            return None;
        }
        let cut = self.cut(rules, now_us);
        if self.open.place.offset > 0 {
            self.open.place = start_of_next(self.open.place);
        }
        cut
    }

    /// Lets the open group take no more, and sets a number and a time aside for its signature;
    /// `None` if it is empty.
    pub(super) fn cut(&mut self, rules: &GroupRules, now_us: u64) -> Option<Cut> {
        if self.open.records == 0 {
            return None;
        }
        let signature = self.sequencer.reserve_signature(now_us);
        let mut next = self.open.end();
        next.offset += signature_frame_size(signature.0, signature.1);
        let next = Group::new(rules.place_behind(next), Vec::new());
        Some(Cut { group: std::mem::replace(&mut self.open, next), signature })
    }

    /// Goes back to `end`, which is at `place`: what the open group holds is told `error`, and
    /// everything behind `end` is forgotten.
    pub(super) fn go_back(&mut self, end: &Checkpoint, place: Place, error: &StoreError) {
        let open = std::mem::replace(&mut self.open, Group::new(place, Vec::new()));
        open.outcome.settle(Err(error.clone()));
        self.go_on_behind(end, place);
        if let DedupeSlot::Ready(dedupe) = &mut self.dedupe {
            dedupe.forget_from(end.chain.next_seq());
        }
    }

    /// Accepts behind `end` from now on; the open group is empty.
    pub(super) fn go_on_behind(&mut self, end: &Checkpoint, place: Place) {
        self.sequencer = end.chain.sequencer();
        self.key.clone_from(&end.key);
        self.open.place = place;
    }
}

const fn start_of_next(place: Place) -> Place {
    Place { segment: place.segment.next(), offset: 0 }
}

pub(super) fn undone(error: StoreError) -> StoreError {
    StoreError::AppendUndone(Arc::new(error))
}

/// Bytes of an entry's frame beside its texts, at most.
const ENTRY_FRAME_OVERHEAD: usize =
    LENGTH_PREFIX_SIZE + MAX_ENTRY_SIZE - MAX_OP_SIZE - MAX_ASSET_ID_SIZE - MAX_OP_ID_SIZE;
