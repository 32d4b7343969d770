//! Contradictions: proven against an operator that lies, and never against one that does not.

use super::*;

/// The same log twice, with another record 3 in the second.
fn fork() -> (Shard, Shard) {
    let of = |amount| {
        let mut shard = Shard::new();
        shard.append(2, "a", "joule", 1);
        shard.append(3, "b", "joule", 2);
        shard.append(4, "c", "joule", amount);
        shard.settle();
        for op_id in ["d", "e"] {
            shard.append(4, op_id, "joule", 1);
        }
        shard.settle();
        shard
    };
    (of(5), of(6))
}

pub(super) fn samples()
-> (ReceiptContradictionBundle, OverlapContradictionBundle, LogRootContradictionBundle) {
    let (one, two) = fork();
    let signed = &two.batches[0].signed;
    let against = ReceiptContradiction::build(
        &one.receipt(3),
        signed,
        SettledLeaf::of(&two.inclusion(0, 3).proof),
    );
    let overlap = OverlapContradiction::build(signed, &one.batches[0].signed.settlement);
    let [leaf, other_leaf] = [(&one, 0), (&two, 1)].map(|(shard, batch)| log_leaf(shard, batch, 3));
    let fork = Fork { seq: Seq(3), leaf, other_leaf };
    let (first, second) = (&one.batches[0].signed, &two.batches[1].signed);
    let log_root = LogRootContradiction::build(first, second, Some(fork));
    (against.unwrap(), overlap.unwrap(), log_root.unwrap())
}

fn settled_leaf(shard: &Shard, batch: usize, tree: Tree, seq: u64) -> SettledLeaf {
    let settlement = &shard.batches[batch].signed.settlement;
    let leaves = if tree == Tree::Log { shard.log(batch) } else { shard.items(batch) };
    let leaf = shard.leaf(Seq(seq));
    SettledLeaf::build(settlement, tree, Seq(seq), leaf, nodes_of(leaves)).unwrap()
}

fn log_leaf(shard: &Shard, batch: usize, seq: u64) -> SettledLeaf {
    settled_leaf(shard, batch, Tree::Log, seq)
}

/// A batch whose operator leaves an entry out of its index.
fn hidden_entry() -> (Shard, usize) {
    let mut shard = two_batches();
    let closed = &mut shard.batches[0];
    let hidden = 3;
    closed.index.remove(hidden);
    let settlement = &mut closed.signed.settlement;
    settlement.entry_count -= 1;
    let hashes = IndexLeaf::leaf_hashes(&closed.index);
    settlement.index_root = root::<Blake3>(&hashes);
    resign(settlement, 1);
    let honest = two_batches();
    let seq = honest.batches[0].index[hidden].seq();
    (shard, usize::try_from(seq.0).unwrap())
}

pub(super) fn index_sample() -> IndexContradictionBundle {
    let (shard, seq) = hidden_entry();
    let inclusion = shard.inclusion(0, seq as u64);
    IndexContradiction::build(&inclusion, &shard.batches[0].index).unwrap()
}

fn unbuilt<T>(result: Result<T, ProofError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "built")
}

#[test]
fn a_receipt_against_the_settlement_that_holds_another_record() {
    let (one, two) = fork();
    // In the batch's own tree, and in the log of it and of any later settlement.
    for (batch, tree) in [(0, Tree::Items), (0, Tree::Log), (1, Tree::Log)] {
        let signed = &two.batches[batch].signed;
        let leaf = settled_leaf(&two, batch, tree, 3);
        let bundle = ReceiptContradiction::build(&one.receipt(3), signed, leaf).unwrap();
        assert_eq!(verify(&bundle), "valid");
    }
    let bundle = samples().0;
    let report = bundle.verify(&trusted(), &VerifyOptions::default()).unwrap();
    assert_eq!(report.facts.seq, Some(Seq(3)));
    assert_eq!(report.facts.leaf_hashes, [two.leaf(Seq(3))]);
    assert_eq!(report.facts.records[0].leaf_hash, one.leaf(Seq(3)));

    // The leaf of another seq, as that of this one.
    let mut wrong = bundle.clone();
    wrong.proof.leaf = settled_leaf(&two, 0, Tree::Items, 2);
    assert_eq!(verify(&wrong), "inclusion-root-mismatch");
    // A leaf that nobody settled.
    let mut wrong = bundle.clone();
    wrong.proof.leaf.leaf_hash = Digest::default();
    assert_eq!(verify(&wrong), "inclusion-root-mismatch");
    // The node above it as a leaf.
    let mut wrong = bundle.clone();
    wrong.proof.leaf.audit_path.remove(0);
    assert_eq!(verify(&wrong), "inclusion-path-length");
    // A receipt of another seq than the batch's.
    let mut wrong = bundle.clone();
    wrong.proof.receipt = one.receipt(5).signed_receipt();
    assert_eq!(verify(&wrong), "seq-outside-batch");
    // A receipt that nobody signed.
    let mut wrong = bundle;
    wrong.proof.receipt.receipt.signature = one.receipt(2).proof.signature;
    assert_eq!(verify(&wrong), "receipt-signature");
}

