//! The group commit under thousands of random schedules.
//!
//! The writer's own code runs on the checker's mutexes, condition variables and threads, above a
//! disk in memory that lets others run between the steps of a commit. Checked at every step: at
//! most one group lies between its write and its sync (A2), what is acknowledged is durable and
//! signed (A1), seqs have no gaps, everybody who waits gets an answer. The checker itself finds
//! lost wakeups: they end in a deadlock, or in more steps than there are to do.
//!
//! A timed wait never times out here. A flush interval of zero stands for every timeout that is
//! due at once, one of an hour for all that are not.
#![cfg(feature = "shuttle")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign::store::disk::{Access, Disk, DiskFile, DiskLock, LockError};
use countersign::store::{Appended, ManualClock, MeteringLogShard, StoreError, WriterOptions};
use countersign_core::chain::{Control, Operation, Record};
use countersign_core::frame::{FrameStep, SegmentNumber, read_frame};
use countersign_core::keys::{Certificate, ShardId, SigningKey, create_process_key_action};
use shuttle::scheduler::RandomScheduler;
use shuttle::thread;

const START_MS: u64 = 1_700_000_000_000;

/// What is to fail, counted from when it is set.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    write: Option<u32>,
    sync: Option<u32>,
}

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    /// What a power cut would leave.
    durable: Vec<u8>,
    is_unsynced: bool,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<PathBuf, Content>,
    faults: Faults,
    is_locked: bool,
}

/// Its own mutex is held for moments without a step of the checker, so the standard one will do.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Inner>>);

impl Memory {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The records of the durable log, which must be whole and without gaps.
    fn durable_records(&self) -> Vec<(Option<String>, bool)> {
        let inner = self.inner();
        let mut records = Vec::new();
        for (path, content) in &inner.files {
            if !is_segment(path) {
                continue;
            }
            let mut rest = &content.durable[..];
            while let FrameStep::Frame { payload } = read_frame(rest) {
                let record = Record::decode(payload).unwrap();
                assert_eq!(record.seq().0, records.len() as u64, "seqs have no gaps");
                records.push(match &record {
                    Record::Entry(entry) => (Some(entry.operation.op_id.to_string()), false),
                    _ => (None, matches!(record.control(), Some(Control::Signature(_)))),
                });
                rest = &rest[4 + payload.len()..];
            }
            assert!(rest.is_empty(), "the durable log ends inside a frame");
        }
        records
    }

    /// A1: on the medium, with a signature behind it.
    fn assert_acknowledged(&self, appended: &Appended, op_id: &str) {
        let records = self.durable_records();
        let at = usize::try_from(appended.seq.0).unwrap();
        let found = records.get(at).and_then(|(op_id, _)| op_id.as_deref());
        assert_eq!(found, Some(op_id), "acknowledged and not durable");
        assert!(records[at..].iter().any(|(_, is_signature)| *is_signature), "not signed");
    }
}

fn is_segment(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| SegmentNumber::from_file_name(&name.to_string_lossy()).is_some())
}

fn count_down(left: &mut Option<u32>) -> bool {
    *left = left.and_then(|left| left.checked_sub(1));
    *left == Some(0)
}

#[derive(Debug)]
struct MemoryFile {
    memory: Memory,
    path: PathBuf,
}

impl MemoryFile {
    fn sync(&self) -> io::Result<()> {
        thread::yield_now();
        let written = {
            let mut inner = self.memory.inner();
            if is_segment(&self.path) && count_down(&mut inner.faults.sync) {
                return Err(io::Error::other("the medium failed"));
            }
            inner.files[&self.path].bytes.clone()
        };
        thread::yield_now();
        let mut inner = self.memory.inner();
        let content = inner.files.get_mut(&self.path).unwrap();
        // Only what was written before it began.
        content.durable = written;
        content.is_unsynced = false;
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let inner = self.memory.inner();
        let rest = inner.files[&self.path].bytes.get(usize::try_from(offset).unwrap()..);
        let rest = rest.unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        thread::yield_now();
        {
            let mut inner = self.memory.inner();
            if is_segment(&self.path) {
                let others = inner.files.iter().filter(|(path, _)| is_segment(path));
                let unsynced = others.filter(|(_, content)| content.is_unsynced).count();
                assert_eq!(unsynced, 0, "A2: a group is written while another is unsynced");
                if count_down(&mut inner.faults.write) {
                    return Err(io::Error::from_raw_os_error(28));
                }
            }
            let content = inner.files.get_mut(&self.path).unwrap();
            let start = usize::try_from(offset).unwrap();
            assert!(start <= content.bytes.len(), "no holes");
            content.bytes.truncate(start);
            content.bytes.extend_from_slice(bytes);
            content.is_unsynced = true;
        }
        thread::yield_now();
        Ok(bytes.len())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut inner = self.memory.inner();
        let content = inner.files.get_mut(&self.path).unwrap();
        content.bytes.resize(usize::try_from(length).unwrap(), 0);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.memory.inner().files[&self.path].bytes.len() as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }
}

