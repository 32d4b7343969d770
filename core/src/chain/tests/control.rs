//! Control records: round trips, the generic crate as oracle, and every deviation.

#![expect(clippy::large_types_passed_by_value, reason = "a body is made where it is passed")]

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::keys;
use crate::limits::{MAX_CONTROL_TEXT_SIZE, MIN_RECORD_SIZE};

const TS: u64 = 1_760_000_000_001_000;

fn encoded(body: Control<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let prev_hash = Digest::from_bytes([9; 32]);
    ControlRecord { seq: Seq(500), prev_hash, ts_us: TS, body }.encode(&mut bytes);
    bytes
}

fn envelope(kind: &str, body: Vec<Value>) -> Vec<u8> {
    let head = [int(500), blob(&[9; 32]), int(TS.into()), string(kind)];
    generic(&Value::Array(head.into_iter().chain([Value::Array(body)]).collect()))
}

fn resolution() -> ResolutionRecord<'static> {
    ResolutionRecord {
        from_seq: Seq(0),
        to_seq: Seq(42),
        status: "DISPUTED_FRAUD",
        challenger_id: "auditor-é",
        claimed_discrepancy: "the batch leaves out op-17",
        resolved_at_ms: 1_760_000_000_500,
        detail: "",
    }
}

/// Encodes, compares with the generic crate, decodes, flips every bit.
fn check(body: Control<'_>, kind: &str, items: Vec<Value>) -> Vec<u8> {
    let bytes = encoded(body);
    assert_eq!(bytes, envelope(kind, items), "{kind}");
    let record = Record::decode(&bytes).unwrap();
    assert_eq!(record.control(), Some(&body));
    assert_eq!(record.control().unwrap().kind(), kind);
    assert_eq!((record.seq(), record.ts_us()), (Seq(500), TS));
    check_every_bit(&bytes);
    bytes
}

fn certificate_items(certificate: &Certificate) -> Vec<Value> {
    vec![
        int(certificate.format_version.into()),
        blob(SHARD.as_bytes()),
        blob(certificate.public_key.as_bytes()),
        int(certificate.not_before_ms.into()),
        int(certificate.expires_at_ms.into()),
        blob(operator().public_key().as_bytes()),
        blob(certificate.operator_signature.as_bytes()),
    ]
}

#[test]
fn every_kind_encodes_as_the_generic_crate_does_and_comes_back() {
    let c = certificate(0);
    check(Control::Certificate(c), "PROCESS_KEY_CERT", certificate_items(&c));

    let (fingerprint, signature) = (Digest::from_bytes([5; 32]), Signature::from_bytes([6; 64]));
    let signed = Control::Signature(SigEnvelope { fingerprint, signature });
    check(signed, "PROCESS_KEY_SIGN", vec![blob(&[5; 32]), blob(&[6; 64])]);

    for (reason, from) in
        [(Reason::Rotation, None), (Reason::KeyCompromise, Some(30)), (Reason::KeyCompromise, None)]
    {
        let r = revocation(0, reason, from);
        let items = vec![
            blob(r.public_key.as_bytes()),
            int(r.revoked_at_ms.into()),
            string(reason.as_str()),
            from.map_or(Value::Null, |seq| int(seq.into())),
            blob(r.operator_signature.as_bytes()),
        ];
        check(Control::Revocation(r), "PROCESS_KEY_REVOKE", items);
    }

    let d = resolution();
    let items = vec![
        int(0),
        int(42),
        string(d.status),
        string(d.challenger_id),
        string(d.claimed_discrepancy),
        int(d.resolved_at_ms.into()),
        string(""),
    ];
    check(Control::DisputeResolution(d), "DISPUTE_RESOLUTION", items);
}

#[test]
fn settlements_encode_as_the_generic_crate_does_and_come_back() {
    let (low, high) = ([1; 32], [2; 32]);
    let delta =
        |member_id, asset_id, earned, spent| MemberDelta { member_id, asset_id, earned, spent };
    let deltas = [
        delta(&low, "joule", 0, u128::from(u64::MAX)),
        delta(&low, "Ω", 1 << 64, u128::MAX),
        delta(&high, "compute-hour", 7, 0),
    ];
    let batch = Batch { from: 0, to: 499, tip: Digest::from_bytes([9; 32]), entries: 3 };
    let signature = Signature::from_bytes([6; 64]);
    let prev = Digest::from_bytes([9; 32]);
    let bytes = settlement_record(500, prev, TS, batch, &deltas, 0, signature);
    let Ok(Record::Control(record)) = Record::decode(&bytes) else { panic!() };
    let Control::Settlement(settlement) = record.body else { panic!() };
    assert_eq!(settlement.member_deltas().collect::<Vec<_>>(), deltas);

    let big = |value: u128| {
        if let Ok(small) = u64::try_from(value) {
            return int(small.into());
        }
        let digits = value.to_be_bytes();
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        Value::Tag(2, blob(&digits[zeros..]).into())
    };
    let zeros = || blob(&[0; 32]);
    let items = deltas.iter().map(|d| {
        Value::Array(vec![blob(d.member_id), string(d.asset_id), big(d.earned), big(d.spent)])
    });
    let items = vec![
        int(0),
        int(499),
        blob(&[9; 32]),
        zeros(),
        zeros(),
        zeros(),
        int(3),
        Value::Array(items.collect()),
        blob(process(0).public_key().as_bytes()),
        blob(&[6; 64]),
    ];
    assert_eq!(check(record.body, "BATCH_SETTLEMENT", items), bytes);
}

