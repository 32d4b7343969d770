//! Records and whole shards, against the vectors of format version 1.
#![cfg(target_arch = "wasm32")]

mod kit;

use countersign_wasm::{
    ShardVerifier, chain_tip, decode_record, encode_record, merkle_leaf_hash, merkle_root,
    segment_name, segment_number,
};
use kit::{FORMAT, bytes, cases, number, operator, parsed, text};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;

const SEGMENTS: [&[u8]; 2] = [
    include_bytes!("../../tests/vectors/metering-v1/shard/log.000001.cbor"),
    include_bytes!("../../tests/vectors/metering-v1/shard/log.000002.cbor"),
];
const DECODE: &str = include_str!("../../tests/vectors/metering/record-decode.json");

#[wasm_bindgen_test]
fn records_leaves_tips_and_roots() {
    let format = parsed(FORMAT);
    let mut tip = vec![0; 32];
    let mut leaves = Vec::new();
    for record in format["records"].as_array().unwrap() {
        let encoded = bytes(&record["cbor"]);
        let object = decode_record(&encoded).unwrap();
        assert_eq!(encode_record(&object).unwrap(), encoded, "{}", record["seq"]);
        tip = chain_tip(&encoded, &tip).unwrap();
        assert_eq!(tip, bytes(&record["tip"]));
        let leaf = merkle_leaf_hash(&encoded, "blake3").unwrap();
        assert_eq!(leaf, bytes(&record["leafHash"]));
        leaves.extend(leaf);
        if let Some(root) = format["logRoots"].get((leaves.len() / 32).to_string()) {
            assert_eq!(merkle_root(&leaves, "blake3").unwrap(), bytes(root));
        }
    }
}

#[wasm_bindgen_test]
fn what_is_no_record_is_refused() {
    let mut refused = 0;
    for case in cases(DECODE) {
        let encoded = bytes(case.get("cbor").or_else(|| case.get("bytes")).unwrap_or(&Value::Null));
        refused += u32::from(decode_record(&encoded).is_err());
    }
    assert!(refused > 0);
    let good = bytes(&parsed(FORMAT)["records"][1]["cbor"]);
    for cut in 0..good.len() {
        assert!(decode_record(&good[..cut]).is_err(), "{cut}");
    }
}

fn report(segments: [&[u8]; 2], piece: usize) -> Value {
    let mut verifier = ShardVerifier::new(&operator(), None, None).unwrap();
    for segment in segments {
        verifier.begin(None).unwrap();
        for piece in segment.chunks(piece) {
            verifier.push(piece);
        }
    }
    parsed(&verifier.finish().unwrap())
}

#[wasm_bindgen_test]
fn the_shard_in_pieces_of_any_size() {
    let format = parsed(FORMAT);
    let expected = &format["report"];
    let whole = report(SEGMENTS, usize::MAX);
    for (name, of) in [
        ("records", "records"),
        ("entries", "entries"),
        ("signatures", "signatures"),
        ("settlements", "settlements"),
    ] {
        assert_eq!(number(&whole[name]), number(&expected[of]), "{name}");
    }
    assert_eq!(whole["tip"], expected["tip"]);
    assert_eq!(number(&whole["settlementsChecked"]), number(&expected["settlements"]));
    for piece in [1, 7, 100, 4_096] {
        assert_eq!(report(SEGMENTS, piece), whole, "{piece}");
    }
}

#[wasm_bindgen_test]
fn a_flipped_bit_is_found() {
    let mut first = SEGMENTS[0].to_vec();
    let middle = first.len() / 2;
    first[middle] ^= 1;
    let report = report([&first, SEGMENTS[1]], 1_000);
    assert_eq!(report["valid"], false);
    assert_ne!(number(&report["failuresTotal"]), 0);
    assert_eq!(report["failures"][0]["segment"], "log.000001.cbor");
}

#[wasm_bindgen_test]
fn segments_are_named_and_come_in_order() {
    assert_eq!(segment_name(12).unwrap(), "log.000012.cbor");
    assert_eq!(segment_number("log.000012.cbor"), Some(12));
    assert!(segment_name(0).is_err() && segment_number("log.12.cbor").is_none());
    let mut verifier = ShardVerifier::new(&operator(), Some(3), Some(9)).unwrap();
    verifier.begin(Some(2)).unwrap();
    assert!(verifier.begin(Some(2)).is_err());
    assert!(ShardVerifier::new(&operator(), Some(9), Some(3)).is_err());
    assert_eq!(
        text(&parsed(&verifier.finish().unwrap())["failures"][0]["code"]),
        "segment-missing"
    );
}
