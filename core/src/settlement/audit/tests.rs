//! The audit against the definitions: whatever the records and however the log is cut into runs.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::spans::Part;
use super::*;
use crate::chain::Record;
use crate::frame::SegmentNumber;
use crate::hash::Digest;
use crate::keys::SigningKey;
use crate::limits::{GENESIS_HASH, MAX_AUDITED_RECORDS};
use crate::settlement::naive::{Call, Log, calls, naive_root};
use crate::settlement::{BatchSettlementAction, SettlementFailure, check_settlement};
use FailureCode as F;

fn audit_in_runs(records: &[Vec<u8>], range: SeqRange, length: usize) -> AuditReport {
    let place = |at: usize| Place { segment: SegmentNumber::FIRST, offset: at as u64 };
    let mut auditor = ShardAuditor::new(SigningKey::from_seed(&[1; 32]).public_key(), range);
    let mut tables = KeyTables::default();
    let mut at = 0;
    while at < records.len() {
        let rest = records.iter().enumerate().skip(at).take(length);
        let frames = rest.map(|(at, bytes)| (place(at), bytes.as_slice()));
        let run = check_shard_run(frames, auditor.key_window(), range);
        assert!(run.consumed() > 0 && run.key_window() == auditor.key_window());
        at += run.consumed();
        let pending = auditor.absorb(run);
        for verdict in PendingCheck::verdicts(pending, &mut tables) {
            auditor.judge(verdict);
        }
        assert!(auditor.batches.held() <= records.len() as u64);
    }
    auditor.finish()
}

fn audit_range(records: &[Vec<u8>], range: SeqRange) -> AuditReport {
    let whole = audit_in_runs(records, range, usize::MAX);
    for length in [1, 2, 5, 16] {
        assert_eq!(audit_in_runs(records, range, length), whole, "runs of {length}");
    }
    whole
}

fn audit(records: &[Vec<u8>]) -> AuditReport {
    audit_range(records, SeqRange::ALL)
}

/// Codes and seqs, but those of the links: a changed record breaks them too.
fn failures(report: &AuditReport) -> Vec<(F, u64)> {
    let all = report.failures.iter().map(|failure| (failure.code, failure.seq.0));
    all.filter(|(code, _)| !matches!(code, F::ChainBroken)).collect()
}

/// A log of three batches: settlements at 12, 24 and 36, and two entries more.
fn settled() -> Log {
    let mut log = Log::new();
    for _ in 0..3 {
        for i in 0..11 {
            log.call(&Call::Append(i % 4, i % 3, i128::from(i) - 5));
        }
        log.settle().unwrap();
    }
    log.call(&Call::Append(1, 1, 1));
    log.call(&Call::Sign);
    log
}

#[test]
fn a_good_log_is_checked_in_full() {
    let report = audit(&settled().records);
    assert_eq!(report.failures, []);
    assert_eq!((report.settlements, report.settlements_checked), (3, 3));
}

#[test]
fn the_range_decides_which_settlements_are_told() {
    let records = settled().records;
    for (from, to, checked) in [(0, 11, 0), (12, 12, 1), (13, 36, 2), (20, 30, 1), (37, 99, 0)] {
        let range = SeqRange { from: Seq(from), to: Seq(to) };
        let report = audit_range(&records, range);
        assert_eq!((report.failures_total, report.settlements_checked), (0, checked), "{from}");
        assert_eq!(report.settlements, checked);
    }
}

#[test]
fn hidden_records_make_roots_unknown_and_not_wrong() {
    let records = settled().records;
    // In the second batch: its own roots are not known, nor any later root over the whole log.
    for seq in [13, 20, 23] {
        let mut cut = records.clone();
        drop(cut.remove(seq));
        let report = audit(&cut);
        // An entry of the batch is gone, and the chain tells where.
        let next = seq as u64 + 1;
        assert_eq!(failures(&report)[0], (F::SeqGap, next));
        assert!(failures(&report)[1..].iter().all(|(code, _)| *code == F::SettlementEntryCount));
        assert_eq!((report.settlements, report.settlements_checked), (3, 1));

        let mut unreadable = records.clone();
        unreadable[seq] = vec![0x85; 70];
        let report = audit(&unreadable);
        assert_eq!(failures(&report)[0], (F::RecordMalformed, next - 1));
        assert!(failures(&report)[1..].iter().all(|(code, _)| *code == F::SettlementEntryCount));
        assert_eq!(report.settlements_checked, 1);
    }
    // A settlement that is gone: the next one's range is not known, and the batch behind is.
    let mut cut = records.clone();
    drop(cut.remove(24));
    assert_eq!(audit(&cut).settlements_checked, 1);
}

