//! Every attack that a bundle must withstand, by the name of its defect.

use super::*;

#[test]
fn honest_bundles_of_every_kind_hold() {
    let all = one_of_each();
    assert_eq!(all.len(), Format::ALL.len());
    for (format, json) in all {
        let report = verify_bundle(json.as_bytes(), &trusted(), &VerifyOptions::default()).unwrap();
        assert_eq!(code(&report), "valid", "{format}: {:?}", report.first_failure());
        assert_eq!(report.format, format);
        assert_eq!(report.facts.shard_id, SHARD);
        let read = AnyBundle::read(json.as_bytes()).unwrap();
        assert_eq!((read.format(), read.to_json().unwrap()), (format, json));
        let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        assert_eq!(json["valid"], true);
        assert_eq!(json["format"], format.name());
        assert_eq!(json["checks"][0]["code"], "operator-key");
        assert!(json["doesNotProve"].as_array().unwrap().len() >= 3);
    }
}

#[test]
fn another_operators_key() {
    let other = SigningKey::from_seed(&[9; 32]);
    for (format, json) in one_of_each() {
        let options = VerifyOptions::default();
        let report = verify_bundle(json.as_bytes(), &other.public_key(), &options).unwrap();
        assert_eq!(code(&report), "wrong-operator-key", "{format}");
    }
    // Nor does it help to name the trusted key beside a certificate by another.
    let mut bundle = two_batches().inclusion(0, 3);
    bundle.certificate.operator_public_key = other.public_key();
    assert_eq!(verify(&bundle), "wrong-operator-key");
    let key = process(1).public_key();
    bundle.certificate =
        create_process_key_action(&other, SHARD, key, START_MS, START_MS + LIFE_MS).unwrap();
    bundle.certificate.operator_public_key = trusted();
    assert_eq!(verify(&bundle), "certificate-invalid");
}

#[test]
fn a_certificate_of_a_newer_format_is_named() {
    let mut bundle = two_batches().inclusion(0, 3);
    bundle.certificate.format_version = 2;
    bundle.certificate.operator_signature = operator().sign(&bundle.certificate.signed_bytes());
    assert_eq!(verify(&bundle), "format-too-new");
}

#[test]
fn one_delta_changed_by_one_unit() {
    let shard = two_batches();
    for at in 0..4 {
        let mut bundle = shard.inclusion(0, 3);
        bundle.settlement.member_deltas[at].earned += 1;
        assert_eq!(verify(&bundle), "settlement-signature");
        let mut bundle = shard.statement(0, 4);
        bundle.settlement.member_deltas[at].spent ^= 1;
        assert_eq!(verify(&bundle), "settlement-signature");
    }
    // An operator that signs it is caught by the sums.
    let mut bundle = shard.statement(0, 4);
    let delta = bundle
        .settlement
        .member_deltas
        .iter_mut()
        .find(|delta| delta.member_id == member(4) && delta.asset_id == "joule");
    delta.unwrap().spent -= 1;
    resign(&mut bundle.settlement, 1);
    assert_eq!(verify(&bundle), "member-deltas");
}

#[test]
fn roots_swapped_between_fields() {
    let shard = two_batches();
    let mut bundle = shard.inclusion(1, 8);
    core::mem::swap(&mut bundle.settlement.items_root, &mut bundle.settlement.log_root);
    assert_eq!(verify(&bundle), "settlement-signature");
    // And if the operator signs it so:
    resign(&mut bundle.settlement, 1);
    assert_eq!(verify(&bundle), "inclusion-root-mismatch");
    let mut bundle = shard.exclusion(0, 4, "x");
    core::mem::swap(&mut bundle.settlement.items_root, &mut bundle.settlement.index_root);
    resign(&mut bundle.settlement, 1);
    assert_eq!(verify(&bundle), "index-inclusion");
    let mut bundle = shard.consistency(0, 1);
    core::mem::swap(&mut bundle.settlement.items_root, &mut bundle.settlement.log_root);
    resign(&mut bundle.settlement, 1);
    assert_eq!(verify(&bundle), "consistency-second-root-mismatch");
}

#[test]
fn a_proof_for_another_shard() {
    let other = ShardId::from_bytes([8; 16]);
    let mut bundle = two_batches().inclusion(0, 3);
    bundle.shard_id = other;
    assert_eq!(verify(&bundle), "wrong-shard");
    bundle.certificate.shard_id = other;
    assert_eq!(verify(&bundle), "certificate-invalid");
    // A key certified for both shards: the settlement is still the first one's.
    let key = process(1).public_key();
    let end_ms = START_MS + LIFE_MS;
    bundle.certificate =
        create_process_key_action(&operator(), other, key, START_MS, end_ms).unwrap();
    assert_eq!(verify(&bundle), "settlement-signature");
    let mut receipt = two_batches().receipt(2);
    receipt.shard_id = other;
    receipt.certificate = bundle.certificate;
    assert_eq!(
        json_code(&receipt.to_json().unwrap(), &VerifyOptions::default()),
        "receipt-signature"
    );
}

