//! An operation is not in a batch.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Exclusion".

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::bundle::{Bundle, ExclusionBundle};
use super::settled::{Batch, Settled};
use super::verifier::{Failure, Kind, Proof, Stop, Verifier};
use super::{Format, ProofError, SignedSettlement};
use crate::Seq;
use crate::document::{List, Object, One, OptionalObject, Text, members};
use crate::hash::{Blake3, Digest};
use crate::limits::{DIGEST_SIZE, MAX_OP_ID_SIZE};
use crate::merkle::{LeafIndex, empty_root, prove_inclusion, verify_inclusion};
use crate::settlement::IndexLeaf;

/// A leaf of the operation index under `indexRoot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexNeighbour {
    /// Its place in the index.
    pub leaf_index: u64,
    /// The leaf.
    pub leaf: IndexLeaf,
    /// The sibling hashes, leaf to root.
    pub audit_path: Vec<Digest>,
}

members!(IndexNeighbour {
    leaf_index "leafIndex": One,
    leaf "leaf": One,
    audit_path "auditPath": List,
});

/// The leaves of the operation index on both sides of a place where nothing stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexGap {
    /// The leaf before; none in front of the first.
    pub before: Option<IndexNeighbour>,
    /// The leaf behind; none behind the last.
    pub after: Option<IndexNeighbour>,
}

members!(IndexGap {
    before "before": OptionalObject,
    after "after": OptionalObject,
});

/// No entry of the batch is the operation `(memberId, opId)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExclusionProof {
    /// The member.
    pub member_id: [u8; DIGEST_SIZE],
    /// The operation's id.
    pub op_id: Text<MAX_OP_ID_SIZE>,
    /// Where the operation would stand in the index.
    pub gap: IndexGap,
}

members!(ExclusionProof {
    member_id "memberId": One,
    op_id "opId": One,
    gap "gap": Object,
});

impl IndexGap {
    /// The gap of a sorted index in front of the leaf at `position`.
    pub(super) fn build(index: &[IndexLeaf], position: usize) -> Result<Self, ProofError> {
        let hashes = IndexLeaf::leaf_hashes(index);
        let neighbour = |at: Option<usize>| {
            let Some((at, leaf)) = at.and_then(|at| Some((at, index.get(at)?))) else {
                return Ok(None);
            };
            let leaf_index = at as u64;
            let audit_path = prove_inclusion::<Blake3>(&hashes, LeafIndex::new(leaf_index))?;
            Ok::<_, ProofError>(Some(IndexNeighbour { leaf_index, leaf: *leaf, audit_path }))
        };
        let (before, after) = (position.checked_sub(1), Some(position));
        Ok(Self { before: neighbour(before)?, after: neighbour(after)? })
    }

    /// Steps 1 to 4 of "Exclusion": where `place` tells for a leaf whether it stands before the
    /// key, at it, or behind.
    pub(super) fn verify(
        &self,
        settled: &Settled<'_>,
        run: &mut Verifier<'_>,
        place: impl Fn(&IndexLeaf) -> core::cmp::Ordering,
    ) -> Result<(), Stop> {
        let size = settled.batch.index;
        // 1. The neighbours are the only ones that leave no room between them.
        run.check("neighbours-adjacent", self.check_adjacent(size.get()), |place| {
            format!("the key's place is {place} of the index's {size} leaves")
        })?;
        // 2. The leaf before is below the key, the one behind above it.
        let result = self.check_enclosing(place);
        run.check("key-enclosed", result, |()| "the key lies between its neighbours".to_owned())?;
        // 3. Each neighbour stands at its place below indexRoot.
        let root = &settled.settlement.index_root;
        for neighbour in [&self.before, &self.after].into_iter().flatten() {
            let index = LeafIndex::new(neighbour.leaf_index);
            let (leaf, path) = (neighbour.leaf.leaf_hash(), &neighbour.audit_path);
            let result = verify_inclusion::<Blake3>(index, size, &leaf, path, root);
            let result = result.map_err(|error| Failure::new("index-inclusion", error));
            run.check("index-inclusion", result, |()| {
                format!("leaf {index} of the index leads to indexRoot {root}")
            })?;
        }
        Ok(())
    }

    /// In front of which leaf the gap is, in words.
    fn check_adjacent(&self, size: u64) -> Result<String, Failure> {
        let place = |side: &Option<IndexNeighbour>| side.as_ref().map(|leaf| leaf.leaf_index);
        let refused = |detail: String| Err(Failure::new("neighbours-not-adjacent", detail));
        match (place(&self.before), place(&self.after)) {
            (None, None) if size == 0 => Ok("the only one".to_owned()),
            (None, None) => refused(format!("the index has {size} leaves, and no neighbour came")),
            (None, Some(0)) => Ok("in front of the first".to_owned()),
            (None, Some(after)) => refused(format!("leaf {after} is not the first")),
            (Some(before), None) if before.checked_add(1) == Some(size) => {
                Ok("behind the last".to_owned())
            }
            (Some(before), None) => refused(format!("leaf {before} is not the last of {size}")),
            (Some(before), Some(after)) if before.checked_add(1) == Some(after) => {
                Ok(format!("between leaves {before} and {after}"))
            }
            (Some(before), Some(after)) => {
                refused(format!("leaves {before} and {after} do not stand side by side"))
            }
        }
    }

