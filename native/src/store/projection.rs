//! What follows from the records of the log: the open window, the Merkle frontier, where it ends.

use std::sync::Arc;

use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Control, Record};
use countersign_core::frame::{FrameStep, Place, read_frame};
use countersign_core::hash::Blake3;
use countersign_core::keys::SigningKey;
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::merkle::{Frontier, leaf_hash};
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
            None => Self { window: Window::default(), frontier: Frontier::new(), last: (end, end) },
        }
    }

    /// The open batch window.
    pub(super) const fn window(&self) -> Window {
        self.window
    }

    /// Takes the frames of a linked group. One hash for each record, and one for each node.
    pub(super) fn follow(&mut self, place: Place, bytes: &[u8]) {
        let mut rest = bytes;
        let mut offset = place.offset;
        while let FrameStep::Frame { payload } = read_frame(rest) {
            // A tree of 2^63 records is out of any log's reach.
            let _full = self.frontier.push(leaf_hash::<Blake3>(payload));
            if Record::is_entry(payload) {
                self.window.entries += 1;
                if self.window.first_entry_ts_us.is_none() {
                    self.window.first_entry_ts_us =
                        Record::decode(payload).ok().map(|record| record.ts_us());
                }
            } else if let Some(seq) = settlement_seq(payload) {
                self.window = Window { from_seq: seq, ..Window::default() };
            }
            let size = LENGTH_PREFIX_SIZE + payload.len();
            let start = Place { segment: place.segment, offset };
            offset += size as u64;
            self.last = (start, Place { segment: place.segment, offset });
            rest = rest.get(size..).unwrap_or_default();
        }
    }
}

fn settlement_seq(payload: &[u8]) -> Option<Seq> {
    let record = Record::decode(payload).ok()?;
    matches!(record.control(), Some(Control::Settlement(_))).then(|| record.seq())
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
