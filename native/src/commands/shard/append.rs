//! `shard append`.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use countersign_core::chain::Cadence;
use countersign_core::settlement::BatchRules;
use indicatif::{HumanCount, ProgressBar};

use super::super::Output;
use super::super::accounts::tell_behind;
use super::feed::{Fed, Feed};
use super::ledger::{Counts, Ledger, Stopped};
use super::receipts::Receipts;
use crate::accounts::AccountsKeeper;
use crate::args::ShardAppendArgs;
use crate::exit::{Exit, Failure, FileError, Outcome};
use crate::input::Numbered;
use crate::key_file;
use crate::progress;
use crate::signal::Interrupt;
use crate::store::{MeteringLogShard, ShardRecoveryResult, WriterOptions, WriterStatus};

/// How long more input is waited for before what is there is made durable.
const LINGER: Duration = Duration::from_millis(2);
/// How long input is waited for before signals are looked at.
const PATIENCE: Duration = Duration::from_millis(50);

pub(super) fn run(args: &ShardAppendArgs, output: &mut Output<'_>) -> Outcome {
    let format = args.input_format()?;
    let key = key_file::load(&args.process_key)?;
    let unreadable =
        |error| FileError { code: "input-unreadable", path: args.input.clone(), error };
    let file = args.input_file().map(File::open).transpose().map_err(unreadable)?;
    let watch = |error| FileError { code: "signals-unavailable", path: args.dir.clone(), error };
    let interrupt = Interrupt::watch().map_err(watch)?;
    let bar = progress::busy("opening the shard");
    let opened = MeteringLogShard::open(&args.dir, Some(key), &options(args));
    bar.finish_and_clear();
    let (shard, recovery) = opened?;
    tell_recovery(&recovery, output);
    let certificate = shard.status().active;
    let receipts = args.receipts.as_deref();
    let receipts = receipts.map(|path| Receipts::open(path, certificate)).transpose();
    let receipts = match receipts {
        Ok(receipts) => receipts,
        Err(error) => {
            shard.close()?;
            return Err(error.into());
        }
    };
    let accounts = AccountsKeeper::start(&shard);
    let feed = Feed::start(file, format);
    let bar = match feed.length {
        Some(length) => progress::bytes("appending", length),
        None => progress::open_ended("appending"),
    };
    let mut append = Append {
        shard: &shard,
        ledger: Ledger::new(receipts),
        interrupt,
        bar,
        is_counting_lines: feed.length.is_none(),
        is_strict: args.strict,
    };
    let start = Instant::now();
    let ended = append.run(&feed, output);
    // Whatever ended it: what was accepted becomes durable if it can, and is told.
    let flushed = shard.flush();
    let told = append.ledger.tell(&shard, output);
    append.bar.finish_and_clear();
    let counts = append.ledger.counts;
    let synced = append.ledger.finish();
    let end = shard.status();
    let closed = shard.close();
    tell_accounts(accounts, output);
    let stopped = |error| Stopped { error, last_line: counts.last_line };
    tell_summary(&counts, &end, start.elapsed(), output);
    told?;
    let end = ended?;
    synced?;
    flushed.map_err(stopped)?;
    closed.map_err(stopped)?;
    match end {
        // A failure has been returned above.
        End::Input | End::Failed => {}
        End::Interrupted => output.note("ended by a signal: later lines were not read"),
        End::Strict => {
            output.note(format_args!("stopped behind line {}, as --strict asks", counts.last_line));
            return Ok(Exit::Failed);
        }
    }
    Ok(if counts.refused == 0 { Exit::Done } else { Exit::Refused })
}

fn options(args: &ShardAppendArgs) -> WriterOptions {
    WriterOptions {
        group_commit: args.group_commit,
        // The arguments were checked against the same limits.
        cadence: Cadence::new(args.signing_cadence).unwrap_or_default(),
        max_segment_size: args.max_segment_size,
        expect_tip: args.expect_tip.map(|expected| (expected.seq, expected.tip)),
        batch: BatchRules {
            max_records: args.max_records,
            max_age_ms: u64::try_from(args.max_age.as_millis()).unwrap_or(u64::MAX),
        },
        settle_on_close: args.settle_on_close,
        ..WriterOptions::default()
    }
}