impl Disk for Memory {
    fn open(&self, path: &Path, _: Access) -> io::Result<Box<dyn DiskFile>> {
        if !self.inner().files.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Box::new(MemoryFile { memory: self.clone(), path: path.into() }))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let old = self.inner().files.insert(path.into(), Content::default());
        assert!(old.is_none(), "{} exists", path.display());
        self.open(path, Access::Write)
    }

    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        let inner = self.inner();
        let names = inner.files.keys().filter_map(|path| path.file_name());
        Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        let content = inner.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.files.insert(to.into(), content);
        Ok(())
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        let removed = self.inner().files.remove(path);
        removed.map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self, _: &Path, _: &str) -> Result<Box<dyn DiskLock>, LockError> {
        let mut inner = self.inner();
        assert!(!inner.is_locked);
        inner.is_locked = true;
        Ok(Box::new(MemoryLock(self.clone())))
    }
}

#[derive(Debug)]
struct MemoryLock(Memory);

impl DiskLock for MemoryLock {
    fn release(self: Box<Self>) -> io::Result<()> {
        self.0.inner().is_locked = false;
        Ok(())
    }
}

fn certificate() -> Certificate {
    let (operator, process) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let shard_id = ShardId::from_bytes([7; 16]);
    let until = START_MS + 600_000_000;
    create_process_key_action(&operator, shard_id, process.public_key(), START_MS, until).unwrap()
}

fn operation(op_id: &str) -> Operation<'_> {
    let member_id = &[3; 32];
    Operation { op: "earn", member_id, asset_id: "joule", amount: 5, op_id, context_hash: &[9; 32] }
}

fn create(memory: &Memory, group_commit: u32, flush_interval: Duration) -> MeteringLogShard {
    let options = WriterOptions {
        group_commit,
        flush_interval,
        max_segment_size: 4096,
        prefill: false,
        dedupe_capacity: 10_000,
        clock: Arc::new(ManualClock::new(START_MS * 1_000, 1)),
        disk: Arc::new(memory.clone()),
        ..WriterOptions::default()
    };
    let key = SigningKey::from_seed(&[2; 32]);
    MeteringLogShard::create("/shard", &certificate(), key, &options).unwrap()
}

const HOUR: Duration = Duration::from_hours(1);

/// Runs `run` under so many schedules; more for `SCHEDULES` times as many.
fn check(schedules: usize, run: impl Fn() + Send + Sync + 'static) {
    let times = std::env::var("SCHEDULES").map_or(1, |text| text.parse().unwrap());
    let mut config = shuttle::Config::new();
    // Signing needs more than a checker's thread has.
    config.stack_size = 1 << 20;
    shuttle::Runner::new(RandomScheduler::new(schedules * times), config).run(run);
}

/// Appends so many, waits for some; acknowledged or refused, each meets its fate.
fn produce(memory: &Memory, shard: &MeteringLogShard, producer: u32, count: u32, wait_every: u32) {
    let mut tickets = Vec::new();
    for number in 0..count {
        let op_id = format!("{producer}-{number}");
        let Ok(appended) = shard.append(&operation(&op_id)) else { break };
        assert!(!appended.is_duplicate);
        if number % wait_every == 0 {
            let waited = shard.wait(&appended);
            assert_eq!(shard.poll(&appended).map(|fate| fate.is_ok()), Some(waited.is_ok()));
            if waited.is_ok() {
                memory.assert_acknowledged(&appended, &op_id);
            }
        }
        tickets.push((op_id, appended));
    }
    for (op_id, ticket) in tickets {
        if shard.wait(&ticket).is_ok() {
            memory.assert_acknowledged(&ticket, &op_id);
        }
    }
}

