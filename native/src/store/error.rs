//! Why the store did not do something.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use countersign_core::Seq;
use countersign_core::chain::{ChainError, RecordError};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::hash::Digest;
use countersign_core::keys::{self, ShardId};
use countersign_core::recovery::{Corruption, Found};
use countersign_core::settlement::SettlementError;

use crate::render::utc;

/// Why the store did not do something. Cheap to clone, since one failed sync fails many appends.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// A file operation failed.
    Io {
        /// What was tried, as in "cannot `open`".
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The directory holds no shard.
    NotAShard {
        /// The directory.
        path: PathBuf,
        /// What is missing.
        why: &'static str,
    },
    /// A shard cannot be created here.
    ShardExists {
        /// The directory.
        path: PathBuf,
    },
    /// Another writer holds the shard.
    Locked {
        /// The shard.
        path: PathBuf,
        /// What the other writer left in the lock file: its process id.
        owner: String,
    },
    /// The log is damaged in a way that no crash explains; nothing was changed.
    Corrupt(Damage),
    /// The log does not contain a record that the caller knows to be acknowledged.
    RolledBack {
        /// The record.
        seq: Seq,
        /// The tip it must have.
        expected: Digest,
        /// The log's last record.
        last_seq: Seq,
    },
    /// The shard is another one than `state.json` or the caller says.
    WrongShard {
        /// Expected.
        expected: ShardId,
        /// Found.
        found: ShardId,
    },
    /// A record cannot be made.
    Chain(ChainError),
    /// The open batch window cannot be settled, or takes no more.
    Settlement(SettlementError),
    /// The operation was written before, with other content.
    DuplicateOpId {
        /// The record that holds it.
        existing_seq: Seq,
    },
    /// An option is out of its range.
    InvalidOption {
        /// The option.
        option: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A write failed and was undone: the record is not in the log, and appending can go on.
    AppendUndone(Arc<StoreError>),
    /// A sync failed: what it covered may be lost, and only reopening tells. Final.
    Poisoned(Arc<StoreError>),
    /// The writer is closed.
    Closed,
}

/// Damage in a log.
#[derive(Clone, Debug)]
pub struct Damage {
    /// Which rule makes it corruption; `None` for a missing segment.
    pub corruption: Option<Corruption>,
    /// The segment that is missing.
    pub missing: Option<SegmentNumber>,
    /// Where the good part ends.
    pub place: Place,
    /// The seq expected there.
    pub seq: Seq,
    /// What is wrong there.
    pub reason: String,
    /// The next valid record behind it.
    pub next_good: Option<Found>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.missing, self.corruption) {
            (Some(missing), _) => write!(f, "segment {missing} is missing"),
            (None, Some(corruption)) => {
                write!(f, "{corruption}: at {}, seq {}: {}", self.place, self.seq, self.reason)
            }
            (None, None) => write!(f, "at {}, seq {}: {}", self.place, self.seq, self.reason),
        }?;
        if let Some(found) = self.next_good {
            write!(f, "; the next good record is seq {} at {}", found.seq, found.place)?;
        }
        Ok(())
    }
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { action, path: path.into(), source: Arc::new(source) }
    }

    /// A stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "disk-full",
                io::ErrorKind::NotFound => "file-not-found",
                io::ErrorKind::PermissionDenied => "permission-denied",
                _ => "io-error",
            },
            Self::NotAShard { .. } => "not-a-shard",
            Self::ShardExists { .. } => "shard-exists",
            Self::Locked { .. } => "shard-locked",
            Self::Corrupt(Damage { missing: Some(_), .. }) => "segment-missing",
            Self::Corrupt(_) => "shard-corrupt",
            Self::RolledBack { .. } => "rolled-back",
            Self::WrongShard { .. } => "wrong-shard",
            Self::Chain(error) => error.code(),
            Self::Settlement(error) => error.code(),
            Self::DuplicateOpId { .. } => "duplicate-op-id",
            Self::InvalidOption { .. } => "invalid-option",
            Self::AppendUndone(cause) => cause.code(),
            Self::Poisoned(_) => "writer-poisoned",
            Self::Closed => "writer-closed",
        }
    }

    /// Whether the data on disk is damaged, as against merely out of reach.
    pub const fn is_corruption(&self) -> bool {
        matches!(self, Self::Corrupt(_))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, path, source } => {
                write!(f, "cannot {action} {}: {source}", path.display())
            }
            Self::NotAShard { path, why } => {
                write!(f, "{} is not a shard: {why}", path.display())
            }
            Self::ShardExists { path } => {
                write!(f, "{} exists and is not empty; name a new directory", path.display())
            }
            Self::Locked { path, owner } => {
                write!(f, "another writer holds {}", path.display())?;
                let owner = owner.trim();
                if owner.is_empty() { Ok(()) } else { write!(f, " (process {owner})") }
            }
            Self::Corrupt(damage) => write!(
                f,
                "the log is corrupt and was left as it is: {damage}; run `shard verify` for all of it"
            ),
            Self::RolledBack { seq, expected, last_seq } => write!(
                f,
                "the log was rolled back: it does not hold record {seq} with tip {expected} \
                 (its last record is {last_seq}); restore the newest copy"
            ),
            Self::WrongShard { expected, found } => {
                write!(f, "this is shard {found}, not {expected}")
            }
            Self::Chain(ChainError::ProcessKeyExpired { expires_at_ms, .. }) => write!(
                f,
                "the process key expired on {}; renew it with `key certify` or replace it with \
                 `key rotate`",
                utc(*expires_at_ms)
            ),
            Self::Chain(ChainError::ProcessKeyNotYetValid { not_before_ms, now_ms }) => write!(
                f,
                "the process key is valid from {} on and the clock says {}; check the clock",
                utc(*not_before_ms),
                utc(*now_ms)
            ),
            Self::Chain(error) => error.fmt(f),
            Self::Settlement(error) => error.fmt(f),
            Self::DuplicateOpId { existing_seq } => write!(
                f,
                "this member's opId was written before, as record {existing_seq}, with other content"
            ),
            Self::InvalidOption { option, rule } => write!(f, "{option} {rule}"),
            Self::AppendUndone(cause) => {
                write!(f, "not written, the log is as before and appending can go on: {cause}")
            }
            Self::Poisoned(cause) => write!(
                f,
                "the writer has stopped for good, reopen the shard to see what survived: {cause}"
            ),
            Self::Closed => f.write_str("the writer is closed"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(&**source),
            Self::AppendUndone(cause) | Self::Poisoned(cause) => Some(&**cause),
            Self::Chain(error) => Some(error),
            Self::Settlement(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ChainError> for StoreError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

impl From<SettlementError> for StoreError {
    fn from(error: SettlementError) -> Self {
        match error {
            SettlementError::Chain(error) => Self::Chain(error),
            error => Self::Settlement(error),
        }
    }
}

impl From<RecordError> for StoreError {
    fn from(error: RecordError) -> Self {
        Self::Chain(error.into())
    }
}

impl From<keys::Error> for StoreError {
    fn from(error: keys::Error) -> Self {
        Self::Chain(error.into())
    }
}
