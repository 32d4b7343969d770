//! What is refused: settlements that are wrong in one thing, ranges that are not the settlement's,
//! windows that cannot be settled.

use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::naive::{Call, Log, SHARD, naive_root, process};
use super::*;
use crate::Seq;
use crate::chain::{ChainError, ChainWriter, Record, RecordError};
use crate::hash::Digest;
use crate::keys::{
    Reason, ShardId, SigningKey, create_process_key_action, create_process_key_revoke_action,
};
use crate::limits::{MAX_SETTLEMENT_DOCUMENT_SIZE, MAX_SETTLEMENT_PAIRS};

/// A batch's records: by member, asset and amount.
const CALLS: [Call; 5] = [
    Call::Append(1, 0, 5),
    Call::Append(1, 0, -2),
    Call::Append(2, 1, 7),
    Call::Append(1, 1, 0),
    Call::Sign,
];

/// A log with two settled batches; the second holds records 6 to 11.
fn settled() -> (Log, BatchSettlementAction) {
    let mut log = Log::new();
    let append = |log: &mut Log| {
        for call in &CALLS {
            log.call(call);
        }
    };
    append(&mut log);
    log.settle().unwrap();
    append(&mut log);
    let action = log.settle().unwrap();
    assert_eq!((action.from_seq, action.to_seq), (Seq(6), Seq(11)));
    (log, action)
}

fn check(action: &BatchSettlementAction, records: &[Vec<u8>]) -> Result<(), SettlementFailure> {
    check_settlement(action, records.iter().map(Vec::as_slice))
}

fn code(action: &BatchSettlementAction, records: &[Vec<u8>]) -> &'static str {
    check(action, records).unwrap_err().code()
}

