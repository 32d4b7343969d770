//! The test kit, tried on itself: it must produce the bad states, and only those.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use countersign::store::disk::{Access, Disk, write_full};
use countersign_tests::crash::{CrashState, Crashes, Tally};
use countersign_tests::fault::{Call, Fault, FaultDisk, On, Plan};
use countersign_tests::image::Image;
use countersign_tests::journal::{JournalDisk, Op};

const SECTOR: usize = 512;

fn path(text: &str) -> &Path {
    Path::new(text)
}

/// What `file` holds in the states after the last operation, `None` where it is missing.
fn contents(disk: &JournalDisk, file: &str) -> BTreeSet<Option<Vec<u8>>> {
    let states = Mutex::new(BTreeSet::new());
    let journal = disk.journal();
    let now = disk.position();
    Crashes::of(&journal).between(now, now).for_each(1, |state| {
        states.lock().unwrap().insert(state.image.file(path(file)).map(|bytes| bytes.to_vec()));
    });
    states.into_inner().unwrap()
}

/// A disk with one file on its medium.
fn disk_with(file: &str, bytes: &[u8]) -> JournalDisk {
    let mut image = Image::new();
    image.insert(file, bytes.to_vec());
    image.to_disk()
}

#[test]
fn an_unsynced_sector_is_old_or_new_and_a_synced_one_is_new() {
    let disk = disk_with("/log", &[1; 3 * SECTOR]);
    let file = disk.open(path("/log"), Access::Write).unwrap();
    write_full(&*file, &[2; 2 * SECTOR], 0).unwrap();
    let pattern = |a: u8, b: u8| Some([[a; SECTOR], [b; SECTOR], [1; SECTOR]].concat());
    let all = [pattern(1, 1), pattern(1, 2), pattern(2, 1), pattern(2, 2)];
    assert_eq!(contents(&disk, "/log"), BTreeSet::from(all));
    file.sync_data().unwrap();
    assert_eq!(contents(&disk, "/log"), BTreeSet::from([pattern(2, 2)]));
}

#[test]
fn a_growing_file_is_as_long_as_before_after_or_as_its_pages() {
    let disk = disk_with("/log", &[1; 100]);
    let file = disk.open(path("/log"), Access::Write).unwrap();
    write_full(&*file, &[2; 600], 100).unwrap();
    let states = contents(&disk, "/log");
    let lengths: BTreeSet<usize> = states.iter().flatten().map(Vec::len).collect();
    assert_eq!(lengths, BTreeSet::from([100, 700, 4096]));
    // The old length, whole sectors or zeros at the two others: the first sector keeps its front.
    assert_eq!(states.len(), 1 + 4 + 4);
    assert!(states.iter().flatten().all(|bytes| bytes[..100] == [1; 100]));
}

#[test]
fn a_cut_file_is_long_or_short_and_the_rest_of_its_page_may_be_zeroed_first() {
    let disk = disk_with("/log", &[1; 3 * SECTOR]);
    let file = disk.open(path("/log"), Access::Write).unwrap();
    file.set_len(600).unwrap();
    let long = |a: u8, b: u8| Some([vec![1; 600], vec![a; 424], vec![b; SECTOR]].concat());
    let all = [Some(vec![1; 600]), long(1, 1), long(1, 0), long(0, 1), long(0, 0)];
    assert_eq!(contents(&disk, "/log"), BTreeSet::from(all));
    file.sync_all().unwrap();
    assert_eq!(contents(&disk, "/log"), BTreeSet::from([Some(vec![1; 600])]));
}

