//! What must be refused: every single changed bit, every wrong length, every odd size.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::hash::{Blake3, Digest};

fn leaf_hashes(n: u8) -> Vec<Digest> {
    (0..n).map(|i| leaf_hash::<Blake3>(&[i])).collect()
}

fn size(n: usize) -> TreeSize {
    TreeSize::new(n as u64).unwrap()
}

/// Every digest that differs from `digest` in one bit.
fn flips(digest: Digest) -> impl Iterator<Item = Digest> {
    (0..256).map(move |bit| {
        let mut bytes = *digest.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Digest::from_bytes(bytes)
    })
}

/// Every path that differs from `path` in one bit.
fn path_flips(path: &[Digest]) -> impl Iterator<Item = Vec<Digest>> + '_ {
    path.iter().enumerate().flat_map(move |(at, hash)| {
        flips(*hash).map(move |flipped| {
            let mut path = path.to_vec();
            path[at] = flipped;
            path
        })
    })
}

/// Every path of another length that is easily made from `path`, and the length.
fn lengths(path: &[Digest], filler: Digest) -> Vec<Vec<Digest>> {
    let mut wrong = Vec::new();
    for extra in [filler, Digest::default()] {
        wrong.push([path, &[extra]].concat());
        wrong.push([&[extra], path].concat());
    }
    if let ([_, rest @ ..], [front @ .., _]) = (path, path) {
        wrong.push(rest.to_vec());
        wrong.push(front.to_vec());
    }
    wrong
}

#[test]
fn no_changed_bit_passes_an_inclusion_proof() {
    for n in [1, 2, 3, 7, 8, 13] {
        let hashes = leaf_hashes(n);
        let (size, root) = (TreeSize::of(&hashes), root::<Blake3>(&hashes));
        for (i, leaf) in hashes.iter().enumerate() {
            let index = LeafIndex::new(i as u64);
            let path = prove_inclusion::<Blake3>(&hashes, index).unwrap();
            let code = |index, leaf, path: &[Digest], root| {
                let result = verify_inclusion::<Blake3>(index, size, &leaf, path, &root);
                result.map_err(|error| error.code())
            };
            assert_eq!(code(index, *leaf, &path, root), Ok(()));
            let mismatch = Err("inclusion-root-mismatch");
            assert!(flips(*leaf).all(|leaf| code(index, leaf, &path, root) == mismatch));
            assert!(flips(root).all(|root| code(index, *leaf, &path, root) == mismatch));
            assert!(path_flips(&path).all(|path| code(index, *leaf, &path, root) == mismatch));
            for path in lengths(&path, root) {
                assert_eq!(code(index, *leaf, &path, root), Err("inclusion-path-length"));
            }
            for bit in 0..64 {
                let other = LeafIndex::new(i as u64 ^ 1 << bit);
                let result = code(other, *leaf, &path, root);
                assert!(result.is_err(), "leaf {i} passes for {other} of {n}");
                assert!(size.contains(other) || result == Err("inclusion-index-out-of-range"));
            }
        }
    }
}

#[test]
fn no_changed_bit_passes_a_consistency_proof() {
    for (m, n) in [(1, 1), (1, 2), (2, 3), (3, 7), (4, 7), (4, 8), (6, 8), (7, 13), (12, 13)] {
        let hashes = leaf_hashes(n);
        let size1 = size(usize::from(m));
        let size2 = size(usize::from(n));
        let (root1, root2) = (root::<Blake3>(&hashes[..m.into()]), root::<Blake3>(&hashes));
        let path = prove_consistency::<Blake3>(&hashes, size1).unwrap();
        let code = |root1, root2, path: &[Digest]| {
            let result = verify_consistency::<Blake3>(size1, size2, &root1, &root2, path);
            result.map_err(|error| error.code())
        };
        assert_eq!(code(root1, root2, &path), Ok(()));
        assert!(flips(root1).all(|root1| code(root1, root2, &path).is_err()), "{m} to {n}");
        let mismatch = Err("consistency-second-root-mismatch");
        assert!(flips(root2).all(|root2| code(root1, root2, &path) == mismatch), "{m} to {n}");
        assert!(path_flips(&path).all(|path| code(root1, root2, &path).is_err()), "{m} to {n}");
        if m != n {
            assert!(code(root2, root1, &path).is_err(), "swapped roots, {m} to {n}");
        }
        for path in lengths(&path, root1) {
            assert_eq!(code(root1, root2, &path), Err("consistency-path-length"), "{m} to {n}");
        }
    }
}

#[test]
fn the_sizes_without_a_path_are_decided_before_any_hash() {
    let (empty, other) = (empty_root::<Blake3>(), Digest::default());
    let code = |a, b, root1, root2, path: &[Digest]| {
        verify_consistency::<Blake3>(size(a), size(b), &root1, &root2, path)
            .map_err(|error| error.code())
    };
    assert_eq!(code(0, 0, empty, empty, &[]), Ok(()));
    assert_eq!(code(0, 0, empty, other, &[]), Err("consistency-second-root-mismatch"));
    assert_eq!(code(0, 0, empty, empty, &[empty]), Err("consistency-path-length"));
    assert_eq!(code(1, 1, other, other, &[]), Ok(()));
    assert_eq!(code(1, 1, other, other, &[other]), Err("consistency-path-length"));
    assert_eq!(code(0, 1, empty, other, &[]), Err("consistency-empty-first"));
    assert_eq!(code(0, 1, empty, empty, &[empty]), Err("consistency-empty-first"));
    assert_eq!(code(2, 1, other, other, &[]), Err("consistency-size-order"));
    let past = prove_consistency::<Blake3>(&leaf_hashes(3), size(4)).unwrap_err();
    assert_eq!(past, ConsistencyError::SizeOrder { size1: size(4), size2: size(3) });
}

