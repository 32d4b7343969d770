//! Tests of the dispute room, and the small settled shard they are made on.

mod accounts;
mod answers;
mod contradictions;
mod documents;
mod evaluate;
mod reversal;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::*;
use crate::Seq;
use crate::chain::{ChainWriter, Operation, Record};
use crate::document::Text;
use crate::hash::Blake3;
use crate::keys::{Certificate, PublicKey, ShardId, SigningKey, create_process_key_action};
use crate::merkle::{leaf_hash, root};
use crate::proof::{ExclusionProof, InclusionProof, SignedSettlement, nodes_of};
use crate::settlement::{BatchSettlementAction, BatchWindow, IndexLeaf, settle};

pub(super) const SHARD: ShardId = ShardId::from_bytes([7; 16]);
pub(super) const START_MS: u64 = 1_000_000;
pub(super) const LIFE_MS: u64 = 100_000;
pub(super) const ALICE: [u8; 32] = [3; 32];
pub(super) const BOB: [u8; 32] = [4; 32];

pub(super) fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

/// The process key of a number.
pub(super) fn process(number: u8) -> SigningKey {
    SigningKey::from_seed(&[100 + number; 32])
}

pub(super) fn trusted() -> PublicKey {
    operator().public_key()
}

pub(super) fn certificate(number: u8) -> Certificate {
    let key = process(number).public_key();
    create_process_key_action(&operator(), SHARD, key, START_MS, START_MS + LIFE_MS).unwrap()
}

/// A settled batch.
#[derive(Clone)]
pub(super) struct Batch {
    pub(super) action: BatchSettlementAction,
    pub(super) certificate: Certificate,
    pub(super) records: Vec<Vec<u8>>,
    /// The settlement's own record, the first of the next batch.
    pub(super) record: Vec<u8>,
    pub(super) confirmed_at_ms: u64,
}

/// A shard in memory that an honest writer writes.
#[derive(Clone)]
pub(super) struct Shard {
    pub(super) chain: ChainWriter,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) ts_us: u64,
    pub(super) key: u8,
    pub(super) batches: Vec<Batch>,
    window: BatchWindow,
}

impl Shard {
    /// Record 0 certifies process key 0.
    pub(super) fn new() -> Self {
        let mut shard = Self {
            chain: ChainWriter::new(SHARD),
            records: Vec::new(),
            ts_us: (START_MS + 10) * 1_000,
            key: 0,
            batches: Vec::new(),
            window: BatchWindow::new(Seq::FIRST),
        };
        shard.add(|chain, out, ts_us| {
            chain.certify(out, ts_us, &certificate(0)).unwrap();
        });
        shard
    }

    /// Two batches: records 0 to 8 and 9 to 12.
    pub(super) fn settled() -> Self {
        let mut shard = Self::new();
        for i in 0..8 {
            let member = if i % 3 == 0 { &BOB } else { &ALICE };
            shard.entry(member, &format!("op-{i}"), 10 - 3 * i);
        }
        shard.settle();
        for i in 8..11 {
            shard.entry(&ALICE, &format!("op-{i}"), 1);
        }
        shard.settle();
        shard
    }

    /// Adds the record that `make` appends; its bytes.
    pub(super) fn add(
        &mut self,
        make: impl FnOnce(&mut ChainWriter, &mut Vec<u8>, u64),
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        make(&mut self.chain, &mut bytes, self.ts_us);
        self.window.push(&bytes, &Record::decode(&bytes).unwrap()).unwrap();
        self.records.push(bytes.clone());
        self.ts_us += 1_000;
        bytes
    }

    pub(super) fn entry(&mut self, member_id: &[u8; 32], op_id: &str, amount: i128) -> Vec<u8> {
        let context_hash = &[0; 32];
        let asset_id = "joule";
        let operation = Operation { op: "earn", member_id, asset_id, amount, op_id, context_hash };
        self.add(|chain, out, ts_us| {
            chain.append(out, ts_us, &operation).unwrap();
        })
    }

    pub(super) fn settle(&mut self) -> Batch {
        let leaves: Vec<_> = self.records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
        let from = usize::try_from(self.window.from_seq().0).unwrap();
        let records = self.records[from..].to_vec();
        let window = core::mem::replace(&mut self.window, BatchWindow::new(self.chain.next_seq()));
        let (key, log_root, confirmed_at_ms) =
            (process(self.key), root::<Blake3>(&leaves), self.ts_us / 1_000);
        let mut action = None;
        let record = self.add(|chain, out, ts_us| {
            action = Some(settle(chain, &window, log_root, &key, out, ts_us).unwrap());
        });
        let certificate = *self.chain.active().unwrap();
        let action = action.unwrap();
        let batch = Batch { action, certificate, records, record, confirmed_at_ms };
        self.batches.push(batch.clone());
        batch
    }
}

