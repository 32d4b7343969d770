//! Statements: complete on both edges, each leaf with its record, and the right sums.

use super::*;

#[test]
fn a_statement_lists_every_entry_and_its_sums() {
    let shard = two_batches();
    let bundle = shard.statement(0, 4);
    let report = bundle.verify(&trusted(), &VerifyOptions::default()).unwrap();
    assert_eq!(code(&report), "valid");
    let seqs: Vec<_> = report.facts.records.iter().map(|record| record.seq.0).collect();
    assert_eq!(seqs, [1, 3, 5]);
    let sums: Vec<_> =
        report.facts.sums.iter().map(|sum| (&*sum.asset_id, sum.earned, sum.spent)).collect();
    assert_eq!(sums, [("hour", 0, 1), ("joule", 5, 2)]);
    assert_eq!(report.facts.member_id, Some(member(4)));
}

#[test]
fn a_member_without_entries_has_none_and_no_sums() {
    let shard = two_batches();
    for of in [1, 3, 5, 9] {
        let bundle = shard.statement(0, of);
        let report = bundle.verify(&trusted(), &VerifyOptions::default()).unwrap();
        assert_eq!(code(&report), "valid", "{of}");
        assert!(report.facts.records.is_empty() && report.facts.sums.is_empty());
        // The operator pays somebody without an entry.
        let mut bundle = bundle;
        let mut delta = bundle.settlement.member_deltas[0].clone();
        delta.member_id = member(of);
        bundle.settlement.member_deltas.push(delta);
        bundle.settlement.member_deltas.sort_by(|a, b| a.key().cmp(&b.key()));
        resign(&mut bundle.settlement, 1);
        assert_eq!(verify(&bundle), "member-deltas", "{of}");
    }
    // A member that has entries cannot be said to have none.
    for place in 0..=6 {
        let mut bundle = shard.statement(0, 3);
        bundle.proof.member_id = member(4);
        let gap = shard.gap(0, place);
        bundle.proof.first_leaf_index = place as u64;
        bundle.proof.before = gap.before.map(|leaf| leaf.leaf);
        bundle.proof.after = gap.after.map(|leaf| leaf.leaf);
        assert!(["statement-incomplete", "key-not-enclosed"].contains(&verify(&bundle)));
    }
}

#[test]
fn a_statement_missing_one_record() {
    let shard = two_batches();
    for left_out in 0..3 {
        let mut bundle = shard.statement(0, 4);
        bundle.proof.records.remove(left_out);
        assert_eq!(verify(&bundle), "index-inclusion", "{left_out}");
        // Proven as well as it can be: the run is shorter, so that an edge is the member's own.
        let full = shard.statement(0, 4);
        let seqs: Vec<_> =
            [1, 3, 5].into_iter().filter(|seq| *seq != [1, 3, 5][left_out]).collect();
        let items = shard.several(0, &seqs).proof;
        for first in [full.proof.first_leaf_index, full.proof.first_leaf_index + 1] {
            let mut bundle = full.clone();
            let place = usize::try_from(first).unwrap();
            let proof = &mut bundle.proof;
            proof.records = items.records.clone();
            proof.item_siblings = items.siblings.clone();
            proof.first_leaf_index = first;
            proof.before = shard.gap(0, place).before.map(|leaf| leaf.leaf);
            proof.after = shard.gap(0, place + 2).after.map(|leaf| leaf.leaf);
            assert_eq!(verify(&bundle), "statement-incomplete", "{left_out}, {first}");
            // Or it tells an edge that is another member's, which does not stand there.
            bundle.proof.before = full.proof.before;
            bundle.proof.after = full.proof.after;
            assert_eq!(verify(&bundle), "index-inclusion", "{left_out}, {first}");
        }
    }
}

#[test]
fn a_record_too_many_or_of_somebody_else() {
    let shard = two_batches();
    let mut bundle = shard.statement(0, 4);
    bundle.proof.records.insert(1, shard.record(Seq(2)).to_vec());
    assert_eq!(verify(&bundle), "record-of-another-member");
    let mut bundle = shard.statement(0, 4);
    bundle.proof.records.insert(0, shard.record(Seq(0)).to_vec());
    assert_eq!(verify(&bundle), "record-not-an-entry");
    let mut bundle = shard.statement(0, 4);
    bundle.proof.records[1] = bundle.proof.records[0].clone();
    assert_eq!(verify(&bundle), "records-not-ascending");
    let mut bundle = shard.statement(0, 4);
    bundle.proof.records.push(shard.record(Seq(8)).to_vec());
    assert_eq!(verify(&bundle), "seq-outside-batch");
    // Another member's statement under this one's name.
    let mut bundle = shard.statement(0, 2);
    bundle.proof.member_id = member(4);
    assert_eq!(verify(&bundle), "record-of-another-member");
}

