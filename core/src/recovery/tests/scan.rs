//! How far a walk vouches for records.

use super::log::{Log, place, walk};
use crate::Seq;
use crate::hash::{Blake3, Digest};
use crate::merkle::{Frontier, leaf_hash};
use crate::recovery::{ChainLayout, Scan, StopReason};

fn scan(bytes: &[u8]) -> Scan<ChainLayout> {
    let mut scan = Scan::new(ChainLayout::new());
    walk(&mut scan, bytes, 0);
    scan
}

#[test]
fn the_newest_valid_signature_vouches_and_nothing_behind_it_counts() {
    let log = Log::with_groups(7, 3);
    for last in 1..log.frames.len() {
        let kept = scan(&log.bytes[..log.frames[last].end]).kept();
        let signed: alloc::vec::Vec<_> =
            log.signed.iter().copied().filter(|seq| *seq <= last).collect();
        let newest = *signed.last().unwrap();
        let mark = kept.mark.unwrap();
        assert_eq!(mark.position.seq, Seq(newest as u64));
        assert_eq!(mark.position.start, place(log.frames[newest].start));
        assert_eq!(mark.position.end, place(log.end_of(newest)));
        assert_eq!(kept.unvouched, (last - newest) as u64);
        assert!(kept.has_signature);
        let before = signed.iter().rev().nth(1).map_or(0, |before| log.end_of(*before));
        assert_eq!(kept.group_start, place(before), "the last group is to be written again");
    }
}

#[test]
fn a_lone_certificate_counts_and_is_called_unsigned() {
    let log = Log::new();
    let kept = scan(&log.bytes[..log.frames[0].end]).kept();
    assert_eq!(kept.mark.unwrap().position.seq, Seq(0));
    assert!(!kept.has_signature);
    assert_eq!(kept.unvouched, 0);
    assert!(scan(&[]).kept().mark.is_none());
}

#[test]
fn a_signature_that_does_not_hold_vouches_for_nothing() {
    let log = Log::with_groups(3, 2);
    let [.., before, last] = log.signed[..] else { panic!("two signatures") };
    let mut bytes = log.bytes.clone();
    *bytes.last_mut().unwrap() ^= 1;
    let kept = scan(&bytes).kept();
    assert_eq!(kept.mark.unwrap().position.seq, Seq(before as u64));
    assert_eq!(kept.unvouched, (last - before) as u64);
}

#[test]
fn a_last_record_that_decodes_and_chains_with_zeros_in_it_is_not_vouched_for() {
    let mut log = Log::with_groups(2, 2);
    let signed = log.bytes.len();
    log.entry();
    let mut bytes = log.bytes.clone();
    // The sector with the end of the context hash never arrived.
    let length = bytes.len();
    bytes[length - 20..].fill(0);
    let scan = scan(&bytes);
    assert_eq!(scan.last().unwrap().end, place(length), "it does look good");
    let kept = scan.kept();
    assert_eq!((kept.mark.unwrap().position.end, kept.unvouched), (place(signed), 1));
}

#[test]
fn a_walk_resumed_anywhere_ends_as_one_from_the_start() {
    let mut log = Log::with_groups(2, 3);
    log.rotate(4);
    log.group(2);
    let whole = scan(&log.bytes).kept();
    for seq in &log.signed {
        let first = scan(&log.bytes[..log.end_of(*seq)]);
        let mark = first.kept().mark.unwrap();
        let layout = ChainLayout::with_keyring(first.layout().keyring().unwrap().clone());
        let mut resumed = Scan::resume(layout, mark);
        assert_eq!(resumed.kept().group_start, place(log.end_of(*seq)), "nothing to write again");
        walk(&mut resumed, &log.bytes, log.end_of(*seq));
        let (kept, expected) = (resumed.kept(), whole.clone());
        let (kept_mark, mark) = (kept.mark.unwrap(), expected.mark.unwrap());
        assert_eq!(kept_mark.position, mark.position);
        assert_eq!(kept_mark.window, mark.window);
        assert_eq!(kept_mark.frontier.root(), mark.frontier.root());
        assert_eq!(kept.unvouched, 0);
    }
}

#[test]
fn the_mark_holds_the_tree_over_all_records_and_the_open_window() {
    let log = Log::with_groups(3, 4);
    let mark = scan(&log.bytes).kept().mark.unwrap();
    let mut tree = Frontier::<Blake3>::new();
    for seq in 0..log.frames.len() {
        tree.push(leaf_hash::<Blake3>(log.record(seq))).unwrap();
    }
    assert_eq!(mark.frontier.root(), tree.root());
    assert_eq!((mark.window.from_seq, mark.window.entries), (Seq(0), 12));
    assert_eq!(mark.position.tip, log.chain.tip());
}

#[test]
fn a_durable_tip_vouches_where_it_is_met_and_only_there() {
    let mut log = Log::with_groups(1, 2);
    log.entry();
    log.entry();
    let last = log.frames.len() as u64 - 1;
    let tip = log.chain.tip();
    let with = |seq, tip| {
        let mut scan = Scan::new(ChainLayout::new()).vouched_by(seq, tip);
        walk(&mut scan, &log.bytes, 0);
        scan
    };
    let met = with(Seq(last), tip);
    assert!(met.has_met_awaited());
    assert_eq!(met.kept().mark.unwrap().position.seq, Seq(last));
    for (seq, tip) in
        [(Seq(last), Digest::from_bytes([1; 32])), (Seq(last - 1), tip), (Seq(last + 1), tip)]
    {
        let unmet = with(seq, tip);
        assert!(!unmet.has_met_awaited());
        assert_eq!(unmet.kept().unvouched, 2);
    }
}

#[test]
fn the_walk_says_why_it_stops() {
    let log = Log::with_groups(2, 2);
    let [first, second] = [log.frames[2].clone(), log.frames[3].clone()];
    let without: alloc::vec::Vec<u8> =
        [&log.bytes[..first.start], &log.bytes[second.start..]].concat();
    let mut scan = Scan::new(ChainLayout::new());
    let (expected, found) = (Seq(2), Seq(3));
    let stop = walk(&mut scan, &without, 0);
    assert_eq!(stop, (first.start, Some(StopReason::WrongSeq { expected, found })));
    let mut bytes = log.bytes.clone();
    bytes[first.end - 1] ^= 1;
    let mut scan = Scan::new(ChainLayout::new());
    assert_eq!(walk(&mut scan, &bytes, 0), (second.start, Some(StopReason::WrongPrevHash)));
    let mut bytes = log.bytes.clone();
    bytes[second.start + 4] = 0xff;
    let mut scan = Scan::new(ChainLayout::new());
    assert_eq!(walk(&mut scan, &bytes, 0), (second.start, Some(StopReason::Malformed)));
    assert_eq!(scan.next_seq(), Seq(3));
}

#[test]
fn a_certificate_of_a_newer_format_is_remembered() {
    let log = Log::new();
    let mut record = log.record(0).to_vec();
    // formatVersion stands behind the kind and the head of the body.
    let kind = b"PROCESS_KEY_CERT";
    let at = record.windows(kind.len()).position(|part| part == kind).unwrap() + kind.len() + 1;
    assert_eq!(record[at], 1);
    record[at] = 2;
    let mut scan = Scan::new(ChainLayout::new());
    scan.push(place(0), &record).unwrap();
    assert_eq!(scan.layout().too_new(), Some((Seq(0), 2)));
    assert_eq!(ChainLayout::new().too_new(), None);
}