#[test]
fn no_receipt_of_an_honest_operator_contradicts_its_settlements() {
    let (one, _) = fork();
    for seq in 0..4 {
        for (batch, tree) in [(0, Tree::Items), (0, Tree::Log), (1, Tree::Log)] {
            let leaf = settled_leaf(&one, batch, tree, seq);
            let signed = &one.batches[batch].signed;
            let refused = ReceiptContradiction::build(&one.receipt(seq), signed, leaf.clone());
            assert_eq!(unbuilt(refused), "no-contradiction");
            let mut forged = samples().0;
            forged.settlement = signed.settlement.clone();
            forged.proof =
                ReceiptContradiction { receipt: one.receipt(seq).signed_receipt(), leaf };
            assert_eq!(verify(&forged), "no-contradiction");
        }
    }
}

#[test]
fn an_entry_that_the_index_leaves_out() {
    let (shard, seq) = hidden_entry();
    let bundle = index_sample();
    assert_eq!(verify(&bundle), "valid");
    // Out of an inclusion and an exclusion of the same operation.
    let inclusion = shard.inclusion(0, seq as u64);
    let report = inclusion.verify(&trusted(), &VerifyOptions::default()).unwrap();
    let operation = report.facts.records[0].operation.clone().unwrap();
    let of = operation.member_id[0];
    let exclusion = shard.exclusion(0, of, &operation.op_id);
    assert_eq!((verify(&inclusion), verify(&exclusion)), ("valid", "valid"));
    let combined = IndexContradiction::of(&inclusion, exclusion.proof.gap);
    assert_eq!(combined, bundle);

    // An operator that denies to have any entry contradicts itself as well.
    let mut denied = bundle.clone();
    denied.settlement.entry_count = 0;
    resign(&mut denied.settlement, 1);
    denied.proof.gap = IndexGap { before: None, after: None };
    assert_eq!(verify(&denied), "valid");

    // A control record is in no index.
    let inclusion = shard.inclusion(0, 0);
    let error = IndexContradiction::build(&inclusion, &shard.batches[0].index);
    assert_eq!(unbuilt(error), "record-not-an-entry");
    let mut wrong = bundle.clone();
    wrong.proof.inclusion = inclusion.proof;
    assert_eq!(verify(&wrong), "record-not-an-entry");
    // The gap of another entry.
    let mut wrong = bundle;
    wrong.proof.gap = shard.exclusion(0, 9, "x").proof.gap;
    assert_eq!(verify(&wrong), "key-not-enclosed");
}

#[test]
fn an_entry_indexed_at_another_seq_is_left_out_too() {
    let mut shard = two_batches();
    let closed = &mut shard.batches[0];
    let leaf = IndexLeaf::new(&member(6), "d", Seq(4));
    let at = closed.index.binary_search(&leaf).unwrap();
    closed.index[at] = IndexLeaf::new(&member(6), "d", Seq(5));
    let hashes = IndexLeaf::leaf_hashes(&closed.index);
    closed.signed.settlement.index_root = root::<Blake3>(&hashes);
    resign(&mut closed.signed.settlement, 1);
    let inclusion = shard.inclusion(0, 4);
    let bundle = IndexContradiction::build(&inclusion, &shard.batches[0].index).unwrap();
    assert_eq!(verify(&bundle), "valid");
}

#[test]
fn no_entry_of_an_honest_operator_is_missing_from_its_index() {
    let shard = two_batches();
    let honest = index_sample();
    for seq in 1..7 {
        let inclusion = shard.inclusion(0, seq);
        let refused = IndexContradiction::build(&inclusion, &shard.batches[0].index);
        assert_eq!(unbuilt(refused), "no-contradiction");
        // Every gap that the index has, and every pair of neighbours that is none.
        for before in 0..=6 {
            for after in 0..=6 {
                let gap = IndexGap {
                    before: shard.gap(0, before).before,
                    after: shard.gap(0, after).after,
                };
                let mut forged = IndexContradiction::of(&inclusion, gap);
                assert_ne!(verify(&forged), "valid");
                forged.settlement = honest.settlement.clone();
                assert_ne!(verify(&forged), "valid");
            }
        }
    }
}

