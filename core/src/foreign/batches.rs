//! Settlements and indexes against the log, as the log is read.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};

use super::batch_index::BatchIndex;
use super::failure::{Failures, ForeignCode, ForeignFailure, ForeignFile};
use super::link::Link;
use super::names::BatchName;
use super::record::ForeignRecord;
use super::settlement::ForeignSettlement;
use super::window::ForeignWindow;
use crate::chain::FailureCode;
use crate::hash::Digest;
use crate::{Seq, SeqRange};

/// What is claimed of one range.
#[derive(Clone, Debug)]
struct Claim {
    range: SeqRange,
    settlement: Option<ForeignSettlement>,
    /// Root and leaf count of an index that does not contradict itself.
    index: Option<(Digest, u64)>,
}

impl Claim {
    fn file(&self) -> ForeignFile {
        match self.settlement {
            Some(_) => ForeignFile::Settlement(BatchName(self.range)),
            None => ForeignFile::Index(BatchName(self.range)),
        }
    }

    fn fail(&self, failures: &mut Failures, code: impl Into<ForeignCode>, detail: String) {
        let (code, file, seq) = (code.into(), self.file(), self.range.to);
        let failure = ForeignFailure { code, file, offset: 0, seq, detail };
        failures.push_since(self.range.from.min(seq), failure);
    }
}

/// What the claims came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checked {
    pub(super) settlements: u64,
    pub(super) indexes: u64,
    pub(super) unchecked: u64,
    /// Records that settlements cover.
    pub(super) settled: u64,
}

/// All claims, and the batch that the log is in.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    /// As they were read, by from and to.
    claims: BTreeMap<(Seq, Seq), Claim>,
    /// From the first record on: those that do not overlap, in order.
    ordered: Option<VecDeque<Claim>>,
    open: Option<(Claim, ForeignWindow)>,
    result: Checked,
}

impl Batches {
    pub(super) fn take_settlement(
        &mut self,
        name: BatchName,
        bytes: &[u8],
        failures: &mut Failures,
    ) {
        let (code, detail) = match ForeignSettlement::read(bytes) {
            Ok(settlement) if settlement.range == name.0 => {
                self.claim(name).settlement = Some(settlement);
                return;
            }
            Ok(ForeignSettlement { range, .. }) => {
                let detail = format!("it says seq {} to {}", range.from, range.to);
                (FailureCode::SettlementRange.into(), detail)
            }
            Err(error) => (ForeignCode::SettlementMalformed, error.to_string()),
        };
        let (file, seq) = (ForeignFile::Settlement(name), name.0.to);
        failures.push_since(
            name.0.from.min(seq),
            ForeignFailure { code, file, offset: 0, seq, detail },
        );
    }

    pub(super) fn take_index(&mut self, name: BatchName, bytes: &[u8], failures: &mut Failures) {
        let detail = match BatchIndex::decode(bytes) {
            Ok(index) if index.range != name.0 => {
                format!("it says seq {} to {}", index.range.from, index.range.to)
            }
            Ok(index) => {
                let computed = index.computed_root();
                if computed == index.root {
                    let count = index.leaf_hashes.len() as u64;
                    self.claim(name).index = Some((computed, count));
                    return;
                }
                format!("its root is {}, that of its leaves {computed}", index.root)
            }
            Err(error) => error.to_string(),
        };
        let (code, file, seq) = (ForeignCode::IndexMalformed, ForeignFile::Index(name), name.0.to);
        failures.push_since(
            name.0.from.min(seq),
            ForeignFailure { code, file, offset: 0, seq, detail },
        );
    }

    fn claim(&mut self, name: BatchName) -> &mut Claim {
        let range = name.0;
        self.claims.entry((range.from, range.to)).or_insert(Claim {
            range,
            settlement: None,
            index: None,
        })
    }

