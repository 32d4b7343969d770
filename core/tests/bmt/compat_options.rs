//! Every option of the reference, alone and combined, against its outputs.

use countersign_core::bmt::ChunkHash;
use countersign_core::bmt::compat::{
    ChunkOptions, CompatChunk, FileOptions, file_address_from_inclusion_proof,
    file_inclusion_proof_bottom_up, make_chunk, make_chunked_file,
};
use countersign_core::hash::{Digest, Hash, Sha256, keccak256, keccak256_parts};
use serde_json::Value;

use crate::compat::agrees;
use crate::kit::{bytes, cases, digest, number, payload, proof, size, text, vector};

/// The hashes that the vectors name.
pub(crate) enum Named {
    Keccak(Vec<u8>),
    Sha256,
    Sha3,
}

impl Named {
    pub(crate) fn of(value: &Value) -> Self {
        match value["kind"].as_str() {
            None => Self::Keccak(vec![]),
            Some("keccak256-prefix") => Self::Keccak(bytes(&value["prefixHex"])),
            Some("sha256") => Self::Sha256,
            Some("sha3-256") => Self::Sha3,
            Some(other) => panic!("no hash {other}"),
        }
    }
}

impl ChunkHash for Named {
    fn hash(&self, parts: &[&[u8]]) -> Digest {
        match self {
            Self::Keccak(prefix) => keccak256_parts(&[&[prefix.as_slice()], parts].concat()),
            Self::Sha256 => Sha256::hash(parts),
            Self::Sha3 => sha3_256(&parts.concat()),
        }
    }
}

/// FIPS 202 over one block: every message of a chunk tree is shorter.
fn sha3_256(message: &[u8]) -> Digest {
    assert!(message.len() < 136);
    let mut block = [0; 136];
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 0x06;
    block[135] |= 0x80;
    let mut state = [0_u64; 25];
    for (lane, segment) in state.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane = u64::from_le_bytes(*segment);
    }
    keccak::Keccak::new().with_f1600(|f| f(&mut state));
    let hash: Vec<u8> = state[..4].iter().flat_map(|lane| lane.to_le_bytes()).collect();
    Digest::from_slice(&hash).unwrap()
}

fn option(options: &Value, name: &str) -> usize {
    options[name].as_u64().map_or(0, |value| usize::try_from(value).unwrap())
}

#[test]
fn chunks_with_every_option_are_the_reference_s() {
    let mut chunks = 0;
    for case in cases(&vector("bmt/options.json")["cases"], 210) {
        let id = text(&case["id"]);
        if !id.starts_with("chunk") {
            continue;
        }
        chunks += 1;
        let (given, expect, payload) =
            (&case["options"], &case["expect"], payload(&case["payload"]));
        let hash = Named::of(&given["hashFn"]);
        let options = ChunkOptions {
            max_payload_size: option(given, "maxPayloadSize"),
            span_length: option(given, "spanLength"),
            starting_span_value: given["startingSpanValue"].as_f64().unwrap_or(0.0),
            hash_fn: &hash,
        };
        let chunk = match make_chunk(&payload[..], options) {
            Ok(chunk) => chunk,
            Err(error) => {
                assert_eq!(error.class().name(), text(&expect["makeChunk"]["throws"]), "{id}");
                continue;
            }
        };
        assert!(expect["makeChunk"].is_null(), "{id}");
        assert_eq!(chunk.payload(), payload, "{id}");
        assert_eq!(chunk.max_payload_length(), size(&expect["maxPayloadLength"]), "{id}");
        assert_eq!(chunk.span_length(), size(&expect["spanLength"]), "{id}");
        assert_eq!(chunk.data().len(), size(&expect["dataLength"]), "{id}");
        assert_eq!(keccak256(&chunk.data()), digest(&expect["dataKeccak256"]), "{id}");
        agrees(chunk.span(), &expect["span"], bytes, id);
        agrees(chunk.address(), &expect["address"], digest, id);
        check_levels(&chunk, expect, id);
        let indexes = expect["inclusionProofs"].as_array().cloned().unwrap_or_default();
        for case in indexes {
            let found = chunk.inclusion_proof(number(&case["segmentIndex"]));
            let read = |case: &Value| -> Vec<Digest> {
                case["sisterSegments"].as_array().unwrap().iter().map(digest).collect()
            };
            agrees(found, &case, read, id);
        }
        if let Some(count) = expect["allInclusionProofs"]["count"].as_u64() {
            let all: Vec<u8> = (0..count)
                .flat_map(|index| chunk.inclusion_proof(index).unwrap())
                .flat_map(|sister| *sister.as_bytes())
                .collect();
            assert_eq!(keccak256(&all), digest(&expect["allInclusionProofs"]["keccak256"]), "{id}");
        }
    }
    assert!(chunks >= 90, "{chunks}");
}

fn check_levels(chunk: &CompatChunk<'_>, expect: &Value, id: &str) {
    if expect["bmt"].is_object() {
        return agrees(chunk.bmt(), &expect["bmt"], |_| vec![], id);
    }
    let levels = chunk.bmt().unwrap();
    let expected = cases(&expect["bmtLevels"], 8);
    assert_eq!(levels.len(), expected.len(), "{id}");
    for (level, expected) in levels.iter().zip(expected) {
        assert_eq!(level.len(), size(&expected["byteLength"]), "{id}");
        assert_eq!(keccak256(level), digest(&expected["keccak256"]), "{id}");
    }
    assert_eq!(levels.last(), Some(&bytes(&expect["bmtRoot"])), "{id}");
}

