//! Power cuts: from a recorded run, every state the medium may be found in.
//!
//! ```text
//! let tally = Crashes::of(&disk.journal()).seed(seed).for_each(2, |state| {
//!     let disk = state.image.to_disk();
//!     // recover on `disk`; compare with what was acknowledged by `state.acknowledged`
//! });
//! ```
//!
//! A state may be drawn more than once, after one operation or after several. It is handed out once
//! for each mark: the same bytes after a later acknowledgement owe more. [`Tally`] has both counts.

use std::collections::HashSet;
use std::fmt;
use std::ops::{AddAssign, RangeInclusive};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::image::Image;
use crate::journal::{Journal, Op};
use crate::medium::Medium;
use crate::points::{Sampling, each_point};
use crate::rng::mix;
use crate::space::Space;

/// What a machine may find after a power cut.
#[derive(Clone, Debug)]
pub struct CrashState {
    /// Operations of the journal before the cut.
    pub after: usize,
    /// The last mark before the cut.
    pub acknowledged: Option<u64>,
    /// What the medium holds.
    pub image: Image,
    /// What of the pending things arrived; for people who look for the reason of a failure.
    pub point: Box<[u8]>,
    last: Option<Op>,
}

impl fmt::Display for CrashState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "power cut after {} operations, mark {:?}", self.after, self.acknowledged)?;
        match &self.last {
            Some(Op::Write { file, offset, bytes }) => {
                write!(out, ", the last a write of {} bytes at {offset} of {file:?}", bytes.len())?;
            }
            Some(op) => write!(out, ", the last {op:?}")?,
            None => {}
        }
        write!(out, "; arrived: {:?}", self.point)
    }
}

/// How many states were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// States drawn.
    pub drawn: u64,
    /// Those that differed from all before them with the same mark: the ones handed out.
    pub distinct: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.drawn += other.drawn;
        self.distinct += other.distinct;
    }
}

/// The power cuts of one run.
#[derive(Clone, Debug)]
pub struct Crashes<'a> {
    journal: &'a Journal,
    cuts: RangeInclusive<usize>,
    sampling: Sampling,
}

impl<'a> Crashes<'a> {
    /// A cut before the first operation, after each, and after the last.
    pub fn of(journal: &'a Journal) -> Self {
        Self { journal, cuts: 0..=journal.ops.len(), sampling: Sampling::default() }
    }

    /// Only cuts after at least `first` and at most `last` operations.
    #[must_use]
    pub fn between(mut self, first: usize, last: usize) -> Self {
        self.cuts = first..=last.min(self.journal.ops.len());
        self
    }

    /// Decides the samples. The same seed draws the same states on any number of threads.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.sampling.seed = seed;
        self
    }

    /// Random states after each operation with too many pending to try them all.
    #[must_use]
    pub fn samples(mut self, samples: usize) -> Self {
        self.sampling.samples = samples;
        self
    }

    /// Tries all states as long as no more than two to this many combinations are pending.
    #[must_use]
    pub fn exhaustive_bits(mut self, bits: u32) -> Self {
        self.sampling.exhaustive_bits = bits;
        self
    }

    /// Hands every state to `check`, on `threads` threads. When `check` panics, the state is
    /// described on standard error and the panic goes on.
    pub fn for_each(&self, threads: usize, check: impl Fn(&CrashState) + Sync) -> Tally {
        let next = AtomicUsize::new(*self.cuts.start());
        let seen = Seen::default();
        let work = || {
            let mut medium = Medium::new(self.journal);
            let mut tally = Tally::default();
            let _stop = Stop { next: &next, end: *self.cuts.end() + 1 };
            loop {
                let after = next.fetch_add(1, Ordering::Relaxed);
                if after > *self.cuts.end() {
                    return tally;
                }
                medium.advance(self.journal, after);
                tally += self.at(after, &medium, &seen, &check);
            }
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let mut total = Tally::default();
            for worker in workers {
                match worker.join() {
                    Ok(tally) => total += tally,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            total
        })
    }

    fn at(
        &self,
        after: usize,
        medium: &Medium,
        seen: &Seen,
        check: &impl Fn(&CrashState),
    ) -> Tally {
        let acknowledged = self.journal.mark_after(after);
        let owed = acknowledged.map_or(0, |label| mix(label).wrapping_add(1));
        let mut tally = Tally::default();
        each_point(&mut Space::of(medium), self.sampling, after as u64, |space, point| {
            let Some(hash) = space.hash(point) else { return };
            tally.drawn += 1;
            if !seen.insert(hash ^ mix(owed)) {
                return;
            }
            tally.distinct += 1;
            let last = after.checked_sub(1).and_then(|last| self.journal.ops.get(last)).cloned();
            let image = space.image(point);
            let state = CrashState { after, acknowledged, image, point: point.into(), last };
            let announce = Announce(&state);
            check(&state);
            drop(announce);
        });
        tally
    }
}

impl Journal {
    /// What the medium surely holds after `after` operations: the worst power cut.
    pub fn durable_after(&self, after: usize) -> Image {
        let mut space = self.space_after(after);
        let nothing = vec![0; space.sizes.len()];
        space.image(&nothing)
    }

    /// What the medium holds after `after` operations when everything pending arrives: the kindest.
    pub fn newest_after(&self, after: usize) -> Image {
        let mut space = self.space_after(after);
        let everything: Vec<u8> = space.sizes.iter().map(|size| size - 1).collect();
        space.image(&everything)
    }

    fn space_after(&self, after: usize) -> Space {
        let mut medium = Medium::new(self);
        medium.advance(self, after);
        Space::of(&medium)
    }
}

/// Says which state broke the check.
pub(crate) struct Announce<'a, T: fmt::Display>(pub(crate) &'a T);

impl<T: fmt::Display> Drop for Announce<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

/// Leaves nothing to do for the other threads once one has failed.
struct Stop<'a> {
    next: &'a AtomicUsize,
    end: usize,
}

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.next.store(self.end, Ordering::Relaxed);
        }
    }
}

/// Hashes of the states handed out, in parts so that threads seldom wait for each other.
#[derive(Default)]
pub(crate) struct Seen([Mutex<HashSet<u64>>; 32]);

impl Seen {
    /// Whether it is new.
    pub(crate) fn insert(&self, hash: u64) -> bool {
        let part = &self.0[(hash >> 59) as usize];
        part.lock().unwrap_or_else(PoisonError::into_inner).insert(hash)
    }
}
