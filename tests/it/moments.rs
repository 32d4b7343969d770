//! The writer at particular moments: each of these once went wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::store::disk::{Access, Disk};
use countersign::store::{
    ManualClock, MeteringLogShard, ShardPaths, StoreError, WriterOptions, recover_shard,
};
use countersign_core::keys::create_process_key_action;
use countersign_tests::fault::{Call, Fault, FaultDisk, On, Plan};
use countersign_tests::journal::JournalDisk;
use countersign_tests::shard::{
    SEGMENT_SIZE, SHARD_ID, START_MS, certificate, number_of, operation, operator, options,
    process_key, revocation,
};

use crate::history::{Log, directory};

type Disks = FaultDisk<JournalDisk>;

/// A shard of two records on a disk of its own.
fn small_shard(
    change: impl FnOnce(&mut WriterOptions),
) -> (Disks, WriterOptions, MeteringLogShard) {
    let disk = FaultDisk::new(JournalDisk::new());
    let mut options = WriterOptions { prefill: false, ..options(disk.clone()) };
    change(&mut options);
    let shard =
        MeteringLogShard::create(directory(), &certificate(0), process_key(0), &options).unwrap();
    (disk, options, shard)
}

#[test]
fn a_key_whose_certificate_was_taken_back_signs_nothing() {
    let (disk, _, shard) = small_shard(|_| {});
    disk.arm(Plan::at(1, On::Kind(Call::Write), Fault::NO_SPACE));
    let undone = shard.rotate(&certificate(1), process_key(1), &revocation(0));
    assert!(matches!(undone, Err(StoreError::AppendUndone(_))), "{undone:?}");
    let appended = shard.append(&operation("with the old key")).unwrap();
    shard.wait(&appended).unwrap();
    shard.close().unwrap();
}

#[test]
fn a_certificate_that_cannot_sign_yet_changes_nothing() {
    let (disk, _, shard) = small_shard(|_| {});
    let before = disk.inner().position();
    let key = process_key(1);
    let from = START_MS + 9_000_000;
    let early =
        create_process_key_action(&operator(), SHARD_ID, key.public_key(), from, from + 1_000);
    let refused = shard.certify(&early.unwrap(), key);
    assert!(matches!(refused, Err(StoreError::Chain(_))), "{refused:?}");
    assert_eq!(shard.status().accepted, shard.status().durable);
    assert_eq!(disk.inner().position(), before);
    let appended = shard.append(&operation("with the old key")).unwrap();
    assert_eq!(appended.seq.0, 2);
    shard.close().unwrap();
}

#[test]
fn appending_goes_on_where_a_rotation_was_done_and_its_first_write_failed() {
    // Of these lengths, some leave room in the old segment for one small record.
    for padding in (40..=124).step_by(4) {
        let one = |options: &mut WriterOptions| options.group_commit = 1;
        let long = "x".repeat(padding);
        let append = |shard: &MeteringLogShard, number: u32| {
            let appended = shard.append(&operation(&format!("{number}-{long}"))).unwrap();
            (shard.wait(&appended), appended)
        };
        // How many fit the first segment?
        let (disk, _, shard) = small_shard(one);
        let segments = || Log::read(disk.inner()).segments.len();
        let number = (1..100).find(|number| {
            append(&shard, *number).0.unwrap();
            segments() > 1
        });
        let number = number.unwrap();
        let (disk, options, shard) = small_shard(one);
        (1..number).for_each(|number| append(&shard, number).0.unwrap());
        disk.arm(Plan::at(1, On::Kind(Call::Write), Fault::NO_SPACE));
        let (undone, _) = append(&shard, number);
        assert!(matches!(undone, Err(StoreError::AppendUndone(_))));
        // It might fit the old segment, which is closed for good.
        let small = shard.append(&operation("s")).unwrap();
        shard.wait(&small).unwrap_or_else(|error| panic!("padding {padding}: {error}"));
        shard.close().unwrap();
        let (shard, result) =
            MeteringLogShard::open(directory(), Some(process_key(0)), &options).unwrap();
        assert_eq!(result.last_seq.unwrap().0, small.seq.0 + 1);
        shard.close().unwrap();
    }
}

