//! What is durable: the log file, and the resume point beside it.

use countersign_core::frame::Place;
use countersign_core::hash::Digest;

use super::durable::{self, CommitError};
use super::error::StoreError;
use super::log_file::LogFile;
use super::projection::Checkpoint;
use super::state_file::ShardState;

/// The log file and the resume point. Only the leader of a commit holds it.
#[derive(Debug)]
pub(super) struct Journal {
    file: LogFile,
    /// The tip that the resume point on disk names.
    saved: Option<Digest>,
}

impl Journal {
    /// `saved` is the tip that the resume point on disk names.
    pub(super) const fn new(file: LogFile, saved: Option<Digest>) -> Self {
        Self { file, saved }
    }

    pub(super) const fn end(&self) -> Place {
        self.file.end()
    }

    /// Makes a group durable at `place`; `after` is the state behind it.
    pub(super) fn commit(
        &mut self,
        place: Place,
        bytes: &[u8],
        after: &Checkpoint,
        now_us: u64,
    ) -> Result<(), CommitError> {
        let segment = self.end().segment;
        self.file.commit(place, bytes)?;
        if segment != self.end().segment {
            // F2: a state that cannot be replaced leaves the old one, which is still true.
            let _old_state_stays = self.save(after, now_us);
        }
        Ok(())
    }

    /// F2, F3: writes the resume point behind `end`, where all is durable.
    pub(super) fn save(&mut self, end: &Checkpoint, now_us: u64) -> Result<(), StoreError> {
        let (Some(mark), Some(keyring)) = (end.mark(), end.chain.keyring()) else {
            return Ok(());
        };
        let state = ShardState::new(&mark, keyring, now_us / 1_000);
        durable::replace_state(self.file.disk(), self.file.paths(), &state.to_bytes())?;
        self.saved = Some(mark.position.tip);
        Ok(())
    }

    /// Ends cleanly: unused space cut off, resume point written if it is not there already.
    pub(super) fn close(&mut self, end: &Checkpoint, now_us: u64) -> Result<(), StoreError> {
        self.file.close()?;
        if self.saved == Some(end.chain.tip()) {
            return Ok(());
        }
        self.save(end, now_us)
    }

    /// Lets nothing go on in the background that touches files.
    pub(super) fn stop_background(&mut self) {
        self.file.stop_preparing();
    }

    pub(super) fn file(&self) -> &LogFile {
        &self.file
    }
}
