//! The merkle room against published vectors, and against named defects of them.

use countersign_core::hash::{Blake3, Digest, Hash, Sha256, blake3, hex};
use countersign_core::merkle::{
    Frontier, LeafIndex, TreeSize, empty_root, leaf_hash, node_hash, prove_consistency,
    prove_inclusion, root, verify_consistency, verify_inclusion,
};
use countersign_tests::vector;
use serde_json::Value;

fn cases(file: &Value) -> &[Value] {
    let cases = file["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    cases
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} should be text"))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} should be a number"))
}

fn index(value: &Value) -> usize {
    usize::try_from(number(value)).expect("an index")
}

/// The strict parse step: only 64 lower-case digits are a hash.
fn digest(value: &Value) -> Result<Digest, &'static str> {
    Digest::from_hex(text(value)).ok_or("malformed-hash")
}

fn digests(value: &Value) -> Result<Vec<Digest>, &'static str> {
    value.as_array().expect("a list of hashes").iter().map(digest).collect()
}

fn size(value: &Value) -> Result<TreeSize, &'static str> {
    TreeSize::new(number(value)).map_err(|error| error.code())
}

/// Parses and verifies one inclusion case; the error is the code of the first refusal.
fn inclusion<H: Hash>([at, leaves, leaf, path, root]: [&Value; 5]) -> Result<(), &'static str> {
    let path = digests(path)?;
    let at = LeafIndex::new(number(at));
    verify_inclusion::<H>(at, size(leaves)?, &digest(leaf)?, &path, &digest(root)?)
        .map_err(|error| error.code())
}

/// The same for a consistency case.
fn consistency<H: Hash>(
    [size1, size2, root1, root2, path]: [&Value; 5],
) -> Result<(), &'static str> {
    let (size1, size2) = (size(size1)?, size(size2)?);
    verify_consistency::<H>(size1, size2, &digest(root1)?, &digest(root2)?, &digests(path)?)
        .map_err(|error| error.code())
}

fn pub_leaves(count: usize) -> Vec<Digest> {
    (0..count).map(|i| leaf_hash::<Blake3>(format!("pub-leaf-{i}").as_bytes())).collect()
}

fn classic_leaves(file: &Value) -> Vec<Digest> {
    let leaves = file["leaves"].as_array().expect("leaves");
    leaves.iter().map(|leaf| leaf_hash::<Sha256>(&hex::decode(text(leaf)).expect("hex"))).collect()
}

#[test]
fn metering_hashes() {
    for case in cases(&vector("metering/hash.json")) {
        let data: Vec<u8> = (0..number(&case["length"])).map(|i| (i % 251) as u8).collect();
        assert_eq!(Ok(blake3(&data)), digest(&case["chainHash"]), "{case}");
        assert_eq!(Ok(leaf_hash::<Blake3>(&data)), digest(&case["leafHash"]), "{case}");
    }
}

#[test]
fn metering_roots() {
    let file = vector("metering/merkle-roots.json");
    let leaves = pub_leaves(10_000);
    for leaf in file["leaves"].as_array().expect("leaves") {
        assert_eq!(Ok(leaves[index(&leaf["index"])]), digest(&leaf["leafHash"]));
    }
    let inner = &file["inner"];
    let (left, right) = (digest(&inner["left"]).unwrap(), digest(&inner["right"]).unwrap());
    assert_eq!(Ok(node_hash::<Blake3>(&left, &right)), digest(&inner["node"]));
    for case in cases(&file) {
        let leaves = &leaves[..index(&case["n"])];
        let expected = digest(&case["root"]);
        assert_eq!(Ok(root::<Blake3>(leaves)), expected, "{case}");
        let mut frontier = Frontier::<Blake3>::new();
        for leaf in leaves {
            frontier.push(*leaf).unwrap();
        }
        assert_eq!(Ok(frontier.root()), expected, "{case}");
    }
}

