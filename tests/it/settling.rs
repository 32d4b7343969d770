//! The writer settles: by count, by age, on demand, on close; across segments, restarts and keys.

use std::path::Path;
use std::sync::Arc;

use countersign::store::disk::RealDisk;
use countersign::store::{ManualClock, MeteringLogShard, ShardReader, WriterOptions};
use countersign_core::Seq;
use countersign_core::chain::{Control, Record};
use countersign_core::hash::{Blake3, Digest};
use countersign_core::merkle::{leaf_hash, root};
use countersign_core::settlement::{
    BatchRules, BatchSettlementAction, check_settlement, verify_settlement,
};
use countersign_tests::shard::{
    SHARD_ID, START_MS, certificate, number_of, operation, operator, options, process_key,
    revocation,
};

/// A settlement, and the seq of its record.
type Settled = (Seq, BatchSettlementAction);

fn settling(max_records: u64, max_age_ms: u64) -> (WriterOptions, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START_MS * 1_000, 1_000));
    let batch = BatchRules { max_records, max_age_ms };
    let clock_of_writer: Arc<ManualClock> = Arc::clone(&clock);
    (WriterOptions { batch, clock: clock_of_writer, ..options(RealDisk) }, clock)
}

fn append(shard: &MeteringLogShard, from: u32, count: u32) {
    for number in from..from + count {
        shard.append(&operation(&format!("op-{number}"))).unwrap();
    }
}

/// Checks that windows tile the log, that each settlement stands right behind its batch with a
/// signature behind it, and all that it says of its records; the settlements.
fn check(directory: &Path) -> Vec<Settled> {
    let mut reader =
        ShardReader::open(&RealDisk, &countersign::store::ShardPaths::new(directory), Seq::FIRST)
            .unwrap();
    let mut records: Vec<Vec<u8>> = Vec::new();
    while let Some(read) = reader.poll_next().unwrap() {
        records.push(read.bytes.to_vec());
    }
    let leaves: Vec<Digest> = records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
    let mut settled = Vec::new();
    let mut from = Seq::FIRST;
    for (at, bytes) in records.iter().enumerate() {
        let record = Record::decode(bytes).unwrap();
        let Some(Control::Settlement(settlement)) = record.control() else { continue };
        let action = BatchSettlementAction::from(settlement);
        assert_eq!((action.from_seq, action.to_seq.next()), (from, record.seq()));
        let first = usize::try_from(from.0).unwrap();
        check_settlement(&action, records[first..at].iter().map(Vec::as_slice)).unwrap();
        assert_eq!(action.log_root, root::<Blake3>(&leaves[..at]));
        let certificate = certificate(number_of(&action.public_key));
        verify_settlement(&action, SHARD_ID, &certificate, &operator().public_key()).unwrap();
        let behind = records.get(at + 1).map(|bytes| Record::decode(bytes).unwrap());
        assert!(matches!(behind.as_ref().and_then(Record::control), Some(Control::Signature(_))));
        from = record.seq();
        settled.push((record.seq(), action));
    }
    settled
}

#[test]
fn by_count_through_segments_and_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let (options, _) = settling(100, 1_000_000);
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    append(&shard, 0, 350);
    shard.close().unwrap();
    let settled = check(&path);
    assert!(settled.len() >= 3);
    assert!(settled.iter().all(|(_, action)| {
        let records = action.record_count().unwrap();
        (100..=101).contains(&records)
    }));
    for round in 1..8 {
        // Without the resume point the open window is found by reading.
        if round % 2 == 0 {
            std::fs::remove_file(path.join("state.json")).unwrap();
        }
        let (shard, _) = MeteringLogShard::open(&path, Some(process_key(0)), &options).unwrap();
        append(&shard, round * 1_000, 37);
        shard.close().unwrap();
    }
    let later = check(&path);
    assert_eq!(later[..settled.len()], settled[..]);
    assert!(later.len() >= settled.len() + 2);
}

#[test]
fn by_age_on_the_next_append_or_by_the_background_thread() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let (options, clock) = settling(10_000, 5_000);
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    append(&shard, 0, 3);
    clock.advance(4_900_000);
    append(&shard, 3, 1);
    shard.flush().unwrap();
    assert_eq!(check(&path), []);
    clock.advance(200_000);
    append(&shard, 4, 1);
    shard.flush().unwrap();
    let settled = check(&path);
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].1.entry_count, 5);
    shard.close().unwrap();

    // A real clock, and nobody appends.
    let path = directory.path().join("other");
    let batch = BatchRules { max_records: 10_000, max_age_ms: 50 };
    let real = WriterOptions { batch, ..WriterOptions::default() };
    let now_ms = u64::try_from(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis(),
    )
    .unwrap();
    let certificate = countersign_core::keys::create_process_key_action(
        &operator(),
        SHARD_ID,
        process_key(0).public_key(),
        now_ms,
        now_ms + 600_000,
    )
    .unwrap();
    let shard = MeteringLogShard::create(&path, &certificate, process_key(0), &real).unwrap();
    append(&shard, 0, 3);
    while shard.status().window.from_seq == Seq::FIRST {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    shard.close().unwrap();
}

#[test]
fn on_demand_and_on_close_and_never_an_empty_window() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let (options, _) = settling(10_000, 1_000_000);
    let options = WriterOptions { settle_on_close: true, ..options };
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    assert_eq!(shard.settle().unwrap(), None);
    append(&shard, 0, 10);
    let first = shard.settle().unwrap().unwrap();
    assert_eq!((first.entry_count, first.from_seq), (10, Seq::FIRST));
    assert_eq!(shard.settle().unwrap(), None);
    append(&shard, 10, 1);
    shard.close().unwrap();
    let settled = check(&path);
    assert_eq!(settled.len(), 2);
    assert_eq!(settled[0].1, first);
    // Nothing was added since.
    let (shard, _) = MeteringLogShard::open(&path, Some(process_key(0)), &options).unwrap();
    shard.close().unwrap();
    assert_eq!(check(&path), settled);
}

#[test]
fn under_the_key_that_is_active_then() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let (options, clock) = settling(10_000, 1_000_000);
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    append(&shard, 0, 5);
    shard.rotate(&certificate(1), process_key(1), &revocation(0)).unwrap();
    append(&shard, 5, 5);
    let settlement = shard.settle().unwrap().unwrap();
    assert_eq!(settlement.public_key, process_key(1).public_key());
    assert_eq!(settlement.entry_count, 10);

    append(&shard, 10, 1);
    shard.flush().unwrap();
    clock.advance(600_000_000_000);
    assert_eq!(shard.settle().unwrap_err().code(), "process-key-expired");
    shard.close().unwrap();
    assert_eq!(check(&path).len(), 1);
}

#[test]
fn producers_go_on_while_windows_are_settled() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let (options, _) = settling(64, 1_000_000);
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    std::thread::scope(|scope| {
        for producer in 0..4 {
            let shard = &shard;
            scope.spawn(move || {
                for number in 0..500 {
                    let appended = shard.append(&operation(&format!("{producer}-{number}")));
                    if number % 7 == 0 {
                        shard.wait(&appended.unwrap()).unwrap();
                    }
                }
            });
        }
        scope.spawn(|| (0..20).for_each(|_| drop(shard.settle().unwrap())));
    });
    shard.close().unwrap();
    let settled = check(&path);
    assert!(settled.len() > 20);
    let entries: u64 = settled.iter().map(|(_, action)| action.entry_count).sum();
    assert!((1_900..=2_000).contains(&entries), "{entries}");
}
