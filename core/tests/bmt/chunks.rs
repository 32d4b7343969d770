//! Chunks against the vectors: levels, roots, addresses, proofs; other geometries and hashes.

use countersign_core::bmt::{
    Bmt, Geometry, Keyed, Plain, Refusal, Step, decode_span, encode_span, with_callback,
};
use countersign_core::hash::{Digest, keccak256};

use crate::kit::{bytes, cases, digest, number, payload, quad251, size, text, vector};
use crate::naive;

#[test]
fn chunks_have_the_levels_addresses_and_proofs_of_the_vectors() {
    let bmt = Bmt::swarm();
    for case in cases(&vector("bmt/chunks.json")["cases"], 25) {
        let payload = payload(&case["payload"]);
        let (expect, id) = (&case["expect"], text(&case["id"]));
        if expect["makeChunk"].is_object() {
            assert_eq!(bmt.chunk(&payload).unwrap_err().code(), "chunk-payload-size", "{id}");
            continue;
        }
        let chunk = bmt.chunk(&payload).unwrap();
        assert_eq!(chunk.payload().len(), size(&expect["payloadLength"]), "{id}");
        assert_eq!(bmt.geometry().payload_limit(), size(&expect["maxPayloadLength"]), "{id}");
        assert_eq!(chunk.span(), bytes(&expect["span"]), "{id}");
        assert_eq!(chunk.span().len(), size(&expect["spanLength"]), "{id}");
        assert_eq!(chunk.data().len(), size(&expect["dataLength"]), "{id}");
        assert_eq!(keccak256(&chunk.data()), digest(&expect["dataKeccak256"]), "{id}");
        assert_eq!(chunk.address(), digest(&expect["address"]), "{id}");
        assert_eq!(chunk.root(), digest(&expect["bmtRoot"]), "{id}");
        let levels = chunk.levels();
        let expected = cases(&expect["bmtLevels"], 8);
        assert_eq!(levels.len(), expected.len(), "{id}");
        for (level, expected) in levels.iter().zip(expected) {
            assert_eq!(level.len(), size(&expected["byteLength"]), "{id}");
            assert_eq!(keccak256(level), digest(&expected["keccak256"]), "{id}");
        }
        for proof in cases(&expect["inclusionProofs"], 1) {
            let index = number(&proof["segmentIndex"]);
            let sisters = chunk.prove(index).unwrap();
            let expected: Vec<_> =
                proof["sisterSegments"].as_array().unwrap().iter().map(digest).collect();
            assert_eq!(sisters, expected, "{id}, {index}");
            let segment = chunk.segment(index).unwrap();
            assert_eq!(segment, digest(&proof["segment"]), "{id}, {index}");
            let step = Step { span: chunk.span(), sisters };
            bmt.verify_chunk_proof(chunk.address(), index, segment, &step, None).unwrap();
        }
        let all: Vec<u8> = (0..number(&expect["allInclusionProofs"]["count"]))
            .flat_map(|index| chunk.prove(index).unwrap())
            .flat_map(|sister| *sister.as_bytes())
            .collect();
        assert_eq!(keccak256(&all), digest(&expect["allInclusionProofs"]["keccak256"]), "{id}");
        assert_eq!(chunk.prove(128).unwrap_err().code(), "chunk-index-out-of-range");
        assert_eq!(chunk.prove(u64::MAX).unwrap_err().code(), "chunk-index-out-of-range");
    }
}

#[test]
fn other_capacities_spans_and_prefixes_have_the_addresses_of_the_vectors() {
    let file = vector("bmt/generalised.json");
    for case in cases(&file["chunkCases"], 148) {
        let (payload, capacity) = (payload(&case["payload"]), size(&case["capacity"]));
        let geometry = Geometry::scaled(capacity, 8).unwrap();
        let span = decode_span(&bytes(&case["spanHex"])).unwrap();
        let address = if case["prefixHex"].is_string() {
            let bmt = Bmt::new(geometry, Keyed::new(&bytes(&case["prefixHex"])));
            bmt.chunk_with_span(&payload, span).unwrap().address()
        } else {
            let bmt = Bmt::new(geometry, Plain);
            bmt.chunk_with_span(&payload, span).unwrap().address()
        };
        assert_eq!(address, digest(&case["address"]), "{case}");
    }
    for case in cases(&file["fileCases"], 55) {
        let (limit, span) = (size(&case["chunkSize"]), size(&case["spanLength"]));
        let geometry = Geometry::scaled(limit, span).unwrap();
        assert_eq!(geometry.fan_out(), size(&case["fanOut"]));
        let payload = payload(&case["payload"]);
        let address = Bmt::new(geometry, Plain).file(&payload).unwrap().address();
        assert_eq!(address, digest(&case["address"]), "{case}");
    }
}

