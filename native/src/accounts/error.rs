//! Why there are no accounts.

use std::fmt;
use std::io;
use std::path::PathBuf;

use countersign_core::Seq;
use countersign_core::chain::RecordError;
use countersign_core::dispute::AccountError;

use crate::store::{ReadError, StoreError};

/// Why there are no accounts, or why they cannot be brought up to date.
#[derive(Debug)]
#[non_exhaustive]
pub enum AccountsError {
    /// The database cannot be used.
    Database {
        /// Its directory.
        path: PathBuf,
        /// What it said.
        error: heed::Error,
    },
    /// A file of the database cannot be made, read or removed.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// A row of the database is none that this program writes, or a file of it is cut off.
    Malformed {
        /// The directory of the database.
        path: PathBuf,
    },
    /// The log cannot be read.
    Read(ReadError),
    /// Where the shard stands cannot be told.
    Status(StoreError),
    /// A record of the log is none.
    Record {
        /// Its seq.
        seq: Seq,
        /// What is wrong.
        error: RecordError,
    },
    /// A record or a reversal cannot be applied.
    Apply(Box<AccountError<AccountsError>>),
}

impl AccountsError {
    /// A stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database { error: heed::Error::Io(error), .. } | Self::Io { error, .. } => {
                match error.kind() {
                    io::ErrorKind::StorageFull => "disk-full",
                    _ => "accounts-unusable",
                }
            }
            Self::Database { .. } | Self::Malformed { .. } => "accounts-unusable",
            Self::Read(error) => error.code(),
            Self::Status(error) => error.code(),
            Self::Record { error, .. } => error.code(),
            Self::Apply(error) => error.code(),
        }
    }

    /// Whether the log on disk is corrupt. The accounts beside it are made anew if they are.
    pub const fn is_corruption(&self) -> bool {
        match self {
            Self::Read(error) => matches!(error, ReadError::Damaged { .. }),
            Self::Status(error) => error.is_corruption(),
            Self::Record { .. } => true,
            _ => false,
        }
    }

    /// Whether other files would do better.
    pub(super) const fn is_of_the_files(&self) -> bool {
        use heed::MdbError::{
            BadTxn, Corrupted, CursorFull, Incompatible, Invalid, PageNotFound, Panic,
            VersionMismatch,
        };
        match self {
            Self::Malformed { .. } => true,
            Self::Database { error: heed::Error::Mdb(error), .. } => matches!(
                error,
                BadTxn
                    | Corrupted
                    | CursorFull
                    | Incompatible
                    | Invalid
                    | PageNotFound
                    | Panic
                    | VersionMismatch
            ),
            _ => false,
        }
    }
}

impl fmt::Display for AccountsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database { path, error } => {
                write!(f, "the accounts in {} cannot be used: {error}", path.display())
            }
            Self::Io { path, error } => {
                write!(f, "the accounts in {} cannot be used: {error}", path.display())
            }
            Self::Malformed { path } => write!(
                f,
                "the accounts in {} are damaged; remove that directory, and they are made anew \
                 from the log",
                path.display()
            ),
            Self::Read(error) => error.fmt(f),
            Self::Status(error) => error.fmt(f),
            Self::Record { seq, error } => {
                write!(
                    f,
                    "record {seq} cannot be read: {error}; `shard verify` tells what is wrong"
                )
            }
            Self::Apply(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AccountsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database { error, .. } => Some(error),
            Self::Io { error, .. } => Some(error),
            Self::Read(error) => Some(error),
            Self::Status(error) => Some(error),
            Self::Record { error, .. } => Some(error),
            Self::Malformed { .. } | Self::Apply(_) => None,
        }
    }
}

impl From<ReadError> for AccountsError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<AccountError<Self>> for AccountsError {
    fn from(error: AccountError<Self>) -> Self {
        match error {
            AccountError::Store(error) => error,
            error => Self::Apply(Box::new(error)),
        }
    }
}
