//! Multi-proofs against their recursive definition, and everything about them that must be
//! refused.

use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

use super::*;
use crate::hash::{Blake3, Digest, Hash, Sha256};
use crate::limits::MAX_TREE_SIZE;

/// The siblings of the leaves of `d` that `is_proven`, by the definition: nothing for a proven
/// leaf, the root of a run without one, and otherwise those of both halves.
fn naive<H: Hash>(d: &[(bool, Digest)]) -> Vec<Digest> {
    if !d.iter().any(|(is_proven, _)| *is_proven) {
        let hashes: Vec<_> = d.iter().map(|(_, hash)| *hash).collect();
        return vec![naive_root::<H>(&hashes)];
    }
    if d.len() == 1 {
        return vec![];
    }
    let k = d.len().next_power_of_two() / 2;
    [naive::<H>(&d[..k]), naive::<H>(&d[k..])].concat()
}

fn naive_root<H: Hash>(d: &[Digest]) -> Digest {
    match d {
        [] => H::hash(&[b""]),
        [only] => *only,
        _ => {
            let (left, right) = d.split_at(d.len().next_power_of_two() / 2);
            let [left, right] = [left, right].map(naive_root::<H>);
            H::hash(&[&[1], left.as_ref(), right.as_ref()])
        }
    }
}

fn leaf_hashes<H: Hash>(n: usize) -> Vec<Digest> {
    (0..n).map(|i| leaf_hash::<H>(&i.to_be_bytes())).collect()
}

fn size(leaves: u64) -> TreeSize {
    TreeSize::new(leaves).unwrap()
}

fn check<H: Hash>(hashes: &[Digest], is_proven: impl Fn(usize) -> bool) {
    let d: Vec<_> = hashes.iter().enumerate().map(|(i, hash)| (is_proven(i), *hash)).collect();
    let leaves: Vec<_> = (0_u64..)
        .zip(&d)
        .filter(|(_, (is_proven, _))| *is_proven)
        .map(|(i, (_, hash))| (LeafIndex::new(i), *hash))
        .collect();
    let indexes: Vec<_> = leaves.iter().map(|(index, _)| *index).collect();
    let n = TreeSize::of(hashes);
    let siblings = prove_multi_inclusion::<H>(hashes, &indexes);
    if leaves.is_empty() {
        assert_eq!(siblings, Err(MultiInclusionError::Empty));
        return;
    }
    let siblings = siblings.unwrap();
    assert_eq!(siblings, naive::<H>(&d), "{indexes:?} of {n}");
    let stored = |node: NodeCoordinate| {
        let first = usize::try_from(node.first_leaf().get()).unwrap();
        let count = usize::try_from(node.leaf_count()).unwrap();
        hashes.get(first..first + count).map(naive_root::<H>)
    };
    assert_eq!(fetch_multi_inclusion::<H>(&indexes, n, stored).unwrap(), siblings);
    let root = naive_root::<H>(hashes);
    verify_multi_inclusion::<H>(n, &leaves, &siblings, &root).unwrap();
    // The same leaves, one by one, need the same hashes or more.
    let single = indexes.iter().map(|index| Plan::inclusion(*index, n).unwrap().len());
    assert!(siblings.len() <= single.sum());
}

#[test]
fn every_set_of_leaves_of_small_trees_agrees() {
    for n in 1..=9 {
        let hashes = leaf_hashes::<Blake3>(n);
        for set in 0..1_usize << n {
            check::<Blake3>(&hashes, |i| set >> i & 1 == 1);
        }
    }
}

#[test]
fn every_run_of_leaves_of_every_size_agrees() {
    for n in 1..=130 {
        let hashes = leaf_hashes::<Blake3>(n);
        for first in (0..n).step_by(7) {
            for end in [first + 1, first + 2, first + 5, n] {
                check::<Blake3>(&hashes, |i| (first..end).contains(&i));
            }
        }
    }
}

