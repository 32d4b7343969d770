//! Runs of a writer on a disk in memory, what they promised, and whether a recovered log keeps it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use countersign::store::disk::Disk;
use countersign::store::segment_reader::{Next, SegmentReader, list_segments};
use countersign::store::{
    ManualClock, MeteringLogShard, ShardPaths, ShardRecoveryResult, StoreError, WriterOptions,
    recover_shard,
};
use countersign_core::chain::{Operation, Record};
use countersign_core::keys::{
    Certificate, PublicKey, Reason, Revocation, ShardId, SigningKey, create_process_key_action,
    create_process_key_revoke_action,
};
use countersign_tests::crash::CrashState;
use countersign_tests::journal::JournalDisk;

/// When the runs start, in milliseconds since the epoch.
pub(crate) const START_MS: u64 = 1_700_000_000_000;
/// The smallest segment there is.
pub(crate) const SEGMENT_SIZE: u64 = 4096;
const SHARD_ID: ShardId = ShardId::from_bytes([7; 16]);

pub(crate) fn directory() -> &'static Path {
    Path::new("/shard")
}

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

/// Process key number `number`.
pub(crate) fn process_key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[100 + number; 32])
}

/// The number of a process key.
pub(crate) fn number_of(key: &PublicKey) -> u8 {
    (0..50).find(|number| process_key(*number).public_key() == *key).expect("a key of ours")
}

pub(crate) fn certificate(number: u8) -> Certificate {
    let key = process_key(number).public_key();
    let (from, until) = (START_MS, START_MS + 600_000_000);
    create_process_key_action(&operator(), SHARD_ID, key, from, until).unwrap()
}

pub(crate) fn revocation(number: u8) -> Revocation {
    let key = process_key(number).public_key();
    let reason = Reason::Rotation;
    create_process_key_revoke_action(&operator(), SHARD_ID, key, START_MS, reason, None).unwrap()
}

pub(crate) fn operation(op_id: &str) -> Operation<'_> {
    let member_id = &[3; 32];
    Operation { op: "earn", member_id, asset_id: "joule", amount: 5, op_id, context_hash: &[9; 32] }
}

/// Options for tiny segments; nothing is committed for its age unless a test says so.
pub(crate) fn options(disk: impl Disk + 'static) -> WriterOptions {
    WriterOptions {
        max_segment_size: SEGMENT_SIZE,
        flush_interval: Duration::from_hours(1),
        dedupe_capacity: 10_000,
        clock: Arc::new(ManualClock::new(START_MS * 1_000, 1_000)),
        disk: Arc::new(disk),
        ..WriterOptions::default()
    }
}

/// Every record of a log, and its segments without their unused space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) segments: Vec<Vec<u8>>,
    pub(crate) records: Vec<Vec<u8>>,
}

impl Log {
    /// Reads it frame by frame.
    pub(crate) fn read(disk: &dyn Disk) -> Self {
        let paths = ShardPaths::new(directory());
        let mut log = Self::default();
        let (segments, gap) = list_segments(disk, &paths).unwrap();
        assert_eq!(gap, None);
        for segment in segments {
            let mut bytes = Vec::new();
            let mut reader = SegmentReader::open(disk, &paths, segment).unwrap();
            while let Next::Frame { payload, .. } = reader.next_frame().unwrap() {
                bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
                bytes.extend_from_slice(payload);
                log.records.push(payload.to_vec());
            }
            log.segments.push(bytes);
        }
        log
    }

    /// The `opId` of each entry, with its seq.
    pub(crate) fn op_ids(&self) -> Vec<(u64, String)> {
        let entry = |record: &Vec<u8>| match Record::decode(record).unwrap() {
            Record::Entry(entry) => Some((entry.seq.0, entry.operation.op_id.to_string())),
            Record::Control(_) => None,
        };
        self.records.iter().filter_map(entry).collect()
    }

    /// Fails unless the segments on `disk` are, byte for byte and length for length, the front of
    /// this log. A last segment that is still empty may be there already.
    pub(crate) fn assert_starts_with(&self, disk: &JournalDisk) {
        let image = disk.image();
        let paths = ShardPaths::new(directory());
        let (segments, gap) = list_segments(disk, &paths).unwrap();
        assert_eq!(gap, None);
        let last = segments.len() - 1;
        for (index, segment) in segments.iter().enumerate() {
            let found = image.file(&paths.segment(*segment)).unwrap();
            let whole = self.segments.get(index).map_or(&[][..], Vec::as_slice);
            let is_whole =
                index == last || segments.len() == last + 1 && found.len() == whole.len();
            assert!(whole.starts_with(found) && is_whole, "segment {segment} is no prefix");
        }
    }
}

/// Recovers a crash state and holds it against what was appended (`whole`) and, by the mark, how
/// many records were acknowledged; what recovery said, unless there was no shard yet.
pub(crate) fn check_state(
    state: &CrashState,
    whole: &Log,
) -> Option<(JournalDisk, ShardRecoveryResult)> {
    let disk = state.image.to_disk();
    let clock = ManualClock::new(START_MS * 1_000, 0);
    match recover_shard(&disk, directory(), &clock, false) {
        Ok(result) => {
            let acknowledged = state.acknowledged.unwrap_or(0);
            let found = result.record_count;
            assert!(found >= acknowledged, "{found} records, {acknowledged} were acknowledged");
            whole.assert_starts_with(&disk);
            Some((disk, result))
        }
        Err(StoreError::NotAShard { .. }) if state.acknowledged.is_none() => None,
        Err(error) => panic!("{error}"),
    }
}

/// Appends to a recovered log, closes it, and opens it again.
pub(crate) fn check_goes_on(disk: &JournalDisk, result: &ShardRecoveryResult) {
    let before = Log::read(disk);
    assert_eq!(before.records.len() as u64, result.record_count);
    let Some(keyring) = result.state.as_ref().and_then(|state| state.resume.as_ref()) else {
        // Creation was cut off before the first record was whole.
        assert_eq!(result.record_count, 0);
        return;
    };
    let active = keyring.keyring.active().unwrap().certificate.public_key;
    let key = || Some(process_key(number_of(&active)));
    let options = WriterOptions { prefill: false, ..options(disk.clone()) };
    let (shard, _) = MeteringLogShard::open(directory(), key(), &options).unwrap();
    let long = "x".repeat(100);
    for number in 0..20 {
        let op_id = format!("after-{number}-{long}");
        let appended = shard.append(&operation(&op_id)).unwrap();
        assert!(!appended.is_duplicate);
        if number % 7 == 0 {
            shard.wait(&appended).unwrap();
        }
    }
    // What recovery kept is known to be written.
    if let Some((seq, op_id)) = before.op_ids().last() {
        let again = shard.append(&operation(op_id)).unwrap();
        assert_eq!((again.seq.0, again.is_duplicate), (*seq, true));
    }
    shard.close().unwrap();
    let (shard, second) = MeteringLogShard::open(directory(), key(), &options).unwrap();
    assert!(!second.was_truncated && second.unused_bytes == 0, "{second:?}");
    shard.close().unwrap();
    let after = Log::read(disk);
    assert_eq!(after.records.len() as u64, second.record_count);
    assert!(after.records.starts_with(&before.records));
    assert_eq!(after.op_ids().len(), before.op_ids().len() + 20);
}
