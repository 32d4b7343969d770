//! All entries of one member in a batch, and their sums.
//!
//! The leaves of the index are sorted by member, so those of one member stand side by side. The
//! verifier computes them from the records; the leaves on both sides belong to others, so that
//! none is left out. The numbers in the comments are those of `FORMAT.md`, "Statement".

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::bundle::{Bundle, StatementBundle};
use super::exclusion::{check_empty, check_index};
use super::inclusion::{Leaf, prove_records, verify_records, verify_siblings};
use super::settled::{Batch, Settled};
use super::verifier::{Failure, Kind, Proof, Stop, Verifier};
use super::{Format, ProofError, SignedSettlement};
use crate::Seq;
use crate::chain::{MeteringRecord, Record};
use crate::document::{List, One, Optional, members};
use crate::hash::{Blake3, Digest};
use crate::limits::DIGEST_SIZE;
use crate::merkle::{LeafIndex, NodeCoordinate, prove_multi_inclusion, verify_multi_inclusion};
use crate::settlement::{AccountDelta, IndexLeaf};

/// Every entry of one member in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementProof {
    /// The member.
    pub member_id: [u8; DIGEST_SIZE],
    /// The place of the member's first leaf in the index; where there is none, of the gap.
    pub first_leaf_index: u64,
    /// The leaf before the member's; none where the member's come first.
    pub before: Option<IndexLeaf>,
    /// The leaf behind the member's; none where the member's come last.
    pub after: Option<IndexLeaf>,
    /// The siblings of all these leaves below `indexRoot`, left to right.
    pub index_siblings: Vec<Digest>,
    /// The member's entries, in order of their seqs.
    pub records: Vec<Vec<u8>>,
    /// Their siblings below `itemsRoot`, left to right.
    pub item_siblings: Vec<Digest>,
}

members!(StatementProof {
    member_id "memberId": One,
    first_leaf_index "firstLeafIndex": One,
    before "before": Optional,
    after "after": Optional,
    index_siblings "indexSiblings": List,
    records "records": List,
    item_siblings "itemSiblings": List,
});

impl StatementProof {
    /// A bundle of all entries of `member_id` in the batch of `signed`.
    ///
    /// `index` is the batch's whole operation index, sorted; `record` gives the bytes of a record;
    /// `fetch` knows the nodes of the tree below `itemsRoot`.
    ///
    /// # Errors
    /// [`ProofError::RecordMissing`] where `record` has none, and as for
    /// [`InclusionProof::build`](super::InclusionProof::build); [`ProofError::IndexSize`] and
    /// [`ProofError::MultiInclusion`] where `index` is not the one that the settlement commits to.
    pub fn build(
        signed: &SignedSettlement,
        member_id: &[u8; DIGEST_SIZE],
        index: &[IndexLeaf],
        mut record: impl FnMut(Seq) -> Option<Vec<u8>>,
        fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
    ) -> Result<StatementBundle, ProofError> {
        let batch = Batch::of(&signed.settlement)?;
        check_index(&batch, index)?;
        let start = index.partition_point(|leaf| leaf.member_id() < member_id);
        let run = index.iter().skip(start).take_while(|leaf| leaf.member_id() == member_id);
        let mut seqs: Vec<_> = run.map(IndexLeaf::seq).collect();
        let end = start.saturating_add(seqs.len());
        seqs.sort_unstable();
        let records = seqs
            .into_iter()
            .map(|seq| record(seq).ok_or(ProofError::RecordMissing { seq }))
            .collect::<Result<Vec<_>, _>>()?;
        let (records, item_siblings) = if records.is_empty() {
            (records, Vec::new())
        } else {
            prove_records(signed, &records, fetch)?
        };

        let before = start.checked_sub(1);
        let places: Vec<_> = (before.unwrap_or(0)..index.len().min(end.saturating_add(1)))
            .map(|place| LeafIndex::new(place as u64))
            .collect();
        let hashes = IndexLeaf::leaf_hashes(index);
        let mut index_siblings = Vec::new();
        if !places.is_empty() {
            index_siblings = prove_multi_inclusion::<Blake3>(&hashes, &places)?;
            let shown = hashes.get(before.unwrap_or(0)..).unwrap_or_default();
            let leaves: Vec<_> = places.into_iter().zip(shown.iter().copied()).collect();
            let root = &signed.settlement.index_root;
            verify_multi_inclusion::<Blake3>(batch.index, &leaves, &index_siblings, root)?;
        }
        Ok(Bundle::new(
            signed,
            Self {
                member_id: *member_id,
                first_leaf_index: start as u64,
                before: before.and_then(|before| index.get(before)).copied(),
                after: index.get(end).copied(),
                index_siblings,
                records,
                item_siblings,
            },
        ))
    }

