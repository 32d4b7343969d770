//! File proofs: those of the vectors, every segment of many files, and every change to them.

use countersign_core::bmt::{Bmt, Expected, FileProof, Geometry, Plain, SegmentIndex, Step};
use countersign_core::hash::Digest;
use proptest::prelude::*;
use serde_json::Value;

use crate::kit::{
    bytes, cases, digest, number, payload, proof, quad251, received, size, text, vector,
};

fn code(
    bmt: &Bmt<Plain>,
    address: &[u8],
    proof: &FileProof<Vec<u8>>,
    expected: Expected,
) -> Result<u64, &'static str> {
    bmt.verify_file_proof(address, proof, expected)
        .map(|verified| verified.len)
        .map_err(|refusal| refusal.code())
}

#[test]
fn file_proofs_are_those_of_the_vectors_and_hold() {
    let bmt = Bmt::swarm();
    for case in cases(&vector("bmt/file_proofs.json")["cases"], 70) {
        let payload = payload(&case["payload"]);
        let (len, index) = (payload.len() as u64, number(&case["segmentIndex"]));
        let expected = proof(case, index, &case["proof"]);
        let file = bmt.file(&payload).unwrap();
        let made = file.prove(SegmentIndex(index)).unwrap();
        assert_eq!(received(&made), expected, "{}", case["id"]);
        let address = bytes(&case["address"]);
        assert_eq!(file.address().as_ref(), address);
        assert_eq!(code(&bmt, &address, &expected, Expected::len(len)), Ok(len), "{}", case["id"]);
    }
}

#[test]
fn proofs_in_large_files_are_those_of_the_vectors_and_hold() {
    let bmt = Bmt::swarm();
    let file = vector("bmt/large.json");
    for case in cases(&file["cases"], 5) {
        let payload = payload(&case["payload"]);
        let (made, expect) = (bmt.file(&payload).unwrap(), &case["expect"]);
        assert_eq!(made.address(), digest(&expect["address"]), "{}", case["id"]);
        assert_eq!(made.span(), bytes(&expect["span"]));
        assert_eq!(made.shape().leaves(), number(&expect["leafCount"]));
        assert_eq!(
            made.chunk(made.shape().root()).0.len(),
            size(&expect["rootChunk"]["payloadLength"])
        );
        let of_this = |proof: &&Value| proof["payload"]["size"] == case["payload"]["size"];
        let mut proofs = 0;
        for case in cases(&file["proofs"], 10).iter().filter(of_this) {
            let index = number(&case["segmentIndex"]);
            let expected = proof(case, index, &case["proof"]);
            assert_eq!(
                received(&made.prove(SegmentIndex(index)).unwrap()),
                expected,
                "{}",
                case["id"]
            );
            let result = code(&bmt, &bytes(&case["address"]), &expected, Expected::default());
            assert_eq!(result, Ok(payload.len() as u64), "{}", case["id"]);
            proofs += 1;
        }
        assert_eq!(proofs, 2);
    }
}

#[test]
fn tampered_proofs_are_refused_for_the_reason_of_the_vectors() {
    let bmt = Bmt::swarm();
    let mut refused = 0;
    for case in cases(&vector("bmt/tampered_examples.json")["cases"], 16) {
        assert_eq!(text(&case["strict"]), "reject");
        // A negative index or a fraction has no type here.
        let Some(index) = case["segmentIndex"].as_u64() else {
            assert_eq!(text(&case["strictReason"]), "index-not-a-natural-number");
            let json = format!(
                r#"{{"segmentIndex":"{}","segment":"00","proof":[]}}"#,
                case["segmentIndex"]
            );
            let error = FileProof::from_json(json.as_bytes()).unwrap_err();
            assert_eq!(error.path(), Some("segmentIndex"));
            continue;
        };
        let expected = Expected { len: case["knownFileSize"].as_u64(), max_len: None };
        let proof = proof(case, index, &case["proof"]);
        let result = code(&bmt, &bytes(&case["address"]), &proof, expected);
        assert_eq!(result, Err(text(&case["strictReason"])), "{}", case["id"]);
        refused += 1;
    }
    assert_eq!(refused, 15);
}