#[test]
fn edges_that_are_left_out_or_made_up() {
    let shard = two_batches();
    // Member 2 comes first, 4 in the middle, 6 last.
    for of in [2, 4, 6] {
        let honest = shard.statement(0, of);
        assert_eq!(
            (honest.proof.before.is_none(), honest.proof.after.is_none()),
            (of == 2, of == 6)
        );
        assert_eq!(verify(&honest), "valid");
        let other = shard.statement(0, 4).proof;
        for side in 0..2 {
            let mut bundle = honest.clone();
            let edge = if side == 0 { &mut bundle.proof.before } else { &mut bundle.proof.after };
            let had_one = edge.is_some();
            *edge = if had_one { None } else { other.before };
            assert_eq!(verify(&bundle), "statement-edge", "{of}, side {side}");
            if had_one {
                let mut bundle = honest.clone();
                let edge =
                    if side == 0 { &mut bundle.proof.before } else { &mut bundle.proof.after };
                let made_up = if side == 0 { member(1) } else { member(9) };
                *edge = Some(IndexLeaf::new(&made_up, "made up", Seq(2)));
                assert_eq!(verify(&bundle), "index-inclusion", "{of}, side {side}");
            }
        }
        for first in [0, 1, 2, 3, 4, 5, 6, 7, u64::MAX] {
            let mut bundle = honest.clone();
            bundle.proof.first_leaf_index = first;
            let expected: &[_] = if first == honest.proof.first_leaf_index {
                &["valid"]
            } else {
                &["statement-edge", "index-inclusion"]
            };
            assert!(expected.contains(&verify(&bundle)), "{of}, {first}");
        }
    }
}

#[test]
fn an_entry_that_only_one_tree_holds() {
    let shard = two_batches();
    // In the index alone: its record is of another batch.
    let mut closed = shard.batches[0].clone();
    closed.index.push(IndexLeaf::new(&member(4), "g", Seq(8)));
    closed.index.sort_unstable();
    let hashes: Vec<_> = closed.index.iter().map(IndexLeaf::leaf_hash).collect();
    closed.signed.settlement.entry_count += 1;
    closed.signed.settlement.index_root = root::<Blake3>(&hashes);
    resign(&mut closed.signed.settlement, 1);
    let record = |seq: Seq| Some(shard.record(seq).to_vec());
    let fetch = || nodes_of(shard.items(0));
    let error = StatementProof::build(&closed.signed, &member(4), &closed.index, record, fetch())
        .unwrap_err();
    assert_eq!(error.code(), "seq-outside-batch");
    // In the records alone: the index leaves it out, and so does the statement, whose sums then
    // are not the settlement's.
    let mut closed = shard.batches[0].clone();
    closed.index.retain(|leaf| leaf.seq() != Seq(3));
    let hashes: Vec<_> = closed.index.iter().map(IndexLeaf::leaf_hash).collect();
    closed.signed.settlement.entry_count -= 1;
    closed.signed.settlement.index_root = root::<Blake3>(&hashes);
    resign(&mut closed.signed.settlement, 1);
    let bundle =
        StatementProof::build(&closed.signed, &member(4), &closed.index, record, fetch()).unwrap();
    assert_eq!(verify(&bundle), "member-deltas");
}

#[test]
fn what_a_statement_lacks_is_named_when_it_is_built() {
    let shard = two_batches();
    let Closed { signed, index } = &shard.batches[0];
    let fetch = || nodes_of(shard.items(0));
    let error = StatementProof::build(signed, &member(4), index, |_| None, fetch()).unwrap_err();
    assert_eq!(error, ProofError::RecordMissing { seq: Seq(1) });
    let record = |seq: Seq| Some(shard.record(seq).to_vec());
    let error =
        StatementProof::build(signed, &member(4), &index[1..], record, fetch()).unwrap_err();
    assert_eq!(error, ProofError::IndexSize { expected: 6, found: 5 });
    let mut swapped = index.clone();
    swapped[0] = IndexLeaf::new(&member(1), "b", Seq(2));
    let error = StatementProof::build(signed, &member(4), &swapped, record, fetch()).unwrap_err();
    assert_eq!(error.code(), "multi-inclusion-root-mismatch");
    let error = StatementProof::build(signed, &member(4), index, record, |_| None).unwrap_err();
    assert_eq!(error.code(), "multi-inclusion-node-missing");
}

#[test]
fn sums_that_do_not_fit_are_refused_and_never_wrap() {
    // 2^64 entries would be needed to overflow 2^128-1; that the largest amounts add up is all that
    // can be shown.
    let mut shard = Shard::new();
    for (at, amount) in [
        crate::limits::MAX_AMOUNT,
        crate::limits::MAX_AMOUNT,
        crate::limits::MIN_AMOUNT,
        crate::limits::MIN_AMOUNT,
    ]
    .into_iter()
    .enumerate()
    {
        shard.append(4, &at.to_string(), "joule", amount);
    }
    shard.settle();
    let report = shard.statement(0, 4).verify(&trusted(), &VerifyOptions::default()).unwrap();
    assert_eq!(code(&report), "valid");
    let sum = &report.facts.sums[0];
    assert_eq!((sum.earned, sum.spent), (2 * ((1 << 64) - 1), 2 << 64));
}
