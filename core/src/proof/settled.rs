//! What a bundle rests on: a settlement, and the certificate of the key that signed it.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Verifying a settlement".

use alloc::format;

use super::ProofError;
use super::report::SettlementFact;
use super::verifier::{Failure, Stop, Verifier};
use crate::Seq;
use crate::chain::{Record, SettledRoots};
use crate::document::{Object, members};
use crate::hash::{Blake3, Digest};
use crate::keys::{self, Certificate};
use crate::merkle::{LeafIndex, TreeSize, leaf_hash};
use crate::settlement::BatchSettlementAction;

/// A settlement with the certificate of the key that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedSettlement {
    /// The certificate of the key that signed the settlement.
    pub certificate: Certificate,
    /// The settlement.
    pub settlement: BatchSettlementAction,
}

members!(SignedSettlement {
    certificate "certificate": Object,
    settlement "settlement": Object,
});

/// The range of a batch, and the sizes of the trees that its settlement commits to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    pub(super) from: Seq,
    pub(super) to: Seq,
    /// Of the tree below `itemsRoot`.
    pub(super) items: TreeSize,
    /// Of the tree below `logRoot`.
    pub(super) log: TreeSize,
    /// Of the tree below `indexRoot`.
    pub(super) index: TreeSize,
}

impl Batch {
    /// Fails only with [`ProofError::InvalidBatch`].
    pub(super) fn of(settlement: &BatchSettlementAction) -> Result<Self, ProofError> {
        Self::new(&settlement.roots())
    }

    /// As [`Batch::of`].
    pub(super) fn new(roots: &SettledRoots) -> Result<Self, ProofError> {
        let SettledRoots { from_seq: from, to_seq: to, entry_count, .. } = *roots;
        let refused = ProofError::InvalidBatch { from_seq: from, to_seq: to, entry_count };
        let size = |leaves: Option<u64>| leaves.and_then(|leaves| TreeSize::new(leaves).ok());
        let items = size(to.0.checked_sub(from.0).and_then(|steps| steps.checked_add(1)));
        let log = size(to.0.checked_add(1));
        match (items, log, size(Some(entry_count))) {
            (Some(items), Some(log), Some(index)) if index <= items => {
                Ok(Self { from, to, items, log, index })
            }
            _ => Err(refused),
        }
    }

    /// The leaf of record `seq` below `itemsRoot`; fails only with
    /// [`ProofError::SeqOutsideBatch`].
    pub(super) fn leaf_index(&self, seq: Seq) -> Result<LeafIndex, ProofError> {
        match seq.0.checked_sub(self.from.0) {
            Some(index) if seq <= self.to => Ok(LeafIndex::new(index)),
            _ => Err(ProofError::SeqOutsideBatch { seq, from_seq: self.from, to_seq: self.to }),
        }
    }
}

/// What a record of a batch is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    /// Of the key that signed for the batch.
    pub(super) certificate: &'a Certificate,
    pub(super) batch: Batch,
    pub(super) items_root: &'a Digest,
}

/// A settlement that holds.
#[derive(Debug)]
pub struct Settled<'a> {
    pub(super) settlement: &'a BatchSettlementAction,
    pub(super) certificate: &'a Certificate,
    pub(super) batch: Batch,
}

impl<'a> Settled<'a> {
    /// What the batch's records are held against.
    pub(super) const fn ground(&self) -> Ground<'a> {
        let (certificate, batch) = (self.certificate, self.batch);
        Ground { certificate, batch, items_root: &self.settlement.items_root }
    }

    /// Checks that the key was still valid when the record was appended: what it settles or
    /// promises later than that, it does after its end.
    pub(super) fn check_time(&self, record: &Record<'_>) -> Result<(), Failure> {
        check_time(self.certificate, record)
    }
}

/// See [`Settled::check_time`].
pub(super) fn check_time(certificate: &Certificate, record: &Record<'_>) -> Result<(), Failure> {
    let (ts_us, end) = (record.ts_us(), certificate.expires_at_ms);
    if ts_us / 1_000 < end {
        return Ok(());
    }
    let detail = format!(
        "record {} was appended at {ts_us} us, the certificate of key {} ended at {end} ms",
        record.seq(),
        certificate.public_key
    );
    Err(Failure::new("outside-key-window", detail))
}

/// The record in some bytes, and its leaf hash.
pub(super) fn decode(bytes: &[u8]) -> Result<(Record<'_>, Digest), Failure> {
    let record = Record::decode(bytes).map_err(Failure::of)?;
    Ok((record, leaf_hash::<Blake3>(bytes)))
}

