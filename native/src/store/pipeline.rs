//! Groups on their way to the disk, and who takes them there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_core::Seq;
use countersign_core::frame::Place;

use super::error::StoreError;
use super::group::{Cut, Outcome, Sealed};
use super::projection::Checkpoint;

/// Everything behind the second mutex. Producers take it only when they open or cut a group, so
/// the threads that seal and commit hardly ever wait for one.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// Who waits for the open group, and since when it is open; `None` if it is empty.
    pub(super) open: Option<(Arc<Outcome>, Instant)>,
    /// When the open batch window is to be settled, microseconds since the epoch.
    pub(super) due_at_us: Option<u64>,
    /// Groups to be sealed, the one that is, and those that are.
    pub(super) cut: VecDeque<Cut>,
    pub(super) sealing: Option<(Seq, Arc<Outcome>)>,
    pub(super) sealed: VecDeque<Sealed>,
    /// Where the next group to be sealed goes, unless accepting starts a segment.
    pub(super) sealed_end: Place,
    /// The group being written or synced.
    pub(super) committing: Option<(Seq, Arc<Outcome>)>,
    /// The end of the last durable group.
    pub(super) durable: Checkpoint,
    pub(super) durable_end: Place,
    /// Whether a thread leads: gathers, writes or syncs.
    pub(super) is_led: bool,
    /// How often accepted groups have been taken back.
    pub(super) epoch: u64,
    /// Threads that waited for a group when the last one became durable.
    pub(super) expected: u32,
    /// How long the last write and sync took.
    pub(super) last_sync: Duration,
    /// Whether nothing is accepted any more.
    pub(super) is_ended: bool,
    /// Producers that wait for room in the queues.
    pub(super) blocked: u32,
    pub(super) workers: Workers,
    /// Buffers for reuse.
    pub(super) spare: Vec<Vec<u8>>,
}

/// The background threads that have nothing to do.
#[derive(Debug, Default)]
pub(super) struct Workers {
    pub(super) idle: u32,
    /// When one of them looks again by itself.
    pub(super) nap_until: Option<Instant>,
    /// Whether a group was opened since one of them last looked.
    pub(super) is_active: bool,
}

impl Workers {
    /// Whether one has to be woken to look after a group that was just opened. Waking a thread
    /// costs as much as ten appends, and one that naps comes by itself; the checker's clock
    /// stands still, so there nobody does.
    pub(super) fn must_wake_for_open(&self, flush_interval: Duration) -> bool {
        let is_in_time = self
            .nap_until
            .is_some_and(|until| until.saturating_duration_since(Instant::now()) <= flush_interval);
        self.idle > 0 && (!is_in_time || cfg!(feature = "shuttle"))
    }
}

impl Pipeline {
    /// Behind a log that ends, durable and signed, at `end`.
    pub(super) fn new(durable: Checkpoint, end: Place) -> Self {
        Self {
            open: None,
            due_at_us: None,
            cut: VecDeque::new(),
            sealing: None,
            sealed: VecDeque::new(),
            sealed_end: end,
            committing: None,
            durable,
            durable_end: end,
            is_led: false,
            epoch: 0,
            expected: 0,
            last_sync: Duration::ZERO,
            is_ended: false,
            blocked: 0,
            workers: Workers::default(),
            spare: Vec::new(),
        }
    }

    /// Groups that wait for the disk.
    pub(super) fn queued(&self) -> usize {
        self.cut.len() + self.sealed.len()
    }

    /// Whether nothing is on its way but the open group.
    pub(super) fn has_only_open(&self) -> bool {
        self.queued() == 0 && self.sealing.is_none()
    }

    /// The group that becomes durable next, if there is anything in it.
    pub(super) fn next_outcome(&self) -> Option<&Arc<Outcome>> {
        let sealed = self.sealed.front().map(|sealed| &sealed.group.outcome);
        sealed
            .or_else(|| self.sealing.as_ref().map(|(_, outcome)| outcome))
            .or_else(|| self.cut.front().map(|cut| &cut.group.outcome))
            .or_else(|| self.open.as_ref().map(|(outcome, _)| outcome))
    }

    /// The last group on its way.
    pub(super) fn last_outcome(&self) -> Arc<Outcome> {
        let cut = self.cut.back().map(|cut| &cut.group.outcome);
        let last = cut
            .or_else(|| self.sealing.as_ref().map(|(_, outcome)| outcome))
            .or_else(|| self.sealed.back().map(|sealed| &sealed.group.outcome))
            .or_else(|| self.committing.as_ref().map(|(_, outcome)| outcome));
        last.map_or_else(Outcome::durable, Arc::clone)
    }

    /// The outcome of a record that was accepted before; `None` if it is in the open group.
    pub(super) fn outcome_of(&self, seq: Seq) -> Option<Arc<Outcome>> {
        if seq < self.durable.chain.next_seq() {
            return Some(Outcome::durable());
        }
        let committing = self.committing.iter().map(|(last, outcome)| (*last, outcome));
        let sealed = self.sealed.iter().map(|Sealed { group, last_seq, .. }| (*last_seq, group));
        let sealed = sealed.map(|(last, group)| (last, &group.outcome));
        let sealing = self.sealing.iter().map(|(last, outcome)| (*last, outcome));
        let cut = self.cut.iter().map(|cut| (cut.signature.0, &cut.group.outcome));
        let mut groups = committing.chain(sealed).chain(sealing).chain(cut);
        groups.find(|(last, _)| seq <= *last).map(|(_, outcome)| Arc::clone(outcome))
    }

    /// Takes a sealed group; it is no longer being sealed.
    pub(super) fn push_sealed(&mut self, sealed: Sealed) {
        self.sealing = None;
        self.sealed_end = sealed.group.end();
        self.sealed.push_back(sealed);
    }

    /// Tells everybody whose group is not sealed that it is taken back, but for the open one.
    pub(super) fn take_back_unsealed(&mut self, error: &StoreError) {
        if let Some((_, outcome)) = self.sealing.take() {
            outcome.settle(Err(error.clone()));
        }
        for cut in self.cut.drain(..) {
            cut.group.outcome.settle(Err(error.clone()));
        }
        self.open = None;
        self.due_at_us = None;
    }

    /// Tells everybody whose group is not durable that it is taken back, but for the open one.
    pub(super) fn roll_back(&mut self, end: Place, error: &StoreError) {
        self.epoch += 1;
        self.sealed_end = end;
        self.durable_end = end;
        for sealed in self.sealed.drain(..) {
            sealed.group.outcome.settle(Err(error.clone()));
        }
        self.take_back_unsealed(error);
    }
}
