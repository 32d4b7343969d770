//! The proof room against the vectors: bundles of the shard in `metering-v1`, and the TypeScript
//! library's proofs as far as they have a counterpart.

use std::cmp::Ordering;

use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Control, Operation, Record};
use countersign_core::hash::{Blake3, Digest};
use countersign_core::keys::{
    Certificate, PublicKey, Revocation, ShardId, Signature, SigningKey, create_process_key_action,
};
use countersign_core::merkle::{
    LeafIndex, TreeSize, leaf_hash, prove_multi_inclusion, root, verify_multi_inclusion,
};
use countersign_core::proof::{
    ConsistencyProof, ExclusionBundle, ExclusionProof, Fork, Format, InclusionProof,
    IndexContradiction, IndexGap, IndexNeighbour, KnownRevocation, LogRootContradiction,
    OverlapContradiction, ProofError, ReceiptBundle, ReceiptContradiction, RecordsProof, Report,
    SettledLeaf, SignedSettlement, StatementProof, VerifyOptions, nodes_of, verify_bundle,
};
use countersign_core::settlement::{BatchSettlementAction, BatchWindow, IndexLeaf, settle};
use countersign_tests::json::{bytes, list, number, text};
use countersign_tests::vector;
use serde_json::Value;

/// The shard of `metering-v1` as a prover knows it.
pub(crate) struct Shard {
    pub(crate) operator: PublicKey,
    records: Vec<Vec<u8>>,
    leaves: Vec<Digest>,
    certificates: Vec<Certificate>,
    revocations: Vec<KnownRevocation>,
    settlements: Vec<BatchSettlementAction>,
    receipts: Vec<(Seq, Signature)>,
}

impl Shard {
    pub(crate) fn read() -> Self {
        let file = vector("metering-v1/format.json");
        let operator = PublicKey::from_hex(text(&file["operatorPublicKey"])).unwrap();
        let mut shard = Self {
            operator,
            records: vec![],
            leaves: vec![],
            certificates: vec![],
            revocations: vec![],
            settlements: vec![],
            receipts: vec![],
        };
        for record in list(&file["records"]) {
            let bytes = bytes(&record["cbor"]);
            shard.take(&bytes);
            let leaf = leaf_hash::<Blake3>(&bytes);
            assert_eq!(leaf.to_string(), text(&record["leafHash"]));
            shard.leaves.push(leaf);
            shard.records.push(bytes);
        }
        for receipt in list(&file["receipts"]) {
            let signature = Signature::from_hex(text(&receipt["signature"])).unwrap();
            shard.receipts.push((Seq(number(&receipt["seq"])), signature));
        }
        for (settlement, theirs) in shard.settlements.iter().zip(list(&file["settlements"])) {
            let index = shard.index(settlement);
            let expected: Vec<_> = list(&theirs["indexLeaves"]).iter().map(bytes).collect();
            assert!(index.iter().map(|leaf| leaf.as_bytes().to_vec()).eq(expected));
        }
        shard
    }

    fn take(&mut self, bytes: &[u8]) {
        let record = Record::decode(bytes).unwrap();
        match record.control() {
            Some(Control::Certificate(certificate)) => self.certificates.push(*certificate),
            Some(Control::Revocation(revocation)) => {
                let seq = Some(record.seq());
                self.revocations.push(KnownRevocation { revocation: *revocation, seq });
            }
            Some(Control::Settlement(settlement)) => self.settlements.push(settlement.into()),
            _ => {}
        }
    }

    fn record(&self, seq: Seq) -> &[u8] {
        &self.records[usize::try_from(seq.0).unwrap()]
    }

    fn certificate(&self, key: &PublicKey) -> Certificate {
        *self.certificates.iter().find(|certificate| certificate.public_key == *key).unwrap()
    }

    pub(crate) fn signed(&self, batch: usize) -> SignedSettlement {
        let settlement = self.settlements[batch].clone();
        SignedSettlement { certificate: self.certificate(&settlement.public_key), settlement }
    }

