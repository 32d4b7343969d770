//! Many appends, one sync.
//!
//! Producers put records into the open group under one mutex. A group is sealed with a signature
//! when it is full, when it is old, or when somebody waits for it, and then joins a queue. One
//! thread at a time, the leader, takes the front of the queue, writes and syncs it outside the
//! mutex: so at most one group is unsynced at any time (`durability.md` A2), and the next ones are
//! encoded meanwhile. Whoever waits for a group leads if nobody does, which saves a change of
//! threads for a lone producer; a background thread leads for those who never wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_core::Seq;
use countersign_core::chain::{ChainError, ChainWriter, Operation};
use countersign_core::frame::Place;
use countersign_core::keys::SigningKey;

use super::accepting::{Accepting, GroupRules, undone};
use super::clock::Clock;
use super::dedupe::{Fingerprint, Lookup};
use super::dedupe_slot::DedupeSlot;
use super::durable::CommitError;
use super::error::StoreError;
use super::group::{Group, Outcome, SIGNATURE_FRAME_SIZE, Sealed};
use super::journal::Journal;
use super::sync::{Condvar, Mutex, MutexGuard, lock, thread, wait, wait_timeout};

/// Sealed groups that may wait for the disk before appends are made to wait.
const MAX_QUEUED: usize = 128;
/// Longest that a leader waits for others to join, whatever the disk.
const MAX_GATHER: Duration = Duration::from_micros(200);
/// Buffers kept for reuse.
const MAX_SPARE: usize = 8;

/// What was appended.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) seq: Seq,
    pub(super) is_duplicate: bool,
    pub(super) outcome: Arc<Outcome>,
}

/// The group commit: shared by all handles of a writer and its background thread.
#[derive(Debug)]
pub(super) struct GroupCommit {
    state: Mutex<Accepting>,
    /// For the background thread.
    work: Condvar,
    /// For producers that found the queue full.
    room: Condvar,
    journal: Mutex<Journal>,
    rules: GroupRules,
    clock: Arc<dyn Clock>,
}