#[test]
fn metering_inclusion_proofs() {
    let leaves = pub_leaves(10_000);
    for case in cases(&vector("metering/inclusion-proofs.json")) {
        let (at, leaves) = (index(&case["leafIndex"]), &leaves[..index(&case["treeSize"])]);
        assert_eq!(Ok(leaves[at]), digest(&case["leafHash"]));
        let path = prove_inclusion::<Blake3>(leaves, LeafIndex::new(at as u64)).unwrap();
        assert_eq!(Ok(path), digests(&case["auditPath"]), "leaf {at} of {}", leaves.len());
        let fields = ["leafIndex", "treeSize", "leafHash", "auditPath", "root"];
        let verdict = inclusion::<Blake3>(fields.map(|field| &case[field]));
        assert_eq!(verdict.is_ok(), case["verifies"].as_bool().unwrap(), "{case}");
    }
}

/// What each case must be refused with. The two that are not here are `NOT_DECIDED_BY_PATH`.
const NEGATIVE: [(&str, Result<(), &str>); 30] = [
    ("valid, odd index", Ok(())),
    ("valid, even index", Ok(())),
    ("valid, last leaf", Ok(())),
    ("path shortened at the top", Err("inclusion-path-length")),
    ("path shortened at the leaf", Err("inclusion-path-length")),
    ("path empty", Err("inclusion-path-length")),
    ("path lengthened with zeros", Err("inclusion-path-length")),
    ("path lengthened with the root", Err("inclusion-path-length")),
    ("path element 0 changed in its last bit", Err("inclusion-root-mismatch")),
    ("path element 1 changed in its last bit", Err("inclusion-root-mismatch")),
    ("path element 2 changed in its last bit", Err("inclusion-root-mismatch")),
    ("path element 3 changed in its last bit", Err("inclusion-root-mismatch")),
    ("first two path elements swapped", Err("inclusion-root-mismatch")),
    ("leaf changed", Err("inclusion-root-mismatch")),
    ("root changed", Err("inclusion-root-mismatch")),
    ("leaf index -1", Err("inclusion-root-mismatch")),
    ("leaf index +1", Err("inclusion-root-mismatch")),
    ("leaf index +2", Err("inclusion-root-mismatch")),
    ("leaf index equal to the size", Err("inclusion-index-out-of-range")),
    ("size zero", Err("inclusion-index-out-of-range")),
    ("size that changes the path shape", Err("inclusion-path-length")),
    ("size smaller than the index", Err("inclusion-index-out-of-range")),
    ("size plus 4294967296", Err("inclusion-path-length")),
    ("index and size both plus 4294967296", Err("inclusion-path-length")),
    ("left sibling of 33 bytes", Err("malformed-hash")),
    ("left sibling of 64 bytes, second half junk", Err("malformed-hash")),
    ("leaf hash of 64 bytes at an even index, second half junk", Err("malformed-hash")),
    ("right sibling of 33 bytes", Err("malformed-hash")),
    ("right sibling of 31 bytes", Err("malformed-hash")),
    ("right sibling ending in a zero byte, cut to 31 bytes", Err("malformed-hash")),
];

/// `required` is null: no verifier of a bare (index, size, leaf hash, path, root) can refuse them,
/// since the RFC's own algorithm accepts both. The layer above does: it hashes the record itself,
/// so an inner node never becomes a leaf hash, and it takes the size from the signed settlement.
const NOT_DECIDED_BY_PATH: [&str; 2] = [
    "inner node given as the leaf of a smaller tree with the same root",
    "size one too large with the same path shape",
];

#[test]
fn metering_inclusion_negatives() {
    let file = vector("metering/inclusion-negative.json");
    assert_eq!(cases(&file).len(), NEGATIVE.len() + NOT_DECIDED_BY_PATH.len());
    for case in cases(&file) {
        let name = text(&case["name"]);
        let fields = ["leafIndex", "treeSize", "leafHash", "auditPath", "root"];
        let verdict = inclusion::<Blake3>(fields.map(|field| &case[field]));
        if case["required"].is_null() {
            assert!(NOT_DECIDED_BY_PATH.contains(&name), "{name}");
            assert_eq!(verdict, Ok(()), "{name}: no longer what the page says");
            continue;
        }
        // `required` is what a sound verifier answers; `reference` only what one library did.
        assert_eq!(Some(verdict.is_ok()), case["required"].as_bool(), "{name}");
        let expected = NEGATIVE.iter().find(|(known, _)| *known == name);
        assert_eq!(Some(verdict), expected.map(|(_, verdict)| *verdict), "{name}");
    }
}