#[test]
fn an_unsynced_rename_yields_either_name_and_may_outrun_the_data() {
    let disk = disk_with("/state", &[1; 8]);
    let file = disk.create_new(path("/state.bak")).unwrap();
    write_full(&*file, &[2; 8], 0).unwrap();
    disk.rename(path("/state.bak"), path("/state")).unwrap();
    let states = contents(&disk, "/state");
    assert!(states.contains(&Some(vec![1; 8])), "not renamed");
    assert!(states.contains(&Some(vec![])), "renamed, its length lost");
    assert!(states.contains(&Some(vec![0; 8])), "renamed, its data lost");
    assert!(states.contains(&Some(vec![2; 8])), "renamed");
    disk.sync_dir(path("/")).unwrap();
    assert!(!contents(&disk, "/state").contains(&Some(vec![1; 8])));
    file.sync_all().unwrap();
    assert_eq!(contents(&disk, "/state"), BTreeSet::from([Some(vec![2; 8])]));
    assert_eq!(contents(&disk, "/state.bak"), BTreeSet::from([None]));
}

#[test]
fn a_created_file_is_missing_until_every_directory_above_it_is_synced() {
    let disk = JournalDisk::new();
    disk.create_dir(path("/shard")).unwrap();
    let file = disk.create_new(path("/shard/log")).unwrap();
    file.sync_all().unwrap();
    disk.sync_dir(path("/shard")).unwrap();
    assert_eq!(contents(&disk, "/shard/log"), BTreeSet::from([None, Some(vec![])]));
    disk.sync_dir(path("/")).unwrap();
    assert_eq!(contents(&disk, "/shard/log"), BTreeSet::from([Some(vec![])]));
}

#[test]
fn a_removed_file_may_come_back_until_the_directory_is_synced() {
    let disk = disk_with("/old", &[1]);
    disk.unlink(path("/old")).unwrap();
    assert_eq!(contents(&disk, "/old"), BTreeSet::from([None, Some(vec![1])]));
    disk.sync_dir(path("/")).unwrap();
    assert_eq!(contents(&disk, "/old"), BTreeSet::from([None]));
}

#[test]
fn the_extreme_images_are_the_medium_and_the_cache() {
    let disk = disk_with("/log", &[1; 2000]);
    let before = disk.image();
    let file = disk.open(path("/log"), Access::Write).unwrap();
    write_full(&*file, &[2; 3000], 500).unwrap();
    file.set_len(1200).unwrap();
    file.set_len(1800).unwrap();
    disk.rename(path("/log"), path("/log.2")).unwrap();
    let journal = disk.journal();
    assert_eq!(journal.durable_after(journal.ops().len()), before);
    assert_eq!(journal.newest_after(journal.ops().len()), disk.image());
}

/// A log of 700-byte groups, each filled with its number and acknowledged once synced. `retry`
/// is the famous mistake: sync again when it fails.
fn write_groups(disk: &dyn Disk, mark: impl Fn(u64), groups: u8, retry: bool) -> io::Result<()> {
    let file = disk.create_new(path("/log"))?;
    disk.sync_dir(path("/"))?;
    for group in 1..=groups {
        write_full(&*file, &[group; 700], u64::from(group - 1) * 700)?;
        match file.sync_data() {
            Err(_) if retry => file.sync_data()?,
            synced => synced?,
        }
        mark(u64::from(group));
    }
    Ok(())
}

/// Whole groups in front of the first damage.
fn recovered(image: &Image) -> u64 {
    let bytes = image.file(path("/log")).map_or(&[][..], |bytes| bytes);
    let whole = bytes.chunks(700).zip(1u8..).take_while(|(chunk, group)| **chunk == [*group; 700]);
    whole.count() as u64
}

fn keeps_its_word(state: &CrashState) -> bool {
    recovered(&state.image) >= state.acknowledged.unwrap_or(0)
}

#[test]
fn an_honest_writer_keeps_its_word_in_every_state() {
    let disk = JournalDisk::new();
    write_groups(&disk, |group| disk.mark(group), 6, false).unwrap();
    let journal = disk.journal();
    let most = AtomicU64::new(0);
    let tally = Crashes::of(&journal).for_each(2, |state| {
        assert!(keeps_its_word(state));
        most.fetch_max(recovered(&state.image), Ordering::Relaxed);
    });
    assert_eq!(most.into_inner(), 6);
    assert!(tally.distinct > 60, "{tally:?}");
    let again = Crashes::of(&journal).for_each(1, |_| {});
    assert_eq!(again, tally, "threads change nothing");
}

