//! Stored indexes: the same proofs as from the file, and nothing from a damaged or stale one.

use std::cell::Cell;

use countersign_core::bmt::{
    BehindEnd, Bmt, Each, Geometry, Hasher, INDEX_HEADER_SIZE, IndexLayout, NewChunk, Plain,
    ReadAt, SegmentIndex, Shape, Slot, StoredIndex,
};

use crate::kit::quad251;

/// Counts the reads and the bytes.
struct Counted<'a> {
    bytes: &'a [u8],
    reads: &'a Cell<(u32, usize)>,
}

impl ReadAt for Counted<'_> {
    type Error = BehindEnd;

    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> Result<(), BehindEnd> {
        let (reads, bytes) = self.reads.get();
        self.reads.set((reads + 1, bytes + out.len()));
        self.bytes.read_at(offset, out)
    }
}

fn leaf(bytes: &[u8], shape: Shape, index: u64) -> &[u8] {
    let range = shape.leaf_range(SegmentIndex(index)).unwrap();
    &bytes[range.start as usize..range.end as usize]
}

#[test]
fn an_index_gives_the_proofs_of_the_file_in_one_read_for_each_chunk() {
    let bmt = Bmt::swarm();
    let payload = quad251(4_096 * 260);
    for len in [0, 1, 4_096, 4_097, 524_288, 524_289, 532_485, 1_052_673] {
        let bytes = &payload[..len];
        let file = bmt.file(bytes).unwrap();
        let index = file.tree().to_index();
        assert_eq!(IndexLayout::new(file.shape()).size(), Some(index.len() as u64));
        let reads = Cell::new((0, 0));
        let source = Counted { bytes: &index, reads: &reads };
        let mut stored = StoredIndex::open(&bmt, source, index.len() as u64).unwrap();
        assert_eq!((stored.address(), stored.shape()), (file.address(), file.shape()));
        assert_eq!(reads.get(), (2, INDEX_HEADER_SIZE + 32));
        let segments = file.shape().segments();
        for segment in (0..segments).step_by(997).chain(segments.checked_sub(1)) {
            reads.set((0, 0));
            let proof =
                stored.prove(SegmentIndex(segment), leaf(bytes, file.shape(), segment)).unwrap();
            assert_eq!(proof, file.prove(SegmentIndex(segment)).unwrap());
            let (count, read) = reads.get();
            assert_eq!(count as usize, proof.steps.len() - 1, "{len}, {segment}");
            assert!(read <= 4_096 * count as usize);
        }
        let error = stored.prove(SegmentIndex(segments), &[]).unwrap_err();
        assert_eq!(error.code(), if len == 0 { "empty-file" } else { "index-out-of-range" });
    }
}

#[test]
fn a_streamed_index_is_the_whole_one() {
    for geometry in [Geometry::scaled(64, 8).unwrap(), Geometry::new(32, 128, 3, 8).unwrap()] {
        let bmt = Bmt::new(geometry, Plain);
        let payload = quad251(geometry.payload_limit() * 90);
        for leaves in 1..=90 {
            let bytes = &payload[..leaves * geometry.payload_limit() - 1];
            let layout = IndexLayout::new(Shape::new(geometry, bytes.len() as u64).unwrap());
            let mut index = vec![0; layout.size().unwrap() as usize];
            let sink = Each(|chunk: &NewChunk<'_>| {
                for place in layout.places(chunk.slot) {
                    let place = place as usize;
                    index[place..place + 32].copy_from_slice(chunk.address.as_ref());
                }
                Ok::<(), ()>(())
            });
            let mut hasher = Hasher::new(&bmt, sink);
            hasher.write(bytes).unwrap();
            let address = hasher.finish().unwrap().address;
            index[..INDEX_HEADER_SIZE].copy_from_slice(&layout.header(&address));
            assert_eq!(index, bmt.file(bytes).unwrap().tree().to_index(), "{leaves}");
        }
    }
}

#[test]
fn a_damaged_or_stale_index_gives_no_proof() {
    let bmt = Bmt::swarm();
    let bytes = quad251(700_000);
    let file = bmt.file(&bytes).unwrap();
    let index = file.tree().to_index();
    let open = |index: &[u8]| {
        StoredIndex::open(&bmt, index, index.len() as u64).map(drop).map_err(|error| error.code())
    };
    assert_eq!(open(&index), Ok(()));
    assert_eq!(open(&[]), Err("chunk-index-format"));
    assert_eq!(open(&index[..127]), Err("chunk-index-format"));
    assert_eq!(open(&index[..index.len() - 1]), Err("chunk-index-size"));
    assert_eq!(open(&[&index[..], &[0]].concat()), Err("chunk-index-size"));
    for at in 0..INDEX_HEADER_SIZE {
        let mut damaged = index.clone();
        damaged[at] ^= 4;
        let expected = if at < 24 { "chunk-index-format" } else { "chunk-index-checksum" };
        assert_eq!(open(&damaged), Err(expected), "byte {at}");
    }
    let mut damaged = index.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(open(&damaged), Err("chunk-index-root"));
    let error = StoredIndex::open(&bmt, &index[..200], index.len() as u64).map(drop).unwrap_err();
    assert_eq!(error.code(), "chunk-index-read");
    let other = Bmt::new(Geometry::scaled(2_048, 8).unwrap(), Plain);
    let error = StoredIndex::open(&other, &index[..], index.len() as u64).map(drop).unwrap_err();
    assert_eq!(error.code(), "chunk-index-geometry");

    // The addresses or the file have changed since.
    let segment = 12_345;
    let prove = |index: &[u8], leaf: &[u8]| {
        let mut stored = StoredIndex::open(&bmt, index, index.len() as u64).unwrap();
        stored.prove(SegmentIndex(segment), leaf).map(drop).map_err(|error| error.code())
    };
    let mut changed = leaf(&bytes, file.shape(), segment).to_vec();
    assert_eq!(prove(&index, &changed), Ok(()));
    changed[0] ^= 1;
    assert_eq!(prove(&index, &changed), Err("chunk-index-stale"));
    changed.pop();
    assert_eq!(prove(&index, &changed), Err("leaf-size"));
    let neighbour = IndexLayout::new(file.shape()).offset(Slot::leaf(97)).unwrap() as usize;
    let mut damaged = index.clone();
    damaged[neighbour] ^= 1;
    assert_eq!(prove(&damaged, leaf(&bytes, file.shape(), segment)), Err("chunk-index-stale"));
}

#[test]
fn a_layout_of_the_longest_file_ends_or_says_that_it_cannot() {
    let longest = Shape::new(Geometry::SWARM, (1 << 63) - 1).unwrap();
    assert!(IndexLayout::new(longest).size().is_some());
    let bytewise = Geometry::new(1, 64, 2, 8).unwrap();
    let longest = Shape::new(bytewise, (1 << 63) - 1).unwrap();
    assert_eq!(IndexLayout::new(longest).size(), None);
    assert_eq!(IndexLayout::new(longest).offset(Slot { level: 70, index: 0 }), None);
}
