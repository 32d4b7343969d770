//! Logs of several segments: R4, and what recovery says of them.

use std::path::Path;

use countersign::store::StoreError;
use countersign_tests::image::Image;

use super::{Shard, path, recover, segment, with, without, write, write_on};

const SMALL: u64 = 4_096;

/// Three segments or more, the last with at least two groups.
fn written() -> Shard {
    let shard = write(7, 9, 5, SMALL);
    assert!(shard.frames.last().unwrap().segment >= 3);
    shard
}

fn last_segment(shard: &Shard) -> u32 {
    shard.frames.last().unwrap().segment
}

fn refused(shard: &Shard, image: &Image) -> StoreError {
    let error = recover(shard, image).unwrap_err();
    assert!(error.is_corruption(), "{error}");
    assert!(write_on(image).is_err_and(|error| error.is_corruption()));
    error
}

fn renamed(image: &Image, from: &Path, to: &Path) -> Image {
    let mut image = image.clone();
    let bytes = image.remove(from).unwrap();
    image.insert(to, bytes);
    image
}

#[test]
fn an_unclean_log_of_several_segments_is_whole() {
    let shard = written();
    let (result, image) = recover(&shard, &shard.unclean).unwrap();
    assert!(!result.was_truncated);
    assert_eq!(Shard::log(&image), Shard::log(&shard.closed));
}

#[test]
fn a_missing_segment_is_named_and_the_next_good_record_too() {
    let shard = written();
    for number in 1..last_segment(&shard) {
        let error = refused(&shard, &without(&shard.unclean, &segment(number)));
        assert_eq!(error.code(), "segment-missing");
        let StoreError::Corrupt(damage) = error else { panic!("corrupt") };
        assert_eq!(damage.missing.unwrap().number(), u64::from(number));
        let first = shard.frames.iter().find(|frame| frame.segment == number).unwrap();
        assert_eq!(damage.seq.0, first.seq);
        let next = shard.frames.iter().find(|frame| frame.segment > number).unwrap();
        assert_eq!(damage.next_good.unwrap().seq.0, next.seq);
    }
}

#[test]
fn a_missing_last_segment_shows_by_the_state_alone() {
    let shard = written();
    let last = segment(last_segment(&shard));
    refused(&shard, &without(&shard.closed, &last));
    // Without a state it looks as if it had never been there: hence `expect_tip`.
    assert!(recover(&shard, &without(&shard.unclean, &last)).is_ok());
}

#[test]
fn renamed_swapped_and_foreign_segments_are_refused() {
    let shard = written();
    let last = last_segment(&shard);
    refused(&shard, &renamed(&shard.unclean, &segment(last), &segment(last + 1)));
    for (one, two) in [(1, 2), (2, last), (1, last)] {
        let mut image = shard.unclean.clone();
        let (a, b) = (image.remove(&segment(one)).unwrap(), image.remove(&segment(two)).unwrap());
        image.insert(segment(one), b);
        image.insert(segment(two), a);
        refused(&shard, &image);
    }
    let foreign = write(8, 9, 5, SMALL);
    let mut image = shard.unclean.clone();
    image.insert(segment(2), foreign.unclean.file(&segment(2)).unwrap().clone());
    refused(&shard, &image);
}

#[test]
fn a_segment_copied_behind_the_last_is_taken_off_again() {
    let shard = written();
    let last = last_segment(&shard);
    for from in [last, last - 1] {
        let mut image = shard.unclean.clone();
        image.insert(segment(last + 1), image.file(&segment(from)).unwrap().clone());
        // Its records are old ones: none is lost, and the copy is kept aside.
        let (result, image) = recover(&shard, &image).unwrap();
        assert!(result.was_truncated);
        assert_eq!(Shard::log(&image), Shard::log(&shard.closed));
        assert!(image.file(&segment(last + 1)).unwrap().is_empty());
        write_on(&image).unwrap();
    }
}