    /// The entries among the records; fails at a record that is none of this member's.
    fn entries<'r>(&self, leaves: &[Leaf<'r>]) -> Result<Vec<MeteringRecord<'r>>, Failure> {
        let entry = |(record, ..): &Leaf<'r>| {
            let seq = record.seq();
            let Record::Entry(entry) = *record else {
                let detail = format!("record {seq} is no entry");
                return Err(Failure::new("record-not-an-entry", detail));
            };
            if *entry.operation.member_id != self.member_id {
                let detail = format!("record {seq} is an entry of another member");
                return Err(Failure::new("record-of-another-member", detail));
            }
            Ok(entry)
        };
        leaves.iter().map(entry).collect()
    }

    /// Whether both edges of the member's run are shown, and the leaves there are others'.
    fn check_edges(&self, count: u64, size: u64) -> Result<u64, Failure> {
        let refused = |detail: String| Err(Failure::new("statement-edge", detail));
        let start = self.first_leaf_index;
        let Some(end) = start.checked_add(count).filter(|end| *end <= size) else {
            return refused(format!(
                "{count} leaves from {start} on do not fit an index of {size}"
            ));
        };
        if self.before.is_some() != (start > 0) {
            return refused(format!(
                "the first leaf is {start}: there must be one before it, or none"
            ));
        }
        if self.after.is_some() != (end < size) {
            return refused(format!(
                "the run ends at leaf {end} of {size}: there must be one behind it, or none"
            ));
        }
        let incomplete = |side: &str| {
            let detail = format!("the leaf {side} the run is of the same member");
            Err(Failure::new("statement-incomplete", detail))
        };
        let unsorted = |side: &str| {
            let detail = format!("the leaf {side} the run does not stand {side} this member");
            Err(Failure::new("key-not-enclosed", detail))
        };
        if let Some(before) = &self.before {
            match before.member_id().cmp(&self.member_id) {
                core::cmp::Ordering::Less => {}
                core::cmp::Ordering::Equal => return incomplete("before"),
                core::cmp::Ordering::Greater => return unsorted("before"),
            }
        }
        if let Some(after) = &self.after {
            match after.member_id().cmp(&self.member_id) {
                core::cmp::Ordering::Greater => {}
                core::cmp::Ordering::Equal => return incomplete("behind"),
                core::cmp::Ordering::Less => return unsorted("behind"),
            }
        }
        Ok(end)
    }

    /// The leaves of the member's run and of both neighbours, with their places.
    fn index_leaves(&self, entries: &[MeteringRecord<'_>]) -> Vec<(LeafIndex, Digest)> {
        let mut run: Vec<_> = entries.iter().map(|entry| IndexLeaf::of(entry)).collect();
        run.sort_unstable();
        let leaves = self.before.iter().chain(&run).chain(&self.after);
        let first = self.first_leaf_index.saturating_sub(self.before.is_some().into());
        (first..).map(LeafIndex::new).zip(leaves.map(IndexLeaf::leaf_hash)).collect()
    }
}

