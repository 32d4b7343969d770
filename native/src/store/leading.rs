//! Takes groups through the pipeline: sealing, and leading a commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use countersign_core::frame::Place;

use super::accepting::{Accepting, undone};
use super::durable::CommitError;
use super::error::StoreError;
use super::group::{Group, Sealed};
use super::group_commit::GroupCommit;
use super::pipeline::Pipeline;
use super::projection::Checkpoint;
use super::sync::{MutexGuard, lock, thread};

/// Longest that a leader waits for others to join, whatever the disk.
const MAX_GATHER: Duration = Duration::from_micros(200);
/// Buffers kept for reuse.
const MAX_SPARE: usize = 8;

impl GroupCommit {
    /// Takes the next group through all that is left to do; the caller leads, and no longer does
    /// afterwards.
    pub(super) fn lead(&self) {
        self.gather();
        if self.pipeline().has_only_open() {
            self.cut_open(&mut self.accepting(), self.clock.now_us());
        }
        if self.pipeline().sealed.is_empty() {
            self.seal_next();
        }
        drop(self.commit_front(self.pipeline()));
    }

    /// Gives the producers that the last sync released a moment to join the next one.
    ///
    /// Without it they split into two halves that wait for each other's syncs. A lone producer
    /// never waits here, and nobody longer than a quarter of a sync.
    pub(super) fn gather(&self) {
        let (expected, last_sync) = {
            let pipeline = self.pipeline();
            (pipeline.expected, pipeline.last_sync)
        };
        let patience = if cfg!(feature = "shuttle") {
            Duration::ZERO
        } else {
            (last_sync / 4).min(MAX_GATHER)
        };
        let start = Instant::now();
        while self.accepting().open.records < expected
            && self.pipeline().has_only_open()
            && start.elapsed() < patience
        {
            thread::yield_now();
        }
    }

    /// Seals the next cut group; whether there was one.
    pub(super) fn seal_next(&self) -> bool {
        let mut sealer = lock(&self.sealer);
        let cut = {
            let mut pipeline = self.pipeline();
            sealer.catch_up(pipeline.epoch, &pipeline.durable, pipeline.durable_end);
            let Some(cut) = pipeline.cut.pop_front() else { return false };
            pipeline.sealing = Some((cut.signature.0, Arc::clone(&cut.group.outcome)));
            cut
        };
        match sealer.seal(cut) {
            Ok(sealed) => {
                let mut pipeline = self.pipeline();
                // Otherwise it was taken back meanwhile, and whoever waits was told.
                if pipeline.epoch == sealer.epoch() {
                    pipeline.push_sealed(sealed);
                }
            }
            Err((error, group)) => {
                let mut accepting = self.accepting();
                let mut pipeline = self.pipeline();
                if pipeline.epoch == sealer.epoch() {
                    let end = sealer.end();
                    let _told = take_back(&mut accepting, &mut pipeline, end, &group, error);
                    self.count(&pipeline);
                    // A closing writer has nothing left to wait for.
                    self.work.notify_all();
                }
            }
        }
        true
    }

    /// Writes and syncs the next sealed group; the caller leads, and no longer does afterwards.
    pub(super) fn commit_front<'a>(
        &'a self,
        mut pipeline: MutexGuard<'a, Pipeline>,
    ) -> MutexGuard<'a, Pipeline> {
        let Some(sealed) = pipeline.sealed.pop_front() else {
            pipeline.is_led = false;
            self.pass_lead(&pipeline);
            return pipeline;
        };
        pipeline.committing = Some((sealed.last_seq, Arc::clone(&sealed.group.outcome)));
        drop(pipeline);
        let start = Instant::now();
        let (result, end) = {
            let mut journal = self.journal();
            let now_us = self.clock.now_us();
            let result = journal.commit(&sealed, now_us);
            (result, journal.end())
        };
        let last_sync = start.elapsed();
        let Sealed { group, after, .. } = sealed;
        let (mut pipeline, result) = match result {
            Ok(()) => {
                let mut pipeline = self.pipeline();
                pipeline.durable = after;
                pipeline.durable_end = end;
                (pipeline, Ok(()))
            }
            Err(error) => {
                let (pipeline, error) = self.roll_back(error, end);
                (pipeline, Err(error))
            }
        };
        pipeline.last_sync = last_sync;
        pipeline.expected = self.waiting.load(Ordering::Relaxed);
        pipeline.committing = None;
        pipeline.is_led = false;
        self.count(&pipeline);
        // Who leads next starts before those whom this commit releases come back.
        self.pass_lead(&pipeline);
        group.outcome.settle(result);
        if pipeline.spare.len() < MAX_SPARE {
            let mut bytes = group.bytes;
            bytes.clear();
            pipeline.spare.push(bytes);
        }
        pipeline
    }

    /// Takes back everything that is not durable; what those who wait are told. The log ends at
    /// `end`: even where the group failed, the segment for it may be there already.
    #[cold]
    pub(super) fn roll_back(
        &self,
        error: CommitError,
        end: Place,
    ) -> (MutexGuard<'_, Pipeline>, StoreError) {
        let mut accepting = self.accepting();
        let mut pipeline = self.pipeline();
        let told = match error {
            CommitError::Undone(error) => undone(error),
            CommitError::Poisoned(error) => {
                let error = StoreError::Poisoned(Arc::new(error));
                accepting.ended = Some(error.clone());
                pipeline.is_ended = true;
                error
            }
        };
        pipeline.roll_back(end, &told);
        accepting.go_back(&pipeline.durable, end, &told);
        self.room.notify_all();
        (pipeline, told)
    }

    /// Sees to it that somebody leads next, if there is anything to lead: one who waits for the
    /// next group, or a background thread.
    pub(super) fn pass_lead(&self, pipeline: &Pipeline) {
        let Some(next) = pipeline.next_outcome() else {
            if pipeline.is_ended {
                // The background threads stay for what is queued, and nothing is any more.
                self.work.notify_all();
            }
            return;
        };
        if next.ask_to_lead() || pipeline.workers.idle == 0 {
            return;
        }
        let flush_interval = self.rules.flush_interval;
        if !pipeline.has_only_open() || pipeline.workers.must_wake_for_open(flush_interval) {
            self.work.notify_one();
        }
    }
}

/// Takes back a group that cannot be sealed, and all behind it; what was sealed stays. The error
/// of those who wait.
#[cold]
pub(super) fn take_back(
    accepting: &mut Accepting,
    pipeline: &mut Pipeline,
    end: &Checkpoint,
    group: &Group,
    error: StoreError,
) -> StoreError {
    let told = undone(error.clone());
    group.outcome.settle(Err(told.clone()));
    pipeline.take_back_unsealed(&told);
    accepting.go_back(end, group.place, &told);
    error
}
