//! Bundles that hold, and the same with something wrong.

use countersign_core::chain::Record;
use countersign_core::document::DocumentError;
use countersign_core::hash::Blake3;
use countersign_core::keys::PublicKey;
use countersign_core::merkle::{leaf_hash, leaf_hashes, root};
use countersign_core::proof::{
    OverlapContradiction, ReceiptContradiction, SettledLeaf, SignedSettlement, Tree, nodes_of,
};
use countersign_core::settlement::BatchSettlementAction;

use super::super::proofs::{change_amount, nothing_settled, refused, signed_by};
use super::super::steps::Step;
use super::shard::{SampleShard, find};
use super::{Expected, Kind, Sample};
use crate::prove::{BatchName, Prover};
use crate::store::disk::RealDisk;
use crate::trace;

/// The member that most samples are about.
const MEMBER: u64 = 3;

pub(super) fn samples(shard: &SampleShard) -> Step<Vec<Sample>> {
    let mut samples = good(shard)?;
    samples.extend(contradictions(shard)?);
    samples.extend(bad(shard)?);
    Ok(samples)
}

fn sample(
    name: &'static str,
    title: &'static str,
    about: impl Into<String>,
    json: Result<String, DocumentError>,
    operator: impl Into<Option<PublicKey>>,
    expected: Expected,
) -> Step<Sample> {
    Ok(Sample {
        name,
        title,
        about: about.into(),
        kind: Kind::Bundle,
        files: vec![(format!("{name}.json"), json.map_err(refused)?.into_bytes())],
        operator: operator.into(),
        address: None,
        now_ms: None,
        expected,
    })
}

fn good(shard: &SampleShard) -> Step<Vec<Sample>> {
    let (member, operator) = (trace::member_id(MEMBER), shard.operator);
    let mut prover = Prover::open(&RealDisk, &shard.directory)?;
    let batch = shard.first()?;
    let of_member = |request: u32| format!("request-{request}/context");
    let (seq, _) = find(batch, |operation| {
        operation.asset_id == trace::CONTEXT_ASSET
            && *operation.member_id == member
            && operation.amount < 0
    })?;
    let entries: Vec<_> = batch
        .records
        .iter()
        .filter_map(|bytes| match Record::decode(bytes) {
            Ok(Record::Entry(entry)) if *entry.operation.member_id == member => Some(entry.seq),
            _ => None,
        })
        .skip(4)
        .take(5)
        .collect();
    let of_batch = BatchName::Of(batch.settlement.from_seq);
    let inclusion = prover.inclusion(seq)?;
    let brief = prover.brief_inclusion(&inclusion)?.ok_or_else(nothing_settled)?;
    let records = prover.records(&entries)?;
    let consistency = prover.consistency(of_batch, BatchName::Last)?;
    let exclusion = prover.exclusion(&member, &of_member(0), of_batch)?;
    let statement = prover.statement(&member, of_batch)?;
    let placement = prover.placement(seq)?;
    let valid = Expected::Valid;
    Ok(vec![
        sample(
            "inclusion",
            "One record is in a batch",
            format!("Record {seq}, and the hashes that lead from it to the signed root"),
            inclusion.to_json(),
            operator,
            valid,
        )?,
        sample(
            "brief-inclusion",
            "One record, in brief",
            format!("Record {seq} without the sums of all members, under the signed chain"),
            brief.to_json(),
            operator,
            valid,
        )?,
        sample(
            "statement",
            "A member's account statement",
            "Every entry of one member in a batch, complete, and the sums",
            statement.to_json(),
            operator,
            valid,
        )?,
        sample(
            "records",
            "Five records at once",
            "They share most of the hashes on their way to the root",
            records.to_json(),
            operator,
            valid,
        )?,
        sample(
            "consistency",
            "The log only grew",
            "The log of the last settlement begins with that of the first",
            consistency.to_json(),
            operator,
            valid,
        )?,
        sample(
            "exclusion",
            "An operation that never was",
            format!("{} is not in the batch: the index has no room for it", of_member(0)),
            exclusion.to_json(),
            operator,
            valid,
        )?,
        sample(
            "receipt",
            "A receipt",
            "The writer's signed promise, given before the batch was settled",
            shard.receipt.to_json(),
            operator,
            valid,
        )?,
        sample(
            "placement",
            "A record's place in a file",
            format!("Record {seq}, and where it stands in the file with a content address"),
            placement.to_json(),
            operator,
            valid,
        )?,
    ])
}

