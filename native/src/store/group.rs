//! A group: the records that one signature covers and one sync makes durable.

use std::sync::{Arc, OnceLock};

use countersign_core::Seq;
use countersign_core::chain::{ChainError, ChainWriter};
use countersign_core::frame::{Place, length_prefix};
use countersign_core::keys::SigningKey;
use countersign_core::limits::{DIGEST_SIZE, LENGTH_PREFIX_SIZE, MAX_UINT_SIZE, SIGNATURE_SIZE};

use super::error::StoreError;
use super::sync::Condvar;

/// Largest frame of a signature record, in bytes: array, seq, prevHash, ts, kind, body.
pub(super) const SIGNATURE_FRAME_SIZE: u64 = (LENGTH_PREFIX_SIZE
    + 1
    + 2 * MAX_UINT_SIZE
    + (2 + DIGEST_SIZE)
    + (1 + 16)
    + (1 + 2 + DIGEST_SIZE + 2 + SIGNATURE_SIZE))
    as u64;

/// What became of a group; shared by everybody who waits for it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    result: OnceLock<Result<(), StoreError>>,
    /// Signalled under the writer's mutex when the result is there, or when somebody who waits
    /// here should commit the group himself.
    pub(super) ready: Condvar,
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

    /// Set once; the first result stays.
    pub(super) fn settle(&self, result: Result<(), StoreError>) {
        let _first_wins = self.result.set(result);
    }
}

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
}

impl Group {
    pub(super) fn new(place: Place, mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes, place, records: 0, outcome: Arc::default() }
    }

    /// Where the next group goes, if in the same segment.
    pub(super) const fn end(&self) -> Place {
        let offset = self.place.offset + self.bytes.len() as u64;
        Place { segment: self.place.segment, offset }
    }

    /// Adds the record that `make` appends, as a frame; nothing if it fails.
    #[inline]
    pub(super) fn frame(
        &mut self,
        make: impl FnOnce(&mut Vec<u8>) -> Result<Seq, ChainError>,
    ) -> Result<Seq, ChainError> {
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
}

/// A point of the log that the writer can go back to: the end of a sealed group.
#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub(super) chain: ChainWriter,
    /// The key that signs there: it changes with the chain, and goes back with it.
    pub(super) key: Option<Arc<SigningKey>>,
}

/// A sealed group, and the state behind it.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) group: Group,
    pub(super) after: Checkpoint,
}
