//! Verifies a shard on all cores, in constant memory, and goes on past damage.
//!
//! A thread reads the segments and cuts them into blocks at frame boundaries; workers check the
//! blocks by themselves ([`check_shard_run`](countersign_core::settlement::check_shard_run)), verify
//! signatures and recount batches; the calling thread joins what they found, in order
//! ([`ShardAuditor`](countersign_core::settlement::ShardAuditor)). The report does not depend on the number of
//! threads nor on the size of the blocks.
//!
//! ```no_run
//! use std::path::Path;
//! use countersign::store::disk::RealDisk;
//! use countersign::verify::{VerifyOptions, verify_shard};
//! use countersign_core::keys::PublicKey;
//!
//! let operator = PublicKey::from_hex(&"a3".repeat(32)).unwrap();
//! let options = VerifyOptions::new(operator);
//! let report = verify_shard(&RealDisk, Path::new("meter"), &options, |_, _| {}).unwrap();
//! println!("{report}");
//! ```

mod blocks;
mod error;
mod pipeline;
mod queue;
mod reading;

use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::available_parallelism;

use countersign_core::chain::{AuditReport, Failure, FailureCode};
use countersign_core::frame::Place;
use countersign_core::keys::PublicKey;
use countersign_core::verify::Extent;
use countersign_core::{Seq, SeqRange};

pub use countersign_core::verify::{FailureReport, KeyReport, ShardReport};
pub use error::VerifyError;
pub(crate) use reading::segments_of_shard;

use crate::store::disk::Disk;
use crate::store::{ShardPaths, ShardState, read_state};
use reading::Source;

/// How to verify a shard.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions {
    /// The operator key that the caller trusts.
    pub operator_public_key: PublicKey,
    /// Threads that check; `None` for one per core.
    pub threads: Option<NonZeroUsize>,
    /// First record to report on; `None` for record 0.
    pub from: Option<Seq>,
    /// Last record to report on; `None` for the last one.
    pub to: Option<Seq>,
    /// Bytes that a worker checks at a time; `None` to choose by the number of threads.
    pub block_size: Option<NonZeroUsize>,
}

impl VerifyOptions {
    /// The whole shard, on all cores.
    pub const fn new(operator_public_key: PublicKey) -> Self {
        Self { operator_public_key, threads: None, from: None, to: None, block_size: None }
    }
}

/// Verifies everything in the shard in `dir` that can be checked without another copy of it.
///
/// `progress` is called on this thread with the bytes verified so far and all bytes.
///
/// With `from` and `to` the whole log is read all the same: keys and chain come from what lies
/// before, and a later record may take a key back. The report then counts the records of the
/// range, gives the seq and tip of its last record, and has the failures that concern it: of its
/// records, of gaps that reach into it, and of key documents before its end.
///
/// Takes no lock and writes nothing. It may run beside a writer, and then reports on the
/// segments that were there when it began. An incomplete frame at the end of the last segment
/// is no failure: it was never acknowledged, and its size is in the report.
///
/// # Errors
/// If the directory is no shard, a file cannot be read, or the range is not in the log. What is
/// wrong *in* the log is in the report.
///
/// Does not prove that the shard is complete: a log cut behind any signature passes, unless its
/// `state.json` knows better, and only somebody who knows a later settlement or receipt can tell
/// for sure. Nor when the last record was
/// written, since a signature does not cover its own time and no record follows. Nor that the
/// entries are true: it is the operator's own record of what happened, unchanged since.
pub fn verify_shard(
    disk: &dyn Disk,
    dir: &Path,
    options: &VerifyOptions,
    progress: impl Fn(u64, u64),
) -> Result<ShardReport, VerifyError> {
    let range = SeqRange {
        from: options.from.unwrap_or(SeqRange::ALL.from),
        to: options.to.unwrap_or(SeqRange::ALL.to),
    };
    if range.from > range.to {
        return Err(VerifyError::InvalidRange { from: range.from, to: range.to });
    }
    let paths = ShardPaths::new(dir);
    // Before the log, so that a writer at work can only have gone on since.
    let state = read_state(disk, &paths).ok().flatten().filter(|_| options.to.is_none());
    let source = Source::list(disk, &paths)?;
    let threads = options.threads.or_else(|| available_parallelism().ok());
    let plan = pipeline::Plan::new(threads.map_or(1, NonZeroUsize::get), options.block_size);
    let (segments, bytes) = (source.segments(), source.bytes());
    let mut verdict = pipeline::run(&source, &plan, options.operator_public_key, range, &progress)?;
    let is_outside = verdict.audit.last_seq.is_none() && verdict.audit.failures_total == 0;
    if is_outside {
        return Err(VerifyError::OutsideLog { from: range.from, next: verdict.next_seq });
    }
    let end = source.end();
    if let Some(failure) = state.and_then(|state| check_state(&verdict.audit, &state, end)) {
        verdict.audit.failures_total += 1;
        verdict.audit.failures.push(failure);
    }
    let torn_tail_bytes = verdict.torn_tail_bytes;
    let extent = Extent { segments, bytes, torn_tail_bytes, threads: plan.threads };
    Ok(ShardReport::new(options.operator_public_key, verdict.audit, &verdict.keys, extent))
}

/// Compares the log's end with what the shard's own resume point knows to have been durable.
fn check_state(audit: &AuditReport, state: &ShardState, end: Place) -> Option<Failure> {
    let (seq, last) = (state.last_seq?, audit.last_seq?);
    let is_there = last > seq || (last == seq && audit.tip == state.tip);
    if audit.shard_id != Some(state.shard_id) || is_there {
        return None;
    }
    let detail = format!(
        "state.json knows record {seq} with tip {} to be durable; the log ends with record {last}, \
         tip {}",
        state.tip, audit.tip
    );
    let code = FailureCode::BeforeDurablePosition;
    Some(Failure { code, place: end, seq: last.next(), detail })
}
