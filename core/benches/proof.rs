//! The proof room: building and checking bundles of a batch of 10,000 records, and their sizes.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::sync::LazyLock;

use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Operation, Record};
use countersign_core::hash::{Blake3, Digest};
use countersign_core::keys::{
    PublicKey, ShardId, SigningKey, create_process_key_action, receipt_message,
};
use countersign_core::merkle::{leaf_hash, root};
use countersign_core::proof::{
    BriefInclusionBundle, ConsistencyProof, ExclusionProof, InclusionProof, IndexContradiction,
    IndexGap, OverlapContradiction, ReceiptBundle, ReceiptContradiction, RecordsProof, SettledLeaf,
    SignedSettlement, StatementProof, VerifyOptions, nodes_of, verify_bundle,
};
use countersign_core::settlement::{BatchWindow, IndexLeaf, settle};
use divan::Bencher;

/// Records of the batch, the certificate included.
const RECORDS: u32 = 10_000;

/// Members in the sizes that are printed.
const MEMBERS: [u32; 4] = [1, 8, 20, 40];

/// The member of the statement has every twentieth record: 500 of them.
const MEMBER: [u8; 32] = [7; 32];

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn process() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

struct Batch {
    signed: SignedSettlement,
    records: Vec<Vec<u8>>,
    leaves: Vec<Digest>,
    index: Vec<IndexLeaf>,
    /// The records behind it: its settlement's, and the signature of that.
    behind: [Vec<u8>; 2],
}

/// A batch of 10,000 records over that many members.
fn batch(members: u32) -> Batch {
    let shard_id = ShardId::from_bytes([7; 16]);
    let key = process().public_key();
    let certificate = create_process_key_action(&operator(), shard_id, key, 0, 60_000).unwrap();
    let mut chain = ChainWriter::new(shard_id);
    let mut window = BatchWindow::new(Seq::FIRST);
    let mut records = Vec::new();
    for at in 0..RECORDS {
        let mut bytes = Vec::new();
        if at == 0 {
            chain.certify(&mut bytes, 1_000, &certificate).unwrap();
        } else {
            let operation = Operation {
                op: "joule.charge",
                member_id: &[u8::try_from(at % members).unwrap(); 32],
                asset_id: "joule",
                amount: -i128::from(at),
                op_id: &format!("operation-{at:08}"),
                context_hash: &[9; 32],
            };
            chain.append(&mut bytes, 2_000, &operation).unwrap();
        }
        window.push(&bytes, &Record::decode(&bytes).unwrap()).unwrap();
        records.push(bytes);
    }
    let leaves: Vec<_> = records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
    let log_root = root::<Blake3>(&leaves);
    let mut out = Vec::new();
    let settlement = settle(&mut chain, &window, log_root, &process(), &mut out, 3_000).unwrap();
    let signed = SignedSettlement { certificate, settlement };
    let mut signature = Vec::new();
    chain.sign(&mut signature, 3_000, &process()).unwrap();
    Batch { signed, records, leaves, index: window.index_leaves(), behind: [out, signature] }
}

static BATCH: LazyLock<Batch> = LazyLock::new(|| batch(20));

impl Batch {
    fn inclusion(&self, at: usize) -> String {
        let fetch = nodes_of(&self.leaves);
        let bundle = InclusionProof::build(&self.signed, &self.records[at], fetch).unwrap();
        bundle.to_json().unwrap()
    }

    fn brief_inclusion(&self, at: usize) -> String {
        let fetch = nodes_of(&self.leaves);
        let bundle = InclusionProof::build(&self.signed, &self.records[at], fetch).unwrap();
        let [settlement, signature] = &self.behind;
        let brief = BriefInclusionBundle::build(&bundle, settlement, signature).unwrap();
        brief.to_json().unwrap()
    }

    fn several(&self) -> String {
        let records: Vec<_> = self.records.iter().step_by(100).collect();
        let bundle = RecordsProof::build(&self.signed, &records, nodes_of(&self.leaves)).unwrap();
        bundle.to_json().unwrap()
    }

    fn consistency(&self) -> String {
        let fetch = nodes_of(&self.leaves);
        let bundle = ConsistencyProof::build(&self.signed, &self.signed, fetch).unwrap();
        bundle.to_json().unwrap()
    }

    fn exclusion(&self) -> String {
        let bundle = ExclusionProof::build(&self.signed, &MEMBER, "absent", &self.index).unwrap();
        bundle.to_json().unwrap()
    }

    fn statement(&self) -> String {
        let record = |seq: Seq| self.records.get(usize::try_from(seq.0).unwrap()).cloned();
        let fetch = nodes_of(&self.leaves);
        let bundle = StatementProof::build(&self.signed, &MEMBER, &self.index, record, fetch);
        bundle.unwrap().to_json().unwrap()
    }

