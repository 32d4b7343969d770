//! Tests of the proof room, and the small shard they are made on.

mod attacks;
mod briefs;
mod contradictions;
mod documents;
mod keys;
mod mutations;
mod placements;
mod statements;
mod twins;

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::Seq;
use crate::chain::{ChainWriter, Operation, Record};
use crate::hash::{Blake3, Digest};
use crate::keys::{
    Certificate, PublicKey, Reason, Revocation, ShardId, SigningKey, create_process_key_action,
    create_process_key_revoke_action, receipt_message,
};
use crate::merkle::{leaf_hash, root};
use crate::settlement::{BatchSettlementAction, BatchWindow, IndexLeaf, settle};

pub(super) const SHARD: ShardId = ShardId::from_bytes([7; 16]);
/// When the keys of these tests begin to be valid, and for how long.
pub(super) const START_MS: u64 = 1_000_000;
pub(super) const LIFE_MS: u64 = 100_000;

pub(super) fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

/// The process key of a number.
pub(super) fn process(number: u8) -> SigningKey {
    SigningKey::from_seed(&[100 + number; 32])
}

pub(super) fn certificate(number: u8) -> Certificate {
    certificate_from(number, START_MS)
}

/// A certificate that begins at `start_ms`.
pub(super) fn certificate_from(number: u8, start_ms: u64) -> Certificate {
    let key = process(number).public_key();
    create_process_key_action(&operator(), SHARD, key, start_ms, start_ms + LIFE_MS).unwrap()
}

pub(super) fn revocation(number: u8, reason: Reason, from: Option<u64>) -> Revocation {
    let key = process(number).public_key();
    let from = from.map(Seq);
    create_process_key_revoke_action(&operator(), SHARD, key, START_MS, reason, from).unwrap()
}

pub(super) const fn member(number: u8) -> [u8; 32] {
    [number; 32]
}

/// What is kept of a batch: its settlement, its sorted index, and the first record of the next.
#[derive(Clone)]
pub(super) struct Closed {
    pub(super) signed: SignedSettlement,
    pub(super) index: Vec<IndexLeaf>,
}

/// A log in memory, with a key of its own and the batches closed so far.
#[derive(Clone)]
pub(super) struct Shard {
    chain: ChainWriter,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) leaves: Vec<Digest>,
    pub(super) batches: Vec<Closed>,
    window: BatchWindow,
    number: u8,
    ts_us: u64,
}

impl Shard {
    /// A shard whose record 0 certifies process key 1.
    pub(super) fn new() -> Self {
        let mut shard = Self {
            chain: ChainWriter::new(SHARD),
            records: vec![],
            leaves: vec![],
            batches: vec![],
            window: BatchWindow::new(Seq::FIRST),
            number: 1,
            ts_us: START_MS * 1_000,
        };
        shard.certify(1, START_MS);
        shard
    }

    /// Makes key `number` the active one.
    pub(super) fn certify(&mut self, number: u8, start_ms: u64) {
        let mut bytes = vec![];
        let ts_us = self.ts_us.max(start_ms * 1_000);
        self.ts_us = ts_us;
        self.chain.certify(&mut bytes, ts_us, &certificate_from(number, start_ms)).unwrap();
        self.number = number;
        self.push(bytes);
    }

    pub(super) fn append(&mut self, of: u8, op_id: &str, asset_id: &str, amount: i128) -> Seq {
        self.append_for(&member(of), op_id, asset_id, amount)
    }

    pub(super) fn append_for(
        &mut self,
        member_id: &[u8; 32],
        op_id: &str,
        asset_id: &str,
        amount: i128,
    ) -> Seq {
        self.ts_us += 1_000;
        let mut bytes = vec![];
        let operation =
            Operation { op: "earn", member_id, asset_id, amount, op_id, context_hash: &[0; 32] };
        let seq = self.chain.append(&mut bytes, self.ts_us, &operation).unwrap();
        self.push(bytes);
        seq
    }