impl GroupCommit {
    pub(super) fn new(
        chain: ChainWriter,
        key: Option<SigningKey>,
        dedupe: DedupeSlot,
        journal: Journal,
        rules: GroupRules,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let state = Accepting::new(chain, key, dedupe, journal.end());
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            room: Condvar::new(),
            journal: Mutex::new(journal),
            rules,
            clock,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, Accepting> {
        lock(&self.state)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    pub(super) fn now_us(&self) -> u64 {
        self.clock.now_us()
    }

    /// Accepts an operation: gives it a seq, in memory.
    pub(super) fn append(
        &self,
        operation: &Operation<'_>,
        fingerprint: &Fingerprint,
        mut keep: impl FnMut(&[u8]),
    ) -> Result<Accepted, StoreError> {
        let now_us = self.clock.now_us();
        let mut state = self.state();
        loop {
            state.check()?;
            match state.dedupe.ready()?.lookup(fingerprint) {
                Lookup::New => {}
                Lookup::Same(seq) => {
                    let outcome = state.outcome_of(seq);
                    return Ok(Accepted { seq, is_duplicate: true, outcome });
                }
                Lookup::Different(existing_seq) => {
                    return Err(StoreError::DuplicateOpId { existing_seq });
                }
            }
            if state.queue.len() < MAX_QUEUED {
                break;
            }
            state = wait(&self.room, state);
        }
        if state.key.is_none() {
            return Err(ChainError::NoActiveKey.into());
        }
        state.make_room(&self.rules, operation, now_us)?;
        let is_first = state.open.records == 0;
        let Accepting { chain, open, .. } = &mut *state;
        let start = open.bytes.len();
        let seq = open.frame(|out| chain.append(out, now_us, operation))?;
        keep(open.bytes.get(start..).unwrap_or_default());
        let outcome = Arc::clone(&open.outcome);
        state.dedupe.ready()?.insert(fingerprint, seq);
        let limit = self.rules.group_commit;
        if state.open.records >= limit || self.rules.cadence.is_due(state.chain.unsigned_entries())
        {
            state.seal(&self.rules, now_us)?;
        } else if is_first {
            state.open_since = Instant::now();
        }
        state.is_active |= is_first;
        // Waking a thread costs as much as ten appends. One that only naps looks at the open group
        // by itself; the checker's clock stands still, so there nobody naps.
        let must_wake = is_first && (state.is_background_asleep || cfg!(feature = "shuttle"));
        if state.is_background_idle && (must_wake || !state.queue.is_empty()) {
            self.work.notify_one();
        }
        Ok(Accepted { seq, is_duplicate: false, outcome })
    }

    /// Appends control records as a group of their own, and signs it with `key`, which becomes
    /// the writer's. Nothing changes if `make` fails, or if the key may not sign now.
    pub(super) fn append_control(
        &self,
        key: Option<SigningKey>,
        make: impl FnOnce(&mut ChainWriter, &mut Group, u64) -> Result<(), ChainError>,
    ) -> Result<Arc<Outcome>, StoreError> {
        let now_us = self.clock.now_us();
        let mut state = self.state();
        state.check()?;
        // What the old key has to answer for is signed by it, in a group of its own.
        state.seal(&self.rules, now_us)?;
        let Accepting { chain, open, .. } = &mut *state;
        if let Err(error) = make(chain, open, now_us) {
            let error = StoreError::from(error);
            state.undo_open(&error);
            return Err(error);
        }
        let Group { place, .. } = state.open;
        if place.offset > 0
            && state.open.end().offset + SIGNATURE_FRAME_SIZE > self.rules.max_segment_size
        {
            state.open.place = Place { segment: place.segment.next(), offset: 0 };
        }
        if let Some(key) = key {
            state.key = Some(Arc::new(key));
        }
        let outcome = Arc::clone(&state.open.outcome);
        state.seal(&self.rules, self.clock.now_us())?;
        Ok(outcome)
    }

    /// Seals the open group, if there is anything in it; the outcome of everything so far.
    pub(super) fn seal(&self) -> Result<Arc<Outcome>, StoreError> {
        let mut state = self.state();
        state.check()?;
        state.seal_all(&self.rules, self.clock.now_us())
    }

    /// Seals what was accepted and refuses everything from now on, in one step: nothing may be
    /// accepted that the closing writer does not wait for. The outcome of everything so far.
    pub(super) fn close(&self) -> Result<Arc<Outcome>, StoreError> {
        let mut state = self.state();
        self.work.notify_all();
        self.room.notify_all();
        state.check()?;
        let sealed = state.seal_all(&self.rules, self.clock.now_us());
        state.ended = Some(StoreError::Closed);
        sealed
    }

    /// Lets go of the table of operations, once nothing is accepted any more.
    pub(super) fn close_dedupe(&self) {
        let closed = DedupeSlot::Failed(StoreError::Closed);
        let dedupe = std::mem::replace(&mut self.state().dedupe, closed);
        dedupe.close();
    }

    /// Waits until a group is durable, leading the commit if nobody else does.
    pub(super) fn wait(&self, outcome: &Outcome) -> Result<(), StoreError> {
        if let Some(result) = outcome.result() {
            return result;
        }
        let mut state = self.state();
        state.waiting += 1;
        let result = loop {
            if let Some(result) = outcome.result() {
                break result;
            }
            if state.is_led {
                state = wait(&outcome.ready, state);
                continue;
            }
            state.is_led = true;
            state = self.gather(state);
            if state.queue.is_empty() {
                // A group that cannot be signed is taken back, and has its outcome by that.
                let sealed = state.seal(&self.rules, self.clock.now_us());
                if outcome.result().is_some() || sealed.is_err() {
                    state.is_led = false;
                    state.pass_lead(&self.work);
                    if outcome.result().is_none()
                        && let Err(error) = sealed
                    {
                        break Err(error);
                    }
                    continue;
                }
            }
            state = self.commit_front(state);
        };
        state.waiting -= 1;
        result
    }

    /// Gives the producers that the last sync released a moment to join the next one.
    ///
    /// Without it they split into two halves that wait for each other's syncs. A lone producer
    /// never waits here, and nobody longer than a quarter of a sync.
    fn gather<'a>(&'a self, mut state: MutexGuard<'a, Accepting>) -> MutexGuard<'a, Accepting> {
        let patience = if cfg!(feature = "shuttle") {
            Duration::ZERO
        } else {
            (state.last_sync / 4).min(MAX_GATHER)
        };
        let start = Instant::now();
        while state.queue.is_empty()
            && state.open.records < state.expected
            && start.elapsed() < patience
        {
            drop(state);
            thread::yield_now();
            state = self.state();
        }
        state
    }

    /// Writes and syncs the front of the queue; the caller leads, and no longer does afterwards.
    fn commit_front<'a>(
        &'a self,
        mut state: MutexGuard<'a, Accepting>,
    ) -> MutexGuard<'a, Accepting> {
        let Some(Sealed { group, after }) = state.queue.pop_front() else {
            state.is_led = false;
            return state;
        };
        let last_seq = after.chain.next_seq().previous().unwrap_or_default();
        state.committing = Some((last_seq, Arc::clone(&group.outcome)));
        drop(state);
        let start = Instant::now();
        let (result, end) = {
            let mut journal = self.journal();
            let now_us = self.clock.now_us();
            let result = journal.commit(group.place, &group.bytes, &after.chain, now_us);
            (result, journal.end())
        };
        let mut state = self.state();
        state.last_sync = start.elapsed();
        state.expected = state.waiting;
        state.committing = None;
        state.is_led = false;
        // Even where the group failed: the segment for it may be there already.
        state.durable_end = end;
        let result = match result {
            Ok(()) => {
                state.durable = after;
                Ok(())
            }
            Err(CommitError::Undone(error)) => {
                let error = undone(error);
                state.roll_back(&error);
                Err(error)
            }
            Err(CommitError::Poisoned(error)) => {
                let error = StoreError::Poisoned(Arc::new(error));
                state.ended = Some(error.clone());
                state.roll_back(&error);
                Err(error)
            }
        };
        group.outcome.settle(result);
        group.outcome.ready.notify_all();
        self.room.notify_all();
        state.pass_lead(&self.work);
        if state.spare.len() < MAX_SPARE {
            state.spare.push(group.bytes);
        }
        state
    }

    /// The background thread: commits full and old groups until the writer has ended and none is
    /// left.
    pub(super) fn run_background(&self) {
        let mut state = self.state();
        loop {
            if !state.is_led && !state.queue.is_empty() {
                state.is_led = true;
                state = self.commit_front(state);
                continue;
            }
            if state.ended.is_some() && state.queue.is_empty() {
                return;
            }
            let age = state.open_since.elapsed();
            let has_open = state.open.records > 0 && !state.is_led;
            if has_open && age >= self.rules.flush_interval {
                // What cannot be signed is taken back, and whoever waits for it is told.
                let _told = state.seal(&self.rules, self.clock.now_us());
                continue;
            }
            let was_active = std::mem::take(&mut state.is_active);
            state.is_background_idle = true;
            state = if has_open {
                wait_timeout(&self.work, state, self.rules.flush_interval.saturating_sub(age))
            } else if was_active {
                wait_timeout(&self.work, state, self.rules.flush_interval)
            } else {
                state.is_background_asleep = true;
                wait(&self.work, state)
            };
            state.is_background_idle = false;
            state.is_background_asleep = false;
        }
    }
}