impl Batch {
    pub(super) fn signed(&self) -> SignedSettlement {
        SignedSettlement { certificate: self.certificate, settlement: self.action.clone() }
    }

    /// A challenge, raised a second after the confirmation.
    pub(super) fn challenge(&self, demand: Demand) -> DisputeChallenge {
        DisputeChallenge {
            format: ChallengeFormat,
            shard_id: SHARD,
            operator_public_key: trusted(),
            certificate: self.certificate,
            settlement: self.action.clone(),
            confirmed_at_ms: self.confirmed_at_ms,
            raised_at_ms: self.confirmed_at_ms + 1_000,
            challenger_id: Text::new("auditor").unwrap(),
            claimed_discrepancy: Text::new("op-3 is not what I did").unwrap(),
            demand,
        }
    }

    /// A response, given two seconds after the confirmation.
    pub(super) fn response(&self, answer: Answer) -> DisputeResponse {
        DisputeResponse {
            format: ResponseFormat,
            batch_id: self.action.batch_id(SHARD),
            responded_at_ms: self.confirmed_at_ms + 2_000,
            answer,
        }
    }

    pub(super) fn range(&self) -> Answer {
        Answer::Range { records: self.records.clone() }
    }

    pub(super) fn record(&self, seq: u64) -> Answer {
        let leaves: Vec<_> = self.records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
        let record = &self.records[usize::try_from(seq - self.action.from_seq.0).unwrap()];
        let bundle = InclusionProof::build(&self.signed(), record, nodes_of(&leaves)).unwrap();
        Answer::Record { bundle: Box::new(bundle) }
    }

    pub(super) fn absence(&self, member_id: &[u8; 32], op_id: &str) -> Answer {
        let mut index: Vec<_> = self
            .records
            .iter()
            .filter_map(|bytes| match Record::decode(bytes).unwrap() {
                Record::Entry(entry) => {
                    let operation = entry.operation;
                    Some(IndexLeaf::new(operation.member_id, operation.op_id, entry.seq))
                }
                Record::Control(_) => None,
            })
            .collect();
        index.sort_unstable();
        let bundle = ExclusionProof::build(&self.signed(), member_id, op_id, &index).unwrap();
        Answer::Absence { bundle: Box::new(bundle) }
    }

    /// The time of the challenge's deadline.
    pub(super) fn deadline_ms(&self) -> u64 {
        self.confirmed_at_ms + 1_000 + crate::limits::DEFAULT_DISPUTE_RESPONSE_MS
    }

    /// The options of somebody who evaluates an hour after the confirmation.
    pub(super) fn options(&self) -> DisputeOptions<'static> {
        DisputeOptions::new(trusted(), self.confirmed_at_ms + 3_600_000)
    }
}

pub(super) fn absence_of(member_id: &[u8; 32], op_id: &str) -> Demand {
    Demand::Absence { member_id: *member_id, op_id: Text::new(op_id).unwrap() }
}

/// A status and the check that failed, or the code of a refusal.
pub(super) type Outcome = Result<(&'static str, String), &'static str>;

/// What an evaluation came to: the status and the failed check, or the code of the error.
pub(super) fn outcome(
    challenge: &DisputeChallenge,
    response: Option<&DisputeResponse>,
    options: &DisputeOptions<'_>,
) -> Outcome {
    match evaluate_dispute_challenge(challenge, response, options) {
        Ok(resolution) => {
            assert_eq!(resolution.challenge, *challenge);
            assert_eq!(resolution.resolved_at_ms, options.now_ms);
            assert!(resolution.detail.len() > 10);
            let is_fraud = resolution.status == DisputeStatus::DisputedFraud;
            assert_eq!(resolution.check.is_some(), is_fraud);
            let check = resolution.check.map(Text::into_inner).unwrap_or_default();
            assert!(resolution.detail.starts_with(&check));
            Ok((resolution.status.as_str(), check))
        }
        Err(error) => {
            assert!(error.to_string().len() > 20);
            Err(error.code())
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside the codes of refusals")]
/// As [`outcome`] expects a status without a failed check.
pub(super) fn status(status: &'static str) -> Outcome {
    Ok((status, String::new()))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside the codes of refusals")]
/// As [`outcome`] expects a fraud.
pub(super) fn fraud(check: &str) -> Outcome {
    Ok(("DISPUTED_FRAUD", check.into()))
}
