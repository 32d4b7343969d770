//! The audit of a whole shard: the chain, and every settlement against its records.
//!
//! [`check_shard_run`] does on any core what a run of records allows by itself: the checks of the
//! chain, the leaf hashes, the lines of the operation index. [`ShardAuditor`] joins the runs in
//! order and hands out what is costly, signatures and the recount of whole batches, as
//! [`PendingCheck`]s for any core. No record is kept: of the open batch 128 bytes an entry and 32
//! bytes any other record, and nothing of the batches before it.

mod batches;
mod recount;
mod spans;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::chain::{
    AuditReport, Auditor, Failure, FailureCode, KeyWindow, Keyring, PendingSignature, RunSummary,
    check_run_with,
};
use crate::frame::Place;
use crate::keys::{KeyTables, PublicKey};
use crate::{Seq, SeqRange};

use batches::Batches;
pub use recount::PendingBatch;
use spans::{Span, Spans};

/// What a run of records holds, for a [`ShardAuditor`].
#[derive(Debug)]
pub struct ShardRun {
    chain: RunSummary,
    spans: Vec<Span>,
}

impl ShardRun {
    /// How many of the frames were taken, as [`RunSummary::consumed`].
    pub const fn consumed(&self) -> usize {
        self.chain.consumed
    }

    /// The key window it was checked under.
    pub const fn key_window(&self) -> Option<KeyWindow> {
        self.chain.window
    }
}

/// Checks the records of `frames`, in order, under `window`, and makes ready what the settlements
/// are held against. For an auditor that reports on `range` alone.
///
/// O(bytes); takes about 128 bytes for each entry, and no more from `frames` than
/// [`ShardRun::consumed`] says.
///
/// Does not prove anything about signatures, keys or settlements, nor that the run continues the
/// log: that is the auditor's part.
pub fn check_shard_run<'a>(
    frames: impl IntoIterator<Item = (Place, &'a [u8])>,
    window: Option<KeyWindow>,
    range: SeqRange,
) -> ShardRun {
    let mut spans = Spans::default();
    let chain = check_run_with(frames, window, range, &mut spans);
    ShardRun { chain, spans: spans.finish() }
}

/// Something costly that is still to be checked, on any thread.
#[derive(Debug)]
pub enum PendingCheck {
    /// A signature.
    Signature(Box<PendingSignature>),
    /// The roots and sums of a settlement.
    Batch(Box<PendingBatch>),
}

/// What came of a [`PendingCheck`].
#[derive(Debug)]
pub enum CheckVerdict {
    /// A signature, and whether it holds.
    Signature(Box<PendingSignature>, bool),
    /// What of a settlement is not as its records have it.
    Batch(Vec<Failure>),
}

impl PendingCheck {
    /// Checks each, in order: some 30 microseconds for a signature, half of it with a table of its
    /// key, and less for signatures that are checked together; O(n log n) in the entries for a
    /// batch. `tables` are the calling thread's own.
    ///
    /// Does not prove anything by itself: the verdicts go back to [`ShardAuditor::judge`].
    pub fn verdicts(
        pending: Vec<Self>,
        tables: &mut KeyTables,
    ) -> impl Iterator<Item = CheckVerdict> + use<> {
        let signed = pending.iter().filter_map(|pending| match pending {
            Self::Signature(pending) => Some(pending.signed()),
            Self::Batch(_) => None,
        });
        let mut verdicts = tables.hold_each(&signed.collect::<Vec<_>>()).into_iter();
        pending.into_iter().map(move |pending| match pending {
            Self::Signature(pending) => {
                CheckVerdict::Signature(pending, verdicts.next().unwrap_or(false))
            }
            Self::Batch(pending) => CheckVerdict::Batch(pending.failures()),
        })
    }
}

