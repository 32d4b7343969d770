//! Numbers and dates records before they are linked.

use alloc::vec::Vec;

use super::entry::{MeteringRecord, Operation};
use super::run::KeyWindow;
use super::writer::ChainError;
use crate::Seq;
use crate::limits::GENESIS_HASH;

/// What of a chain's state decides whether an entry is accepted, and as what.
///
/// A writer with many producers accepts here, which takes no hash and no key, and gives the entry
/// its number at once; [`ChainWriter::link`](super::ChainWriter::link) puts it into the chain
/// later, on another thread, in the same order. Until then its `prevHash` is zeros.
#[derive(Clone, Copy, Debug)]
pub struct Sequencer {
    next_seq: Seq,
    last_ts_us: u64,
    active: Option<KeyWindow>,
}

impl Sequencer {
    pub(super) const fn new(next_seq: Seq, last_ts_us: u64, active: Option<KeyWindow>) -> Self {
        Self { next_seq, last_ts_us, active }
    }

    /// The seq of the next record.
    #[inline]
    pub const fn next_seq(&self) -> Seq {
        self.next_seq
    }

    /// Time of the last record, microseconds since the epoch.
    #[inline]
    pub const fn last_ts_us(&self) -> u64 {
        self.last_ts_us
    }

    /// Whether an entry may be appended at this time: under an active key, inside its validity.
    #[inline]
    pub fn check_key(&self, ts_us: u64) -> Result<(), ChainError> {
        let active = self.active.ok_or(ChainError::NoActiveKey)?;
        let now_ms = ts_us.max(self.last_ts_us) / 1_000;
        let KeyWindow { not_before_ms, expires_at_ms, .. } = active;
        if now_ms < not_before_ms {
            return Err(ChainError::ProcessKeyNotYetValid { not_before_ms, now_ms });
        }
        if now_ms >= expires_at_ms {
            return Err(ChainError::ProcessKeyExpired { expires_at_ms, now_ms });
        }
        Ok(())
    }

    /// Appends an entry that is still to be linked to `out`; its seq. Changes nothing if it fails.
    #[inline]
    pub fn append(
        &mut self,
        out: &mut Vec<u8>,
        ts_us: u64,
        operation: &Operation<'_>,
    ) -> Result<Seq, ChainError> {
        operation.check()?;
        self.check_key(ts_us)?;
        let (seq, ts_us) = self.reserve(ts_us);
        let entry = MeteringRecord { seq, prev_hash: GENESIS_HASH, ts_us, operation: *operation };
        entry.encode(out);
        Ok(seq)
    }

    /// Sets a number and a time aside for a record that is made when its turn comes.
    #[inline]
    pub fn reserve(&mut self, ts_us: u64) -> (Seq, u64) {
        let seq = self.next_seq;
        self.next_seq = seq.next();
        self.last_ts_us = self.last_ts_us.max(ts_us);
        (seq, self.last_ts_us)
    }

    /// As [`reserve`](Self::reserve), for a signature: dated inside the key's validity even if the
    /// clock has just passed its end, since what it covers was accepted in time.
    pub fn reserve_signature(&mut self, ts_us: u64) -> (Seq, u64) {
        let latest_us = self.active.map_or(u64::MAX, |active| active.latest_us());
        self.reserve(ts_us.min(latest_us))
    }
}
