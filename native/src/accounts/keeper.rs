//! Moves the accounts behind every settlement of a writer of this process.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use countersign_core::Seq;

use super::error::AccountsError;
use super::shard_accounts::ShardAccounts;
use crate::store::MeteringLogShard;
use crate::store::disk::RealDisk;

/// How often the writer is asked whether it has settled.
const INTERVAL: Duration = Duration::from_millis(100);
/// Records that are applied before it is asked whether to stop.
const STEP: u64 = 65_536;
/// Steps that are taken once it is to stop: a fraction of a second.
const LAST_STEPS: u32 = 4;

/// A thread that brings the accounts of a shard up whenever its writer has settled a batch.
///
/// Appends never wait for it: it reads what is durable, and what it falls behind by it makes up
/// for later. A crash leaves the accounts behind, never wrong.
#[derive(Debug)]
pub struct AccountsKeeper {
    stop: Sender<()>,
    thread: JoinHandle<Result<(), AccountsError>>,
}

impl AccountsKeeper {
    /// Starts the thread for the shard that `shard` writes, on the real disk.
    ///
    /// # Errors
    /// That of the operating system, if it has no thread left.
    pub fn start(shard: &MeteringLogShard) -> io::Result<Self> {
        let shard = shard.clone();
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("accounts".into());
        let thread = thread.spawn(move || run(&shard, &stopped))?;
        Ok(Self { stop, thread })
    }

    /// Brings the accounts up to the last settlement, unless that takes longer than a moment, and
    /// ends the thread. To be called when the writer is closed.
    ///
    /// # Errors
    /// Why the accounts could not be moved. The log is as good as without them:
    /// [`ShardAccounts::catch_up`] does what was left undone.
    pub fn finish(self) -> Result<(), AccountsError> {
        drop(self.stop);
        // It does not panic; if it did, the accounts would be behind.
        self.thread.join().unwrap_or(Ok(()))
    }
}

fn run(shard: &MeteringLogShard, stopped: &Receiver<()>) -> Result<(), AccountsError> {
    // What was settled before is left to those who ask for it.
    let mut seen = shard.status().window.from_seq;
    loop {
        let ends = stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout);
        let status = shard.status();
        if let Some(durable) = status.durable.filter(|_| status.window.from_seq > seen) {
            seen = status.window.from_seq;
            catch_up(shard, durable, ends, stopped)?;
        }
        if ends {
            return Ok(());
        }
    }
}

/// Step by step, until the accounts are up or there is no time left.
fn catch_up(
    shard: &MeteringLogShard,
    to: Seq,
    mut ends: bool,
    stopped: &Receiver<()>,
) -> Result<(), AccountsError> {
    let mut accounts = ShardAccounts::open(&RealDisk, &shard.directory())?;
    let mut next = STEP;
    let mut steps_left = LAST_STEPS;
    loop {
        accounts.catch_up(Some(Seq(next).min(to)), |_, _| {})?;
        let Some(last) = accounts.last_seq().filter(|last| *last < to) else { return Ok(()) };
        next = last.0.saturating_add(STEP);
        ends = ends || stopped.try_recv() == Err(mpsc::TryRecvError::Disconnected);
        if ends {
            steps_left = steps_left.saturating_sub(1);
            if steps_left == 0 {
                return Ok(());
            }
        }
    }
}