/// Kills the writer at its next directory or file sync (`call`, the `at`-th), opens without a
/// reboot, appends what is acknowledged, and cuts the power.
fn kill_then_cut_power(
    disk: &Disks,
    options: &WriterOptions,
    shard: MeteringLogShard,
    (at, call): (u64, Call),
) {
    let long = "z".repeat(110);
    disk.arm(Plan::at(at, On::Kind(call), Fault::Freeze));
    let killed = (0..40).find_map(|number| {
        let appended = shard.append(&operation(&format!("killed-{number}-{long}"))).ok()?;
        shard.wait(&appended).err()
    });
    assert!(matches!(killed, Some(StoreError::Poisoned(_))), "{killed:?}");
    drop(shard);
    disk.disarm();
    let (shard, _) = MeteringLogShard::open(directory(), Some(process_key(0)), options).unwrap();
    let appended = shard.append(&operation(&format!("promised-{long}"))).unwrap();
    shard.wait(&appended).unwrap();
    let journal = disk.inner().journal();
    let mut image = journal.durable_after(journal.ops().len());
    // The second time without the resume point, so that the whole log is read.
    for _ in 0..2 {
        let clock = ManualClock::new(0, 0);
        let result = recover_shard(&image.to_disk(), directory(), &clock, false).unwrap();
        assert!(result.last_seq >= Some(appended.seq), "{result:?}");
        image.remove(&countersign::store::ShardPaths::new(directory()).state());
    }
    shard.close().unwrap();
}

#[test]
fn a_segment_whose_name_a_dead_process_never_made_durable_is_made_so() {
    // Filled so far that the next record starts a segment, then closed: the resume point names
    // the very end, so that opening has nothing to do.
    let one = |options: &mut WriterOptions| options.group_commit = 1;
    let long = "x".repeat(100);
    let append = |shard: &MeteringLogShard, number: u32| {
        let appended = shard.append(&operation(&format!("{number}-{long}"))).unwrap();
        shard.wait(&appended).unwrap();
    };
    let (disk, _, shard) = small_shard(one);
    let number = (10..40).find(|number| {
        append(&shard, *number);
        Log::read(disk.inner()).segments.len() > 1
    });
    let (disk, options, shard) = small_shard(one);
    (10..number.unwrap()).for_each(|number| append(&shard, number));
    assert_eq!(Log::read(disk.inner()).segments.len(), 1);
    shard.close().unwrap();
    let (shard, _) = MeteringLogShard::open(directory(), Some(process_key(0)), &options).unwrap();
    kill_then_cut_power(&disk, &options, shard, (1, Call::SyncDir));
}

#[test]
fn a_segment_that_a_dead_process_cut_without_syncing_is_synced_before_the_next() {
    let (disk, options, shard) = small_shard(|options| {
        options.prefill = true;
        options.flush_interval = Duration::from_hours(1);
    });
    let paths = countersign::store::ShardPaths::new(directory());
    let wait_for_prepared_segment = || {
        let is_ready = || {
            let file = disk.inner().open(&paths.prefill(), Access::Read);
            file.is_ok_and(|file| file.len().unwrap() == SEGMENT_SIZE)
        };
        let start = Instant::now();
        while !is_ready() {
            assert!(start.elapsed() < Duration::from_secs(10), "no segment was prepared");
            std::thread::sleep(Duration::from_millis(1));
        }
        // Its last sync as well.
        std::thread::sleep(Duration::from_millis(20));
    };
    let long = "x".repeat(100);
    let append =
        |number: u32| shard.append(&operation(&format!("{}-{long}", number + 100))).unwrap();
    (0..12).for_each(|number| drop(append(number)));
    shard.flush().unwrap();
    wait_for_prepared_segment();
    // Nobody waits, so a single group fills the second segment, and the resume point that is
    // written with it names its end.
    let mut number = 12;
    while Log::read(disk.inner()).segments.len() < 2 {
        append(number);
        number += 1;
        std::thread::sleep(Duration::from_millis(2));
        assert!(number < 60);
    }
    wait_for_prepared_segment();
    kill_then_cut_power(&disk, &options, shard, (1, Call::Sync));
}