#[test]
fn proofs_with_other_span_lengths_and_payload_limits_hold() {
    let file = vector("bmt/options.json");
    for case in cases(&file["proofCases"], 18) {
        let geometry = Geometry::reference(4_096, size(&case["options"]["spanLength"])).unwrap();
        let bmt = Bmt::new(geometry, Plain);
        let (payload, index) = (payload(&case["payload"]), number(&case["segmentIndex"]));
        let expected = proof(case, index, &case["proof"]);
        let made = bmt.file(&payload).unwrap().prove(SegmentIndex(index)).unwrap();
        assert_eq!(received(&made), expected, "{}", case["id"]);
        let result = code(&bmt, &bytes(&case["address"]), &expected, Expected::default());
        assert_eq!(result, Ok(payload.len() as u64), "{}", case["id"]);
    }
    for case in cases(&file["payloadLimitQuirks"], 11) {
        let geometry = Geometry::reference(size(&case["options"]["maxPayloadLength"]), 8).unwrap();
        let bmt = Bmt::new(geometry, Plain);
        let (payload, index) = (payload(&case["payload"]), number(&case["segmentIndex"]));
        let expected = proof(case, index, &case["correctProof"]);
        let made = bmt.file(&payload).unwrap().prove(SegmentIndex(index)).unwrap();
        assert_eq!(received(&made), expected, "{}", case["id"]);
        let result = code(&bmt, &bytes(&case["address"]), &expected, Expected::default());
        assert_eq!(result, Ok(payload.len() as u64), "{}", case["id"]);
    }
}

/// Every proof that differs from this one in a single field, with the address and what is known.
fn mutations(honest: &FileProof<Vec<u8>>) -> Vec<(String, FileProof<Vec<u8>>)> {
    let mut all = vec![];
    let mut add = |what: String, change: &dyn Fn(&mut FileProof<Vec<u8>>)| {
        let mut proof = honest.clone();
        change(&mut proof);
        all.push((what, proof));
    };
    for index in [
        honest.index.0 ^ 1,
        honest.index.0.wrapping_add(1),
        honest.index.0.wrapping_sub(1),
        honest.index.0 + 128,
        honest.index.0 + (1 << 14),
        honest.index.0 + (1 << 32),
        u64::MAX,
    ] {
        add(format!("index {index}"), &|proof| proof.index = SegmentIndex(index));
    }
    for at in 0..32 {
        add(format!("segment byte {at}"), &|proof| proof.segment[at] ^= 0x10);
    }
    add("short segment".into(), &|proof| proof.segment.truncate(31));
    add("long segment".into(), &|proof| proof.segment.push(0));
    add("no segment".into(), &|proof| proof.segment.clear());
    add("no steps".into(), &|proof| proof.steps.clear());
    for at in 0..honest.steps.len() {
        add(format!("without step {at}"), &|proof| drop(proof.steps.remove(at)));
        add(format!("step {at} twice"), &|proof| {
            let step = proof.steps[at].clone();
            proof.steps.insert(at, step);
        });
        for byte in 0..8 {
            add(format!("step {at} span byte {byte}"), &|proof| proof.steps[at].span[byte] ^= 0x80);
        }
        add(format!("step {at} short span"), &|proof| proof.steps[at].span.truncate(7));
        add(format!("step {at} long span"), &|proof| proof.steps[at].span.push(0));
        for sister in 0..honest.steps[at].sisters.len() {
            for byte in [0, 13, 31] {
                add(format!("step {at} sister {sister} byte {byte}"), &|proof| {
                    proof.steps[at].sisters[sister][byte] ^= 1;
                });
            }
            add(format!("step {at} sister {sister} short"), &|proof| {
                proof.steps[at].sisters[sister].pop();
            });
            add(format!("step {at} sister {sister} long"), &|proof| {
                proof.steps[at].sisters[sister].push(0);
            });
            add(format!("step {at} without sister {sister}"), &|proof| {
                proof.steps[at].sisters.remove(sister);
            });
            add(format!("step {at} sister {sister} twice"), &|proof| {
                let twice = proof.steps[at].sisters[sister].clone();
                proof.steps[at].sisters.insert(sister, twice);
            });
        }
    }
    all
}

