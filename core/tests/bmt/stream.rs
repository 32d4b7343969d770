//! Streams: any cut of the bytes, any way to hash the leaves, give the file's address.

use std::collections::BTreeMap;

use countersign_core::bmt::{
    Bmt, ChunkHash, Each, Geometry, Hasher, Keyed, NewChunk, Plain, Slot, Splitter, StreamError,
};
use countersign_core::hash::Digest;
use proptest::prelude::*;

use crate::kit::quad251;
use crate::naive;

fn streamed<H: ChunkHash>(bmt: &Bmt<H>, bytes: &[u8], cuts: &[usize]) -> Digest {
    let mut hasher = Hasher::new(bmt, ());
    let mut rest = bytes;
    for cut in cuts {
        let (now, later) = rest.split_at((*cut).min(rest.len()));
        hasher.write(now).unwrap();
        rest = later;
    }
    hasher.write(rest).unwrap();
    let file = hasher.finish().unwrap();
    assert_eq!(file.len, bytes.len() as u64);
    file.address
}

#[test]
fn every_number_of_leaves_streams_to_the_file_s_address() {
    let payload = quad251(64 * 70);
    for geometry in [
        Geometry::scaled(64, 8).unwrap(),
        Geometry::new(32, 128, 3, 8).unwrap(),
        Geometry::new(50, 128, 4, 2).unwrap(),
    ] {
        let bmt = Bmt::new(geometry, Plain);
        for len in 0..payload.len() / 2 {
            let bytes = &payload[..len];
            let address = bmt.file(bytes).unwrap().address();
            assert_eq!(streamed(&bmt, bytes, &[7, 100]), address, "{geometry:?}, {len}");
        }
    }
}

#[test]
fn carriers_of_every_height_stream_to_the_definition() {
    let geometry = Geometry::new(32, 64, 2, 8).unwrap();
    let bmt = Bmt::new(geometry, Plain);
    let payload = quad251(32 * 600);
    for leaves in (1..=600).filter(|n: &usize| {
        [1_usize, 2, 3].iter().any(|d| (n - 1).is_power_of_two() || (n + d).is_power_of_two())
    }) {
        let bytes = &payload[..leaves * 32];
        let expected = naive::file(geometry, bytes);
        assert_eq!(streamed(&bmt, bytes, &[]), expected, "{leaves}");
        assert_eq!(bmt.file(bytes).unwrap().address(), expected, "{leaves}");
    }
}

#[test]
fn the_sink_gets_every_chunk_once_and_children_first() {
    let geometry = Geometry::scaled(128, 8).unwrap();
    let bmt = Bmt::new(geometry, Plain);
    let payload = quad251(128 * 200);
    for len in [0, 1, 128, 129, 513, 2_049, 8_193, 25_600, 25_473] {
        let bytes = &payload[..len];
        let file = bmt.file(bytes).unwrap();
        let mut seen: BTreeMap<Slot, Digest> = BTreeMap::new();
        let sink = Each(|chunk: &NewChunk<'_>| {
            let made = bmt.chunk_with_span(chunk.payload, chunk.span).unwrap();
            assert_eq!(made.address(), chunk.address);
            assert_eq!(file.chunk(chunk.slot), (chunk.payload.to_vec(), chunk.span));
            if chunk.slot.level > 0 {
                for child in chunk.payload.chunks(32) {
                    let child = Digest::from_slice(child).unwrap();
                    assert!(seen.values().any(|known| *known == child));
                }
            }
            assert_eq!(seen.insert(chunk.slot, chunk.address), None, "{:?}", chunk.slot);
            Ok::<(), ()>(())
        });
        let mut hasher = Hasher::new(&bmt, sink);
        bytes.chunks(100).for_each(|write| hasher.write(write).unwrap());
        let finished = hasher.finish().unwrap();
        assert_eq!(finished.address, file.address());
        assert_eq!(finished.chunks, file.shape().chunks());
        assert_eq!(seen.len() as u64, file.shape().chunks(), "{len}");
    }
}

#[test]
fn a_sink_that_fails_ends_the_stream() {
    let bmt = Bmt::swarm();
    let mut room = 3;
    let sink = Each(|_: &NewChunk<'_>| {
        room -= 1;
        if room == 0 { Err("full") } else { Ok(()) }
    });
    let mut hasher = Hasher::new(&bmt, sink);
    assert_eq!(hasher.write(&quad251(8 * 4_096)), Err(StreamError::Sink("full")));
}

