//! What became of each line: kept in order until it is durable, then told.

use std::collections::VecDeque;
use std::fmt;

use countersign_core::Seq;
use countersign_core::chain::ChainError;
use serde_json::{Value, json};

use super::super::Output;
use super::receipts::Receipts;
use crate::exit::{Exit, Failure, OutputError, error_object};
use crate::input::InputError;
use crate::store::{Appended, MeteringLogShard, StoreError};

/// Lines that may wait to be told; then the disk is waited for.
pub(super) const MAX_WAITING: usize = 16_384;
/// Refused lines that are listed for people. `--json` lists all.
const MAX_LISTED: u64 = 20;

/// The lines that were appended or refused and not told yet, and counts of those that were.
#[derive(Debug)]
pub(super) struct Ledger {
    waiting: VecDeque<Told>,
    receipts: Option<Receipts>,
    /// Why the log cannot go on.
    failed: Option<StoreError>,
    /// Why nothing is printed any more; counting goes on.
    unprinted: Option<OutputError>,
    pub(super) counts: Counts,
}

/// What was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Entries that are new in the log, durable and signed.
    pub(super) appended: u64,
    /// Lines whose entry was in the log before.
    pub(super) duplicates: u64,
    /// Lines that hold no entry.
    pub(super) refused: u64,
    /// The last line before which none is missing.
    pub(super) last_line: u64,
}

#[derive(Debug)]
enum Told {
    Appended { line: u64, appended: Appended },
    Refused(Box<dyn LineFailure>),
}

/// A failure of one line.
trait LineFailure: Failure {
    fn line(&self) -> u64;
}

impl LineFailure for InputError {
    fn line(&self) -> u64 {
        self.line
    }
}

/// An operation that the log does not take.
#[derive(Debug)]
struct OperationRefused {
    line: u64,
    error: StoreError,
}

impl fmt::Display for OperationRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.error)
    }
}

impl Failure for OperationRefused {
    fn code(&self) -> &str {
        self.error.code()
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = Failure::fields(&self.error);
        fields.push(("line", self.line.into()));
        fields
    }
}

impl LineFailure for OperationRefused {
    fn line(&self) -> u64 {
        self.line
    }
}

/// Whether an error concerns the operation alone, and the next one may well go in.
fn is_of_the_line(error: &StoreError) -> bool {
    matches!(error, StoreError::DuplicateOpId { .. } | StoreError::Chain(ChainError::Record(_)))
}

/// The log cannot go on.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) error: StoreError,
    pub(super) last_line: u64,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; ", self.error)?;
        match self.last_line {
            0 => f.write_str("no line was acknowledged")?,
            line => write!(f, "all lines up to {line} are done for good")?,
        }
        f.write_str("; run the same command again for the rest, no entry is written twice")
    }
}

impl Failure for Stopped {
    fn code(&self) -> &str {
        self.error.code()
    }

    fn exit(&self) -> Exit {
        self.error.exit()
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = Failure::fields(&self.error);
        fields.push(("lastLine", self.last_line.into()));
        fields
    }
}

impl Ledger {
    pub(super) const fn new(receipts: Option<Receipts>) -> Self {
        Self {
            waiting: VecDeque::new(),
            receipts,
            failed: None,
            unprinted: None,
            counts: Counts::zero(),
        }
    }

    /// Whether the entries need their bytes for receipts.
    pub(super) const fn wants_receipts(&self) -> bool {
        self.receipts.is_some()
    }