fn refuses_every_mutation(bmt: &Bmt<Plain>, payload: &[u8], index: u64) {
    let file = bmt.file(payload).unwrap();
    let address = *file.address().as_bytes();
    let honest = received(&file.prove(SegmentIndex(index)).unwrap());
    assert_eq!(code(bmt, &address, &honest, Expected::default()), Ok(payload.len() as u64));
    for (what, proof) in mutations(&honest) {
        let result = code(bmt, &address, &proof, Expected::default());
        // Two segments can be equal, and then the neighbour's index may fold alike: it is the truth.
        let truth = proof.segment.len() == 32
            && proof.steps == honest.steps
            && file.prove(proof.index).is_ok_and(|made| received(&made) == proof);
        assert!(truth || result.is_err(), "{what} of segment {index} of {}", payload.len());
    }
    for at in 0..32 {
        let mut other = address;
        other[at] ^= 1;
        assert_eq!(code(bmt, &other, &honest, Expected::default()), Err("address-mismatch"));
    }
    assert_eq!(code(bmt, &address[1..], &honest, Expected::default()), Err("address-length"));
    let len = payload.len() as u64;
    assert_eq!(code(bmt, &address, &honest, Expected::len(len + 1)), Err("file-size-mismatch"));
    let small = Expected { len: None, max_len: Some(len - 1) };
    assert_eq!(code(bmt, &address, &honest, small), Err("span-too-large"));
}

#[test]
fn no_single_change_passes() {
    let bmt = Bmt::swarm();
    for (len, index) in [
        (1, 0),
        (70, 2),
        (4_096, 127),
        (4_097, 128),
        (10_000, 130),
        (524_289, 16_384),
        (524_289, 0),
        (532_485, 16_640),
    ] {
        refuses_every_mutation(&bmt, &quad251(len), index);
    }
}

/// Every segment of files of 1 to 300 chunks, at every border of chunk and group.
#[test]
fn every_honest_proof_holds() {
    // Small chunks, so that all segments of files of up to 300 of them can be tried.
    for (geometry, step) in [
        (Geometry::scaled(64, 8).unwrap(), 7),
        (Geometry::new(32, 128, 4, 8).unwrap(), 11),
        (Geometry::new(64, 128, 3, 2).unwrap(), 13),
    ] {
        let bmt = Bmt::new(geometry, Plain);
        let payload = quad251(300 * geometry.payload_limit());
        for chunks in (1..=300).step_by(step) {
            let len = chunks * geometry.payload_limit() - chunks % 5;
            let file = bmt.file(&payload[..len]).unwrap();
            for index in 0..file.shape().segments() {
                let proof = file.prove(SegmentIndex(index)).unwrap();
                let verified = bmt
                    .verify_file_proof(file.address(), &proof, Expected::len(len as u64))
                    .unwrap_or_else(|error| panic!("segment {index} of {len}: {error}"));
                let start = usize::try_from(index).unwrap() * 32;
                let end = (start + 32).min(len);
                assert_eq!(verified.used, end - start);
                assert_eq!(verified.segment.as_ref()[..verified.used], payload[start..end]);
            }
            let segments = file.shape().segments();
            let error = file.prove(SegmentIndex(segments)).unwrap_err();
            assert_eq!(error.code(), "index-out-of-range");
        }
    }
}

#[test]
fn every_chunk_of_files_up_to_300_has_proofs_that_hold() {
    let bmt = Bmt::swarm();
    let payload = quad251(300 * 4_096);
    for chunks in [1, 2, 127, 128, 129, 130, 255, 256, 257, 258, 300] {
        let len = chunks * 4_096 - 17;
        let file = bmt.file(&payload[..len]).unwrap();
        for leaf in 0..chunks as u64 {
            let index = SegmentIndex((leaf * 128 + leaf % 128).min(file.shape().segments() - 1));
            let proof = file.prove(index).unwrap();
            bmt.verify_file_proof(file.address(), &proof, Expected::len(len as u64)).unwrap();
        }
    }
}

#[test]
fn a_proof_gives_the_address_of_the_file_with_its_word_replaced() {
    let bmt = Bmt::swarm();
    for (len, index) in [(1, 0), (100, 3), (5_000, 128), (524_289, 16_384), (532_485, 7)] {
        let mut payload = quad251(len);
        let file = bmt.file(&payload).unwrap();
        let (address, proof) = (file.address(), file.prove(SegmentIndex(index)).unwrap());
        let patch = |segment| {
            let segment = Digest::from_bytes(segment);
            bmt.patched_address(address, &proof, Expected::default(), &segment)
        };
        let start = usize::try_from(index).unwrap() * 32;
        let end = (start + 32).min(len);
        let mut segment = [0; 32];
        segment[..end - start].fill(0x5a);
        payload[start..end].fill(0x5a);
        assert_eq!(patch(segment), Ok(bmt.file(&payload).unwrap().address()), "{len}");
        if end - start < 32 {
            segment[31] = 1;
            assert_eq!(patch(segment).unwrap_err().code(), "segment-padding");
        }
        let refused = bmt.patched_address([0; 32], &proof, Expected::default(), &proof.segment);
        assert_eq!(refused.unwrap_err().code(), "address-mismatch");
    }
}

