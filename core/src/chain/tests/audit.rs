//! The auditor: every failure from a log with one thing wrong, alike in runs of any length.

use super::*;
use crate::keys;
use crate::limits::MAX_PROCESS_KEY_LIFETIME_MS;
use FailureCode as F;

fn audit_in_runs(log: &Log, trusted: keys::PublicKey, length: usize) -> AuditReport {
    let frames: Vec<_> = log.frames().collect();
    let mut auditor = Auditor::new(trusted);
    let mut tables = keys::KeyTables::default();
    let mut rest = frames.as_slice();
    while !rest.is_empty() {
        let run = check_run(rest.iter().take(length).copied(), auditor.key_window());
        assert!(run.consumed > 0);
        rest = &rest[run.consumed..];
        for pending in auditor.absorb(run) {
            let holds = pending.holds(&mut tables);
            auditor.judge(&pending, holds);
        }
    }
    auditor.finish()
}

fn audit_for(log: &Log, trusted: keys::PublicKey) -> AuditReport {
    let whole = audit_in_runs(log, trusted, usize::MAX);
    for length in 1..5 {
        assert_eq!(audit_in_runs(log, trusted, length), whole, "runs of {length}");
    }
    whole
}

fn audit(log: &Log) -> AuditReport {
    audit_for(log, operator().public_key())
}

fn failures(log: &Log) -> Vec<(FailureCode, u64)> {
    audit(log).failures.iter().map(|failure| (failure.code, failure.seq.0)).collect()
}

/// A certificate, three entries, a signature, a settlement, a signature.
fn settled() -> Log {
    let mut log = Log::new();
    log.entries(3);
    log.sign(0);
    log.settle(log.batch(0, 3), 0);
    log.sign(0);
    log
}

#[test]
fn a_good_log_has_no_failure_and_is_counted() {
    let mut log = settled();
    log.entries(2);
    let report = audit(&log);
    assert_eq!(report.failures, []);
    assert_eq!(report.shard_id, Some(SHARD));
    let counts = (report.records, report.entries, report.signatures, report.settlements);
    assert_eq!(counts, (9, 5, 2, 1));
    assert_eq!((report.last_seq, report.tip), (Some(Seq(8)), log.tip));
    assert_eq!(report.unsigned_tail, 2);
    assert_eq!(audit(&Log::empty()).last_seq, None);
}

#[test]
fn bytes_that_are_no_record_take_a_seq_and_a_step() {
    for victim in 1..4 {
        let mut log = Log::new();
        for i in 1..6 {
            if i == victim { log.push(alloc::vec![0x80]) } else { log.entry() }
        }
        assert_eq!(failures(&log), [(F::RecordMalformed, victim)]);
    }
    // Nothing but garbage, and garbage in the place of record 0.
    let mut log = Log::empty();
    (0..3).for_each(|_| log.push(alloc::vec![0xff; 9]));
    assert_eq!(failures(&log), [0, 1, 2].map(|seq| (F::RecordMalformed, seq)));
    assert_eq!(audit(&log).unsigned_tail, 3);
    log.entry();
    assert_eq!(failures(&log)[3..], [(F::OutsideKeyWindow, 3)]);
}

#[test]
fn links_are_checked_within_and_across_runs() {
    for before in 0..4 {
        let mut log = Log::new();
        log.entries(before);
        let at = log.seq;
        log.seq += 1;
        log.entries(2);
        assert_eq!(failures(&log), [(F::SeqGap, at + 1)]);

        let mut log = Log::new();
        log.entries(before);
        log.tip = Digest::from_bytes([1; 32]);
        log.entries(2);
        assert_eq!(failures(&log), [(F::ChainBroken, at)]);

        let mut log = Log::new();
        log.entries(before);
        log.ts_us -= 1_001;
        log.entries(2);
        assert_eq!(failures(&log), [(F::TimeReversed, at)]);
    }
    // Equal times are in order.
    let mut log = Log::new();
    log.entry();
    log.ts_us -= 1_000;
    log.entry();
    assert_eq!(failures(&log), []);
}