impl Verifier<'_> {
    /// Checks that the bundle is by the operator that the verifier trusts.
    pub(super) fn check_operator(&mut self) -> Result<(), Stop> {
        let (trusted, found) = (*self.trusted, self.facts.operator_public_key);
        // 1. The bundle's operator key is the trusted one.
        let result = if found == trusted {
            Ok(())
        } else {
            let error = keys::Error::WrongOperatorKey { expected: trusted, found };
            Err(Failure::new(error.code(), error))
        };
        self.check("operator-key", result, |()| format!("the operator key is {found}, as trusted"))
    }

    /// Checks a certificate against shard, operator key and time.
    pub(super) fn check_certificate(&mut self, certificate: &Certificate) -> Result<(), Stop> {
        let (shard_id, key) = (self.shard_id, certificate.public_key);
        // 2. The certificate is for this shard.
        let result = if certificate.shard_id == shard_id {
            Ok(())
        } else {
            let found = certificate.shard_id;
            Err(Failure::new(
                "wrong-shard",
                format!("the certificate is for shard {found}, the bundle for {shard_id}"),
            ))
        };
        self.check("shard", result, |()| format!("the certificate is for shard {shard_id}"))?;
        // 3. The operator signed it, and its window is one that a process key may have.
        let result = certificate.verify(self.trusted).map_err(|error| {
            let code = match error {
                keys::Error::FormatTooNew { .. } | keys::Error::WrongOperatorKey { .. } => {
                    error.code()
                }
                _ => "certificate-invalid",
            };
            Failure::new(code, error)
        });
        self.check("certificate", result, |()| {
            let (start, end) = (certificate.not_before_ms, certificate.expires_at_ms);
            format!("the operator certified key {key} from {start} to {end} ms")
        })?;
        // 4. It has begun, if the verifier told the time.
        let Some(now_ms) = self.options.now_ms else { return Ok(()) };
        let start = certificate.not_before_ms;
        let result = if start <= now_ms {
            Ok(())
        } else {
            let detail =
                format!("the certificate of key {key} begins at {start} ms, after {now_ms}");
            Err(Failure::new("outside-key-window", detail))
        };
        self.check("certificate-begun", result, |()| format!("it began before {now_ms} ms"))
    }

    /// Checks that a key was not compromised where it signed: at `seq`.
    pub(super) fn check_compromise(
        &mut self,
        certificate: &Certificate,
        seq: Seq,
    ) -> Result<(), Stop> {
        // 8. No known compromise takes effect before the place where it signed; in a
        // contradiction, none at all.
        let key = &certificate.public_key;
        let known = self.options.revocations.iter();
        let count = known.filter(|known| known.revocation.public_key == *key).count();
        let result = match self.compromised_from(key)? {
            Some(from) if from <= seq || self.format.is_contradiction() => {
                let detail =
                    format!("key {key} is compromised from seq {from} on and signed for seq {seq}");
                Err(Failure::new("key-compromised", detail))
            }
            _ => Ok(()),
        };
        self.check("key-not-compromised", result, |()| {
            format!("none of {count} known revocations of key {key} reaches back to seq {seq}")
        })
    }

    /// Checks that a batch is one that a log can have.
    pub(super) fn check_range(&mut self, roots: &SettledRoots) -> Result<Batch, Stop> {
        self.check("settlement-range", Batch::new(roots).map_err(Failure::of), |batch| {
            let (records, entries) = (batch.items, batch.index);
            format!("the batch has {records} records, {entries} entries among them")
        })
    }

    /// Checks a settlement and the certificate of its key.
    pub(super) fn check_settlement<'s>(
        &mut self,
        certificate: &'s Certificate,
        settlement: &'s BatchSettlementAction,
    ) -> Result<Settled<'s>, Stop> {
        // 2. to 4.
        self.check_certificate(certificate)?;
        // 5. to 8.
        self.check_settlement_by(certificate, settlement)
    }

    /// Checks a settlement whose key's certificate holds.
    pub(super) fn check_settlement_by<'s>(
        &mut self,
        certificate: &'s Certificate,
        settlement: &'s BatchSettlementAction,
    ) -> Result<Settled<'s>, Stop> {
        let id = settlement.batch_id(self.shard_id);
        let roots = settlement.roots();
        let fact = SettlementFact::new(self.shard_id, settlement.public_key, &roots);
        self.facts.settlements.push(fact);
        // 5. The settlement is by the certified key.
        let (key, certified) = (settlement.public_key, certificate.public_key);
        let result = if key == certified {
            Ok(())
        } else {
            let detail = format!("batch {id} was settled by key {key}, certified is {certified}");
            Err(Failure::new("wrong-process-key", detail))
        };
        self.check("signing-key", result, |()| format!("batch {id} was settled by key {key}"))?;
        // 6. The range is one that a log can have, with no more entries than records.
        let batch = self.check_range(&roots)?;
        // 7. The key signed all of it, every member's sums included.
        let result = settlement
            .verify_signature(self.shard_id)
            .map_err(|error| Failure::new("settlement-signature", error));
        self.check("settlement-signature", result, |()| {
            format!("key {key} signed the settlement")
        })?;
        // 8. The settlement's record is the one behind the batch.
        self.check_compromise(certificate, batch.to.next())?;
        Ok(Settled { settlement, certificate, batch })
    }
}
