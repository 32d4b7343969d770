//! The reference's functions under its own names, against its outputs.

use countersign_core::bmt::compat::{
    BmtIndex, ChunkOptions, CompatError, FileOptions, assert_flex_bytes, bytes_to_hex, equal_bytes,
    file_address_from_inclusion_proof, file_inclusion_proof_bottom_up, get_bmt_index_of_segment,
    get_span_value, is_flex_bytes, keccak256_hash, make_chunk, make_chunked_file, make_span,
    root_hash_from_inclusion_proof, serialize_bytes,
};
use countersign_core::bmt::{FileProof, Keyed, Plain, SegmentIndex};
use countersign_core::hash::hex;
use serde_json::Value;

use crate::compat_options::Named;
use crate::kit::{bytes, cases, digest, number, payload, proof, received, size, text, vector};

/// A result, or the class of the error that the vectors say is thrown.
pub(crate) fn agrees<T: PartialEq + std::fmt::Debug>(
    found: Result<T, CompatError>,
    expected: &Value,
    read: impl Fn(&Value) -> T,
    what: &str,
) {
    match expected["throws"].as_str() {
        Some(class) => {
            let error = found.err().unwrap_or_else(|| panic!("{what} should throw {class}"));
            assert_eq!(error.class().name(), class, "{what}: {error}");
        }
        None => assert_eq!(found, Ok(read(expected)), "{what}"),
    }
}

#[test]
fn spans_are_made_and_read_as_by_the_reference() {
    let file = vector("bmt/span_utils.json");
    for case in cases(&file["makeSpan"], 29) {
        let value = case["value"].as_f64().unwrap_or(f64::NAN);
        let length = case["length"].as_u64().unwrap_or(8);
        let found = make_span(value, usize::try_from(length).unwrap());
        agrees(found, &case["result"], bytes, &case.to_string());
    }
    for case in cases(&file["getSpanValue"], 10) {
        let found = get_span_value(&bytes(&case["spanHex"])).map(u64::from);
        agrees(found, &case["result"], number, &case.to_string());
    }
}

#[test]
fn the_index_of_a_segment_is_right_where_the_reference_is_wrong_or_never_ends() {
    let file = vector("bmt/span_utils.json");
    let of = |name: &str, least| cases(&file[name], least).to_vec();
    let all = [
        of("getBmtIndexOfSegment", 23),
        of("getBmtIndexOfSegmentWrongInReference", 4),
        of("getBmtIndexOfSegmentOtherLimit", 6),
    ];
    for case in all.concat() {
        let limit = case["maxChunkPayloadByteLength"].as_u64().unwrap_or(4_096);
        let found = get_bmt_index_of_segment(
            number(&case["segmentIndex"]),
            number(&case["lastChunkIndex"]),
            usize::try_from(limit).unwrap(),
        );
        let correct = &case["correct"];
        let expected = BmtIndex {
            level: u32::try_from(number(&correct["level"])).unwrap(),
            chunk_index: number(&correct["chunkIndex"]),
        };
        assert_eq!(found, Ok(expected), "{case}");
    }
    for last in [0, 1, 4_096, u64::MAX - 1, u64::MAX] {
        for limit in [64, 96, 4_096, usize::MAX] {
            for index in [0, 1, 524_288, u64::MAX] {
                assert!(get_bmt_index_of_segment(index, last, limit).is_ok());
            }
        }
        assert_eq!(get_bmt_index_of_segment(0, last, 63).unwrap_err().class().name(), "RangeError");
    }
}

#[test]
fn roots_are_folded_as_by_the_reference_with_any_hash() {
    for case in cases(&vector("bmt/span_utils.json")["rootHashFromInclusionProof"], 10) {
        let sisters: Vec<_> =
            case["sisterSegments"].as_array().unwrap().iter().map(bytes).collect();
        let index = number(&case["segmentIndex"]);
        let hash = Named::of(&case["hashFn"]);
        let found =
            root_hash_from_inclusion_proof(&sisters, &bytes(&case["segment"]), index, &hash);
        assert_eq!(found, bytes(&case["result"]), "{case}");
    }
}