#[test]
fn a_log_starts_with_record_0_a_certificate_on_the_genesis_hash() {
    let mut log = Log::empty();
    log.entry();
    assert_eq!(failures(&log), [(F::CertificateMissing, 0), (F::OutsideKeyWindow, 0)]);
    let mut log = Log::empty();
    log.seq = 5;
    log.certify(0);
    assert_eq!(failures(&log), [(F::SeqGap, 5)]);
    let mut log = Log::empty();
    log.tip = Digest::from_bytes([1; 32]);
    log.certify(0);
    assert_eq!(failures(&log), [(F::SeqGap, 0)]);
}

#[test]
fn certificates_must_hold() {
    let try_second = |certificate: Certificate| {
        let mut log = Log::new();
        log.control(Control::Certificate(certificate));
        log.entry();
        failures(&log)
    };
    assert_eq!(try_second(certificate(1)), []);
    let mut forged = certificate(1);
    forged.expires_at_ms += 1;
    assert_eq!(try_second(forged), [(F::CertificateInvalid, 1)]);
    let mut long = certificate(1);
    long.expires_at_ms = long.not_before_ms + MAX_PROCESS_KEY_LIFETIME_MS + 1;
    long.operator_signature = operator().sign(&long.signed_bytes());
    assert_eq!(try_second(long), [(F::CertificateInvalid, 1)]);
    let unknown = Certificate { format_version: 0, ..certificate(1) };
    assert_eq!(try_second(unknown), [(F::CertificateInvalid, 1)]);

    let key = process(1).public_key();
    let by_another =
        create_process_key_action(&process(9), SHARD, key, START_MS, START_MS + 1).unwrap();
    assert_eq!(try_second(by_another), [(F::WrongOperatorKey, 1)]);
    let elsewhere = ShardId::from_bytes([8; 16]);
    let foreign =
        create_process_key_action(&operator(), elsewhere, key, START_MS, START_MS + 1).unwrap();
    assert_eq!(try_second(foreign), [(F::WrongShard, 1)]);

    let report = audit_for(&settled(), process(9).public_key());
    assert_eq!(report.failures[0].code, F::WrongOperatorKey);
    let codes: Vec<_> = report.failures.iter().map(|f| (f.code, f.seq.0)).collect();
    // That no key is active is told once.
    assert_eq!(codes[1], (F::OutsideKeyWindow, 1));
    assert!(codes[2..].iter().all(|(code, _)| *code == F::InactiveKey));
}

#[test]
fn the_audit_stops_at_a_newer_format() {
    let newer = Certificate { format_version: 2, ..certificate(1) };
    let mut log = Log::new();
    log.entry();
    log.control(Control::Certificate(newer));
    // Nothing behind it is judged.
    log.push(alloc::vec![0xff]);
    log.entries(2);
    assert_eq!(failures(&log), [(F::FormatTooNew, 2)]);

    // With a body of another shape too, and as record 0.
    let mut bytes = log.records[2].clone();
    let body = bytes.windows(17).position(|w| w == b"\x70PROCESS_KEY_CERT").unwrap() + 17;
    assert_eq!(bytes[body..body + 2], [0x87, 2]);
    bytes[body] = 0x88;
    bytes.push(0xf6);
    for before in 0..3 {
        let mut log = Log::empty();
        if before > 0 {
            log.certify(0);
            log.entries(before - 1);
        }
        let at = log.seq;
        log.push(bytes.clone());
        log.entries(2);
        assert_eq!(failures(&log), [(F::FormatTooNew, at)]);
    }
}