#[test]
fn a_node_that_is_not_stored_is_named() {
    let hashes = leaf_hashes(7);
    let missing = NodeCoordinate::new(1, 2);
    let fetch = |node: NodeCoordinate| {
        let first = usize::try_from(node.first_leaf().get()).unwrap();
        let count = usize::try_from(node.leaf_count()).unwrap();
        (Some(node) != missing).then(|| root::<Blake3>(&hashes[first..first + count]))
    };
    let error = fetch_inclusion::<Blake3>(LeafIndex::new(0), size(7), fetch).unwrap_err();
    assert_eq!(Some(error), missing.map(|node| InclusionError::NodeMissing { node }));
    let text = "the inclusion proof needs the node at level 1 index 2, which is not stored";
    assert_eq!(error.to_string(), text);
    let error = fetch_consistency::<Blake3>(size(4), size(7), fetch).unwrap_err();
    assert_eq!(Some(error), missing.map(|node| ConsistencyError::NodeMissing { node }));
    // Leaf 6 needs the node over leaves 4 and 5 and the one over leaves 0 to 3, leaf 5 neither.
    assert!(fetch_inclusion::<Blake3>(LeafIndex::new(6), size(7), fetch).is_err());
    assert!(fetch_inclusion::<Blake3>(LeafIndex::new(5), size(7), fetch).is_ok());
}

#[test]
fn fetching_asks_for_the_planned_nodes_in_order() {
    let mut asked = Vec::new();
    let mut fetch = |node| {
        asked.push(node);
        Some(Digest::default())
    };
    let index = LeafIndex::new(2);
    fetch_inclusion::<Blake3>(index, size(15), &mut fetch).unwrap();
    fetch_consistency::<Blake3>(size(6), size(15), &mut fetch).unwrap();
    let inclusion = Plan::inclusion(index, size(15)).unwrap();
    let consistency = Plan::consistency(size(6), size(15)).unwrap();
    let planned: Vec<_> = inclusion.nodes().chain(consistency.nodes()).collect();
    assert_eq!(asked, planned);
    // Three more in each for the ragged half, so that the order inside it shows.
    assert_eq!(planned.len(), (3 + 3) + (3 + 3));
}

#[test]
fn the_format_page_shows_these_very_bytes() {
    const PAGE: &str = include_str!("FORMAT.md");
    let leaves = [b"pub-leaf-0", b"pub-leaf-1", b"pub-leaf-2"];
    let hashes = leaves.map(|data| leaf_hash::<Blake3>(data));
    let [h0, h1, h2] = hashes;
    let node = node_hash::<Blake3>(&h0, &h1);
    let (whole, empty) = (root::<Blake3>(&hashes), empty_root::<Blake3>());

    // The page shows each value once, in this order, where the hash is said to be equal to it.
    let equal: Vec<_> = PAGE.lines().filter_map(|line| line.trim().strip_prefix("= ")).collect();
    assert_eq!(equal, [h0, h1, h2, node, whole, empty].map(|digest| digest.to_string()));
    for (i, data) in leaves.iter().enumerate() {
        let hex = crate::hash::hex::encode(*data);
        assert!(PAGE.contains(&alloc::format!("leaf {i}       {hex}\n")), "leaf {i}");
        assert!(PAGE.contains(&alloc::format!("leaf hash {i}  H( 00 {hex} )")), "leaf {i}");
    }

    let named = |path: &[Digest]| {
        let name = |hash: &Digest| match hash {
            hash if *hash == h0 => "leaf-hash-0",
            hash if *hash == h1 => "leaf-hash-1",
            hash if *hash == h2 => "leaf-hash-2",
            hash if *hash == node => "node",
            _ => "not on the page",
        };
        path.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let check_line = |what: &str, path: &[Digest]| {
        let line = alloc::format!("{what}: {}\n", named(path));
        assert!(PAGE.contains(&line), "{line}");
    };
    for i in 0..3 {
        let path = prove_inclusion::<Blake3>(&hashes, LeafIndex::new(i)).unwrap();
        check_line(&alloc::format!("audit path of leaf {i}"), &path);
    }
    let siblings = prove_multi_inclusion::<Blake3>(&hashes, &[0, 2].map(LeafIndex::new)).unwrap();
    check_line("siblings of leaves 0 and 2", &siblings);
    for m in 1..3 {
        let path = prove_consistency::<Blake3>(&hashes, size(m)).unwrap();
        check_line(&alloc::format!("consistency path from size {m}"), &path);
    }
    let mut frontier = Frontier::<Blake3>::new();
    for hash in hashes {
        frontier.push(hash).unwrap();
    }
    check_line("frontier", &frontier.hashes().collect::<Vec<_>>());
}