#[test]
fn a_proof_for_another_batch() {
    let shard = two_batches();
    let mut bundle = shard.inclusion(0, 3);
    bundle.settlement = shard.batches[1].signed.settlement.clone();
    assert_eq!(verify(&bundle), "seq-outside-batch");
    let mut bundle = shard.several(0, &[2, 3]);
    bundle.settlement = shard.batches[1].signed.settlement.clone();
    assert_eq!(verify(&bundle), "seq-outside-batch");
    let mut bundle = shard.exclusion(0, 4, "x");
    bundle.settlement = shard.batches[1].signed.settlement.clone();
    assert_eq!(verify(&bundle), "index-inclusion");
    let mut bundle = shard.statement(0, 4);
    bundle.settlement = shard.batches[1].signed.settlement.clone();
    assert_eq!(verify(&bundle), "seq-outside-batch");
}

#[test]
fn a_settlement_by_another_key_than_the_certified_one() {
    let shard = two_batches();
    for (number, expected) in [(2, "wrong-process-key"), (3, "wrong-process-key")] {
        let mut bundle = shard.inclusion(0, 3);
        resign(&mut bundle.settlement, number);
        assert_eq!(verify(&bundle), expected);
        // The same settlement, said to be by the certified key:
        bundle.settlement.public_key = process(1).public_key();
        assert_eq!(verify(&bundle), "settlement-signature");
    }
}

#[test]
fn a_record_with_a_changed_byte() {
    let shard = two_batches();
    let mut bundle = shard.inclusion(0, 3);
    // The amount is the last byte before the operation's id.
    let at = bundle.proof.record.len() - 34 - 2 - 1;
    bundle.proof.record[at] ^= 1;
    assert_eq!(verify(&bundle), "inclusion-root-mismatch");
    let mut bundle = shard.several(0, &[3, 4]);
    bundle.proof.records[1][at] ^= 1;
    assert_eq!(verify(&bundle), "multi-inclusion-root-mismatch");
    for end in [0, 1, 80] {
        let mut bundle = shard.inclusion(0, 3);
        bundle.proof.record.truncate(end);
        assert_eq!(verify(&bundle), "record-malformed");
    }
    let mut bundle = shard.inclusion(0, 3);
    bundle.proof.record.push(0);
    assert_eq!(verify(&bundle), "record-malformed");
}

#[test]
fn a_record_said_to_be_another_one() {
    let shard = two_batches();
    let mut bundle = shard.inclusion(0, 3);
    bundle.proof.seq = Seq(4);
    assert_eq!(verify(&bundle), "record-seq");
    bundle.proof = shard.inclusion(0, 4).proof;
    bundle.proof.audit_path = shard.inclusion(0, 3).proof.audit_path;
    assert_eq!(verify(&bundle), "inclusion-root-mismatch");
}

#[test]
fn an_audit_path_of_another_length() {
    let shard = two_batches();
    let mut bundle = shard.inclusion(0, 3);
    let hash = bundle.proof.audit_path.pop().unwrap();
    assert_eq!(verify(&bundle), "inclusion-path-length");
    bundle.proof.audit_path.extend([hash, hash]);
    assert_eq!(verify(&bundle), "inclusion-path-length");
    let mut bundle = shard.several(0, &[0, 3]);
    bundle.proof.siblings.pop();
    assert_eq!(verify(&bundle), "multi-inclusion-sibling-count");
    let mut bundle = shard.consistency(0, 1);
    bundle.proof.path.pop();
    assert_eq!(verify(&bundle), "consistency-path-length");
}

#[test]
fn an_inner_node_as_a_record() {
    // Two leaf hashes behind each other are the data of their node; but no record, and a leaf has
    // another tag.
    let shard = two_batches();
    let mut bundle = shard.inclusion(0, 0);
    bundle.proof.record = shard.leaves[..2].iter().flat_map(|leaf| *leaf.as_bytes()).collect();
    bundle.proof.audit_path.remove(0);
    assert_eq!(verify(&bundle), "record-malformed");
}

