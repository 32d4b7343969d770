//! The definitions of RFC 9162 section 2.1 typed in as they stand, for tests only.
//!
//! Slow and recursive on purpose: the fast code must agree with it everywhere.

use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

use super::*;
use crate::hash::{Blake3, Digest, Hash, Sha256};

/// The largest power of two below `n`, for `n` above 1.
fn split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

fn node<H: Hash>(left: Digest, right: Digest) -> Digest {
    H::hash(&[&[1], left.as_ref(), right.as_ref()])
}

/// Section 2.1.1: `MTH(D[n])`.
fn mth<H: Hash>(d: &[Vec<u8>]) -> Digest {
    match d {
        [] => H::hash(&[b""]),
        [data] => H::hash(&[&[0], data]),
        _ => {
            let k = split(d.len());
            node::<H>(mth::<H>(&d[..k]), mth::<H>(&d[k..]))
        }
    }
}

/// Section 2.1.3.1: `PATH(m, D[n])`.
fn path<H: Hash>(m: usize, d: &[Vec<u8>]) -> Vec<Digest> {
    if d.len() == 1 {
        return vec![];
    }
    let k = split(d.len());
    if m < k {
        [path::<H>(m, &d[..k]), vec![mth::<H>(&d[k..])]].concat()
    } else {
        [path::<H>(m - k, &d[k..]), vec![mth::<H>(&d[..k])]].concat()
    }
}

/// Section 2.1.4.1: `SUBPROOF(m, D[n], b)`.
fn subproof<H: Hash>(m: usize, d: &[Vec<u8>], b: bool) -> Vec<Digest> {
    if m == d.len() {
        return if b { vec![] } else { vec![mth::<H>(d)] };
    }
    let k = split(d.len());
    if m <= k {
        [subproof::<H>(m, &d[..k], b), vec![mth::<H>(&d[k..])]].concat()
    } else {
        [subproof::<H>(m - k, &d[k..], false), vec![mth::<H>(&d[..k])]].concat()
    }
}

/// Section 2.1.3.2, step by step: the folded root, or `None` where the RFC says to fail.
fn rfc_fold_inclusion<H: Hash>(
    index: u64,
    size: u64,
    leaf: Digest,
    path: &[Digest],
) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut f, mut s, mut r) = (index, size - 1, leaf);
    for p in path {
        if s == 0 {
            return None;
        }
        if f & 1 == 1 || f == s {
            r = node::<H>(*p, r);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            r = node::<H>(r, *p);
        }
        f >>= 1;
        s >>= 1;
    }
    (s == 0).then_some(r)
}

/// Section 2.1.4.2, step by step, for `0 < m < n`: both folded roots, or `None` where the RFC
/// says to fail.
fn rfc_fold_consistency<H: Hash>(
    m: u64,
    n: u64,
    root1: Digest,
    path: &[Digest],
) -> Option<(Digest, Digest)> {
    if path.is_empty() {
        return None;
    }
    let mut path = path.to_vec();
    if m.is_power_of_two() {
        path.insert(0, root1);
    }
    let (mut f, mut s) = (m - 1, n - 1);
    while f & 1 == 1 {
        f >>= 1;
        s >>= 1;
    }
    let (mut fr, mut sr) = (path[0], path[0]);
    for c in &path[1..] {
        if s == 0 {
            return None;
        }
        if f & 1 == 1 || f == s {
            fr = node::<H>(*c, fr);
            sr = node::<H>(*c, sr);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            sr = node::<H>(sr, *c);
        }
        f >>= 1;
        s >>= 1;
    }
    (s == 0).then_some((fr, sr))
}

fn leaves(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|i| i.to_be_bytes()[8 - i % 9..].to_vec()).collect()
}

fn hashes<H: Hash>(d: &[Vec<u8>]) -> Vec<Digest> {
    d.iter().map(|data| leaf_hash::<H>(data)).collect()
}

