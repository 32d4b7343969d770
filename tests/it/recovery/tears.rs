//! Torn tails: R1, R3, R5, R7.

use countersign::store::StoreError;
use countersign_tests::Sampling;
use countersign_tests::tail::for_each_tail;

use super::{Shard, recover, segment, with, write, write_on};

/// The last signature that ends at or before `length` of the first segment.
fn vouched(shard: &Shard, length: usize) -> u64 {
    let signatures = shard.signatures();
    let last = signatures.iter().rev().find(|frame| frame.range.end <= length);
    last.map_or(0, |frame| frame.seq)
}

#[test]
fn cut_at_every_byte_of_the_last_two_groups() {
    let shard = write(7, 14, 15, 1 << 20);
    let log = segment(1);
    let whole = shard.unclean.file(&log).unwrap().len();
    let mut cuts = 0;
    for length in shard.signature_from_end(2).range.end..=whole {
        let damaged = with(&shard.unclean, &log, |bytes| bytes.truncate(length));
        let (result, _) = recover(&shard, &damaged).unwrap();
        assert_eq!(result.record_count - 1, vouched(&shard, length), "cut at {length}");
        let end = shard.frames[usize::try_from(result.record_count).unwrap() - 1].range.end;
        assert_eq!(result.truncated_bytes + result.unused_bytes, (length - end) as u64);
        cuts += u64::from(result.was_truncated);
    }
    assert!(cuts > 4_500, "{cuts} cuts");
}

#[test]
fn cut_at_every_byte_of_the_first_group() {
    let shard = write(7, 0, 0, 1 << 20);
    let log = segment(1);
    let certificate_end = shard.frames[0].range.end;
    for length in 0..=shard.frames[1].range.end {
        let damaged = with(&shard.unclean, &log, |bytes| bytes.truncate(length));
        if length < certificate_end {
            // Nothing was acknowledged, and nothing can be continued: it is said and left alone.
            let error = recover(&shard, &damaged).unwrap_err();
            assert!(matches!(error, StoreError::NotAShard { .. }), "{error}");
            assert!(error.to_string().contains("create it again"), "{error}");
            assert!(matches!(write_on(&damaged), Err(StoreError::NotAShard { .. })));
        } else {
            let (result, _) = recover(&shard, &damaged).unwrap();
            let is_signed = length == shard.frames[1].range.end;
            assert_eq!(result.record_count, 1 + u64::from(is_signed));
            let image = write_on(&damaged).unwrap();
            assert!(super::frames(&image).len() >= 3, "a shard that can be written");
        }
    }
}

#[test]
fn sectors_of_the_last_group_that_hold_anything_else() {
    // Groups of one to several sectors, at several offsets within a sector.
    for entries in [1, 2, 5, 16] {
        for groups in 3..6 {
            let shard = write(7, groups, entries, 1 << 20);
            let acknowledged = shard.signature_from_end(1);
            let tally = for_each_tail(
                &shard.unclean,
                &segment(1),
                acknowledged.range.end,
                Sampling::default(),
                |state| {
                    let (result, _) = recover(&shard, &state.image).unwrap();
                    let last = result.last_seq.unwrap().0;
                    let whole = shard.signature_from_end(0).seq;
                    assert!(last == acknowledged.seq || last == whole);
                },
            );
            assert!(tally.distinct > 3, "{tally:?}");
        }
    }
}

#[test]
fn a_last_record_that_decodes_and_chains_is_cut_where_nothing_vouches_for_it() {
    let shard = write(7, 3, 5, 1 << 20);
    let last_entry = &shard.frames[shard.frames.len() - 2];
    // The end of its context hash never arrived, nor did the signature.
    let damaged = with(&shard.unclean, &segment(1), |bytes| {
        bytes.truncate(last_entry.range.end);
        bytes[last_entry.range.end - 20..].fill(0);
    });
    let (result, _) = recover(&shard, &damaged).unwrap();
    assert_eq!(result.record_count - 1, shard.signature_from_end(1).seq);
    assert_eq!(result.reason, "5 records that no signature covers");
}

#[test]
fn zeros_behind_the_log_are_unused_space() {
    let shard = write(7, 3, 5, 1 << 20);
    for zeros in [1, 3, 4, 5, 511, 4_096, 3 << 20] {
        let damaged =
            with(&shard.unclean, &segment(1), |bytes| bytes.resize(bytes.len() + zeros, 0));
        let (result, image) = recover(&shard, &damaged).unwrap();
        assert_eq!((result.was_truncated, result.unused_bytes), (false, zeros as u64));
        assert_eq!(Shard::log(&image), Shard::log(&shard.closed));
    }
}

#[test]
fn a_zero_length_with_other_bytes_behind_it_is_torn() {
    let shard = write(7, 3, 5, 1 << 20);
    for behind in [1, 4, 100, 5_000] {
        let damaged = with(&shard.unclean, &segment(1), |bytes| {
            bytes.extend_from_slice(&[0; 4]);
            bytes.extend(std::iter::repeat_n(0, behind));
            bytes.push(1);
        });
        let (result, image) = recover(&shard, &damaged).unwrap();
        assert_eq!(result.truncated_bytes, 4 + behind as u64 + 1);
        assert_eq!(Shard::log(&image), Shard::log(&shard.closed));
    }
}

#[test]
fn a_torn_group_in_a_pre_filled_segment_keeps_the_group_and_not_the_zeros() {
    let shard = write(7, 3, 5, 1 << 20);
    let zeros = 40 << 20;
    let cut = shard.signature_from_end(0).range.start;
    let damaged = with(&shard.unclean, &segment(1), |bytes| {
        bytes[cut..].fill(0);
        bytes.resize(bytes.len() + zeros, 0);
    });
    let (result, image) = recover(&shard, &damaged).unwrap();
    let group = shard.signature_from_end(1).range.end;
    assert!(result.truncated_bytes >= (cut - group) as u64);
    assert!(result.truncated_bytes < (cut - group + 4_096) as u64, "{result:?}");
    let kept = image.file(&result.torn_files[0]).unwrap();
    assert_eq!(kept[..cut - group], shard.unclean.file(&segment(1)).unwrap()[group..cut]);

    // The same with a hole in the group instead: damage, and a long search behind it.
    let damaged = with(&shard.unclean, &segment(1), |bytes| {
        bytes[group + 8..group + 16].fill(0xff);
        bytes.resize(bytes.len() + zeros, 0);
    });
    let (result, _) = recover(&shard, &damaged).unwrap();
    assert_eq!(result.record_count - 1, shard.signature_from_end(1).seq);
    assert!(result.truncated_bytes < 8_192, "{result:?}");
}

#[test]
fn several_torn_tails_at_one_place_are_all_kept() {
    let shard = write(7, 3, 5, 1 << 20);
    let tear = |image, byte: u8| with(image, &segment(1), |bytes| bytes.extend([byte; 30]));
    let (first, image) = recover(&shard, &tear(&shard.unclean, 1)).unwrap();
    let (second, image) = recover(&shard, &tear(&image, 2)).unwrap();
    assert_ne!(first.torn_files, second.torn_files);
    let offset = shard.signature_from_end(0).range.end;
    let name = super::path(&format!("log.000001.cbor.torn-{offset}"));
    assert_eq!(first.torn_files, [name]);
    assert_eq!(**image.file(&first.torn_files[0]).unwrap(), [1; 30]);
    assert_eq!(**image.file(&second.torn_files[0]).unwrap(), [2; 30]);
}
