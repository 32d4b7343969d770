//! Killed processes and real power cuts: ext4 and XFS in loop files, stopped by the shutdown
//! ioctl without flushing their journals; and disks that are really full.
//!
//! The writer is stopped before the file system is: during a forced shutdown `fdatasync` may
//! return success for what is lost.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use countersign::store::disk::RealDisk;
use countersign::store::{ManualClock, MeteringLogShard, StoreError, WriterOptions, recover_shard};
use countersign_tests::rng::Rng;
use countersign_tests::shard::{certificate, operation, options, process_key};

use crate::history::Log;
use crate::mounts::{Mount, run, say, skip};
use crate::shutdown::shut_down;

/// A writing process, and what it has acknowledged: seqs and tips.
pub(crate) struct Writer {
    child: Child,
    acknowledged: Arc<Mutex<Vec<(u64, String)>>>,
    reader: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(directory: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_writer_child"))
            .arg("write")
            .arg(directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let (out, lines) = (child.stdout.take().unwrap(), acknowledged.clone());
        let reader = thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let line = line.unwrap();
                let (seq, tip) = line.split_once(' ').unwrap();
                lines.lock().unwrap().push((seq.parse().unwrap(), tip.to_string()));
            }
        });
        Self { child, acknowledged, reader: Some(reader) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn wait_for_lines(&mut self, count: usize) {
        let start = Instant::now();
        while self.acknowledged.lock().unwrap().len() < count {
            assert_eq!(self.child.try_wait().unwrap(), None, "the writer ended");
            assert!(start.elapsed() < Duration::from_secs(60), "the writer does not write");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Stops every thread of it where it is.
    fn stop(&self) {
        let pid = self.id();
        run("kill", &["-STOP", &pid.to_string()]).unwrap();
        let is_stopped = |task: std::io::Result<std::fs::DirEntry>| {
            let stat = std::fs::read_to_string(task.unwrap().path().join("stat"));
            stat.is_ok_and(|stat| {
                stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
            })
        };
        let start = Instant::now();
        while !std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().all(is_stopped) {
            assert!(start.elapsed() < Duration::from_secs(30), "it does not stop");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Kills it; everything it acknowledged.
    pub(crate) fn kill(&mut self) -> Vec<(u64, String)> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.acknowledged.lock().unwrap().clone()
    }
}

/// Recovers, and compares with what was acknowledged and with what was there before.
fn check(directory: &Path, acknowledged: &[(u64, String)], before: &Log) -> Log {
    let clock = ManualClock::new(0, 0);
    let result = recover_shard(&RealDisk, directory, &clock, false).unwrap();
    let log = Log::read_in(&RealDisk, directory);
    assert_eq!(log.records.len() as u64, result.record_count);
    assert!(log.records.starts_with(&before.records), "what was recovered once has changed");
    for (seq, tip) in acknowledged {
        assert!(*seq < result.record_count, "{seq} was acknowledged, {}", result.record_count);
        assert_eq!(log.tip(*seq).to_string(), *tip, "another record {seq} was acknowledged");
    }
    log
}

/// Lets a writer write and end badly, so many times.
fn rounds(
    name: &str,
    directory: &Path,
    count: u32,
    end: impl Fn(&mut Writer) -> Vec<(u64, String)>,
) {
    let mut rng = Rng::new(7);
    let (start, mut log, mut acknowledged) = (Instant::now(), Log::default(), 0);
    for _ in 0..count {
        let mut writer = Writer::start(directory);
        writer.wait_for_lines(1 + usize::try_from(rng.below(20)).unwrap());
        thread::sleep(Duration::from_micros(rng.below(5_000)));
        let lines = end(&mut writer);
        acknowledged += lines.len();
        log = check(directory, &lines, &log);
    }
    say(&format!(
        "{name}: {count} rounds in {:?}, {acknowledged} acknowledgements kept, {} records",
        start.elapsed(),
        log.records.len(),
    ));
}

#[test]
fn a_killed_writer_keeps_its_word() {
    let directory = tempfile::tempdir().unwrap();
    rounds("kill -9", &directory.path().join("shard"), 20, Writer::kill);
}

fn cut_power_on(kind: &str, bytes: u64) {
    let test = format!("power cut on {kind}");
    let directory = tempfile::tempdir().unwrap();
    let (image, point) = (directory.path().join("image"), directory.path().join("mount"));
    let mount = match Mount::in_file(kind, &image, bytes, &point) {
        Ok(mount) => mount,
        Err(reason) => return skip(&test, &reason),
    };
    if let Err(error) = shut_down(mount.point()) {
        return skip(&test, &format!("the shutdown ioctl: {error}"));
    }
    mount.remount();
    rounds(&test, &point.join("shard"), 20, |writer| {
        writer.stop();
        shut_down(mount.point()).unwrap();
        let lines = writer.kill();
        mount.remount();
        lines
    });
}

#[test]
fn power_cuts_on_ext4() {
    cut_power_on("ext4", 64 << 20);
}

#[test]
fn power_cuts_on_xfs() {
    cut_power_on("xfs", 320 << 20);
}

/// Appends and waits until something fails; the acknowledged seqs.
fn write_until_error(shard: &MeteringLogShard, start: u32) -> (Vec<u64>, StoreError) {
    let mut acknowledged = Vec::new();
    for number in start..start + 2_000_000 {
        let op_id = format!("{number}-{}", "x".repeat(100));
        let result = shard.append(&operation(&op_id)).and_then(|appended| {
            if number % 50 != 0 {
                return Ok(None);
            }
            shard.wait(&appended).map(|()| Some(appended.seq.0))
        });
        match result {
            Ok(seq) => acknowledged.extend(seq),
            Err(error) => return (acknowledged, error),
        }
    }
    panic!("the disk never filled up");
}

#[test]
fn a_full_ext4_takes_nothing_back_and_goes_on_when_there_is_space() {
    let test = "full ext4";
    let directory = tempfile::tempdir().unwrap();
    let (image, point) = (directory.path().join("image"), directory.path().join("mount"));
    let _mount = match Mount::in_file("ext4", &image, 16 << 20, &point) {
        Ok(mount) => mount,
        Err(reason) => return skip(test, &reason),
    };
    std::fs::write(point.join("ballast"), vec![1; 4 << 20]).unwrap();
    let path = point.join("shard");
    let options = WriterOptions { max_segment_size: 1 << 20, ..options(RealDisk) };
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    let (acknowledged, error) = write_until_error(&shard, 0);
    assert_eq!(error.code(), "disk-full", "{error}");
    let StoreError::AppendUndone(_) = error else { panic!("{error}") };
    let durable = shard.status().durable.unwrap().0;
    assert!(acknowledged.last().is_some_and(|seq| *seq <= durable));
    // Readers go on, and so does the writer as soon as it can.
    assert!(Log::read_in(&RealDisk, &path).records.len() as u64 > durable);
    std::fs::remove_file(point.join("ballast")).unwrap();
    let (more, _) = write_until_error(&shard, 5_000_000);
    assert!(more.first().is_some_and(|seq| *seq > durable), "{more:?}");
    let durable = shard.status().durable;
    shard.close().unwrap();
    let (shard, result) = MeteringLogShard::open(&path, Some(process_key(0)), &options).unwrap();
    assert_eq!((result.last_seq, result.was_truncated), (durable, false));
    shard.close().unwrap();
    say(&format!("{test}: {} and {} acknowledgements kept", acknowledged.len(), more.len()));
}

#[test]
fn a_medium_that_runs_out_beneath_the_file_system_poisons_the_writer() {
    let test = "ext4 on a full tmpfs";
    let directory = tempfile::tempdir().unwrap();
    let (below, point) = (directory.path().join("below"), directory.path().join("mount"));
    let tmpfs = match Mount::tmpfs(&below, 12 << 20) {
        Ok(mount) => mount,
        Err(reason) => return skip(test, &reason),
    };
    let ext4 = match Mount::in_file("ext4", &below.join("image"), 64 << 20, &point) {
        Ok(mount) => mount,
        Err(reason) => return skip(test, &reason),
    };
    let path = point.join("shard");
    let options = WriterOptions { max_segment_size: 1 << 20, ..options(RealDisk) };
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    let (acknowledged, error) = write_until_error(&shard, 0);
    // The file system learns of it when it writes back, so it is a sync that fails.
    assert!(matches!(error, StoreError::Poisoned(_)), "{error}");
    let again = shard.append(&operation("again"));
    assert!(matches!(again, Err(StoreError::Poisoned(_))), "{again:?}");
    assert!(matches!(shard.close(), Err(StoreError::Poisoned(_))));
    drop(shard);
    tmpfs.change("size=128m");
    ext4.remount();
    let (shard, result) = MeteringLogShard::open(&path, Some(process_key(0)), &options).unwrap();
    let last = result.last_seq.unwrap().0;
    assert!(acknowledged.iter().all(|seq| *seq <= last), "{acknowledged:?} {last}");
    let appended = shard.append(&operation("on the larger disk")).unwrap();
    shard.wait(&appended).unwrap();
    shard.close().unwrap();
    drop(shard);
    drop(ext4);
    say(&format!("{test}: {} acknowledgements kept", acknowledged.len()));
}