    fn push(&mut self, bytes: Vec<u8>) {
        self.window.push(&bytes, &Record::decode(&bytes).unwrap()).unwrap();
        self.leaves.push(leaf_hash::<Blake3>(&bytes));
        self.records.push(bytes);
    }

    /// Closes the open batch; the number of the batch.
    pub(super) fn settle(&mut self) -> usize {
        let mut bytes = vec![];
        let log_root = root::<Blake3>(&self.leaves);
        let key = process(self.number);
        let settlement =
            settle(&mut self.chain, &self.window, log_root, &key, &mut bytes, self.ts_us).unwrap();
        let index = self.window.index_leaves();
        self.window = BatchWindow::new(settlement.to_seq.next());
        let certificate = *self.chain.active().unwrap();
        self.batches.push(Closed { signed: SignedSettlement { certificate, settlement }, index });
        self.push(bytes);
        self.batches.len() - 1
    }

    /// Signs the chain's tip.
    pub(super) fn sign(&mut self) {
        let mut bytes = vec![];
        self.chain.sign(&mut bytes, self.ts_us, &process(self.number)).unwrap();
        self.push(bytes);
    }

    pub(super) fn record(&self, seq: Seq) -> &[u8] {
        &self.records[usize::try_from(seq.0).unwrap()]
    }

    pub(super) fn leaf(&self, seq: Seq) -> Digest {
        self.leaves[usize::try_from(seq.0).unwrap()]
    }

    /// The leaf hashes of a batch.
    pub(super) fn items(&self, batch: usize) -> &[Digest] {
        let settlement = &self.batches[batch].signed.settlement;
        let [from, to] =
            [settlement.from_seq, settlement.to_seq].map(|seq| usize::try_from(seq.0).unwrap());
        &self.leaves[from..=to]
    }

    /// The leaf hashes of the log up to the end of a batch.
    pub(super) fn log(&self, batch: usize) -> &[Digest] {
        let to = self.batches[batch].signed.settlement.to_seq;
        &self.leaves[..=usize::try_from(to.0).unwrap()]
    }

    pub(super) fn inclusion(&self, batch: usize, seq: u64) -> InclusionBundle {
        let fetch = nodes_of(self.items(batch));
        InclusionProof::build(&self.batches[batch].signed, self.record(Seq(seq)), fetch).unwrap()
    }

    pub(super) fn several(&self, batch: usize, seqs: &[u64]) -> RecordsBundle {
        let records: Vec<_> = seqs.iter().map(|seq| self.record(Seq(*seq))).collect();
        let fetch = nodes_of(self.items(batch));
        RecordsProof::build(&self.batches[batch].signed, &records, fetch).unwrap()
    }

    pub(super) fn consistency(&self, earlier: usize, later: usize) -> ConsistencyBundle {
        let [one, two] = [earlier, later].map(|batch| &self.batches[batch].signed);
        ConsistencyProof::build(one, two, nodes_of(self.log(later))).unwrap()
    }

    pub(super) fn exclusion(&self, batch: usize, of: u8, op_id: &str) -> ExclusionBundle {
        let Closed { signed, index } = &self.batches[batch];
        ExclusionProof::build(signed, &member(of), op_id, index).unwrap()
    }

    pub(super) fn statement(&self, batch: usize, of: u8) -> StatementBundle {
        let Closed { signed, index } = &self.batches[batch];
        let record = |seq: Seq| Some(self.record(seq).to_vec());
        let fetch = nodes_of(self.items(batch));
        StatementProof::build(signed, &member(of), index, record, fetch).unwrap()
    }

    /// The receipt of a record, by the key that is active now.
    pub(super) fn receipt(&self, seq: u64) -> ReceiptBundle {
        receipt(self.chain.active().unwrap(), self.number, Seq(seq), self.record(Seq(seq)))
    }
}