#[test]
fn a_node_cannot_pass_for_a_leaf_once_the_record_is_hashed() {
    let [left, right] = [b"pub-leaf-0", b"pub-leaf-1"].map(|data| leaf_hash::<Blake3>(data));
    let node = node_hash::<Blake3>(&left, &right);
    // The bytes of the node's own input, given as a record, hash to something else.
    let forged = [&[1][..], left.as_ref(), right.as_ref()].concat();
    assert_eq!(blake3(&forged), node);
    assert_ne!(leaf_hash::<Blake3>(&forged), node);
}

#[test]
fn the_classic_tree() {
    let file = vector("standards/merkle-classic-tree.json");
    let leaves = classic_leaves(&file);
    assert_eq!(Ok(leaves.clone()), digests(&file["leaf_hashes"]));
    assert_eq!(Ok(empty_root::<Sha256>()), digest(&cases(&file)[0]["root"]));
    for case in cases(&file) {
        let leaves = &leaves[..index(&case["size"])];
        assert_eq!(Ok(root::<Sha256>(leaves)), digest(&case["root"]), "{case}");
    }
    let paths = file["inclusion_size8"].as_array().expect("paths");
    assert_eq!(paths.len(), 8);
    for (at, path) in (0..).zip(paths) {
        let proof = prove_inclusion::<Sha256>(&leaves, LeafIndex::new(at)).unwrap();
        assert_eq!(Ok(proof), digests(path), "leaf {at}");
    }
    let paths = file["consistency"].as_object().expect("paths");
    assert_eq!(paths.len(), 6);
    for (sizes, path) in paths {
        let (first, second) = sizes.split_once('-').expect("two sizes");
        let [first, second] = [first, second].map(|size| size.parse::<usize>().expect("a size"));
        let (size1, size2) = (TreeSize::of(&leaves[..first]), TreeSize::of(&leaves[..second]));
        let proof = prove_consistency::<Sha256>(&leaves[..second], size1).unwrap();
        assert_eq!(Ok(&proof), digests(path).as_ref(), "{sizes}");
        let roots = [first, second].map(|size| root::<Sha256>(&leaves[..size]));
        verify_consistency::<Sha256>(size1, size2, &roots[0], &roots[1], &proof).unwrap();
    }
}

#[test]
fn standard_inclusion_probes() {
    for case in cases(&vector("standards/merkle-inclusion.json")) {
        let fields = ["index", "size", "leaf_hash", "proof", "root"];
        let verdict = inclusion::<Sha256>(fields.map(|field| &case[field]));
        assert_eq!(Some(verdict.is_ok()), case["ok"].as_bool(), "{case}: {verdict:?}");
    }
}

/// Its roots are the text "don't care 2": the probe is about the sizes and the empty path, and a
/// verifier over bytes of any length accepts it. Twelve bytes are no root of ours, so they are
/// refused where hashes are parsed; the same probe with the text hashed to 32 bytes is accepted.
const ROOTS_OF_TWELVE_BYTES: &str = "consistency/additional/sizes-are-equal-one-and-proof-is-empty";

#[test]
fn standard_consistency_probes() {
    for case in cases(&vector("standards/merkle-consistency.json")) {
        let fields = ["size1", "size2", "root1", "root2", "proof"];
        let mut case = case.clone();
        if case["id"] == ROOTS_OF_TWELVE_BYTES {
            let refused = consistency::<Sha256>(fields.map(|field| &case[field]));
            assert_eq!(refused, Err("malformed-hash"));
            for root in ["root1", "root2"] {
                let bytes = hex::decode(text(&case[root])).expect("hex");
                case[root] = Sha256::hash(&[&bytes]).to_string().into();
            }
        }
        let verdict = consistency::<Sha256>(fields.map(|field| &case[field]));
        assert_eq!(Some(verdict.is_ok()), case["ok"].as_bool(), "{case}: {verdict:?}");
    }
}

