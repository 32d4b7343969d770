//! Finds out how two bundles of one operator contradict each other.

use super::bundle::{AnyBundle, InclusionBundle};
use super::{
    ExclusionProof, Fork, IndexContradiction, LogRootContradiction, OverlapContradiction,
    ProofError, ReceiptBundle, ReceiptContradiction, SettledLeaf, SignedSettlement,
};
use crate::chain::Record;

/// The contradiction between two bundles, as a bundle of its own.
///
/// A receipt is held against an inclusion of the same seq; an inclusion against an exclusion of the
/// same operation in the same batch; and two bundles of any kinds with settlements against each
/// other, where they overlap or commit to different logs. The order of the two does not matter.
/// A brief inclusion counts beside a bundle that has its settlement. Nothing is verified: verify the
/// bundle that comes out, as any other.
///
/// # Errors
/// [`ProofError::NoContradiction`] where the two agree, or say nothing about the same thing;
/// [`ProofError::SettlementMissing`] where one is a brief inclusion and the other has not its
/// settlement.
pub fn contradict(first: &AnyBundle, second: &AnyBundle) -> Result<AnyBundle, ProofError> {
    use AnyBundle::{BriefInclusion, Exclusion, Inclusion, Receipt};
    match (first, second) {
        (BriefInclusion(brief), other) | (other, BriefInclusion(brief)) => {
            let signed = other.signed_settlement();
            let whole = signed.and_then(|signed| brief.with_settlement(&signed));
            let whole = whole.map(Inclusion).ok_or(ProofError::SettlementMissing)?;
            contradict(&whole, other)
        }
        (Receipt(receipt), Inclusion(inclusion)) | (Inclusion(inclusion), Receipt(receipt)) => {
            of_receipt(receipt, inclusion)
        }
        (Inclusion(inclusion), Exclusion(exclusion))
        | (Exclusion(exclusion), Inclusion(inclusion))
            if is_same_operation(inclusion, &exclusion.proof)
                && inclusion.settlement == exclusion.settlement =>
        {
            let gap = exclusion.proof.gap.clone();
            Ok(AnyBundle::ContradictionIndex(IndexContradiction::of(inclusion, gap)))
        }
        _ => of_settlements(first, second),
    }
}

fn of_receipt(
    receipt: &ReceiptBundle,
    inclusion: &InclusionBundle,
) -> Result<AnyBundle, ProofError> {
    if receipt.proof.seq != inclusion.proof.seq {
        return Err(ProofError::NoContradiction);
    }
    let leaf = SettledLeaf::of(&inclusion.proof);
    let signed = inclusion.signed_settlement();
    ReceiptContradiction::build(receipt, &signed, leaf).map(AnyBundle::ContradictionReceipt)
}

fn is_same_operation(inclusion: &InclusionBundle, exclusion: &ExclusionProof) -> bool {
    let Ok(Record::Entry(entry)) = Record::decode(&inclusion.proof.record) else { return false };
    let operation = entry.operation;
    *operation.member_id == exclusion.member_id && *operation.op_id == *exclusion.op_id
}

fn of_settlements(first: &AnyBundle, second: &AnyBundle) -> Result<AnyBundle, ProofError> {
    let (Some(one), Some(two)) = (first.signed_settlement(), second.signed_settlement()) else {
        return Err(ProofError::NoContradiction);
    };
    if let Ok(overlap) = OverlapContradiction::build(&one, &two.settlement) {
        return Ok(AnyBundle::ContradictionOverlap(overlap));
    }
    let fork = match (first, second) {
        (AnyBundle::Inclusion(one), AnyBundle::Inclusion(two)) => fork(one, two),
        _ => None,
    };
    LogRootContradiction::build(&one, &two, fork).map(AnyBundle::ContradictionLogRoot)
}

/// One seq at which two settlements hold different records.
fn fork(one: &InclusionBundle, two: &InclusionBundle) -> Option<Fork> {
    let seq = one.proof.seq;
    (seq == two.proof.seq).then(|| Fork {
        seq,
        leaf: SettledLeaf::of(&one.proof),
        other_leaf: SettledLeaf::of(&two.proof),
    })
}

impl AnyBundle {
    /// The settlement that it rests on, with the certificate of its key; `None` for a receipt, and for a brief
    /// inclusion, which has only the beginning of one.
    pub fn signed_settlement(&self) -> Option<SignedSettlement> {
        Some(match self {
            Self::Inclusion(bundle) => bundle.signed_settlement(),
            Self::Records(bundle) => bundle.signed_settlement(),
            Self::Consistency(bundle) => bundle.signed_settlement(),
            Self::Exclusion(bundle) => bundle.signed_settlement(),
            Self::Statement(bundle) => bundle.signed_settlement(),
            Self::BriefInclusion(_) | Self::Receipt(_) => return None,
            Self::Placement(bundle) => bundle.signed_settlement(),
            Self::ContradictionReceipt(bundle) => bundle.signed_settlement(),
            Self::ContradictionIndex(bundle) => bundle.signed_settlement(),
            Self::ContradictionOverlap(bundle) => bundle.signed_settlement(),
            Self::ContradictionLogRoot(bundle) => bundle.signed_settlement(),
        })
    }
}
