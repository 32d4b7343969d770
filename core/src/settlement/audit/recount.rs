//! Holds a settlement against what was kept of its records.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::spans::{Line, Part};
use crate::Seq;
use crate::chain::{Failure, FailureCode};
use crate::frame::Place;
use crate::hash::{Blake3, Digest};
use crate::merkle::{Frontier, leaf_hashes, root};
use crate::settlement::check::{compare, compare_deltas};
use crate::settlement::error::Pair;
use crate::settlement::{AccountDelta, BatchSettlementAction, SettlementFailure};

/// A settlement and what its records come to: see [`PendingCheck`](super::PendingCheck).
#[derive(Debug)]
pub struct PendingBatch {
    pub(super) place: Place,
    pub(super) seq: Seq,
    pub(super) action: Box<BatchSettlementAction>,
    /// Root over all records up to the batch's end; `None` if one of them is hidden.
    pub(super) log_root: Option<Digest>,
    pub(super) parts: Vec<Part>,
}

/// An entry of the batch, in the order of the index.
struct Row<'a> {
    /// The first bytes of the leaf, which decide nearly always.
    head: u64,
    line: &'a Line,
    /// The asset's rank among the names of the batch, as bytes.
    rank: usize,
}

impl PendingBatch {
    /// What of it fails, all told: its roots, then its sums.
    pub(super) fn failures(&self) -> Vec<Failure> {
        let action = &self.action;
        let mut found = Vec::new();
        let mut note = |result: Result<(), SettlementFailure>| found.extend(result.err());
        note(compare(action.items_root, self.items_root(), SettlementFailure::ItemsRoot));
        if let Some(log_root) = self.log_root {
            note(compare(action.log_root, log_root, SettlementFailure::LogRoot));
        }
        let names = self.names();
        let rows = self.rows(&names);
        note(compare(action.index_root, index_root(&rows), SettlementFailure::IndexRoot));
        let names: Vec<_> = names.into_keys().collect();
        note(deltas(&rows, &names).and_then(|sums| compare_deltas(&action.member_deltas, &sums)));
        found.iter().map(|failure| self.failure(failure)).collect()
    }

    fn items_root(&self) -> Digest {
        let mut items = Frontier::<Blake3>::new();
        for part in &self.parts {
            // The batch has fewer records than a tree has room for.
            let _ = items.extend(&part.leaf_hashes);
        }
        items.root()
    }

    /// The names of the assets and their ranks.
    fn names(&self) -> BTreeMap<&str, usize> {
        let all = self.parts.iter().flat_map(|part| &part.assets);
        let mut names: BTreeMap<_, _> = all.map(|name| (name.as_str(), 0)).collect();
        for (at, rank) in names.values_mut().enumerate() {
            *rank = at;
        }
        names
    }

    /// The entries, sorted as the index is.
    fn rows(&self, names: &BTreeMap<&str, usize>) -> Vec<Row<'_>> {
        let mut rows = Vec::with_capacity(self.parts.iter().map(|part| part.lines.len()).sum());
        for part in &self.parts {
            let rank = |name| names.get(name).copied().unwrap_or_default();
            let ranks: Vec<_> = part.assets.iter().map(|name| rank(name.as_str())).collect();
            rows.extend(part.lines.iter().map(|line| {
                let head = line.leaf.as_bytes().first_chunk().copied().unwrap_or_default();
                let rank = ranks.get(line.asset as usize).copied().unwrap_or_default();
                Row { head: u64::from_be_bytes(head), line, rank }
            }));
        }
        rows.sort_unstable_by(|a, b| match a.head.cmp(&b.head) {
            Ordering::Equal => a.line.leaf.cmp(&b.line.leaf),
            order => order,
        });
        rows
    }

    fn failure(&self, failure: &SettlementFailure) -> Failure {
        let code = match failure {
            SettlementFailure::ItemsRoot(_) => FailureCode::ItemsRoot,
            SettlementFailure::LogRoot(_) => FailureCode::LogRoot,
            SettlementFailure::IndexRoot(_) => FailureCode::IndexRoot,
            SettlementFailure::Overflow(_) => FailureCode::DeltaOverflow,
            _ => FailureCode::MemberDeltas,
        };
        Failure { code, place: self.place, seq: self.seq, detail: failure.to_string() }
    }
}

fn index_root(rows: &[Row<'_>]) -> Digest {
    let leaves: Vec<&[u8]> = rows.iter().map(|row| row.line.leaf.as_bytes().as_slice()).collect();
    root::<Blake3>(&leaf_hashes::<Blake3>(&leaves))
}

/// What each member earned and spent of each asset: the rows of a member stand together.
fn deltas(rows: &[Row<'_>], names: &[&str]) -> Result<Vec<AccountDelta>, SettlementFailure> {
    let mut deltas: Vec<AccountDelta> = Vec::new();
    let mut amounts = Vec::new();
    for of_member in rows.chunk_by(|a, b| a.line.leaf.is_of_same_member(&b.line.leaf)) {
        amounts.clear();
        amounts.extend(of_member.iter().map(|row| (row.rank, row.line.amount)));
        amounts.sort_unstable_by_key(|(rank, _)| *rank);
        let Some(first) = of_member.first() else { continue };
        for of_pair in amounts.chunk_by(|(a, _), (b, _)| a == b) {
            let rank = of_pair.first().map_or(0, |(rank, _)| *rank);
            let pair = Pair {
                member_id: *first.line.leaf.member_id(),
                asset_id: (*names.get(rank).unwrap_or(&"")).into(),
            };
            let sum = of_pair.iter().try_fold((0_u128, 0_u128), |(earned, spent), (_, amount)| {
                let size = amount.unsigned_abs();
                if *amount < 0 {
                    Some((earned, spent.checked_add(size)?))
                } else {
                    Some((earned.checked_add(size)?, spent))
                }
            });
            let Some((earned, spent)) = sum else {
                return Err(SettlementFailure::Overflow(Box::new(pair)));
            };
            let Pair { member_id, asset_id } = pair;
            deltas.push(AccountDelta { member_id, asset_id, earned, spent });
        }
    }
    Ok(deltas)
}
