//! Why nothing was imported, or not all.

use std::fmt;
use std::path::PathBuf;

use countersign_core::Seq;

use super::fitness::Misfit;
use super::report::ForeignReport;
use crate::store::StoreError;
use crate::verify::VerifyError;

/// Stands for signatures that nobody could check.
pub(super) const UNCHECKED: &str = "signatures-unchecked";
/// Failures that leave log and signatures as they are, so that an operator may live with them.
pub(super) const ACCEPTABLE: [&str; 10] = [
    "time-reversed",
    "first-record-key",
    "settlement-malformed",
    "settlement-range",
    "settlement-tip",
    "settlement-root",
    "settlement-deltas",
    "index-malformed",
    "index-root",
    UNCHECKED,
];

/// Why nothing was imported, or not all.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportError {
    /// The source cannot be read.
    Source(VerifyError),
    /// The source does not hold.
    NotValid(Box<ForeignReport>),
    /// No process key of the source is known.
    Unchecked,
    /// A failure with this code cannot be accepted.
    NotAcceptable {
        /// The code.
        code: String,
    },
    /// Records do not fit into this program's log.
    Misfits {
        /// The first ones.
        listed: Vec<Misfit>,
        /// How many there are.
        total: u64,
    },
    /// The directory holds something else than an import of this source, or one of a longer one.
    OtherShard {
        /// The directory.
        path: PathBuf,
        /// What it holds.
        why: &'static str,
    },
    /// The source changed while it was imported.
    SourceChanged,
    /// The target cannot be written.
    Target(StoreError),
    /// A record could not be written.
    Entry {
        /// Its seq in the source.
        seq: Seq,
        /// Why.
        error: StoreError,
    },
}

impl ImportError {
    /// A stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::NotValid(_) => "source-not-valid",
            Self::Unchecked => UNCHECKED,
            Self::NotAcceptable { .. } => "failure-not-acceptable",
            Self::Misfits { .. } => "entries-do-not-fit",
            Self::OtherShard { .. } => "not-this-import",
            Self::SourceChanged => "source-changed",
            Self::Target(error) | Self::Entry { error, .. } => error.code(),
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::NotValid(report) => {
                write!(f, "the source does not hold, nothing was imported: ")?;
                match report.failures.first() {
                    Some(first) => write!(f, "{first}")?,
                    None => f.write_str("it has failures")?,
                }
                match report.failures_total.saturating_sub(1) {
                    0 => Ok(()),
                    more => write!(f, " (and {more} more, see `shard verify --layout typescript`)"),
                }
            }
            Self::Unchecked => write!(
                f,
                "no process key of the source is known, so its signatures say nothing; give \
                 --key-actions or --process-public-key, or import it as it is with --accept {UNCHECKED}"
            ),
            Self::NotAcceptable { code } => {
                write!(f, "--accept {code}: may be any of {}", ACCEPTABLE.join(", "))
            }
            Self::Misfits { listed, total } => {
                write!(
                    f,
                    "{total} records do not fit, nothing was imported; --skip leaves them out"
                )?;
                match listed.first() {
                    Some(Misfit { seq, code, detail }) => {
                        write!(f, ": the first is seq {seq}, {code}, {detail}")
                    }
                    None => Ok(()),
                }
            }
            Self::OtherShard { path, why } => {
                write!(f, "{} {why}; name a new directory", path.display())
            }
            Self::SourceChanged => f.write_str(
                "the source changed while it was imported; stop its writer and run this again",
            ),
            Self::Target(error) => error.fmt(f),
            Self::Entry { seq, error } => write!(f, "record {seq} of the source: {error}"),
        }
    }
}

impl std::error::Error for ImportError {}

impl From<VerifyError> for ImportError {
    fn from(error: VerifyError) -> Self {
        Self::Source(error)
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Target(error)
    }
}