#[test]
fn a_settlement_that_is_wrong_in_one_thing_fails_on_that() {
    type Change = (&'static str, fn(&mut BatchSettlementAction));
    let changes: [Change; 13] = [
        ("range-invalid", |a| a.to_seq = Seq(5)),
        ("range-seq", |a| (a.from_seq, a.to_seq) = (Seq(5), Seq(10))),
        ("range-count", |a| a.to_seq = Seq(10)),
        ("range-count", |a| a.to_seq = Seq(12)),
        ("tip-hash", |a| a.tip_hash = a.items_root),
        ("items-root", |a| a.items_root = a.index_root),
        ("index-root", |a| a.index_root = a.items_root),
        ("entry-count", |a| a.entry_count += 1),
        ("member-deltas", |a| a.member_deltas[0].earned += 1),
        ("member-deltas", |a| a.member_deltas[1].spent = 1),
        ("member-deltas", |a| drop(a.member_deltas.pop())),
        ("member-deltas", |a| drop(a.member_deltas.remove(0))),
        ("member-deltas", |a| {
            let more = AccountDelta { member_id: [9; 32], ..a.member_deltas[0].clone() };
            a.member_deltas.push(more);
        }),
    ];
    let (log, action) = settled();
    let range = log.range(&action).to_vec();
    assert_eq!(check(&action, &range), Ok(()));
    for (expected, change) in changes {
        let mut changed = action.clone();
        change(&mut changed);
        assert_eq!(code(&changed, &range), expected);
        assert!(changed.verify_signature(SHARD).is_err(), "{expected}");
    }
}

#[test]
fn the_first_pair_that_differs_is_named() {
    let (log, action) = settled();
    let range = log.range(&action).to_vec();
    let failure = |change: fn(&mut Vec<AccountDelta>)| {
        let mut changed = action.clone();
        change(&mut changed.member_deltas);
        match check(&changed, &range) {
            Err(SettlementFailure::MemberDeltas(failure)) => *failure,
            other => panic!("{other:?}"),
        }
    };
    // In the order of their bytes: (1, a), (1, joule), (2, a).
    let more = failure(|deltas| deltas[1].earned += 1);
    assert_eq!((more.settled, more.recomputed), (Some((6, 2)), Some((5, 2))));
    assert_eq!(more.pair, Pair { member_id: [1; 32], asset_id: "joule".into() });
    let lacking = failure(|deltas| drop(deltas.remove(0)));
    assert_eq!((lacking.settled, lacking.recomputed), (None, Some((0, 0))));
    assert_eq!(lacking.pair, Pair { member_id: [1; 32], asset_id: "a".into() });
    let foreign = failure(|deltas| {
        let new = AccountDelta { asset_id: "b".into(), ..deltas[0].clone() };
        deltas.insert(1, new);
    });
    assert_eq!((foreign.settled, foreign.recomputed), (Some((0, 0)), None));
    assert_eq!(foreign.pair, Pair { member_id: [1; 32], asset_id: "b".into() });
    let shown = SettlementFailure::MemberDeltas(foreign.into()).to_string();
    assert!(shown.contains(&"01".repeat(32)) && shown.contains("\"b\""), "{shown}");
}

#[test]
fn a_range_must_be_exactly_the_settlements() {
    let (log, action) = settled();
    let range = log.range(&action).to_vec();
    for i in 0..range.len() {
        let mut missing = range.clone();
        let taken = missing.remove(i);
        let expected = SettlementFailure::RangeCount { expected: 6, found: 5 };
        assert_eq!(check(&action, &missing), Err(expected), "{i} missing");
        let mut twice = range.clone();
        twice.insert(i, taken.clone());
        let expected = SettlementFailure::RangeCount { expected: 6, found: 7 };
        assert_eq!(check(&action, &twice), Err(expected.clone()), "{i} twice");
        twice.extend(vec![taken.clone(); 3]);
        assert_eq!(check(&action, &twice), Err(expected), "only one more is counted");
        let mut repeated = range.clone();
        let other = (i + 1) % range.len();
        repeated[other] = taken.clone();
        let at = action.from_seq.0 + other as u64;
        let found = Seq(action.from_seq.0 + i as u64);
        let expected = SettlementFailure::RangeSeq { expected: Seq(at), found };
        assert_eq!(check(&action, &repeated), Err(expected), "{i} instead of {other}");
        let mut swapped = range.clone();
        swapped.swap(i, other);
        assert_eq!(code(&action, &swapped), "range-seq", "{i} and {other}");
        let mut broken = range.clone();
        broken[i] = vec![0x89];
        let failure = check(&action, &broken).unwrap_err();
        let at = Seq(action.from_seq.0 + i as u64);
        assert!(matches!(failure, SettlementFailure::Malformed { seq, .. } if seq == at));
        broken.push(vec![]);
        assert_eq!(code(&action, &broken), "range-count", "the count comes first");
    }
    assert_eq!(code(&action, &[]), "range-count");
    assert_eq!(code(&action, &log.records[..6]), "range-seq");
}

/// A range as large as no memory is not waited for.
#[test]
fn a_range_of_any_size_ends_with_its_records() {
    let (_, mut action) = settled();
    (action.from_seq, action.to_seq) = (Seq(1), Seq(u64::MAX));
    let expected = SettlementFailure::RangeCount { expected: u64::MAX, found: 0 };
    assert_eq!(check(&action, &[]), Err(expected));
    action.from_seq = Seq(0);
    assert_eq!(code(&action, &[]), "range-invalid");
}

#[test]
fn records_of_another_chain_are_told() {
    let (log, action) = settled();
    let range = log.range(&action).to_vec();
    // Another log with the same seqs: one amount differs before the batch.
    let mut other = Log::new();
    other.call(&Call::Append(1, 0, 6));
    for call in &CALLS[1..] {
        other.call(call);
    }
    other.settle().unwrap();
    for call in &CALLS {
        other.call(call);
    }
    let foreign = other.records[6..12].to_vec();
    assert_eq!(code(&action, &foreign), "tip-hash");
    for i in 1..range.len() {
        let mut mixed = range.clone();
        mixed[i] = foreign[i].clone();
        let failure = check(&action, &mixed).unwrap_err();
        let at = Seq(action.from_seq.0 + i as u64);
        assert!(matches!(failure, SettlementFailure::ChainBroken { seq, .. } if seq == at));
    }
    // The first record's prevHash is taken on trust, so the chain breaks behind it.
    let mut mixed = range.clone();
    mixed[0] = foreign[0].clone();
    assert_eq!(code(&action, &mixed), "chain-broken");

    // From seq 0 on there is nothing to trust.
    let first =
        other.range(&BatchSettlementAction { from_seq: Seq(0), to_seq: Seq(5), ..action.clone() });
    let mut late = first.to_vec();
    let at = late[0].windows(32).position(|window| window == [0; 32]).unwrap();
    late[0][at] = 1;
    let action = BatchSettlementAction { from_seq: Seq(0), to_seq: Seq(5), ..action };
    let failure = check(&action, &late).unwrap_err();
    assert!(matches!(failure, SettlementFailure::ChainBroken { seq: Seq(0), .. }), "{failure}");
}

proptest! {
    /// Any change of one bit of any record fails.
    #[test]
    fn a_changed_bit_in_a_record_is_seen(record in 0_usize..6, at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let (log, action) = settled();
        let mut range = log.range(&action).to_vec();
        let at = at.index(range[record].len());
        range[record][at] ^= 1_u8 << bit;
        prop_assert!(check(&action, &range).is_err());
    }
}

#[test]
fn a_walker_checks_roots_and_deltas_against_its_window() {
    let (log, action) = settled();
    let mut window = BatchWindow::new(action.from_seq);
    for bytes in log.range(&action) {
        window.push(bytes, &Record::decode(bytes).unwrap()).unwrap();
    }
    let log_root = naive_root(&log.records[..12]);
    assert_eq!(window.check(&action, &log_root), Ok(()));
    let wrong = |change: fn(&mut BatchSettlementAction)| {
        let mut changed = action.clone();
        change(&mut changed);
        window.check(&changed, &log_root).unwrap_err().code()
    };
    assert_eq!(wrong(|a| a.log_root = a.items_root), "log-root");
    assert_eq!(wrong(|a| a.items_root = a.log_root), "items-root");
    assert_eq!(wrong(|a| a.index_root = a.log_root), "index-root");
    assert_eq!(wrong(|a| a.from_seq = Seq(7)), "range-seq");
    assert_eq!(wrong(|a| a.to_seq = Seq(10)), "range-count");
    assert_eq!(wrong(|a| a.to_seq = Seq(3)), "range-invalid");
    assert_eq!(wrong(|a| a.entry_count -= 1), "entry-count");
    assert_eq!(wrong(|a| a.member_deltas.clear()), "member-deltas");
}

#[test]
fn a_settlement_holds_under_its_own_key_operator_and_shard_only() {
    let (_, action) = settled();
    let operator = SigningKey::from_seed(&[1; 32]);
    let trusted = operator.public_key();
    let certify = |key: &SigningKey, shard_id| {
        create_process_key_action(&operator, shard_id, key.public_key(), 0, 60_000).unwrap()
    };
    let good = certify(&process(), SHARD);
    assert_eq!(verify_settlement(&action, SHARD, &good, &trusted), Ok(()));
    let verify = |action: &BatchSettlementAction, certificate, trusted| {
        verify_settlement(action, SHARD, &certificate, &trusted).unwrap_err().code()
    };
    let other = SigningKey::from_seed(&[3; 32]);
    let elsewhere = ShardId::from_bytes([8; 16]);
    assert_eq!(verify(&action, good, other.public_key()), "certificate-invalid");
    assert_eq!(verify(&action, certify(&other, SHARD), trusted), "wrong-process-key");
    assert_eq!(verify(&action, certify(&process(), elsewhere), trusted), "wrong-shard");
    let mut changed = action.clone();
    changed.member_deltas[0].spent += 1;
    assert_eq!(verify(&changed, good, trusted), "settlement-signature");
    // Signed for another shard, by the same key.
    let mut changed = action.clone();
    changed.signature = process().sign(&changed.signed_bytes(elsewhere));
    assert_eq!(verify(&changed, good, trusted), "settlement-signature");
    let mut changed = action;
    changed.to_seq = Seq(0);
    changed.signature = process().sign(&changed.signed_bytes(SHARD));
    assert_eq!(verify(&changed, good, trusted), "range-invalid");
}

#[test]
fn a_window_takes_the_next_record_alone() {
    let (log, _) = settled();
    let mut window = BatchWindow::new(Seq(6));
    for (i, bytes) in log.records.iter().enumerate() {
        let record = Record::decode(bytes).unwrap();
        let before = window.totals();
        let expected = window.next_seq();
        if record.seq() == expected {
            window.push(bytes, &record).unwrap();
            continue;
        }
        let error = SettlementError::NotNext { expected, found: Seq(i as u64) };
        assert_eq!(window.push(bytes, &record), Err(error));
        assert_eq!(window.totals(), before);
    }
    assert_eq!(window.next_seq(), Seq(13));
}

#[test]
fn a_window_is_due_by_count_or_age_once_it_holds_an_entry() {
    let mut log = Log::new();
    let rules = BatchRules::default();
    assert_eq!((rules.max_records, rules.max_age_ms), (10_000, 5_000));
    let soon = BatchRules { max_records: 4, ..rules };
    for _ in 0..9 {
        log.call(&Call::Sign);
    }
    assert!(!log.window.is_due(&soon, u64::MAX), "it holds no entry");
    assert_eq!(log.window.due_at_us(&rules), None);
    log.call(&Call::Append(1, 0, 0));
    let first_us = log.window.first_entry_ts_us().unwrap();
    assert_eq!(first_us, 1_010);
    assert!(log.window.is_due(&soon, 0), "its records count, not its entries");
    log.call(&Call::Append(1, 0, 0));
    let due_us = first_us + 5_000_000;
    assert_eq!(log.window.due_at_us(&rules), Some(due_us));
    assert!(!log.window.is_due(&rules, due_us - 1));
    assert!(log.window.is_due(&rules, due_us));
    let records = log.window.record_count();
    assert!(log.window.is_due(&BatchRules { max_records: records, ..rules }, 0));
    assert!(!log.window.is_due(&BatchRules { max_records: records + 1, ..rules }, 0));
    let never = BatchRules { max_records: u64::MAX, max_age_ms: u64::MAX };
    assert!(!log.window.is_due(&never, u64::MAX - 1));
}

#[test]
fn a_settlement_wants_the_active_key_in_time_and_the_end_of_the_chain() {
    let mut log = Log::new();
    log.call(&Call::Append(1, 0, 5));
    let attempt = |log: &Log, key: &SigningKey, ts_us| {
        let mut chain = log.chain.clone();
        let mut out = vec![1, 2, 3];
        let result = settle(&mut chain, &log.window, Digest::default(), key, &mut out, ts_us);
        if result.is_err() {
            assert_eq!(out, [1, 2, 3]);
            assert_eq!((chain.next_seq(), chain.tip()), (log.chain.next_seq(), log.chain.tip()));
        }
        result.map_err(|error| error.code())
    };
    let stranger = SigningKey::from_seed(&[3; 32]);
    assert_eq!(attempt(&log, &stranger, 5_000), Err("wrong-process-key"));
    assert!(attempt(&log, &process(), 59_999_999).is_ok());
    assert_eq!(attempt(&log, &process(), 60_000_000), Err("process-key-expired"));

    // A chain that has gone on without the window.
    let mut ahead = Log { chain: log.chain.clone(), records: vec![], window: log.window.clone() };
    ahead.chain.sign(&mut vec![], 5_000, &process()).unwrap();
    assert_eq!(attempt(&ahead, &process(), 5_000), Err("not-next"));

    let operator = SigningKey::from_seed(&[1; 32]);
    let key = process().public_key();
    let revocation =
        create_process_key_revoke_action(&operator, SHARD, key, 5, Reason::Shutdown, None).unwrap();
    let mut out = vec![];
    log.chain.revoke(&mut out, 5_000, &revocation).unwrap();
    log.take(out);
    assert_eq!(attempt(&log, &process(), 5_000), Err("process-key-revoked"));
    let mut empty = ChainWriter::new(SHARD);
    let window = BatchWindow::new(Seq::FIRST);
    let result = settle(&mut empty, &window, Digest::default(), &process(), &mut vec![], 5);
    assert_eq!(result, Err(SettlementError::EmptyWindow { from_seq: Seq::FIRST }));
}

/// A batch of `pairs` deltas whose fields are all at their limits.
fn largest(pairs: usize) -> BatchSettlementAction {
    let (_, mut action) = settled();
    (action.from_seq, action.to_seq) = (Seq(u64::MAX - 1), Seq(u64::MAX - 1));
    action.entry_count = u64::MAX;
    let delta = |i: usize| AccountDelta {
        member_id: [0xff; 32],
        asset_id: format!("{i:064}"),
        earned: u128::MAX,
        spent: u128::MAX,
    };
    action.member_deltas = (0..pairs).map(delta).collect();
    action
}

#[test]
fn a_thousand_deltas_at_their_limits_take_less_than_256_kib_of_json() {
    let action = largest(1_000);
    let whole = action.to_json().unwrap();
    let deltas = crate::document::write(&action.member_deltas).unwrap();
    assert_eq!(deltas.len(), 1_000 * 258 + 1);
    assert!(deltas.len() < whole.len() && whole.len() <= 256 * 1024, "{}", whole.len());
    assert_eq!(BatchSettlementAction::from_json(whole.as_bytes()).unwrap(), action);
}

#[test]
fn as_many_pairs_as_there_is_room_for_fit_a_record_and_a_document() {
    let settle = |pairs| {
        let mut log = Log::new();
        log.call(&Call::Append(1, 0, 5));
        let mut action = largest(pairs);
        (action.from_seq, action.to_seq) = (Seq(0), Seq(1));
        action.tip_hash = log.chain.tip();
        let body = action.body();
        let settlement = crate::chain::Settlement::decode(&body).unwrap();
        let (mut out, before) = (vec![7], log.chain.tip());
        let result = log.chain.settle(&mut out, 5_000, &settlement);
        if result.is_err() {
            assert_eq!((out.as_slice(), log.chain.tip()), (&[7][..], before));
        }
        (result, out.len(), action)
    };
    let (result, size, action) = settle(MAX_SETTLEMENT_PAIRS);
    assert_eq!(result, Ok(Seq(2)));
    assert!(size > 16_770_000, "{size}");
    assert!(action.to_json().unwrap().len() <= MAX_SETTLEMENT_DOCUMENT_SIZE);
    let (result, ..) = settle(MAX_SETTLEMENT_PAIRS + 10);
    let too_large = matches!(result, Err(ChainError::Record(RecordError::TooLarge { .. })));
    assert!(too_large, "{result:?}");
}

#[test]
fn codes_are_distinct_and_messages_name_both_values() {
    let (a, b) = (Digest::from_bytes([0xaa; 32]), Digest::from_bytes([0xbb; 32]));
    let roots = Roots { settled: a, recomputed: b };
    let failures = [
        SettlementFailure::TipHash(roots),
        SettlementFailure::ItemsRoot(roots),
        SettlementFailure::LogRoot(roots),
        SettlementFailure::IndexRoot(roots),
        SettlementFailure::ChainBroken { seq: Seq(77), expected: a, found: b },
    ];
    for failure in &failures {
        let shown = failure.to_string();
        assert!(shown.contains(&a.to_string()) && shown.contains(&b.to_string()), "{shown}");
    }
    let mut codes: Vec<_> = failures.iter().map(SettlementFailure::code).collect();
    let range = SettlementFailure::RangeCount { expected: 11, found: 22 };
    let seq = SettlementFailure::RangeSeq { expected: Seq(11), found: Seq(22) };
    let count = SettlementFailure::EntryCount { settled: 11, recomputed: 22 };
    let invalid = SettlementFailure::RangeInvalid { from_seq: Seq(22), to_seq: Seq(11) };
    for failure in [range, seq, count, invalid] {
        let shown = failure.to_string();
        assert!(shown.contains("11") && shown.contains("22"), "{shown}");
        codes.push(failure.code());
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 9);
}
