//! What is durable: the log file, and the resume point beside it.

use countersign_core::frame::Place;
use countersign_core::hash::Digest;

use super::durable::{self, CommitError};
use super::error::StoreError;
use super::group::{Group, Sealed};
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

    /// Makes a group durable; behind a rotation or a settlement also the resume point.
    pub(super) fn commit(&mut self, sealed: &Sealed, now_us: u64) -> Result<(), CommitError> {
        let Sealed { group, is_settlement, after, .. } = sealed;
        let segment = self.end().segment;
        self.file.commit(group.place, &group.bytes)?;
        if *is_settlement || segment != self.end().segment {
            // F2: a state that cannot be replaced leaves the old one, which is still true.
            let _old_state_stays = self.save(after, now_us);
        }
        Ok(())
    }

    /// Makes the first group of a new log durable, and the resume point behind it.
    pub(super) fn commit_first(
        &mut self,
        group: &Group,
        end: &Checkpoint,
        now_us: u64,
    ) -> Result<(), CommitError> {
        self.file.commit(group.place, &group.bytes)?;
        // F2: a hint that is missing costs a longer scan and nothing else.
        let _can_wait = self.save(end, now_us);
        Ok(())
    }

    /// F2, F3: writes the resume point behind `end`, where all is durable.
    fn save(&mut self, end: &Checkpoint, now_us: u64) -> Result<(), StoreError> {
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