#[test]
fn an_earlier_segment_cut_anywhere_is_refused_whatever_the_last_one_holds() {
    let shard = written();
    let last = last_segment(&shard);
    let length = shard.unclean.file(&segment(last - 1)).unwrap().len();
    let first_group_end = shard
        .frames
        .iter()
        .find(|frame| frame.segment == last && frame.is_signature)
        .map(|frame| frame.range.end)
        .unwrap();
    let whole_last = shard.unclean.clone();
    let one_group = with(&shard.unclean, &segment(last), |bytes| bytes.truncate(first_group_end));
    for image in [whole_last, one_group] {
        for cut in (0..length)
            .step_by(3)
            .chain(shard.frames.iter().filter(|f| f.segment == last - 1).map(|f| f.range.start))
        {
            let damaged = with(&image, &segment(last - 1), |bytes| bytes.truncate(cut));
            refused(&shard, &damaged);
        }
    }
    // An empty last segment: the cut shows where it leaves less than whole groups.
    let empty = with(&shard.unclean, &segment(last), Vec::clear);
    for frame in shard.frames.iter().filter(|frame| frame.segment == last - 1) {
        let cut = |length| with(&empty, &segment(last - 1), |bytes| bytes.truncate(length));
        refused(&shard, &cut(frame.range.end - 1));
        assert_eq!(recover(&shard, &cut(frame.range.end)).is_ok(), frame.is_signature);
    }
}

#[test]
fn a_torn_first_group_of_a_new_segment_leaves_it_empty_and_writable() {
    let shard = written();
    let last = last_segment(&shard);
    let before = shard.frames.iter().rev().find(|frame| frame.segment == last - 1).unwrap();
    let group_end = shard
        .frames
        .iter()
        .find(|frame| frame.segment == last && frame.is_signature)
        .map(|frame| frame.range.end)
        .unwrap();
    for length in (0..group_end).step_by(5) {
        let damaged = with(&shard.unclean, &segment(last), |bytes| bytes.truncate(length));
        let (result, image) = recover(&shard, &damaged).unwrap();
        assert_eq!(result.record_count - 1, before.seq);
        assert_eq!(result.truncated_bytes, length as u64);
        assert!(image.file(&segment(last)).unwrap().is_empty());
        let written = write_on(&image).unwrap();
        assert!(!written.file(&segment(last)).unwrap().is_empty());
    }
}

#[test]
fn damage_in_an_earlier_segment_names_the_next_good_record_in_a_later_one() {
    let shard = written();
    let mut first = shard.frames.iter().filter(|frame| frame.segment == 1);
    let last_of_first = first.next_back().unwrap();
    let damaged = with(&shard.unclean, &segment(1), |bytes| {
        bytes.truncate(last_of_first.range.end - 1);
    });
    let StoreError::Corrupt(damage) = refused(&shard, &damaged) else { panic!("corrupt") };
    let next = damage.next_good.unwrap();
    assert_eq!((next.place.segment.number(), next.place.offset), (2, 0));
    assert_eq!(next.seq.0, last_of_first.seq + 1);
}

#[test]
fn unused_space_in_an_earlier_segment_is_damage() {
    let shard = written();
    refused(&shard, &with(&shard.unclean, &segment(1), |bytes| bytes.extend([0; 100])));
    let mut image = shard.unclean.clone();
    image.insert(segment(last_segment(&shard) + 1), Vec::new());
    assert!(recover(&shard, &image).is_ok());
    image.insert(segment(last_segment(&shard) + 2), Vec::new());
    refused(&shard, &image);
}

#[test]
fn a_half_made_next_segment_and_a_half_made_state_are_harmless() {
    let shard = written();
    let mut image = shard.unclean.clone();
    image.insert(path("log.prefill"), vec![0; 100]);
    image.insert(path("state.json.bak"), b"{".to_vec());
    let (result, _) = recover(&shard, &image).unwrap();
    assert!(!result.was_truncated);
    let image = write_on(&image).unwrap();
    assert!(image.file(&path("log.prefill")).is_none());
    assert!(image.file(&path("state.json.bak")).is_none());
}
