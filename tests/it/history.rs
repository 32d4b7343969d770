//! Runs of a writer on a disk in memory, what they promised, and whether a recovered log keeps it.

use std::path::Path;

use countersign::store::disk::Disk;
use countersign::store::segment_reader::{Next, SegmentReader, list_segments};
use countersign::store::{
    ManualClock, MeteringLogShard, ShardPaths, ShardRecoveryResult, StoreError, WriterOptions,
    recover_shard,
};
use countersign_core::chain::{Control, Record};
use countersign_core::hash::Digest;
use countersign_core::keys::PublicKey;
use countersign_tests::crash::CrashState;
use countersign_tests::journal::JournalDisk;
use countersign_tests::shard::{START_MS, number_of, operation, options, process_key};

pub(crate) fn directory() -> &'static Path {
    Path::new("/shard")
}

/// Every record of a log, and its segments without their unused space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) segments: Vec<Vec<u8>>,
    pub(crate) records: Vec<Vec<u8>>,
    /// The certified keys, and the seqs of their certificates.
    pub(crate) keys: Vec<(u64, PublicKey)>,
}

impl Log {
    /// Reads that of the shard in [`directory`].
    pub(crate) fn read(disk: &dyn Disk) -> Self {
        Self::read_in(disk, directory())
    }

    /// Reads one frame by frame.
    pub(crate) fn read_in(disk: &dyn Disk, directory: &Path) -> Self {
        let paths = ShardPaths::new(directory);
        let mut log = Self::default();
        let (segments, gap) = list_segments(disk, &paths).unwrap();
        assert_eq!(gap, None);
        for segment in segments {
            let mut bytes = Vec::new();
            let mut reader = SegmentReader::open(disk, &paths, segment).unwrap();
            while let Next::Frame { payload, .. } = reader.next_frame().unwrap() {
                bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
                bytes.extend_from_slice(payload);
                let record = Record::decode(payload).unwrap();
                if let Some(Control::Certificate(certificate)) = record.control() {
                    log.keys.push((record.seq().0, certificate.public_key));
                }
                log.records.push(payload.to_vec());
            }
            log.segments.push(bytes);
        }
        log
    }

    /// The chain tip after record `seq`.
    pub(crate) fn tip(&self, seq: u64) -> Digest {
        let record = &self.records[usize::try_from(seq).unwrap()];
        Record::decode(record).unwrap().tip(record)
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
            let state = result.state.as_ref().and_then(|state| state.resume.as_ref());
            let active = state.and_then(|resume| resume.keyring.active());
            let last = whole.keys.iter().rfind(|(seq, _)| *seq < found);
            assert_eq!(active.map(|key| key.certificate.public_key), last.map(|(_, key)| *key));
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
