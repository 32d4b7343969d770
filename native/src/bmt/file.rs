//! A file that must not change while it is read.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::BmtError;

/// A file on disk, with what it looked like when it was opened.
#[derive(Debug)]
pub struct SteadyFile {
    path: PathBuf,
    file: File,
    seen: Seen,
}

/// What tells whether a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    len: u64,
    modified: Option<SystemTime>,
}

impl From<&Metadata> for Seen {
    fn from(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl SteadyFile {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, BmtError> {
        let file = File::open(path).map_err(BmtError::reading(path))?;
        let metadata = file.metadata().map_err(BmtError::reading(path))?;
        if metadata.is_dir() {
            let error = io::ErrorKind::IsADirectory.into();
            return Err(BmtError::Io { path: path.to_owned(), is_writing: false, error });
        }
        Ok(Self { path: path.to_owned(), file, seen: Seen::from(&metadata) })
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length when it was opened, in bytes.
    pub const fn len(&self) -> u64 {
        self.seen.len
    }

    /// Whether it had no bytes when it was opened.
    pub const fn is_empty(&self) -> bool {
        self.seen.len == 0
    }

    /// The file itself.
    pub(super) const fn inner(&self) -> &File {
        &self.file
    }

    /// Fails if the file is not what it was when it was opened, or `read` bytes were not all of it.
    ///
    /// The clock of a file system may be coarse: a writer that keeps the length and is quicker
    /// than that is not seen.
    pub fn check_unchanged(&self, read: u64) -> Result<(), BmtError> {
        let metadata = self.file.metadata().map_err(BmtError::reading(&self.path))?;
        // What is no regular file, such as a pipe, has no length.
        let is_same = Seen::from(&metadata) == self.seen;
        if is_same && (read == self.seen.len || !metadata.is_file()) {
            Ok(())
        } else {
            Err(BmtError::Changed { path: self.path.clone() })
        }
    }
}

impl Read for SteadyFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}