/// The defects that the transparency-dev test data names, made from good proofs of the classic
/// tree between the sizes it uses.
#[test]
fn named_defects_of_consistency_proofs_are_refused() {
    let leaves = classic_leaves(&vector("standards/merkle-classic-tree.json"));
    for (first, second) in [(1, 8), (6, 8), (2, 5), (6, 7)] {
        let (old, new) = (&leaves[..first], &leaves[..second]);
        let (root1, root2) = (root::<Sha256>(old), root::<Sha256>(new));
        let good = prove_consistency::<Sha256>(new, TreeSize::of(old)).unwrap();
        let wrong = leaf_hash::<Sha256>(b"wrong");
        let (first, second) = (first as u64, second as u64);
        let with = |before: &[Digest], after: &[Digest]| [before, &good, after].concat();
        let verdict = |first, second, root1, root2, path: &[Digest]| {
            let [size1, size2] = [first, second].map(|size| TreeSize::new(size).unwrap());
            verify_consistency::<Sha256>(size1, size2, &root1, &root2, path)
                .map_err(|error| error.code())
        };
        assert_eq!(verdict(first, second, root1, root2, &good), Ok(()), "happy-path");
        let length = Err("consistency-path-length");
        for (defect, path) in [
            ("empty-proof", vec![]),
            ("truncated-proof", good[..good.len() - 1].to_vec()),
            ("trailing-garbage", with(&[], &[wrong])),
            ("trailing-root1", with(&[], &[root1])),
            ("trailing-root2", with(&[], &[root2])),
            ("preceding-garbage", with(&[wrong], &[])),
            ("preceding-root1", with(&[root1], &[])),
            ("preceding-root2", with(&[root2], &[])),
            ("preceding-proof[0]", with(&[good[0]], &[])),
        ] {
            assert_eq!(verdict(first, second, root1, root2, &path), length, "{defect}");
        }
        for (defect, size1, size2, root1, root2) in [
            ("size1-sub-1", first - 1, second, root1, root2),
            ("size1-plus-1", first + 1, second, root1, root2),
            ("size1-xor-2", first ^ 2, second, root1, root2),
            ("size2-mul-2", first, second * 2, root1, root2),
            ("size2-div-2", first, second / 2, root1, root2),
            ("wrong-root1", first, second, wrong, root2),
            ("wrong-root2", first, second, root1, wrong),
            ("swapped-roots", first, second, root2, root1),
        ] {
            let verdict = verdict(size1, size2, root1, root2, &good);
            assert!(verdict.is_err(), "{defect} from {first} to {second}");
        }
    }
}

/// A shard written by an independent implementation of the format: the log roots at chosen sizes
/// are those of its records, and every pair of them is consistent.
#[test]
fn log_roots_of_the_reference_shard() {
    let file = vector("metering-v1/format.json");
    let records = file["records"].as_array().expect("records");
    let leaves: Vec<_> = records
        .iter()
        .map(|record| leaf_hash::<Blake3>(&hex::decode(text(&record["cbor"])).expect("hex")))
        .collect();
    for (leaf, record) in leaves.iter().zip(records) {
        assert_eq!(Ok(*leaf), digest(&record["leafHash"]), "seq {}", record["seq"]);
    }
    let log_roots: Vec<(usize, Digest)> = file["logRoots"]
        .as_object()
        .expect("log roots")
        .iter()
        .map(|(size, root)| (size.parse().expect("a size"), digest(root).expect("a root")))
        .collect();
    assert!(log_roots.len() > 1);
    for (second, root2) in &log_roots {
        assert_eq!(root::<Blake3>(&leaves[..*second]), *root2, "size {second}");
        for (first, root1) in &log_roots {
            let (size1, size2) =
                (TreeSize::of(&leaves[..*first]), TreeSize::of(&leaves[..*second]));
            let path = prove_consistency::<Blake3>(&leaves[..*second], size1);
            let verdict = path
                .and_then(|path| verify_consistency::<Blake3>(size1, size2, root1, root2, &path));
            let possible = first == second || (1..=*second).contains(first);
            assert_eq!(verdict.is_ok(), possible, "{first} to {second}: {verdict:?}");
        }
    }
}
