//! What follows from the records of the log: the open window, the Merkle frontier, where it ends.

use std::sync::Arc;

use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Control, Record, RecordError};
use countersign_core::frame::{FrameStep, Place, read_frame};
use countersign_core::hash::{Blake3, Digest};
use countersign_core::keys::SigningKey;
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::merkle::{Frontier, leaf_hashes};
use countersign_core::recovery::{Mark, Position, Window};

/// A projection of the log up to some record.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    window: Window,
    frontier: Frontier<Blake3>,
    /// Where the last record's frame starts, and where it ends.
    last: (Place, Place),
}

impl Projection {
    /// Of a log without records, or up to `mark`.
    pub(super) fn new(end: Place, mark: Option<&Mark>) -> Self {
        match mark {
            Some(Mark { position, window, frontier }) => Self {
                window: *window,
                frontier: frontier.clone(),
                last: (position.start, position.end),
            },
            None => Self { window: Window::FIRST, frontier: Frontier::new(), last: (end, end) },
        }
    }

    /// The open batch window.
    pub(super) const fn window(&self) -> Window {
        self.window
    }

    /// The seq behind the last record.
    pub(super) const fn next_seq(&self) -> Seq {
        Seq(self.frontier.size().get())
    }

    /// The Merkle root over all records.
    pub(super) fn log_root(&self) -> Digest {
        self.frontier.root()
    }

    /// Takes the frames of a linked group, and shows its records with their leaf hashes to `visit`.
    /// One hash for each record, and one for each node.
    pub(super) fn follow<E>(
        &mut self,
        place: Place,
        bytes: &[u8],
        visit: impl FnOnce(&[(Digest, Record<'_>)]) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<RecordError>,
    {
        let mut payloads = Vec::new();
        let mut records = Vec::new();
        let mut rest = bytes;
        while let FrameStep::Frame { payload } = read_frame(rest) {
            payloads.push(payload);
            records.push(Record::decode(payload)?);
            rest = rest.get(LENGTH_PREFIX_SIZE + payload.len()..).unwrap_or_default();
        }
        let leaf_hashes = leaf_hashes::<Blake3>(&payloads);
        let records: Vec<_> = leaf_hashes.iter().copied().zip(records).collect();
        visit(&records)?;
        let mut offset = place.offset;
        for (payload, (_, record)) in payloads.iter().zip(&records) {
            let start = Place { segment: place.segment, offset };
            match record {
                Record::Entry(entry) => {
                    self.window.entries += 1;
                    self.window.first_entry_ts_us.get_or_insert(entry.ts_us);
                }
                Record::Control(control) => {
                    if matches!(control.body, Control::Settlement(_)) {
                        self.window = Window::starting(control.seq, start);
                    }
                }
            }
            offset += (LENGTH_PREFIX_SIZE + payload.len()) as u64;
            self.last = (start, Place { segment: place.segment, offset });
        }
        // A tree of 2^63 records is out of any log's reach.
        let _full = self.frontier.extend(&leaf_hashes);
        Ok(())
    }
}

/// A point of the log that the writer can go back to: the end of a sealed group.
#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub(super) chain: ChainWriter,
    /// The key that signs there: it changes with the chain, and goes back with it.
    pub(super) key: Option<Arc<SigningKey>>,
    pub(super) projection: Projection,
}

impl Checkpoint {
    /// What a resume point saves; `None` for an empty log.
    pub(super) fn mark(&self) -> Option<Mark> {
        let Projection { window, frontier, last } = &self.projection;
        let position = Position {
            seq: self.chain.next_seq().previous()?,
            tip: self.chain.tip(),
            ts_us: self.chain.last_ts_us(),
            start: last.0,
            end: last.1,
        };
        Some(Mark { position, window: *window, frontier: frontier.clone() })
    }
}
