//! Bundles, settlements and disputes: seeds of the fuzz targets, good and bad.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may fail")]

mod kit;

use countersign_core::document::peek_format;
use countersign_core::keys::PublicKey;
use countersign_core::proof::{VerifyOptions, judge_bundle};
use countersign_wasm::{
    evaluate_dispute_challenge, reverse_range, verify_bundle, verify_settlement,
};
use kit::{bytes, number, parsed, text};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;

/// Embeds files of a directory of seeds.
macro_rules! seeds {
    ($directory:literal: $($name:literal)+) => {
        [$(($name, include_str!(concat!("../../core/fuzz/corpus/", $directory, "/", $name)))),+]
    };
}

const BUNDLES: [(&str, &str); 14] = seeds!(
    "bundle": "consistency.json" "contradiction-index.json" "contradiction-log-root.json"
    "contradiction-overlap.json" "contradiction-receipt.json" "exclusion.json" "inclusion.json"
    "number.json" "receipt.json" "records.json" "statement.json" "unknown-format.json"
    "wrong-shard.json" "brief-inclusion.json"
);
const DISPUTES: [(&str, &str); 10] = seeds!(
    "dispute": "absence" "contradiction" "forged" "late" "open" "other-record" "presence" "range"
    "range-short" "record"
);
const TIMES: &[u8] = br#"{"disputeWindowMs":null,"responseMs":null,"confirmedAtMs":null,"raisedAtMs":null,"respondedAtMs":null}"#;

#[wasm_bindgen_test]
fn bundles_are_judged_as_by_core() {
    let mut valid = 0;
    for (name, bundle) in BUNDLES {
        let operator = bytes(&parsed(bundle)["operatorPublicKey"]);
        let found = verify_bundle(bundle.as_bytes(), &operator, None, b"").ok();
        let trusted = PublicKey::from_bytes(operator.clone().try_into().unwrap());
        let expected = judge_bundle(bundle.as_bytes(), &trusted, &VerifyOptions::default());
        assert_eq!(found, expected.ok().map(|judgement| judgement.to_json().unwrap()), "{name}");
        let Some(report) = found.map(|report| parsed(&report)) else { continue };
        valid += u32::from(report["valid"] == true);
        let other = verify_bundle(bundle.as_bytes(), &[9; 32], None, b"").unwrap();
        assert_eq!(parsed(&other)["valid"], false, "{name}");
        assert!(verify_bundle(bundle.as_bytes(), &operator[1..], None, b"").is_err());
    }
    assert_eq!(valid, 11);
}

#[wasm_bindgen_test]
fn every_changed_digit_of_a_bundle_is_noticed() {
    for (_, bundle) in [BUNDLES[6], BUNDLES[13]] {
        every_change_is_noticed(bundle);
    }
}

fn every_change_is_noticed(bundle: &str) {
    let operator = bytes(&parsed(bundle)["operatorPublicKey"]);
    for at in (0..bundle.len()).step_by(7) {
        let mut changed = bundle.as_bytes().to_vec();
        if !changed[at].is_ascii_hexdigit() {
            continue;
        }
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let report = verify_bundle(&changed, &operator, None, b"");
        assert!(report.is_err() || parsed(&report.unwrap())["valid"] == false, "{at}");
    }
}

#[wasm_bindgen_test]
fn disputes_end_as_they_should() {
    let mut statuses = Vec::new();
    for (name, documents) in DISPUTES {
        let (challenge, response) = documents.split_once('\n').unwrap_or((documents, ""));
        let parts = parsed(challenge);
        let operator = bytes(&parts["operatorPublicKey"]);
        let now = number(&parts["raisedAtMs"]) + 30_000_000;
        let (challenge, response) = (challenge.as_bytes(), response.as_bytes());
        let resolution =
            evaluate_dispute_challenge(challenge, response, &operator, now, TIMES, b"").ok();
        let status = resolution.map(|text| parsed(&text)["status"].clone());
        statuses.push((name, status));
        assert!(
            evaluate_dispute_challenge(challenge, response, &[9; 32], now, TIMES, b"").is_err()
        );
    }
    let of = |name: &str| &statuses.iter().find(|(of, _)| *of == name).unwrap().1;
    for name in ["absence", "range", "record"] {
        assert_eq!(*of(name), Some(Value::from("CONFIRMED")), "{name}");
    }
    for name in ["contradiction", "range-short", "other-record"] {
        assert_eq!(*of(name), Some(Value::from("DISPUTED_FRAUD")), "{name}");
    }
    for name in ["open", "late"] {
        assert_eq!(*of(name), Some(Value::from("DISPUTED_NO_RESPONSE")), "{name}");
    }
}

#[wasm_bindgen_test]
fn settlements_are_held_against_key_and_records() {
    let (_, documents) = DISPUTES[7];
    let (challenge, response) = documents.split_once('\n').unwrap();
    let (challenge, response) = (parsed(challenge), parsed(response));
    let settlement = challenge["settlement"].to_string();
    let certificate = challenge["certificate"].to_string();
    let operator = bytes(&challenge["operatorPublicKey"]);
    let shard_id = text(&challenge["shardId"]);
    let records = response["answer"]["range"]["records"].to_string();
    let report = |records: &str| {
        let (settlement, certificate) = (settlement.as_bytes(), certificate.as_bytes());
        let records = records.as_bytes();
        parsed(&verify_settlement(settlement, shard_id, certificate, &operator, records).unwrap())
    };
    let signed = report("");
    assert_eq!((&signed["valid"], signed["checks"].as_array().unwrap().len()), (&true.into(), 1));
    let whole = report(&records);
    assert_eq!((&whole["valid"], whole["checks"].as_array().unwrap().len()), (&true.into(), 2));
    let none = report("[]");
    assert_eq!(
        (&none["valid"], &none["checks"][1]["code"]),
        (&false.into(), &"range-count".into())
    );

    let list = format!("[{settlement},{settlement}]");
    let key = bytes(&challenge["settlement"]["publicKey"]);
    let places = |key: &[u8]| reverse_range(list.as_bytes(), key, 0, u64::MAX).unwrap();
    assert_eq!((places(&key), places(&[9; 32])), (vec![0, 1], vec![]));
    let format = peek_format(challenge.to_string().as_bytes(), 1_000_000).unwrap();
    assert_eq!(format, "countersign/challenge/v1");
}