/// What an operator should not have signed.
fn contradictions(shard: &SampleShard) -> Step<Vec<Sample>> {
    let batch = shard.first()?;
    let certificate = shard.certificate;
    let shard_id = certificate.shard_id;
    let sign = |mut settlement: BatchSettlementAction| {
        settlement.signature = shard.process.sign(&settlement.signed_bytes(shard_id));
        settlement
    };
    // The same batch, with one sum too high.
    let mut other = batch.settlement.clone();
    let delta = other.member_deltas.first_mut().ok_or_else(nothing_settled)?;
    delta.spent = delta.spent.saturating_add(1_000);
    let signed = signed_by(certificate, batch);
    let overlap = OverlapContradiction::build(&signed, &sign(other)).map_err(refused)?;
    // The same batch, without the record that a receipt was given for.
    let seq = shard.receipt.proof.seq;
    let changed = change_amount(&shard.receipt.proof.record).ok_or_else(nothing_settled)?;
    let records: Vec<&[u8]> = batch.records.iter().map(Vec::as_slice).collect();
    let mut leaves = leaf_hashes::<Blake3>(&records);
    let at = seq.0.checked_sub(batch.settlement.from_seq.0).and_then(|at| usize::try_from(at).ok());
    let leaf = at.and_then(|at| leaves.get_mut(at)).ok_or_else(nothing_settled)?;
    *leaf = leaf_hash::<Blake3>(&changed);
    let leaf = *leaf;
    let mut settlement = batch.settlement.clone();
    settlement.items_root = root::<Blake3>(&leaves);
    settlement.log_root = settlement.items_root;
    let settlement = sign(settlement);
    let leaf = SettledLeaf::build(&settlement, Tree::Items, seq, leaf, nodes_of(&leaves))
        .map_err(refused)?;
    let forged = SignedSettlement { certificate, settlement };
    let broken = ReceiptContradiction::build(&shard.receipt, &forged, leaf).map_err(refused)?;
    Ok(vec![
        sample(
            "contradiction-overlap",
            "Two settlements of one batch",
            "Both signed, with other sums in each: proof that the operator's key contradicted itself",
            overlap.to_json(),
            shard.operator,
            Expected::Valid,
        )?,
        sample(
            "contradiction-receipt",
            "A promise broken",
            format!(
                "A receipt for record {seq}, and a settlement with another record in its place"
            ),
            broken.to_json(),
            shard.operator,
            Expected::Valid,
        )?,
    ])
}

fn bad(shard: &SampleShard) -> Step<Vec<Sample>> {
    let (member, operator) = (trace::member_id(MEMBER), shard.operator);
    let mut prover = Prover::open(&RealDisk, &shard.directory)?;
    let batch = shard.first()?;
    let (seq, _) = find(batch, |operation| {
        operation.asset_id == trace::CONTEXT_ASSET
            && *operation.member_id == member
            && operation.amount < 0
    })?;
    let inclusion = prover.inclusion(seq)?;
    let mut changed = inclusion.clone();
    changed.proof.record = change_amount(&changed.proof.record).ok_or_else(nothing_settled)?;
    let mut swapped = inclusion.clone();
    swapped.settlement.items_root = swapped.settlement.index_root;
    let mut truncated = inclusion.clone();
    truncated.proof.audit_path.pop();
    let mut shortened = prover.statement(&member, BatchName::Of(batch.settlement.from_seq))?;
    shortened.proof.records.pop();
    let refused_with = Expected::Refused;
    Ok(vec![
        sample(
            "changed-amount",
            "One amount changed",
            format!("Record {seq} says one token less than the operator signed"),
            changed.to_json(),
            operator,
            refused_with("inclusion-root-mismatch"),
        )?,
        sample(
            "swapped-root",
            "A root swapped",
            "The settlement names another root than the one that was signed",
            swapped.to_json(),
            operator,
            refused_with("settlement-signature"),
        )?,
        sample(
            "truncated-path",
            "A path cut short",
            "The last hash on the way to the root is missing",
            truncated.to_json(),
            operator,
            refused_with("inclusion-path-length"),
        )?,
        sample(
            "shortened-statement",
            "A statement that leaves out an entry",
            "The last entry of the member is missing",
            shortened.to_json(),
            operator,
            refused_with("index-inclusion"),
        )?,
        sample(
            "another-operator",
            "Another operator's key",
            "The bundle is sound, but not by the operator that is trusted",
            inclusion.to_json(),
            shard.process.public_key(),
            refused_with("wrong-operator-key"),
        )?,
        sample(
            "no-key",
            "No operator key",
            "Nobody said whom to trust, so that nothing can be called valid",
            inclusion.to_json(),
            None,
            Expected::Unknown,
        )?,
    ])
}
