//! Holds a settlement against its records and its key.

use alloc::boxed::Box;

use super::error::{Pair, SettlementError};
use super::failure::{DeltaFailure, Roots, SettlementFailure};
use super::{AccountDelta, BatchSettlementAction, BatchTotals, BatchWindow};
use crate::chain::Record;
use crate::hash::Digest;
use crate::keys::{Certificate, PublicKey, ShardId};
use crate::limits::GENESIS_HASH;

/// Checks a settlement against the records of its whole range, in order, as their bytes.
///
/// The checks are numbered in `FORMAT.md`; the first that fails is told. Takes one record more
/// than the range has at most, and keeps none.
///
/// Does not prove that the settlement is signed ([`verify_settlement`]), that the records before
/// the range are what its first `prevHash` and its `logRoot` stand for, nor that the records
/// follow the rules of keys and times (the auditor's part).
pub fn check_settlement<'a>(
    action: &BatchSettlementAction,
    records: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(), SettlementFailure> {
    let (from_seq, to_seq) = (action.from_seq, action.to_seq);
    // 1.
    let Some(expected) = action.record_count() else {
        return Err(SettlementFailure::RangeInvalid { from_seq, to_seq });
    };
    let mut records = records.into_iter();
    let mut window = BatchWindow::new(from_seq);
    let mut tip = None;
    while window.record_count() < expected {
        let found = window.record_count();
        let Some(bytes) = records.next() else {
            return Err(SettlementFailure::RangeCount { expected, found });
        };
        if let Err(failure) = take(&mut window, &mut tip, bytes) {
            // 2. Behind a record that fails the rest is only counted.
            let mut found = found.saturating_add(1);
            while found <= expected && records.next().is_some() {
                found = found.saturating_add(1);
            }
            let has_all = found == expected;
            return Err(if has_all {
                failure
            } else {
                SettlementFailure::RangeCount { expected, found }
            });
        }
    }
    if records.next().is_some() {
        let found = expected.saturating_add(1);
        return Err(SettlementFailure::RangeCount { expected, found });
    }
    // 6.
    let recomputed = tip.unwrap_or(GENESIS_HASH);
    compare(action.tip_hash, recomputed, SettlementFailure::TipHash)?;
    window.check_totals(action)
}

/// Takes one record into the window and onto the chain.
fn take(
    window: &mut BatchWindow,
    tip: &mut Option<Digest>,
    bytes: &[u8],
) -> Result<(), SettlementFailure> {
    let seq = window.next_seq();
    // 3.
    let record =
        Record::decode(bytes).map_err(|error| SettlementFailure::Malformed { seq, error })?;
    // 4. and the sums of 10.
    window.push(bytes, &record).map_err(|error| match error {
        SettlementError::Overflow(pair) => SettlementFailure::Overflow(pair),
        _ => SettlementFailure::RangeSeq { expected: seq, found: record.seq() },
    })?;
    // 5.
    let found = *record.prev_hash();
    let expected = if seq.previous().is_none() { GENESIS_HASH } else { tip.unwrap_or(found) };
    if found != expected {
        return Err(SettlementFailure::ChainBroken { seq, expected, found });
    }
    *tip = Some(record.tip(bytes));
    Ok(())
}

impl BatchWindow {
    /// Checks that a settlement is of this window, and right about it: range, roots, entry count
    /// and deltas. For whoever walks a log and has checked tip and signature on the way;
    /// `log_root` is the root over all records up to the window's last.
    ///
    /// Does not prove that the settlement is signed, nor that the records form a chain.
    pub fn check(
        &self,
        action: &BatchSettlementAction,
        log_root: &Digest,
    ) -> Result<(), SettlementFailure> {
        let (from_seq, to_seq) = (action.from_seq, action.to_seq);
        if from_seq != self.from_seq() {
            let (expected, found) = (self.from_seq(), from_seq);
            return Err(SettlementFailure::RangeSeq { expected, found });
        }
        let Some(expected) = action.record_count() else {
            return Err(SettlementFailure::RangeInvalid { from_seq, to_seq });
        };
        let found = self.record_count();
        if found != expected {
            return Err(SettlementFailure::RangeCount { expected, found });
        }
        compare(action.log_root, *log_root, SettlementFailure::LogRoot)?;
        self.check_totals(action)
    }

    fn check_totals(&self, action: &BatchSettlementAction) -> Result<(), SettlementFailure> {
        let BatchTotals { items_root, index_root, entry_count, member_deltas } = self.totals();
        // 7.
        compare(action.items_root, items_root, SettlementFailure::ItemsRoot)?;
        // 8.
        if action.entry_count != entry_count {
            let (settled, recomputed) = (action.entry_count, entry_count);
            return Err(SettlementFailure::EntryCount { settled, recomputed });
        }
        // 9.
        compare(action.index_root, index_root, SettlementFailure::IndexRoot)?;
        // 10.
        compare_deltas(&action.member_deltas, &member_deltas)
    }
}

pub(super) fn compare(
    settled: Digest,
    recomputed: Digest,
    failure: impl FnOnce(Roots) -> SettlementFailure,
) -> Result<(), SettlementFailure> {
    if settled == recomputed { Ok(()) } else { Err(failure(Roots { settled, recomputed })) }
}

/// The first pair in which two lists differ. Both are sorted.
pub(super) fn compare_deltas(
    settled: &[AccountDelta],
    recomputed: &[AccountDelta],
) -> Result<(), SettlementFailure> {
    let same = settled.iter().zip(recomputed).take_while(|(a, b)| a == b).count();
    let (a, b) = (settled.get(same), recomputed.get(same));
    // The smaller of two pairs is the one that the other list lacks.
    let (a, b) = match (a, b) {
        (None, None) => return Ok(()),
        (Some(a), Some(b)) if a.key() < b.key() => (Some(a), None),
        (Some(a), Some(b)) if a.key() > b.key() => (None, Some(b)),
        both => both,
    };
    let Some(named) = a.or(b) else { return Ok(()) };
    let sums = |delta: &AccountDelta| (delta.earned, delta.spent);
    Err(SettlementFailure::MemberDeltas(Box::new(DeltaFailure {
        pair: Pair { member_id: named.member_id, asset_id: named.asset_id.clone() },
        settled: a.map(sums),
        recomputed: b.map(sums),
    })))
}

/// Verifies that a settlement of `shard_id` is signed by a process key that the trusted operator
/// certified for that shard.
///
/// Does not prove that the key was active and inside its validity when it signed, nor that it is
/// uncompromised, nor that roots and deltas agree with any records ([`check_settlement`]).
pub fn verify_settlement(
    action: &BatchSettlementAction,
    shard_id: ShardId,
    certificate: &Certificate,
    trusted: &PublicKey,
) -> Result<(), SettlementFailure> {
    certificate.verify(trusted).map_err(SettlementFailure::Certificate)?;
    if certificate.shard_id != shard_id {
        let (expected, found) = (shard_id, certificate.shard_id);
        return Err(SettlementFailure::WrongShard { expected, found });
    }
    if certificate.public_key != action.public_key {
        let (certified, found) = (certificate.public_key, action.public_key);
        return Err(SettlementFailure::WrongProcessKey { certified, found });
    }
    if action.record_count().is_none() {
        let (from_seq, to_seq) = (action.from_seq, action.to_seq);
        return Err(SettlementFailure::RangeInvalid { from_seq, to_seq });
    }
    action.verify_signature(shard_id).map_err(SettlementFailure::Signature)
}