#[test]
fn tree_sizes_that_lie() {
    let shard = two_batches();
    // Unsigned:
    let mut bundle = shard.inclusion(0, 3);
    bundle.settlement.to_seq = Seq(60);
    assert_eq!(verify(&bundle), "settlement-signature");
    bundle.settlement.to_seq = Seq(u64::MAX);
    assert_eq!(verify(&bundle), "range-invalid");
    bundle.settlement.from_seq = Seq(61);
    bundle.settlement.to_seq = Seq(60);
    assert_eq!(verify(&bundle), "range-invalid");
    let mut bundle = shard.exclusion(0, 4, "x");
    bundle.settlement.entry_count = 8;
    assert_eq!(verify(&bundle), "range-invalid");
    // Signed by the operator itself: of sizes that give the leaf the same path, root and size
    // together are its word. Others do not fit.
    for (to, expected) in [
        (4, "range-invalid"),
        (5, "valid"),
        (7, "valid"),
        (8, "inclusion-path-length"),
        (15, "inclusion-path-length"),
    ] {
        let mut bundle = shard.inclusion(0, 3);
        bundle.settlement.to_seq = Seq(to);
        resign(&mut bundle.settlement, 1);
        assert_eq!(verify(&bundle), expected, "{to}");
    }
    for entry_count in [0, 1, 2, 3, 4, 5, 7] {
        let mut bundle = shard.exclusion(0, 4, "x");
        bundle.settlement.entry_count = entry_count;
        resign(&mut bundle.settlement, 1);
        let found = verify(&bundle);
        assert!(
            ["neighbours-not-adjacent", "index-inclusion"].contains(&found),
            "{entry_count}: {found}"
        );
        let mut bundle = shard.statement(0, 4);
        bundle.settlement.entry_count = entry_count;
        resign(&mut bundle.settlement, 1);
        let found = verify(&bundle);
        assert!(["statement-edge", "index-inclusion"].contains(&found), "{entry_count}: {found}");
    }
}

#[test]
fn records_out_of_order_or_twice() {
    let shard = two_batches();
    let mut bundle = shard.several(0, &[2, 3]);
    bundle.proof.records.swap(0, 1);
    assert_eq!(verify(&bundle), "records-not-ascending");
    let mut bundle = shard.several(0, &[2, 3]);
    bundle.proof.records[1] = bundle.proof.records[0].clone();
    assert_eq!(verify(&bundle), "records-not-ascending");
    let mut bundle = shard.several(0, &[2, 3]);
    bundle.proof.records.clear();
    assert_eq!(verify(&bundle), "multi-inclusion-empty");
    bundle.proof.siblings = vec![bundle.settlement.items_root];
    assert_eq!(verify(&bundle), "multi-inclusion-empty");
}

#[test]
fn consistency_of_settlements_in_the_wrong_order() {
    let shard = two_batches();
    let (one, two) = (&shard.batches[0].signed, &shard.batches[1].signed);
    let mut bundle = shard.consistency(0, 1);
    bundle.settlement = one.settlement.clone();
    bundle.proof.earlier = two.clone();
    assert_eq!(verify(&bundle), "consistency-size-order");
    bundle.proof.earlier = one.clone();
    assert_eq!(verify(&bundle), "consistency-path-length");
    bundle.proof.path.clear();
    assert_eq!(verify(&bundle), "valid");
    bundle.proof.earlier.settlement.log_root = two.settlement.log_root;
    resign(&mut bundle.proof.earlier.settlement, 1);
    assert_eq!(verify(&bundle), "consistency-second-root-mismatch");
    bundle.proof.earlier.settlement.signature = two.settlement.signature;
    assert_eq!(verify(&bundle), "settlement-signature");
    bundle.proof.earlier.certificate = certificate(2);
    assert_eq!(verify(&bundle), "wrong-process-key");
}

#[test]
fn neighbours_that_are_not_neighbours() {
    let shard = two_batches();
    let honest = shard.exclusion(0, 4, "x");
    let place = |side: &Option<IndexNeighbour>| side.as_ref().unwrap().leaf_index;
    let (before, after) = (place(&honest.proof.gap.before), place(&honest.proof.gap.after));
    assert_eq!((before + 1, verify(&honest)), (after, "valid"));
    // Every other pair of leaves, in every order.
    let gap = |at: usize| shard.gap(0, at);
    for one in 0..6 {
        for two in 0..6 {
            let mut bundle = honest.clone();
            bundle.proof.gap = IndexGap { before: gap(one + 1).before, after: gap(two).after };
            let expected = match (one as u64, two as u64) {
                (one, two) if one + 1 != two => "neighbours-not-adjacent",
                (one, two) if (one, two) == (before, after) => "valid",
                _ => "key-not-enclosed",
            };
            assert_eq!(verify(&bundle), expected, "{one} and {two}");
        }
    }
}

