//! What the append benchmark needs: a scratch directory, a disk that does not sync, the write-ahead
//! log it is compared with, and a table.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use countersign::store::disk::{Access, Disk, DiskFile, DiskLock, LockError, RealDisk};
use countersign::store::{MeteringLogShard, WriterOptions};
use countersign_core::chain::Operation;
use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};

/// A directory beside the build's output, so that the disk measured is a real one.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        let target =
            std::env::var_os("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        std::fs::create_dir_all(&target).unwrap();
        Self(tempfile::tempdir_in(target).unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn file(&self, name: &str) -> File {
        File::create(self.path(name)).unwrap()
    }
}

pub(crate) fn shard(path: &Path, options: &WriterOptions) -> MeteringLogShard {
    let operator = SigningKey::from_seed(&[1; 32]);
    let process = SigningKey::from_seed(&[2; 32]);
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let id = ShardId::from_bytes([7; 16]);
    let certificate =
        create_process_key_action(&operator, id, process.public_key(), now_ms, now_ms + 86_400_000)
            .unwrap();
    MeteringLogShard::create(path, &certificate, process, options).unwrap()
}

pub(crate) fn operation_ids(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("request-{i:08}")).collect()
}

pub(crate) fn with_operation<T>(op_id: &str, work: impl FnOnce(&Operation<'_>) -> T) -> T {
    work(&Operation {
        op: "joule.charge",
        member_id: &[3; 32],
        asset_id: "joule",
        amount: -1_234,
        op_id,
        context_hash: &[4; 32],
    })
}

/// As many bytes as a group of so many entries and its signature takes.
pub(crate) fn group_bytes(entries: usize) -> Vec<u8> {
    let signature = if entries > 1 { 184 } else { 0 };
    vec![0x5a; entries * RECORD_SIZE + signature]
}

/// Bytes that one step of the chain hashes for an entry: its record and the tip before it.
pub(crate) fn chain_step_bytes() -> Vec<u8> {
    vec![0x5a; RECORD_SIZE - 4 + 32]
}

/// Bytes that are hashed for an entry's leaf: the record and a prefix.
pub(crate) fn leaf_bytes() -> Vec<u8> {
    vec![0x5a; RECORD_SIZE - 4 + 1]
}

/// The frame of one of our operations.
const RECORD_SIZE: usize = 188;

/// Peak resident memory of this process, in bytes.
pub(crate) fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    let kib: u64 = line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    kib * 1024
}

/// Rows of name, value, unit, ratio to the row it is compared with.
pub(crate) struct Table {
    filters: Vec<String>,
    is_test: bool,
}

impl Table {
    pub(crate) fn from_arguments() -> Self {
        let arguments: Vec<_> = std::env::args().skip(1).collect();
        Self {
            is_test: !arguments.iter().any(|argument| argument == "--bench"),
            filters: arguments.into_iter().filter(|a| !a.starts_with("--")).collect(),
        }
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }

    /// So much work, or a thousandth of it to see that the benchmark runs at all.
    pub(crate) fn scale(&self, work: usize) -> usize {
        if self.is_test { work / 1_000 + 2 } else { work }
    }

    /// Medians of what took turns, and of the ratios to the first of each turn.
    pub(crate) fn compare(
        name: &str,
        floor: &str,
        others: &[String],
        unit: &str,
        rounds: &[Vec<f64>],
    ) {
        let names = std::iter::once(floor).chain(others.iter().map(String::as_str));
        for (column, other) in names.enumerate() {
            let value = median(rounds.iter().map(|round| round[column]));
            let ratios = || rounds.iter().map(|round| round[column] / round[0]);
            let (least, most) = (ratios().fold(f64::MAX, f64::min), ratios().fold(0.0, f64::max));
            let name = format!("{name}, {other}");
            let ratio = median(ratios());
            println!("{name:66} {value:12.0} {unit:10} {ratio:6.2} x  ({least:.2} to {most:.2})");
        }
    }

    pub(crate) fn line(name: &str, value: f64, unit: &str, ratio: f64) {
        let ratio = if ratio == 0.0 { String::new() } else { format!("{ratio:6.2} x") };
        println!("{name:70} {value:14.1} {unit:10} {ratio}");
    }
}

/// The real disk, but nothing waits for the medium.
#[derive(Debug)]
pub(crate) struct NoSync;

#[derive(Debug)]
struct NoSyncFile(Box<dyn DiskFile>);

impl DiskFile for NoSyncFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for NoSync {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(NoSyncFile(RealDisk.open(path, access)?)))
    }
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(NoSyncFile(RealDisk.create_new(path)?)))
    }
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir(path)
    }
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(directory)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn unlink(&self, path: &Path) -> io::Result<()> {
        RealDisk.unlink(path)
    }
    fn sync_dir(&self, _directory: &Path) -> io::Result<()> {
        Ok(())
    }
    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn DiskLock>, LockError> {
        RealDisk.lock(path, owner)
    }
}

/// A published write-ahead log with group commit.
pub(crate) struct Okay(okaywal::WriteAheadLog);

impl Okay {
    pub(crate) fn new(path: &Path) -> Self {
        Self(okaywal::WriteAheadLog::recover(path, okaywal::LogVoid).unwrap())
    }

    /// Appends a record and waits until it is durable.
    pub(crate) fn append(&self, record: &[u8]) {
        let mut entry = self.0.begin_entry().unwrap();
        entry.write_chunk(record).unwrap();
        entry.commit().unwrap();
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
