//! Keys, signatures and the messages that are signed.
#![cfg(target_arch = "wasm32")]

mod kit;

use countersign_wasm::{
    create_process_key_action, create_process_key_revoke_action, fingerprint, public_key,
    receipt_message, signature_message, verify_ed25519,
};
use kit::{FORMAT, bytes, cases, number, parsed, text};
use wasm_bindgen_test::wasm_bindgen_test;

const RFC8032: &str = include_str!("../../tests/vectors/standards/ed25519-rfc8032.json");
const SIGN: &str = include_str!("../../tests/vectors/metering/sign.json");
const VERIFY: &str = include_str!("../../tests/vectors/metering/signature-verify.json");

#[wasm_bindgen_test]
fn ed25519_rfc8032() {
    for case in cases(RFC8032) {
        let (key, message) = (bytes(&case["pk"]), bytes(&case["msg"]));
        let mut signature = bytes(&case["sig"]);
        assert_eq!(public_key(&bytes(&case["seed"])).unwrap(), key, "{}", case["id"]);
        assert!(verify_ed25519(&key, &message, &signature).unwrap(), "{}", case["id"]);
        signature[7] ^= 1;
        assert!(!verify_ed25519(&key, &message, &signature).unwrap(), "{}", case["id"]);
    }
}

#[wasm_bindgen_test]
fn signatures_verify_strictly() {
    for case in cases(VERIFY) {
        let (key, signature) = (bytes(&case["publicKey"]), bytes(&case["signature"]));
        let holds = verify_ed25519(&key, &bytes(&case["message"]), &signature).unwrap_or(false);
        assert_eq!(holds, case["strict"], "{}", case["name"]);
    }
}

#[wasm_bindgen_test]
fn messages_of_signatures() {
    for case in cases(SIGN) {
        let key = fingerprint(&bytes(&case["publicKey"])).unwrap();
        assert_eq!(key, bytes(&case["fingerprint"]));
        let (shard_id, seq) = (text(&case["shardId"]), number(&case["seq"]));
        let message = signature_message(shard_id, seq, &bytes(&case["tipHash"]), &key).unwrap();
        assert_eq!(message, bytes(&case["message"]));
    }
}

#[wasm_bindgen_test]
fn receipts_of_the_format_vectors() {
    let format = parsed(FORMAT);
    let key = bytes(&format["settlements"][0]["publicKey"]);
    for receipt in format["receipts"].as_array().unwrap() {
        let (seq, leaf) = (number(&receipt["seq"]), bytes(&receipt["leafHash"]));
        let message = receipt_message(text(&format["shardId"]), seq, &leaf).unwrap();
        assert_eq!(message, bytes(&receipt["message"]));
        let signature = bytes(&receipt["signature"]);
        assert!(verify_ed25519(&key, &message, &signature).unwrap());
    }
}

#[wasm_bindgen_test]
fn key_actions_are_documents() {
    let (shard_id, key) = ("0199b1c0-0000-7000-8000-00000000c0de", public_key(&[2; 32]).unwrap());
    let certificate = create_process_key_action(&[1; 32], shard_id, &key, 5, 1_005).unwrap();
    let certificate = parsed(&certificate);
    assert_eq!(
        (text(&certificate["shardId"]), number(&certificate["expiresAtMs"])),
        (shard_id, 1_005)
    );
    let revoke = |reason, from| {
        create_process_key_revoke_action(&[1; 32], shard_id, &key, 9, reason, from).ok()
    };
    let revocation = revoke("key-compromise", Some(7)).unwrap();
    assert_eq!(parsed(&revocation)["effectiveAtSeq"], "7");
    assert_eq!(revoke("rotation", Some(7)), None);
    assert_eq!(revoke("boredom", None), None);
    assert!(create_process_key_action(&[1; 32], shard_id, &key, 5, 5).is_err());
    assert!(create_process_key_action(&[1; 31], shard_id, &key, 5, 6).is_err());
}
