//! Opening: the lock, the operator's knowledge, and what is no shard of ours.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use countersign::store::disk::Disk;
use countersign::store::{MeteringLogShard, StoreError, WriterOptions};
use countersign_core::Seq;
use countersign_core::hash::Digest;
use countersign_core::keys::SigningKey;
use countersign_tests::fault::{Call, Fault, FaultDisk, On, Plan};
use countersign_tests::image::Image;
use countersign_tests::vector;

use super::{
    DIRECTORY, Shard, from_hex, options, path, process_key, recover_on, segment, with, write,
    write_on,
};

#[test]
fn recovering_and_opening_take_the_lock_and_let_go_of_it() {
    let shard = write(7, 3, 3, 1 << 20);
    let disk = shard.unclean.to_disk();
    let lock = disk.lock(&path("writer.lock"), "4711\n").unwrap();
    let error = recover_on(&disk, false).unwrap_err();
    assert_eq!(error.code(), "shard-locked");
    assert!(error.to_string().contains("4711"), "{error}");
    recover_on(&disk, true).expect("a dry run takes no lock");
    lock.release().unwrap();
    recover_on(&disk, false).unwrap();
    assert!(disk.image().file(&path("writer.lock")).is_none());
    let options = options(&disk, 1 << 20);
    let opened = MeteringLogShard::open(DIRECTORY, Some(process_key()), &options).unwrap();
    assert_eq!(recover_on(&disk, false).unwrap_err().code(), "shard-locked");
    drop(opened);
    recover_on(&disk, false).unwrap();
}

#[test]
fn whatever_refuses_to_open_leaves_no_lock_file() {
    let shard = write(7, 3, 3, 1 << 20);
    let corrupt = with(&shard.closed, &segment(1), |bytes| bytes.truncate(900));
    assert!(write_on(&corrupt).is_err_and(|error| error.is_corruption()));
    for (image, key, code) in [
        (&corrupt, process_key(), "shard-corrupt"),
        (&shard.closed, SigningKey::from_seed(&[9; 32]), "wrong-process-key"),
    ] {
        let disk = image.to_disk();
        let error =
            MeteringLogShard::open(DIRECTORY, Some(key), &options(&disk, 1 << 20)).unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(&disk.image(), image);
    }
}

fn open_expecting(image: &Image, expect_tip: (Seq, Digest)) -> (Image, Result<(), StoreError>) {
    let disk = image.to_disk();
    let options = WriterOptions { expect_tip: Some(expect_tip), ..options(&disk, 1 << 20) };
    let opened = MeteringLogShard::open(DIRECTORY, Some(process_key()), &options);
    (disk.image(), opened.and_then(|(shard, _)| shard.close()))
}

#[test]
fn a_log_without_the_tip_that_the_operator_knows_is_refused() {
    for max_segment_size in [1 << 20, 4_096] {
        let shard = write(7, 9, 5, max_segment_size);
        for frame in &shard.frames {
            let known = (Seq(frame.seq), frame.tip);
            open_expecting(&shard.closed, known).1.unwrap();
            let other = (Seq(frame.seq), Digest::from_bytes([9; 32]));
            let error = open_expecting(&shard.closed, other).1.unwrap_err();
            assert_eq!(error.code(), "rolled-back");
        }
    }
}

#[test]
fn an_old_backup_is_refused_and_left_alone() {
    let shard = write(7, 9, 5, 1 << 20);
    let last = shard.frames.last().unwrap();
    let torn = shard.signature_from_end(1).range.end + 100;
    let backup = with(&shard.unclean, &segment(1), |bytes| bytes.truncate(torn));
    let (after, opened) = open_expecting(&backup, (Seq(last.seq), last.tip));
    assert_eq!(opened.unwrap_err().code(), "rolled-back");
    assert_eq!(after, backup, "not even its torn tail is cut");
}

/// A certificate record of another format version, as this version would lay it out.
fn of_version(shard: &Shard, seq: usize, version: u8) -> Vec<u8> {
    let range = shard.frames[seq].range.clone();
    let mut frame = Shard::log(&shard.closed)[range].to_vec();
    let kind = b"PROCESS_KEY_CERT";
    let at = frame.windows(kind.len()).position(|part| part == kind).unwrap() + kind.len() + 1;
    assert_eq!(frame[at], 1);
    frame[at] = version;
    frame
}

