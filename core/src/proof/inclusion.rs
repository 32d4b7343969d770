//! One record is in a batch, or some records are.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Inclusion" and "Records".

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;

use super::bundle::{Bundle, InclusionBundle, RecordsBundle};
use super::report::RecordFact;
use super::settled::{Batch, Ground, Settled, check_time, decode};
use super::verifier::{Failure, Kind, Proof, Stop, Verifier};
use super::{Format, ProofError, SignedSettlement};
use crate::Seq;
use crate::chain::Record;
use crate::document::{List, One, members};
use crate::hash::{Blake3, Digest};
use crate::merkle::{
    LeafIndex, NodeCoordinate, fetch_inclusion, fetch_multi_inclusion, leaf_hash, root,
    verify_inclusion, verify_multi_inclusion,
};

/// Looks nodes up in all leaf hashes of a tree: a `fetch` for the building functions.
///
/// ```
/// use countersign_core::hash::Blake3;
/// use countersign_core::merkle::{NodeCoordinate, leaf_hash, node_hash};
/// use countersign_core::proof::nodes_of;
///
/// let leaves = [b"a", b"b", b"c"].map(|data| leaf_hash::<Blake3>(data));
/// let mut fetch = nodes_of(&leaves);
/// let [a, b, _] = &leaves;
/// assert_eq!(fetch(NodeCoordinate::new(1, 0).unwrap()), Some(node_hash::<Blake3>(a, b)));
/// assert_eq!(fetch(NodeCoordinate::new(1, 1).unwrap()), None);
/// ```
pub fn nodes_of(leaf_hashes: &[Digest]) -> impl FnMut(NodeCoordinate) -> Option<Digest> {
    |node| {
        let first = usize::try_from(node.first_leaf().get()).ok()?;
        let count = usize::try_from(node.leaf_count()).ok()?;
        leaf_hashes.get(first..first.checked_add(count)?).map(root::<Blake3>)
    }
}

/// One record under `itemsRoot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The record's number.
    pub seq: Seq,
    /// Its bytes.
    pub record: Vec<u8>,
    /// The sibling hashes, leaf to root.
    pub audit_path: Vec<Digest>,
}

members!(InclusionProof {
    seq "seq": One,
    record "record": One,
    audit_path "auditPath": List,
});

/// Some records under `itemsRoot`, with the siblings that they share once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordsProof {
    /// The records' bytes, in order of their seqs, each once.
    pub records: Vec<Vec<u8>>,
    /// The siblings, left to right.
    pub siblings: Vec<Digest>,
}

members!(RecordsProof {
    records "records": List,
    siblings "siblings": List,
});

impl InclusionProof {
    /// A bundle that shows `record` to be in the batch of `signed`.
    ///
    /// `fetch` knows the nodes of the tree below `itemsRoot`; [`nodes_of`] makes one out of leaf
    /// hashes.
    ///
    /// # Errors
    /// As far as the record is none, lies in another batch, a node is missing, or record and nodes
    /// do not lead to the settlement's root.
    pub fn build(
        signed: &SignedSettlement,
        record: &[u8],
        fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
    ) -> Result<InclusionBundle, ProofError> {
        let batch = Batch::of(&signed.settlement)?;
        let seq = Record::decode(record)?.seq();
        let index = batch.leaf_index(seq)?;
        let audit_path = fetch_inclusion::<Blake3>(index, batch.items, fetch)?;
        let leaf = leaf_hash::<Blake3>(record);
        let root = &signed.settlement.items_root;
        verify_inclusion::<Blake3>(index, batch.items, &leaf, &audit_path, root)?;
        Ok(Bundle::new(signed, Self { seq, record: record.to_owned(), audit_path }))
    }
}

impl Kind for InclusionProof {
    const FORMAT: Format = Format::Inclusion;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "That what the record says happened: only that the operator recorded it and cannot take it \
         back.",
        "Anything about other records of the batch, nor that the operation is in no other batch.",
        "That the batch's index or its sums count the record: a statement shows that.",
    ];
}

impl Proof for InclusionProof {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        verify_record(self, &settled.ground(), run).map(drop)
    }
}

/// The steps of "Inclusion": the record and its leaf hash.
pub(super) fn verify_record<'p>(
    proof: &'p InclusionProof,
    ground: &Ground<'_>,
    run: &mut Verifier<'_>,
) -> Result<(Record<'p>, Digest), Stop> {
    // 1. The bytes are a record, in its one encoding.
    let (record, leaf) = run.check("record", decode(&proof.record), |(record, leaf)| {
        format!("the bytes are record {}, its leaf hash is {leaf}", record.seq())
    })?;
    run.facts.records.push(RecordFact::of(&record, leaf));
    // 2. Its own seq is the one said to be proven.
    let (seq, own) = (proof.seq, record.seq());
    let result = if own == seq {
        Ok(())
    } else {
        Err(Failure::new("record-seq", format!("the record is {own}, not {seq}")))
    };
    run.check("record-seq", result, |()| format!("the record's own seq is {seq}"))?;
    // 3. The seq lies in the batch, which decides the leaf index and the tree size.
    let batch = ground.batch;
    let index = batch.leaf_index(seq).map_err(Failure::of);
    let index = run.check("seq-in-batch", index, |index| {
        format!("record {seq} is leaf {index} of the batch's {}", batch.items)
    })?;
    // 4. The settling key was still valid when the record was appended.
    run.check("record-time", check_time(ground.certificate, &record), |()| {
        format!("it was appended before key {} ended", ground.certificate.public_key)
    })?;
    // 5. The path has exactly the length that index and size allow, and leads to itemsRoot.
    let root = ground.items_root;
    let result = verify_inclusion::<Blake3>(index, batch.items, &leaf, &proof.audit_path, root);
    run.check("inclusion", result.map_err(Failure::of), |()| {
        format!("its leaf hash and {} siblings lead to itemsRoot {root}", proof.audit_path.len())
    })?;
    Ok((record, leaf))
}

