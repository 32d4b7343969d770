//! Many appends, one sync.
//!
//! Producers put records into the open group under one mutex. A group is sealed with a signature
//! when it is full, when it is old, or when somebody waits for it, and then joins a queue. One
//! thread at a time, the leader, takes the front of the queue, writes and syncs it outside the
//! mutex: so at most one group is unsynced at any time (`durability.md` A2), and the next ones are
//! encoded meanwhile. Whoever waits for a group leads if nobody does, which saves a change of
//! threads for a lone producer; a background thread leads for those who never wait.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use countersign_core::Seq;
use countersign_core::chain::{Cadence, ChainError, ChainWriter, Operation};
use countersign_core::frame::Place;
use countersign_core::keys::SigningKey;
use countersign_core::limits::MAX_ENTRY_SIZE;

use super::clock::Clock;
use super::dedupe::{Dedupe, Fingerprint, Lookup};
use super::durable::CommitError;
use super::error::StoreError;
use super::group::{Checkpoint, Group, Outcome, SIGNATURE_FRAME_SIZE, Sealed};
use super::journal::Journal;
use super::sync::{Condvar, Mutex, MutexGuard, lock, thread, wait, wait_timeout};

/// Sealed groups that may wait for the disk before appends are made to wait.
const MAX_QUEUED: usize = 128;
/// Longest that a leader waits for others to join, whatever the disk.
const MAX_GATHER: Duration = Duration::from_micros(200);
/// Buffers kept for reuse.
const MAX_SPARE: usize = 8;

/// The sizes of groups and segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupRules {
    pub(super) group_commit: u32,
    pub(super) cadence: Cadence,
    pub(super) flush_interval: Duration,
    pub(super) max_segment_size: u64,
}

/// The table of operations, or the thread that is still building it.
#[derive(Debug)]
pub(super) enum DedupeSlot {
    Building { thread: thread::JoinHandle<Result<Dedupe, StoreError>>, stop: Arc<AtomicBool> },
    Ready(Dedupe),
    Failed(StoreError),
}

impl DedupeSlot {
    /// The table; waits for it the first time.
    pub(super) fn ready(&mut self) -> Result<&mut Dedupe, StoreError> {
        if matches!(self, Self::Building { .. }) {
            let Self::Building { thread, .. } =
                std::mem::replace(self, Self::Failed(StoreError::Closed))
            else {
                return Err(StoreError::Closed);
            };
            *self = match thread.join() {
                Ok(Ok(dedupe)) => Self::Ready(dedupe),
                Ok(Err(error)) => Self::Failed(error),
                Err(_) => Self::Failed(StoreError::Closed),
            };
        }
        match self {
            Self::Ready(dedupe) => Ok(dedupe),
            Self::Failed(error) => Err(error.clone()),
            Self::Building { .. } => Err(StoreError::Closed),
        }
    }

    /// Frees the table; a thread that still builds it has stopped reading when this returns.
    fn close(self) {
        if let Self::Building { thread, stop } = self {
            stop.store(true, Ordering::Relaxed);
            let _partial = thread.join();
        }
    }
}

/// What was appended.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) seq: Seq,
    pub(super) is_duplicate: bool,
    pub(super) outcome: Arc<Outcome>,
}

/// Everything behind the mutex.
#[derive(Debug)]
pub(super) struct Accepting {
    /// The end of the chain, accepted.
    pub(super) chain: ChainWriter,
    /// The end of the last sealed group.
    sealed: Checkpoint,
    /// The end of the last durable one.
    pub(super) durable: Checkpoint,
    durable_end: Place,
    open: Group,
    open_since: Instant,
    queue: VecDeque<Sealed>,
    /// Whether a thread leads: gathers, writes or syncs.
    is_led: bool,
    /// The group being synced.
    committing: Option<(Seq, Arc<Outcome>)>,
    /// Threads that wait for a group now, and when the last one became durable.
    waiting: u32,
    expected: u32,
    /// How long the last write and sync took.
    last_sync: Duration,
    pub(super) key: Option<Arc<SigningKey>>,
    pub(super) dedupe: DedupeSlot,
    /// Why the writer is of no more use.
    ended: Option<StoreError>,
    spare: Vec<Vec<u8>>,
    is_background_idle: bool,
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
        let end = journal.end();
        let key = key.map(Arc::new);
        let durable = Checkpoint { chain: chain.clone(), key: key.clone() };
        let state = Accepting {
            chain,
            sealed: durable.clone(),
            durable,
            durable_end: end,
            open: Group::new(end, Vec::new()),
            open_since: Instant::now(),
            queue: VecDeque::new(),
            is_led: false,
            committing: None,
            waiting: 0,
            expected: 0,
            last_sync: Duration::ZERO,
            key,
            dedupe,
            ended: None,
            spare: Vec::new(),
            is_background_idle: false,
        };
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
        if state.is_background_idle && (is_first || !state.queue.is_empty()) {
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
            state.is_background_idle = true;
            state = if has_open {
                wait_timeout(&self.work, state, self.rules.flush_interval.saturating_sub(age))
            } else {
                wait(&self.work, state)
            };
            state.is_background_idle = false;
        }
    }
}