#[test]
fn a_shard_of_a_newer_format_is_called_so_and_left_alone() {
    let shard = write(7, 3, 3, 1 << 20);
    let alone = with(&shard.unclean, &segment(1), |bytes| *bytes = of_version(&shard, 0, 2));
    // What follows is laid out in a way that this version cannot read.
    let newer = with(&alone, &segment(1), |bytes| {
        bytes.extend_from_slice(&100_u32.to_le_bytes());
        bytes.extend_from_slice(&[0x82; 100]);
    });
    for image in [&newer, &alone] {
        for dry_run in [true, false] {
            let disk = image.to_disk();
            let error = recover_on(&disk, dry_run).unwrap_err();
            assert_eq!(error.code(), "format-too-new");
            assert!(error.to_string().contains("version 2"), "{error}");
            assert_eq!(&disk.image(), image);
        }
        assert_eq!(write_on(image).unwrap_err().code(), "format-too-new");
    }
}

#[test]
fn files_that_are_no_shard_of_ours_are_left_alone() {
    let foreign = vector("metering/recovery.json");
    let intact = foreign["cases"][0]["segments"][0].as_str().unwrap();
    let files = [
        from_hex(intact),
        b"some text, which is no log\n".to_vec(),
        [&100_u32.to_le_bytes()[..], &[0xab; 300]].concat(),
        vec![0; 5_000],
        Vec::new(),
    ];
    for file in files {
        let mut image = Image::new();
        image.insert(segment(1), file);
        let disk = image.to_disk();
        let error = recover_on(&disk, false).unwrap_err();
        assert!(matches!(error.code(), "not-a-shard" | "shard-corrupt"), "{error}");
        assert_eq!(disk.image(), image);
        assert!(write_on(&image).is_err());
    }
    let mut empty = Image::new();
    empty.create_dir(DIRECTORY);
    assert_eq!(recover_on(&empty.to_disk(), false).unwrap_err().code(), "not-a-shard");
    assert_eq!(recover_on(&Image::new().to_disk(), false).unwrap_err().code(), "not-a-shard");
}

#[test]
fn the_published_shard_with_its_minimal_state_opens() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1/shard");
    let mut image = Image::new();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        image.insert(path(entry.file_name().to_str().unwrap()), fs::read(entry.path()).unwrap());
    }
    let report = &vector("metering-v1/format.json")["report"];
    let disk = image.to_disk();
    let (shard, result) =
        MeteringLogShard::open(DIRECTORY, None, &options(&disk, 1 << 20)).unwrap();
    assert_eq!(Some(result.record_count), report["records"].as_u64());
    assert_eq!(Some(&*result.tip.to_string()), report["tip"].as_str());
    assert_eq!((result.was_truncated, result.unsigned), (false, 0));
    shard.close().unwrap();
    let log = Shard::log(&disk.image());
    assert_eq!(log, Shard::log(&image));
    // A flipped byte before the position that the minimal state names.
    let damaged = with(&image, &segment(1), |bytes| bytes[1_000] ^= 1);
    let disk = damaged.to_disk();
    assert!(recover_on(&disk, false).unwrap_err().is_corruption());
    assert_eq!(disk.image(), damaged);
}

#[test]
fn a_disk_too_full_for_a_new_state_does_not_keep_the_shard_closed() {
    let shard = write(7, 3, 3, 1 << 20);
    let disk = FaultDisk::new(shard.unclean.to_disk());
    // The lock file is there already, so the state is the first thing created.
    disk.arm(Plan::from(1, On::Kind(Call::Create), Fault::NO_SPACE));
    let options = WriterOptions { disk: Arc::new(disk.clone()), ..options(disk.inner(), 1 << 20) };
    let (opened, result) =
        MeteringLogShard::open(DIRECTORY, Some(process_key()), &options).unwrap();
    assert_eq!(result.last_seq.unwrap().0, shard.frames.last().unwrap().seq);
    assert!(disk.fired() > 0);
    drop(opened);
}
