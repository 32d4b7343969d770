//! Contradictions: two commitments of one operator that no honest operator makes both of.
//!
//! What one may rest on is only what an honest operator never signs, and cannot be made to look as
//! if it had: a consistency path that fails, for one, shows nothing, since anybody can make one up.
//! A leaf hash with its audit path does: index and size decide the path's length, so that only the
//! leaf of that very seq can stand there. The numbers in the comments are those of `FORMAT.md`,
//! "Contradictions".

use core::fmt;

use alloc::format;
use alloc::vec::Vec;

use super::bundle::{Bundle, IndexContradictionBundle, ReceiptContradictionBundle};
use super::exclusion::{IndexGap, check_index};
use super::inclusion::verify_record;
use super::settled::{Batch, Settled};
use super::verifier::{Failure, Kind, Proof, Stop, Verifier};
use super::{
    Format, InclusionBundle, InclusionProof, ProofError, ReceiptBundle, SignedReceipt,
    SignedSettlement,
};
use crate::Seq;
use crate::chain::Record;
use crate::document::{Blank, List, Object, One, Spelling, members};
use crate::hash::{Blake3, Digest};
use crate::merkle::{
    LeafIndex, NodeCoordinate, TreeSize, fetch_inclusion, leaf_hash, verify_inclusion,
};
use crate::settlement::{BatchSettlementAction, IndexLeaf};

/// What no contradiction shows.
pub(super) const OF_CONTRADICTIONS: [&str; 3] = [
    "Who made both commitments: whoever has a process key can, a thief as well as the operator. \
     With any known compromise of the key the evidence does not count.",
    "That it was done on purpose: a log restored from an old backup and written on gives the same \
     evidence.",
    "Which of the two commitments is the true one.",
];

/// One of the two trees of records that a settlement commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// The records of the batch, below `itemsRoot`.
    Items,
    /// All records up to the end of the batch, below `logRoot`.
    Log,
}

impl Tree {
    const fn name(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Log => "log",
        }
    }

    /// The place of record `seq` in this tree, the tree's size and its root.
    fn place(
        self,
        batch: &Batch,
        settlement: &BatchSettlementAction,
        seq: Seq,
    ) -> Result<(LeafIndex, TreeSize, Digest), ProofError> {
        match self {
            Self::Items => Ok((batch.leaf_index(seq)?, batch.items, settlement.items_root)),
            Self::Log if seq <= batch.to => {
                Ok((LeafIndex::new(seq.0), batch.log, settlement.log_root))
            }
            Self::Log => {
                let (from_seq, to_seq) = (Seq::FIRST, batch.to);
                Err(ProofError::SeqOutsideBatch { seq, from_seq, to_seq })
            }
        }
    }
}

impl Blank for Tree {
    const BLANK: Self = Self::Items;
}

impl Spelling for Tree {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }

    fn read(text: &str) -> Option<Self> {
        [Self::Items, Self::Log].into_iter().find(|tree| tree.name() == text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items or log")
    }
}

/// The leaf hash of a record as a settlement commits to it. The record itself need not be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledLeaf {
    /// The tree it stands in.
    pub tree: Tree,
    /// Its hash.
    pub leaf_hash: Digest,
    /// The sibling hashes, leaf to root.
    pub audit_path: Vec<Digest>,
}

members!(SettledLeaf {
    tree "tree": One,
    leaf_hash "leafHash": One,
    audit_path "auditPath": List,
});

impl SettledLeaf {
    /// The leaf of record `seq` in a tree of `settlement`, out of the tree's nodes.
    pub fn build(
        settlement: &BatchSettlementAction,
        tree: Tree,
        seq: Seq,
        leaf_hash: Digest,
        fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
    ) -> Result<Self, ProofError> {
        let (index, size, root) = tree.place(&Batch::of(settlement)?, settlement, seq)?;
        let audit_path = fetch_inclusion::<Blake3>(index, size, fetch)?;
        verify_inclusion::<Blake3>(index, size, &leaf_hash, &audit_path, &root)?;
        Ok(Self { tree, leaf_hash, audit_path })
    }

    /// The leaf of the record in an inclusion proof.
    pub fn of(inclusion: &InclusionProof) -> Self {
        Self {
            tree: Tree::Items,
            leaf_hash: leaf_hash::<Blake3>(&inclusion.record),
            audit_path: inclusion.audit_path.clone(),
        }
    }

    /// Lists the check that record `seq` has this leaf.
    pub(super) fn verify(
        &self,
        settled: &Settled<'_>,
        seq: Seq,
        run: &mut Verifier<'_>,
    ) -> Result<(), Stop> {
        let place = self.tree.place(&settled.batch, settled.settlement, seq).map_err(Failure::of);
        let result = place.and_then(|(index, size, root)| {
            verify_inclusion::<Blake3>(index, size, &self.leaf_hash, &self.audit_path, &root)
                .map_err(Failure::of)
        });
        run.check("settled-leaf", result, |()| {
            let id = settled.settlement.batch_id(settled.certificate.shard_id);
            let (tree, leaf) = (self.tree.name(), self.leaf_hash);
            format!("in the {tree} tree of batch {id}, record {seq} has the leaf hash {leaf}")
        })?;
        run.facts.seq = Some(seq);
        run.facts.leaf_hashes.push(self.leaf_hash);
        Ok(())
    }
}

