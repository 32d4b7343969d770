//! Hashes and trees, against the published vectors and those of the TypeScript library.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may fail")]

mod kit;

use countersign_core::hash::{self, Blake3, Hash as _, blake3_parts};
use countersign_wasm::{
    blake3, keccak256, merkle_leaf_hash, merkle_node_hash, merkle_root, prove_consistency,
    prove_inclusion, sha256, verify_consistency_proof, verify_inclusion_proof,
};
use kit::{bytes, cases, joined, number};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;

const BLAKE3: &str = include_str!("../../tests/vectors/standards/blake3.json");
const HASH: &str = include_str!("../../tests/vectors/metering/hash.json");
const INCLUSION: &str = include_str!("../../tests/vectors/standards/merkle-inclusion.json");
const CONSISTENCY: &str = include_str!("../../tests/vectors/standards/merkle-consistency.json");
const PROOFS: &str = include_str!("../../tests/vectors/metering/inclusion-proofs.json");
const NEGATIVE: &str = include_str!("../../tests/vectors/metering/inclusion-negative.json");
const ROOTS: &str = include_str!("../../tests/vectors/metering/merkle-roots.json");

#[wasm_bindgen_test]
fn blake3_hashes() {
    for case in cases(BLAKE3) {
        let input: Vec<u8> = (0..number(&case["input_len"])).map(|i| (i % 251) as u8).collect();
        assert_eq!(blake3(&input), bytes(&case["hash"])[..32], "{}", case["input_len"]);
    }
    assert!(cases(HASH).len() >= 12);
}

#[wasm_bindgen_test]
fn keccak256_of_nothing() {
    let expected = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
    assert_eq!(keccak256(b""), bytes(&expected.into()));
}

#[wasm_bindgen_test]
fn sha256_of_nothing_and_of_abc() {
    let hex = |text: &str| bytes(&text.into());
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((sha256(b""), sha256(b"abc")), (hex(empty), hex(abc)));
}

#[wasm_bindgen_test]
fn published_inclusion_proofs() {
    let mut refused = 0;
    for case in cases(INCLUSION) {
        let (index, size) = (number(&case["index"]), number(&case["size"]));
        let (leaf, root) = (bytes(&case["leaf_hash"]), bytes(&case["root"]));
        let path = joined(&case["proof"]);
        let holds = verify_inclusion_proof(index, size, &leaf, &path, &root, "sha256");
        // A hash of another length throws, which is no proof that holds either.
        let holds = holds.unwrap_or(false);
        assert_eq!(holds, case["ok"].as_bool().unwrap(), "{}", case["id"]);
        refused += u32::from(!holds);
    }
    assert!(cases(INCLUSION).len() < 4 || refused > 0);
}

#[wasm_bindgen_test]
fn published_consistency_proofs() {
    for case in cases(CONSISTENCY) {
        let (size1, size2) = (number(&case["size1"]), number(&case["size2"]));
        let (mut root1, mut root2) = (bytes(&case["root1"]), bytes(&case["root2"]));
        // Some roots are placeholders, since any would do.
        root1.resize(32, 0);
        root2.resize(32, 0);
        let path = joined(&case["proof"]);
        let holds = verify_consistency_proof(size1, size2, &root1, &root2, &path, "sha256");
        assert_eq!(holds.unwrap_or(false), case["ok"].as_bool().unwrap(), "{}", case["id"]);
    }
}

#[wasm_bindgen_test]
fn proofs_of_the_typescript_library() {
    for case in cases(PROOFS).iter().chain(&cases(NEGATIVE)) {
        let (index, size) = (&case["leafIndex"], &case["treeSize"]);
        let (Some(index), Some(size)) = (index.as_u64(), size.as_u64()) else { continue };
        let (leaf, root) = (bytes(&case["leafHash"]), bytes(&case["root"]));
        let path = joined(&case["auditPath"]);
        let holds = verify_inclusion_proof(index, size, &leaf, &path, &root, "blake3");
        let expected = case.get("required").or_else(|| case.get("verifies"));
        // What nobody can tell who is given a bare leaf hash has no answer.
        let Some(expected) = expected.and_then(Value::as_bool) else { continue };
        assert_eq!(holds.unwrap_or(false), expected, "{case}");
    }
}

#[wasm_bindgen_test]
fn every_proof_of_every_small_tree_comes_back() {
    let expected = cases(ROOTS);
    let mut leaves = Vec::new();
    let mut roots = vec![merkle_root(&[], "blake3").unwrap()];
    for size in 1..=33_u64 {
        leaves.extend(merkle_leaf_hash(&size.to_be_bytes(), "blake3").unwrap());
        let root = merkle_root(&leaves, "blake3").unwrap();
        for index in 0..size {
            let path = prove_inclusion(&leaves, index, "blake3").unwrap();
            let at = usize::try_from(index).unwrap() * 32;
            let leaf = &leaves[at..at + 32];
            let holds = |i| verify_inclusion_proof(i, size, leaf, &path, &root, "blake3").unwrap();
            assert!(holds(index) && !holds(index + 1));
        }
        for (size1, root1) in (1..).zip(&roots[1..]) {
            let path = prove_consistency(&leaves, size1, "blake3").unwrap();
            let holds = verify_consistency_proof(size1, size, root1, &root, &path, "blake3");
            assert!(holds.unwrap(), "{size1} {size}");
        }
        roots.push(root);
    }
    assert_eq!(roots[0], bytes(&expected[0]["root"]));
    let [one, two] = [&leaves[..32], &leaves[32..64]];
    assert_eq!(roots[2], merkle_node_hash(one, two, "blake3").unwrap());
    assert_ne!(roots[2], merkle_node_hash(one, two, "sha256").unwrap());
}

/// Here four inputs are hashed side by side by code of its own.
#[wasm_bindgen_test]
fn inputs_of_every_length_side_by_side() {
    let bytes: Vec<u8> =
        (0..1_100_u32).map(|i| i.wrapping_mul(0x9e37_79b9).to_le_bytes()[2]).collect();
    for length in 0..=1_030 {
        let mixed = (0..9).map(|i| bytes.get(i..(length + i * 67) % 1_031).unwrap_or_default());
        let alike = (0..9).map(|i| bytes.get(i..length + i).unwrap_or_default());
        for inputs in [mixed.collect::<Vec<_>>(), alike.collect()] {
            for count in [3, 4, 7, 9] {
                let inputs = inputs.get(..count).unwrap();
                let alone: Vec<_> = inputs.iter().map(|input| hash::blake3(input)).collect();
                assert_eq!(Blake3::hash_each(inputs), alone, "{length}");
                let tagged = inputs.iter().map(|input| blake3_parts(&[&[7], input]));
                assert_eq!(Blake3::hash_tagged(7, inputs), tagged.collect::<Vec<_>>(), "{length}");
            }
        }
    }
}
