//! Recovery: carries out what the survey decided.

use std::path::{Path, PathBuf};

use countersign_core::Seq;
use countersign_core::frame::Place;
use countersign_core::hash::Digest;
use countersign_core::limits::GENESIS_HASH;
use countersign_core::recovery::{ChainLayout, Decision, Layout};

use super::clock::Clock;
use super::disk::{Disk, DiskLock, LockError};
use super::durable;
use super::error::StoreError;
use super::paths::ShardPaths;
use super::state_file::ShardState;
use super::survey::{Reach, Survey, survey, survey_shard};

/// What recovery found and did.
#[derive(Clone, Debug)]
pub struct ShardRecoveryResult {
    /// Records kept.
    pub record_count: u64,
    /// Whether bytes other than unused space were taken off.
    pub was_truncated: bool,
    /// How many.
    pub truncated_bytes: u64,
    /// Zeros behind the log that were cut off.
    pub unused_bytes: u64,
    /// Where the log ends now.
    pub end: Place,
    /// What was wrong behind that; empty if nothing was.
    pub reason: String,
    /// The files that hold what was taken off.
    pub torn_files: Vec<PathBuf>,
    /// The last record; `None` if none is left.
    pub last_seq: Option<Seq>,
    /// The chain tip.
    pub tip: Digest,
    /// Records kept that neither a signature nor a durable position vouches for: all of them in a
    /// log without signatures, where the last one may be damaged without anyone noticing.
    pub unsigned: u64,
    /// The resume point; `None` for a log without a certificate.
    pub state: Option<ShardState>,
}

/// Recovers the shard in `directory` as `spec/metering.md` section 8 says, under the writer's
/// lock; with `dry_run` it only reports and takes no lock.
///
/// Reads the whole log, from record 0, where [`MeteringLogShard::open`] reads what follows the
/// resume point: this is for whoever wants to know.
///
/// # Errors
/// [`StoreError::Corrupt`] if cutting could lose acknowledged records; then nothing was changed.
///
/// [`MeteringLogShard::open`]: super::MeteringLogShard::open
pub fn recover_shard(
    disk: &dyn Disk,
    directory: &Path,
    clock: &dyn Clock,
    dry_run: bool,
) -> Result<ShardRecoveryResult, StoreError> {
    let paths = ShardPaths::new(directory);
    if dry_run {
        let survey = survey_shard(disk, &paths, Reach::Whole)?;
        let mut result = report(&survey, Vec::new())?;
        result.state = state(&survey, clock);
        return Ok(result);
    }
    let lock = lock_shard(disk, &paths)?;
    let recovered = survey_shard(disk, &paths, Reach::Whole)
        .and_then(|survey| recover_locked(disk, &paths, clock, &survey));
    let released = lock.release().map_err(|error| StoreError::io("remove", paths.lock(), error));
    let result = recovered?;
    released?;
    Ok(result)
}

/// Recovers a log of another layout that knows no `state.json` of ours.
pub fn recover_log<L: Layout>(
    disk: &dyn Disk,
    directory: &Path,
    layout: impl FnOnce() -> L,
    dry_run: bool,
) -> Result<ShardRecoveryResult, StoreError> {
    let paths = ShardPaths::new(directory);
    let survey = survey(disk, &paths, None, layout, None)?;
    let torn_files = if dry_run { Vec::new() } else { carry_out(disk, &paths, &survey)? };
    report(&survey, torn_files)
}

/// Takes the writer's lock.
pub(super) fn lock_shard(
    disk: &dyn Disk,
    paths: &ShardPaths,
) -> Result<Box<dyn DiskLock>, StoreError> {
    let owner = format!("{}\n", std::process::id());
    disk.lock(&paths.lock(), &owner).map_err(|error| match error {
        LockError::Held(owner) => {
            StoreError::Locked { path: paths.directory().to_path_buf(), owner }
        }
        LockError::Io(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            let path = paths.directory().to_path_buf();
            StoreError::NotAShard { path, why: "there is no such directory" }
        }
        LockError::Io(error) => StoreError::io("lock", paths.lock(), error),
    })
}