    /// Puts the claims in order. Settlements must neither overlap nor leave out what lies between
    /// two of them; an index without a settlement is what a flush that failed leaves.
    fn order(&mut self, failures: &mut Failures) -> &mut VecDeque<Claim> {
        if self.ordered.is_none() {
            let mut ordered: VecDeque<Claim> = VecDeque::new();
            let mut settled: Option<Seq> = None;
            let claims = core::mem::take(&mut self.claims);
            let (settlements, orphans): (VecDeque<_>, VecDeque<_>) =
                claims.into_values().partition(|claim| claim.settlement.is_some());
            for claim in settlements {
                let SeqRange { from, to } = claim.range;
                let expected = settled.map_or(from, Seq::next);
                if from > to || from < expected {
                    let detail =
                        format!("seq {from} to {to} overlaps what is settled up to {expected}");
                    claim.fail(failures, FailureCode::SettlementRange, detail);
                    continue;
                }
                if from > expected {
                    let detail = format!("seq {expected} up to {from} was never settled");
                    claim.fail(failures, FailureCode::SettlementRange, detail);
                }
                settled = Some(to);
                ordered.push_back(claim);
            }
            for claim in orphans {
                let SeqRange { from, to } = claim.range;
                let is_apart = |other: &Claim| {
                    !other.range.meets(from, to)
                        && !claim.range.meets(other.range.from, other.range.to)
                };
                if from <= to && ordered.iter().all(is_apart) {
                    let at = ordered.partition_point(|other| other.range.from < from);
                    ordered.insert(at, claim);
                } else {
                    self.result.unchecked = self.result.unchecked.saturating_add(1);
                }
            }
            self.ordered = Some(ordered);
        }
        self.ordered.get_or_insert_with(VecDeque::new)
    }

    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        link: &Link,
        record: &ForeignRecord<'_>,
        failures: &mut Failures,
    ) {
        let is_next = |claim: &Claim| claim.range.from <= link.seq;
        if self.open.is_none() {
            let next = self.order(failures).pop_front_if(|claim| is_next(claim));
            self.open = next.map(|claim| (claim, ForeignWindow::default()));
        }
        let Some((claim, window)) = &mut self.open else { return };
        window.push(bytes, link.tip, record);
        if link.seq >= claim.range.to
            && let Some((claim, window)) = self.open.take()
        {
            self.close(&claim, &window, failures);
        }
    }

    fn close(&mut self, claim: &Claim, window: &ForeignWindow, failures: &mut Failures) {
        let SeqRange { from, to } = claim.range;
        let expected = to.0.saturating_sub(from.0).saturating_add(1);
        if window.records() != expected {
            let detail = format!("its range has {expected} records, the log {}", window.records());
            return claim.fail(failures, FailureCode::SettlementRange, detail);
        }
        let root = window.root();
        let mut holds = true;
        if let Some(settlement) = &claim.settlement {
            let mut fail = |code: ForeignCode, detail| {
                holds = false;
                claim.fail(failures, code, detail);
            };
            if settlement.tip != window.tip() {
                let detail = format!(
                    "its tip is {}, the log's at seq {to} {}",
                    settlement.tip,
                    window.tip()
                );
                fail(FailureCode::SettlementTip.into(), detail);
            }
            if settlement.items_root != root {
                let detail = format!("its root is {}, the log's {root}", settlement.items_root);
                fail(ForeignCode::SettlementRoot, detail);
            }
            match window.deltas() {
                None => fail(ForeignCode::SettlementDeltas, "a sum is beyond 2^128-1".into()),
                Some(deltas) if deltas != settlement.member_deltas => {
                    fail(ForeignCode::SettlementDeltas, differing(&deltas, settlement));
                }
                Some(_) => {}
            }
            if holds {
                self.result.settlements = self.result.settlements.saturating_add(1);
            }
            self.result.settled = self.result.settled.saturating_add(expected);
        }
        let Some((index_root, leaves)) = claim.index else { return };
        if index_root == root {
            self.result.indexes = self.result.indexes.saturating_add(1);
            return;
        }
        let detail = format!(
            "its root over {leaves} leaves is {index_root}, that of the {expected} records {root}"
        );
        let (code, file, seq) =
            (ForeignCode::IndexRoot, ForeignFile::Index(BatchName(claim.range)), to);
        failures.push_since(from, ForeignFailure { code, file, offset: 0, seq, detail });
    }

    pub(super) fn finish(&mut self, last: Option<Seq>, failures: &mut Failures) -> Checked {
        let end = last.map_or("is empty".into(), |last| format!("ends with seq {last}"));
        let open = self.open.take().map(|(claim, _)| claim);
        let rest = core::mem::take(self.order(failures));
        for claim in open.into_iter().chain(rest) {
            let detail = format!("the log {end}");
            claim.fail(failures, FailureCode::SettlementRange, detail);
        }
        self.result
    }
}

/// The first sum in which they differ.
fn differing(ours: &[super::settlement::ForeignDelta], settlement: &ForeignSettlement) -> String {
    let theirs = &settlement.member_deltas;
    let pair = ours.iter().zip(theirs).find(|(ours, theirs)| ours != theirs);
    match pair {
        Some((ours, theirs)) => format!(
            "it has {} earned and {} spent of asset {:?}, the records {} and {} of {:?}",
            theirs.earned, theirs.spent, theirs.asset_id, ours.earned, ours.spent, ours.asset_id,
        ),
        None => format!("it has {} sums, the records {}", theirs.len(), ours.len()),
    }
}
