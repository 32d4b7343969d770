//! A batch's name.

use core::fmt;

use crate::Seq;
use crate::document::{Blank, Spelling};
use crate::keys::ShardId;

/// The batch id, `<shard id>:<fromSeq>:<toSeq>` (`spec/metering.md` section 5).
///
/// ```
/// use countersign_core::settlement::BatchId;
///
/// let text = "0199b1c0-0000-7000-8000-00000000c0de:44:88";
/// let id = BatchId::parse(text).unwrap();
/// assert_eq!((id.from_seq.0, id.to_seq.0), (44, 88));
/// assert_eq!(id.to_string(), text);
/// assert_eq!(BatchId::parse("0199b1c0-0000-7000-8000-00000000c0de:044:88"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId {
    /// The shard.
    pub shard_id: ShardId,
    /// First record of the batch.
    pub from_seq: Seq,
    /// Last record of the batch.
    pub to_seq: Seq,
}

impl BatchId {
    /// Reads the one spelling of a batch id; `None` for any other text, and where the range ends
    /// before it starts.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let id = Self {
            shard_id: ShardId::parse(parts.next()?)?,
            from_seq: Seq::read(parts.next()?)?,
            to_seq: Seq::read(parts.next()?)?,
        };
        (id.from_seq <= id.to_seq).then_some(id)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.shard_id, self.from_seq, self.to_seq)
    }
}

impl Blank for BatchId {
    const BLANK: Self = Self { shard_id: ShardId::BLANK, from_seq: Seq::BLANK, to_seq: Seq::BLANK };
}

impl Spelling for BatchId {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a batch id, <shard id>:<fromSeq>:<toSeq>")
    }
}
