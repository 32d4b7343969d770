//! The writer: times, keys, order, and that a failed call changes nothing.

use super::*;
use crate::keys;
use crate::limits::MAX_RECORD_SIZE;

const START_US: u64 = START_MS * 1_000;
const END_US: u64 = (START_MS + LIFE_MS) * 1_000;

fn chain() -> (ChainWriter, Vec<u8>) {
    let (mut chain, mut out) = (ChainWriter::new(SHARD), Vec::new());
    assert_eq!(chain.certify(&mut out, START_US, &certificate(0)), Ok(Seq(0)));
    (chain, out)
}

fn ts_of(bytes: &[u8]) -> u64 {
    Record::decode(bytes).unwrap().ts_us()
}

/// Everything a writer's state shows.
fn shown(chain: &ChainWriter) -> impl PartialEq + core::fmt::Debug + use<> {
    let keys: Vec<_> = chain.keyring().map(Keyring::keys).unwrap_or_default().to_vec();
    let keys: Vec<_> = keys
        .iter()
        .map(|k| (k.certificate, k.certified_at, k.revoked_at, k.compromised_from))
        .collect();
    let counts = (chain.unsigned_entries(), chain.unsigned_records());
    (chain.next_seq(), chain.tip(), chain.last_ts_us(), counts, keys, chain.shard_id())
}

/// The call must fail with this code and leave chain and output alone.
fn refused<T: core::fmt::Debug>(
    chain: &mut ChainWriter,
    code: &str,
    call: impl FnOnce(&mut ChainWriter, &mut Vec<u8>) -> Result<T, ChainError>,
) {
    let before = shown(chain);
    let mut out = Vec::from(*b"what was there");
    let error = call(chain, &mut out).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(shown(chain) == before, "{code} changed the chain");
    assert_eq!(out, b"what was there", "{code}");
}

#[test]
fn entries_are_taken_up_to_the_last_microsecond_of_validity() {
    let append = |ts: u64| {
        let (mut chain, mut out) = chain();
        chain.append(&mut out, ts, &operation("x"))
    };
    assert_eq!(append(END_US - 1_000), Ok(Seq(1)));
    assert_eq!(append(END_US - 1), Ok(Seq(1)));
    let (expires_at_ms, now_ms) = (START_MS + LIFE_MS, START_MS + LIFE_MS);
    assert_eq!(append(END_US), Err(ChainError::ProcessKeyExpired { expires_at_ms, now_ms }));
    assert_eq!(append(u64::MAX).unwrap_err().code(), "process-key-expired");

    let (mut early, mut out) = (ChainWriter::new(SHARD), Vec::new());
    early.certify(&mut out, 0, &certificate(0)).unwrap();
    let call = |c: &mut ChainWriter, o: &mut _| c.append(o, START_US - 1, &operation("x"));
    refused(&mut early, "process-key-not-yet-valid", call);
    assert_eq!(early.check_key(START_US), Ok(()));
    early.append(&mut out, START_US, &operation("x")).unwrap();
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let (mut chain, _) = chain();
    let late = START_US + 5_000;
    for (ts, expected) in [(late, late), (START_US, late), (0, late), (late + 1, late + 1)] {
        let mut out = Vec::new();
        chain.append(&mut out, ts, &operation("x")).unwrap();
        assert_eq!(ts_of(&out), expected);
        assert_eq!(chain.last_ts_us(), expected);
    }
    let mut out = Vec::new();
    chain.sign(&mut out, 0, &process(0)).unwrap();
    assert_eq!(ts_of(&out), late + 1);
    let mut out = Vec::new();
    chain.certify(&mut out, 0, &certificate(1)).unwrap();
    assert_eq!(ts_of(&out), late + 1);
}

#[test]
fn a_signature_after_the_end_is_dated_before_it() {
    let (mut chain, _) = chain();
    let mut out = Vec::new();
    chain.append(&mut out, END_US - 10, &operation("x")).unwrap();
    out.clear();
    chain.sign(&mut out, END_US + 5_000_000, &process(0)).unwrap();
    assert_eq!(ts_of(&out), END_US - 1);
    // A new certificate may follow expiry, and the new key signs at the time it is.
    let late_ms = START_MS + LIFE_MS + 1;
    let key = process(1).public_key();
    let next = create_process_key_action(&operator(), SHARD, key, late_ms, late_ms + 5).unwrap();
    out.clear();
    chain.certify(&mut out, late_ms * 1_000, &next).unwrap();
    refused(&mut chain, "wrong-process-key", |c, o| c.sign(o, late_ms * 1_000, &process(0)));
    chain.append(&mut out, late_ms * 1_000, &operation("x")).unwrap();
}