fn in_threads(count: u32, run: impl Fn(u32) + Clone + Send + 'static) {
    let threads = (0..count).map(|number| {
        let run = run.clone();
        thread::spawn(move || run(number))
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
}

#[test]
fn everybody_who_waits_is_answered_and_every_answer_is_true() {
    for (group_commit, interval) in [(1, HOUR), (2, HOUR), (64, HOUR), (3, Duration::ZERO)] {
        check(1_500, move || {
            let memory = Memory::default();
            let shard = create(&memory, group_commit, interval);
            let (disk, writer) = (memory.clone(), shard.clone());
            in_threads(3, move |producer| produce(&disk, &writer, producer, 4, 1 + producer));
            shard.close().unwrap();
            let entries = memory.durable_records().iter().filter(|(op, _)| op.is_some()).count();
            assert_eq!(entries, 12);
        });
    }
}

#[test]
fn what_nobody_waits_for_is_committed_in_its_time() {
    check(2_000, || {
        let memory = Memory::default();
        let shard = create(&memory, 2, Duration::ZERO);
        let (disk, writer) = (memory.clone(), shard.clone());
        in_threads(2, move |producer| {
            let op_id = format!("waited-{producer}");
            let waited = writer.append(&operation(&op_id)).unwrap();
            let (forgotten, other) = (format!("a-{producer}"), format!("b-{producer}"));
            let tickets =
                [&forgotten, &other].map(|op_id| writer.append(&operation(op_id)).unwrap());
            writer.wait(&waited).unwrap();
            for ticket in &tickets {
                while writer.poll(ticket).is_none() {
                    thread::yield_now();
                }
            }
            disk.assert_acknowledged(&tickets[0], &forgotten);
        });
        shard.close().unwrap();
    });
}

#[test]
fn flush_and_close_race_with_producers() {
    for interval in [HOUR, Duration::ZERO] {
        check(2_000, move || {
            let memory = Memory::default();
            let shard = create(&memory, 2, interval);
            let (disk, writer) = (memory.clone(), shard.clone());
            let producers = thread::spawn(move || {
                in_threads(2, move |producer| produce(&disk, &writer, producer, 4, 2));
            });
            // Whatever was accepted before is durable now.
            let early = shard.append(&operation("early")).unwrap();
            shard.flush().unwrap();
            memory.assert_acknowledged(&early, "early");
            shard.close().unwrap();
            assert!(!memory.inner().is_locked);
            let at_close = memory.durable_records();
            assert!(matches!(shard.append(&operation("late")), Err(StoreError::Closed)));
            producers.join().unwrap();
            assert_eq!(memory.durable_records(), at_close, "written behind the close");
        });
    }
}

#[test]
fn a_failed_write_is_told_to_all_it_concerns_and_seqs_are_used_again() {
    for at in 1..4 {
        check(1_500, move || {
            let memory = Memory::default();
            let shard = create(&memory, 2, HOUR);
            memory.inner().faults.write = Some(at + 1);
            let (disk, writer) = (memory.clone(), shard.clone());
            in_threads(3, move |producer| produce(&disk, &writer, producer, 3, 1 + producer));
            memory.inner().faults.write = None;
            let appended = shard.append(&operation("afterwards")).unwrap();
            shard.wait(&appended).unwrap();
            memory.assert_acknowledged(&appended, "afterwards");
            shard.close().unwrap();
        });
    }
}

#[test]
fn a_failed_sync_is_told_to_everybody_for_good() {
    for at in 1..4 {
        check(1_500, move || {
            let memory = Memory::default();
            let shard = create(&memory, 2, HOUR);
            memory.inner().faults.sync = Some(at + 1);
            let (disk, writer) = (memory.clone(), shard.clone());
            in_threads(3, move |producer| produce(&disk, &writer, producer, 3, 1 + producer));
            // One more group, in case they needed too few syncs to meet the fault.
            let last = shard.append(&operation("last")).and_then(|last| shard.wait(&last));
            let failed = memory.inner().faults.sync == Some(0);
            assert_eq!(matches!(last, Err(StoreError::Poisoned(_))), failed, "{last:?}");
            assert_eq!(matches!(shard.close(), Err(StoreError::Poisoned(_))), failed);
        });
    }
}
