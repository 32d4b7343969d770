//! Creating a shard, and opening one for writing.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign_core::Seq;
use countersign_core::chain::{Cadence, ChainError, ChainWriter, Record};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::hash::Digest;
use countersign_core::keys::{Certificate, SigningKey};
use countersign_core::limits::{
    DEFAULT_DEDUPE_CAPACITY, DEFAULT_GROUP_COMMIT_SIZE, DEFAULT_MAX_RECORDS, MAX_LOG_FILE_SIZE,
    MIN_SEGMENT_SIZE,
};
use countersign_core::settlement::BatchRules;

use super::accepting::GroupRules;
use super::clock::{Clock, SystemClock};
use super::dedupe::{Dedupe, DedupeKey};
use super::dedupe_slot::DedupeSlot;
use super::disk::{Disk, RealDisk};
use super::durable::{self, CommitError};
use super::error::StoreError;
use super::group::Group;
use super::group_commit::GroupCommit;
use super::journal::Journal;
use super::log_file::LogFile;
use super::paths::ShardPaths;
use super::projection::{Checkpoint, Projection};
use super::records::for_each_from;
use super::recover::{ShardRecoveryResult, lock_shard, recover_locked};
use super::sealer::Sealer;
use super::segment_reader::list_segments;
use super::survey::{Reach, survey_shard};
use super::sync::thread;
use super::writer::MeteringLogShard;

/// How a writer works. The defaults are those of `spec/metering.md`.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// Records that close a group, at least 1. A group never outgrows the signing cadence, since
    /// it ends with its only signature.
    pub group_commit: u32,
    /// Entries between two signature records.
    pub cadence: Cadence,
    /// Age that closes a group nobody waits for.
    pub flush_interval: Duration,
    /// Size that starts the next segment, in bytes: 4 KiB to 256 MiB.
    pub max_segment_size: u64,
    /// Whether to prepare the next segment with zeros while this one is in its second half.
    pub prefill: bool,
    /// Operations remembered for idempotency, at least a batch window's.
    pub dedupe_capacity: usize,
    /// A record and the tip after it that the log must contain: what the operator knows to have
    /// been acknowledged. Guards against a directory restored from an old backup.
    pub expect_tip: Option<(Seq, Digest)>,
    /// When the writer settles the open batch window by itself.
    pub batch: BatchRules,
    /// Whether closing settles it, if it holds an entry.
    pub settle_on_close: bool,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The file system.
    pub disk: Arc<dyn Disk>,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            group_commit: DEFAULT_GROUP_COMMIT_SIZE,
            cadence: Cadence::default(),
            flush_interval: Duration::from_millis(10),
            max_segment_size: MAX_LOG_FILE_SIZE,
            prefill: true,
            dedupe_capacity: DEFAULT_DEDUPE_CAPACITY,
            expect_tip: None,
            batch: BatchRules::default(),
            settle_on_close: false,
            clock: Arc::new(SystemClock),
            disk: Arc::new(RealDisk),
        }
    }
}

impl WriterOptions {
    fn check(&self) -> Result<(), StoreError> {
        let invalid = |option, rule| Err(StoreError::InvalidOption { option, rule });
        if self.group_commit == 0 {
            return invalid("group commit", "must be at least 1");
        }
        if !(MIN_SEGMENT_SIZE..=MAX_LOG_FILE_SIZE).contains(&self.max_segment_size) {
            return invalid("segment size", "must lie between 4 KiB and 256 MiB");
        }
        if self.batch.max_records == 0 || self.batch.max_age_ms == 0 {
            return invalid("batch window", "must hold at least one record and last at least 1 ms");
        }
        if (self.dedupe_capacity as u64) < DEFAULT_MAX_RECORDS {
            return invalid("dedupe capacity", "must hold at least a batch window, 10,000");
        }
        if u32::try_from(self.dedupe_capacity).is_err() {
            return invalid("dedupe capacity", "must be below 2^32");
        }
        Ok(())
    }

    const fn rules(&self) -> GroupRules {
        GroupRules {
            group_commit: self.group_commit,
            cadence: self.cadence,
            flush_interval: self.flush_interval,
            max_segment_size: self.max_segment_size,
            batch: self.batch,
            settle_on_close: self.settle_on_close,
        }
    }
}