#[test]
fn a_multi_proof_of_one_leaf_has_the_hashes_of_its_audit_path() {
    for n in 1..=66 {
        let hashes = leaf_hashes::<Blake3>(n);
        for i in (0..n as u64).map(LeafIndex::new) {
            let mut path = prove_inclusion::<Blake3>(&hashes, i).unwrap();
            let mut siblings = prove_multi_inclusion::<Blake3>(&hashes, &[i]).unwrap();
            path.sort();
            siblings.sort();
            assert_eq!(siblings, path, "leaf {i} of {n}");
        }
    }
}

/// Siblings and proven leaves together must cover every leaf of the tree once.
fn check_tiling(indexes: &[LeafIndex], leaves: u64) {
    let plan = MultiPlan::new(indexes.iter().copied(), size(leaves)).unwrap();
    let length = plan.len();
    assert!(length <= 63 * indexes.len());
    let siblings: Vec<_> = plan.collect();
    assert_eq!(siblings.len(), length);
    let runs = siblings.iter().map(|subtree| (subtree.first_leaf().get(), subtree.leaf_count()));
    assert!(runs.clone().is_sorted());
    let mut tiles: Vec<_> = runs.chain(indexes.iter().map(|index| (index.get(), 1))).collect();
    tiles.sort_unstable();
    let end = tiles
        .iter()
        .try_fold(0, |next, (first, count)| (*first == next && *count > 0).then(|| first + count));
    assert_eq!(end, Some(leaves), "{indexes:?} of {leaves}");
}

#[test]
fn the_largest_tree_is_planned_without_overflow() {
    let last = MAX_TREE_SIZE - 1;
    for indexes in [&[0][..], &[last], &[0, last], &[0, 1, last / 2, last / 2 + 1, last - 1, last]]
    {
        let indexes: Vec<_> = indexes.iter().copied().map(LeafIndex::new).collect();
        check_tiling(&indexes, MAX_TREE_SIZE);
    }
    let error = MultiPlan::new([LeafIndex::new(MAX_TREE_SIZE)], TreeSize::MAX).unwrap_err();
    assert_eq!(error.code(), "multi-inclusion-index-out-of-range");
}

fn code(n: TreeSize, leaves: &[(u64, Digest)], siblings: &[Digest], root: &Digest) -> &'static str {
    let leaves: Vec<_> = leaves.iter().map(|(i, hash)| (LeafIndex::new(*i), *hash)).collect();
    let result = verify_multi_inclusion::<Blake3>(n, &leaves, siblings, root);
    result.map_or_else(|error| error.code(), |()| "holds")
}

fn flips(digest: Digest) -> impl Iterator<Item = Digest> {
    (0..256).map(move |bit| {
        let mut bytes = *digest.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Digest::from_bytes(bytes)
    })
}

#[test]
fn no_changed_bit_passes() {
    let hashes = leaf_hashes::<Blake3>(13);
    let (n, root) = (TreeSize::of(&hashes), root::<Blake3>(&hashes));
    for proven in [&[0_u64][..], &[12], &[3, 4], &[0, 5, 6, 12]] {
        let indexes: Vec<_> = proven.iter().copied().map(LeafIndex::new).collect();
        let siblings = prove_multi_inclusion::<Blake3>(&hashes, &indexes).unwrap();
        let leaf = |i: &u64| (*i, hashes[usize::try_from(*i).unwrap()]);
        let leaves: Vec<_> = proven.iter().map(leaf).collect();
        assert_eq!(code(n, &leaves, &siblings, &root), "holds");
        let mismatch = "multi-inclusion-root-mismatch";
        assert!(flips(root).all(|root| code(n, &leaves, &siblings, &root) == mismatch));
        for at in 0..siblings.len() {
            for flipped in flips(siblings[at]) {
                let mut siblings = siblings.clone();
                siblings[at] = flipped;
                assert_eq!(code(n, &leaves, &siblings, &root), mismatch);
            }
        }
        for at in 0..leaves.len() {
            for flipped in flips(leaves[at].1) {
                let mut leaves = leaves.clone();
                leaves[at].1 = flipped;
                assert_eq!(code(n, &leaves, &siblings, &root), mismatch);
            }
            for bit in 0..64 {
                let mut leaves = leaves.clone();
                leaves[at].0 ^= 1 << bit;
                assert_ne!(code(n, &leaves, &siblings, &root), "holds", "bit {bit}");
            }
        }
        // Another size is no promise of `verify`: it must come from something signed. But one that
        // needs another number of siblings is refused.
        for other in [1, 2, 3, 14, 26, 64].map(size) {
            let plan = MultiPlan::new(indexes.iter().copied(), other);
            if !plan.is_ok_and(|plan| plan.len() == siblings.len()) {
                assert_ne!(code(other, &leaves, &siblings, &root), "holds", "size {other}");
            }
        }
    }
}