#[test]
fn an_index_leaf_left_out() {
    // The prover hides the operation by showing the leaves on both of its sides.
    let shard = two_batches();
    let index = &shard.batches[0].index;
    let hidden =
        index.iter().position(|leaf| leaf.key() == IndexLeaf::new(&member(4), "c", Seq(0)).key());
    let hidden = hidden.unwrap();
    let mut bundle = shard.exclusion(0, 4, "x");
    bundle.proof.op_id = crate::document::Text::new("c").unwrap();
    let gap =
        IndexGap { before: shard.gap(0, hidden).before, after: shard.gap(0, hidden + 1).after };
    bundle.proof.gap = gap.clone();
    assert_eq!(verify(&bundle), "neighbours-not-adjacent");
    // It lies about a place, or uses the leaf itself as a neighbour.
    bundle.proof.gap.after.as_mut().unwrap().leaf_index -= 1;
    assert_eq!(verify(&bundle), "index-inclusion");
    bundle.proof.gap =
        IndexGap { before: shard.gap(0, hidden + 1).before, after: gap.after.clone() };
    assert_eq!(verify(&bundle), "operation-present");
    bundle.proof.gap = IndexGap { before: gap.before.clone(), after: shard.gap(0, hidden).after };
    assert_eq!(verify(&bundle), "operation-present");
    // And nobody builds it either.
    let Closed { signed, index } = &shard.batches[0];
    let error = ExclusionProof::build(signed, &member(4), "c", index).unwrap_err();
    assert_eq!(error, ProofError::OperationPresent { seq: Seq(3) });
}

#[test]
fn first_and_last_edges_of_the_index() {
    let shard = two_batches();
    for (of, op_id) in [(1, "x"), (9, "x")] {
        let honest = shard.exclusion(0, of, op_id);
        assert_eq!(verify(&honest), "valid");
        let mut bundle = honest.clone();
        bundle.proof.gap = IndexGap { before: None, after: None };
        assert_eq!(verify(&bundle), "neighbours-not-adjacent");
        let mut bundle = honest.clone();
        bundle.proof.member_id = member(10 - of);
        assert_eq!(verify(&bundle), "key-not-enclosed");
    }
    // The first leaf as the one behind, without one before; and so on.
    let mut bundle = shard.exclusion(0, 9, "x");
    bundle.proof.gap = shard.gap(0, 5);
    bundle.proof.gap.before = None;
    assert_eq!(verify(&bundle), "neighbours-not-adjacent");
    bundle.proof.gap = shard.gap(0, 5);
    bundle.proof.gap.after = None;
    assert_eq!(verify(&bundle), "neighbours-not-adjacent");
    let last = shard.gap(0, 6);
    bundle.proof.gap.before = last.before;
    assert_eq!(verify(&bundle), "valid");
    bundle.proof.gap.before.as_mut().unwrap().leaf_index = u64::MAX;
    assert_eq!(verify(&bundle), "neighbours-not-adjacent");
}

#[test]
fn an_empty_batch_excludes_everything_and_includes_nothing() {
    let mut closed = two_batches().batches.remove(0);
    let settlement = &mut closed.signed.settlement;
    settlement.entry_count = 0;
    settlement.member_deltas.clear();
    settlement.index_root = crate::merkle::empty_root::<Blake3>();
    resign(settlement, 1);
    let bundle = ExclusionProof::build(&closed.signed, &member(4), "a", &[]).unwrap();
    assert_eq!(verify(&bundle), "valid");
    let nothing = |_| None;
    let statement =
        StatementProof::build(&closed.signed, &member(4), &[], |_| None, nothing).unwrap();
    assert_eq!(verify(&statement), "valid");
    // An empty index has the root of the empty tree.
    resign_with(&bundle, |settlement| settlement.index_root = Digest::default(), "index-not-empty");
    resign_with(
        &statement,
        |settlement| settlement.index_root = Digest::default(),
        "index-not-empty",
    );
    let mut wrong = statement.clone();
    wrong.proof.index_siblings.push(Digest::default());
    assert_eq!(verify(&wrong), "multi-inclusion-sibling-count");
    let mut wrong = statement.clone();
    wrong.proof.item_siblings.push(Digest::default());
    assert_eq!(verify(&wrong), "multi-inclusion-sibling-count");
    // Entries in the sums of an empty batch.
    let delta = two_batches().batches[0].signed.settlement.member_deltas[2].clone();
    assert_eq!(delta.member_id, member(4));
    resign_with(
        &statement,
        |settlement| settlement.member_deltas.push(delta.clone()),
        "member-deltas",
    );
}

fn resign_with<P: Kind + Clone + crate::document::WriteMembers>(
    bundle: &Bundle<P>,
    change: impl Fn(&mut BatchSettlementAction),
    expected: &str,
) {
    let mut bundle = bundle.clone();
    change(&mut bundle.settlement);
    assert_eq!(verify(&bundle), "settlement-signature");
    resign(&mut bundle.settlement, 1);
    assert_eq!(verify(&bundle), expected);
}

impl Shard {
    /// The gap in front of leaf `position` of a batch's index.
    pub(super) fn gap(&self, batch: usize, position: usize) -> IndexGap {
        IndexGap::build(&self.batches[batch].index, position).unwrap()
    }
}
