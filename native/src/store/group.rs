//! A group: the records that one signature covers and one sync makes durable.

use std::sync::{Arc, OnceLock};

use countersign_core::Seq;
use countersign_core::codec::uint_size;
use countersign_core::frame::{Place, length_prefix};
use countersign_core::limits::{
    DIGEST_SIZE, LENGTH_PREFIX_SIZE, MAX_ASSET_ID_SIZE, MAX_SETTLEMENT_PAIRS, MAX_UINT_SIZE,
    SIGNATURE_SIZE,
};
use countersign_core::settlement::BatchSettlementAction;

use super::error::StoreError;
use super::projection::Checkpoint;
use super::sync::{Condvar, Mutex, lock, wait};

/// Frame of a signature record beside its seq and time, in bytes: array, prevHash, kind, body.
const SIGNATURE_FRAME_REST: usize = LENGTH_PREFIX_SIZE
    + 1
    + (2 + DIGEST_SIZE)
    + (1 + 16)
    + (1 + 2 + DIGEST_SIZE + 2 + SIGNATURE_SIZE);

/// Largest frame of a signature record, in bytes.
pub(super) const SIGNATURE_FRAME_SIZE: u64 = (SIGNATURE_FRAME_REST + 2 * MAX_UINT_SIZE) as u64;

/// The frame of the signature record with this seq and time, in bytes.
pub(super) const fn signature_frame_size(seq: Seq, ts_us: u64) -> u64 {
    (SIGNATURE_FRAME_REST + uint_size(seq.0) + uint_size(ts_us)) as u64
}

/// Largest frames of a settlement of so many entries and of its signature, in bytes.
pub(super) fn settlement_size(entries: u64) -> u64 {
    let pairs = entries.min(MAX_SETTLEMENT_PAIRS as u64);
    SETTLEMENT_FRAME_REST + pairs * MAX_DELTA_SIZE + SIGNATURE_FRAME_SIZE
}

/// More than the frame of a settlement record takes beside its deltas, in bytes.
const SETTLEMENT_FRAME_REST: u64 = 512;
/// Array, memberId, assetId, two bignums.
const MAX_DELTA_SIZE: u64 = (1 + 2 + DIGEST_SIZE + 2 + MAX_ASSET_ID_SIZE + 2 * (2 + 16)) as u64;

/// What became of a group; shared by everybody who waits for it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    result: OnceLock<Result<(), StoreError>>,
    gate: Mutex<Gate>,
    ready: Condvar,
}

/// A mutex of its own, so that those whom one sync releases do not queue for the writer's.
#[derive(Debug, Default)]
struct Gate {
    /// Threads that wait here, or are about to.
    waiting: u32,
    /// Whether one of them is to commit the group himself.
    must_lead: bool,
}

impl Outcome {
    /// The outcome of records that were durable before anybody asked.
    pub(super) fn durable() -> Arc<Self> {
        let outcome = Self::default();
        outcome.settle(Ok(()));
        Arc::new(outcome)
    }

    pub(super) fn result(&self) -> Option<Result<(), StoreError>> {
        self.result.get().cloned()
    }

    /// Set once, and all who wait are told; the first result stays.
    pub(super) fn settle(&self, result: Result<(), StoreError>) {
        let gate = lock(&self.gate);
        let _first_wins = self.result.set(result);
        if gate.waiting > 0 {
            self.ready.notify_all();
        }
    }

    /// Says, under the writer's mutex, that the caller is going to [`wait`](Self::wait).
    pub(super) fn enter(&self) {
        lock(&self.gate).waiting += 1;
    }

    /// Waits until the result is there, or the caller is to lead.
    pub(super) fn wait(&self) {
        let mut gate = lock(&self.gate);
        while self.result.get().is_none() && !gate.must_lead {
            gate = wait(&self.ready, gate);
        }
        gate.must_lead = false;
        gate.waiting -= 1;
    }

    /// Asks one of those who wait to lead; whether there is one.
    pub(super) fn ask_to_lead(&self) -> bool {
        let mut gate = lock(&self.gate);
        gate.must_lead = gate.waiting > 0;
        if gate.must_lead {
            self.ready.notify_one();
        }
        gate.must_lead
    }
}

/// The bytes of a record for whom wants a receipt, once it is linked.
pub(super) type KeptRecord = Arc<OnceLock<Arc<[u8]>>>;

/// Records in memory, on their way to the log.
#[derive(Debug)]
pub(super) struct Group {
    /// Their frames.
    pub(super) bytes: Vec<u8>,
    /// Where they go.
    pub(super) place: Place,
    /// Records in it.
    pub(super) records: u32,
    pub(super) outcome: Arc<Outcome>,
    /// Frames whose records are to be kept.
    pub(super) kept: Vec<(std::ops::Range<usize>, KeptRecord)>,
}

impl Group {
    pub(super) fn new(place: Place, mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes, place, records: 0, outcome: Arc::default(), kept: Vec::new() }
    }

    /// Where the next group goes, if in the same segment.
    pub(super) const fn end(&self) -> Place {
        let offset = self.place.offset + self.bytes.len() as u64;
        Place { segment: self.place.segment, offset }
    }

    /// Adds the record that `make` appends, as a frame; nothing if it fails.
    #[inline]
    pub(super) fn frame<E>(
        &mut self,
        make: impl FnOnce(&mut Vec<u8>) -> Result<Seq, E>,
    ) -> Result<Seq, E> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; LENGTH_PREFIX_SIZE]);
        let made = make(&mut self.bytes);
        let size = self.bytes.len().saturating_sub(start + LENGTH_PREFIX_SIZE);
        match (&made, length_prefix(size)) {
            (Ok(_), Some(prefix)) => {
                if let Some(room) = self.bytes.get_mut(start..start + LENGTH_PREFIX_SIZE) {
                    room.copy_from_slice(&prefix);
                }
                self.records += 1;
            }
            _ => self.bytes.truncate(start),
        }
        made
    }

    /// Hands the kept records to those who asked for them.
    pub(super) fn hand_out_kept(&mut self) {
        for (range, slot) in self.kept.drain(..) {
            let record = self.bytes.get(range).unwrap_or_default();
            let _once = slot.set(Arc::from(record));
        }
    }
}

/// The settlement that a group makes, once it is sealed.
pub(super) type MadeSettlement = Arc<OnceLock<BatchSettlementAction>>;

/// A group that takes no more: its entries have numbers, and are still to be linked and signed.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) group: Group,
    /// For a group that settles the window instead of adding to it: the time set aside for the
    /// settlement, which comes before the signature.
    pub(super) settlement: Option<(u64, MadeSettlement)>,
    /// The number and the time set aside for its signature.
    pub(super) signature: (Seq, u64),
}

/// A linked and signed group, and the state behind it.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) group: Group,
    /// Its last record.
    pub(super) last_seq: Seq,
    /// Whether it settles a window.
    pub(super) is_settlement: bool,
    pub(super) after: Checkpoint,
}