#[test]
fn leaves_and_siblings_in_another_order_or_number_are_refused() {
    let hashes = leaf_hashes::<Blake3>(7);
    let (n, root) = (TreeSize::of(&hashes), root::<Blake3>(&hashes));
    let siblings = prove_multi_inclusion::<Blake3>(&hashes, &[1, 4].map(LeafIndex::new)).unwrap();
    let (one, four) = ((1, hashes[1]), (4, hashes[4]));
    assert_eq!(code(n, &[one, four], &siblings, &root), "holds");
    assert_eq!(code(n, &[], &siblings, &root), "multi-inclusion-empty");
    assert_eq!(code(n, &[], &[root], &root), "multi-inclusion-empty");
    assert_eq!(code(TreeSize::EMPTY, &[], &[], &root), "multi-inclusion-empty");
    assert_eq!(code(n, &[four, one], &siblings, &root), "multi-inclusion-index-order");
    assert_eq!(code(n, &[one, one, four], &siblings, &root), "multi-inclusion-index-order");
    let past = "multi-inclusion-index-out-of-range";
    assert_eq!(code(n, &[one, (7, hashes[4])], &siblings, &root), past);
    assert_eq!(code(TreeSize::EMPTY, &[one], &[], &root), past);
    let swapped: Vec<_> = siblings.iter().rev().copied().collect();
    assert_eq!(code(n, &[one, four], &swapped, &root), "multi-inclusion-root-mismatch");
    let moved = [(1, four.1), (4, one.1)];
    assert_eq!(code(n, &moved, &siblings, &root), "multi-inclusion-root-mismatch");
    let count = "multi-inclusion-sibling-count";
    assert_eq!(code(n, &[one, four], &siblings[1..], &root), count);
    assert_eq!(code(n, &[one, four], &[&siblings[..], &[root]].concat(), &root), count);
    assert_eq!(code(n, &[one], &siblings, &root), count);
}

#[test]
fn a_node_that_is_not_stored_is_named() {
    let indexes = [0, 5].map(LeafIndex::new);
    let missing = NodeCoordinate::new(1, 1).unwrap();
    let fetch = |node| (node != missing).then(Digest::default);
    let error = fetch_multi_inclusion::<Blake3>(&indexes, size(7), fetch).unwrap_err();
    assert_eq!(error, MultiInclusionError::NodeMissing { node: missing });
    let mut asked = vec![];
    let fetch = |node| {
        asked.push(node);
        Some(Digest::default())
    };
    fetch_multi_inclusion::<Blake3>(&[LeafIndex::new(0)], size(15), fetch).unwrap();
    let plan = MultiPlan::new([LeafIndex::new(0)], size(15)).unwrap();
    assert_eq!(asked, plan.nodes().collect::<Vec<_>>());
    assert_eq!(asked.len(), 3 + 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_sets_of_every_size_agree(n in 1_usize..=130, set in any::<[u64; 3]>(), or in any::<[u64; 3]>()) {
        let bit = |set: &[u64; 3], i: usize| set[i / 64] >> (i % 64) & 1 == 1;
        check::<Sha256>(&leaf_hashes::<Sha256>(n), |i| bit(&set, i) && bit(&or, i));
        check::<Blake3>(&leaf_hashes::<Blake3>(n), |i| bit(&set, i) || bit(&or, i));
    }

    #[test]
    fn every_proof_tiles_its_tree(leaves in 1..=MAX_TREE_SIZE, at in prop::collection::btree_set(any::<u64>(), 1..40)) {
        let set: alloc::collections::BTreeSet<_> = at.iter().map(|at| LeafIndex::new(at % leaves)).collect();
        check_tiling(&set.into_iter().collect::<Vec<_>>(), leaves);
    }
}
