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
        // Here and not on the thread, which may start when the first batch is settled already.
        let seen = shard.status().window.from_seq;
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("accounts".into());
        let thread = thread.spawn(move || run(&shard, seen, &stopped))?;
        Ok(Self { stop, thread })
    }

    /// Brings the accounts up to the last settlement, unless that takes longer than a moment, and
    /// ends the thread. To be called when the writer is closed.
    ///
    /// # Errors
    /// Why the accounts could not be moved behind the last settlement. The log is as good as without
    /// them: [`ShardAccounts::catch_up`] does what was left undone.
    pub fn finish(self) -> Result<(), AccountsError> {
        drop(self.stop);
        // It does not panic; if it did, the accounts would be behind.
        self.thread.join().unwrap_or(Ok(()))
    }
}

/// Moves them behind every settlement after the one that starts the window `seen`: what was
/// settled before is left to those who ask for it.
fn run(
    shard: &MeteringLogShard,
    mut seen: Seq,
    stopped: &Receiver<()>,
) -> Result<(), AccountsError> {
    let mut moved = Ok(());
    loop {
        let ends = stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout);
        let status = shard.status();
        if let Some(durable) = status.durable.filter(|_| status.window.from_seq > seen) {
            seen = status.window.from_seq;
            // What fails now may be possible behind the next one, e.g. when there is space again.
            moved = catch_up(shard, durable, ends, stopped);
        }
        if ends {
            return moved;
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
    // Finds out where they are.
    accounts.catch_up(Some(Seq::FIRST), |_, _| {})?;
    let mut steps_left = LAST_STEPS;
    while let Some(last) = accounts.last_seq().filter(|last| *last < to) {
        ends = ends || stopped.try_recv() == Err(mpsc::TryRecvError::Disconnected);
        if ends && steps_left == 0 {
            break;
        }
        steps_left -= u32::from(ends);
        let next = Seq(last.0.saturating_add(STEP)).min(to);
        accounts.catch_up(Some(next), |_, _| {})?;
    }
    Ok(())
}
