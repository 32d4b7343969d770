//! A shard of a format version that this program does not know.

use std::fs;

use countersign_core::Seq;
use countersign_core::chain::{Control, ControlRecord};
use countersign_core::frame::length_prefix;
use countersign_core::hash::hex;
use countersign_core::keys::{Certificate, ShardId, Signature, SigningKey};
use countersign_core::limits::GENESIS_HASH;

use crate::kit::Place;

fn signing_key(place: &Place, name: &str) -> SigningKey {
    let text = fs::read_to_string(place.join(name)).unwrap();
    SigningKey::from_seed(&hex::decode_array(text.trim()).unwrap())
}

#[test]
fn a_newer_format_is_named_and_left_alone() {
    let place = Place::with_shard();
    let (operator, process) =
        (signing_key(&place, "operator.key"), signing_key(&place, "process.key"));
    let mut certificate = Certificate {
        format_version: 2,
        shard_id: ShardId::from_bytes([7; 16]),
        public_key: process.public_key(),
        not_before_ms: 1_000,
        expires_at_ms: 2_000,
        operator_public_key: operator.public_key(),
        operator_signature: Signature::from_bytes([0; 64]),
    };
    certificate.operator_signature = operator.sign(&certificate.signed_bytes());
    let body = Control::Certificate(certificate);
    let record = ControlRecord { seq: Seq(0), prev_hash: GENESIS_HASH, ts_us: 1_000_000, body };
    let mut payload = Vec::new();
    record.encode(&mut payload);
    let frame = [&length_prefix(payload.len()).unwrap()[..], &payload].concat();
    fs::create_dir(place.join("newer")).unwrap();
    fs::write(place.join("newer/log.000001.cbor"), frame).unwrap();
    let before = place.contents("newer");
    for command in ["append newer --process-key process.key", "status newer", "recover newer"] {
        let output = place.run(&format!("countersign shard {command} --json"), "");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["error"]["code"], "format-too-new", "{command}");
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
    let key = operator.public_key();
    let verify = format!("countersign shard verify newer --operator-public-key {key} --json");
    let output = place.run(&verify, "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["failures"][0]["code"], "format-too-new", "{report}");
    assert_eq!(output.status.code(), Some(1));
    assert!(before == place.contents("newer"));
}
