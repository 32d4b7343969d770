//! Where a shard stands, without a lock and without changing anything.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::chain::{Control, KeyState, Record};
use countersign_core::frame::Place;
use countersign_core::hash::Digest;
use countersign_core::keys::{PublicKey, ShardId};
use countersign_core::limits::GENESIS_HASH;
use countersign_core::recovery::{Decision, Window};

use super::disk::{Disk, read_small};
use super::error::{Damage, StoreError};
use super::paths::ShardPaths;
use super::recover::reason;
use super::segment_reader::{Next, SegmentReader};
use super::survey::{Reach, Survey, survey_shard};
use countersign_core::recovery::ChainLayout;

/// Bytes of a lock file that are of interest: a process id.
const OWNER_SIZE: usize = 64;
/// Where Linux lists the locks of all files.
const LOCKS: &str = "/proc/locks";

/// Where a shard stands.
#[derive(Clone, Debug)]
pub struct ShardStatus {
    /// The shard.
    pub shard_id: ShardId,
    /// The operator's key, as record 0 has it.
    pub operator_public_key: PublicKey,
    /// The last record that a signature vouches for; `None` if there is none.
    pub last_seq: Option<Seq>,
    /// The chain tip after it.
    pub tip: Digest,
    /// Up to here the log is on the medium for sure, as far as a reader can tell. A writer may
    /// know of more: its last group.
    pub durable_seq: Option<Seq>,
    /// Segments.
    pub segments: usize,
    /// Bytes in them, unused space included.
    pub bytes: u64,
    /// Where the next record goes.
    pub end: Place,
    /// The active key; `None` if all are revoked.
    pub active: Option<KeyState>,
    /// Certificates so far.
    pub certificates: usize,
    /// The open batch window.
    pub window: Window,
    /// The last settlement.
    pub last_settlement: Option<LastSettlement>,
    /// What stands behind the last record.
    pub tail: Tail,
    /// Whether a writer holds the lock; `None` where the system does not tell.
    pub is_locked: Option<bool>,
    /// What the last writer left in the lock file: its process id. Empty without a lock file.
    pub lock_owner: String,
}

/// A settlement, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSettlement {
    /// Its record.
    pub seq: Seq,
    /// The first record it covers.
    pub from_seq: Seq,
    /// The last record it covers.
    pub to_seq: Seq,
    /// Entries it covers.
    pub entry_count: u64,
}

/// What stands behind the last record that counts.
#[derive(Clone, Debug)]
pub enum Tail {
    /// Nothing, or zeros that the next records will overwrite.
    Unused {
        /// How many.
        bytes: u64,
    },
    /// Records or parts of records that nobody was promised: of a writer that runs, the group it
    /// is writing; else what recovery will cut.
    Unacknowledged {
        /// How many bytes.
        bytes: u64,
        /// What is wrong with them.
        reason: String,
    },
    /// The log is corrupt here.
    Corrupt(Damage),
}

/// Looks at the shard in `directory`. Takes no lock; beside a writer it answers for a moment that
/// has passed.
///
/// Time in proportion to what follows the resume point, as opening takes.
///
/// # Errors
/// If the directory is no shard, a file cannot be read or a segment is missing. Damage in a log is
/// in the answer.
pub fn shard_status(disk: &dyn Disk, directory: &Path) -> Result<ShardStatus, StoreError> {
    let paths = ShardPaths::new(directory);
    let survey = survey_shard(disk, &paths, Reach::Tail)?;
    let (Some(keyring), Some(mark)) = (survey.layout().keyring(), &survey.kept.mark) else {
        if let Some(damage) = survey.damage() {
            return Err(StoreError::Corrupt(damage));
        }
        let path = directory.to_path_buf();
        return Err(StoreError::NotAShard { path, why: "its first record is no certificate" });
    };
    let mut bytes = 0;
    for segment in &survey.segments {
        let path = paths.segment(*segment);
        let length = disk.open(&path, super::disk::Access::Read).and_then(|file| file.len());
        bytes += length.map_err(|error| StoreError::io("read", &path, error))?;
    }
    let end = survey.append_at();
    let tail = match survey.decision {
        Decision::Corrupt(_) => survey.damage().map(Tail::Corrupt),
        Decision::CutTail => Some(Tail::Unacknowledged {
            bytes: survey.content_end.saturating_sub(end.offset),
            reason: reason(&survey),
        }),
        Decision::Accept => None,
    };
    let unused = survey.file_length.saturating_sub(end.offset);
    let (is_locked, lock_owner) = lock_of(disk, &paths);
    let has_signature = survey.kept.has_signature;
    Ok(ShardStatus {
        shard_id: keyring.shard_id(),
        operator_public_key: keyring.operator(),
        last_seq: has_signature.then_some(mark.position.seq),
        tip: if has_signature { mark.position.tip } else { GENESIS_HASH },
        durable_seq: durable_seq(disk, &paths, &survey)?,
        segments: survey.segments.len(),
        bytes,
        end,
        active: keyring.active().cloned(),
        certificates: keyring.keys().len(),
        window: mark.window,
        last_settlement: last_settlement(disk, &paths, mark.window, mark.position.seq)?,
        tail: tail.unwrap_or(Tail::Unused { bytes: unused }),
        is_locked,
        lock_owner,
    })
}

