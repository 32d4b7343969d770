//! What is durable: the log file, and the state that follows from its records.

use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, Control, Record};
use countersign_core::frame::{FrameStep, Place, read_frame};
use countersign_core::hash::{Blake3, Digest};
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::merkle::{Frontier, leaf_hash};
use countersign_core::recovery::{Mark, Position, Window};

use super::durable::{self, CommitError};
use super::error::StoreError;
use super::log_file::LogFile;
use super::state_file::ShardState;

/// The log file and its projection. Only the leader of a commit holds it.
#[derive(Debug)]
pub(super) struct Journal {
    file: LogFile,
    window: Window,
    frontier: Frontier<Blake3>,
    /// Where the last record's frame starts, and where it ends: not always where the file does,
    /// since a segment may have been started for a group that failed.
    last: (Place, Place),
    /// The tip that the resume point on disk names.
    saved: Option<Digest>,
}

impl Journal {
    pub(super) fn new(file: LogFile, mark: Option<&Mark>) -> Self {
        let end = file.end();
        match mark {
            Some(Mark { position, window, frontier }) => Self {
                file,
                window: *window,
                frontier: frontier.clone(),
                last: (position.start, position.end),
                // Opening has just seen to it.
                saved: Some(position.tip),
            },
            None => Self {
                file,
                window: Window::default(),
                frontier: Frontier::new(),
                last: (end, end),
                saved: None,
            },
        }
    }

    pub(super) const fn end(&self) -> Place {
        self.file.end()
    }

    /// Makes a group durable at `place` and follows its records; `after` is the chain behind it.
    pub(super) fn commit(
        &mut self,
        place: Place,
        bytes: &[u8],
        after: &ChainWriter,
        now_us: u64,
    ) -> Result<(), CommitError> {
        let segment = self.end().segment;
        self.file.commit(place, bytes)?;
        self.follow(place, bytes);
        if segment != self.end().segment {
            // F2: a state that cannot be replaced leaves the old one, which is still true.
            let _old_state_stays = self.save(after, now_us);
        }
        Ok(())
    }

    /// F2, F3: writes the resume point behind everything durable.
    pub(super) fn save(&mut self, after: &ChainWriter, now_us: u64) -> Result<(), StoreError> {
        let (Some(seq), Some(keyring)) = (after.next_seq().previous(), after.keyring()) else {
            return Ok(());
        };
        let position = Position {
            seq,
            tip: after.tip(),
            ts_us: after.last_ts_us(),
            start: self.last.0,
            end: self.last.1,
        };
        let mark = Mark { position, window: self.window, frontier: self.frontier.clone() };
        let state = ShardState::new(&mark, keyring, now_us / 1_000);
        durable::replace_state(self.file.disk(), self.file.paths(), &state.to_bytes())?;
        self.saved = Some(after.tip());
        Ok(())
    }

    /// Ends cleanly: unused space cut off, resume point written if it is not there already.
    pub(super) fn close(&mut self, after: &ChainWriter, now_us: u64) -> Result<(), StoreError> {
        self.file.close()?;
        if self.saved == Some(after.tip()) {
            return Ok(());
        }
        self.save(after, now_us)
    }

    /// Lets nothing go on in the background that touches files.
    pub(super) fn stop_background(&mut self) {
        self.file.stop_preparing();
    }

    pub(super) fn file(&self) -> &LogFile {
        &self.file
    }

    /// The open batch window.
    pub(super) const fn window(&self) -> Window {
        self.window
    }

    /// Takes a group's records into window and frontier. One hash for each record.
    fn follow(&mut self, place: Place, bytes: &[u8]) {
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