    /// Whether lines wait.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether so many lines wait that the disk must be waited for.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_WAITING
    }

    /// Notes what became of a line; whether the log can go on.
    pub(super) fn note(&mut self, line: u64, appended: Result<Appended, StoreError>) -> bool {
        let told = match appended {
            Ok(appended) => Told::Appended { line, appended },
            Err(error) if is_of_the_line(&error) => {
                Told::Refused(Box::new(OperationRefused { line, error }))
            }
            Err(error) => {
                self.failed.get_or_insert(error);
                return false;
            }
        };
        self.waiting.push_back(told);
        true
    }

    /// Notes a line that could not be read.
    pub(super) fn refuse(&mut self, error: InputError) {
        self.waiting.push_back(Told::Refused(Box::new(error)));
    }

    /// Whether the line noted last was refused.
    pub(super) fn has_just_refused(&self) -> bool {
        matches!(self.waiting.back(), Some(Told::Refused(_)))
    }

    /// Waits for the oldest line that waits.
    pub(super) fn wait_for_oldest(&self, shard: &MeteringLogShard) {
        let appended = self.waiting.iter().find_map(|told| match told {
            Told::Appended { appended, .. } => Some(appended),
            Told::Refused(_) => None,
        });
        if let Some(appended) = appended {
            // What came of it is told by `tell`.
            let _told_later = shard.wait(appended);
        }
    }

    /// Tells, in order, every line whose fate is known.
    ///
    /// # Errors
    /// [`Stopped`] if the log cannot go on. What is behind a group that was taken back may be in
    /// the log all the same, and is told too.
    pub(super) fn tell(
        &mut self,
        shard: &MeteringLogShard,
        output: &mut Output<'_>,
    ) -> Result<(), Box<dyn Failure>> {
        let told = self.tell_lines(shard, output);
        // Also what was told before a failure must arrive.
        let receipts = self.receipts.as_mut().map_or(Ok(()), Receipts::flush);
        let flushed = match &self.unprinted {
            None => output.stdout.flush().map_err(OutputError),
            Some(_) => Ok(()),
        };
        told?;
        receipts?;
        flushed?;
        if let Some(error) = self.unprinted.take() {
            return Err(error.into());
        }
        match &self.failed {
            Some(error) => {
                let last_line = self.counts.last_line;
                Err(Stopped { error: error.clone(), last_line }.into())
            }
            None => Ok(()),
        }
    }

    fn tell_lines(
        &mut self,
        shard: &MeteringLogShard,
        output: &mut Output<'_>,
    ) -> Result<(), Box<dyn Failure>> {
        while let Some(told) = self.waiting.front() {
            let line = match told {
                Told::Refused(failure) => {
                    let line = failure.line();
                    if self.unprinted.is_none() {
                        let before = self.counts.refused;
                        self.unprinted = tell_refused(line, failure.as_ref(), before, output).err();
                    }
                    self.counts.refused += 1;
                    line
                }
                Told::Appended { line, appended } => {
                    match shard.poll(appended) {
                        None => return Ok(()),
                        Some(Err(error)) => {
                            self.failed.get_or_insert(error);
                            self.waiting.pop_front();
                            continue;
                        }
                        Some(Ok(())) => {}
                    }
                    if let Some(receipts) = &mut self.receipts
                        && let Some(receipt) = shard.receipt(appended)?
                    {
                        receipts.write(&receipt)?;
                    }
                    if self.unprinted.is_none() {
                        let (seq, is_duplicate) = (appended.seq, appended.is_duplicate);
                        self.unprinted = tell_appended(*line, seq, is_duplicate, output).err();
                    }
                    if appended.is_duplicate {
                        self.counts.duplicates += 1;
                    } else {
                        self.counts.appended += 1;
                    }
                    *line
                }
            };
            if self.failed.is_none() {
                self.counts.last_line = line;
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// Forces the receipts to the medium.
    pub(super) fn finish(self) -> Result<(), Box<dyn Failure>> {
        if let Some(receipts) = self.receipts {
            receipts.finish()?;
        }
        Ok(())
    }
}

impl Counts {
    const fn zero() -> Self {
        Self { appended: 0, duplicates: 0, refused: 0, last_line: 0 }
    }

    /// All lines told.
    pub(super) const fn lines(&self) -> u64 {
        self.appended + self.duplicates + self.refused
    }
}

fn tell_appended(
    line: u64,
    seq: Seq,
    is_duplicate: bool,
    output: &mut Output<'_>,
) -> Result<(), OutputError> {
    if !output.json {
        return Ok(());
    }
    let duplicate = if is_duplicate { r#","duplicate":true"# } else { "" };
    writeln!(output.stdout, r#"{{"line":{line},"seq":"{seq}"{duplicate}}}"#).map_err(OutputError)
}

fn tell_refused(
    line: u64,
    failure: &dyn LineFailure,
    before: u64,
    output: &mut Output<'_>,
) -> Result<(), OutputError> {
    if output.json {
        let error = error_object(failure);
        let document = json!({ "line": line, "error": error });
        return writeln!(output.stdout, "{document}").map_err(OutputError);
    }
    if before < MAX_LISTED {
        output.note(format_args!("refused: {}", crate::exit::one_line(&failure.to_string())));
    } else if before == MAX_LISTED {
        output.note("refused: more lines, which are not listed; --json lists them all");
    }
    Ok(())
}
