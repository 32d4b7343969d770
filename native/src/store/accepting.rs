//! What the writer has accepted: everything behind its first mutex, which producers share.

use std::sync::Arc;
use std::time::Duration;

use countersign_core::Seq;
use countersign_core::chain::{Cadence, ChainError, Operation, Sequencer};
use countersign_core::frame::Place;
use countersign_core::keys::SigningKey;
use countersign_core::limits::{
    LENGTH_PREFIX_SIZE, MAX_ASSET_ID_SIZE, MAX_ENTRY_SIZE, MAX_OP_ID_SIZE, MAX_OP_SIZE,
    MAX_WINDOW_PAIRS,
};
use countersign_core::recovery::Window;
use countersign_core::settlement::BatchRules;

use super::dedupe_slot::DedupeSlot;
use super::error::StoreError;
use super::group::{
    Cut, Group, MadeSettlement, SIGNATURE_FRAME_SIZE, settlement_size, signature_frame_size,
};
use super::projection::Checkpoint;
use super::sealer::start_of;

/// The sizes of groups and segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupRules {
    pub(super) group_commit: u32,
    pub(super) cadence: Cadence,
    pub(super) flush_interval: Duration,
    pub(super) max_segment_size: u64,
    pub(super) batch: BatchRules,
    pub(super) settle_on_close: bool,
}

impl GroupRules {
    /// Whether a group that has so many entries takes no more.
    pub(super) const fn is_full(&self, entries: u32) -> bool {
        entries >= self.group_commit || self.cadence.is_due(entries)
    }

    /// Whether an entry and its signature still fit a segment that ends at `offset`.
    pub(super) fn has_room(&self, offset: u64, operation: &Operation<'_>) -> bool {
        let texts = operation.op.len() + operation.asset_id.len() + operation.op_id.len();
        let frame = (ENTRY_FRAME_OVERHEAD + texts) as u64;
        offset + frame + SIGNATURE_FRAME_SIZE <= self.max_segment_size
    }

    /// Where the next group goes behind one that ends at `end`.
    pub(super) const fn place_behind(&self, end: Place) -> Place {
        let smallest = ENTRY_FRAME_OVERHEAD as u64 + SIGNATURE_FRAME_SIZE;
        if end.offset + smallest > self.max_segment_size {
            start_of(end.segment.next())
        } else {
            end
        }
    }
}

/// The open batch window, as far as accepting has to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenWindow {
    from_seq: Seq,
    entries: u64,
    first_entry_ts_us: Option<u64>,
}

impl OpenWindow {
    pub(super) const fn has_entry(&self) -> bool {
        self.entries > 0
    }

    /// When its first entry is as old as the rules say; `None` without an entry.
    pub(super) fn due_at_us(&self, rules: &BatchRules) -> Option<u64> {
        let age_us = rules.max_age_ms.saturating_mul(1_000);
        self.first_entry_ts_us.map(|first_us| first_us.saturating_add(age_us))
    }

    /// Whether it is to be settled behind the signature `signature_seq`.
    fn is_due(&self, rules: &BatchRules, signature_seq: Seq, now_us: u64) -> bool {
        let records = signature_seq.0.saturating_sub(self.from_seq.0).saturating_add(1);
        // No more pairs than entries: it always fits a record.
        let is_full = records >= rules.max_records || self.entries >= MAX_WINDOW_PAIRS as u64;
        let is_old = self.due_at_us(rules).is_some_and(|at_us| at_us <= now_us);
        self.has_entry() && (is_full || is_old)
    }
}

impl From<Window> for OpenWindow {
    fn from(window: Window) -> Self {
        let Window { from_seq, entries, first_entry_ts_us, .. } = window;
        Self { from_seq, entries, first_entry_ts_us }
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
    /// Whether the open group's place is known, and not just a place that it cannot exceed: behind
    /// a settlement that is not made yet, nobody knows how long it is.
    pub(super) is_place_known: bool,
    pub(super) window: OpenWindow,
    pub(super) dedupe: DedupeSlot,
    /// Why the writer is of no more use.
    pub(super) ended: Option<StoreError>,
}

impl Accepting {
    /// Behind a log that ends, durable and signed, at `end`, which is at `place`.
    pub(super) fn new(end: &Checkpoint, place: Place, dedupe: DedupeSlot) -> Self {
        Self {
            sequencer: end.chain.sequencer(),
            key: end.key.clone(),
            open: Group::new(place, Vec::new()),
            is_place_known: true,
            window: end.projection.window().into(),
            dedupe,
            ended: None,
        }
    }

    /// Whether the writer is still of use.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// Puts an operation into the open group; its seq. Nothing changes if that fails.
    #[inline]
    pub(super) fn accept(
        &mut self,
        operation: &Operation<'_>,
        now_us: u64,
    ) -> Result<Seq, ChainError> {
        let Self { sequencer, open, window, .. } = self;
        let seq = open.frame(|out| sequencer.append(out, now_us, operation))?;
        window.entries += 1;
        window.first_entry_ts_us.get_or_insert_with(|| sequencer.last_ts_us());
        Ok(seq)
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
            self.open.place = start_of(self.open.place.segment.next());
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
        if self.is_place_known {
            next = rules.place_behind(next);
        }
        let group = std::mem::replace(&mut self.open, Group::new(next, Vec::new()));
        Some(Cut { group, settlement: None, signature })
    }

    /// Whether the window is to be settled behind the open group.
    pub(super) fn is_settlement_due(&self, rules: &BatchRules, now_us: u64) -> bool {
        self.window.is_due(rules, self.sequencer.next_seq(), now_us)
    }

    /// Sets numbers and times aside for a settlement of the window, which must have an entry, and
    /// for its signature; the open group must have been cut.
    pub(super) fn cut_settlement(&mut self, now_us: u64) -> (Cut, MadeSettlement) {
        let (seq, ts_us) = self.sequencer.reserve_signature(now_us);
        let signature = self.sequencer.reserve_signature(now_us);
        let mut next = self.open.place;
        next.offset += settlement_size(self.window.entries);
        let group = std::mem::replace(&mut self.open, Group::new(next, Vec::new()));
        self.is_place_known = false;
        self.window = OpenWindow { from_seq: seq, entries: 0, first_entry_ts_us: None };
        let made = MadeSettlement::default();
        (Cut { group, settlement: Some((ts_us, Arc::clone(&made))), signature }, made)
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
        self.window = end.projection.window().into();
        self.open.place = place;
        self.is_place_known = true;
    }
}

pub(super) fn undone(error: StoreError) -> StoreError {
    StoreError::AppendUndone(Arc::new(error))
}

/// Bytes of an entry's frame beside its texts, at most.
const ENTRY_FRAME_OVERHEAD: usize =
    LENGTH_PREFIX_SIZE + MAX_ENTRY_SIZE - MAX_OP_SIZE - MAX_ASSET_ID_SIZE - MAX_OP_ID_SIZE;