fn size(n: usize) -> TreeSize {
    TreeSize::new(n as u64).unwrap()
}

fn at(n: usize) -> LeafIndex {
    LeafIndex::new(n as u64)
}

/// The hash of a stored node, computed from scratch.
fn stored<H: Hash>(d: &[Vec<u8>]) -> impl Fn(NodeCoordinate) -> Option<Digest> + '_ {
    |node| {
        let first = usize::try_from(node.first_leaf().get()).unwrap();
        let count = usize::try_from(node.leaf_count()).unwrap();
        d.get(first..first + count).map(mth::<H>)
    }
}

fn check_roots<H: Hash>(most: usize) {
    let all = leaves(most);
    let all_hashes = hashes::<H>(&all);
    let mut frontier = Frontier::<H>::new();
    for n in 0..=most {
        let expected = mth::<H>(&all[..n]);
        assert_eq!(root::<H>(&all_hashes[..n]), expected, "size {n}");
        assert_eq!(frontier.size(), size(n));
        assert_eq!(frontier.root(), expected, "size {n}");
        let parts: Vec<_> = frontier.hashes().collect();
        let nodes: Vec<_> = Subtree::whole(size(n)).nodes().filter_map(stored::<H>(&all)).collect();
        assert_eq!(parts, nodes, "size {n}");
        assert!(Frontier::from_parts(size(n), parts).unwrap() == frontier, "size {n}");
        if let Some(next) = all_hashes.get(n) {
            frontier.push(*next).unwrap();
        }
    }
}

#[test]
fn roots_and_frontiers_agree_at_every_size() {
    check_roots::<Blake3>(130);
    check_roots::<Sha256>(130);
}

/// The frontier after every number of pushes.
fn pushed<H: Hash + Clone>(leaf_hashes: &[Digest]) -> Vec<Frontier<H>> {
    let mut frontier = Frontier::new();
    let mut all = vec![frontier.clone()];
    for leaf_hash in leaf_hashes {
        frontier.push(*leaf_hash).unwrap();
        all.push(frontier.clone());
    }
    all
}

fn check_extend<H: Hash + Clone>(all: &[Digest], pushed: &[Frontier<H>], start: usize, end: usize) {
    let mut frontier = pushed[start].clone();
    frontier.extend(&all[start..end]).unwrap();
    assert!(frontier == pushed[end], "from {start} to {end}");
}

#[test]
fn extending_is_pushing_one_after_the_other() {
    let all = hashes::<Blake3>(&leaves(4_000));
    let pushed = pushed::<Blake3>(&all);
    for start in 0..=130 {
        for end in start..=start + 130 {
            check_extend(&all, &pushed, start, end);
        }
    }
    // Around the batches that are taken at once.
    for start in [0, 1, 2, 511, 1_000, 1_023, 1_024, 1_025, 2_047, 2_048] {
        for end in [2_048, 2_049, 3_071, 3_072, 3_073, 4_000] {
            check_extend(&all, &pushed, start, end);
        }
    }
    let all = hashes::<Sha256>(&leaves(40));
    let pushed = self::pushed::<Sha256>(&all);
    for start in 0..=40 {
        check_extend(&all, &pushed, start, 40);
    }
}

#[test]
fn leaf_hashes_are_those_of_each_leaf() {
    let leaves = leaves(130);
    let slices: Vec<&[u8]> = leaves.iter().map(Vec::as_slice).collect();
    assert_eq!(leaf_hashes::<Blake3>(&slices), hashes::<Blake3>(&leaves));
    assert_eq!(leaf_hashes::<Sha256>(&slices), hashes::<Sha256>(&leaves));
}