#[test]
fn deltas_out_of_order_or_twice_are_refused() {
    let (low, high) = ([1; 32], [2; 32]);
    let delta = |member_id, asset_id| MemberDelta { member_id, asset_id, earned: 1, spent: 0 };
    let batch = Batch { from: 0, to: 1, tip: GENESIS_HASH, entries: 0 };
    let decode = |deltas: &[MemberDelta<'_>]| {
        let signature = Signature::from_bytes([0; 64]);
        let bytes = settlement_record(2, GENESIS_HASH, TS, batch, deltas, 0, signature);
        Record::decode(&bytes).map(|_| ())
    };
    let sorted = [delta(&low, "a"), delta(&low, "ab"), delta(&low, "b"), delta(&high, "a")];
    assert_eq!(decode(&sorted), Ok(()));
    assert_eq!(decode(&[]), Ok(()));
    for i in 0..sorted.len() {
        let mut twice = sorted.to_vec();
        twice.insert(i, sorted[i]);
        assert_eq!(decode(&twice).unwrap_err().field(), Some("memberDeltas"), "{i}");
        if i > 0 {
            let mut swapped = sorted.to_vec();
            swapped.swap(i - 1, i);
            assert_eq!(decode(&swapped).unwrap_err().field(), Some("memberDeltas"), "{i}");
        }
    }
    for asset_id in ["", "a\"", "a\\", "a\n"] {
        assert_eq!(decode(&[delta(&low, asset_id)]).unwrap_err().field(), Some("assetId"));
    }
    let long = "a".repeat(65);
    let error = decode(&[delta(&low, &long)]).unwrap_err();
    assert_eq!(error.field(), Some("memberDeltas.assetId"));
}

#[test]
fn resolutions_take_texts_up_to_their_limits() {
    let shortest = ResolutionRecord {
        from_seq: Seq(0),
        to_seq: Seq(0),
        status: "",
        challenger_id: "",
        claimed_discrepancy: "",
        resolved_at_ms: 0,
        detail: "",
    };
    let body = Control::DisputeResolution(shortest);
    let mut bytes = Vec::new();
    ControlRecord { seq: Seq(0), prev_hash: GENESIS_HASH, ts_us: 0, body }.encode(&mut bytes);
    assert_eq!(bytes.len(), MIN_RECORD_SIZE);
    assert!(Record::decode(&bytes).is_ok());

    let texts = |length: usize| "é".repeat(length / 2);
    let (status, id) = (texts(64), texts(128));
    let free = texts(MAX_CONTROL_TEXT_SIZE);
    let longest = ResolutionRecord {
        status: &status,
        challenger_id: &id,
        claimed_discrepancy: &free,
        detail: &free,
        ..shortest
    };
    let at_limit = encoded(Control::DisputeResolution(longest));
    assert_eq!(encode_again(&Record::decode(&at_limit).unwrap()), at_limit);
    let (status, id, free) = (texts(66), texts(130), texts(MAX_CONTROL_TEXT_SIZE + 2));
    for (field, over) in [
        ("status", ResolutionRecord { status: &status, ..longest }),
        ("challengerId", ResolutionRecord { challenger_id: &id, ..longest }),
        ("claimedDiscrepancy", ResolutionRecord { claimed_discrepancy: &free, ..longest }),
        ("detail", ResolutionRecord { detail: &free, ..longest }),
    ] {
        let bytes = encoded(Control::DisputeResolution(over));
        assert_eq!(Record::decode(&bytes).unwrap_err().field(), Some(field));
    }
}

#[test]
fn unknown_kinds_and_wrong_bodies_are_refused() {
    let refused = |kind: &str, body: Vec<Value>| Record::decode(&envelope(kind, body)).unwrap_err();
    for kind in ["", "process_key_sign", "PROCESS_KEY", "PROCESS_KEY_SIGN_", "METER"] {
        assert_eq!(refused(kind, vec![]).field(), Some("kind"), "{kind}");
    }
    assert_eq!(refused("DISPUTE_RESOLUTIONS", vec![]).code(), "cbor-too-long");
    for kind in [
        "PROCESS_KEY_CERT",
        "PROCESS_KEY_SIGN",
        "PROCESS_KEY_REVOKE",
        "BATCH_SETTLEMENT",
        "DISPUTE_RESOLUTION",
    ] {
        for count in 0..12 {
            let field = refused(kind, vec![int(0); count]).field();
            assert!(field.is_some(), "{kind} {count}");
        }
    }
    let unknown = vec![blob(&[1; 32]), int(0), string("theft"), Value::Null, blob(&[0; 64])];
    assert_eq!(refused("PROCESS_KEY_REVOKE", unknown).field(), Some("reason"));
    let beside = vec![blob(&[1; 32]), int(0), string("rotation"), int(5), blob(&[0; 64])];
    let error = RecordError::Key(keys::Error::UnexpectedEffectiveAtSeq);
    assert_eq!(refused("PROCESS_KEY_REVOKE", beside), error);
}

/// A later format may give a certificate another shape: its version is told all the same.
#[test]
fn a_certificate_of_a_newer_format_is_told_as_such() {
    let mut items = certificate_items(&certificate(0));
    items[0] = int(2);
    items.push(Value::Null);
    let error = Record::decode(&envelope("PROCESS_KEY_CERT", items.clone())).unwrap_err();
    assert_eq!(error, RecordError::Key(keys::Error::FormatTooNew { found: 2 }));
    items[0] = int(1);
    let error = Record::decode(&envelope("PROCESS_KEY_CERT", items)).unwrap_err();
    assert_eq!(error.code(), "cbor-wrong-length");
}
