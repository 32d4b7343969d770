//! Content addresses in WebAssembly: what the vectors have that the package's own functions do not
//! reach, and the kernels of Keccak-256 against each other.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may fail")]

mod kit;

use countersign_core::bmt::redundancy::{Level, redundant_address};
use countersign_core::bmt::{Bmt, ChunkHash, Geometry, Keyed, Plain, Shape, Step, decode_span};
use countersign_core::hash::{Digest, Kernel, keccak256};
use kit::{bytes, cases, joined, number, parsed, text};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;

const GENERALISED: &str = include_str!("../../tests/vectors/bmt/generalised.json");
const NETWORK: &str = include_str!("../../tests/vectors/bmt/network.json");
const REDUNDANCY: &str = include_str!("../../tests/vectors/bmt/redundancy.json");

fn size(value: &Value) -> usize {
    usize::try_from(number(value)).unwrap()
}

fn digest(value: &Value) -> Digest {
    Digest::from_hex(text(value)).unwrap()
}

fn list(value: &Value, least: usize) -> &[Value] {
    let list = value.as_array().unwrap();
    assert!(list.len() >= least, "only {} cases", list.len());
    list
}

/// The bytes that a payload's rule describes.
fn payload(rule: &Value) -> Vec<u8> {
    let of = |byte: fn(u64) -> u64| -> Vec<u8> {
        (0..number(&rule["size"])).map(|i| byte(i).to_le_bytes()[0]).collect()
    };
    match text(&rule["rule"]) {
        "quad251" => of(|i| (i % 251 * (i % 251) + 7 * i + 13) % 251),
        "mod255" => of(|i| i % 255),
        "mod256" => of(|i| i % 256),
        "zeros" => of(|_| 0),
        "ascii" => text(&rule["text"]).as_bytes().to_vec(),
        "hex" => bytes(&rule["hex"]),
        other => panic!("no rule {other}"),
    }
}

#[wasm_bindgen_test]
fn other_geometries_spans_and_prefixes() {
    let file = parsed(GENERALISED);
    for case in list(&file["chunkCases"], 148) {
        let geometry = Geometry::scaled(size(&case["capacity"]), 8).unwrap();
        let span = decode_span(&bytes(&case["spanHex"])).unwrap();
        let payload = payload(&case["payload"]);
        let prefix = Keyed::new(&bytes(&case["prefixHex"]));
        let hash: &dyn ChunkHash = if case["prefixHex"].is_string() { &prefix } else { &Plain };
        let address = Bmt::new(geometry, hash).chunk_with_span(&payload, span).unwrap().address();
        assert_eq!(address, digest(&case["address"]), "{case}");
    }
    for case in list(&file["fileCases"], 55) {
        let (limit, span) = (size(&case["chunkSize"]), size(&case["spanLength"]));
        let bmt = Bmt::new(Geometry::scaled(limit, span).unwrap(), Plain);
        let address = bmt.file(&payload(&case["payload"])).unwrap().address();
        assert_eq!(address, digest(&case["address"]), "{case}");
    }
}

#[wasm_bindgen_test]
fn uploads_with_erasure_coding() {
    let bmt = Bmt::swarm();
    for case in list(&parsed(REDUNDANCY)["cases"], 105) {
        let payload = payload(&case["payload"]);
        let level = u8::try_from(number(&case["redundancyLevel"])).unwrap();
        let address = match Level::from_number(level) {
            Some(level) => redundant_address(level, &payload),
            None => bmt.file(&payload).unwrap().address(),
        };
        assert_eq!(address, digest(&case["address"]), "{case}");
    }
}

