//! Addresses and proofs that the network published.

use countersign_core::bmt::{Bmt, ChunkHash, Geometry, Keyed, Plain, Shape, Step};

use crate::kit::{bytes, cases, digest, number, payload, size, text, vector};

#[test]
fn files_have_the_addresses_that_nodes_give_them() {
    let bmt = Bmt::swarm();
    for case in cases(&vector("bmt/network.json")["cases"], 27) {
        let payload = payload(&case["payload"]);
        assert_eq!(bmt.file(&payload).unwrap().address(), digest(&case["address"]), "{case}");
    }
}

#[test]
fn files_of_the_standard_vectors_have_their_addresses() {
    let bmt = Bmt::swarm();
    let file = vector("standards/swarm-bmt.json");
    let cases = cases(&file["cases"], 11);
    assert_eq!(cases.len(), size(&file["count"]));
    for case in cases {
        let payload: Vec<u8> = match text(&case["kind"]) {
            "file" => (0..number(&case["len"])).map(|i| (i % 255) as u8).collect(),
            "chunk" => bytes(&case["data_hex"]),
            other => panic!("no kind {other}"),
        };
        if case["span"].is_u64() {
            let chunk = bmt.chunk_with_span(&payload, number(&case["span"])).unwrap();
            assert_eq!(chunk.address(), digest(&case["address"]), "{case}");
        }
        assert_eq!(bmt.file(&payload).unwrap().address(), digest(&case["address"]), "{case}");
    }
}

#[test]
fn empty_subtrees_have_the_published_roots() {
    for case in cases(&vector("bmt/network.json")["zeroSubtreeRoots"], 16) {
        let (level, covers) = (number(&case["level"]), size(&case["covers"]));
        let geometry = Geometry::new(covers.max(64), covers.max(64), 2, 8).unwrap();
        let bmt = Bmt::new(geometry, Plain);
        assert_eq!(bmt.zero(u32::try_from(level).unwrap()), digest(&case["hash"]), "{level}");
        if level > 0 {
            assert_eq!(bmt.chunk(&[]).unwrap().root(), digest(&case["hash"]), "{level}");
            let zeros = vec![0; covers];
            assert_eq!(bmt.chunk(&zeros).unwrap().root(), digest(&case["hash"]), "{level}");
        }
    }
}

#[test]
fn keyed_addresses_are_those_of_reserve_sampling() {
    for case in cases(&vector("bmt/network.json")["keyedAddresses"], 1) {
        let hash = Keyed::new(&bytes(&case["hashFn"]["prefixHex"]));
        let bmt = Bmt::new(Geometry::SWARM, hash);
        let payload = payload(&case["payload"]);
        assert_eq!(bmt.chunk(&payload).unwrap().address(), digest(&case["address"]));
        // The zero subtrees are those of the key.
        assert_ne!(bmt.zero(1), Bmt::swarm().zero(1));
        assert_eq!(bmt.chunk(&[]).unwrap().root(), bmt.zero(7));
    }
}

fn check<H: ChunkHash>(bmt: &Bmt<H>, case: &serde_json::Value) {
    let step = Step {
        span: bytes(&case["spanHex"]),
        sisters: case["sisterSegments"].as_array().unwrap().iter().map(digest).collect(),
    };
    let (index, segment) = (number(&case["segmentIndex"]), digest(&case["segment"]));
    let address = digest(&case["address"]);
    bmt.verify_chunk_proof(address, index, segment, &step, None).unwrap();
    // A neighbour may hold the same segment; the other half of the chunk has other sisters.
    let other = bmt.verify_chunk_proof(address, index ^ 64, segment, &step, None);
    assert_eq!(other.map_err(|error| error.code()), Err("address-mismatch"), "{case}");
}

#[test]
fn published_chunk_proofs_hold_plain_and_keyed() {
    let file = vector("bmt/network.json");
    for case in cases(&file["redistributionProofs"]["cases"], 8) {
        match case["prefixHex"].as_str() {
            Some(_) => {
                let hash = Keyed::new(&bytes(&case["prefixHex"]));
                check(&Bmt::new(Geometry::SWARM, hash), case);
            }
            None => check(&Bmt::swarm(), case),
        }
    }
    let bmt = Bmt::swarm();
    for case in cases(&file["knownProofs"], 3) {
        let payload = payload(&case["payload"]);
        let chunk = bmt.chunk(&payload).unwrap();
        let sisters: Vec<_> =
            case["sisterSegments"].as_array().unwrap().iter().map(digest).collect();
        assert_eq!(chunk.prove(number(&case["segmentIndex"])), Ok(sisters), "{case}");
    }
}

#[test]
fn a_published_file_has_its_shape_without_its_bytes() {
    for case in cases(&vector("bmt/network.json")["fileWithoutPayload"], 1) {
        let shape = Shape::new(Geometry::SWARM, number(&case["size"])).unwrap();
        assert_eq!(shape.leaves(), number(&case["leafCount"]));
        let counts: Vec<_> = (0..=shape.root_level()).map(|level| shape.slots(level)).collect();
        let expected: Vec<_> = case["levelCounts"].as_array().unwrap().iter().map(number).collect();
        assert_eq!(counts, expected);
        assert_eq!(shape.children(shape.root()) * 32, number(&case["rootPayloadLength"]));
    }
}