#[test]
fn files_with_every_option_are_the_reference_s() {
    let mut files = 0;
    let defaults = vector("bmt/files.json");
    let options = vector("bmt/options.json");
    let all = cases(&defaults["cases"], 26).iter().chain(cases(&options["cases"], 210));
    for case in all.filter(|case| text(&case["id"]).starts_with("file")) {
        files += 1;
        let (id, given, expect) = (text(&case["id"]), &case["options"], &case["expect"]);
        let payload = payload(&case["payload"]);
        let hash = Named::of(&given["hashFn"]);
        let options = FileOptions {
            max_payload_length: option(given, "maxPayloadLength"),
            span_length: option(given, "spanLength"),
            max_payload_size: option(given, "maxPayloadSize"),
            starting_span_value: given["startingSpanValue"].as_f64().unwrap_or(0.0),
            hash_fn: given["hashFn"].is_object().then_some(&hash),
        };
        let file = make_chunked_file(&payload, options);
        assert_eq!(file.payload().len(), size(&expect["payloadLength"]), "{id}");
        agrees(file.span(), &expect["span"], bytes, id);
        if expect["leafChunks"].is_object() {
            agrees(file.leaf_chunks().map(drop), &expect["leafChunks"], |_| (), id);
            continue;
        }
        let leaves = file.leaf_chunks().unwrap();
        assert_eq!(leaves.len(), size(&expect["leafCount"]), "{id}");
        agrees(file.address(), &expect["address"], digest, id);
        if !expect["bmtLevels"].is_array() {
            continue;
        }
        let address = |chunk: &CompatChunk<'_>| chunk.address().unwrap();
        let first = leaves.first().map(address);
        assert_eq!(first, Some(digest(&expect["firstLeafAddress"])), "{id}");
        let last = leaves.last().unwrap();
        assert_eq!(last.address(), Ok(digest(&expect["lastLeafAddress"])), "{id}");
        assert_eq!(last.span(), Ok(bytes(&expect["lastLeafSpan"])), "{id}");
        assert_eq!(last.payload().len(), size(&expect["lastLeafPayloadLength"]), "{id}");
        let levels = file.bmt().unwrap();
        let expected = cases(&expect["bmtLevels"], 1);
        assert_eq!(levels.len(), expected.len(), "{id}");
        for (level, expected) in levels.iter().zip(expected) {
            assert_eq!(level.len(), size(&expected["count"]), "{id}");
            let addresses: Vec<u8> =
                level.iter().flat_map(|chunk| *address(chunk).as_bytes()).collect();
            assert_eq!(keccak256(&addresses), digest(&expected["addressesKeccak256"]), "{id}");
            let spans: Vec<u8> = level.iter().flat_map(|chunk| chunk.span().unwrap()).collect();
            assert_eq!(keccak256(&spans), digest(&expected["spansKeccak256"]), "{id}");
        }
        let (root, expected) = (file.root_chunk().unwrap(), &expect["rootChunk"]);
        assert_eq!(root.payload().len(), size(&expected["payloadLength"]), "{id}");
        assert_eq!(keccak256(root.payload()), digest(&expected["payloadKeccak256"]), "{id}");
        assert_eq!(root.span(), Ok(bytes(&expected["span"])), "{id}");
        assert_eq!(root.address(), Ok(digest(&expected["address"])), "{id}");
    }
    assert!(files >= 100, "{files}");
}

#[test]
fn proofs_with_options_are_of_the_segment_asked_for() {
    let vectors = vector("bmt/options.json");
    let with_spans = cases(&vectors["proofCases"], 18).iter().map(|case| (case, "proof"));
    let quirks = cases(&vectors["payloadLimitQuirks"], 11);
    for (case, name) in with_spans.chain(quirks.iter().map(|case| (case, "correctProof"))) {
        let given = &case["options"];
        let options = FileOptions {
            max_payload_length: option(given, "maxPayloadLength"),
            span_length: option(given, "spanLength"),
            ..FileOptions::default()
        };
        let (payload, index) = (payload(&case["payload"]), number(&case["segmentIndex"]));
        let file = make_chunked_file(&payload, options);
        assert_eq!(file.address(), Ok(digest(&case["address"])), "{}", case["id"]);
        let expected = proof(case, index, &case[name]).steps;
        let made = file_inclusion_proof_bottom_up(&file, index).unwrap();
        assert_eq!(made.len(), expected.len(), "{}", case["id"]);
        for (made, expected) in made.iter().zip(&expected) {
            assert_eq!(made.span, expected.span, "{}", case["id"]);
            assert!(made.sisters.iter().map(AsRef::<[u8]>::as_ref).eq(&expected.sisters));
        }
        // Its own folding knows one number for piece and fan-out, as the reference's does.
        if name == "proof" {
            let segment = bytes(&case["segment"]);
            let address = file_address_from_inclusion_proof(&expected, &segment, index, 4_096);
            assert_eq!(address, Ok(digest(&case["address"])), "{}", case["id"]);
        }
    }
}
