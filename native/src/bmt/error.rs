//! What can go wrong with a file that is hashed.

use std::fmt;
use std::io;
use std::path::PathBuf;

use countersign_core::bmt::{ProveError, StreamError};

/// Why a file has no address, or a segment no proof.
#[derive(Debug)]
#[non_exhaustive]
pub enum BmtError {
    /// The source could not be read on.
    Read {
        /// How many bytes had been read.
        offset: u64,
        /// What the operating system said.
        error: io::Error,
    },
    /// A file changed while it was hashed: its address would be that of no file there ever was.
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file is longer than its spans can say.
    TooLong {
        /// Its length so far, in bytes.
        len: u64,
    },
    /// A file or directory cannot be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Whether it was to be written.
        is_writing: bool,
        /// What the operating system said.
        error: io::Error,
    },
    /// The index is not one of this file.
    Index {
        /// The index.
        path: PathBuf,
        /// A stable name of what is wrong.
        code: &'static str,
        /// What is wrong.
        message: String,
    },
    /// There is no such proof.
    Prove(ProveError),
}

impl BmtError {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } | Self::Io { is_writing: false, .. } => "file-unreadable",
            Self::Changed { .. } => "file-changed",
            Self::TooLong { .. } => "file-too-long",
            Self::Io { is_writing: true, .. } => "file-unwritable",
            Self::Index { code, .. } => code,
            Self::Prove(error) => error.code(),
        }
    }

    /// For a file that could not be read.
    pub(crate) fn reading(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |error| Self::Io { path, is_writing: false, error }
    }

    /// For a file that could not be written.
    pub(crate) fn writing(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |error| Self::Io { path, is_writing: true, error }
    }
}

impl fmt::Display for BmtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { offset, error } => {
                write!(f, "reading failed behind byte {offset}: {error}")
            }
            Self::Changed { path } => write!(
                f,
                "{} changed while it was hashed; try again when nobody writes to it",
                path.display()
            ),
            Self::TooLong { len } => {
                write!(f, "{len} bytes are more than the spans of this geometry can say")
            }
            Self::Io { path, error, .. } => write!(f, "{}: {error}", path.display()),
            Self::Index { path, message, .. } => write!(
                f,
                "{} is of no use: {message}; delete it, it can be made again",
                path.display()
            ),
            Self::Prove(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BmtError {}

impl From<ProveError> for BmtError {
    fn from(error: ProveError) -> Self {
        Self::Prove(error)
    }
}

impl From<StreamError<Self>> for BmtError {
    fn from(error: StreamError<Self>) -> Self {
        match error {
            StreamError::Sink(error) => error,
            StreamError::TooLong { len } => Self::TooLong { len },
            // Whoever streams here hands leaves over in order.
            other => Self::Read { offset: 0, error: io::Error::other(other.code()) },
        }
    }
}