/// A receipt by key `number` for whatever bytes.
pub(super) fn receipt(
    certificate: &Certificate,
    number: u8,
    seq: Seq,
    record: &[u8],
) -> ReceiptBundle {
    let message = receipt_message(&certificate.shard_id, seq, &leaf_hash::<Blake3>(record));
    let signature = process(number).sign(message.as_bytes());
    ReceiptBundle::build(certificate, seq, record, signature)
}

/// Signs a settlement again, as an operator does that means it.
pub(super) fn resign(settlement: &mut BatchSettlementAction, number: u8) {
    settlement.public_key = process(number).public_key();
    settlement.signature = process(number).sign(&settlement.signed_bytes(SHARD));
}

/// The code of the check that failed, or `valid`. Whatever the outcome, the report must be one
/// that a reader can rely on.
pub(super) fn code(report: &Report) -> &'static str {
    assert!(!report.checks.is_empty());
    assert!(!report.does_not_prove.is_empty());
    let failed: Vec<_> = report.checks.iter().filter(|check| !check.ok).collect();
    assert_eq!(report.valid, failed.is_empty());
    // The first that fails is the last that runs.
    assert!(report.checks.iter().rev().skip(1).all(|check| check.ok));
    assert!(report.checks.iter().all(|check| !check.detail.is_empty()));
    report.first_failure().map_or("valid", |check| check.code)
}

pub(super) fn trusted() -> PublicKey {
    operator().public_key()
}

/// Checks a bundle as a reader does: from its JSON, trusting the operator alone.
pub(super) fn verify<P>(bundle: &Bundle<P>) -> &'static str
where
    P: Kind + crate::document::WriteMembers,
{
    verify_with(bundle, &VerifyOptions::default())
}

pub(super) fn verify_with<P>(bundle: &Bundle<P>, options: &VerifyOptions<'_>) -> &'static str
where
    P: Kind + crate::document::WriteMembers,
{
    json_code(&bundle.to_json().unwrap(), options)
}

pub(super) fn json_code(json: &str, options: &VerifyOptions<'_>) -> &'static str {
    match verify_bundle(json.as_bytes(), &trusted(), options) {
        Ok(report) => code(&report),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.code()
        }
    }
}

/// Two batches by one key: members 2, 4 and 6 in the first, 4 alone in the second.
pub(super) fn two_batches() -> Shard {
    let mut shard = Shard::new();
    for (of, op_id, asset_id, amount) in [
        (4, "a", "joule", 5),
        (2, "b", "joule", -7),
        (4, "c", "hour", -1),
        (6, "d", "joule", 100),
        (4, "e", "joule", -2),
        (2, "f", "hour", 0),
    ] {
        shard.append(of, op_id, asset_id, amount);
    }
    shard.settle();
    for op_id in ["g", "h", "i"] {
        shard.append(4, op_id, "joule", 1);
    }
    shard.settle();
    shard
}

/// One valid bundle of every kind, as JSON.
pub(super) fn one_of_each() -> Vec<(Format, String)> {
    let shard = two_batches();
    let (receipt_against, overlap, log_root) = contradictions::samples();
    let bundles = [
        AnyBundle::Inclusion(shard.inclusion(0, 3)),
        AnyBundle::BriefInclusion(briefs::sample()),
        AnyBundle::Records(shard.several(0, &[0, 3, 4])),
        AnyBundle::Consistency(shard.consistency(0, 1)),
        AnyBundle::Exclusion(shard.exclusion(0, 4, "x")),
        AnyBundle::Statement(shard.statement(0, 4)),
        AnyBundle::Receipt(shard.receipt(2)),
        AnyBundle::Placement(placements::sample()),
        AnyBundle::ContradictionReceipt(receipt_against),
        AnyBundle::ContradictionIndex(contradictions::index_sample()),
        AnyBundle::ContradictionOverlap(overlap),
        AnyBundle::ContradictionLogRoot(log_root),
    ];
    bundles.map(|bundle| (bundle.format(), bundle.to_json().unwrap())).into()
}
