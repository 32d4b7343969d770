//! The background threads: they take on what nobody waits for.

use std::time::{Duration, Instant};

use super::group_commit::GroupCommit;
use super::pipeline::Pipeline;
use super::sync::{MutexGuard, wait, wait_timeout};

impl GroupCommit {
    /// A background thread: seals and commits until the writer has ended and nothing is left.
    pub(super) fn run_background(&self) {
        let mut pipeline = self.pipeline();
        loop {
            if !pipeline.is_led && !pipeline.sealed.is_empty() {
                pipeline.is_led = true;
                pipeline = self.commit_front(pipeline);
                continue;
            }
            if !pipeline.cut.is_empty() && pipeline.sealing.is_none() {
                drop(pipeline);
                self.seal_next();
                pipeline = self.pipeline();
                continue;
            }
            if pipeline.is_ended && pipeline.next_outcome().is_none() {
                return;
            }
            let age = match &pipeline.open {
                Some((_, since)) if !pipeline.is_led => Some(since.elapsed()),
                _ => None,
            };
            if age.is_some_and(|age| age >= self.rules.flush_interval) {
                drop(pipeline);
                self.cut_open(&mut self.accepting(), self.clock.now_us());
                pipeline = self.pipeline();
                continue;
            }
            let due_in = pipeline.due_at_us.map(|at_us| at_us.saturating_sub(self.clock.now_us()));
            if due_in == Some(0) {
                drop(pipeline);
                self.settle_if_due();
                pipeline = self.pipeline();
                continue;
            }
            pipeline = self.idle(pipeline, age, due_in.map(Duration::from_micros));
        }
    }

    /// Waits for work; at most for the rest of a flush interval if a group is open, or was lately,
    /// and until the window is due.
    pub(super) fn idle<'a>(
        &'a self,
        mut pipeline: MutexGuard<'a, Pipeline>,
        open_age: Option<Duration>,
        due_in: Option<Duration>,
    ) -> MutexGuard<'a, Pipeline> {
        let was_active = std::mem::take(&mut pipeline.workers.is_active);
        let flush = self.rules.flush_interval;
        let flush_in = match open_age {
            Some(age) => Some(flush.saturating_sub(age)),
            None => was_active.then_some(flush),
        };
        let rest = flush_in.into_iter().chain(due_in).min();
        let until = rest.map(|rest| Instant::now() + rest);
        let is_first = pipeline.workers.nap_until.is_none_or(|other| until < Some(other));
        pipeline.workers.idle += 1;
        if let Some(rest) = rest.filter(|_| is_first) {
            pipeline.workers.nap_until = until;
            pipeline = wait_timeout(&self.work, pipeline, rest);
            if pipeline.workers.nap_until == until {
                pipeline.workers.nap_until = None;
            }
        } else {
            pipeline = wait(&self.work, pipeline);
        }
        pipeline.workers.idle -= 1;
        pipeline
    }

    /// Has the window settled if it is due. Under a key that has expired it waits for the next one.
    pub(super) fn settle_if_due(&self) {
        let mut accepting = self.accepting();
        let now_us = self.clock.now_us();
        self.pipeline().due_at_us = None;
        let may_sign = accepting.key.is_some() && accepting.sequencer.check_key(now_us).is_ok();
        if !may_sign || accepting.ended.is_some() {
            return;
        }
        if accepting.is_settlement_due(&self.rules.batch, now_us) {
            let _for_nobody = self.settle_window(&mut accepting, now_us);
        } else {
            self.pipeline().due_at_us = accepting.window.due_at_us(&self.rules.batch);
        }
    }
}
