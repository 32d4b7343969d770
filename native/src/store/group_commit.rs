//! Many appends, one sync.
//!
//! A record passes three stages, each behind a mutex of its own:
//!
//! 1. **Accepting.** A producer gives the operation its number and puts its record, unlinked, into
//!    the open group. The group is cut when it is full, when it is old, or when somebody waits.
//! 2. **Sealing.** The records of a cut group are linked into the chain and the trees, and the
//!    group is signed: all the hashing, on one thread at a time, in order.
//! 3. **Committing.** One thread at a time, the leader, writes and syncs the next sealed group: so
//!    at most one group is unsynced at any time (`durability.md` A2), while the next ones are
//!    accepted and sealed.
//!
//! Whoever waits for a group takes it through the last two stages if nobody else does, which saves
//! a lone producer every change of threads; two background threads do it for those who never wait.
//!
//! Mutexes are taken in the order sealer, accepting, pipeline; nobody takes the sealer's or the
//! journal's while he holds one of the other two.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use countersign_core::Seq;
use countersign_core::chain::{ChainError, ChainWriter, Operation};
use countersign_core::keys::SigningKey;
use countersign_core::limits::LENGTH_PREFIX_SIZE;

use super::accepting::{Accepting, GroupRules};
use super::clock::Clock;
use super::dedupe::{Fingerprint, Lookup};
use super::dedupe_slot::DedupeSlot;
use super::error::StoreError;
use super::group::{Cut, Group, KeptRecord, MadeSettlement, Outcome};
use super::journal::Journal;
use super::leading::take_back;
use super::pipeline::Pipeline;
use super::sealer::Sealer;
use super::sync::{Condvar, Mutex, MutexGuard, lock, wait};

/// Groups that may wait for the disk before appends are made to wait.
const MAX_QUEUED: usize = 128;
/// How many are left when they go on.
const ROOM_AGAIN: usize = MAX_QUEUED / 2;

/// What was appended.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) seq: Seq,
    pub(super) is_duplicate: bool,
    pub(super) outcome: Arc<Outcome>,
}

/// The group commit: shared by all handles of a writer and its background threads.
#[derive(Debug)]
pub(super) struct GroupCommit {
    accepting: Mutex<Accepting>,
    pipeline: Mutex<Pipeline>,
    pub(super) sealer: Mutex<Sealer>,
    journal: Mutex<Journal>,
    /// For the background threads.
    pub(super) work: Condvar,
    /// For producers that found the queues full.
    pub(super) room: Condvar,
    /// Groups in the queues: producers look at it before every append.
    queued: AtomicUsize,
    /// Threads that wait for a group.
    pub(super) waiting: AtomicU32,
    pub(super) rules: GroupRules,
    pub(super) clock: Arc<dyn Clock>,
}

impl GroupCommit {
    /// Behind the log that `sealer` is at the end of; all of it is durable.
    pub(super) fn new(
        sealer: Sealer,
        dedupe: DedupeSlot,
        journal: Journal,
        rules: GroupRules,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let accepting = Accepting::new(sealer.end(), sealer.place(), dedupe);
        let pipeline = Pipeline::new(sealer.end().clone(), sealer.place());
        Self {
            accepting: Mutex::new(accepting),
            pipeline: Mutex::new(pipeline),
            sealer: Mutex::new(sealer),
            journal: Mutex::new(journal),
            work: Condvar::new(),
            room: Condvar::new(),
            queued: AtomicUsize::new(0),
            waiting: AtomicU32::new(0),
            rules,
            clock,
        }
    }