#[test]
fn two_settlements_that_overlap() {
    let (one, two) = fork();
    let signed = |shard: &Shard, batch: usize| shard.batches[batch].signed.clone();
    let bundle = samples().1;
    assert_eq!(verify(&bundle), "valid");
    // The same batch or a part of it, as long as they differ in anything.
    let mut wider = signed(&one, 0);
    wider.settlement.to_seq = Seq(5);
    resign(&mut wider.settlement, 1);
    for other in [&wider.settlement, &signed(&two, 0).settlement] {
        let bundle = OverlapContradiction::build(&signed(&one, 0), other).unwrap();
        assert_eq!(verify(&bundle), "valid");
        let bundle = OverlapContradiction::build(&signed(&one, 1), &wider.settlement).unwrap();
        assert_eq!(verify(&bundle), "valid");
    }

    // An honest operator's: the same twice, or side by side.
    for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let (a, b) = (signed(&one, a), signed(&one, b).settlement);
        assert_eq!(unbuilt(OverlapContradiction::build(&a, &b)), "no-contradiction");
        let mut forged = bundle.clone();
        forged.settlement = a.settlement;
        forged.proof.other = b;
        assert_eq!(verify(&forged), "no-contradiction");
    }
    // Two keys: the second may settle again what the first one's compromise made void.
    let mut other = signed(&two, 0).settlement;
    resign(&mut other, 2);
    assert_eq!(unbuilt(OverlapContradiction::build(&signed(&one, 0), &other)), "no-contradiction");
    let mut forged = bundle.clone();
    forged.proof.other = other;
    assert_eq!(verify(&forged), "wrong-process-key");
    // Made up by somebody else.
    let mut forged = bundle;
    forged.proof.other.tip_hash = Digest::default();
    assert_eq!(verify(&forged), "settlement-signature");
}

#[test]
fn two_settlements_of_different_logs() {
    let (one, two) = fork();
    let signed = |shard: &Shard, batch: usize| shard.batches[batch].signed.clone();
    let bundle = samples().2;
    assert_eq!(verify(&bundle), "valid");
    let report = bundle.verify(&trusted(), &VerifyOptions::default()).unwrap();
    assert_eq!(report.facts.leaf_hashes, [one.leaf(Seq(3)), two.leaf(Seq(3))]);
    assert_eq!(report.facts.settlements.len(), 2);

    // Logs of the same size: the roots alone, and by different keys too.
    let mut other = signed(&two, 0);
    resign(&mut other.settlement, 2);
    other.certificate = certificate(2);
    let same_size = LogRootContradiction::build(&signed(&one, 0), &other, None).unwrap();
    assert_eq!(verify(&same_size), "valid");
    // What one settlement's own two trees hold at one seq.
    let mut split = signed(&one, 0);
    split.settlement.items_root = two.batches[0].signed.settlement.items_root;
    resign(&mut split.settlement, 1);
    let fork = Fork {
        seq: Seq(3),
        leaf: settled_leaf(&two, 0, Tree::Items, 3),
        other_leaf: settled_leaf(&one, 0, Tree::Log, 3),
    };
    let within = LogRootContradiction::build(&split, &split, Some(fork)).unwrap();
    assert_eq!(verify(&within), "valid");

    // A fork needs a leaf of the very seq on both sides.
    let mut wrong = bundle.clone();
    wrong.proof.fork.as_mut().unwrap().seq = Seq(2);
    assert_eq!(verify(&wrong), "inclusion-root-mismatch");
    let mut wrong = bundle.clone();
    wrong.proof.fork.as_mut().unwrap().seq = Seq(4);
    assert_eq!(verify(&wrong), "seq-outside-batch");
    let mut wrong = bundle.clone();
    wrong.proof.fork.as_mut().unwrap().other_leaf.audit_path.pop();
    assert_eq!(verify(&wrong), "inclusion-path-length");
    // Without a fork, different sizes have different roots anyway.
    let mut wrong = bundle;
    wrong.proof.fork = None;
    assert_eq!(verify(&wrong), "no-contradiction");
}