    fn items(&self, settlement: &BatchSettlementAction) -> &[Digest] {
        let [from, to] =
            [settlement.from_seq, settlement.to_seq].map(|seq| usize::try_from(seq.0).unwrap());
        &self.leaves[from..=to]
    }

    /// The sorted index, out of the records.
    fn index(&self, settlement: &BatchSettlementAction) -> Vec<IndexLeaf> {
        let mut index = vec![];
        for seq in settlement.from_seq.0..=settlement.to_seq.0 {
            if let Ok(Record::Entry(entry)) = Record::decode(self.record(Seq(seq))) {
                index.push(IndexLeaf::of(&entry));
            }
        }
        index.sort_unstable();
        index
    }

    /// The receipt at `place` of the vectors, as the bundle that the writer gives.
    pub(crate) fn receipt(&self, place: usize) -> ReceiptBundle {
        let (seq, signature) = self.receipts[place];
        ReceiptBundle::build(&self.certificates[0], seq, self.record(seq), signature)
    }

    pub(crate) fn inclusion(&self, batch: usize, seq: Seq) -> String {
        let signed = self.signed(batch);
        let fetch = nodes_of(self.items(&signed.settlement));
        let bundle = InclusionProof::build(&signed, self.record(seq), fetch);
        bundle.unwrap().to_json().unwrap()
    }

    pub(crate) fn several(&self, batch: usize, seqs: &[u64]) -> String {
        let signed = self.signed(batch);
        let records: Vec<_> = seqs.iter().map(|seq| self.record(Seq(*seq))).collect();
        let fetch = nodes_of(self.items(&signed.settlement));
        RecordsProof::build(&signed, &records, fetch).unwrap().to_json().unwrap()
    }

    pub(crate) fn consistency(&self, earlier: usize, later: usize) -> String {
        let (earlier, later) = (self.signed(earlier), self.signed(later));
        let end = usize::try_from(later.settlement.to_seq.0).unwrap();
        let fetch = nodes_of(&self.leaves[..=end]);
        ConsistencyProof::build(&earlier, &later, fetch).unwrap().to_json().unwrap()
    }

    pub(crate) fn exclusion(&self, batch: usize, member_id: &[u8; 32], op_id: &str) -> String {
        let signed = self.signed(batch);
        let index = self.index(&signed.settlement);
        ExclusionProof::build(&signed, member_id, op_id, &index).unwrap().to_json().unwrap()
    }

    pub(crate) fn statement(&self, batch: usize, member_id: &[u8; 32]) -> String {
        let signed = self.signed(batch);
        let index = self.index(&signed.settlement);
        let record = |seq| Some(self.record(seq).to_vec());
        let fetch = nodes_of(self.items(&signed.settlement));
        let bundle = StatementProof::build(&signed, member_id, &index, record, fetch);
        bundle.unwrap().to_json().unwrap()
    }

    fn verify(&self, json: &str) -> Report {
        verify_bundle(json.as_bytes(), &self.operator, &VerifyOptions::default()).unwrap()
    }
}

/// One bundle of each kind, in order of the formats; the contradictions are shams, in shape only.
pub(crate) fn one_of_each(shard: &Shard) -> Vec<String> {
    let (one, two) = (shard.signed(0), shard.signed(1));
    let seq = Seq(1);
    let fetch = || nodes_of(shard.items(&one.settlement));
    let inclusion = InclusionProof::build(&one, shard.record(seq), fetch()).unwrap();
    let index = shard.index(&one.settlement);
    let member_id = *index[0].member_id();
    let exclusion = ExclusionProof::build(&one, &member_id, "no such operation", &index).unwrap();
    let mut leaf = SettledLeaf::of(&inclusion.proof);
    leaf.leaf_hash = Digest::default();
    let other_leaf = SettledLeaf::of(&inclusion.proof);
    let against = ReceiptContradiction::build(&shard.receipt(0), &one, leaf.clone()).unwrap();
    let mut wider = one.settlement.clone();
    wider.to_seq = Seq(1);
    let overlap = OverlapContradiction::build(&one, &wider).unwrap();
    let fork = Some(Fork { seq, leaf, other_leaf });
    let log_root = LogRootContradiction::build(&one, &two, fork).unwrap();
    vec![
        inclusion.to_json().unwrap(),
        shard.several(0, &[1, 2, 30]),
        shard.consistency(0, 1),
        exclusion.to_json().unwrap(),
        shard.statement(0, &member_id),
        shard.receipt(0).to_json().unwrap(),
        against.to_json().unwrap(),
        IndexContradiction::of(&inclusion, exclusion.proof.gap).to_json().unwrap(),
        overlap.to_json().unwrap(),
        log_root.to_json().unwrap(),
    ]
}

