//! How people name a batch.

use std::fmt;
use std::str::FromStr;

use countersign_core::Seq;
use countersign_core::settlement::BatchId;

/// A batch, as a command line names it.
///
/// ```
/// use countersign::prove::BatchName;
/// use countersign_core::Seq;
///
/// assert_eq!("last".parse(), Ok(BatchName::Last));
/// assert_eq!("17".parse(), Ok(BatchName::Of(Seq(17))));
/// let id = "0199b1c0-0000-7000-8000-00000000c0de:44:88";
/// assert_eq!(id.parse::<BatchName>().unwrap().to_string(), id);
/// assert!("first".parse::<BatchName>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchName {
    /// The newest that is settled.
    Last,
    /// The one that holds this record: its last record's seq names it, or any other's.
    Of(Seq),
    /// The one with this id.
    Id(BatchId),
}

impl FromStr for BatchName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "last" {
            return Ok(Self::Last);
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(|seq| Self::Of(Seq(seq))).map_err(|_| "too large".to_owned());
        }
        BatchId::parse(text).map(Self::Id).ok_or_else(|| {
            "give a batch id (<shard id>:<fromSeq>:<toSeq>, as `shard settlements` lists them), \
             the seq of a record in the batch, or last"
                .to_owned()
        })
    }
}

impl fmt::Display for BatchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::Of(seq) => seq.fmt(f),
            Self::Id(id) => id.fmt(f),
        }
    }
}
