//! Ranges: what a sound verifier must answer wins over what the library answers.

use countersign_core::Seq;
use countersign_core::foreign::{ForeignReason, RangeKeys, SignatureEntry, verify_range};
use countersign_core::hash::{Digest, hex};
use countersign_core::keys::{PublicKey, Signature};
use countersign_tests::json::{number, text};
use serde_json::Value;

use super::{cases, digest, public_key, shard_id};

fn entry(value: &Value) -> SignatureEntry {
    SignatureEntry {
        seq: Seq(number(&value["seq"])),
        tip: digest(&value["tipHash"]),
        fingerprint: digest(&value["processKeyFingerprint"]),
        signature: Signature::from_hex(text(&value["sig"])).unwrap(),
    }
}

/// The code of the first failure, or none.
fn verdict(case: &Value) -> Result<(), &'static str> {
    let list = |name: &str| case[name].as_array().unwrap().iter();
    let records: Vec<(Seq, Vec<u8>)> = list("records")
        .map(|record| (Seq(number(&record["seq"])), hex::decode(text(&record["cbor"])).unwrap()))
        .collect();
    let records: Vec<_> = records.iter().map(|(seq, bytes)| (*seq, bytes.as_slice())).collect();
    let signatures: Vec<_> = list("signatures").map(entry).collect();
    let keys: Vec<(Digest, PublicKey)> = list("keys")
        .map(|key| (digest(&key["fingerprint"]), public_key(&key["publicKey"])))
        .collect();
    let revocations: Vec<_> = list("revocations")
        .map(|revocation| {
            let from = &revocation["effectiveAtSeq"];
            let from = (!from.is_null()).then(|| Seq(number(from)));
            let reason = ForeignReason::parse(text(&revocation["reason"])).unwrap();
            (digest(&revocation["fingerprint"]), reason, from)
        })
        .collect();
    let known = RangeKeys { keys: &keys, revocations: &revocations };
    verify_range(shard_id(&case["shardId"]), &records, &signatures, known)
        .map_err(|failure| failure.code.as_str())
}

/// Cases in which the choice is ours.
const OWN_CHOICE: [(&str, &str); 3] = [
    ("compromised key wrote the middle, clean key signed the end", "key-compromised"),
    ("seq 0 whose context_hash is not a known key fingerprint", "first-record-key"),
    ("timestamps that go back", "time-reversed"),
];

/// Cases in which the first failing check says what the case is about.
const CODES: [(&str, &str); 15] = [
    ("range not ending at a signature", "signature-missing"),
    ("empty", "range-empty"),
    ("gap", "seq-gap"),
    ("two records swapped", "seq-gap"),
    ("record 1 changed", "chain-broken"),
    ("last record changed", "signature-missing"),
    ("first record changed", "first-record-key"),
    ("checked under another shard id", "signature-missing"),
    ("compromise at the signed seq", "key-compromised"),
    ("compromise without a seq", "key-compromised"),
    ("seq 0 with a prev_hash that is not the genesis hash", "chain-broken"),
    ("stated seq differs from the seq inside the record", "seq-gap"),
    ("first record is not CBOR", "record-malformed"),
    ("second record is not CBOR", "record-malformed"),
    ("key map entry that is not the key of that fingerprint", "first-record-key"),
];

#[test]
fn every_range_is_answered_as_required() {
    let cases = cases("verify-range.json", 32);
    for case in &cases {
        let name = text(&case["name"]);
        let verdict = verdict(case);
        match case["required"].as_bool() {
            Some(required) => assert_eq!(verdict.is_ok(), required, "{name}: {verdict:?}"),
            None => {
                let (_, code) = OWN_CHOICE.iter().find(|(of, _)| *of == name).unwrap();
                assert_eq!(verdict, Err(*code), "{name}");
            }
        }
    }
    for (name, code) in CODES {
        let case = cases.iter().find(|case| case["name"] == name).unwrap();
        assert_eq!(verdict(case), Err(code), "{name}");
    }
}