#[test]
fn utils_answer_as_the_reference_s() {
    let utils = &vector("bmt/span_utils.json")["utils"];
    for case in cases(&utils["keccak256Hash"], 9) {
        let messages: Vec<Vec<u8>> = match case["utf8Messages"].as_array() {
            Some(texts) => texts.iter().map(|t| text(t).as_bytes().to_vec()).collect(),
            None => case["hexMessages"].as_array().unwrap().iter().map(bytes).collect(),
        };
        let parts: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        assert_eq!(keccak256_hash(&parts), digest(&case["result"]), "{case}");
    }
    for case in cases(&utils["bytesToHex"], 4) {
        let found = bytes_to_hex(&bytes(&case["bytesHex"]), size(&case["length"]));
        agrees(found, &case["result"], |text| text.as_str().unwrap().to_owned(), "bytesToHex");
    }
    for case in cases(&utils["equalBytes"], 5) {
        let equal = equal_bytes(&bytes(&case["a"]), &bytes(&case["b"]));
        assert_eq!(Some(equal), case["result"].as_bool(), "{case}");
    }
    for case in cases(&utils["serializeBytes"], 4) {
        let parts: Vec<_> = case["parts"].as_array().unwrap().iter().map(bytes).collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(serialize_bytes(&parts), bytes(&case["result"]), "{case}");
    }
    // What is no byte array at all has no type here.
    let typed = |case: &&Value| case["bytesHex"].is_string();
    for case in cases(&utils["isFlexBytes"], 6).iter().filter(typed) {
        let (min, max) = (size(&case["min"]), size(&case["max"]));
        let found = is_flex_bytes(&bytes(&case["bytesHex"]), min, max);
        assert_eq!(Some(found), case["result"].as_bool(), "{case}");
    }
    for case in cases(&utils["assertFlexBytes"], 3) {
        let (min, max) = (size(&case["min"]), size(&case["max"]));
        let found = assert_flex_bytes(&bytes(&case["bytesHex"]), min, max);
        agrees(found, &case["result"], |_| (), &case.to_string());
    }
}

#[test]
fn file_proofs_are_made_and_folded_as_by_the_reference() {
    for case in cases(&vector("bmt/file_proofs.json")["cases"], 70) {
        let (payload, index) = (payload(&case["payload"]), number(&case["segmentIndex"]));
        let file = make_chunked_file(&payload, FileOptions::default());
        let steps = file_inclusion_proof_bottom_up(&file, index).unwrap();
        let expected = proof(case, index, &case["proof"]);
        let made =
            FileProof { index: SegmentIndex(index), segment: digest(&case["segment"]), steps };
        assert_eq!(received(&made), expected, "{}", case["id"]);
        let segment = bytes(&case["segment"]);
        let address = file_address_from_inclusion_proof(&expected.steps, &segment, index, 4_096);
        assert_eq!(address, Ok(digest(&case["address"])), "{}", case["id"]);
        let last = number(&case["lastChunkIndex"]);
        let place = get_bmt_index_of_segment(index, last, 4_096).unwrap();
        let expected = &case["getBmtIndexOfSegment"];
        assert_eq!(u64::from(place.level), number(&expected["level"]), "{}", case["id"]);
        assert_eq!(place.chunk_index, number(&expected["chunkIndex"]), "{}", case["id"]);
    }
}

#[test]
fn large_honest_proofs_fold_where_the_reference_refuses_or_hangs() {
    for case in cases(&vector("bmt/large.json")["proofs"], 10) {
        let index = number(&case["segmentIndex"]);
        let steps = proof(case, index, &case["proof"]).steps;
        let segment = bytes(&case["segment"]);
        let address = file_address_from_inclusion_proof(&steps, &segment, index, 4_096);
        assert_eq!(address, Ok(digest(&case["address"])), "{}", case["id"]);
    }
}