    fn receipt(&self) -> ReceiptBundle {
        let certificate = &self.signed.certificate;
        // Not the record that the batch holds there: the seq is the same, the amount is not.
        let mut record = self.records[5_000].clone();
        let amount = record.len() - 34 - 20 - 1;
        record[amount] ^= 1;
        let leaf = leaf_hash::<Blake3>(&record);
        let message = receipt_message(&certificate.shard_id, Seq(5_000), &leaf);
        ReceiptBundle::build(certificate, Seq(5_000), &record, process().sign(message.as_bytes()))
    }

    fn contradictions(&self) -> [String; 3] {
        let fetch = nodes_of(&self.leaves);
        let inclusion = InclusionProof::build(&self.signed, &self.records[5_000], fetch).unwrap();
        let leaf = SettledLeaf::of(&inclusion.proof);
        let receipt = ReceiptContradiction::build(&self.receipt(), &self.signed, leaf).unwrap();
        let gap: IndexGap = ExclusionProof::build(&self.signed, &MEMBER, "absent", &self.index)
            .map(|bundle| bundle.proof.gap)
            .unwrap();
        let mut other = self.signed.settlement.clone();
        other.tip_hash = Digest::default();
        other.signature = process().sign(&other.signed_bytes(self.signed.certificate.shard_id));
        let overlap = OverlapContradiction::build(&self.signed, &other).unwrap();
        [
            receipt.to_json().unwrap(),
            // Its checks are those of an inclusion and an exclusion; this one does not hold.
            IndexContradiction::of(&inclusion, gap).to_json().unwrap(),
            overlap.to_json().unwrap(),
        ]
    }
}

fn main() {
    for members in MEMBERS {
        let batch = batch(members);
        let size = batch.inclusion(5_000).len();
        let brief = batch.brief_inclusion(5_000).len();
        println!(
            "an inclusion in {RECORDS} records of {members} pairs: {size} bytes, brief: {brief}"
        );
    }
    let (statement, inclusion) = (BATCH.statement().len(), BATCH.inclusion(5_000).len());
    println!("a statement of 500 records: {statement} bytes");
    println!("its records one by one: {} bytes", 500 * inclusion);
    println!("100 records: {} bytes", BATCH.several().len());
    println!("an exclusion: {} bytes", BATCH.exclusion().len());
    println!("a receipt: {} bytes", BATCH.receipt().to_json().unwrap().len());
    divan::main();
}

/// Checks a document as a reader does, from its JSON.
fn check(json: &str, is_valid: bool) {
    let trusted: PublicKey = operator().public_key();
    let report = verify_bundle(black_box(json.as_bytes()), &trusted, &VerifyOptions::default());
    assert_eq!(report.unwrap().valid, is_valid);
}

/// With the verification that building it ends with.
#[divan::bench]
fn prove_brief_inclusion(bencher: Bencher<'_, '_>) {
    let batch = &*BATCH;
    bencher.bench(|| batch.brief_inclusion(black_box(5_000)));
}

#[divan::bench]
fn prove_inclusion(bencher: Bencher<'_, '_>) {
    let batch = &*BATCH;
    bencher.bench(|| batch.inclusion(black_box(5_000)));
}

#[divan::bench]
fn prove_100_records(bencher: Bencher<'_, '_>) {
    let batch = &*BATCH;
    bencher.bench(|| batch.several());
}

#[divan::bench]
fn prove_exclusion(bencher: Bencher<'_, '_>) {
    let batch = &*BATCH;
    bencher.bench(|| batch.exclusion());
}

#[divan::bench]
fn prove_statement_of_500_records(bencher: Bencher<'_, '_>) {
    let batch = &*BATCH;
    bencher.bench(|| batch.statement());
}

#[divan::bench]
fn verify_inclusion(bencher: Bencher<'_, '_>) {
    let json = BATCH.inclusion(5_000);
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_brief_inclusion(bencher: Bencher<'_, '_>) {
    let json = BATCH.brief_inclusion(5_000);
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_100_records(bencher: Bencher<'_, '_>) {
    let json = BATCH.several();
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_consistency(bencher: Bencher<'_, '_>) {
    let json = BATCH.consistency();
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_exclusion(bencher: Bencher<'_, '_>) {
    let json = BATCH.exclusion();
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_statement_of_500_records(bencher: Bencher<'_, '_>) {
    let json = BATCH.statement();
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_receipt(bencher: Bencher<'_, '_>) {
    let json = BATCH.receipt().to_json().unwrap();
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_receipt_contradiction(bencher: Bencher<'_, '_>) {
    let [json, ..] = BATCH.contradictions();
    bencher.bench(|| check(&json, true));
}

#[divan::bench]
fn verify_index_contradiction_that_is_none(bencher: Bencher<'_, '_>) {
    let [_, json, _] = BATCH.contradictions();
    bencher.bench(|| check(&json, false));
}

#[divan::bench]
fn verify_overlap_contradiction(bencher: Bencher<'_, '_>) {
    let [.., json] = BATCH.contradictions();
    bencher.bench(|| check(&json, true));
}
