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
use super::survey::{Survey, survey, survey_shard};

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
    /// The resume point; `None` for a log without a certificate.
    pub state: Option<ShardState>,
}

/// Recovers the shard in `directory` as `spec/metering.md` section 8 says, under the writer's
/// lock; with `dry_run` it only reports and takes no lock.
///
/// # Errors
/// [`StoreError::Corrupt`] if cutting could lose acknowledged records; then nothing was changed.
pub fn recover_shard(
    disk: &dyn Disk,
    directory: &Path,
    clock: &dyn Clock,
    dry_run: bool,
) -> Result<ShardRecoveryResult, StoreError> {
    let paths = ShardPaths::new(directory);
    if dry_run {
        let survey = survey_shard(disk, &paths)?;
        return report(disk, &paths, &survey, Vec::new());
    }
    let lock = lock_shard(disk, &paths)?;
    let result = match recover_locked(disk, &paths, clock) {
        Ok((_, result)) => result,
        Err(error) => return Err(refused(lock, error)),
    };
    lock.release().map_err(|error| StoreError::io("remove", paths.lock(), error))?;
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
    report(disk, &paths, &survey, torn_files)
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

/// Gives up the lock of a shard that is not written after all, so that it is left as it was. A
/// lock file that stays is litter, nothing worse.
pub(super) fn refused(lock: Box<dyn DiskLock>, error: StoreError) -> StoreError {
    let _stays = lock.release();
    error
}

/// Recovers while the caller holds the lock.
pub(super) fn recover_locked(
    disk: &dyn Disk,
    paths: &ShardPaths,
    clock: &dyn Clock,
) -> Result<(Survey<ChainLayout>, ShardRecoveryResult), StoreError> {
    let survey = survey_shard(disk, paths)?;
    let torn_files = carry_out(disk, paths, &survey)?;
    let mut result = report(disk, paths, &survey, torn_files)?;
    if let (Some(mark), Some(keyring)) = (&survey.kept.mark, survey.scan.layout().keyring()) {
        let state = ShardState::new(mark, keyring, clock.now_us() / 1_000);
        // A resume point that is there already and names this very position need not be made
        // durable once more.
        let is_current = survey.is_resumed
            && survey.state.as_ref().is_some_and(|state| state.tip == mark.position.tip);
        if !is_current && survey.kept.has_signature {
            durable::replace_state(disk, paths, &state.to_bytes())?;
        }
        result.state = Some(state);
    }
    Ok((survey, result))
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
    let end = survey.end();
    let mut torn_files = Vec::new();
    if survey.decision == Decision::CutTail {
        // From the last segment backwards, so that no segment but the last is ever short.
        for segment in survey.segments.iter().rev().take_while(|s| **s >= end.segment) {
            let offset = if *segment == end.segment { end.offset } else { 0 };
            let (file, bytes) =
                durable::keep_and_cut(disk, paths, Place { segment: *segment, offset })?;
            if bytes > 0 {
                torn_files.push(file);
            }
        }
    } else if survey.file_length > survey.stop.offset {
        let path = paths.segment(survey.stop.segment);
        let file = disk
            .open(&path, super::disk::Access::Write)
            .map_err(|error| StoreError::io("open", &path, error))?;
        durable::trim(&*file, &path, survey.stop.offset)?;
    }
    let from = survey.kept.group_start;
    let from = if from.segment == end.segment { from } else { Place { offset: 0, ..end } };
    if from.offset < end.offset {
        durable::rewrite(disk, paths, from, end.offset)?;
    }
    Ok(torn_files)
}

fn report<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    survey: &Survey<L>,
    torn_files: Vec<PathBuf>,
) -> Result<ShardRecoveryResult, StoreError> {
    if let Some(damage) = survey.damage() {
        return Err(StoreError::Corrupt(damage));
    }
    let position = survey.kept.mark.as_ref().map(|mark| mark.position);
    let end = survey.end();
    let is_cut = survey.decision == Decision::CutTail;
    let behind = behind(disk, paths, survey, end)?;
    Ok(ShardRecoveryResult {
        record_count: position.map_or(0, |position| position.seq.0 + 1),
        was_truncated: is_cut,
        truncated_bytes: if is_cut { behind } else { 0 },
        unused_bytes: if is_cut { 0 } else { behind },
        end,
        reason: reason(survey),
        torn_files,
        last_seq: position.map(|position| position.seq),
        tip: position.map_or(GENESIS_HASH, |position| position.tip),
        state: None,
    })
}

fn reason<L: Layout>(survey: &Survey<L>) -> String {
    if survey.decision == Decision::CutTail && survey.reason.is_empty() {
        return format!("{} records that no signature covers", survey.kept.unvouched);
    }
    survey.reason.clone()
}

/// Bytes behind the end of the good part, as they were when the survey was made.
fn behind<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    survey: &Survey<L>,
    end: Place,
) -> Result<u64, StoreError> {
    let mut bytes = 0;
    for segment in survey.segments.iter().filter(|segment| **segment >= end.segment) {
        let length = if survey.segments.last() == Some(segment) {
            survey.file_length
        } else {
            let path = paths.segment(*segment);
            let file = disk.open(&path, super::disk::Access::Read);
            file.and_then(|file| file.len()).map_err(|e| StoreError::io("read", &path, e))?
        };
        let from = if *segment == end.segment { end.offset } else { 0 };
        bytes += length.saturating_sub(from);
    }
    Ok(bytes)
}
