//! Keys, signatures and batches of whole shards.

use super::{HOUR, Log, SHARD, certificate, codes, operator, place, process, revocation, trusting};
use crate::chain::FailureCode;
use crate::foreign::{
    ActionError, BatchName, ForeignAuditor, ForeignCode, ForeignKeys, ForeignReason, KeyAction,
};
use crate::keys::ShardId;
use crate::{Seq, SeqRange};

#[test]
fn a_signed_log_holds_and_an_unsigned_one_does_not() {
    let key = process(2);
    let mut log = Log::new(&key, 20);
    let unsigned = log.audit(trusting(&[&key]));
    assert_eq!(codes(&unsigned), ["signature-missing"]);
    log.sign(&key);
    log.append(&key, |_| {});
    let audit = log.audit(trusting(&[&key]));
    assert!(audit.is_valid(), "{:?}", audit.failures);
    assert_eq!((audit.records, audit.signed_seq, audit.unsigned_tail), (21, Some(Seq(19)), 1));
    assert_eq!((audit.unsettled, audit.tip), (21, log.tip));
    // Nobody's word, no verdict.
    let audit = log.audit(ForeignKeys::new(SHARD));
    assert_eq!((audit.failures_total, audit.is_valid()), (0, false));
    // Another shard's id, another's key.
    let mut other = ForeignKeys::new(ShardId::from_bytes([8; 16]));
    other.trust(&key.public_key()).unwrap();
    assert_eq!(codes(&log.audit(other)), ["signature-invalid", "signature-missing"]);
    let audit = log.audit(trusting(&[&process(3)]));
    assert_eq!(codes(&audit), ["first-record-key", "inactive-key", "signature-missing"]);
}

#[test]
fn a_tail_longer_than_any_cadence_lacks_signatures() {
    let key = process(2);
    let mut log = Log::new(&key, 1);
    log.sign(&key);
    for _ in 0..256 {
        log.append(&key, |_| {});
    }
    assert!(log.audit(trusting(&[&key])).is_valid());
    log.append(&key, |_| {});
    assert_eq!(codes(&log.audit(trusting(&[&key]))), ["signature-missing"]);
}

#[test]
fn each_link_is_checked_once_a_record() {
    let key = process(2);
    for (code, change) in [
        ("seq-gap", (|fields| fields.seq += 1) as fn(&mut super::Fields)),
        ("chain-broken", |fields| fields.prev_hash[0] ^= 1),
        ("time-reversed", |fields| fields.ts_us = 0),
    ] {
        let mut log = Log::new(&key, 3);
        log.append(&key, change);
        log.sign(&key);
        let audit = log.audit(trusting(&[&key]));
        let failure = &audit.failures[0];
        assert_eq!(failure.code.as_str(), code);
        assert_eq!(failure.offset, 3, "the place of the record");
    }
    let mut log = Log::new(&key, 3);
    log.records[0].pop();
    log.sign(&key);
    assert_eq!(codes(&log.audit(trusting(&[&key]))), ["record-malformed", "chain-broken"]);
}

#[test]
fn what_a_compromised_key_signed_does_not_pass_under_a_later_one() {
    let (old, new) = (process(2), process(3));
    let mut log = Log::new(&old, 16);
    log.sign(&old);
    for _ in 0..16 {
        log.append(&old, |_| {});
    }
    log.sign(&old);
    for _ in 0..16 {
        log.append(&new, |_| {});
    }
    log.sign(&new);
    assert!(log.audit(trusting(&[&old, &new])).is_valid());
    for (from, expected) in [(Some(16), 1), (Some(32), 0), (None, 2)] {
        let mut keys = trusting(&[&old, &new]);
        let action = revocation(&old, ForeignReason::Compromise, from);
        let unpacked = crate::keys::VerifyingKey::new(&operator().public_key()).unwrap();
        keys.revoke(&unpacked, &action).unwrap();
        let audit = log.audit(keys);
        assert_eq!(codes(&audit), alloc::vec!["key-compromised"; expected], "{from:?}");
        assert_eq!(audit.signed_seq, Some(Seq(47)));
    }
}

#[test]
fn a_revoked_key_does_not_come_back_and_an_expired_one_signs_nothing_new() {
    let (old, new) = (process(2), process(3));
    let mut log = Log::new(&old, 4);
    for key in [&old, &new, &old] {
        log.append(key, |_| {});
        log.sign(key);
    }
    let audit = |actions: &[KeyAction]| {
        let mut auditor = ForeignAuditor::new(ForeignKeys::new(SHARD));
        auditor.take_key_actions(&operator().public_key(), actions);
        auditor.take_sidecar(&log.sidecar);
        log.feed(auditor)
    };
    let certified = |key| KeyAction::Certificate(certificate(key, 0, HOUR));
    let rotated = KeyAction::Revocation(revocation(&old, ForeignReason::Rotation, None));
    assert!(audit(&[certified(&old), certified(&new)]).is_valid());
    let back = audit(&[rotated, certified(&old), certified(&new)]);
    assert_eq!(codes(&back), ["inactive-key"]);
    assert!(audit(&[rotated, certified(&old), certified(&old), certified(&new)]).is_valid());

    let short = KeyAction::Certificate(certificate(&old, 0, 5_000_000));
    assert_eq!(codes(&audit(&[short, certified(&new)])), ["outside-key-window"]);
}