fn code(report: &Report) -> &'static str {
    report.first_failure().map_or("valid", |check| check.code)
}

#[test]
fn every_record_of_the_vectors_is_proven() {
    let shard = Shard::read();
    assert_eq!(shard.settlements.len(), 3);
    for batch in 0..3 {
        let settlement = &shard.settlements[batch];
        let seqs: Vec<_> = (settlement.from_seq.0..=settlement.to_seq.0).collect();
        for seq in &seqs {
            let report = shard.verify(&shard.inclusion(batch, Seq(*seq)));
            assert_eq!((code(&report), report.format), ("valid", Format::Inclusion), "{seq}");
            assert_eq!(report.facts.records[0].seq, Seq(*seq));
        }
        assert_eq!(code(&shard.verify(&shard.several(batch, &seqs))), "valid");
    }
    for (earlier, later) in [(0, 1), (0, 2), (1, 2), (2, 2)] {
        assert_eq!(code(&shard.verify(&shard.consistency(earlier, later))), "valid");
    }
}

#[test]
fn every_member_of_the_vectors_has_a_statement() {
    let shard = Shard::read();
    for (batch, settlement) in shard.settlements.iter().enumerate() {
        let mut members: Vec<_> =
            settlement.member_deltas.iter().map(|delta| delta.member_id).collect();
        members.dedup();
        let mut entries = 0;
        for member_id in &members {
            let report = shard.verify(&shard.statement(batch, member_id));
            assert_eq!(code(&report), "valid");
            let deltas = settlement.member_deltas.iter();
            let deltas = deltas.filter(|delta| delta.member_id == *member_id);
            assert!(report.facts.sums.iter().eq(deltas));
            entries += report.facts.records.len();
            let report = shard.verify(&shard.exclusion(batch, member_id, "no such operation"));
            assert_eq!(code(&report), "valid");
        }
        assert_eq!(entries as u64, settlement.entry_count);
        assert_eq!(code(&shard.verify(&shard.statement(batch, &[0xee; 32]))), "valid");
    }
}

#[test]
fn the_receipts_of_the_vectors_hold() {
    let shard = Shard::read();
    for place in 0..3 {
        let bundle = shard.receipt(place);
        let report = shard.verify(&bundle.to_json().unwrap());
        assert_eq!((code(&report), report.format), ("valid", Format::Receipt));
        let mut other = bundle.clone();
        other.proof.signature = shard.receipt((place + 1) % 3).proof.signature;
        assert_eq!(code(&shard.verify(&other.to_json().unwrap())), "receipt-signature");
    }
}

#[test]
fn the_compromise_of_the_vectors_takes_the_first_keys_settlements_back() {
    let shard = Shard::read();
    let options = VerifyOptions { now_ms: None, revocations: &shard.revocations };
    let verify =
        |json: &str| code(&verify_bundle(json.as_bytes(), &shard.operator, &options).unwrap());
    // `invalidFrom30` lists the settlement records 43 and 88, by the first key, and not 127.
    let file = vector("metering-v1/format.json");
    for (batch, settlement) in shard.settlements.iter().enumerate() {
        let record = settlement.to_seq.next().to_string();
        let is_invalid = list(&file["invalidFrom30"]).iter().any(|seq| text(seq) == record);
        let expected = if is_invalid { "key-compromised" } else { "valid" };
        assert_eq!(verify(&shard.inclusion(batch, settlement.to_seq)), expected, "{record}");
    }
    assert_eq!(verify(&shard.consistency(0, 2)), "key-compromised");
    // Its receipts are for records below 30.
    assert_eq!(verify(&shard.receipt(2).to_json().unwrap()), "valid");
    let rotations = shard.revocations.iter().filter(|known| {
        let Revocation { reason, .. } = known.revocation;
        reason.as_str() == "rotation"
    });
    assert_eq!(rotations.count(), 1);
}