#[test]
fn a_record_that_nobody_waits_for_is_committed_although_another_commit_was_under_way() {
    let (disk, _, shard) = small_shard(|options| options.flush_interval = Duration::from_millis(5));
    for number in 0..20 {
        let slow = Fault::Delay(Duration::from_millis(40));
        disk.arm(Plan::at(1, On::Kind(Call::Sync), slow));
        let first = shard.append(&operation(&format!("first-{number}"))).unwrap();
        let waiting = {
            let shard = shard.clone();
            std::thread::spawn(move || shard.wait(&first))
        };
        std::thread::sleep(Duration::from_millis(10));
        let second = shard.append(&operation(&format!("second-{number}"))).unwrap();
        waiting.join().unwrap().unwrap();
        let start = Instant::now();
        while shard.poll(&second).is_none() {
            assert!(start.elapsed() < Duration::from_secs(2), "forgotten");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    shard.close().unwrap();
}

#[test]
fn nothing_is_written_behind_a_close_however_many_append_meanwhile() {
    for round in 0..30 {
        let (disk, options, shard) = small_shard(|options| options.group_commit = 2);
        let acknowledged = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for producer in 0..3 {
                let (shard, acknowledged) = (shard.clone(), &acknowledged);
                scope.spawn(move || {
                    for number in 0.. {
                        let op_id = format!("{producer}-{number}");
                        let Ok(appended) = shard.append(&operation(&op_id)) else { return };
                        match shard.wait(&appended) {
                            Ok(()) => acknowledged.lock().unwrap().push((appended.seq.0, op_id)),
                            Err(error) => assert!(matches!(error, StoreError::Closed), "{error}"),
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(round % 4));
            shard.close().unwrap();
            let closed = disk.inner().position();
            std::thread::sleep(Duration::from_millis(2));
            let journal = disk.inner().journal();
            assert_eq!(journal.ops().len(), closed, "{:?}", &journal.ops()[closed..]);
        });
        let log = Log::read(disk.inner());
        let op_ids = log.op_ids();
        for entry in acknowledged.into_inner().unwrap() {
            assert!(op_ids.contains(&entry), "{entry:?}");
        }
        let (shard, result) =
            MeteringLogShard::open(directory(), Some(process_key(0)), &options).unwrap();
        assert!(!result.was_truncated && result.record_count == log.records.len() as u64);
        shard.close().unwrap();
    }
}

#[test]
fn a_rotation_that_was_cut_off_has_changed_no_key() {
    let (disk, options, shard) = small_shard(|_| {});
    let appended = shard.append(&operation("before")).unwrap();
    shard.wait(&appended).unwrap();
    let kept = Log::read(disk.inner());
    shard.rotate(&certificate(1), process_key(1), &revocation(0)).unwrap();
    shard.close().unwrap();
    let whole = Log::read(disk.inner());
    let paths = ShardPaths::new(directory());
    // The certificate arrived, or revocation and certificate, and no signature.
    for records in 1..=2 {
        let end = whole.records[..kept.records.len() + records].iter();
        let end: usize = end.map(|record| 4 + record.len()).sum();
        for is_recovered_first in [false, true] {
            let mut image = disk.inner().image();
            image.remove(&paths.state());
            let first = paths.segment(countersign_core::frame::SegmentNumber::FIRST);
            image.insert(first, whole.segments[0][..end].to_vec());
            let options = WriterOptions { disk: Arc::new(image.to_disk()), ..options.clone() };
            if is_recovered_first {
                let clock = ManualClock::new(0, 0);
                recover_shard(&*options.disk, directory(), &clock, false).unwrap();
            }
            let key = Some(process_key(0));
            let (shard, result) = MeteringLogShard::open(directory(), key, &options).unwrap();
            assert_eq!(result.record_count, kept.records.len() as u64);
            let state = result.state.unwrap();
            let keyring = state.resume.unwrap().keyring;
            assert_eq!(number_of(&keyring.active().unwrap().certificate.public_key), 0);
            let appended = shard.append(&operation("with the old key")).unwrap();
            shard.wait(&appended).unwrap();
            shard.close().unwrap();
        }
    }
}

#[test]
fn a_closed_writer_touches_no_file() {
    let (disk, options, shard) = small_shard(|_| {});
    for number in 0..200 {
        shard.append(&operation(&number.to_string())).unwrap();
    }
    shard.close().unwrap();
    // The table of operations is built from the log in the background, slowly here.
    let slow = Fault::Delay(Duration::from_millis(3));
    disk.arm(Plan::from(1, On::Kind(Call::Read), slow));
    for _ in 0..10 {
        let key = Some(process_key(0));
        let (shard, _) = MeteringLogShard::open(directory(), key, &options).unwrap();
        shard.close().unwrap();
        let calls = disk.calls();
        std::thread::sleep(Duration::from_millis(10));
        assert_eq!(disk.calls(), calls, "somebody still reads");
    }
}

#[test]
fn what_was_accepted_before_the_key_expired_is_still_signed() {
    let clock = Arc::new(ManualClock::new(START_MS * 1_000, 0));
    let (disk, options, shard) = small_shard(|options| options.clock = clock.clone());
    let early = shard.append(&operation("early")).unwrap();
    let expired_ms = certificate(0).expires_at_ms + 1;
    clock.set(expired_ms * 1_000);
    let late = shard.append(&operation("late"));
    assert_eq!(late.unwrap_err().code(), "process-key-expired");
    shard.wait(&early).unwrap();
    // Only a new key helps; the revocation of one that is not active is not signed by a dead one.
    let unsigned = shard.revoke(&revocation(1));
    assert!(matches!(unsigned, Err(StoreError::Chain(_))), "{unsigned:?}");
    let next = create_process_key_action(
        &operator(),
        SHARD_ID,
        process_key(1).public_key(),
        expired_ms,
        expired_ms + 1_000,
    );
    shard.certify(&next.unwrap(), process_key(1)).unwrap();
    let late = shard.append(&operation("late")).unwrap();
    assert!(!late.is_duplicate);
    shard.close().unwrap();
    let key = Some(process_key(1));
    let (shard, result) = MeteringLogShard::open(directory(), key, &options).unwrap();
    assert_eq!(result.record_count, Log::read(disk.inner()).records.len() as u64);
    shard.close().unwrap();
}

#[test]
fn creating_again_succeeds_once_the_disk_lets_us() {
    for at in 1.. {
        let disk = FaultDisk::new(JournalDisk::new());
        let options = options(disk.clone());
        disk.arm(Plan::at(at, On::Changing, Fault::NO_SPACE));
        let create =
            || MeteringLogShard::create(directory(), &certificate(0), process_key(0), &options);
        let first = create();
        let fired = disk.fired();
        disk.disarm();
        if fired == 0 {
            assert!(at > 5);
            first.unwrap().close().unwrap();
            return;
        }
        let Err(error) = first else {
            // The resume point is not worth failing for.
            continue;
        };
        assert_eq!(error.code(), "disk-full", "{error}");
        create().unwrap_or_else(|error| panic!("call {at}: {error}")).close().unwrap();
    }
}
