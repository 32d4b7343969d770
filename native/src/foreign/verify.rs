//! Verifies a whole shard.

use std::path::Path;

use countersign_core::foreign::{
    ForeignAudit, ForeignAuditor, ForeignKeys, ForeignRecord, KeyAction,
};
use countersign_core::frame::Place;
use countersign_core::hash::Digest;
use countersign_core::keys::{PublicKey, ShardId};
use countersign_core::{Seq, SeqRange};

use super::report::{Extent, ForeignReport};
use super::source::ForeignSource;
use super::walk::{Met, walk};
use crate::store::disk::Disk;
use crate::verify::VerifyError;

/// What a verifier of this layout must bring along: the layout holds no keys.
#[derive(Clone, Debug, Default)]
pub struct ForeignOptions {
    /// The shard; `None` to take it from the certificates, or else from `state.json`.
    pub shard_id: Option<ShardId>,
    /// The operator key that certificates and revocations are checked against.
    pub operator_public_key: Option<PublicKey>,
    /// Certificates and revocations, from the ledger that the library was given.
    pub key_actions: Vec<KeyAction>,
    /// Process keys that are trusted without a certificate.
    pub process_public_keys: Vec<PublicKey>,
    /// First and last record to report on.
    pub range: Option<SeqRange>,
    /// Leaves settlements and indexes alone.
    pub without_batches: bool,
}

/// Verifies everything in the shard in `dir` that can be checked without another copy of it.
///
/// `progress` is called with the bytes read so far and all bytes. Constant memory, but for the
/// sidecar and the settlements. Takes no lock and writes nothing.
///
/// # Errors
/// If the directory is no shard, a file cannot be read, the shard's id is nowhere to be found, or
/// the range is not in the log. What is wrong *in* the shard is in the report.
///
/// Does not prove what [`ForeignAuditor::finish`] does not.
pub fn verify_foreign_shard(
    disk: &dyn Disk,
    dir: &Path,
    options: &ForeignOptions,
    progress: impl Fn(u64, u64),
) -> Result<ForeignReport, VerifyError> {
    let examined = examine(disk, dir, options, None, |_, _, _| {}, &progress)?;
    if let (Some(range), None, 0) =
        (options.range, examined.audit.last_seq, examined.audit.failures_total)
    {
        return Err(VerifyError::OutsideLog { from: range.from, next: examined.next_seq });
    }
    Ok(examined.into_report(options))
}

/// A shard that has been read.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) audit: ForeignAudit,
    /// Whether the awaited position is in the log.
    pub(super) has_awaited: bool,
    next_seq: Seq,
    torn: u64,
    segments: usize,
    bytes: u64,
}

impl Examined {
    pub(super) fn into_report(self, options: &ForeignOptions) -> ForeignReport {
        let Self { audit, torn, segments, bytes, .. } = self;
        let operator = options.operator_public_key;
        ForeignReport::new(audit, Extent { operator, torn, segments, bytes })
    }
}

/// Reads a shard and checks it; `take` gets every record that decodes.
pub(super) fn examine(
    disk: &dyn Disk,
    dir: &Path,
    options: &ForeignOptions,
    awaited: Option<(Seq, Digest)>,
    mut take: impl FnMut(Place, &[u8], &ForeignRecord<'_>),
    progress: &dyn Fn(u64, u64),
) -> Result<Examined, VerifyError> {
    let range = options.range.unwrap_or(SeqRange::ALL);
    if range.from > range.to {
        return Err(VerifyError::InvalidRange { from: range.from, to: range.to });
    }
    let source = ForeignSource::list(disk, dir)?;
    let certified = options.key_actions.first().map(KeyAction::shard_id);
    let shard_id = match options.shard_id.or(certified) {
        Some(shard_id) => shard_id,
        None => source.noted_shard_id()?,
    };
    let mut auditor = ForeignAuditor::with_range(ForeignKeys::new(shard_id), range);
    for key in &options.process_public_keys {
        auditor.trust(key);
    }
    if let Some(operator) = &options.operator_public_key {
        auditor.take_key_actions(operator, &options.key_actions);
    }
    source.tell(&mut auditor, !options.without_batches)?;
    if let Some((seq, tip)) = awaited {
        auditor.await_tip(seq, tip);
    }
    let torn = walk(
        &source,
        |met| match met {
            Met::Frame(place, bytes) => {
                if let Some(record) = auditor.push(place, bytes) {
                    take(place, bytes, &record);
                }
            }
            Met::Damage(code, place, detail) => auditor.pass_damage(code, place, detail),
        },
        progress,
    )?;
    let (has_awaited, next_seq) = (auditor.has_awaited(), auditor.next_seq());
    Ok(Examined {
        audit: auditor.finish(),
        has_awaited,
        next_seq,
        torn,
        segments: source.segments.len(),
        bytes: source.bytes(),
    })
}
