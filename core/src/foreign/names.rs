//! Names of the files of a settled batch.

use alloc::format;
use alloc::string::String;

use crate::{Seq, SeqRange};

/// The directory of batch indexes.
pub const INDEX_DIR_NAME: &str = "index";
/// The directory of settlements.
pub const SETTLEMENTS_DIR_NAME: &str = "settlements";

/// A batch's file names.
///
/// ```
/// use countersign_core::foreign::BatchName;
/// use countersign_core::{Seq, SeqRange};
///
/// let name = BatchName(SeqRange { from: Seq(250), to: Seq(499) });
/// assert_eq!(name.index_file_name(), "batch_250_499.idx");
/// assert_eq!(BatchName::of_settlement("settlement_250_499.json"), Some(name));
/// assert_eq!(BatchName::of_settlement("settlement_0250_499.json"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchName(pub SeqRange);

impl BatchName {
    /// The name of its index file.
    pub fn index_file_name(self) -> String {
        format!("batch_{}_{}.idx", self.0.from, self.0.to)
    }

    /// The name of its settlement file.
    pub fn settlement_file_name(self) -> String {
        format!("settlement_{}_{}.json", self.0.from, self.0.to)
    }

    /// Reads the name of an index file; `None` for any other spelling.
    pub fn of_index(name: &str) -> Option<Self> {
        parse(name, "batch_", ".idx").filter(|batch| batch.index_file_name() == name)
    }

    /// Reads the name of a settlement file; `None` for any other spelling.
    pub fn of_settlement(name: &str) -> Option<Self> {
        parse(name, "settlement_", ".json").filter(|batch| batch.settlement_file_name() == name)
    }
}

fn parse(name: &str, prefix: &str, suffix: &str) -> Option<BatchName> {
    let (from, to) = name.strip_prefix(prefix)?.strip_suffix(suffix)?.split_once('_')?;
    Some(BatchName(SeqRange { from: Seq(from.parse().ok()?), to: Seq(to.parse().ok()?) }))
}
