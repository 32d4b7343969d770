//! What recovery does to the disk, and in which order: W3, R5, and crashes of its own.

use std::sync::Mutex;

use countersign::store::MeteringLogShard;
use countersign_tests::crash::Crashes;
use countersign_tests::image::Image;
use countersign_tests::journal::{JournalDisk, Op};

use super::{
    DIRECTORY, Shard, append, certificate, changes, options, path, process_key, recover_on,
    segment, with, write,
};

fn changes_of(disk: &JournalDisk) -> Vec<Op> {
    disk.journal().ops().iter().filter(|op| changes(op)).cloned().collect()
}

#[test]
fn the_last_group_is_written_and_synced_again_before_it_counts() {
    let shard = write(7, 3, 3, 1 << 20);
    let disk = shard.unclean.to_disk();
    recover_on(&disk, false).unwrap();
    let log = disk.file_id(&segment(1)).unwrap();
    let group = shard.signature_from_end(1).range.end..shard.signature_from_end(0).range.end;
    let bytes = &Shard::log(&shard.closed)[group.clone()];
    let ops = changes_of(&disk);
    let [Op::Write { file, offset, bytes: written }, Op::SyncData { file: synced }, rest @ ..] =
        &ops[..]
    else {
        panic!("{ops:?}")
    };
    assert_eq!((*file, *offset, &**written), (log, group.start as u64, bytes));
    assert_eq!(*synced, log);
    // Only then the position is named durable.
    let is_rename = |op: &Op| matches!(op, Op::Rename { to, .. } if to.ends_with("state.json"));
    assert!(rest.iter().any(is_rename));
    assert!(matches!(rest.last(), Some(Op::SyncDir { .. })));
}

#[test]
fn a_group_that_only_the_cache_holds_survives_the_next_power_cut() {
    // The sync of the last group failed and took its pages with it; readers still see them.
    let shard = write(7, 3, 3, 1 << 20);
    let group = shard.signature_from_end(1).range.end;
    let disk = with(&shard.unclean, &segment(1), |bytes| bytes.truncate(group)).to_disk();
    let file = countersign::store::disk::Disk::open(
        &disk,
        &segment(1),
        countersign::store::disk::Access::Write,
    )
    .unwrap();
    let lost = &Shard::log(&shard.closed)[group..];
    countersign::store::disk::write_full(&*file, lost, group as u64).unwrap();
    disk.lose_unsynced(disk.file_id(&segment(1)).unwrap());
    let result = recover_on(&disk, false).unwrap();
    assert_eq!(result.last_seq.unwrap().0, shard.signature_from_end(0).seq);
    let after = disk.journal().durable_after(disk.position());
    assert_eq!(Shard::log(&after), Shard::log(&shard.closed), "what it reports is on the medium");
}

#[test]
fn a_segment_whose_name_was_never_synced_is_named_before_it_is_written() {
    // The shard was closed, opened, and its writer died right after creating segment 2.
    let shard = write(7, 3, 3, 1 << 20);
    let disk = shard.closed.to_disk();
    drop(countersign::store::disk::Disk::create_new(&disk, &segment(2)).unwrap());
    let (writer, _) =
        MeteringLogShard::open(DIRECTORY, Some(process_key()), &options(&disk, 1 << 20)).unwrap();
    append(&writer, 77);
    writer.flush().unwrap();
    let acknowledged = writer.status().durable.unwrap();
    let medium = disk.journal().durable_after(disk.position());
    let last = super::frames(&medium).last().unwrap().seq;
    assert_eq!(last, acknowledged.0, "what is acknowledged is on the medium, under its name");
}

#[test]
fn after_a_clean_close_nothing_is_written() {
    let shard = write(7, 3, 3, 1 << 20);
    let disk = shard.closed.to_disk();
    let writes = || {
        let is_sync =
            |op: &Op| matches!(op, Op::SyncData { .. } | Op::SyncAll { .. } | Op::SyncDir { .. });
        changes_of(&disk).into_iter().filter(|op| !is_sync(op)).collect::<Vec<_>>()
    };
    recover_on(&disk, false).unwrap();
    assert!(writes().is_empty(), "{:?}", writes());
    let options = options(&disk, 1 << 20);
    let (writer, result) =
        MeteringLogShard::open(DIRECTORY, Some(process_key()), &options).unwrap();
    assert!(!result.was_truncated);
    assert!(writes().is_empty(), "{:?}", writes());
    drop(writer);
}