#[test]
fn a_writer_that_retries_a_failed_sync_is_caught() {
    for sync in 1..=3 {
        let disk = FaultDisk::new(JournalDisk::new());
        disk.arm(Plan::at(sync, On::Kind(Call::Sync), Fault::LosePages));
        write_groups(&disk, |group| disk.inner().mark(group), 3, true).unwrap();
        assert_eq!(disk.fired(), 1);
        assert_eq!(recovered(&disk.inner().image()), 3, "the cache shows what is gone");
        let caught = AtomicBool::new(false);
        let journal = disk.inner().journal();
        Crashes::of(&journal).for_each(1, |state| {
            caught.fetch_or(!keeps_its_word(state), Ordering::Relaxed);
        });
        assert!(caught.into_inner());
    }
}

#[test]
fn a_writer_that_acknowledges_before_the_sync_is_caught() {
    let disk = disk_with("/log", &[]);
    let file = disk.open(path("/log"), Access::Write).unwrap();
    write_full(&*file, &[1; 700], 0).unwrap();
    disk.mark(1);
    file.sync_data().unwrap();
    let caught = AtomicU64::new(0);
    let tally = Crashes::of(&disk.journal()).for_each(1, |state| {
        caught.fetch_add(u64::from(!keeps_its_word(state)), Ordering::Relaxed);
    });
    // Lengths 0, 700 and 4096, two sectors: all but the whole group at the two longer lengths.
    // The same states before the mark owe nothing; those after the sync are no new ones.
    assert_eq!(caught.into_inner(), 1 + 3 + 3);
    assert_eq!(tally, Tally { drawn: 1 + 9 + 9 + 1, distinct: 9 + 9 });
}

#[test]
fn counting_through_every_call_of_a_run_ends() {
    for (on, fault, expected) in [
        (On::Any, Fault::IO, None),
        (On::Changing, Fault::Freeze, Some(2 + 2 * 3)),
        (On::Kind(Call::Write), Fault::NO_SPACE, Some(3)),
        (On::Kind(Call::SyncDir), Fault::IO, Some(1)),
        (On::Growing, Fault::NO_SPACE, Some(1 + 3)),
    ] {
        let mut runs = 0;
        loop {
            let disk = FaultDisk::new(JournalDisk::new());
            disk.arm(Plan::at(runs + 1, on, fault));
            let result = write_groups(&disk, |group| disk.inner().mark(group), 3, false);
            assert_eq!(result.is_err(), disk.fired() > 0);
            Crashes::of(&disk.inner().journal()).for_each(1, |state| {
                assert!(keeps_its_word(state));
            });
            if disk.fired() == 0 {
                break;
            }
            runs += 1;
        }
        assert!(expected.is_none_or(|expected| expected == runs), "{on:?} {runs}");
        assert!(runs > 0);
    }
}

#[test]
fn faults_do_what_they_say() {
    let disk = FaultDisk::new(disk_with("/log", &[0; 10]));
    let file = disk.open(path("/log"), Access::Write).unwrap();
    disk.arm(Plan::at(1, On::Kind(Call::Write), Fault::Short(3)));
    assert_eq!(file.write_at(&[1; 5], 0).unwrap(), 3);
    assert_eq!(file.write_at(&[1; 5], 0).unwrap(), 5, "once only");

    disk.arm(Plan::from(1, On::Growing, Fault::NO_SPACE));
    let full = file.write_at(&[1; 5], 8).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    assert!(file.set_len(11).is_err() && disk.create_new(path("/new")).is_err());
    file.write_at(&[1; 5], 5).unwrap();
    file.set_len(4).unwrap();
    disk.disarm();
    file.set_len(11).unwrap();

    let wait = Duration::from_millis(20);
    disk.arm(Plan::at(1, On::Kind(Call::Sync), Fault::Delay(wait)));
    let (start, fired) = (Instant::now(), disk.fired());
    file.sync_data().unwrap();
    assert!(start.elapsed() >= wait && disk.fired() == fired);

    disk.arm(Plan::at(1, On::Kind(Call::Sync), Fault::Freeze));
    assert!(file.set_len(3).is_ok() && file.sync_all().is_err());
    let image = disk.inner().image();
    assert!(file.set_len(2).is_err() && file.read_at(&mut [0], 0).is_err());
    assert!(disk.unlink(path("/log")).is_err() && disk.sync_dir(path("/")).is_err());
    assert_eq!(disk.inner().image(), image);
    disk.disarm();
    disk.unlink(path("/log")).unwrap();
}