#[test]
fn chunks_of_every_length_have_the_address_of_the_definition() {
    let payload = quad251(4_096);
    for geometry in
        [Geometry::SWARM, Geometry::scaled(64, 8).unwrap(), Geometry::scaled(512, 3).unwrap()]
    {
        let bmt = Bmt::new(geometry, Plain);
        for len in (0..=geometry.payload_limit()).step_by(1 + geometry.payload_limit() / 300) {
            let payload = &payload[..len];
            let expected = naive::chunk(geometry, payload, len as u64);
            assert_eq!(*bmt.chunk(payload).unwrap().address().as_bytes(), expected, "{len}");
        }
    }
}

#[test]
fn a_chunk_is_read_back_only_under_its_own_address() {
    let file = vector("bmt/network.json");
    let bmt = Bmt::swarm();
    for case in cases(&file["chunksWithExplicitSpan"], 1) {
        let stored = [bytes(&case["spanHex"]), bytes(&case["payloadHex"])].concat();
        let chunk = bmt.open_chunk(&digest(&case["address"]), &stored).unwrap();
        assert_eq!(chunk.stored(), stored);
        assert_eq!(chunk.span(), bytes(&case["spanHex"]));
    }
    for case in cases(&file["invalidChunks"], 3) {
        let stored = match case["dataHex"].as_str() {
            Some(_) => bytes(&case["dataHex"]),
            None => [bytes(&case["spanHex"]), bytes(&case["payloadHex"])].concat(),
        };
        let error = bmt.open_chunk(&digest(&case["address"]), &stored).unwrap_err();
        let expected =
            if stored.len() < 8 { "chunk-stored-size" } else { "chunk-address-mismatch" };
        assert_eq!(error.code(), expected, "{case}");
    }
    let long = vec![0; 8 + 4_097];
    let error = bmt.open_chunk(&Digest::default(), &long).unwrap_err();
    assert_eq!(error.code(), "chunk-stored-size");
}

#[test]
fn a_payload_above_the_limit_is_no_chunk() {
    let bmt = Bmt::swarm();
    assert!(bmt.chunk(&[0; 4_096]).is_ok());
    assert_eq!(bmt.chunk(&[0; 4_097]).unwrap_err().code(), "chunk-payload-size");
    let narrow = Bmt::new(Geometry::new(4_096, 4_096, 128, 1).unwrap(), Plain);
    assert_eq!(narrow.chunk(&[0; 256]).unwrap_err().code(), "chunk-span-does-not-fit");
    assert_eq!(narrow.leaf_addresses(&[0; 5_000]).unwrap_err().code(), "chunk-span-does-not-fit");
}

#[test]
fn an_explicit_span_of_zero_counts() {
    let bmt = Bmt::swarm();
    let chunk = bmt.chunk_with_span(b"abc", 0).unwrap();
    assert_eq!(chunk.span(), [0; 8]);
    assert_ne!(chunk.address(), bmt.chunk(b"abc").unwrap().address());
}

#[test]
fn a_replaced_hash_answers_32_bytes_or_nothing_counts() {
    for wrong in [0, 20, 31, 33, 64] {
        let answer = with_callback(
            |_: &[&[u8]]| vec![1; wrong],
            |hash| Bmt::new(Geometry::SWARM, hash).chunk(b"abc").map(|chunk| chunk.address()),
        );
        let error = answer.unwrap_err();
        assert_eq!((error.code(), error.found), ("hash-size", wrong));
    }
    let prefix = b"key";
    let keyed = with_callback(
        |parts: &[&[u8]]| {
            keccak256(&[&[prefix.as_slice()], parts].concat().concat()).as_ref().to_vec()
        },
        |hash| Bmt::new(Geometry::SWARM, hash).chunk(b"abc").unwrap().address(),
    );
    let built_in = Bmt::new(Geometry::SWARM, Keyed::new(prefix));
    assert_eq!(keyed, Ok(built_in.chunk(b"abc").unwrap().address()));
    assert_ne!(keyed, Ok(Bmt::swarm().chunk(b"abc").unwrap().address()));
}