#[test]
fn the_cut_comes_behind_the_copy_and_its_name() {
    let shard = write(7, 3, 3, 1 << 20);
    let cut = shard.signature_from_end(0).range.start;
    let disk = with(&shard.unclean, &segment(1), |bytes| bytes.truncate(cut)).to_disk();
    let result = recover_on(&disk, false).unwrap();
    let log = disk.file_id(&segment(1)).unwrap();
    let copy = disk.file_id(&result.torn_files[0]).unwrap();
    let ops = changes_of(&disk);
    let at = |what: &dyn Fn(&Op) -> bool| ops.iter().position(what).unwrap();
    let created = at(&|op| matches!(op, Op::Create { file, .. } if *file == copy));
    let copied = at(&|op| matches!(op, Op::SyncAll { file } if *file == copy));
    let named = at(&|op| matches!(op, Op::SyncDir { .. }));
    let set_len = at(&|op| matches!(op, Op::SetLen { file, .. } if *file == log));
    let synced = at(&|op| matches!(op, Op::SyncAll { file } if *file == log));
    assert!(created < copied && copied < named && named < set_len && set_len < synced, "{ops:?}");
}

/// Recovers with a power cut at every operation, recovers what is left, and compares.
fn crash_everywhere(shard: &Shard, damaged: &Image) {
    let disk = damaged.to_disk();
    let result = recover_on(&disk, false).unwrap();
    let expected = disk.image();
    let torn = result.torn_files.first().map(|file| expected.file(file).unwrap().clone());
    let journal = disk.journal();
    let states = Mutex::new(0);
    Crashes::of(&journal).samples(64).for_each(2, |state| {
        *states.lock().unwrap() += 1;
        let disk = state.image.to_disk();
        let again = recover_on(&disk, false).unwrap();
        assert_eq!(again.tip, result.tip);
        let image = disk.image();
        assert_eq!(Shard::log(&image), Shard::log(&expected));
        assert_eq!(image.file(&path("state.json")), expected.file(&path("state.json")));
        if let Some(torn) = &torn {
            let kept = image.files().filter(|(path, bytes)| {
                path.to_str().unwrap().contains(".torn-") && bytes == &torn
            });
            assert!(kept.count() >= 1, "what was cut is kept whole, whenever it was cut");
        }
    });
    let states = states.into_inner().unwrap();
    assert!(states > 10, "{states} states of {}", shard.frames.len());
}

#[test]
fn recovery_that_crashes_anywhere_ends_the_same_the_next_time() {
    let shard = write(7, 3, 9, 1 << 20);
    crash_everywhere(&shard, &shard.unclean);
    let end = shard.signature_from_end(0).range.end;
    for cut in [end - 1, end - 200, end - 700, end - 1_500] {
        crash_everywhere(&shard, &with(&shard.unclean, &segment(1), |b| b.truncate(cut)));
    }
    let zeros = with(&shard.unclean, &segment(1), |bytes| bytes.extend([0; 9_000]));
    crash_everywhere(&shard, &zeros);
}

#[test]
fn recovery_of_several_segments_that_crashes_anywhere_ends_the_same() {
    let shard = write(7, 9, 5, 4_096);
    let last = shard.frames.last().unwrap().segment;
    for length in [0, 1, 300] {
        let torn = with(&shard.unclean, &segment(last), |bytes| bytes.truncate(length));
        crash_everywhere(&shard, &torn);
    }
}

#[test]
fn creating_a_shard_and_dying_anywhere_leaves_none_or_a_usable_one() {
    let disk = JournalDisk::new();
    let options = options(&disk, 1 << 20);
    let shard =
        MeteringLogShard::create(DIRECTORY, &certificate(7), process_key(), &options).unwrap();
    disk.mark(1);
    let journal = disk.journal();
    drop(shard);
    Crashes::of(&journal).for_each(2, |state| {
        let written = super::write_on(&state.image);
        match written {
            Ok(image) => assert!(super::frames(&image).len() >= 3),
            Err(error) => {
                assert_eq!(state.acknowledged, None, "{error}");
                assert!(matches!(error.code(), "not-a-shard" | "shard-corrupt"), "{error}");
            }
        }
    });
}
