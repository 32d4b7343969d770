//! Damage to what was durable: R2, R3, R6, R7.

use countersign::store::MeteringLogShard;
use countersign_tests::image::Image;

use super::{DIRECTORY, Shard, options, process_key, records_kept, recover, segment, with, write};

fn flipped(image: &Image, at: usize, bit: u8) -> Image {
    with(image, &segment(1), |bytes| bytes[at] ^= 1 << bit)
}

#[test]
fn after_a_clean_close_every_flipped_byte_is_reported() {
    let shard = write(7, 8, 4, 1 << 20);
    let length = shard.closed.file(&segment(1)).unwrap().len();
    for at in 0..length {
        assert_eq!(records_kept(&shard, &flipped(&shard.closed, at, at as u8 % 8)), None, "{at}");
    }
}

#[test]
fn every_bit_of_one_record_of_every_kind() {
    let shard = write(7, 4, 3, 1 << 20);
    let entry = shard.frames.iter().find(|frame| !frame.is_signature && frame.seq > 3).unwrap();
    let [certificate, first, ..] = &shard.frames[..] else { panic!("two records") };
    for frame in [certificate, first, entry, shard.signature_from_end(2)] {
        for at in frame.range.clone() {
            for bit in 0..8 {
                assert_eq!(records_kept(&shard, &flipped(&shard.closed, at, bit)), None, "{at}");
                assert_eq!(records_kept(&shard, &flipped(&shard.unclean, at, bit)), None, "{at}");
            }
        }
    }
}

#[test]
fn without_a_state_no_group_is_cut_that_another_one_follows() {
    let shard = write(7, 8, 4, 1 << 20);
    let length = shard.unclean.file(&segment(1)).unwrap().len();
    // What R7 calls ambiguous: the last group, and the signature just before it.
    let ambiguous = shard.signature_from_end(1).range.start;
    let (mut cut, mut refused) = (0, 0);
    for at in 0..length {
        match records_kept(&shard, &flipped(&shard.unclean, at, at as u8 % 8)) {
            None => refused += 1,
            Some(kept) => {
                assert!(at >= ambiguous, "byte {at} was durable: another group follows");
                assert!(kept > shard.signature_from_end(2).seq);
                cut += 1;
            }
        }
    }
    assert!(refused >= ambiguous && cut > 0, "{refused} refused, {cut} cut");
}

#[test]
fn the_report_names_place_seq_and_the_next_good_record() {
    let shard = write(7, 8, 4, 1 << 20);
    let damaged = &shard.frames[9];
    let image = flipped(&shard.unclean, damaged.range.start + 4, 7);
    let error = recover(&shard, &image).unwrap_err();
    let text = error.to_string();
    let next = &shard.frames[10];
    for part in [
        format!("{}", damaged.range.start),
        "seq 9".to_string(),
        format!("next good record is seq {}", next.seq),
        format!("{}", next.range.start),
    ] {
        assert!(text.contains(&part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn opening_behind_the_resume_point_loses_no_byte_either() {
    let shard = write(7, 8, 4, 1 << 20);
    let length = shard.closed.file(&segment(1)).unwrap().len();
    let last = &shard.frames[shard.frames.len() - 1];
    for at in (0..length).step_by(7).chain(last.range.clone()) {
        let image = flipped(&shard.closed, at, at as u8 % 8);
        let disk = image.to_disk();
        let opened =
            MeteringLogShard::open(DIRECTORY, Some(process_key()), &options(&disk, 1 << 20));
        // Opening costs the tail, not the log: it sees damage to the record it resumes at, and
        // all damage where the damage hides that record.
        assert!(opened.is_err() || !last.range.contains(&at), "byte {at}");
        assert_eq!(Shard::log(&disk.image()), Shard::log(&image), "byte {at}");
    }
}

#[test]
fn damage_before_the_resume_point_keeps_the_writer_from_appending_once_it_is_seen() {
    for max_segment_size in [1 << 20, 4_096] {
        let shard = write(7, 8, 4, max_segment_size);
        let entry = shard.frames.iter().find(|frame| frame.seq > 5 && !frame.is_signature).unwrap();
        let start = entry.range.start;
        for at in [start, start + 4, start + 5] {
            let image = flipped(&shard.closed, at, 7);
            // Without its record the table of operations would let one be written twice.
            let error = super::write_on(&image).unwrap_err();
            assert!(error.is_corruption(), "byte {at}: {error}");
        }
        let end = shard.frames.iter().find(|f| f.is_signature && f.seq > 5).unwrap().range.end;
        if max_segment_size == 4_096 {
            let cut = with(&shard.closed, &segment(1), |bytes| bytes.truncate(end));
            assert!(super::write_on(&cut).is_err_and(|error| error.is_corruption()));
        }
    }
}
