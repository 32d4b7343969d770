//! Files against the vectors and the definition: shapes, addresses.

use countersign_core::bmt::{Bmt, Geometry, Plain, Shape, Slot};
use countersign_core::hash::keccak256;
use proptest::prelude::*;

use crate::kit::{bytes, cases, digest, number, payload, quad251, size, text, vector};
use crate::naive;

/// Chunks per level as the reference lists them: a carrier only where it gets its place.
fn listed(shape: &Shape) -> Vec<Vec<Slot>> {
    let root = shape.root_level();
    let mut levels: Vec<Vec<Slot>> = vec![vec![]; root as usize + 1];
    for level in 0..=root {
        for index in 0..shape.slots(level) {
            let slot = Slot { level, index };
            let parent =
                Slot { level: level + 1, index: index / shape.geometry().fan_out() as u64 };
            if level == root || shape.children(parent) > 1 {
                levels[level as usize].push(slot);
            }
        }
    }
    levels
}

#[test]
fn files_have_the_shape_and_address_of_the_vectors() {
    let bmt = Bmt::swarm();
    for case in cases(&vector("bmt/files.json")["cases"], 26) {
        let (payload, expect) = (payload(&case["payload"]), &case["expect"]);
        let id = text(&case["id"]);
        let file = bmt.file(&payload).unwrap();
        let shape = file.shape();
        assert_eq!(file.payload().len(), size(&expect["payloadLength"]), "{id}");
        assert_eq!(file.span(), bytes(&expect["span"]), "{id}");
        assert_eq!(shape.leaves(), number(&expect["leafCount"]), "{id}");
        let leaves = file.tree().level(0);
        assert_eq!(leaves.first(), Some(&digest(&expect["firstLeafAddress"])), "{id}");
        assert_eq!(leaves.last(), Some(&digest(&expect["lastLeafAddress"])), "{id}");
        let last = file.leaf(shape.leaves() - 1).unwrap();
        assert_eq!(last.span(), bytes(&expect["lastLeafSpan"]), "{id}");
        assert_eq!(last.payload().len(), size(&expect["lastLeafPayloadLength"]), "{id}");
        assert_eq!(last.address(), *leaves.last().unwrap(), "{id}");
        let listed = listed(&shape);
        let levels = cases(&expect["bmtLevels"], 1);
        assert_eq!(listed.len(), levels.len(), "{id}");
        for (slots, level) in listed.iter().zip(levels) {
            assert_eq!(slots.len(), size(&level["count"]), "{id}");
            let addresses: Vec<u8> = slots
                .iter()
                .flat_map(|slot| *file.tree().level(slot.level)[slot.index as usize].as_bytes())
                .collect();
            let spans: Vec<u8> =
                slots.iter().flat_map(|slot| shape.span(*slot).to_le_bytes()).collect();
            assert_eq!(keccak256(&addresses), digest(&level["addressesKeccak256"]), "{id}");
            assert_eq!(keccak256(&spans), digest(&level["spansKeccak256"]), "{id}");
        }
        let (root, span) = file.chunk(shape.root());
        let expected = &expect["rootChunk"];
        assert_eq!(root.len(), size(&expected["payloadLength"]), "{id}");
        assert_eq!(keccak256(&root), digest(&expected["payloadKeccak256"]), "{id}");
        assert_eq!(span.to_le_bytes().to_vec(), bytes(&expected["span"]), "{id}");
        assert_eq!(file.address(), digest(&expect["address"]), "{id}");
        let chunk = bmt.chunk_with_span(&root, span).unwrap();
        assert_eq!(chunk.address(), file.address(), "{id}");
    }
}

