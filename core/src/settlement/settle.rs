//! Closes a window.

use alloc::vec::Vec;

use super::{BatchSettlementAction, BatchTotals, BatchWindow, SettlementError};
use crate::chain::{ChainWriter, Settlement};
use crate::hash::Digest;
use crate::keys::{Signature, SigningKey};

/// Settles `window`, which must end at the chain's last record: appends the settlement record to
/// `out` and moves the chain on.
///
/// `log_root` is the root over all records of the shard so far, `key` the active process key,
/// `ts_us` the time in microseconds since the epoch. The record is the first one of the next
/// window: make that with `BatchWindow::new(action.to_seq.next())` and push the record as any
/// other.
///
/// # Errors
/// [`SettlementError::EmptyWindow`] without an entry, [`SettlementError::NotNext`] if the window
/// ends elsewhere, and [`SettlementError::Chain`]: another key is active or its validity has
/// ended, or the deltas do not fit a record, which a window that is settled when
/// [due](BatchWindow::is_due) never meets. Neither `chain` nor `out` has changed then.
pub fn settle(
    chain: &mut ChainWriter,
    window: &BatchWindow,
    log_root: Digest,
    key: &SigningKey,
    out: &mut Vec<u8>,
    ts_us: u64,
) -> Result<BatchSettlementAction, SettlementError> {
    let (from_seq, expected, found) = (window.from_seq(), chain.next_seq(), window.next_seq());
    if window.entry_count() == 0 {
        return Err(SettlementError::EmptyWindow { from_seq });
    }
    let Some(to_seq) = found.previous().filter(|_| found == expected) else {
        return Err(SettlementError::NotNext { expected, found });
    };
    // Signing a large settlement takes its time; a key that cannot is told before.
    chain.check_key(ts_us)?;
    let BatchTotals { items_root, index_root, entry_count, member_deltas } = window.totals();
    let mut action = BatchSettlementAction {
        from_seq,
        to_seq,
        tip_hash: chain.tip(),
        items_root,
        log_root,
        index_root,
        entry_count,
        member_deltas,
        public_key: key.public_key(),
        signature: Signature::from_bytes([0; 64]),
    };
    action.signature = key.sign(&action.signed_bytes(chain.shard_id()));
    let body = action.body();
    let settlement = Settlement::decode(&body).map_err(crate::chain::ChainError::from)?;
    chain.settle(out, ts_us, &settlement)?;
    Ok(action)
}