#[test]
fn chunk_proofs_are_bound_to_index_span_and_payload() {
    let bmt = Bmt::swarm();
    let payload = quad251(100);
    let chunk = bmt.chunk(&payload).unwrap();
    let (address, span) = (chunk.address(), chunk.span());
    let step = |index| Step { span: span.clone(), sisters: chunk.prove(index).unwrap() };
    let verify = |index, segment: &[u8], step: &Step, len| {
        bmt.verify_chunk_proof(address, index, segment, step, len).map_err(|error| error.code())
    };
    let segment = |index| chunk.segment(index).unwrap();
    assert_eq!(verify(3, segment(3).as_ref(), &step(3), Some(100)), Ok(()));
    // Padding is a segment of the padded chunk, and none of the payload.
    assert_eq!(verify(4, segment(4).as_ref(), &step(4), None), Ok(()));
    assert_eq!(verify(4, segment(4).as_ref(), &step(4), Some(100)), Err("index-out-of-range"));
    assert_eq!(verify(128 + 3, segment(3).as_ref(), &step(3), None), Err("index-out-of-range"));
    assert_eq!(verify(2, segment(3).as_ref(), &step(3), None), Err("address-mismatch"));
    assert_eq!(verify(3, segment(3).as_ref(), &step(3), Some(97)), Err("segment-padding"));
    assert_eq!(verify(0, segment(0).as_ref(), &step(0), Some(32)), Err("padding-sister"));
    assert_eq!(verify(3, &segment(3).as_ref()[1..], &step(3), None), Err("segment-length"));
    let mut short = step(3);
    short.sisters.pop();
    assert_eq!(verify(3, segment(3).as_ref(), &short, None), Err("sister-count"));
    let mut short = step(3);
    short.span.pop();
    assert_eq!(verify(3, segment(3).as_ref(), &short, None), Err("span-length"));
    let mut other = step(3);
    other.span[0] ^= 1;
    assert_eq!(verify(3, segment(3).as_ref(), &other, None), Err("address-mismatch"));
    let refused = bmt.verify_chunk_proof(&address.as_ref()[1..], 3, segment(3), &step(3), None);
    assert_eq!(refused, Err(Refusal::AddressLength { found: 31 }));
}

#[test]
fn geometries_that_break_a_constraint_are_refused() {
    let code = |p, c, b, l| Geometry::new(p, c, b, l).map_err(|error| error.code());
    for capacity in [0, 1, 32, 48, 4_095, 1 << 25] {
        assert_eq!(code(1, capacity, 2, 8), Err("geometry-capacity"), "{capacity}");
    }
    assert_eq!(code(0, 64, 2, 8), Err("geometry-payload-limit"));
    assert_eq!(code(65, 64, 2, 8), Err("geometry-payload-limit"));
    assert_eq!(code(64, 64, 1, 8), Err("geometry-fan-out"));
    assert_eq!(code(64, 64, 3, 8), Err("geometry-fan-out"));
    assert_eq!(code(64, 64, 2, 0), Err("geometry-span-size"));
    assert_eq!(code(64, 64, 2, 4_097), Err("geometry-span-size"));
    assert_eq!(Geometry::new(4_096, 4_096, 128, 8), Ok(Geometry::SWARM));
    assert_eq!(Geometry::scaled(4_096, 8), Ok(Geometry::SWARM));
    assert_eq!(Geometry::reference(4_096, 8), Ok(Geometry::SWARM));
}

#[test]
fn spans_are_exact_in_every_length() {
    for case in cases(&vector("bmt/span_utils.json")["getSpanValue"], 10) {
        let span = bytes(&case["spanHex"]);
        let value = span.iter().rev().try_fold(0_u64, |value, byte| {
            value.checked_mul(256).map(|value| value + u64::from(*byte))
        });
        let expected = value.filter(|_| !span.is_empty()).ok_or("span-size");
        assert_eq!(decode_span(&span).map_err(|error| error.code()), expected, "{case}");
    }
    let code = |value, size| encode_span(value, size).map_err(|error| error.code());
    assert_eq!(code(255, 1), Ok(vec![255]));
    assert_eq!(code(256, 1), Err("span-does-not-fit"));
    assert_eq!(code((1 << 63) - 1, 8).unwrap()[7], 0x7f);
    assert_eq!(code(1 << 63, 8), Err("span-reserved"));
    assert_eq!(code(1 << 63, 9), Err("span-reserved"));
    assert_eq!(code(0, 0), Err("span-size"));
    assert_eq!(code(1 << 32, 32).unwrap().len(), 32);
    assert_eq!(decode_span(&[0, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap_err().code(), "span-wide");
}