impl RecordsProof {
    /// A bundle that shows `records`, whose seqs ascend, to be in the batch of `signed`.
    ///
    /// `fetch` and errors as for [`InclusionProof::build`].
    pub fn build<R: AsRef<[u8]>>(
        signed: &SignedSettlement,
        records: &[R],
        fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
    ) -> Result<RecordsBundle, ProofError> {
        let (records, siblings) = prove_records(signed, records, fetch)?;
        Ok(Bundle::new(signed, Self { records, siblings }))
    }
}

/// The records, owned, and their siblings below `itemsRoot`.
pub(super) fn prove_records<R: AsRef<[u8]>>(
    signed: &SignedSettlement,
    records: &[R],
    fetch: impl FnMut(NodeCoordinate) -> Option<Digest>,
) -> Result<(Vec<Vec<u8>>, Vec<Digest>), ProofError> {
    let batch = Batch::of(&signed.settlement)?;
    let leaves = records
        .iter()
        .map(|record| {
            let record = record.as_ref();
            let seq = Record::decode(record)?.seq();
            Ok((batch.leaf_index(seq)?, leaf_hash::<Blake3>(record)))
        })
        .collect::<Result<Vec<_>, ProofError>>()?;
    let indexes: Vec<_> = leaves.iter().map(|(index, _)| *index).collect();
    let siblings = fetch_multi_inclusion::<Blake3>(&indexes, batch.items, fetch)?;
    let root = &signed.settlement.items_root;
    verify_multi_inclusion::<Blake3>(batch.items, &leaves, &siblings, root)?;
    Ok((records.iter().map(|record| record.as_ref().to_owned()).collect(), siblings))
}

impl Kind for RecordsProof {
    const FORMAT: Format = Format::Records;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "That what the records say happened: only that the operator recorded it and cannot take it \
         back.",
        "That these are all records of anybody: others of the batch may lie between them. A \
         statement is complete.",
        "That the batch's index or its sums count the records: a statement shows that.",
    ];
}

impl Proof for RecordsProof {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        let records = verify_records(&self.records, settled, run)?;
        verify_siblings(&records, &self.siblings, settled, run)
    }
}

/// A record of a batch, its leaf and its leaf hash.
pub(super) type Leaf<'r> = (Record<'r>, LeafIndex, Digest);

/// Steps 1 and 2 of "Records".
pub(super) fn verify_records<'p>(
    records: &'p [Vec<u8>],
    settled: &Settled<'_>,
    run: &mut Verifier<'_>,
) -> Result<Vec<Leaf<'p>>, Stop> {
    let check = || -> Result<Vec<Leaf<'p>>, Failure> {
        let mut leaves: Vec<Leaf<'p>> = Vec::new();
        for bytes in records {
            // 1. Every item is a record, in its one encoding, in the batch, and above the one
            // before.
            let (record, leaf) = decode(bytes)?;
            let seq = record.seq();
            let index = settled.batch.leaf_index(seq).map_err(Failure::of)?;
            if let Some((before, ..)) = leaves.last()
                && before.seq() >= seq
            {
                let detail = format!("record {seq} comes behind record {}", before.seq());
                return Err(Failure::new("records-not-ascending", detail));
            }
            // 2. The settling key was still valid when it was appended.
            settled.check_time(&record)?;
            leaves.push((record, index, leaf));
        }
        Ok(leaves)
    };
    let leaves = run.check("records", check(), |leaves| {
        format!("{} records of the batch, in order of their seqs", leaves.len())
    })?;
    let facts = leaves.iter().map(|(record, _, leaf)| RecordFact::of(record, *leaf));
    run.facts.records.extend(facts);
    Ok(leaves)
}

/// Step 3 of "Records".
pub(super) fn verify_siblings(
    leaves: &[Leaf<'_>],
    siblings: &[Digest],
    settled: &Settled<'_>,
    run: &mut Verifier<'_>,
) -> Result<(), Stop> {
    // 3. There are exactly as many siblings as indexes and size allow, and all of it leads to
    // itemsRoot.
    let hashes: Vec<_> = leaves.iter().map(|(_, index, leaf)| (*index, *leaf)).collect();
    let (size, root) = (settled.batch.items, &settled.settlement.items_root);
    let result = verify_multi_inclusion::<Blake3>(size, &hashes, siblings, root);
    run.check("multi-inclusion", result.map_err(Failure::of), |()| {
        format!(
            "{} leaf hashes and {} siblings lead to itemsRoot {root}",
            leaves.len(),
            siblings.len()
        )
    })
}