fn pub_leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|i| leaf_hash::<Blake3>(format!("pub-leaf-{i}").as_bytes())).collect()
}

/// `inclusion-proofs.json` and `inclusion-negative.json` prove leaves that are no records, so that
/// no bundle can carry them; `merkle` replays them. Multi-proofs are new: one of a single leaf has
/// the hashes of the audit path, and refuses what the path refuses.
#[test]
fn multi_proofs_of_one_leaf_are_the_audit_paths_of_the_vectors() {
    let leaves = pub_leaves(10_000);
    for case in list(&vector("metering/inclusion-proofs.json")["cases"]) {
        let (size, at) = (number(&case["treeSize"]), number(&case["leafIndex"]));
        let leaves = &leaves[..usize::try_from(size).unwrap()];
        let index = LeafIndex::new(at);
        let mut siblings = prove_multi_inclusion::<Blake3>(leaves, &[index]).unwrap();
        let root = Digest::from_hex(text(&case["root"])).unwrap();
        let leaf = Digest::from_hex(text(&case["leafHash"])).unwrap();
        let size = TreeSize::new(size).unwrap();
        verify_multi_inclusion::<Blake3>(size, &[(index, leaf)], &siblings, &root).unwrap();
        let path = case["auditPath"].as_array().unwrap();
        let mut path: Vec<_> =
            path.iter().map(|hash| Digest::from_hex(text(hash)).unwrap()).collect();
        path.sort();
        siblings.sort();
        assert_eq!(siblings, path, "leaf {at} of {size}");
    }
}

const SHARD_ID: ShardId = ShardId::from_bytes([7; 16]);

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn process() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

/// The operations of the library's batch, in a batch of ours.
struct Batch {
    signed: SignedSettlement,
    index: Vec<IndexLeaf>,
}

impl Batch {
    fn of(file: &Value) -> Self {
        let key = process().public_key();
        let certificate = create_process_key_action(&operator(), SHARD_ID, key, 0, 60_000).unwrap();
        let mut chain = ChainWriter::new(SHARD_ID);
        let mut window = BatchWindow::new(Seq::FIRST);
        let mut leaves = vec![];
        let mut take = |bytes: &[u8]| {
            window.push(bytes, &Record::decode(bytes).unwrap()).unwrap();
            leaves.push(leaf_hash::<Blake3>(bytes));
        };
        let mut out = vec![];
        chain.certify(&mut out, 1_000, &certificate).unwrap();
        take(&out);
        for record in list(&file["batch"]["records"]) {
            let fields: ciborium::Value = ciborium::from_reader(bytes(record).as_slice()).unwrap();
            let fields = fields.into_array().unwrap();
            let member_id = fields[4].as_tag().unwrap().1.as_bytes().unwrap().clone();
            let operation = Operation {
                op: fields[3].as_text().unwrap(),
                member_id: &member_id.try_into().unwrap(),
                asset_id: fields[5].as_text().unwrap(),
                amount: 1,
                op_id: fields[7].as_text().unwrap(),
                context_hash: &[0; 32],
            };
            out.clear();
            chain.append(&mut out, 2_000, &operation).unwrap();
            take(&out);
        }
        let log_root = root::<Blake3>(&leaves);
        let settlement =
            settle(&mut chain, &window, log_root, &process(), &mut out, 3_000).unwrap();
        Self { signed: SignedSettlement { certificate, settlement }, index: window.index_leaves() }
    }

