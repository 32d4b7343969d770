//! Uploads with erasure coding: addresses, shapes and reading, against the network's.

use std::collections::{HashMap, HashSet};

use countersign_core::bmt::redundancy::{Level, RedundantHasher, redundant_address};
use countersign_core::bmt::{Bmt, Each, Expected, Joined, Joiner, NewChunk, SegmentIndex};

use crate::kit::{bytes, cases, digest, number, payload, quad251, size, vector};

#[test]
fn uploads_have_the_addresses_that_nodes_give_them() {
    let bmt = Bmt::swarm();
    let file = vector("bmt/redundancy.json");
    for case in cases(&file["cases"], 105) {
        let payload = payload(&case["payload"]);
        let Some(level) =
            Level::from_number(u8::try_from(number(&case["redundancyLevel"])).unwrap())
        else {
            let file = bmt.file(&payload).unwrap();
            assert_eq!(file.address(), digest(&case["address"]), "{case}");
            assert_eq!(file.span(), bytes(&case["rootSpan"]));
            continue;
        };
        let mut distinct = HashSet::new();
        let mut root = vec![];
        let sink = Each(|chunk: &NewChunk<'_>| {
            distinct.insert(*chunk.address.as_bytes());
            root = [&chunk.span.to_le_bytes(), chunk.payload].concat();
            Ok::<(), ()>(())
        });
        let mut hasher = RedundantHasher::new(level, sink);
        payload.chunks(10_000).for_each(|write| hasher.write(write).unwrap());
        let finished = hasher.finish().unwrap();
        assert_eq!(finished.address, digest(&case["address"]), "{case}");
        assert_eq!(finished.len, payload.len() as u64);
        assert_eq!(root[..8], bytes(&case["rootSpan"]), "{case}");
        // Nodes store it with zeros behind; it is the same chunk, and is read the same.
        assert!(root.len() <= 8 + size(&case["rootPayloadLength"]), "{case}");
        let address = digest(&case["address"]);
        let joiner = Joiner::open_redundant(&bmt, address, &root).unwrap();
        root.resize(8 + size(&case["rootPayloadLength"]), 0);
        let padded = Joiner::open_redundant(&bmt, address, &root).unwrap();
        assert_eq!((joiner.shape(), joiner.level()), (padded.shape(), padded.level()));
        assert_eq!(joiner.len(), payload.len() as u64);
        assert_eq!(distinct.len(), size(&case["distinctChunks"]), "{case}");
    }
}

#[test]
fn groups_have_the_parities_of_the_tables() {
    for (level, full, parities) in [(1, 119, 9), (2, 107, 21), (3, 97, 31), (4, 39, 89)] {
        let level = Level::from_number(level).unwrap();
        assert_eq!(level.data_references(), full);
        assert_eq!(level.parities(full as u64), parities);
        assert_eq!(full as u64 + parities, 128);
        assert_eq!(level.parities(0), 0);
        let all: Vec<_> = (1..=full as u64).map(|k| level.parities(k)).collect();
        assert!(all.is_sorted());
        assert!((1..=full as u64).all(|k| k + level.parities(k) <= 128));
    }
    let of = |level: u8, k| Level::from_number(level).unwrap().parities(k);
    assert_eq!([of(1, 1), of(1, 2), of(1, 94), of(1, 95)], [2, 3, 8, 9]);
    assert_eq!([of(2, 1), of(2, 104), of(2, 105)], [4, 20, 21]);
    assert_eq!([of(3, 1), of(3, 92), of(3, 93)], [5, 30, 31]);
    assert_eq!([of(4, 1), of(4, 2), of(4, 36), of(4, 37), of(4, 38)], [19, 23, 87, 89, 89]);
}

#[test]
fn uploads_are_read_with_their_parities_cut_off() {
    let bmt = Bmt::swarm();
    for level in Level::ALL {
        for len in [0, 100, 4_096, 4_097, 39 * 4_096 + 1, 500_000, 1_000_000] {
            let bytes = quad251(len);
            let mut store = HashMap::new();
            let sink = Each(|chunk: &NewChunk<'_>| {
                let whole = [&chunk.span.to_le_bytes(), chunk.payload].concat();
                store.insert(*chunk.address.as_bytes(), whole);
                Ok::<(), ()>(())
            });
            let mut hasher = RedundantHasher::new(level, sink);
            hasher.write(&bytes).unwrap();
            let address = hasher.finish().unwrap().address;
            assert_eq!(address, redundant_address(level, &bytes));
            let root = &store[address.as_bytes()];
            let joiner = Joiner::open_redundant(&bmt, address, root).unwrap();
            assert_eq!(joiner.len(), len as u64);
            assert_eq!(joiner.level(), (len > 4_096).then_some(level));
            assert_eq!(Joiner::open(&bmt, address, root).is_ok(), len <= 4_096);
            let mut waiting = vec![joiner.root()];
            let mut read = vec![];
            while let Some(wanted) = waiting.pop() {
                match joiner.check(&wanted, &store[wanted.address.as_bytes()]).unwrap() {
                    Joined::Leaf { bytes, .. } => read.extend_from_slice(bytes),
                    Joined::References(references) => {
                        let children: Vec<_> = references.iter().collect();
                        waiting.extend(children.into_iter().rev());
                    }
                }
            }
            assert_eq!(read, bytes, "{level:?}, {len}");
        }
    }
}

#[test]
fn a_plain_verifier_refuses_marked_spans() {
    let bmt = Bmt::swarm();
    let bytes = quad251(9_000);
    let file = bmt.file(&bytes).unwrap();
    let mut proof = file.prove(SegmentIndex(3)).unwrap();
    for level in Level::ALL {
        proof.steps[1].span = level.mark(9_000).to_le_bytes().to_vec();
        let refused = bmt.verify_file_proof(file.address(), &proof, Expected::default());
        assert_eq!(refused.unwrap_err().code(), "span-level-bits");
    }
}