    pub(super) fn accepting(&self) -> MutexGuard<'_, Accepting> {
        lock(&self.accepting)
    }

    pub(super) fn pipeline(&self) -> MutexGuard<'_, Pipeline> {
        lock(&self.pipeline)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    pub(super) fn now_us(&self) -> u64 {
        self.clock.now_us()
    }

    /// Accepts an operation: gives it a seq, in memory. `keep` gets the record once it is linked.
    pub(super) fn append(
        &self,
        operation: &Operation<'_>,
        fingerprint: &Fingerprint,
        keep: Option<&KeptRecord>,
    ) -> Result<Accepted, StoreError> {
        let now_us = self.clock.now_us();
        let mut accepting = self.accepting();
        loop {
            accepting.check()?;
            match accepting.dedupe.ready()?.lookup(fingerprint) {
                Lookup::New => {}
                Lookup::Same(seq) => {
                    let outcome = self.pipeline().outcome_of(seq);
                    let outcome = outcome.unwrap_or_else(|| Arc::clone(&accepting.open.outcome));
                    return Ok(Accepted { seq, is_duplicate: true, outcome });
                }
                Lookup::Different(existing_seq) => {
                    return Err(StoreError::DuplicateOpId { existing_seq });
                }
            }
            if self.queued.load(Ordering::Relaxed) >= MAX_QUEUED {
                drop(accepting);
                self.wait_for_room();
            } else if !accepting.is_place_known && !self.learn_place(&mut accepting, operation) {
                drop(accepting);
                while self.seal_next() {}
            } else {
                break;
            }
            accepting = self.accepting();
        }
        if accepting.key.is_none() {
            return Err(ChainError::NoActiveKey.into());
        }
        let cut = accepting.make_room(&self.rules, operation, now_us);
        self.hand_over(&mut accepting, cut);
        let start = accepting.open.bytes.len() + LENGTH_PREFIX_SIZE;
        let seq = accepting.accept(operation, now_us)?;
        let open = &mut accepting.open;
        if let Some(slot) = keep {
            open.kept.push((start..open.bytes.len(), Arc::clone(slot)));
        }
        let outcome = Arc::clone(&open.outcome);
        let records = open.records;
        accepting.dedupe.ready()?.insert(fingerprint, seq);
        if accepting.is_settlement_due(&self.rules.batch, now_us) {
            let _for_nobody = self.settle_window(&mut accepting, now_us);
        } else if self.rules.is_full(records) {
            let cut = accepting.cut(&self.rules, now_us);
            self.hand_over(&mut accepting, cut);
        } else if records == 1 {
            self.announce_open(&accepting);
        }
        Ok(Accepted { seq, is_duplicate: false, outcome })
    }

    /// Waits until the queues are half empty: to be woken for every group would cost more.
    fn wait_for_room(&self) {
        let mut pipeline = self.pipeline();
        while pipeline.queued() >= MAX_QUEUED {
            pipeline.blocked += 1;
            pipeline = wait(&self.room, pipeline);
            pipeline.blocked -= 1;
        }
    }

    /// Finds out where the open group goes, behind a settlement whose length was not known; `false`
    /// if that is not known yet, and the operation might not fit the segment.
    fn learn_place(&self, accepting: &mut Accepting, operation: &Operation<'_>) -> bool {
        let pipeline = self.pipeline();
        accepting.is_place_known = pipeline.cut.is_empty() && pipeline.sealing.is_none();
        if accepting.is_place_known {
            accepting.open.place = pipeline.sealed_end;
            if accepting.open.records == 0 {
                accepting.open.place = self.rules.place_behind(pipeline.sealed_end);
            }
        }
        accepting.is_place_known || self.rules.has_room(accepting.open.end().offset, operation)
    }

    /// Cuts the open group and has the window settled behind it, which must hold an entry.
    pub(super) fn settle_window(
        &self,
        accepting: &mut Accepting,
        now_us: u64,
    ) -> (Arc<Outcome>, MadeSettlement) {
        self.cut_open(accepting, now_us);
        let (cut, made) = accepting.cut_settlement(now_us);
        let outcome = Arc::clone(&cut.group.outcome);
        self.hand_over(accepting, Some(cut));
        self.pipeline().due_at_us = None;
        (outcome, made)
    }

    /// Has the window settled now; `None` if it holds no entry.
    pub(super) fn settle(&self) -> Result<Option<(Arc<Outcome>, MadeSettlement)>, StoreError> {
        let mut accepting = self.accepting();
        accepting.check()?;
        let now_us = self.clock.now_us();
        accepting.sequencer.check_key(now_us)?;
        if accepting.key.is_none() {
            return Err(ChainError::NoActiveKey.into());
        }
        Ok(accepting.window.has_entry().then(|| self.settle_window(&mut accepting, now_us)))
    }

    /// Tells the pipeline that the open group has its first record.
    fn announce_open(&self, accepting: &Accepting) {
        let mut pipeline = self.pipeline();
        pipeline.open = Some((Arc::clone(&accepting.open.outcome), Instant::now()));
        pipeline.due_at_us = accepting.window.due_at_us(&self.rules.batch);
        pipeline.workers.is_active = true;
        if pipeline.workers.must_wake_for_open(self.rules.flush_interval) {
            self.work.notify_one();
        }
    }

    /// Cuts the open group and queues it; nothing if it is empty. The caller sees to it that
    /// somebody takes it on.
    pub(super) fn cut_open(&self, accepting: &mut Accepting, now_us: u64) {
        if let Some(cut) = accepting.cut(&self.rules, now_us) {
            let _somebody_is_idle = self.push_cut(accepting, cut);
        }
    }

    /// Hands a group to the background threads.
    fn hand_over(&self, accepting: &mut Accepting, cut: Option<Cut>) {
        if let Some(cut) = cut
            && self.push_cut(accepting, cut)
        {
            self.work.notify_one();
        }
    }

    /// Queues a group; whether a background thread is idle.
    fn push_cut(&self, accepting: &mut Accepting, cut: Cut) -> bool {
        let mut pipeline = self.pipeline();
        pipeline.open = None;
        pipeline.cut.push_back(cut);
        accepting.open.bytes = pipeline.spare.pop().unwrap_or_default();
        self.count(&pipeline);
        pipeline.workers.idle > 0
    }

    /// Tells producers how full the queues are.
    pub(super) fn count(&self, pipeline: &Pipeline) {
        self.queued.store(pipeline.queued(), Ordering::Relaxed);
        if pipeline.blocked > 0 && pipeline.queued() <= ROOM_AGAIN {
            self.room.notify_all();
        }
    }

    /// Appends control records as a group of their own, behind everything accepted, and signs it
    /// with `key`, which becomes the writer's. Nothing changes if `make` fails, or if the key may
    /// not sign now.
    pub(super) fn append_control(
        &self,
        key: Option<SigningKey>,
        make: impl FnOnce(&mut ChainWriter, &mut Group, u64) -> Result<(), ChainError>,
    ) -> Result<Arc<Outcome>, StoreError> {
        let mut sealer = lock(&self.sealer);
        let mut accepting = self.accepting();
        accepting.check()?;
        let now_us = self.clock.now_us();
        // What the old key has to answer for is signed by it, in a group of its own.
        self.cut_open(&mut accepting, now_us);
        let mut pipeline = self.pipeline();
        sealer.catch_up(pipeline.epoch, &pipeline.durable, pipeline.durable_end);
        while let Some(cut) = pipeline.cut.pop_front() {
            match sealer.seal(cut) {
                Ok(sealed) => pipeline.push_sealed(sealed),
                Err((error, group)) => {
                    let end = sealer.end();
                    return Err(take_back(&mut accepting, &mut pipeline, end, &group, error));
                }
            }
        }
        let group = Group::new(accepting.open.place, pipeline.spare.pop().unwrap_or_default());
        let sealed = sealer.seal_control(
            group,
            key,
            |end, group| make(&mut end.chain, group, now_us),
            || self.clock.now_us(),
        )?;
        accepting.go_on_behind(&sealed.after, self.rules.place_behind(sealed.group.end()));
        let outcome = Arc::clone(&sealed.group.outcome);
        pipeline.push_sealed(sealed);
        self.count(&pipeline);
        if pipeline.workers.idle > 0 {
            self.work.notify_one();
        }
        Ok(outcome)
    }

    /// Cuts the open group, if there is anything in it; the outcome of everything so far.
    pub(super) fn cut(&self) -> Result<Arc<Outcome>, StoreError> {
        let mut accepting = self.accepting();
        accepting.check()?;
        self.cut_open(&mut accepting, self.clock.now_us());
        Ok(self.pipeline().last_outcome())
    }

    /// Cuts what was accepted and refuses everything from now on, in one step: nothing may be
    /// accepted that the closing writer does not wait for. The outcome of everything so far.
    pub(super) fn close(&self) -> Result<Arc<Outcome>, StoreError> {
        let mut accepting = self.accepting();
        let checked = accepting.check();
        if checked.is_ok() {
            let now_us = self.clock.now_us();
            let may_settle = self.rules.settle_on_close && accepting.window.has_entry();
            if may_settle && accepting.sequencer.check_key(now_us).is_ok() {
                let _waited_for_below = self.settle_window(&mut accepting, now_us);
            }
            self.cut_open(&mut accepting, now_us);
            accepting.ended = Some(StoreError::Closed);
        }
        let mut pipeline = self.pipeline();
        pipeline.is_ended = true;
        self.work.notify_all();
        self.room.notify_all();
        checked.map(|()| pipeline.last_outcome())
    }

    /// Lets go of the table of operations, once nothing is accepted any more.
    pub(super) fn close_dedupe(&self) {
        let closed = DedupeSlot::Failed(StoreError::Closed);
        let dedupe = std::mem::replace(&mut self.accepting().dedupe, closed);
        dedupe.close();
    }

    /// Waits until a group is durable, leading the commit if nobody else does.
    pub(super) fn wait(&self, outcome: &Outcome) -> Result<(), StoreError> {
        if let Some(result) = outcome.result() {
            return result;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let result = loop {
            let mut pipeline = self.pipeline();
            if let Some(result) = outcome.result() {
                break result;
            }
            if pipeline.is_led {
                outcome.enter();
                drop(pipeline);
                outcome.wait();
            } else {
                pipeline.is_led = true;
                drop(pipeline);
                self.lead();
            }
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        result
    }
}