impl MeteringLogShard {
    /// Creates a shard in `directory`, which must not exist or be empty, and opens it: record 0 is
    /// `certificate`, record 1 its key's first signature, both durable when this returns. If it
    /// fails the directory is empty.
    pub fn create(
        directory: impl AsRef<Path>,
        certificate: &Certificate,
        key: SigningKey,
        options: &WriterOptions,
    ) -> Result<Self, StoreError> {
        options.check()?;
        let paths = ShardPaths::new(directory.as_ref());
        let disk = &*options.disk;
        create_directory(disk, &paths)?;
        let lock = lock_shard(disk, &paths)?;
        // Only now nobody else can be creating the same shard.
        let (segments, _) = list_segments(disk, &paths)
            .map_err(|error| StoreError::io("read", paths.directory(), error))?;
        if !segments.is_empty() {
            return Err(StoreError::ShardExists { path: paths.directory().to_path_buf() });
        }
        let (end, journal) = match write_first_group(options, &paths, certificate, key) {
            Ok(written) => written,
            Err(error) => {
                // Nothing was promised, and who tries again needs an empty directory.
                for path in [paths.segment(SegmentNumber::FIRST), paths.prefill()] {
                    let _not_there = disk.unlink(&path);
                }
                let _stays = lock.release();
                return Err(error);
            }
        };
        let dedupe = DedupeSlot::Ready(Dedupe::new(options.dedupe_capacity));
        let (rules, clock) = (options.rules(), Arc::clone(&options.clock));
        let sealer = Sealer::new(end, journal.end(), options.disk.clone(), paths, rules);
        let commit = GroupCommit::new(sealer, dedupe, journal, rules, clock);
        Ok(Self::start(commit, dedupe_key()?, lock))
    }

    /// Opens the shard in `directory` for writing, after recovering it if it was not closed.
    ///
    /// `key` must be the active process key; without one only [`MeteringLogShard::certify`] and
    /// [`MeteringLogShard::rotate`], which bring their own, can write.
    ///
    /// Takes time in proportion to what follows the resume point: after a clean close, none. The
    /// table of operations is rebuilt in the background; the first append waits for it.
    pub fn open(
        directory: impl AsRef<Path>,
        key: Option<SigningKey>,
        options: &WriterOptions,
    ) -> Result<(Self, ShardRecoveryResult), StoreError> {
        options.check()?;
        let paths = ShardPaths::new(directory.as_ref());
        let lock = lock_shard(&*options.disk, &paths)?;
        match open_locked(&paths, key, options) {
            Ok((commit, dedupe_key, result)) => Ok((Self::start(commit, dedupe_key, lock), result)),
            Err(error) => {
                // What keeps us from writing is told by the error, not by a lock file left behind.
                let _stays = lock.release();
                Err(error)
            }
        }
    }
}

/// Writes record 0 and 1 into a directory without segments.
fn write_first_group(
    options: &WriterOptions,
    paths: &ShardPaths,
    certificate: &Certificate,
    key: SigningKey,
) -> Result<(Checkpoint, Journal), StoreError> {
    let start = Place { segment: SegmentNumber::FIRST, offset: 0 };
    let mut chain = ChainWriter::new(certificate.shard_id);
    let mut group = Group::new(start, Vec::new());
    let now_us = options.clock.now_us();
    group.frame(|out| chain.certify(out, now_us, certificate))?;
    group.frame(|out| chain.sign(out, options.clock.now_us(), &key))?;
    let failed = |error| match error {
        CommitError::Undone(error) | CommitError::Poisoned(error) => error,
    };
    let disk = Arc::clone(&options.disk);
    drop(durable::create_segment(&*disk, paths, SegmentNumber::FIRST).map_err(failed)?);
    let prefill = options.prefill.then_some(options.max_segment_size);
    let file = LogFile::open(disk, paths.clone(), start, prefill)?;
    let mut journal = Journal::new(file, None);
    let mut projection = Projection::new(start, None);
    projection.follow(start, &group.bytes, |_| Ok::<_, StoreError>(()))?;
    let end = Checkpoint { chain, key: Some(Arc::new(key)), projection };
    journal.commit_first(&group, &end, now_us).map_err(failed)?;
    Ok((end, journal))
}

