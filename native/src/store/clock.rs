//! Wall time, as an argument.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time, in microseconds since the Unix epoch.
pub trait Clock: Debug + Send + Sync {
    /// Now.
    fn now_us(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_us(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// A clock that a caller sets, for `--now`, replays and tests.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_us: AtomicU64,
    step_us: u64,
}

impl ManualClock {
    /// Starts at `now_us` and moves on by `step_us` whenever it is read.
    pub const fn new(now_us: u64, step_us: u64) -> Self {
        Self { now_us: AtomicU64::new(now_us), step_us }
    }

    /// Sets the time.
    pub fn set(&self, now_us: u64) {
        self.now_us.store(now_us, Ordering::Relaxed);
    }

    /// Lets time go by.
    pub fn advance(&self, by_us: u64) {
        self.now_us.fetch_add(by_us, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now_us(&self) -> u64 {
        self.now_us.fetch_add(self.step_us, Ordering::Relaxed)
    }
}