/// Lists the check that two leaf hashes of one seq differ.
pub(super) fn check_differ(
    first: &Digest,
    second: &Digest,
    run: &mut Verifier<'_>,
) -> Result<(), Stop> {
    let result = if first == second {
        Err(Failure::new("no-contradiction", format!("both say the leaf hash is {first}")))
    } else {
        Ok(())
    };
    run.check("contradiction", result, |()| format!("leaf hash {first} is not {second}"))
}

/// A receipt for a record, and a settlement that holds another one at its seq.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptContradiction {
    /// The receipt, by whichever key of the operator's.
    pub receipt: SignedReceipt,
    /// What the bundle's settlement holds at the receipt's seq.
    pub leaf: SettledLeaf,
}

members!(ReceiptContradiction {
    receipt "receipt": Object,
    leaf "leaf": Object,
});

impl ReceiptContradiction {
    /// A bundle that holds `receipt` against `signed`, whose tree has `leaf` at the receipt's seq.
    ///
    /// # Errors
    /// [`ProofError::NoContradiction`] where `leaf` is the receipt's own.
    pub fn build(
        receipt: &ReceiptBundle,
        signed: &SignedSettlement,
        leaf: SettledLeaf,
    ) -> Result<ReceiptContradictionBundle, ProofError> {
        if leaf_hash::<Blake3>(&receipt.proof.record) == leaf.leaf_hash {
            return Err(ProofError::NoContradiction);
        }
        Ok(Bundle::new(signed, Self { receipt: receipt.signed_receipt(), leaf }))
    }
}

impl Kind for ReceiptContradiction {
    const FORMAT: Format = Format::ContradictionReceipt;
    const DOES_NOT_PROVE: &'static [&'static str] = &OF_CONTRADICTIONS;
}

impl Proof for ReceiptContradiction {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        // Receipt 1. The receipt holds.
        let SignedReceipt { certificate, receipt } = &self.receipt;
        let (record, promised) = run.check_receipt(certificate, receipt)?;
        // Receipt 2. The settlement has this leaf at the receipt's seq.
        self.leaf.verify(settled, record.seq(), run)?;
        // Receipt 3. It is another one.
        check_differ(&promised, &self.leaf.leaf_hash, run)
    }
}

/// An entry in a batch whose index leaves it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexContradiction {
    /// The entry below `itemsRoot`.
    pub inclusion: InclusionProof,
    /// Where its leaf would stand below `indexRoot`.
    pub gap: IndexGap,
}

members!(IndexContradiction {
    inclusion "inclusion": Object,
    gap "gap": Object,
});

impl IndexContradiction {
    /// A bundle that holds the entry of `inclusion` against the index of its own settlement.
    ///
    /// `index` is the whole index that the settlement commits to, sorted.
    ///
    /// # Errors
    /// [`ProofError::NoContradiction`] where the index holds the entry, and as for
    /// [`ExclusionProof::build`](super::ExclusionProof::build).
    pub fn build(
        inclusion: &InclusionBundle,
        index: &[IndexLeaf],
    ) -> Result<IndexContradictionBundle, ProofError> {
        let signed = inclusion.signed_settlement();
        check_index(&Batch::of(&signed.settlement)?, index)?;
        let leaf = match Record::decode(&inclusion.proof.record)? {
            Record::Entry(entry) => IndexLeaf::of(&entry),
            Record::Control(control) => return Err(ProofError::NotAnEntry { seq: control.seq }),
        };
        let Err(position) = index.binary_search(&leaf) else {
            return Err(ProofError::NoContradiction);
        };
        let gap = IndexGap::build(index, position)?;
        gap.check_root(&signed)?;
        Ok(Bundle::new(&signed, Self { inclusion: inclusion.proof.clone(), gap }))
    }

    /// A bundle out of an inclusion and an exclusion of the same operation in the same batch.
    pub fn of(inclusion: &InclusionBundle, gap: IndexGap) -> IndexContradictionBundle {
        let proof = Self { inclusion: inclusion.proof.clone(), gap };
        Bundle::new(&inclusion.signed_settlement(), proof)
    }
}

impl Kind for IndexContradiction {
    const FORMAT: Format = Format::ContradictionIndex;
    const DOES_NOT_PROVE: &'static [&'static str] = &OF_CONTRADICTIONS;
}

impl Proof for IndexContradiction {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        // Index 1. The record is in the batch, as in "Inclusion".
        let (record, _) = verify_record(&self.inclusion, &settled.ground(), run)?;
        // Index 2. It is an entry.
        let result = match record {
            Record::Entry(entry) => Ok(IndexLeaf::of(&entry)),
            Record::Control(control) => {
                let detail = format!("record {} is no entry, which no index holds", control.seq);
                Err(Failure::new("record-not-an-entry", detail))
            }
        };
        let leaf = run.check("entry", result, |leaf| format!("its index leaf is {leaf:?}"))?;
        // Index 3. The index has no room for its leaf, as in "Exclusion", 1 to 3.
        self.gap.verify(settled, run, |other| other.cmp(&leaf))
    }
}