/// Why appending ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Input,
    Interrupted,
    Strict,
    /// The log cannot go on; the ledger knows why.
    Failed,
}

struct Append<'s> {
    shard: &'s MeteringLogShard,
    ledger: Ledger,
    interrupt: Interrupt,
    bar: ProgressBar,
    is_counting_lines: bool,
    is_strict: bool,
}

impl Append<'_> {
    fn run(&mut self, feed: &Feed, output: &mut Output<'_>) -> Result<End, Box<dyn Failure>> {
        loop {
            if self.interrupt.is_set() {
                return Ok(End::Interrupted);
            }
            let patience = if self.ledger.is_waiting() { LINGER } else { PATIENCE };
            match feed.next(patience) {
                Fed::Lines(lines, read) => {
                    if !self.is_counting_lines {
                        self.bar.set_position(read);
                    }
                    if let Some(end) = self.append_all(lines, output)? {
                        return Ok(end);
                    }
                }
                Fed::Nothing if self.ledger.is_waiting() => self.ledger.wait_for_oldest(self.shard),
                Fed::Nothing => {}
                Fed::End => return Ok(End::Input),
                Fed::Failed(error) => return Err(error.into()),
            }
            self.tell(output)?;
        }
    }

    fn append_all(
        &mut self,
        lines: Vec<Numbered>,
        output: &mut Output<'_>,
    ) -> Result<Option<End>, Box<dyn Failure>> {
        for Numbered { line, operation } in lines {
            match operation {
                Ok(operation) => {
                    let operation = operation.as_operation();
                    let appended = if self.ledger.wants_receipts() {
                        self.shard.append_for_receipt(&operation)
                    } else {
                        self.shard.append(&operation)
                    };
                    if !self.ledger.note(line, appended) {
                        return Ok(Some(End::Failed));
                    }
                }
                Err(error) => self.ledger.refuse(error),
            }
            if self.is_strict && self.ledger.has_just_refused() {
                return Ok(Some(End::Strict));
            }
            if self.ledger.is_full() {
                self.ledger.wait_for_oldest(self.shard);
                self.tell(output)?;
            }
            if self.interrupt.is_set() {
                return Ok(Some(End::Interrupted));
            }
        }
        Ok(None)
    }

    fn tell(&mut self, output: &mut Output<'_>) -> Result<(), Box<dyn Failure>> {
        self.ledger.tell(self.shard, output)?;
        if self.is_counting_lines {
            self.bar.set_position(self.ledger.counts.lines());
        }
        Ok(())
    }
}

/// A torn tail that opening cut off is worth a remark.
fn tell_recovery(recovery: &ShardRecoveryResult, output: &mut Output<'_>) {
    if !recovery.was_truncated {
        return;
    }
    let files: Vec<_> = recovery.torn_files.iter().map(|path| path.display().to_string()).collect();
    output.note(format_args!(
        "recovered: {} bytes at the end that nobody was promised were cut off ({}) and kept in {}",
        recovery.truncated_bytes,
        recovery.reason,
        files.join(", ")
    ));
}

fn tell_accounts(accounts: io::Result<AccountsKeeper>, output: &mut Output<'_>) {
    match accounts.map(AccountsKeeper::finish) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tell_behind(&error, output),
        Err(error) => tell_behind(&format_args!("cannot start a thread: {error}"), output),
    }
}

fn tell_summary(counts: &Counts, end: &WriterStatus, took: Duration, output: &mut Output<'_>) {
    let seconds = took.as_secs_f64();
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people"
    )]
    let rate = (counts.lines() as f64 / seconds.max(1e-6)) as u64;
    output.note(format_args!(
        "{} appended, {} in the log before, {} refused; {seconds:.2} s, {} lines/s",
        HumanCount(counts.appended),
        HumanCount(counts.duplicates),
        HumanCount(counts.refused),
        HumanCount(rate),
    ));
    if let Some(seq) = end.durable {
        output.note(format_args!("the log ends with {seq}:{}", end.durable_tip));
    }
}