/// The compatibility function fools who the reference fools, but ends on every input.
#[test]
fn tampered_proofs_fold_as_in_the_reference() {
    let mut fooled = 0;
    for case in cases(&vector("bmt/tampered_examples.json")["cases"], 16) {
        let Some(index) = case["segmentIndex"].as_u64() else { continue };
        let steps = proof(case, index, &case["proof"]).steps;
        let segment = bytes(&case["segment"]);
        let address = file_address_from_inclusion_proof(&steps, &segment, index, 4_096).unwrap();
        let accepts = address == digest(&case["address"]);
        fooled += usize::from(accepts);
        match text(&case["reference"]) {
            "accepts" => assert!(accepts, "{}", case["id"]),
            "rejects" => assert!(!accepts, "{}", case["id"]),
            other => assert_eq!(other, "does not terminate", "{}", case["id"]),
        }
    }
    assert!(fooled >= 9, "{fooled}");
}

#[test]
fn errors_have_the_class_and_words_of_the_reference() {
    let empty = make_chunked_file(&[], FileOptions::default());
    let error = file_inclusion_proof_bottom_up(&empty, 0).unwrap_err();
    assert_eq!((error.class().name(), error.code()), ("Error", "index-out-of-range"));
    assert!(error.to_string().starts_with("The given segment index"), "{error}");
    let payload = [1; 100];
    let file = make_chunked_file(&payload, FileOptions::default());
    assert!(file_inclusion_proof_bottom_up(&file, 3).is_ok());
    let error = file_inclusion_proof_bottom_up(&file, 4).unwrap_err();
    assert!(error.to_string().starts_with("The given segment index"), "{error}");
    let error = file_address_from_inclusion_proof::<Vec<u8>>(&[], &[0; 32], 0, 4_096).unwrap_err();
    assert_eq!((error.class().name(), error.code()), ("TypeError", "proof-empty"));
    let error = make_chunk(vec![0; 4_097], ChunkOptions::default()).unwrap_err();
    assert_eq!(error.class().name(), "TypeError");
    let chunk = make_chunk(&payload[..], ChunkOptions::default()).unwrap();
    assert_eq!(chunk.inclusion_proof(128).unwrap_err().class().name(), "Error");
}

#[test]
fn a_file_with_a_hash_of_its_own_leaves_has_proofs_that_fold_level_by_level() {
    let keyed = Keyed::new(b"k");
    let payload: Vec<u8> = (0..4_096 * 130_u32).map(|i| (i % 251) as u8).collect();
    for (len, index) in [(5_000, 0), (5_000, 156), (4_096 * 129, 16_511), (4_096 * 130, 16_511)] {
        let plain = make_chunked_file(&payload[..len], FileOptions::default());
        let options = FileOptions { hash_fn: Some(&keyed), ..FileOptions::default() };
        let file = make_chunked_file(&payload[..len], options);
        let steps = file_inclusion_proof_bottom_up(&file, index).unwrap();
        let same = file_inclusion_proof_bottom_up(&plain, index).unwrap();
        let shape = |steps: &[_]| {
            steps.iter().map(|s: &countersign_core::bmt::Step| s.span.clone()).collect::<Vec<_>>()
        };
        assert_eq!(shape(&steps), shape(&same), "{len}, {index}");
        // Undeclared options that say what is the default anyway: the same steps.
        let options = FileOptions { hash_fn: Some(&Plain), ..FileOptions::default() };
        let file = make_chunked_file(&payload[..len], options);
        assert_eq!(file_inclusion_proof_bottom_up(&file, index), Ok(same), "{len}, {index}");
        assert_eq!(file.address(), plain.address());
    }
    assert_eq!(hex::encode(keyed.prefix()), "6b");
}