/// Up to where the log is durable for sure: what a resume point names, and every group that has
/// something behind it, since a writer has at most one unsynced (`durability.md` A2).
fn durable_seq(
    disk: &dyn Disk,
    paths: &ShardPaths,
    survey: &Survey<ChainLayout>,
) -> Result<Option<Seq>, StoreError> {
    let Some(mark) = survey.kept.mark.as_ref().filter(|_| survey.kept.has_signature) else {
        return Ok(None);
    };
    let start = survey.kept.group_start;
    if survey.kept.unvouched > 0 || start == mark.position.end {
        return Ok(Some(mark.position.seq));
    }
    // The record that opens the last group: the one before it ends a group that was synced.
    let path = paths.segment(start.segment);
    let failed = |error| StoreError::io("read", &path, error);
    let mut reader = SegmentReader::open(disk, paths, start.segment).map_err(failed)?;
    reader.seek(start.offset);
    let next = match reader.next_frame().map_err(failed)? {
        Next::Frame { payload, .. } => Record::decode(payload).ok().map(|record| record.seq()),
        // The group starts in the next segment.
        _ => None,
    };
    if let Some(seq) = next {
        return Ok(seq.previous());
    }
    let segment = start.segment.next();
    let path = paths.segment(segment);
    let failed = |error| StoreError::io("read", &path, error);
    let mut reader = SegmentReader::open(disk, paths, segment).map_err(failed)?;
    let Next::Frame { payload, .. } = reader.next_frame().map_err(failed)? else {
        return Ok(Some(mark.position.seq));
    };
    Ok(Record::decode(payload).ok().and_then(|record| record.seq().previous()))
}

/// The settlement that opens the window, unless it is the log's first.
fn last_settlement(
    disk: &dyn Disk,
    paths: &ShardPaths,
    window: Window,
    last: Seq,
) -> Result<Option<LastSettlement>, StoreError> {
    if window.from_seq == Seq::FIRST || window.from_seq > last {
        return Ok(None);
    }
    let failed = |error: super::reader::ReadError| {
        let error = std::io::Error::other(error.to_string());
        StoreError::io("read", paths.directory(), error)
    };
    let mut reader = super::ShardReader::open(disk, paths, window.from_seq).map_err(failed)?;
    let record = reader.poll_next().map_err(failed)?;
    let settlement = record.and_then(|read| match read.record.control() {
        Some(Control::Settlement(settlement)) => Some(LastSettlement {
            seq: read.record.seq(),
            from_seq: settlement.from_seq,
            to_seq: settlement.to_seq,
            entry_count: settlement.entry_count,
        }),
        _ => None,
    });
    Ok(settlement)
}

/// Whether a writer holds the lock, without touching it: taking it, even for a moment, would turn
/// away a writer that starts just then. And what is written in the lock file.
fn lock_of(disk: &dyn Disk, paths: &ShardPaths) -> (Option<bool>, String) {
    let path = paths.lock();
    let Ok(owner) = read_small(disk, &path, OWNER_SIZE) else {
        return (Some(false), String::new());
    };
    let owner = String::from_utf8_lossy(&owner).trim().to_owned();
    let inode = fs::metadata(&path).map(|file| file.ino());
    let (Ok(inode), Ok(locks)) = (inode, fs::read_to_string(LOCKS)) else { return (None, owner) };
    let is_held = locks.lines().any(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        // `1: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> 0 EOF`
        matches!(words.as_slice(), [_, "FLOCK", _, _, pid, file, ..]
            if file.rsplit(':').next() == Some(inode.to_string().as_str())
                // The number of the device differs between the listing and `stat` on some file
                // systems; the process tells two files of one inode number apart.
                && (*pid == owner || *pid == "0"))
    });
    (Some(is_held), owner)
}
