//! Why a shard could not be verified.

use std::fmt;
use std::io;
use std::path::PathBuf;

use countersign_core::Seq;

/// Why a shard could not be verified. What is wrong in a log is a
/// [`FailureReport`](super::FailureReport) instead.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no such directory, or it holds no segment.
    NotAShard {
        /// The directory.
        path: PathBuf,
        /// What is missing.
        why: &'static str,
    },
    /// A file or the directory cannot be read.
    Io {
        /// What was tried, as in "cannot `read`".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The range ends before it starts.
    InvalidRange {
        /// Its first record.
        from: Seq,
        /// Its last record.
        to: Seq,
    },
    /// A file beside the log is larger than any that is read.
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit.
        limit: usize,
    },
    /// Nothing tells which shard the signatures are to be for.
    UnknownShardId {
        /// The directory.
        path: PathBuf,
    },
    /// No record of the range is in the log.
    OutsideLog {
        /// Its first record.
        from: Seq,
        /// The seq behind the log's last record.
        next: Seq,
    },
}

impl VerifyError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAShard { .. } => "not-a-shard",
            Self::Io { .. } => "io",
            Self::InvalidRange { .. } => "invalid-range",
            Self::OutsideLog { .. } => "seq-not-in-log",
            Self::TooLarge { .. } => "file-too-large",
            Self::UnknownShardId { .. } => "shard-id-unknown",
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAShard { path, why } => {
                write!(f, "{} is not a shard: {why}", path.display())
            }
            Self::Io { action, path, source } => {
                write!(f, "cannot {action} {}: {source}", path.display())
            }
            Self::InvalidRange { from, to } => {
                write!(f, "the range from seq {from} to {to} ends before it starts")
            }
            Self::TooLarge { path, size, limit } => {
                write!(f, "{} has {size} bytes, the limit is {limit}", path.display())
            }
            Self::UnknownShardId { path } => write!(
                f,
                "nothing tells which shard {} is: it has no readable state.json; name it with \
                 --source-shard-id",
                path.display()
            ),
            Self::OutsideLog { from, next } => write!(
                f,
                "no record from seq {from} on is in the log, which ends before seq {next}"
            ),
        }
    }
}

impl std::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