#[test]
fn a_changed_record_is_told_by_its_batch_and_not_by_the_ones_behind() {
    let mut records = settled().records;
    let Record::Entry(entry) = Record::decode(&records[20]).unwrap() else { panic!("no entry") };
    let mut changed = entry;
    changed.operation.amount += 1;
    let mut bytes = vec![];
    changed.encode(&mut bytes);
    records[20] = bytes;
    let report = audit(&records);
    let expected = [(F::ItemsRoot, 24), (F::LogRoot, 24), (F::MemberDeltas, 24)];
    assert_eq!(failures(&report), expected);
    assert_eq!((report.failures[0].code, report.failures[0].seq), (F::ChainBroken, Seq(21)));
    // The last one's own batch is as it was.
    assert_eq!((report.settlements, report.settlements_checked), (3, 2));
}

#[test]
fn a_batch_beyond_the_limit_is_not_held() {
    let part = |count: usize| Part { leaf_hashes: vec![GENESIS_HASH; count], ..Part::default() };
    let limit = usize::try_from(MAX_AUDITED_RECORDS).unwrap();
    let mut batches = Batches::new(SeqRange::ALL);
    let mut next = 0;
    for (count, held) in [(limit - 1, limit - 1), (1, limit), (1, 0), (5, 0)] {
        let first = Some((Seq(next), GENESIS_HASH));
        next += count as u64;
        let span = Span {
            first,
            is_whole: true,
            is_linked: true,
            part: part(count),
            closing: None,
            next: Some((Seq(next), GENESIS_HASH)),
        };
        assert!(batches.absorb(span).is_none());
        assert_eq!(batches.held(), held as u64);
    }
}

/// The failures by the definitions, in the order of the report.
fn naive(records: &[Vec<u8>], action: &BatchSettlementAction, seq: u64) -> Vec<(F, u64)> {
    let [from, to] = [action.from_seq, action.to_seq].map(|seq| usize::try_from(seq.0).unwrap());
    let mut whole = action.clone();
    let mut found = vec![];
    while let Err(failure) = check_settlement(&whole, records[from..=to].iter().map(Vec::as_slice))
    {
        // Put right what was told, and ask for what comes behind it.
        match failure {
            SettlementFailure::ItemsRoot(roots) => {
                whole.items_root = roots.recomputed;
                found.push((F::ItemsRoot, seq));
            }
            SettlementFailure::IndexRoot(roots) => {
                whole.index_root = roots.recomputed;
                found.push((F::IndexRoot, seq));
            }
            SettlementFailure::MemberDeltas(_) => {
                found.push((F::MemberDeltas, seq));
                break;
            }
            other => panic!("{other}"),
        }
    }
    if action.log_root != naive_root(&records[..=to]) {
        let at = usize::from(found.first() == Some(&(F::ItemsRoot, seq)));
        found.insert(at, (F::LogRoot, seq));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_audit_agrees_with_the_definitions(
        batches in prop::collection::vec(calls(30), 1..4),
        lies in prop::collection::vec(0..16_u8, 4),
    ) {
        let mut log = Log::new();
        let (mut expected, mut settlements) = (vec![], 0);
        for (batch, lie) in batches.iter().zip(lies) {
            for call in batch {
                log.call(call);
            }
            if log.window.entry_count() == 0 {
                continue;
            }
            settlements += 1;
            let seq = log.records.len() as u64;
            let action = log.settle_with(|action| {
                let wrong = Digest::from_bytes([lie; 32]);
                if lie & 1 != 0 { action.items_root = wrong; }
                if lie & 2 != 0 { action.log_root = wrong; }
                if lie & 4 != 0 { action.index_root = wrong; }
                if lie & 8 != 0 { action.member_deltas[0].spent ^= 1; }
            });
            expected.extend(naive(&log.records, &action, seq));
        }
        let report = audit(&log.records);
        prop_assert_eq!(failures(&report), expected);
        prop_assert_eq!(report.settlements, settlements);
        prop_assert_eq!(report.settlements_checked, settlements);
    }
}
