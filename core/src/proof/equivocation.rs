//! Contradictions between two settlements: they overlap, or commit to different logs.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Contradictions".

use alloc::format;

use super::bundle::{Bundle, LogRootContradictionBundle, OverlapContradictionBundle};
use super::contradiction::{OF_CONTRADICTIONS, SettledLeaf, check_differ};
use super::settled::Settled;
use super::verifier::{Failure, Kind, Proof, Stop, Verifier};
use super::{Format, ProofError, SignedSettlement};
use crate::document::{Object, One, OptionalObject, members};
use crate::settlement::BatchSettlementAction;
use crate::{Seq, SeqRange};

/// A second settlement by the same key whose range overlaps the bundle's.
///
/// Batches tile the log (`spec/metering.md` section 5), so that of two different settlements that
/// share a record an honest operator signs at most one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlapContradiction {
    /// The other settlement.
    pub other: BatchSettlementAction,
}

members!(OverlapContradiction {
    other "other": Object,
});

impl OverlapContradiction {
    /// A bundle that holds `other` against `signed`.
    ///
    /// # Errors
    /// [`ProofError::NoContradiction`] where the two share no record, say the same, or are not by
    /// the same key.
    pub fn build(
        signed: &SignedSettlement,
        other: &BatchSettlementAction,
    ) -> Result<OverlapContradictionBundle, ProofError> {
        let settlement = &signed.settlement;
        let shard_id = signed.certificate.shard_id;
        let is_same_key = settlement.public_key == other.public_key;
        let differ = settlement.signed_bytes(shard_id) != other.signed_bytes(shard_id);
        if !is_same_key || !differ || !overlap(settlement, other) {
            return Err(ProofError::NoContradiction);
        }
        Ok(Bundle::new(signed, Self { other: other.clone() }))
    }
}

const fn overlap(one: &BatchSettlementAction, other: &BatchSettlementAction) -> bool {
    SeqRange { from: one.from_seq, to: one.to_seq }.meets(other.from_seq, other.to_seq)
}

impl Kind for OverlapContradiction {
    const FORMAT: Format = Format::ContradictionOverlap;
    const DOES_NOT_PROVE: &'static [&'static str] = &OF_CONTRADICTIONS;
}

impl Proof for OverlapContradiction {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        // Overlap 1. The other settlement holds, by the same key.
        let other = run.check_settlement_by(settled.certificate, &self.other)?;
        // Overlap 2. Both settle some record.
        let (one, two) = (settled.settlement, other.settlement);
        let result = if overlap(one, two) {
            Ok(())
        } else {
            Err(Failure::new("no-contradiction", "the two settlements share no record"))
        };
        run.check("overlap", result, |()| {
            let (first, last) = (one.from_seq.max(two.from_seq), one.to_seq.min(two.to_seq));
            format!("both settle the records {first} to {last}")
        })?;
        // Overlap 3. They do not say the same.
        let result = if one.signed_bytes(run.shard_id) == two.signed_bytes(run.shard_id) {
            Err(Failure::new("no-contradiction", "the two settlements say the same"))
        } else {
            Ok(())
        };
        run.check("contradiction", result, |()| "the two settlements differ".into())
    }
}

/// Another settlement, by whichever key, whose log is not the one of the bundle's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRootContradiction {
    /// The other settlement.
    pub other: SignedSettlement,
    /// Where the two logs differ; null where both have the same size, so that their roots alone
    /// show it.
    pub fork: Option<Fork>,
}

members!(LogRootContradiction {
    other "other": Object,
    fork "fork": OptionalObject,
});

/// One seq with a leaf in each of two logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The record's number.
    pub seq: Seq,
    /// What the bundle's settlement holds there.
    pub leaf: SettledLeaf,
    /// What the other settlement holds there.
    pub other_leaf: SettledLeaf,
}

members!(Fork {
    seq "seq": One,
    leaf "leaf": Object,
    other_leaf "otherLeaf": Object,
});

impl LogRootContradiction {
    /// A bundle that holds `other` against `signed`: by their roots, or by what each holds at one
    /// seq.
    ///
    /// # Errors
    /// [`ProofError::NoContradiction`] where both leaf hashes are the same; or, without a fork,
    /// where the logs have not the same size or have the same root.
    pub fn build(
        signed: &SignedSettlement,
        other: &SignedSettlement,
        fork: Option<Fork>,
    ) -> Result<LogRootContradictionBundle, ProofError> {
        let (one, two) = (&signed.settlement, &other.settlement);
        let differ = match &fork {
            Some(fork) => fork.leaf.leaf_hash != fork.other_leaf.leaf_hash,
            None => one.to_seq == two.to_seq && one.log_root != two.log_root,
        };
        if !differ {
            return Err(ProofError::NoContradiction);
        }
        Ok(Bundle::new(signed, Self { other: other.clone(), fork }))
    }
}

impl Kind for LogRootContradiction {
    const FORMAT: Format = Format::ContradictionLogRoot;
    const DOES_NOT_PROVE: &'static [&'static str] = &OF_CONTRADICTIONS;
}

impl Proof for LogRootContradiction {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        // Log root 1. The other settlement holds.
        let SignedSettlement { certificate, settlement } = &self.other;
        let other = run.check_settlement(certificate, settlement)?;
        let Some(Fork { seq, leaf, other_leaf }) = &self.fork else {
            // Log root 2. Without a fork, both logs have the same size and different roots.
            let (one, two) = (settled.settlement, other.settlement);
            let result = if one.to_seq != two.to_seq {
                let (first, second) = (one.to_seq, two.to_seq);
                let detail = format!(
                    "the logs end at records {first} and {second}: their roots differ anyway"
                );
                Err(Failure::new("no-contradiction", detail))
            } else if one.log_root == two.log_root {
                Err(Failure::new(
                    "no-contradiction",
                    format!("both log roots are {}", one.log_root),
                ))
            } else {
                Ok(())
            };
            return run.check("contradiction", result, |()| {
                let (first, second) = (one.log_root, two.log_root);
                format!("up to record {}, the log root is {first} and {second}", one.to_seq)
            });
        };
        // Log root 3. Each settlement has its leaf at the seq of the fork.
        leaf.verify(settled, *seq, run)?;
        other_leaf.verify(&other, *seq, run)?;
        // Log root 4. They differ.
        check_differ(&leaf.leaf_hash, &other_leaf.leaf_hash, run)
    }
}