impl Accepting {
    /// Whether the writer is still of use.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// Wakes who must lead next: one who waits for the next group, or the background thread, which
    /// does not count the age of the open group while somebody leads.
    fn pass_lead(&self, work: &Condvar) {
        let next = self.queue.front().map_or(&self.open, |sealed| &sealed.group);
        if next.records > 0 {
            next.outcome.ready.notify_one();
            work.notify_one();
        } else if self.ended.is_some() {
            // The background thread stays for what is queued, and nothing is any more.
            work.notify_one();
        }
    }

    /// The outcome of a record that was accepted before.
    fn outcome_of(&self, seq: Seq) -> Arc<Outcome> {
        if seq < self.durable.chain.next_seq() {
            return Outcome::durable();
        }
        if let Some((last, outcome)) = &self.committing
            && seq <= *last
        {
            return Arc::clone(outcome);
        }
        let queued = self.queue.iter().find(|sealed| seq < sealed.after.chain.next_seq());
        Arc::clone(queued.map_or(&self.open.outcome, |sealed| &sealed.group.outcome))
    }

    /// Seals the open group first if an entry and its signature would not fit the segment.
    fn make_room(
        &mut self,
        rules: &GroupRules,
        operation: &Operation<'_>,
        now_us: u64,
    ) -> Result<(), StoreError> {
        let texts = operation.op.len() + operation.asset_id.len() + operation.op_id.len();
        let frame = (ENTRY_FRAME_OVERHEAD + texts) as u64;
        let end = self.open.end().offset;
        if end + frame + SIGNATURE_FRAME_SIZE <= rules.max_segment_size {
            return Ok(());
        }
        self.seal(rules, now_us)?;
        if self.open.place.offset > 0 {
            self.open.place = Place { segment: self.open.place.segment.next(), offset: 0 };
        }
        Ok(())
    }

    /// Signs the open group and queues it; nothing if it is empty. If it cannot be signed it is
    /// taken back.
    fn seal(&mut self, rules: &GroupRules, now_us: u64) -> Result<(), StoreError> {
        if self.open.records == 0 {
            return Ok(());
        }
        let Self { chain, open, key, .. } = self;
        let signed = match key {
            Some(key) => open.frame(|out| chain.sign(out, now_us, key)),
            None => Err(ChainError::NoActiveKey),
        };
        if let Err(error) = signed {
            let error = StoreError::from(error);
            self.undo_open(&error);
            return Err(error);
        }
        let mut next = self.open.end();
        if next.offset + ENTRY_FRAME_OVERHEAD as u64 + SIGNATURE_FRAME_SIZE > rules.max_segment_size
        {
            next = Place { segment: next.segment.next(), offset: 0 };
        }
        let spare = self.spare.pop().unwrap_or_default();
        let group = std::mem::replace(&mut self.open, Group::new(next, spare));
        self.sealed = Checkpoint { chain: self.chain.clone(), key: self.key.clone() };
        self.queue.push_back(Sealed { group, after: self.sealed.clone() });
        Ok(())
    }

    /// Seals the open group; the outcome of everything accepted.
    fn seal_all(&mut self, rules: &GroupRules, now_us: u64) -> Result<Arc<Outcome>, StoreError> {
        self.seal(rules, now_us).map_err(undone)?;
        let last = self.queue.back().map(|sealed| &sealed.group.outcome);
        let last = last.or_else(|| self.committing.as_ref().map(|(_, outcome)| outcome));
        Ok(last.map_or_else(Outcome::durable, Arc::clone))
    }

    /// Goes back to the durable end: everything accepted behind it is told `error`.
    fn roll_back(&mut self, error: &StoreError) {
        for Sealed { group, .. } in self.queue.drain(..) {
            group.outcome.settle(Err(error.clone()));
            group.outcome.ready.notify_all();
        }
        self.sealed = self.durable.clone();
        self.open.place = self.durable_end;
        self.take_back_open(error);
    }

    /// Goes back to the last sealed group, since `error` keeps the open one from being sealed.
    fn undo_open(&mut self, error: &StoreError) {
        self.take_back_open(&undone(error.clone()));
    }

    fn take_back_open(&mut self, error: &StoreError) {
        let spare = self.spare.pop().unwrap_or_default();
        let next = Group::new(self.open.place, spare);
        let open = std::mem::replace(&mut self.open, next);
        open.outcome.settle(Err(error.clone()));
        open.outcome.ready.notify_all();
        let Checkpoint { chain, key } = self.sealed.clone();
        let next_seq = chain.next_seq();
        (self.chain, self.key) = (chain, key);
        if let DedupeSlot::Ready(dedupe) = &mut self.dedupe {
            dedupe.forget_from(next_seq);
        }
    }
}

fn undone(error: StoreError) -> StoreError {
    StoreError::AppendUndone(Arc::new(error))
}

/// Bytes of an entry's frame beside its texts, at most.
const ENTRY_FRAME_OVERHEAD: usize = countersign_core::limits::LENGTH_PREFIX_SIZE + MAX_ENTRY_SIZE
    - countersign_core::limits::MAX_OP_SIZE
    - countersign_core::limits::MAX_ASSET_ID_SIZE
    - countersign_core::limits::MAX_OP_ID_SIZE;