#[test]
fn only_the_last_leaf_may_be_short() {
    let bmt = Bmt::swarm();
    let leaf = bmt.chunk(&[1; 100]).unwrap().address();
    let mut splitter = Splitter::new(&bmt, ());
    splitter.push(leaf, 100).unwrap();
    assert_eq!(splitter.push(leaf, 4_096), Err(StreamError::Leaf { index: 1 }));
    let mut splitter = Splitter::new(&bmt, ());
    splitter.push(leaf, 4_096).unwrap();
    assert_eq!(splitter.push(leaf, 0), Err(StreamError::Leaf { index: 1 }));
    assert_eq!(splitter.push(leaf, 4_097), Err(StreamError::Leaf { index: 1 }));
    assert_eq!(splitter.push_run(&[leaf], 8_192), Err(StreamError::Leaf { index: 1 }));
    let narrow = Bmt::new(Geometry::new(64, 64, 2, 1).unwrap(), Plain);
    let mut hasher = Hasher::new(&narrow, ());
    hasher.write(&[0; 255]).unwrap();
    hasher.write(&[0; 1]).unwrap();
    assert_eq!(hasher.finish().map(drop).unwrap_err(), StreamError::TooLong { len: 256 });
}

#[test]
fn runs_hashed_apart_join_to_the_file_s_address() {
    let bmt = Bmt::swarm();
    let bytes = quad251(1_500_000);
    let runs: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = bytes
            .chunks(37 * 4_096)
            .map(|run| scope.spawn(|| (bmt.leaf_addresses(run).unwrap(), run.len() as u64)))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut splitter = Splitter::new(&bmt, ());
    for (leaves, len) in &runs {
        splitter.push_run(leaves, *len).unwrap();
    }
    assert_eq!(splitter.finish().unwrap().address, bmt.file(&bytes).unwrap().address());
}

#[test]
fn the_empty_stream_is_the_empty_file() {
    let bmt = Bmt::swarm();
    let file = Splitter::new(&bmt, ()).finish().unwrap();
    assert_eq!(
        file.address.to_string(),
        "b34ca8c22b9e982354f9c7f50b470d66db428d880c8a904d5fe4ec9713171526"
    );
    assert_eq!((file.len, file.chunks), (0, 1));
    assert_eq!(streamed(&bmt, &[], &[]), file.address);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cut_gives_the_file_s_address(
        len in 0_usize..800_000,
        cuts in prop::collection::vec(0_usize..150_000, 0..12),
    ) {
        let bytes = quad251(len);
        let bmt = Bmt::swarm();
        prop_assert_eq!(streamed(&bmt, &bytes, &cuts), bmt.file(&bytes).unwrap().address());
    }

    #[test]
    fn holes_hash_like_the_zeros_they_stand_for(
        before in 0_usize..10_000,
        hole in 0_usize..300_000,
        behind in 0_usize..10_000,
        swarm in any::<bool>(),
    ) {
        let geometry =
            if swarm { Geometry::SWARM } else { Geometry::new(50, 128, 4, 8).unwrap() };
        let bmt = Bmt::new(geometry, Plain);
        let bytes = [quad251(before), vec![0; hole], quad251(behind)].concat();
        let mut hasher = Hasher::new(&bmt, ());
        hasher.write(&bytes[..before]).unwrap();
        hasher.write_zeros(hole as u64).unwrap();
        hasher.write(&bytes[before + hole..]).unwrap();
        let finished = hasher.finish().unwrap();
        prop_assert_eq!(finished.len, bytes.len() as u64);
        prop_assert_eq!(finished.address, bmt.file(&bytes).unwrap().address());
    }

    #[test]
    fn keyed_trees_stream_alike(len in 0_usize..40_000, key in any::<[u8; 5]>(), cut in 0_usize..9_000) {
        let bytes = quad251(len);
        let bmt = Bmt::new(Geometry::scaled(256, 8).unwrap(), Keyed::new(&key));
        prop_assert_eq!(streamed(&bmt, &bytes, &[cut]), bmt.file(&bytes).unwrap().address());
    }
}
