//! What a search behind a stop sees.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::log::{Log, place, walk};
use crate::Seq;
use crate::limits::GENESIS_HASH;
use crate::recovery::{ChainLayout, Found, Later, Layout, Scan, Search, Seen};

/// Damages byte `at`, walks, and searches behind the stop; where it stopped.
fn search_after(bytes: &[u8]) -> (usize, Search) {
    let mut scan = Scan::new(ChainLayout::new());
    let (stop, _) = walk(&mut scan, bytes, 0);
    let mut search = Search::new(scan.kept().mark.map(|mark| mark.position.seq));
    let rest = &bytes[stop..];
    assert_eq!(search.feed(scan.layout(), place(stop), rest, true), rest.len());
    (stop, search)
}

fn damaged(log: &Log, at: usize) -> Vec<u8> {
    let mut bytes = log.bytes.clone();
    bytes[at] ^= 0x80;
    bytes
}

#[test]
fn any_byte_damaged_before_the_last_signature_but_one_shows_a_later_group() {
    let log = Log::with_groups(4, 2);
    let [.., before, _] = log.signed[..] else { panic!("two signatures") };
    let safe = log.frames[before].start;
    // Records 0 and 1 are told apart below: without them no signature can be checked.
    for at in log.frames[2].start..safe {
        let (stop, search) = search_after(&damaged(&log, at));
        assert!(stop <= log.frames.iter().find(|frame| frame.end > at).unwrap().end);
        assert_eq!(search.later(), Later::RecordBehindSignature, "byte {at}");
    }
    for at in safe..log.bytes.len() {
        let (_, search) = search_after(&damaged(&log, at));
        assert_ne!(search.later(), Later::RecordBehindSignature, "byte {at}");
    }
    for at in 0..log.frames[2].start {
        let (_, search) = search_after(&damaged(&log, at));
        assert_ne!(search.later(), Later::None, "byte {at}");
    }
}

#[test]
fn the_rest_of_the_same_group_is_no_other_group() {
    let log = Log::with_groups(2, 5);
    let first = log.frames.len() - 6;
    let (stop, search) = search_after(&damaged(&log, log.frames[first].start + 4));
    assert_eq!(stop, log.frames[first].start);
    assert_eq!(search.later(), Later::Record);
    let next = &log.frames[first + 1];
    let seq = Seq(first as u64 + 1);
    assert_eq!(search.first(), Some(Found { place: place(next.start), seq }));
}

#[test]
fn a_group_signed_by_a_key_whose_certificate_was_damaged_is_seen() {
    let mut log = Log::with_groups(1, 2);
    let certificate = log.frames.len();
    log.rotate(4);
    log.group(2);
    log.group(2);
    for record in certificate..certificate + 2 {
        for at in log.frames[record].clone() {
            let (_, search) = search_after(&damaged(&log, at));
            assert_eq!(search.later(), Later::RecordBehindSignature, "byte {at}");
        }
    }
}

#[test]
fn older_records_are_not_later_ones() {
    let log = Log::with_groups(3, 3);
    let bytes = [&log.bytes[..], &[1, 2, 3], &log.bytes[log.frames[2].start..]].concat();
    assert_eq!(search_after(&bytes).1.later(), Later::None);
}

#[test]
fn a_later_signature_that_does_not_hold_opens_no_group() {
    let log = Log::with_groups(3, 2);
    let [.., before, _] = log.signed[..] else { panic!("two signatures") };
    // The signature's last byte, and so the record behind it no longer fits either.
    let at = log.frames[before].end - 1;
    let stop = log.frames[before - 2].start;
    let mut bytes = damaged(&log, at);
    bytes[stop + 4] = 0xff;
    assert_eq!(search_after(&bytes).1.later(), Later::Record);
}

proptest! {
    #[test]
    fn pieces_and_zeros_change_nothing(
        zeros in prop::collection::vec(0_usize..2_000, 3..=3),
        piece in 1_usize..4_000,
        from in 2_usize..8,
    ) {
        let log = Log::with_groups(4, 2);
        let mut scan = Scan::new(ChainLayout::new());
        walk(&mut scan, &log.bytes[..log.frames[from].start], 0);
        // Behind a hole, the rest of the log, torn apart by zeros.
        let rest = &log.bytes[log.frames[from].start + 9..];
        let at = log.frames[from + 1].start - log.frames[from].start - 9;
        let (one, two) = rest.split_at(at);
        let bytes = [
            &vec![0; zeros[0]], one, &vec![0; zeros[1]], two, &vec![0; zeros[2]],
        ].concat();
        let after = scan.kept().mark.map(|mark| mark.position.seq);
        let mut whole = Search::new(after);
        whole.feed(scan.layout(), place(0), &bytes, true);
        let first = zeros[0] + one.len() + zeros[1];
        let seq = Seq(from as u64 + 1);
        prop_assert_eq!(whole.first(), Some(Found { place: place(first), seq }));
        let mut pieces = Search::new(after);
        let (mut at, mut size) = (0, piece);
        while at < bytes.len() && pieces.later() != Later::RecordBehindSignature {
            let end = (at + size).min(bytes.len());
            let taken = pieces.feed(scan.layout(), place(at), &bytes[at..end], end == bytes.len());
            prop_assert!(taken <= end - at);
            // A frame longer than the piece needs a longer one.
            size = if taken == 0 { size * 2 } else { piece };
            at += taken;
        }
        prop_assert_eq!(pieces.first(), whole.first());
        prop_assert_eq!(pieces.later(), whole.later());
    }
}

/// Takes 512 bytes of anything for a record.
#[derive(Clone)]
struct Any;
impl Layout for Any {
    fn peek(&self, bytes: &[u8]) -> Option<Seen> {
        (bytes.len() == 512).then_some(Seen {
            seq: Seq(9),
            prev_hash: GENESIS_HASH,
            tip: GENESIS_HASH,
            ts_us: 0,
            is_entry: true,
            is_settlement: false,
            is_signature: false,
            candidate: None,
        })
    }
    fn accept(&mut self, _: &Seen, _: &[u8]) {}
    fn may_start_with(&self, byte: u8) -> bool {
        byte == 0x89
    }
}

#[test]
fn a_length_may_begin_with_zeros() {
    // 512 is 00 02 00 00: its frame begins before the first byte that is not zero.
    for zeros in 0..40 {
        let mut bytes = vec![0; zeros];
        bytes.extend_from_slice(&512_u32.to_le_bytes());
        bytes.extend_from_slice(&[0x89; 512]);
        let mut search = Search::new(None);
        search.feed(&Any, place(0), &bytes, true);
        assert_eq!(search.first(), Some(Found { place: place(zeros), seq: Seq(9) }));
    }
}