#[test]
fn rotation_signs_certifies_revokes_and_signs() {
    let (mut chain, mut out) = chain();
    chain.append(&mut out, START_US, &operation("x")).unwrap();
    assert_eq!((chain.unsigned_entries(), chain.unsigned_records()), (1, 2));
    refused(&mut chain, "wrong-process-key", |c, o| c.sign(o, START_US, &process(1)));
    chain.sign(&mut out, START_US, &process(0)).unwrap();
    assert_eq!((chain.unsigned_entries(), chain.unsigned_records()), (0, 0));
    chain.certify(&mut out, START_US, &certificate(1)).unwrap();
    refused(&mut chain, "wrong-process-key", |c, o| c.sign(o, START_US, &process(0)));
    chain.revoke(&mut out, START_US, &revocation(0, Reason::Rotation, None)).unwrap();
    chain.sign(&mut out, START_US, &process(1)).unwrap();
    assert_eq!(chain.next_seq(), Seq(6));
    assert_eq!(chain.active().unwrap().public_key, process(1).public_key());

    // With the last key gone nothing but a certificate is taken.
    chain.revoke(&mut out, START_US, &revocation(1, Reason::Shutdown, None)).unwrap();
    refused(&mut chain, "process-key-revoked", |c, o| c.append(o, START_US, &operation("x")));
    refused(&mut chain, "process-key-revoked", |c, o| c.sign(o, START_US, &process(1)));
    chain.certify(&mut out, START_US, &certificate(2)).unwrap();
    chain.append(&mut out, START_US, &operation("x")).unwrap();
}

#[test]
fn failed_calls_change_nothing() {
    let mut empty = ChainWriter::new(SHARD);
    refused(&mut empty, "process-key-revoked", |c, o| c.append(o, START_US, &operation("x")));
    refused(&mut empty, "process-key-revoked", |c, o| c.sign(o, START_US, &process(0)));
    let unknown = revocation(0, Reason::Rotation, None);
    refused(&mut empty, "process-key-revoked", |c, o| c.revoke(o, START_US, &unknown));

    let (mut chain, _) = chain();
    let (elsewhere, key) = (ShardId::from_bytes([8; 16]), process(1).public_key());
    let foreign = create_process_key_action(&operator(), elsewhere, key, 0, 1).unwrap();
    refused(&mut chain, "wrong-shard", |c, o| c.certify(o, START_US, &foreign));
    let by_another = create_process_key_action(&process(9), SHARD, key, 0, 1).unwrap();
    refused(&mut chain, "wrong-operator-key", |c, o| c.certify(o, START_US, &by_another));
    let newer = Certificate { format_version: 2, ..certificate(1) };
    refused(&mut chain, "format-too-new", |c, o| c.certify(o, START_US, &newer));
    let mut forged = certificate(1);
    forged.not_before_ms += 1;
    refused(&mut chain, "invalid-signature", |c, o| c.certify(o, START_US, &forged));

    let unknown = revocation(5, Reason::Rotation, None);
    refused(&mut chain, "unknown-key", |c, o| c.revoke(o, START_US, &unknown));
    let mut forged = revocation(0, Reason::Rotation, None);
    forged.revoked_at_ms += 1;
    refused(&mut chain, "invalid-signature", |c, o| c.revoke(o, START_US, &forged));

    let bad = Operation { op: "", ..operation("x") };
    refused(&mut chain, "invalid-field", |c, o| c.append(o, START_US, &bad));
    assert_eq!(chain.next_seq(), Seq(1));
}

#[test]
fn given_bytes_must_be_the_next_settlement_or_resolution() {
    let (chain, _) = chain();
    let give = |bytes: &[u8], code: &str| {
        refused(&mut chain.clone(), code, |c, o| c.append_encoded(o, bytes));
    };
    let batch = Batch { from: 0, to: 0, tip: chain.tip(), entries: 0 };
    let record = |seq, prev, ts| {
        let signature = batch.sign(SHARD, &process(0));
        settlement_record(seq, prev, ts, batch, &[], 0, signature)
    };
    let good = record(1, chain.tip(), START_US);
    let mut out = Vec::from(*b"head");
    let mut next = chain.clone();
    assert_eq!(next.append_encoded(&mut out, &good), Ok(Seq(1)));
    assert_eq!(out, [b"head", good.as_slice()].concat());
    assert_eq!(next.tip(), next_tip(&good, &chain.tip()));
    assert_eq!((next.unsigned_entries(), next.unsigned_records()), (0, 2));

    give(&record(0, chain.tip(), START_US), "not-next");
    give(&record(2, chain.tip(), START_US), "not-next");
    give(&record(1, GENESIS_HASH, START_US), "not-next");
    give(&record(1, chain.tip(), START_US - 1), "not-next");
    give(&good[..good.len() - 1], "cbor-unexpected-end");
    give(&[&good, &[0][..]].concat(), "cbor-trailing-bytes");
    give(&alloc::vec![0x85; MAX_RECORD_SIZE + 1], "record-too-large");

    let control = |body: Control<'_>| {
        let (seq, prev_hash, ts_us) = (Seq(1), chain.tip(), START_US);
        let mut bytes = Vec::new();
        ControlRecord { seq, prev_hash, ts_us, body }.encode(&mut bytes);
        bytes
    };
    give(&control(Control::Certificate(certificate(1))), "invalid-field");
    give(&control(Control::Revocation(revocation(0, Reason::Shutdown, None))), "invalid-field");
    let (fingerprint, signature) = (GENESIS_HASH, Signature::from_bytes([0; 64]));
    give(&control(Control::Signature(SigEnvelope { fingerprint, signature })), "invalid-field");
    let resolution = ResolutionRecord {
        from_seq: Seq(0),
        to_seq: Seq(0),
        status: "CONFIRMED",
        challenger_id: "c",
        claimed_discrepancy: "d",
        resolved_at_ms: 1,
        detail: "",
    };
    let bytes = control(Control::DisputeResolution(resolution));
    assert_eq!(chain.clone().append_encoded(&mut out, &bytes), Ok(Seq(1)));
}