    fn check_enclosing(
        &self,
        place: impl Fn(&IndexLeaf) -> core::cmp::Ordering,
    ) -> Result<(), Failure> {
        for (side, wanted) in
            [(&self.before, core::cmp::Ordering::Less), (&self.after, core::cmp::Ordering::Greater)]
        {
            let Some(IndexNeighbour { leaf, leaf_index, .. }) = side else { continue };
            let found = place(leaf);
            if found.is_eq() {
                let detail =
                    format!("leaf {leaf_index} of the index is it, in record {}", leaf.seq());
                return Err(Failure::new("operation-present", detail));
            }
            if found != wanted {
                let detail = format!("leaf {leaf_index} of the index stands on the other side");
                return Err(Failure::new("key-not-enclosed", detail));
            }
        }
        Ok(())
    }
}

/// Checks that a sorted index is as long as the settlement says.
pub(super) fn check_index(batch: &Batch, index: &[IndexLeaf]) -> Result<(), ProofError> {
    let (expected, found) = (batch.index.get(), index.len() as u64);
    if expected != found {
        return Err(ProofError::IndexSize { expected, found });
    }
    Ok(())
}

impl ExclusionProof {
    /// A bundle that shows the operation `(member_id, op_id)` not to be in the batch of `signed`.
    ///
    /// `index` is the batch's whole operation index, sorted.
    ///
    /// # Errors
    /// [`ProofError::OperationPresent`] where it is there; [`ProofError::IndexSize`] and
    /// [`ProofError::Inclusion`] where `index` is not the one that the settlement commits to;
    /// [`ProofError::InvalidOperation`] for an id that no entry can have.
    pub fn build(
        signed: &SignedSettlement,
        member_id: &[u8; DIGEST_SIZE],
        op_id: &str,
        index: &[IndexLeaf],
    ) -> Result<ExclusionBundle, ProofError> {
        check_index(&Batch::of(&signed.settlement)?, index)?;
        let first = IndexLeaf::new(member_id, op_id, Seq::FIRST);
        let op_id = Text::new(op_id).filter(|op_id| !op_id.is_empty());
        let op_id = op_id.ok_or(ProofError::InvalidOperation)?;
        let position = index.partition_point(|leaf| *leaf < first);
        match index.get(position) {
            Some(leaf) if leaf.key() == first.key() => {
                return Err(ProofError::OperationPresent { seq: leaf.seq() });
            }
            _ => {}
        }
        let gap = IndexGap::build(index, position)?;
        gap.check_root(signed)?;
        Ok(Bundle::new(signed, Self { member_id: *member_id, op_id, gap }))
    }
}

impl IndexGap {
    /// Checks that the neighbours lead to the settlement's root.
    pub(super) fn check_root(&self, signed: &SignedSettlement) -> Result<(), ProofError> {
        let size = Batch::of(&signed.settlement)?.index;
        let root = &signed.settlement.index_root;
        for neighbour in [&self.before, &self.after].into_iter().flatten() {
            let index = LeafIndex::new(neighbour.leaf_index);
            let leaf = neighbour.leaf.leaf_hash();
            verify_inclusion::<Blake3>(index, size, &leaf, &neighbour.audit_path, root)?;
        }
        Ok(())
    }
}

impl Kind for ExclusionProof {
    const FORMAT: Format = Format::Exclusion;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "That the operation is in no other batch.",
        "That the index holds every entry of the batch, in order: an index that leaves out an entry \
         contradicts the record's own inclusion, and that is a proof against the operator.",
        "That the operation never happened: only that this batch does not count it.",
    ];
}

impl Proof for ExclusionProof {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        run.facts.member_id = Some(self.member_id);
        run.facts.op_id = Some((*self.op_id).to_owned());
        let first = IndexLeaf::new(&self.member_id, &self.op_id, Seq::FIRST);
        // 1. to 3.
        self.gap.verify(settled, run, |leaf| leaf.key().cmp(first.key()))?;
        check_empty(settled, run)
    }
}

/// Step 4 of "Exclusion".
pub(super) fn check_empty(settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
    // 4. Without entries, indexRoot is the root of the empty tree.
    if settled.batch.index.get() > 0 {
        return Ok(());
    }
    let (root, expected) = (settled.settlement.index_root, empty_root::<Blake3>());
    let result = if root == expected {
        Ok(())
    } else {
        let detail = format!("indexRoot is {root}, that of an empty index is {expected}");
        Err(Failure::new("index-not-empty", detail))
    };
    run.check("index-empty", result, |()| "the batch has no entry, and its index none".to_owned())
}
