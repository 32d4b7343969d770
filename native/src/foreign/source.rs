//! The files of a shard of this layout.

use std::io;
use std::path::Path;

use countersign_core::foreign::{
    BatchName, ForeignAuditor, ForeignFile, ForeignState, INDEX_DIR_NAME,
    MAX_FOREIGN_SETTLEMENT_SIZE, MAX_FOREIGN_STATE_SIZE, MAX_INDEX_SIZE, MAX_SIDECAR_SIZE,
    SETTLEMENTS_DIR_NAME,
};
use countersign_core::frame::SegmentNumber;
use countersign_core::keys::ShardId;

use crate::store::ShardPaths;
use crate::store::disk::{Access, Disk, DiskFile, read_small};
use crate::verify::{VerifyError, segments_of_shard};

/// A shard's segments, as they were when reading began, and what lies beside them.
#[derive(Debug)]
pub(super) struct ForeignSource<'d> {
    pub(super) disk: &'d dyn Disk,
    paths: ShardPaths,
    /// Numbers and lengths.
    pub(super) segments: Vec<(SegmentNumber, u64)>,
}

impl<'d> ForeignSource<'d> {
    pub(super) fn list(disk: &'d dyn Disk, directory: &Path) -> Result<Self, VerifyError> {
        let paths = ShardPaths::new(directory);
        let numbers = segments_of_shard(disk, &paths)?;
        let mut source = Self { disk, paths, segments: Vec::new() };
        for number in numbers {
            let length = source.open(number)?.len();
            let length = length.map_err(|error| source.failed("read", number, error))?;
            source.segments.push((number, length));
        }
        Ok(source)
    }

    /// Bytes in the segments.
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|(_, length)| length).sum()
    }

    pub(super) fn open(&self, number: SegmentNumber) -> Result<Box<dyn DiskFile>, VerifyError> {
        self.disk
            .open(&self.paths.segment(number), Access::Read)
            .map_err(|error| self.failed("open", number, error))
    }

    pub(super) fn failed(
        &self,
        action: &'static str,
        number: SegmentNumber,
        source: io::Error,
    ) -> VerifyError {
        VerifyError::Io { action, path: self.paths.segment(number), source }
    }

    pub(super) const fn paths(&self) -> &ShardPaths {
        &self.paths
    }

    /// The shard that `state.json` names.
    pub(super) fn noted_shard_id(&self) -> Result<ShardId, VerifyError> {
        let state = self.state()?.and_then(|bytes| ForeignState::read(&bytes).ok());
        state.map(|state| state.shard_id).ok_or_else(|| VerifyError::UnknownShardId {
            path: self.paths.directory().to_path_buf(),
        })
    }

    /// Gives the auditor what lies beside the log; `with_batches` for settlements and indexes too.
    pub(super) fn tell(
        &self,
        auditor: &mut ForeignAuditor,
        with_batches: bool,
    ) -> Result<(), VerifyError> {
        if let Some(state) = self.state()? {
            auditor.take_state(&state);
        }
        let sidecar = self.paths.foreign(ForeignFile::Sidecar);
        if let Some(bytes) = self.read(&sidecar, MAX_SIDECAR_SIZE)? {
            auditor.take_sidecar(&bytes);
        }
        if !with_batches {
            return Ok(());
        }
        for name in
            self.names(SETTLEMENTS_DIR_NAME)?.iter().filter_map(|n| BatchName::of_settlement(n))
        {
            let path = self.paths.foreign(ForeignFile::Settlement(name));
            let bytes = self.read(&path, MAX_FOREIGN_SETTLEMENT_SIZE)?;
            auditor.take_settlement(name, &bytes.unwrap_or_default());
        }
        for name in self.names(INDEX_DIR_NAME)?.iter().filter_map(|n| BatchName::of_index(n)) {
            let bytes = self.read(&self.paths.foreign(ForeignFile::Index(name)), MAX_INDEX_SIZE)?;
            auditor.take_index(name, &bytes.unwrap_or_default());
        }
        Ok(())
    }

    /// `state.json`, or what was to replace it if it is not there: as the library reads it.
    fn state(&self) -> Result<Option<Vec<u8>>, VerifyError> {
        match self.read(&self.paths.state(), MAX_FOREIGN_STATE_SIZE)? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.read(&self.paths.state_replacement(), MAX_FOREIGN_STATE_SIZE),
        }
    }

    /// Names in a directory of the shard, sorted; none if it is not there.
    fn names(&self, directory: &str) -> Result<Vec<String>, VerifyError> {
        let path = self.paths.directory().join(directory);
        match self.disk.list(&path) {
            Ok(mut names) => {
                names.sort_unstable();
                Ok(names)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(VerifyError::Io { action: "list", path, source }),
        }
    }

    /// A whole file; `None` if it is not there.
    fn read(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, VerifyError> {
        let failed = |source| VerifyError::Io { action: "read", path: path.to_path_buf(), source };
        let file = match self.disk.open(path, Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let size = file.len().map_err(failed)?;
        if size > limit as u64 {
            return Err(VerifyError::TooLarge { path: path.to_path_buf(), size, limit });
        }
        read_small(self.disk, path, limit).map(Some).map_err(failed)
    }
}
