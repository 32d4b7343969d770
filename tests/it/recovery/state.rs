//! `state.json`, in every state but the right one: F2, R2, R4.

use std::path::PathBuf;

use countersign::store::{MeteringLogShard, ShardRecoveryResult};
use countersign_tests::image::Image;

use super::{
    DIRECTORY, Shard, options, path, process_key, records_kept, recover, segment, with, without,
    write, write_on,
};

fn state() -> PathBuf {
    path("state.json")
}

fn open(image: &Image) -> ShardRecoveryResult {
    let disk = image.to_disk();
    let options = options(&disk, 1 << 20);
    let (shard, result) = MeteringLogShard::open(DIRECTORY, Some(process_key()), &options).unwrap();
    shard.close().unwrap();
    result
}

/// Opens and recovers: all is kept, and a good state is there afterwards.
fn costs_nothing(shard: &Shard, image: &Image) {
    let last = shard.frames.last().unwrap();
    let result = open(image);
    assert_eq!((result.tip, result.was_truncated), (last.tip, false));
    let (result, after) = recover(shard, image).unwrap();
    assert_eq!((result.tip, result.was_truncated), (last.tip, false));
    let text = String::from_utf8(after.file(&state()).unwrap().to_vec()).unwrap();
    assert!(text.contains(&last.tip.to_string()));
}

#[test]
fn deleted_cut_or_flipped_anywhere_it_only_costs_a_longer_scan() {
    let shard = write(7, 3, 3, 1 << 20);
    costs_nothing(&shard, &shard.closed);
    costs_nothing(&shard, &without(&shard.closed, &state()));
    let length = shard.closed.file(&state()).unwrap().len();
    for at in 0..length {
        costs_nothing(&shard, &with(&shard.closed, &state(), |bytes| bytes.truncate(at)));
        let flip = 1 << (at % 8);
        costs_nothing(&shard, &with(&shard.closed, &state(), |bytes| bytes[at] ^= flip));
    }
    for bytes in [vec![0; 4_096], vec![0xff; 10], b"null".to_vec(), b"[]".to_vec()] {
        let mut image = shard.closed.clone();
        image.insert(state(), bytes);
        costs_nothing(&shard, &image);
    }
}

#[test]
fn one_of_another_shard_only_costs_a_longer_scan() {
    let shard = write(7, 3, 3, 1 << 20);
    for (groups, entries) in [(3, 3), (9, 5)] {
        let other = write(8, groups, entries, 1 << 20);
        let mut image = shard.closed.clone();
        image.insert(state(), other.closed.file(&state()).unwrap().clone());
        costs_nothing(&shard, &image);
    }
}

#[test]
fn an_older_one_is_resumed_from() {
    let older = write(7, 2, 3, 1 << 20);
    let shard = write(7, 5, 3, 1 << 20);
    let mut image = shard.closed.clone();
    image.insert(state(), older.closed.file(&state()).unwrap().clone());
    assert!(Shard::log(&image).starts_with(&Shard::log(&older.closed)), "an older state of it");
    costs_nothing(&shard, &image);
    // The tail behind it is torn like any other, and before it nothing may be missing.
    let durable = older.frames.last().unwrap().range.end;
    let group = shard.signature_from_end(1).range.end;
    for length in (group..Shard::log(&image).len()).step_by(11) {
        let torn = with(&image, &segment(1), |bytes| bytes.truncate(length));
        assert_eq!(records_kept(&shard, &torn), Some(shard.signature_from_end(1).seq + 1));
    }
    for length in (0..durable).step_by(11) {
        let torn = with(&image, &segment(1), |bytes| bytes.truncate(length));
        assert_eq!(records_kept(&shard, &torn), None, "cut at {length}");
    }
}

#[test]
fn a_log_shorter_than_the_durable_position_is_refused() {
    let shard = write(7, 3, 3, 1 << 20);
    let length = Shard::log(&shard.closed).len();
    for at in 0..length {
        let short = with(&shard.closed, &segment(1), |bytes| bytes.truncate(at));
        let error = recover(&shard, &short).unwrap_err();
        assert!(error.is_corruption(), "cut at {at}: {error}");
        assert!(write_on(&short).is_err(), "cut at {at}");
    }
    let last = shard.signature_from_end(0).range.start;
    let short = with(&shard.closed, &segment(1), |bytes| bytes.truncate(last));
    let text = recover(&shard, &short).unwrap_err().to_string();
    assert!(text.contains("state.json knows to be durable"), "{text}");
}

#[test]
fn one_of_a_history_that_the_log_has_left_is_not_believed() {
    // The same shard, written twice from the same certificate: a restored backup, say.
    let left = write(7, 3, 3, 1 << 20);
    let shard = write(7, 3, 4, 1 << 20);
    let same_length = write(7, 2, 6, 1 << 20);
    assert!(shard.frames.len() > left.frames.len());
    for shard in [&shard, &same_length] {
        let mut image = shard.closed.clone();
        image.insert(state(), left.closed.file(&state()).unwrap().clone());
        costs_nothing(shard, &image);
    }
    assert_eq!(same_length.frames.len() - left.frames.len(), 2);
}

#[test]
fn a_minimal_one_vouches_for_its_position_and_is_completed() {
    let shard = write(7, 3, 3, 1 << 20);
    let last = shard.frames.last().unwrap();
    let minimal = |seq: u64, tip: &str| {
        let mut image = shard.closed.clone();
        let shard_id = "07070707-0707-0707-0707-070707070707";
        let text = format!(
            r#"{{"schemaVersion":1,"shardId":"{shard_id}","lastSeq":"{seq}","tipHash":"{tip}","recoveredAt":1}}"#
        );
        image.insert(state(), text.into_bytes());
        image
    };
    let image = minimal(last.seq, &last.tip.to_string());
    costs_nothing(&shard, &image);
    let (_, after) = recover(&shard, &image).unwrap();
    assert!(after.file(&state()).unwrap().len() > image.file(&state()).unwrap().len());
    let group = shard.signature_from_end(1).range.end;
    let torn = with(&image, &segment(1), |bytes| bytes.truncate(group));
    assert_eq!(records_kept(&shard, &torn), None, "it names a durable position");
    // At a seq that the log holds, signed, another tip is another history's.
    costs_nothing(&shard, &minimal(last.seq, &"ab".repeat(32)));
}