#[test]
fn revocations_must_hold_and_name_a_certified_key() {
    let mut log = Log::new();
    log.revoke(5, Reason::Rotation, None);
    assert_eq!(failures(&log), [(F::RevocationInvalid, 1)]);
    let mut forged = revocation(0, Reason::Rotation, None);
    forged.revoked_at_ms += 1;
    let mut log = Log::new();
    log.control(Control::Revocation(forged));
    log.entry();
    assert_eq!(failures(&log), [(F::RevocationInvalid, 1)]);
}

#[test]
fn signatures_must_hold_and_be_by_the_active_key() {
    let mut log = Log::new();
    log.entry();
    let fingerprint = process(0).fingerprint();
    let signature = process(0).sign(b"something else");
    log.control(Control::Signature(SigEnvelope { fingerprint, signature }));
    assert_eq!(failures(&log), [(F::SignatureInvalid, 2)]);
    assert_eq!(audit(&log).unsigned_tail, 3);

    let mut log = Log::new();
    log.entry();
    log.sign(1);
    assert_eq!(failures(&log), [(F::InactiveKey, 2)]);

    // In a rotation the old key is inactive from the new certificate on.
    let mut log = Log::new();
    log.entry();
    log.sign(0);
    log.certify(1);
    log.sign(0);
    log.revoke(0, Reason::Rotation, None);
    log.sign(1);
    assert_eq!(failures(&log), [(F::InactiveKey, 4)]);
    assert_eq!(audit(&log).unsigned_tail, 0);
    log.revoke(1, Reason::Shutdown, None);
    log.sign(1);
    assert_eq!(failures(&log)[1..], [(F::OutsideKeyWindow, 8), (F::InactiveKey, 8)]);
}

#[test]
fn entries_signatures_and_settlements_lie_inside_the_keys_validity() {
    let (start, end) = (START_MS * 1_000, (START_MS + LIFE_MS) * 1_000);
    let at = |ts: u64, add: fn(&mut Log)| {
        let mut log = Log::empty();
        log.ts_us = 0;
        log.certify(0);
        log.ts_us = ts;
        add(&mut log);
        failures(&log)
    };
    let kinds: [fn(&mut Log); 3] = [
        Log::entry,
        |log| log.sign(0),
        |log| {
            log.settle(log.batch(0, 0), 0);
        },
    ];
    for add in kinds {
        for ts in [start, end - 1] {
            assert_eq!(at(ts, add), [], "{ts}");
        }
        for ts in [0, start - 1, end, u64::MAX - 1_000] {
            assert_eq!(at(ts, add), [(F::OutsideKeyWindow, 1)], "{ts}");
        }
    }
    // A certificate may follow expiry.
    assert_eq!(at(end + 1_000, |log| log.certify(1)), []);
}

#[test]
fn a_compromise_takes_signatures_back_and_lets_later_keys_cover_them() {
    let mut log = Log::new();
    log.entries(2);
    log.sign(0); // 3
    log.entry();
    log.settle(log.batch(0, 3), 0); // 5
    log.sign(0); // 6
    log.certify(1);
    log.revoke(0, Reason::Rotation, None); // 8
    assert_eq!(failures(&log), []);
    assert_eq!(audit(&log).unsigned_tail, 2);
    let compromised = |from: Option<u64>| {
        let mut log = log.clone();
        log.revoke(0, Reason::KeyCompromise, from); // 9
        log
    };
    let told = |log: &Log| {
        let report = audit(log);
        assert!(report.failures.iter().all(|failure| failure.code == F::KeyCompromised));
        let seqs: Vec<_> = report.failures.iter().map(|failure| failure.seq.0).collect();
        (seqs, report.unsigned_tail)
    };
    assert_eq!(told(&compromised(None)), (alloc::vec![], 3));
    assert_eq!(told(&compromised(Some(7))), (alloc::vec![], 3));
    assert_eq!(told(&compromised(Some(6))), (alloc::vec![6], 6));
    assert_eq!(told(&compromised(Some(4))), (alloc::vec![5, 6], 6));
    assert_eq!(told(&compromised(Some(0))), (alloc::vec![3, 5, 6], 10));
    // The chain carries a later key's signature back over everything.
    let mut covered = compromised(Some(0));
    covered.sign(1);
    assert_eq!(told(&covered), (alloc::vec![3, 5, 6], 0));
}