#[test]
fn large_spaces_are_sampled_with_the_telling_states_among_them() {
    let disk = disk_with("/log", &[]);
    let file = disk.open(path("/log"), Access::Write).unwrap();
    let sectors = 40;
    write_full(&*file, &vec![1; sectors * SECTOR], 0).unwrap();
    let journal = disk.journal();
    assert!(matches!(journal.ops(), [Op::Write { .. }]));
    let draw = |seed| {
        let missing = Mutex::new(BTreeSet::new());
        let tally = Crashes::of(&journal).seed(seed).samples(500).for_each(2, |state| {
            let bytes = state.image.file(path("/log")).unwrap();
            if bytes.len() == sectors * SECTOR {
                let gone = bytes.chunks(SECTOR).map(|sector| sector == [0; SECTOR]);
                missing.lock().unwrap().insert(gone.collect::<Vec<bool>>());
            }
        });
        (missing.into_inner().unwrap(), tally)
    };
    let (missing, tally) = draw(3);
    let with =
        |gone: usize| missing.iter().filter(move |m| m.iter().filter(|m| **m).count() == gone);
    assert_eq!((with(0).count(), with(sectors).count()), (1, 1));
    assert_eq!((with(1).count(), with(sectors - 1).count()), (sectors, sectors));
    assert!(missing.len() > 2 * sectors + 2 + 100);
    assert_eq!(draw(3), (missing.clone(), tally), "the seed decides");
    assert_ne!(draw(4).0, missing);
}

#[test]
fn a_failing_check_fails_the_run_and_stops_it() {
    let disk = JournalDisk::new();
    write_groups(&disk, |group| disk.mark(group), 100, false).unwrap();
    let journal = disk.journal();
    let checked = AtomicU64::new(0);
    let run = std::panic::AssertUnwindSafe(|| {
        Crashes::of(&journal).for_each(2, |_| {
            checked.fetch_add(1, Ordering::Relaxed);
            panic!("as the test wants");
        })
    });
    assert!(std::panic::catch_unwind(run).is_err());
    assert!(checked.into_inner() <= 2);
}

#[test]
fn a_write_during_a_slow_sync_is_not_covered_by_it() {
    let disk = FaultDisk::new(disk_with("/log", &[0; 4]));
    let file = disk.open(path("/log"), Access::Write).unwrap();
    disk.arm(Plan::at(1, On::Kind(Call::Sync), Fault::Delay(Duration::from_millis(50))));
    std::thread::scope(|scope| {
        write_full(&*file, &[1; 4], 0).unwrap();
        let sync = scope.spawn(|| file.sync_data());
        while !matches!(disk.inner().journal().ops().last(), Some(Op::SyncData { .. })) {
            std::thread::yield_now();
        }
        write_full(&*file, &[2; 4], 0).unwrap();
        sync.join().unwrap().unwrap();
    });
    let either = [Some(vec![1; 4]), Some(vec![2; 4])];
    assert_eq!(contents(disk.inner(), "/log"), BTreeSet::from(either));
}

#[test]
fn byte_by_byte_writing_stays_affordable() {
    let disk = FaultDisk::new(disk_with("/log", &[]));
    let file = disk.open(path("/log"), Access::Write).unwrap();
    disk.arm(Plan::from(1, On::Kind(Call::Write), Fault::Short(1)));
    write_full(&*file, &[7; 700], 0).unwrap();
    assert_eq!(disk.fired(), 700);
    let states = contents(disk.inner(), "/log");
    assert!(states.contains(&Some(vec![])) && states.contains(&Some(vec![7; 700])));
}