#[test]
fn shapes_are_those_of_the_table_up_to_the_longest_file() {
    let table: [(u64, &[u64], u64); 17] = [
        (1, &[1], 0),
        (2, &[2, 1], 1),
        (127, &[127, 1], 1),
        (128, &[128, 1], 1),
        (129, &[129, 2, 1], 2),
        (130, &[130, 2, 1], 3),
        (256, &[256, 2, 1], 3),
        (257, &[257, 3, 1], 3),
        (4_097, &[4_097, 33, 1], 33),
        (16_384, &[16_384, 128, 1], 129),
        (16_385, &[16_385, 129, 2, 1], 130),
        (16_386, &[16_386, 129, 2, 1], 131),
        (16_513, &[16_513, 130, 2, 1], 132),
        (16_514, &[16_514, 130, 2, 1], 133),
        (32_769, &[32_769, 257, 3, 1], 259),
        (2_097_152, &[2_097_152, 16_384, 128, 1], 16_513),
        (2_097_153, &[2_097_153, 16_385, 129, 2, 1], 16_514),
    ];
    for (leaves, slots, intermediate) in table {
        let shape = Shape::new(Geometry::SWARM, leaves * 4_096).unwrap();
        let found: Vec<_> = (0..=shape.root_level()).map(|level| shape.slots(level)).collect();
        assert_eq!(found, slots, "{leaves}");
        assert_eq!(shape.intermediate_chunks(), intermediate, "{leaves}");
    }
    let longest = (1 << 63) - 1;
    let shape = Shape::new(Geometry::SWARM, longest).unwrap();
    assert_eq!(shape.leaves(), 1 << 51);
    assert_eq!(shape.span(shape.root()), longest);
    let bytewise = Shape::new(Geometry::new(1, 64, 2, 8).unwrap(), longest).unwrap();
    assert_eq!((bytewise.root_level(), bytewise.leaves()), (63, longest));
    assert_eq!(Shape::new(Geometry::SWARM, 1 << 63).unwrap_err().code(), "span-reserved");
    let narrow = Geometry::new(4_096, 4_096, 128, 2).unwrap();
    assert_eq!(Shape::new(narrow, 65_536).unwrap_err().code(), "span-does-not-fit");
}

#[test]
fn every_number_of_leaves_has_the_address_of_the_definition() {
    let payload = quad251(64 * 40);
    let geometries = [
        Geometry::scaled(64, 8).unwrap(),
        Geometry::new(32, 128, 3, 8).unwrap(),
        Geometry::new(50, 128, 4, 2).unwrap(),
        Geometry::new(64, 64, 2, 16).unwrap(),
    ];
    for geometry in geometries {
        let bmt = Bmt::new(geometry, Plain);
        for len in (0..=payload.len()).step_by(19) {
            let bytes = &payload[..len];
            let file = bmt.file(bytes).unwrap();
            assert_eq!(file.address(), naive::file(geometry, bytes), "{geometry:?}, {len}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_file_has_the_address_of_the_definition(
        len in 0_usize..700_000,
        seed in any::<u8>(),
    ) {
        let bytes: Vec<u8> =
            quad251(len).into_iter().map(|byte| byte.wrapping_add(seed)).collect();
        let expected = naive::file(Geometry::SWARM, &bytes);
        prop_assert_eq!(Bmt::swarm().file(&bytes).unwrap().address(), expected);
    }

    #[test]
    fn the_slots_of_a_level_tile_the_file(len in 0_u64..=(1 << 63) - 1, fan_out in 2_usize..=128) {
        let geometry = Geometry::new(4_096, 4_096, fan_out, 8).unwrap();
        let shape = Shape::new(geometry, len).unwrap();
        for level in 0..=shape.root_level() {
            let slots = shape.slots(level);
            let last = Slot { level, index: slots - 1 };
            prop_assert_eq!(shape.range(last).end, len);
            prop_assert_eq!(shape.range(Slot { level, index: slots }), len..len);
            prop_assert_eq!(shape.range(Slot { level, index: 0 }).start, 0);
            if slots > 1 {
                let before = Slot { level, index: slots - 2 };
                prop_assert_eq!(shape.range(before).end, shape.range(last).start);
                prop_assert!(shape.span(last) > 0);
            }
            if level > 0 {
                let children = shape.children(last);
                prop_assert!((1..=fan_out as u64).contains(&children));
                prop_assert_eq!(shape.chunk_of(last) == last, children > 1);
            }
        }
    }
}