#[test]
fn key_actions_that_do_not_hold_change_nothing() {
    let key = process(2);
    let mut log = Log::new(&key, 4);
    log.sign(&key);
    let good = certificate(&key, 0, HOUR);
    let mut forged = good;
    forged.not_after_us += 1;
    let mut of_another = certificate(&process(3), 0, HOUR);
    of_another.fingerprint = key.fingerprint();
    of_another.operator_signature = operator().sign(&of_another.signed_bytes());
    let mut elsewhere = good;
    elsewhere.shard_id = ShardId::from_bytes([8; 16]);
    elsewhere.operator_signature = operator().sign(&elsewhere.signed_bytes());
    for (action, code) in [
        (forged, "certificate-invalid"),
        (of_another, "certificate-invalid"),
        (certificate(&key, 0, 0), "certificate-invalid"),
        (certificate(&key, 0, 604_800_000_001), "certificate-invalid"),
        (elsewhere, "wrong-shard"),
    ] {
        let mut auditor = ForeignAuditor::new(ForeignKeys::new(SHARD));
        auditor.take_key_actions(&operator().public_key(), &[KeyAction::Certificate(action)]);
        let audit = auditor.finish();
        assert_eq!(codes(&audit), [code]);
        assert!(audit.keys.is_empty() && !audit.is_valid());
    }
    let mut auditor = ForeignAuditor::new(ForeignKeys::new(SHARD));
    auditor.take_key_actions(&process(9).public_key(), &[KeyAction::Certificate(good)]);
    assert_eq!(codes(&auditor.finish()), ["certificate-invalid"]);

    let late = revocation(&key, ForeignReason::Shutdown, Some(3));
    let unpacked = crate::keys::VerifyingKey::new(&operator().public_key()).unwrap();
    let mut keys = ForeignKeys::new(SHARD);
    assert_eq!(keys.revoke(&unpacked, &late), Err(ActionError::UnexpectedEffectiveAtSeq));
    let unknown = revocation(&key, ForeignReason::Shutdown, None);
    let found = key.fingerprint();
    assert_eq!(keys.revoke(&unpacked, &unknown), Err(ActionError::UnknownKey { found }));
}

#[test]
fn damage_is_passed_and_the_next_record_taken_on_trust() {
    let key = process(2);
    let mut log = Log::new(&key, 9);
    log.sign(&key);
    let mut auditor = ForeignAuditor::new(trusting(&[&key]));
    auditor.take_sidecar(&log.sidecar);
    for (index, bytes) in log.records.iter().enumerate() {
        match index {
            3 => auditor.pass_damage(FailureCode::FrameBroken, place(3), "damage".into()),
            4 => {}
            _ => drop(auditor.push(place(index as u64), bytes)),
        }
    }
    let audit = auditor.finish();
    assert_eq!(codes(&audit), ["frame-broken"]);
    assert_eq!(audit.failures[0].seq, Seq(3));
    assert_eq!((audit.records, audit.signed_seq), (7, Some(Seq(8))));
}

#[test]
fn a_signature_or_a_note_of_records_that_are_gone_is_noticed() {
    let key = process(2);
    let mut log = Log::new(&key, 20);
    log.sign(&key);
    let tip = log.tip;
    log.records.truncate(10);
    assert_eq!(
        codes(&log.audit(trusting(&[&key]))),
        ["before-durable-position", "signature-missing"]
    );
    let state = alloc::format!(
        "{{\n  \"schemaVersion\": 1,\n  \"shardId\": \"{SHARD}\",\n  \"lastSeq\": \"19\",\n  \
         \"tipHash\": \"{tip}\",\n  \"recoveredAt\": 5\n}}"
    );
    log.sidecar.clear();
    for (state, expected) in [
        (state.clone(), "before-durable-position"),
        (state.replace("\"19\"", "\"9\""), "before-durable-position"),
        (state.replace("0707", "0708"), "wrong-shard"),
        (state.replace("  \"tip", " \"tip"), "state-malformed"),
    ] {
        let mut auditor = ForeignAuditor::new(ForeignKeys::new(SHARD));
        auditor.take_state(state.as_bytes());
        assert_eq!(codes(&log.feed(auditor)), [expected]);
    }
}

#[test]
fn settlements_must_tile_and_end_inside_the_log() {
    let key = process(2);
    let log = Log::new(&key, 9);
    let claims = |ranges: &[(u64, u64)]| {
        let mut auditor = ForeignAuditor::new(ForeignKeys::new(SHARD));
        for (from, to) in ranges {
            let name = BatchName(SeqRange { from: Seq(*from), to: Seq(*to) });
            let text = alloc::format!(
                "{{\n  \"batchId\": \"b\",\n  \"fromSeq\": \"{from}\",\n  \"toSeq\": \"{to}\",\n  \
                 \"tipHash\": \"{0}\",\n  \"itemsRoot\": \"{0}\",\n  \"memberDeltas\": [],\n  \
                 \"confirmedAt\": \"0\"\n}}",
                "00".repeat(32)
            );
            auditor.take_settlement(name, text.as_bytes());
        }
        let audit = log.feed(auditor);
        let ranges = audit.failures.iter();
        ranges.filter(|f| f.code == FailureCode::SettlementRange.into()).count()
    };
    assert_eq!(claims(&[(0, 3), (4, 8)]), 0);
    assert_eq!(claims(&[(2, 3)]), 0, "a batcher may have been started late");
    assert_eq!(claims(&[(0, 3), (5, 8)]), 1, "what lies between was lost");
    assert_eq!(claims(&[(0, 3), (3, 8)]), 1, "one record settled twice");
    assert_eq!(claims(&[(0, 3), (4, 9)]), 1, "the log ends before");
    assert_eq!(claims(&[(8, 3)]), 1);
    let mut auditor = ForeignAuditor::new(ForeignKeys::new(SHARD));
    auditor.take_settlement(BatchName(SeqRange::ALL), b"{}");
    let code = ForeignCode::SettlementMalformed.as_str();
    assert_eq!(codes(&log.feed(auditor)), [code]);
}