/// Takes runs in order and checks what crosses them: the chain and the keys, as an
/// [`Auditor`] does, and the roots and sums of every settlement.
///
/// Where records are hidden by damage, the roots over them cannot be known: the settlement of
/// their batch is not held against its records, and no later one against the root over the whole
/// log. [`AuditReport::settlements_checked`] counts those that were checked in full.
///
/// ```
/// use countersign_core::SeqRange;
/// use countersign_core::chain::ChainWriter;
/// use countersign_core::frame::{Place, SegmentNumber};
/// use countersign_core::keys::{KeyTables, ShardId, SigningKey, create_process_key_action};
/// use countersign_core::settlement::{PendingCheck, ShardAuditor, check_shard_run};
///
/// let operator = SigningKey::from_seed(&[1; 32]);
/// let process = SigningKey::from_seed(&[2; 32]).public_key();
/// let shard_id = ShardId::from_bytes([7; 16]);
/// let certificate = create_process_key_action(&operator, shard_id, process, 0, 60_000)?;
/// let mut record = Vec::new();
/// ChainWriter::new(shard_id).certify(&mut record, 1_000, &certificate)?;
///
/// let mut auditor = ShardAuditor::new(operator.public_key(), SeqRange::ALL);
/// let mut tables = KeyTables::default();
/// let place = Place { segment: SegmentNumber::FIRST, offset: 0 };
/// let frames = [(place, record.as_slice())];
/// let run = check_shard_run(frames, auditor.key_window(), SeqRange::ALL);
/// let pending = auditor.absorb(run);
/// for verdict in PendingCheck::verdicts(pending, &mut tables) {
///     auditor.judge(verdict);
/// }
/// let report = auditor.finish();
/// assert_eq!((report.records, report.failures_total), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ShardAuditor {
    chain: Auditor,
    batches: Batches,
}

impl ShardAuditor {
    /// An audit from record 0 on, against the operator key that the caller trusts. It must be
    /// shown the whole log, and reports on the records of `range`, as
    /// [`Auditor::with_range`] does; a settlement in the range is checked though its batch may
    /// begin before it.
    pub fn new(trusted: PublicKey, range: SeqRange) -> Self {
        Self { chain: Auditor::with_range(trusted, range), batches: Batches::new(range) }
    }

    /// The window the next run is to be checked under.
    pub fn key_window(&self) -> Option<KeyWindow> {
        self.chain.key_window()
    }

    /// The seq that comes next.
    pub fn next_seq(&self) -> Seq {
        self.chain.next_seq()
    }

    /// The keys seen so far.
    pub const fn keyring(&self) -> Option<&Keyring> {
        self.chain.keyring()
    }

    /// Whether a certificate of a newer format was met: what follows cannot be judged.
    pub const fn has_stopped(&self) -> bool {
        self.chain.has_stopped()
    }

    /// Reports damage that hides records, such as a broken frame or a missing segment, as
    /// [`Auditor::pass_damage`] does.
    pub fn pass_damage(&mut self, code: FailureCode, place: Place, detail: String) {
        self.chain.pass_damage(code, place, detail);
    }

    /// Takes a run that was checked under [`ShardAuditor::key_window`]; what is still to be
    /// checked. Each must come back through [`ShardAuditor::judge`] before
    /// [`ShardAuditor::finish`].
    ///
    /// Once [`ShardAuditor::has_stopped`] it takes nothing more.
    pub fn absorb(&mut self, run: ShardRun) -> Vec<PendingCheck> {
        if self.has_stopped() {
            return Vec::new();
        }
        let signatures = self.chain.absorb(run.chain).into_iter().map(Box::new);
        let mut pending: Vec<_> = signatures.map(PendingCheck::Signature).collect();
        for span in run.spans {
            let batch = self.batches.absorb(span);
            pending.extend(batch.map(|batch| PendingCheck::Batch(Box::new(batch))));
        }
        pending
    }

    /// Takes what came of a check.
    pub fn judge(&mut self, verdict: CheckVerdict) {
        match verdict {
            CheckVerdict::Signature(pending, holds) => self.chain.judge(&pending, holds),
            CheckVerdict::Batch(failures) => {
                for failure in failures {
                    self.chain.tell(failure);
                }
            }
        }
    }

    /// Ends the audit, as [`Auditor::finish`] does.
    ///
    /// Does not prove that the shard is complete: a log cut behind any signature passes, and only
    /// somebody who knows a later settlement or receipt can tell.
    pub fn finish(self) -> AuditReport {
        AuditReport { settlements_checked: self.batches.checked(), ..self.chain.finish() }
    }
}