fn check_inclusion<H: Hash>(d: &[Vec<u8>], d_hashes: &[Digest], root: &Digest, i: usize) {
    let n = d.len();
    let expected = path::<H>(i, d);
    let proof = prove_inclusion::<H>(d_hashes, at(i)).unwrap();
    assert_eq!(proof, expected, "leaf {i} of {n}");
    assert_eq!(fetch_inclusion::<H>(at(i), size(n), stored::<H>(d)).unwrap(), expected);
    verify_inclusion::<H>(at(i), size(n), &d_hashes[i], &proof, root).unwrap();
}

#[test]
fn every_inclusion_proof_of_every_size_agrees() {
    let all = leaves(130);
    let all_hashes = hashes::<Blake3>(&all);
    for n in 1..=130 {
        let expected = mth::<Blake3>(&all[..n]);
        for i in 0..n {
            check_inclusion::<Blake3>(&all[..n], &all_hashes[..n], &expected, i);
        }
        let error = prove_inclusion::<Blake3>(&all_hashes[..n], at(n)).unwrap_err();
        assert_eq!(error, InclusionError::IndexOutOfRange { index: at(n), size: size(n) });
    }
}

fn check_consistency<H: Hash>(d: &[Vec<u8>], d_hashes: &[Digest], m: usize) {
    let n = d.len();
    let expected = subproof::<H>(m, d, true);
    let proof = prove_consistency::<H>(d_hashes, size(m)).unwrap();
    assert_eq!(proof, expected, "{m} to {n}");
    assert_eq!(fetch_consistency::<H>(size(m), size(n), stored::<H>(d)).unwrap(), expected);
    let (root1, root2) = (mth::<H>(&d[..m]), mth::<H>(d));
    verify_consistency::<H>(size(m), size(n), &root1, &root2, &proof).unwrap();
}

#[test]
fn every_consistency_proof_between_small_sizes_agrees() {
    let all = leaves(70);
    let all_hashes = hashes::<Blake3>(&all);
    for n in 1..=70 {
        for m in 1..=n {
            check_consistency::<Blake3>(&all[..n], &all_hashes[..n], m);
        }
    }
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

/// Sizes of every magnitude, since uniform ones are nearly all above 2^60.
fn any_size() -> impl Strategy<Value = u64> {
    (0..=63_u32, any::<u64>()).prop_map(|(bits, n)| 1 + (n & ((1 << bits) - 1)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn larger_trees_agree(n in 131_usize..2_000, at_random in any::<u64>()) {
        let d = leaves(n);
        let d_hashes = hashes::<Sha256>(&d);
        let expected = mth::<Sha256>(&d);
        prop_assert_eq!(root::<Sha256>(&d_hashes), expected);
        let i = usize::try_from(at_random % n as u64).unwrap();
        check_inclusion::<Sha256>(&d, &d_hashes, &expected, i);
        check_consistency::<Sha256>(&d, &d_hashes, i + 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// At every magnitude, and for paths of right and wrong lengths, both folds give what the
    /// RFC's loops give, or refuse what they refuse.
    #[test]
    fn folds_agree_with_the_loops_of_the_rfc(
        n in any_size(),
        at_random in any::<u64>(),
        hashes in prop::collection::vec(digest(), 66),
        start in digest(),
        off in -2_isize..=2,
    ) {
        let i = at_random % n;
        let (index, size) = (LeafIndex::new(i), TreeSize::new(n).unwrap());
        let length = Plan::inclusion(index, size).unwrap().len();
        let path = &hashes[..length.saturating_add_signed(off)];
        prop_assert_eq!(
            fold_inclusion::<Blake3>(index, size, &start, path).ok(),
            rfc_fold_inclusion::<Blake3>(i, n, start, path)
        );

        let m = i + 1;
        prop_assume!(m < n);
        let size1 = TreeSize::new(m).unwrap();
        let length = Plan::consistency(size1, size).unwrap().len();
        let path = &hashes[..length.saturating_add_signed(off)];
        prop_assert_eq!(
            fold_consistency::<Blake3>(size1, size, &start, path).ok(),
            rfc_fold_consistency::<Blake3>(m, n, start, path)
        );
    }
}