/// What the entries earn and spend of each asset, in order of the asset's bytes.
fn sums(entries: &[MeteringRecord<'_>]) -> Result<Vec<AccountDelta>, Failure> {
    let mut sums: BTreeMap<&str, (u128, u128)> = BTreeMap::new();
    for entry in entries {
        let operation = &entry.operation;
        let (earned, spent) = sums.entry(operation.asset_id).or_default();
        let sum = if operation.amount < 0 { spent } else { earned };
        *sum = sum.checked_add(operation.amount.unsigned_abs()).ok_or_else(|| {
            let asset = operation.asset_id;
            Failure::new("delta-overflow", format!("the sum of {asset} exceeds 2^128-1"))
        })?;
    }
    let member_id = entries.first().map(|entry| *entry.operation.member_id).unwrap_or_default();
    let delta = |(asset_id, (earned, spent)): (&str, (u128, u128))| AccountDelta {
        member_id,
        asset_id: asset_id.to_string(),
        earned,
        spent,
    };
    Ok(sums.into_iter().map(delta).collect())
}

/// Compares the sums with the settlement's for the same member.
fn check_deltas(sums: &[AccountDelta], settled: &[&AccountDelta]) -> Result<(), Failure> {
    if sums.iter().eq(settled.iter().copied()) {
        return Ok(());
    }
    let differing = sums.iter().zip(settled).find(|(sum, settled)| sum != *settled);
    let detail = match differing {
        Some((sum, settled)) => format!(
            "the entries of {} earn {} and spend {}, the settlement says {} earned {} and {} spent",
            sum.asset_id, sum.earned, sum.spent, settled.asset_id, settled.earned, settled.spent
        ),
        None => format!(
            "the entries are of {} assets, the settlement's deltas of {}",
            sums.len(),
            settled.len()
        ),
    };
    Err(Failure::new("member-deltas", detail))
}

impl Kind for StatementProof {
    const FORMAT: Format = Format::Statement;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "That other members' sums are right: their deltas are signed, but only this member's were \
         recomputed.",
        "That the index holds every entry of the batch: an entry of this member that the index \
         leaves out contradicts the record's own inclusion, and that is a proof against the \
         operator. An entry in neither tree takes a receipt to show.",
        "Anything about other batches: a balance takes the statements of all of them.",
        "That what the entries say happened.",
    ];
}

impl Proof for StatementProof {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        run.facts.member_id = Some(self.member_id);
        let (size, root) = (settled.batch.index, &settled.settlement.index_root);
        // 1. Every item is a record of the batch, as in "Records".
        let leaves = verify_records(&self.records, settled, run)?;
        // 2. Each is an entry of this member.
        let entries = run.check("records-of-member", self.entries(&leaves), |entries| {
            format!("all {} records are entries of the member", entries.len())
        })?;
        // 3. Both edges of the run are shown: the leaves there are other members', or there is
        // none.
        let edges = self.check_edges(entries.len() as u64, size.get());
        run.check("statement-edges", edges, |end| {
            let start = self.first_leaf_index;
            format!("leaves {start} to {end} of the index's {size} are the member's, no other")
        })?;
        // 4. The leaves computed from the records, and those at the edges, stand side by side
        // below indexRoot: each leaf has its record, and each record its leaf.
        let hashes = self.index_leaves(&entries);
        if size.get() == 0 {
            check_empty(settled, run)?;
            run.check("index-inclusion", no_siblings(&self.index_siblings), |()| {
                "there is nothing to show".to_string()
            })?;
        } else {
            let result =
                verify_multi_inclusion::<Blake3>(size, &hashes, &self.index_siblings, root);
            let result = result.map_err(|error| Failure::new("index-inclusion", error));
            run.check("index-inclusion", result, |()| {
                format!("{} leaves of the index lead to indexRoot {root}", hashes.len())
            })?;
        }
        // 5. The records are in the batch, as in "Records".
        if leaves.is_empty() {
            run.check("multi-inclusion", no_siblings(&self.item_siblings), |()| {
                "the member has no entry in the batch".to_string()
            })?;
        } else {
            verify_siblings(&leaves, &self.item_siblings, settled, run)?;
        }
        // 6. The sums are the settlement's for this member, asset by asset.
        let deltas = &settled.settlement.member_deltas;
        let deltas: Vec<_> =
            deltas.iter().filter(|delta| delta.member_id == self.member_id).collect();
        let result = sums(&entries).and_then(|sums| check_deltas(&sums, &deltas).map(|()| sums));
        let sums = run.check("member-deltas", result, |sums| {
            format!("the entries add up to the settlement's {} deltas of the member", sums.len())
        })?;
        run.facts.sums = sums;
        Ok(())
    }
}

/// A proof of nothing has no siblings.
fn no_siblings(siblings: &[Digest]) -> Result<(), Failure> {
    if siblings.is_empty() {
        return Ok(());
    }
    let detail = format!("{} siblings came for a proof of no leaf", siblings.len());
    Err(Failure::new("multi-inclusion-sibling-count", detail))
}