#[test]
fn a_settlement_ends_at_the_last_record_and_is_by_the_active_key() {
    let (chain, _) = chain();
    let good = Batch { from: 0, to: 0, tip: chain.tip(), entries: 0 };
    let record = |batch: Batch, number, ts_us| {
        let signature = batch.sign(SHARD, &process(number));
        settlement_record(1, chain.tip(), ts_us, batch, &[], number, signature)
    };
    let mut next = chain.clone();
    let mut out = Vec::from(*b"head");
    let bytes = record(good, 0, START_US + 5);
    let Record::Control(control) = Record::decode(&bytes).unwrap() else { panic!() };
    let Control::Settlement(settlement) = control.body else { panic!() };
    assert_eq!(next.settle(&mut out, START_US + 5, &settlement), Ok(Seq(1)));
    assert_eq!(out, [b"head", bytes.as_slice()].concat());
    let mut given = chain.clone();
    given.append_encoded(&mut Vec::new(), &bytes).unwrap();
    assert!(shown(&next) == shown(&given));

    let refuse = |batch, number, ts_us, code: &str| {
        let bytes = record(batch, number, ts_us);
        let Record::Control(control) = Record::decode(&bytes).unwrap() else { panic!() };
        let Control::Settlement(settlement) = control.body else { panic!() };
        refused(&mut chain.clone(), code, |c, o| c.settle(o, ts_us, &settlement));
    };
    refuse(Batch { from: 1, to: 1, ..good }, 0, START_US, "not-next");
    refuse(Batch { from: 1, to: 0, ..good }, 0, START_US, "not-next");
    refuse(Batch { tip: GENESIS_HASH, ..good }, 0, START_US, "not-next");
    refuse(good, 1, START_US, "wrong-process-key");
    refuse(good, 0, END_US, "process-key-expired");
    let mut empty = ChainWriter::new(SHARD);
    refused(&mut empty, "process-key-revoked", |c, o| c.settle(o, START_US, &settlement));
}

#[test]
fn a_resumed_writer_goes_on_with_the_same_bytes() {
    let (mut chain, mut out) = chain();
    chain.append(&mut out, START_US + 7, &operation("x")).unwrap();
    chain.sign(&mut out, START_US + 7, &process(0)).unwrap();
    let keyring = chain.keyring().unwrap().clone();
    let mut resumed =
        ChainWriter::resume(keyring, chain.next_seq(), chain.tip(), chain.last_ts_us());
    assert!(shown(&resumed) == shown(&chain));
    let (mut a, mut b) = (Vec::new(), Vec::new());
    chain.append(&mut a, 0, &operation("y")).unwrap();
    resumed.append(&mut b, 0, &operation("y")).unwrap();
    assert_eq!(a, b);
}

#[test]
fn a_cadence_lies_between_16_and_256() {
    for (entries, is_good) in [(0, false), (15, false), (16, true), (256, true), (257, false)] {
        assert_eq!(Cadence::new(entries).is_some(), is_good, "{entries}");
    }
    assert_eq!(Cadence::default().entries(), 64);
    let cadence = Cadence::new(16).unwrap();
    assert_eq!([15, 16, 17].map(|entries| cadence.is_due(entries)), [false, true, true]);
}

#[test]
fn messages_name_both_values() {
    let (a, b) = (operator().public_key(), process(0).public_key());
    let texts = [
        (ChainError::ProcessKeyExpired { expires_at_ms: 11, now_ms: 22 }, ["11", "22"]),
        (ChainError::ProcessKeyNotYetValid { not_before_ms: 33, now_ms: 22 }, ["33", "22"]),
        (ChainError::NotNext { expected: Seq(44), found: Seq(55) }, ["44", "55"]),
    ];
    for (error, values) in texts {
        let text = alloc::format!("{error}");
        assert!(values.iter().all(|value| text.contains(value)), "{text}");
    }
    let text = alloc::format!("{}", ChainError::WrongProcessKey { active: a, found: b });
    assert!(text.contains(&alloc::format!("{a}")) && text.contains(&alloc::format!("{b}")));
    let error = ChainError::Key(keys::Error::FormatTooNew { found: 9 });
    assert_eq!(error.code(), "format-too-new");
}
