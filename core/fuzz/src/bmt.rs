//! Swarm's chunk trees: proofs that strangers bring, and files that come in any pieces.

use std::collections::BTreeMap;

use countersign_core::bmt::{
    Bmt, Each, Expected, FileProof, Geometry, Hasher, IndexLayout, NewChunk, Plain, Shape,
    StoredIndex,
};
use countersign_core::hash::Digest;

/// Whatever a proof says, the verifier ends, and what it accepts is bound to everything in it. The
/// first line is an address in hex and a geometry's number, the rest a proof document.
pub fn file_proof(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, rest) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let first = String::from_utf8_lossy(first);
    let (address, geometry) = first.split_at_checked(64).unwrap_or((&first, ""));
    let geometry = match geometry {
        " scaled-64" => Geometry::scaled(64, 8),
        " narrow" => Geometry::new(32, 64, 2, 2),
        _ => Ok(Geometry::SWARM),
    };
    let bmt = Bmt::new(geometry.expect("these geometries hold"), Plain);
    let Ok(proof) = FileProof::from_json(rest) else { return };
    let json = proof.to_json().expect("what was read can be written");
    assert_eq!(FileProof::from_json(json.as_bytes()).as_ref(), Ok(&proof));
    let address = Digest::from_hex(address).unwrap_or_default();

    let Ok(verified) = bmt.verify_file_proof(address, &proof, Expected::default()) else {
        let refused = bmt.verify_file_proof(address, &proof, Expected::len(1));
        return assert!(refused.is_err(), "knowing more accepts more");
    };
    let shape = Shape::new(bmt.geometry(), verified.len).expect("a verified length is one");
    assert!(verified.index.0 < shape.segments());
    assert!((1..=32).contains(&verified.used));
    assert_eq!(shape.plan(proof.index).map(|plan| plan.len()), Ok(proof.steps.len()));
    let len = verified.len;
    assert_eq!(bmt.verify_file_proof(address, &proof, Expected::len(len)), Ok(verified));
    assert!(bmt.verify_file_proof(address, &proof, Expected::len(len ^ 1)).is_err());
    let mut other = proof.clone();
    other.segment[0] ^= 1;
    assert!(bmt.verify_file_proof(address, &other, Expected::default()).is_err());
    // With its own segment the proof is its own frontier.
    let same = bmt.patched_address(address, &proof, Expected::default(), &verified.segment);
    assert_eq!(same, Ok(address));
}

/// However a file is cut into writes, its address, its chunks and its index are the same; and no
/// index made of other bytes gives a proof. The first byte chooses the geometry, the second the
/// sizes of the writes.
pub fn chunk_stream(data: &[u8]) {
    let [kind, cut, bytes @ ..] = data else { return };
    let geometry = match kind % 4 {
        0 => Ok(Geometry::SWARM),
        1 => Geometry::scaled(64, 8),
        2 => Geometry::new(32, 64, 2, 8),
        _ => Geometry::new(50, 128, 3, 2),
    };
    let bmt = Bmt::new(geometry.expect("these geometries hold"), Plain);
    let file = bmt.file(bytes).expect("the spans of short files fit");
    let layout = IndexLayout::new(file.shape());
    let mut chunks = BTreeMap::new();
    let sink = Each(|chunk: &NewChunk<'_>| {
        assert_eq!(file.chunk(chunk.slot), (chunk.payload.to_vec(), chunk.span));
        match chunks.insert(chunk.slot, chunk.address) {
            None => Ok(()),
            Some(_) => Err("a chunk came twice"),
        }
    });
    let mut hasher = Hasher::new(&bmt, sink);
    for write in bytes.chunks(usize::from(*cut) * 7 + 1) {
        hasher.write(write).expect("the sink takes every chunk");
    }
    let finished = hasher.finish().expect("the sink takes every chunk");
    assert_eq!((finished.address, finished.len), (file.address(), bytes.len() as u64));
    assert_eq!(finished.chunks, file.shape().chunks());
    assert_eq!(chunks.len() as u64, file.shape().chunks());

    let mut index = file.tree().to_index();
    for (slot, address) in &chunks {
        for place in layout.places(*slot) {
            let place = usize::try_from(place).expect("the index lies in memory");
            assert_eq!(index.get(place..place + 32), Some(address.as_ref()));
        }
    }
    // The bytes themselves as an index: never a panic.
    drop(StoredIndex::open(&bmt, bytes, bytes.len() as u64));
    if let Some(byte) = index.get_mut(usize::from(*cut)) {
        *byte ^= 1;
        let size = index.len() as u64;
        if let Ok(mut stored) = StoredIndex::open(&bmt, &index[..], size) {
            let segment = countersign_core::bmt::SegmentIndex(0);
            let leaf = file.leaf_payload(0);
            if let Ok(proof) = stored.prove(segment, leaf) {
                let verified = bmt.verify_file_proof(file.address(), &proof, Expected::default());
                assert!(verified.is_ok(), "an index gave out a proof that does not hold");
            }
        }
    }
}
