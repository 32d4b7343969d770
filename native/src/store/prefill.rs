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

/// A background thread that fills the next segment.
#[derive(Debug)]
pub(super) struct Prefill {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<Option<(Box<dyn DiskFile>, u64)>>,
}

impl Prefill {
    /// Starts filling `size` bytes.
    pub(super) fn start(disk: &Arc<dyn Disk>, paths: &ShardPaths, size: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (disk, paths, stopped) = (Arc::clone(disk), paths.clone(), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            // A segment that cannot be prepared is created when it is needed, and the error, a
            // full disk say, shows then.
            Self::discard(&*disk, &paths).ok()?;
            let file = durable::create_prefill(&*disk, &paths).ok()?;
            let zeros = vec![0; STEP];
            let mut filled = 0;
            while filled < size && !stopped.load(Ordering::Relaxed) {
                let step = usize::try_from(size - filled).unwrap_or(STEP).min(STEP);
                durable::fill(&*file, zeros.get(..step).unwrap_or_default(), filled).ok()?;
                filled += step as u64;
                if filled < size {
                    thread::sleep(PAUSE);
                }
            }
            Some((file, filled))
        });
        Self { stop, thread }
    }

    /// Stops after the step at hand; the file and how many durable zeros it holds.
    pub(super) fn finish(self) -> Option<(Box<dyn DiskFile>, u64)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok().flatten()
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