#[test]
fn settlements_tile_the_log_and_close_right_before_themselves() {
    let settle = |change: fn(&mut Batch)| {
        let mut log = Log::new();
        log.entries(3);
        let mut batch = log.batch(0, 3);
        change(&mut batch);
        log.settle(batch, 0);
        failures(&log)
    };
    assert_eq!(settle(|_| ()), []);
    assert_eq!(settle(|b| b.from = 1), [(F::SettlementRange, 4)]);
    assert_eq!(settle(|b| b.to = 2), [(F::SettlementRange, 4)]);
    assert_eq!(settle(|b| b.to = 4), [(F::SettlementRange, 4)]);
    assert_eq!(settle(|b| b.tip = GENESIS_HASH), [(F::SettlementTip, 4)]);
    assert_eq!(settle(|b| b.entries = 2), [(F::SettlementEntryCount, 4)]);
    assert_eq!(settle(|b| b.entries = u64::MAX), [(F::SettlementEntryCount, 4)]);

    let mut log = Log::new();
    log.entry();
    let batch = log.batch(0, 1);
    log.settlement(batch, 0, process(0).sign(b"something else"));
    assert_eq!(failures(&log), [(F::SettlementSignature, 2)]);
    let mut log = Log::new();
    log.entry();
    log.settle(log.batch(0, 1), 1);
    assert_eq!(failures(&log), [(F::InactiveKey, 2)]);
    // Signed for another shard.
    let mut log = Log::new();
    log.entry();
    let batch = log.batch(0, 1);
    log.settlement(batch, 0, batch.sign(ShardId::from_bytes([8; 16]), &process(0)));
    assert_eq!(failures(&log), [(F::SettlementSignature, 2)]);
}

/// The next batch starts with the settlement record of the one before.
#[test]
fn entries_are_counted_from_one_settlement_to_the_next() {
    let mut log = settled();
    for entries in [1, 4, 2] {
        let from = log.records.iter().rposition(|bytes| {
            let record = Record::decode(bytes).unwrap();
            matches!(record.control(), Some(Control::Settlement(_)))
        });
        let from = from.unwrap() as u64;
        log.entries(entries);
        log.sign(0);
        log.settle(log.batch(from, entries as u64), 0);
        log.sign(0);
        assert_eq!(failures(&log), []);
    }
    // A certificate inside a window ends a run there: the count goes on behind it.
    let from = log.seq - 2;
    log.entries(2);
    log.sign(0);
    log.certify(1);
    log.revoke(0, Reason::Rotation, None);
    log.entries(3);
    log.settle(log.batch(from, 5), 1);
    log.sign(1);
    assert_eq!(failures(&log), []);
    let mut wrong = log.clone();
    wrong.entry();
    wrong.settle(wrong.batch(log.seq - 2, 2), 1);
    assert_eq!(failures(&wrong), [(F::SettlementEntryCount, wrong.seq - 1)]);
}

#[test]
fn damage_between_runs_is_reported_in_its_place() {
    let log = settled();
    let mut auditor = Auditor::new(operator().public_key());
    let run = check_run(log.frames().take(1), auditor.key_window());
    assert_eq!(auditor.absorb(run).len(), 0);
    let place = Place { segment: SegmentNumber::FIRST, offset: 7 };
    auditor.fail(F::FrameBroken, place, "cut".into());
    assert_eq!(auditor.failures().len(), 1);
    assert_eq!(auditor.next_seq(), Seq(1));
    assert_eq!(auditor.keyring().unwrap().keys().len(), 1);
    let report = auditor.finish();
    let text = alloc::format!("{}", report.failures[0]);
    assert_eq!(text, "frame-broken: seq 1 in log.000001.cbor byte 7: cut");
}