    fn neighbour(&self, at: usize) -> Option<IndexNeighbour> {
        let leaf = *self.index.get(at)?;
        let hashes: Vec<_> = self.index.iter().map(IndexLeaf::leaf_hash).collect();
        let index = LeafIndex::new(at as u64);
        let audit_path =
            countersign_core::merkle::prove_inclusion::<Blake3>(&hashes, index).unwrap();
        Some(IndexNeighbour { leaf_index: at as u64, leaf, audit_path })
    }

    /// Both sides of the leaf at `at`, as if it were not there.
    fn without(&self, at: usize) -> IndexGap {
        let before = at.checked_sub(1).and_then(|before| self.neighbour(before));
        IndexGap { before, after: self.neighbour(at + 1) }
    }
}

fn check(bundle: &ExclusionBundle) -> &'static str {
    code(&bundle.verify(&operator().public_key(), &VerifyOptions::default()).unwrap())
}

/// The library's exclusion proof lists all records of a member; ours shows the neighbours of the
/// operation in a signed index. The operations are the same, and each attack is the nearest one
/// that our form allows: where a record is left out, its leaf is; where a record is changed, a
/// neighbour is. `required` decides; `reference`, the library's answer, is its known weakness.
#[test]
fn the_librarys_exclusion_cases_have_their_required_verdicts() {
    let file = vector("metering/exclusion-proofs.json");
    let batch = Batch::of(&file);
    let cases = list(&file["cases"]);
    let mut codes = vec![];
    for case in cases {
        let proof = &case["proof"];
        let member_id: [u8; 32] = bytes(&proof["memberId"]).try_into().unwrap();
        let op_id = text(&proof["opId"]);
        let wanted = IndexLeaf::new(&member_id, op_id, Seq::FIRST);
        let place = batch.index.partition_point(|leaf| *leaf < wanted);
        let built = ExclusionProof::build(&batch.signed, &member_id, op_id, &batch.index);
        let mut bundle =
            ExclusionProof::build(&batch.signed, &member_id, "absent-op", &batch.index).unwrap();
        if let Some(op_id) = countersign_core::document::Text::new(op_id) {
            bundle.proof.op_id = op_id;
        }
        let gap = &mut bundle.proof.gap;
        let found = match text(&case["name"]) {
            "operation absent" | "member with no records" => check(built.as_ref().unwrap()),
            "operation present" => built.as_ref().map_err(ProofError::code).err().unwrap(),
            "the matching record left out by the prover" | "all records left out by the prover" => {
                *gap = batch.without(place);
                check(&bundle)
            }
            "all left out, arbitrary root, size and range"
            | "outer tree size and range not those of the batch" => {
                bundle.settlement.entry_count -= 1;
                *gap = batch.without(place);
                check(&bundle)
            }
            "one record listed twice" => {
                gap.after = gap.before.clone();
                check(&bundle)
            }
            "record bytes replaced" => {
                let before = gap.before.as_mut().unwrap();
                before.leaf = IndexLeaf::new(before.leaf.member_id(), "other", Seq(3));
                let is_below = before.leaf.cmp(&wanted) == Ordering::Less;
                assert_eq!(check(&bundle) == "index-inclusion", is_below);
                check(&bundle)
            }
            "inner proof for another root" => {
                gap.before.as_mut().unwrap().audit_path[0] = Digest::default();
                check(&bundle)
            }
            "inner path shortened" => {
                gap.before.as_mut().unwrap().audit_path.pop();
                check(&bundle)
            }
            "record of another member" => {
                gap.before = batch.neighbour(place - 2);
                check(&bundle)
            }
            other => panic!("an unknown case: {other}"),
        };
        let required = case["required"].as_bool().unwrap();
        assert_eq!(found == "valid", required, "{}: {found}", case["name"]);
        codes.push(found);
    }
    assert_eq!(cases.len(), 12);
    for code in
        ["operation-present", "neighbours-not-adjacent", "settlement-signature", "index-inclusion"]
    {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}
