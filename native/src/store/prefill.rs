//! Prepares the next segment: a file of written zeros, so that syncing a group later changes no
//! metadata (`durability.md` W6; `fallocate` alone gains nothing).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::disk::{Disk, DiskFile};
use super::durable;
use super::error::StoreError;
use super::paths::ShardPaths;
use super::sync::thread;

/// Zeros written and synced at a time; more at once would stall the writer's own syncs.
const STEP: usize = 1024 * 1024;
/// Pause between two steps.
const PAUSE: Duration = Duration::from_millis(5);

/// A file that is to be a segment.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) file: Box<dyn DiskFile>,
    /// How many durable zeros it holds.
    pub(super) filled: u64,
}

/// A background thread that fills the next segment.
#[derive(Debug)]
pub(super) struct Prefill {
    stop: Arc<AtomicBool>,
    /// Taken when it is waited for.
    thread: Option<thread::JoinHandle<Option<Prepared>>>,
}

impl Prefill {
    /// Starts filling `size` bytes.
    pub(super) fn start(disk: &Arc<dyn Disk>, paths: &ShardPaths, size: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (disk, paths, stopped) = (Arc::clone(disk), paths.clone(), Arc::clone(&stop));
        let thread = thread::Builder::new().spawn(move || {
            // A segment that cannot be prepared is created when it is needed, and the error, a
            // full disk say, shows then. Until then the group at hand needs the space more.
            let prepared = Self::prepare(&*disk, &paths, size, &stopped);
            if prepared.is_err() {
                let _shows_later = Self::discard(&*disk, &paths);
            }
            prepared.ok()
        });
        // Without a thread the segment is made when it is needed.
        Self { stop, thread: thread.ok() }
    }

    fn prepare(
        disk: &dyn Disk,
        paths: &ShardPaths,
        size: u64,
        stopped: &AtomicBool,
    ) -> Result<Prepared, StoreError> {
        Self::discard(disk, paths)?;
        let failed = |error| StoreError::io("prepare", paths.prefill(), error);
        let file = durable::create_prefill(disk, paths).map_err(failed)?;
        let zeros = vec![0; STEP];
        let mut filled = 0;
        while filled < size && !stopped.load(Ordering::Relaxed) {
            let step = usize::try_from(size - filled).unwrap_or(STEP).min(STEP);
            durable::fill(&*file, zeros.get(..step).unwrap_or_default(), filled).map_err(failed)?;
            filled += step as u64;
            if filled < size {
                thread::sleep(PAUSE);
            }
        }
        Ok(Prepared { file, filled })
    }

    /// Stops after the step at hand; the file, if all its zeros so far are durable.
    pub(super) fn finish(mut self) -> Option<Prepared> {
        self.join()
    }

    fn join(&mut self) -> Option<Prepared> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take()?.join().ok().flatten()
    }

    /// Removes what an earlier writer prepared.
    pub(super) fn discard(disk: &dyn Disk, paths: &ShardPaths) -> Result<(), StoreError> {
        match disk.unlink(&paths.prefill()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", paths.prefill(), error))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Prefill {
    fn drop(&mut self) {
        // A thread that outlived its writer could remove what the next one prepares.
        drop(self.join());
    }
}