#[test]
fn the_logs_of_an_honest_operator_never_differ() {
    let (one, _) = fork();
    let signed = |batch: usize| &one.batches[batch].signed;
    for (a, b) in [(0, 0), (0, 1), (1, 1)] {
        assert_eq!(
            unbuilt(LogRootContradiction::build(signed(a), signed(b), None)),
            "no-contradiction"
        );
        let mut forged = samples().2;
        forged.settlement = signed(a).settlement.clone();
        forged.proof = LogRootContradiction { other: signed(b).clone(), fork: None };
        assert_eq!(verify(&forged), "no-contradiction");
        // Every leaf of either, at every seq.
        for seq in 0..4 {
            for (left, right) in (0..4).flat_map(|left| (0..4).map(move |right| (left, right))) {
                let (leaf, other_leaf) = (log_leaf(&one, a, left), log_leaf(&one, b, right));
                let fork = Some(Fork { seq: Seq(seq), leaf, other_leaf });
                forged.proof = LogRootContradiction { other: signed(b).clone(), fork };
                let expected = if left == seq && right == seq {
                    "no-contradiction"
                } else {
                    "inclusion-root-mismatch"
                };
                assert_eq!(verify(&forged), expected);
            }
        }
    }
}

#[test]
fn evidence_by_a_key_that_is_known_to_be_compromised_does_not_count() {
    // Whoever stole the key can sign for any seq, before the compromise took effect as well.
    let late = [revocation(1, Reason::KeyCompromise, Some(1_000)).into()];
    let options = VerifyOptions { now_ms: None, revocations: &late };
    for (format, json) in one_of_each() {
        let expected = if format.is_contradiction() { "key-compromised" } else { "valid" };
        assert_eq!(json_code(&json, &options), expected, "{format}");
    }
    for reason in [Reason::Rotation, Reason::Shutdown] {
        let revoked = [revocation(1, reason, None).into()];
        let options = VerifyOptions { now_ms: None, revocations: &revoked };
        for (format, json) in one_of_each() {
            assert_eq!(json_code(&json, &options), "valid", "{format}");
        }
    }
}

#[test]
fn two_bundles_tell_by_themselves_how_they_contradict_each_other() {
    let (one, two) = fork();
    let found = |first: AnyBundle, second: AnyBundle| {
        let either = [contradict(&first, &second), contradict(&second, &first)];
        let formats = either.map(|found| {
            let found = found.ok()?;
            assert_eq!(json_code(&found.to_json().unwrap(), &VerifyOptions::default()), "valid");
            Some(found.format())
        });
        assert_eq!(formats[0], formats[1]);
        formats[0]
    };
    let inclusion = |shard: &Shard, batch, seq| AnyBundle::Inclusion(shard.inclusion(batch, seq));
    let receipt = |shard: &Shard, seq| AnyBundle::Receipt(shard.receipt(seq));
    // A receipt against what was settled at its seq; an honest one; and one of another seq.
    let against = found(receipt(&one, 3), inclusion(&two, 0, 3));
    assert_eq!(against, Some(Format::ContradictionReceipt));
    assert_eq!(found(receipt(&one, 2), inclusion(&two, 0, 2)), None);
    assert_eq!(found(receipt(&one, 3), inclusion(&two, 0, 2)), None);
    // Two settlements of the same records, whatever they are shown by.
    let statement = AnyBundle::Statement(two.statement(0, 4));
    assert_eq!(found(inclusion(&one, 0, 3), statement), Some(Format::ContradictionOverlap));
    assert_eq!(found(inclusion(&one, 0, 3), inclusion(&one, 1, 5)), None);
    assert_eq!(found(receipt(&one, 3), receipt(&two, 3)), None);
    // The same by two keys: the logs differ, at a seq or at the end.
    let mut other = two.clone();
    other.batches[0].signed.certificate = certificate(2);
    resign(&mut other.batches[0].signed.settlement, 2);
    for seq in [3, 2] {
        let log_root = found(inclusion(&one, 0, 3), inclusion(&other, 0, seq));
        assert_eq!(log_root, Some(Format::ContradictionLogRoot));
    }
    // An entry against the index that leaves it out.
    let (shard, seq) = hidden_entry();
    let inclusion = shard.inclusion(0, seq as u64);
    let Record::Entry(entry) = Record::decode(&inclusion.proof.record).unwrap() else {
        panic!("not an entry");
    };
    let (of, op_id) = (entry.operation.member_id[0], entry.operation.op_id);
    let exclusion = |op_id| AnyBundle::Exclusion(shard.exclusion(0, of, op_id));
    let index = found(AnyBundle::Inclusion(inclusion.clone()), exclusion(op_id));
    assert_eq!(index, Some(Format::ContradictionIndex));
    assert_eq!(found(AnyBundle::Inclusion(inclusion.clone()), exclusion("never")), None);
}