#[wasm_bindgen_test]
fn chunks_and_proofs_of_the_network() {
    let network = parsed(NETWORK);
    let bmt = Bmt::swarm();
    for case in list(&network["chunksWithExplicitSpan"], 1) {
        let stored = [bytes(&case["spanHex"]), bytes(&case["payloadHex"])].concat();
        let opened = bmt.open_chunk(&digest(&case["address"]), &stored);
        assert_eq!(opened.unwrap().stored(), stored, "{case}");
    }
    for case in list(&network["invalidChunks"], 3) {
        let stored = [bytes(&case["spanHex"]), bytes(&case["payloadHex"])].concat();
        assert!(bmt.open_chunk(&digest(&case["address"]), &stored).is_err(), "{case}");
    }
    for case in list(&network["zeroSubtreeRoots"], 16) {
        let covers = size(&case["covers"]).max(64);
        let bmt = Bmt::new(Geometry::new(covers, covers, 2, 8).unwrap(), Plain);
        let level = u32::try_from(number(&case["level"])).unwrap();
        assert_eq!(bmt.zero(level), digest(&case["hash"]), "{case}");
    }
    for case in list(&network["fileWithoutPayload"], 1) {
        let shape = Shape::new(Geometry::SWARM, number(&case["size"])).unwrap();
        assert_eq!(shape.leaves(), number(&case["leafCount"]));
        let counts: Vec<_> = (0..=shape.root_level()).map(|level| shape.slots(level)).collect();
        let expected: Vec<_> = list(&case["levelCounts"], 3).iter().map(number).collect();
        assert_eq!(counts, expected);
    }
    for case in list(&network["redistributionProofs"]["cases"], 8) {
        let sisters = joined(&case["sisterSegments"]);
        let (sisters, _) = sisters.as_chunks::<32>();
        let step = Step { span: bytes(&case["spanHex"]), sisters: sisters.to_vec() };
        let (address, segment) = (digest(&case["address"]), bytes(&case["segment"]));
        let prefix = Keyed::new(&bytes(&case["prefixHex"]));
        let hash: &dyn ChunkHash = if case["prefixHex"].is_string() { &prefix } else { &Plain };
        let index = number(&case["segmentIndex"]);
        let keyed = Bmt::new(Geometry::SWARM, hash);
        assert_eq!(keyed.verify_chunk_proof(address, index, &segment, &step, None), Ok(()));
        let other: Vec<u8> = segment.iter().map(|byte| byte ^ 1).collect();
        assert!(keyed.verify_chunk_proof(address, index, &other, &step, None).is_err());
    }
}

#[wasm_bindgen_test]
fn kernels_with_and_without_vectors_agree() {
    let expected = [Kernel::Scalar, Kernel::Simd128];
    assert_eq!(Kernel::available().collect::<Vec<_>>(), expected, "the build has no vectors");
    assert_eq!(Kernel::best(), Kernel::Simd128);
    let data: Vec<u8> = (0..7 * 4_096_u32).map(|i| (i * i >> 3).to_le_bytes()[0]).collect();
    for chunks in 0..=7 {
        let data = &data[..chunks * 4_096];
        let [scalar, vectors] = expected.map(|kernel| {
            let mut roots = vec![Digest::default(); chunks];
            kernel.bmt_roots(data, &mut roots);
            kernel.chunk_addresses((0..).map(|i| i * 0x1234_5678_9abc), &mut roots);
            roots
        });
        assert_eq!(scalar, vectors, "{chunks} chunks");
        let (pairs, _) = data.as_chunks::<64>();
        for count in (0..=pairs.len()).rev().take(5) {
            let [scalar, vectors] = expected.map(|kernel| {
                let mut hashes = vec![Digest::default(); count];
                kernel.pair_hashes(&pairs[..count], &mut hashes);
                hashes
            });
            assert_eq!(scalar, vectors, "{count} pairs");
            let alone: Vec<_> = pairs[..count].iter().map(|pair| keccak256(pair)).collect();
            assert_eq!(scalar, alone);
        }
    }
    assert!(cases(NETWORK).len() >= 27);
}

#[wasm_bindgen_test]
fn files_of_the_network() {
    for case in cases(NETWORK) {
        let file = payload(&case["payload"]);
        assert_eq!(Bmt::swarm().file(&file).unwrap().address(), digest(&case["address"]), "{case}");
    }
}