#[test]
fn an_empty_file_has_no_segment() {
    let bmt = Bmt::swarm();
    let file = bmt.file(&[]).unwrap();
    assert_eq!(file.prove(SegmentIndex(0)).unwrap_err().code(), "empty-file");
    let chunk = bmt.chunk(&[]).unwrap();
    let step = Step { span: chunk.span(), sisters: chunk.prove(0).unwrap() };
    let proof = FileProof { index: SegmentIndex(0), segment: Digest::default(), steps: vec![step] };
    let result = code(&bmt, file.address().as_ref(), &received(&proof), Expected::default());
    assert_eq!(result, Err("empty-file"));
}

#[test]
fn chunks_that_cut_words_have_no_proofs() {
    let bmt = Bmt::new(Geometry::new(50, 64, 2, 8).unwrap(), Plain);
    let payload = quad251(120);
    let file = bmt.file(&payload).unwrap();
    let refused = file.prove(SegmentIndex(0)).unwrap_err();
    assert_eq!(refused.code(), "payload-limit-not-in-segments");
    let proof = FileProof {
        index: SegmentIndex(0),
        segment: vec![0; 32],
        steps: vec![Step { span: file.span(), sisters: vec![vec![0; 32]] }],
    };
    let result = code(&bmt, file.address().as_ref(), &proof, Expected::default());
    assert_eq!(result, Err("payload-limit-not-in-segments"));
}

#[test]
fn a_declared_length_costs_nothing() {
    // The longest lengths, with every count right: refused without a tree of that size.
    let bmt = Bmt::new(Geometry::new(32, 64, 2, 8).unwrap(), Plain);
    for len in [u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 62, 1] {
        for count in [1, 2, 58, 59, 60, 64, 65, 66, 1_000] {
            let step = Step { span: len.to_le_bytes().to_vec(), sisters: vec![vec![0; 32]] };
            let proof = FileProof {
                index: SegmentIndex(0),
                segment: vec![0; 32],
                steps: vec![step; count],
            };
            let result = code(&bmt, &[0; 32], &proof, Expected::default());
            assert!(result.is_err(), "{len}, {count}");
        }
    }
}

#[test]
fn a_proof_is_one_document() {
    let bmt = Bmt::swarm();
    let payload = quad251(5_000);
    let file = bmt.file(&payload).unwrap();
    let made = file.prove(SegmentIndex(140)).unwrap();
    let json = made.to_json().unwrap();
    let read = FileProof::from_json(json.as_bytes()).unwrap();
    assert_eq!(read, received(&made));
    assert_eq!(read.to_json().unwrap(), json);
    let code = |json: &str| FileProof::from_json(json.as_bytes()).unwrap_err().code();
    assert_eq!(code(&json.replace(r#""140""#, "140")), "document-invalid-member");
    assert_eq!(code(&json.replace(r#""140""#, r#""0140""#)), "document-invalid-member");
    assert_eq!(code(&json.replace(r#""140""#, r#""-140""#)), "document-invalid-member");
    assert_eq!(code(&json.replace(r#""140""#, r#""140.5""#)), "document-invalid-member");
    assert_eq!(code(&json.replace("segmentIndex", "segmentindex")), "document-unknown-member");
    assert_eq!(code(&format!("{json} 1")), "document-malformed");
    assert_eq!(code(&json.to_uppercase()), "document-unknown-member");
    assert_eq!(code(&" ".repeat(1024 * 1024 + 1)), "document-too-large");
    let twice = json.replacen('{', r#"{"segmentIndex":"1","#, 1);
    assert_eq!(code(&twice), "document-repeated-member");
    // Lengths are the verifier's.
    let short = json.replacen(r#""segment":""#, r#""segment":"00"#, 1);
    let read = FileProof::from_json(short.as_bytes()).unwrap();
    let refused = bmt.verify_file_proof(file.address(), &read, Expected::default()).unwrap_err();
    assert_eq!(refused.code(), "segment-length");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_word_of_any_file_is_proven_and_no_change_passes(
        len in 1_usize..1_228_800,
        at in any::<prop::sample::Index>(),
    ) {
        let bmt = Bmt::swarm();
        let payload = quad251(len);
        let index = at.index(len.div_ceil(32)) as u64;
        refuses_every_mutation(&bmt, &payload, index);
    }
}
