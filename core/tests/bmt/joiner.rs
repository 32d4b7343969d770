//! Reading files chunk by chunk, at any offset, and refusing what does not belong.

use std::collections::HashMap;

use countersign_core::bmt::{
    Bmt, ChunkHash, Descent, Each, Geometry, Hasher, Joined, Joiner, NewChunk, Plain, encode_span,
};
use countersign_core::hash::Digest;

use crate::kit::quad251;

type Store = HashMap<[u8; 32], Vec<u8>>;

fn stored<H: ChunkHash>(bmt: &Bmt<H>, bytes: &[u8]) -> (Digest, Store) {
    let mut store = Store::new();
    let size = bmt.geometry().span_size();
    let keep = Each(|chunk: &NewChunk<'_>| {
        let whole = [encode_span(chunk.span, size).unwrap(), chunk.payload.to_vec()].concat();
        store.insert(*chunk.address.as_bytes(), whole);
        Ok::<(), ()>(())
    });
    let mut hasher = Hasher::new(bmt, keep);
    hasher.write(bytes).unwrap();
    let address = hasher.finish().unwrap().address;
    (address, store)
}

fn read_all<H: ChunkHash>(joiner: &Joiner<'_, H>, store: &Store) -> Vec<u8> {
    let mut waiting = vec![joiner.root()];
    let mut bytes = vec![];
    while let Some(wanted) = waiting.pop() {
        match joiner.check(&wanted, &store[wanted.address.as_bytes()]).unwrap() {
            Joined::Leaf { start, bytes: leaf } => {
                assert_eq!(start, bytes.len() as u64);
                bytes.extend_from_slice(leaf);
            }
            Joined::References(references) => {
                let children: Vec<_> = references.iter().collect();
                waiting.extend(children.into_iter().rev());
            }
        }
    }
    bytes
}

#[test]
fn files_are_read_whole_and_at_any_offset() {
    for geometry in
        [Geometry::SWARM, Geometry::scaled(64, 8).unwrap(), Geometry::reference(2_048, 4).unwrap()]
    {
        let bmt = Bmt::new(geometry, Plain);
        let piece = geometry.payload_limit();
        for leaves in [0, 1, 2, 3, 5, 9, 17, 33, 128, 129, 130] {
            let bytes = quad251((leaves * piece).saturating_sub(leaves % 3));
            let (address, store) = stored(&bmt, &bytes);
            let joiner = Joiner::open(&bmt, address, &store[address.as_bytes()]).unwrap();
            assert_eq!((joiner.len(), joiner.level()), (bytes.len() as u64, None));
            assert_eq!(read_all(&joiner, &store), bytes, "{geometry:?}, {leaves}");
            for offset in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
                let mut wanted = joiner.root();
                let found = loop {
                    let chunk = &store[wanted.address.as_bytes()];
                    match joiner.descend(&wanted, chunk, offset as u64).unwrap() {
                        Descent::Bytes(found) => break found,
                        Descent::Next(next) => wanted = next,
                    }
                };
                assert_eq!(found, &bytes[offset..offset + found.len()]);
            }
            let root = joiner.root();
            let chunk = &store[root.address.as_bytes()];
            let refused = joiner.descend(&root, chunk, bytes.len() as u64);
            assert_eq!(refused.map_err(|error| error.code()), Err("offset-out-of-range"));
        }
    }
}

#[test]
fn chunks_that_do_not_belong_are_refused() {
    let bmt = Bmt::swarm();
    let bytes = quad251(600_000);
    let (address, store) = stored(&bmt, &bytes);
    let root = &store[address.as_bytes()];
    let joiner = Joiner::open(&bmt, address, root).unwrap();
    let mut other = root.clone();
    other[50] ^= 1;
    let code = |stored: &[u8]| {
        joiner.check(&joiner.root(), stored).map(drop).map_err(|error| error.code())
    };
    assert_eq!(code(&other), Err("chunk-address-mismatch"));
    assert_eq!(code(&root[..7]), Err("chunk-stored-size"));
    assert_eq!(code(&[]), Err("chunk-stored-size"));
    let wrong = Joiner::new(&bmt, address, 600_001).unwrap();
    let refused = wrong.check(&wrong.root(), root).map_err(|error| error.code());
    assert_eq!(refused, Err("span-mismatch"));
    // The right address and span, but with a reference too many: no file has such a root.
    let payload = [&root[8..], &[7; 32]].concat();
    let odd = bmt.chunk_with_span(&payload, 600_000).unwrap();
    let refused = Joiner::open(&bmt, odd.address(), &odd.stored()).map(drop);
    assert_eq!(refused.map_err(|error| error.code()), Err("payload-size-mismatch"));
    // A leaf that is longer than it says.
    let odd = bmt.chunk_with_span(&[1; 100], 90).unwrap();
    let refused = Joiner::open(&bmt, odd.address(), &odd.stored()).map(drop);
    assert_eq!(refused.map_err(|error| error.code()), Err("payload-size-mismatch"));
    // A marked span.
    let odd = bmt.chunk_with_span(&root[8..], 600_000 | 0x81 << 56).unwrap();
    let refused = Joiner::open(&bmt, odd.address(), &odd.stored()).map(drop);
    assert_eq!(refused.map_err(|error| error.code()), Err("span-level-bits"));
    for mark in [0x80, 0x85, 0xff_u64] {
        let odd = bmt.chunk_with_span(&root[8..], 600_000 | mark << 56).unwrap();
        let refused = Joiner::open_redundant(&bmt, odd.address(), &odd.stored()).map(drop);
        assert_eq!(refused.map_err(|error| error.code()), Err("span-level-bits"));
    }
}