/// Opens while the caller holds the lock. Nothing is changed before the log is known to be the one
/// the caller expects.
fn open_locked(
    paths: &ShardPaths,
    key: Option<SigningKey>,
    options: &WriterOptions,
) -> Result<(GroupCommit, DedupeKey, ShardRecoveryResult), StoreError> {
    let disk = &*options.disk;
    let survey = survey_shard(disk, paths, Reach::Tail)?;
    if let Some(damage) = survey.damage() {
        return Err(StoreError::Corrupt(damage));
    }
    let (Some(mark), Some(keyring)) = (&survey.kept.mark, survey.layout().keyring()) else {
        let path = paths.directory().to_path_buf();
        return Err(StoreError::NotAShard { path, why: "its first record is no certificate" });
    };
    let position = mark.position;
    if let Some((seq, tip)) = options.expect_tip {
        expect_tip(disk, paths, seq, tip, position.seq)?;
    }
    let chain =
        ChainWriter::resume(keyring.clone(), position.seq.next(), position.tip, position.ts_us);
    check_key(&chain, key.as_ref())?;
    let result = recover_locked(disk, paths, &*options.clock, &survey)?;
    let dedupe_key = dedupe_key()?;
    let dedupe = rebuild_dedupe(options, paths, dedupe_key, position.seq);
    let prefill = options.prefill.then_some(options.max_segment_size);
    let file =
        LogFile::open(Arc::clone(&options.disk), paths.clone(), survey.append_at(), prefill)?;
    // Recovering has just seen to a resume point there.
    let journal = Journal::new(file, Some(position.tip));
    let projection = Projection::new(position.end, Some(mark));
    let end = Checkpoint { chain, key: key.map(Arc::new), projection };
    let (rules, clock) = (options.rules(), Arc::clone(&options.clock));
    let sealer = Sealer::new(end, journal.end(), options.disk.clone(), paths.clone(), rules);
    let commit = GroupCommit::new(sealer, dedupe, journal, rules, clock);
    Ok((commit, dedupe_key, result))
}

fn check_key(chain: &ChainWriter, key: Option<&SigningKey>) -> Result<(), StoreError> {
    let Some(key) = key else { return Ok(()) };
    let active = chain.active().ok_or(ChainError::NoActiveKey)?.public_key;
    let found = key.public_key();
    if active == found {
        return Ok(());
    }
    Err(ChainError::WrongProcessKey { active, found }.into())
}

/// Creates the directory, or takes an empty one; its own name is durable afterwards. A lock file
/// is what a creation leaves that was cut off early.
fn create_directory(disk: &dyn Disk, paths: &ShardPaths) -> Result<(), StoreError> {
    let directory = paths.directory();
    match disk.create_dir(directory) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let names =
                disk.list(directory).map_err(|error| StoreError::io("read", directory, error))?;
            let lock = paths.lock();
            if names.iter().any(|name| Some(name.as_ref()) != lock.file_name()) {
                return Err(StoreError::ShardExists { path: directory.to_path_buf() });
            }
        }
        Err(error) => return Err(StoreError::io("create", directory, error)),
    }
    durable::sync_directory(disk, durable::directory_of(directory))
}

fn dedupe_key() -> Result<DedupeKey, StoreError> {
    let mut secret = [0; 16];
    getrandom::fill(&mut secret).map_err(|error| {
        StoreError::io("read", "the system's random source", io::Error::other(error))
    })?;
    Ok(DedupeKey::new(secret))
}

/// Checks that the log holds record `seq` with this tip.
fn expect_tip(
    disk: &dyn Disk,
    paths: &ShardPaths,
    seq: Seq,
    expected: Digest,
    last_seq: Seq,
) -> Result<(), StoreError> {
    let rolled_back = Err(StoreError::RolledBack { seq, expected, last_seq });
    if seq > last_seq {
        return rolled_back;
    }
    let mut found = None;
    for_each_from(disk, paths, seq, |record, payload| {
        if record.seq() == seq {
            found = Some(record.tip(payload));
        }
        record.seq() < seq
    })?;
    if found == Some(expected) { Ok(()) } else { rolled_back }
}

/// Starts rebuilding the table of operations from the newest records.
fn rebuild_dedupe(
    options: &WriterOptions,
    paths: &ShardPaths,
    key: DedupeKey,
    last: Seq,
) -> DedupeSlot {
    let (disk, paths, capacity) =
        (Arc::clone(&options.disk), paths.clone(), options.dedupe_capacity);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = thread::spawn(move || {
        let mut dedupe = Dedupe::new(capacity);
        // Control records take seqs too, so this reaches back at least far enough for most logs;
        // the segment it starts in usually holds more.
        let from = Seq(last.0.saturating_sub(capacity as u64));
        for_each_from(&*disk, &paths, from, |record, _| {
            if let Record::Entry(entry) = record {
                dedupe.insert(&key.fingerprint(&entry.operation), entry.seq);
            }
            record.seq() < last && !stopped.load(Ordering::Relaxed)
        })?;
        Ok(dedupe)
    });
    DedupeSlot::Building { thread, stop }
}
