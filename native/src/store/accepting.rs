//! What the writer has accepted: everything behind its mutex, and the steps that change it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_core::Seq;
use countersign_core::chain::{Cadence, ChainError, ChainWriter, Operation};
use countersign_core::frame::Place;
use countersign_core::keys::SigningKey;
use countersign_core::limits::{
    LENGTH_PREFIX_SIZE, MAX_ASSET_ID_SIZE, MAX_ENTRY_SIZE, MAX_OP_ID_SIZE, MAX_OP_SIZE,
};

use super::dedupe_slot::DedupeSlot;
use super::error::StoreError;
use super::group::{Checkpoint, Group, Outcome, SIGNATURE_FRAME_SIZE, Sealed};
use super::sync::Condvar;

/// The sizes of groups and segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupRules {
    pub(super) group_commit: u32,
    pub(super) cadence: Cadence,
    pub(super) flush_interval: Duration,
    pub(super) max_segment_size: u64,
}

/// Everything behind the mutex.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each says who may sleep, and is read alone")]
pub(super) struct Accepting {
    /// The end of the chain, accepted.
    pub(super) chain: ChainWriter,
    /// The end of the last sealed group.
    pub(super) sealed: Checkpoint,
    /// The end of the last durable one.
    pub(super) durable: Checkpoint,
    pub(super) durable_end: Place,
    pub(super) open: Group,
    pub(super) open_since: Instant,
    pub(super) queue: VecDeque<Sealed>,
    /// Whether a thread leads: gathers, writes or syncs.
    pub(super) is_led: bool,
    /// The group being synced.
    pub(super) committing: Option<(Seq, Arc<Outcome>)>,
    /// Threads that wait for a group now, and when the last one became durable.
    pub(super) waiting: u32,
    pub(super) expected: u32,
    /// How long the last write and sync took.
    pub(super) last_sync: Duration,
    pub(super) key: Option<Arc<SigningKey>>,
    pub(super) dedupe: DedupeSlot,
    /// Why the writer is of no more use.
    pub(super) ended: Option<StoreError>,
    pub(super) spare: Vec<Vec<u8>>,
    pub(super) is_background_idle: bool,
    /// Whether the background thread waits without a limit.
    pub(super) is_background_asleep: bool,
    /// Whether a group was opened since the background thread last looked.
    pub(super) is_active: bool,
}

impl Accepting {
    /// Behind a log that ends, durable and signed, at `end`.
    pub(super) fn new(
        chain: ChainWriter,
        key: Option<SigningKey>,
        dedupe: DedupeSlot,
        end: Place,
    ) -> Self {
        let key = key.map(Arc::new);
        let durable = Checkpoint { chain: chain.clone(), key: key.clone() };
        Self {
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
            is_background_asleep: false,
            is_active: false,
        }
    }

    /// Whether the writer is still of use.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// Wakes who must lead next: one who waits for the next group, or the background thread, which
    /// does not count the age of the open group while somebody leads.
    pub(super) fn pass_lead(&self, work: &Condvar) {
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
    pub(super) fn outcome_of(&self, seq: Seq) -> Arc<Outcome> {
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
    pub(super) fn make_room(
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
    pub(super) fn seal(&mut self, rules: &GroupRules, now_us: u64) -> Result<(), StoreError> {
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
    pub(super) fn seal_all(
        &mut self,
        rules: &GroupRules,
        now_us: u64,
    ) -> Result<Arc<Outcome>, StoreError> {
        self.seal(rules, now_us).map_err(undone)?;
        let last = self.queue.back().map(|sealed| &sealed.group.outcome);
        let last = last.or_else(|| self.committing.as_ref().map(|(_, outcome)| outcome));
        Ok(last.map_or_else(Outcome::durable, Arc::clone))
    }

    /// Goes back to the durable end: everything accepted behind it is told `error`.
    pub(super) fn roll_back(&mut self, error: &StoreError) {
        for Sealed { group, .. } in self.queue.drain(..) {
            group.outcome.settle(Err(error.clone()));
            group.outcome.ready.notify_all();
        }
        self.sealed = self.durable.clone();
        self.open.place = self.durable_end;
        self.take_back_open(error);
    }

    /// Goes back to the last sealed group, since `error` keeps the open one from being sealed.
    pub(super) fn undo_open(&mut self, error: &StoreError) {
        self.take_back_open(&undone(error.clone()));
    }

    pub(super) fn take_back_open(&mut self, error: &StoreError) {
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

pub(super) fn undone(error: StoreError) -> StoreError {
    StoreError::AppendUndone(Arc::new(error))
}

/// Bytes of an entry's frame beside its texts, at most.
const ENTRY_FRAME_OVERHEAD: usize =
    LENGTH_PREFIX_SIZE + MAX_ENTRY_SIZE - MAX_OP_SIZE - MAX_ASSET_ID_SIZE - MAX_OP_ID_SIZE;