/// Recovers what the survey found, while the caller holds the lock.
pub(super) fn recover_locked(
    disk: &dyn Disk,
    paths: &ShardPaths,
    clock: &dyn Clock,
    survey: &Survey<ChainLayout>,
) -> Result<ShardRecoveryResult, StoreError> {
    let torn_files = carry_out(disk, paths, survey)?;
    let mut result = report(survey, torn_files)?;
    result.state = state(survey, clock);
    // A resume point that is there already and names this very position need not be made durable
    // once more.
    let there = survey.state.as_ref().and_then(|state| state.resume.as_ref());
    let is_current = there.map(|resume| resume.mark.position)
        == survey.kept.mark.as_ref().map(|mark| mark.position);
    if let Some(state) = result.state.as_ref().filter(|_| !is_current && result.unsigned == 0) {
        // F2: where it cannot be replaced, on a full disk say, the old one stays and is still
        // true. The next opening takes longer, that is all.
        let _old_state_stays = durable::replace_state(disk, paths, &state.to_bytes());
    }
    Ok(result)
}

/// The resume point behind what was kept.
fn state(survey: &Survey<ChainLayout>, clock: &dyn Clock) -> Option<ShardState> {
    let (mark, keyring) = (survey.kept.mark.as_ref()?, survey.layout().keyring()?);
    Some(ShardState::new(mark, keyring, clock.now_us() / 1_000))
}

/// Cuts and rewrites as decided; the files that keep what was cut.
fn carry_out<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    survey: &Survey<L>,
) -> Result<Vec<PathBuf>, StoreError> {
    if let Some(damage) = survey.damage() {
        return Err(StoreError::Corrupt(damage));
    }
    let (end, append_at) = (survey.end(), survey.append_at());
    let mut torn_files = Vec::new();
    if survey.decision == Decision::CutTail {
        torn_files.extend(durable::keep_and_cut(disk, paths, append_at, survey.content_end)?);
    } else if survey.file_length > append_at.offset {
        durable::trim_segment(disk, paths, append_at)?;
    }
    let from = survey.kept.group_start;
    let from = if from.segment == end.segment { from } else { Place { offset: 0, ..end } };
    let is_group_new = from.offset < end.offset;
    if is_group_new {
        durable::rewrite(disk, paths, from, end.offset)?;
    }
    if is_group_new || append_at.segment != end.segment {
        // W3 for names: the last segment's may be no more than cached, too.
        durable::sync_directory(disk, paths.directory())?;
    }
    Ok(torn_files)
}

fn report<L>(
    survey: &Survey<L>,
    torn_files: Vec<PathBuf>,
) -> Result<ShardRecoveryResult, StoreError> {
    if let Some(damage) = survey.damage() {
        return Err(StoreError::Corrupt(damage));
    }
    let position = survey.kept.mark.as_ref().map(|mark| mark.position);
    let record_count = position.map_or(0, |position| position.seq.0 + 1);
    let was_truncated = survey.decision == Decision::CutTail;
    let cut = survey.append_at().offset;
    let content = if was_truncated { survey.content_end } else { cut };
    Ok(ShardRecoveryResult {
        record_count,
        was_truncated,
        truncated_bytes: content.saturating_sub(cut),
        unused_bytes: survey.file_length.saturating_sub(content),
        end: survey.end(),
        reason: reason(survey),
        torn_files,
        last_seq: position.map(|position| position.seq),
        tip: position.map_or(GENESIS_HASH, |position| position.tip),
        unsigned: if survey.kept.has_signature { 0 } else { record_count },
        state: None,
    })
}

/// What is wrong behind what was kept.
pub(super) fn reason<L>(survey: &Survey<L>) -> String {
    if survey.decision == Decision::CutTail && survey.reason.is_empty() {
        return format!("{} records that no signature covers", survey.kept.unvouched);
    }
    survey.reason.clone()
}
