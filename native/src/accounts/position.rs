//! Up to where the accounts go: the row that says what they are a projection of.

use countersign_core::Seq;
use countersign_core::chain::{next_tip, peek_link};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::hash::Digest;
use countersign_core::keys::ShardId;
use countersign_core::limits::GENESIS_HASH;

use super::rows::Reader;
use crate::index::{LogPosition, read_record};
use crate::store::disk::Disk;
use crate::store::{ReadError, ShardPaths};

/// The version of all tables. Another one is made anew.
const VERSION: u8 = 1;

/// Which file it is. A copy is another: one that was taken beside a process at work may be of two
/// moments at once, and nothing in it would tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity {
    pub(super) inode: u64,
    /// When it was made, nanoseconds since the epoch, since numbers of inodes are used again; 0
    /// where the file system does not tell.
    pub(super) made_ns: u64,
}

/// What the accounts are a projection of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) shard_id: ShardId,
    /// The file that this stands in.
    pub(super) file: FileIdentity,
    /// The record that comes next.
    pub(super) next_seq: Seq,
    /// The chain tip before it.
    pub(super) tip: Digest,
    /// Where the last record that was applied starts.
    pub(super) last: Place,
    /// Where the next one starts, if the segment does not end there.
    pub(super) next: Place,
}

impl Position {
    /// Before the first record.
    pub(super) const fn start(shard_id: ShardId, file: FileIdentity) -> Self {
        let LogPosition { place, seq, .. } = LogPosition::START;
        Self { shard_id, file, next_seq: seq, tip: GENESIS_HASH, last: place, next: place }
    }

    pub(super) fn to_row(self) -> Vec<u8> {
        let mut row = vec![VERSION];
        row.extend_from_slice(self.shard_id.as_bytes());
        row.extend_from_slice(self.tip.as_bytes());
        let (last, next) = (self.last, self.next);
        for number in [
            self.file.inode,
            self.file.made_ns,
            self.next_seq.0,
            last.segment.number(),
            last.offset,
            next.segment.number(),
            next.offset,
        ] {
            row.extend_from_slice(&number.to_le_bytes());
        }
        row
    }

    pub(super) fn read(row: &[u8]) -> Option<Self> {
        let mut reader = Reader(row);
        if reader.take()? != [VERSION] {
            return None;
        }
        let shard_id = ShardId::from_bytes(reader.take()?);
        let tip = Digest::from_bytes(reader.take()?);
        let file = FileIdentity { inode: reader.number()?, made_ns: reader.number()? };
        let next_seq = Seq(reader.number()?);
        let mut place = || {
            let segment = SegmentNumber::new(reader.number()?)?;
            Some(Place { segment, offset: reader.number()? })
        };
        let (last, next) = (place()?, place()?);
        let position = Self { shard_id, file, next_seq, tip, last, next };
        reader.is_empty().then_some(position)
    }

    /// Where to read on.
    pub(super) const fn log(&self) -> LogPosition {
        LogPosition { place: self.next, seq: self.next_seq, tip: Some(self.tip) }
    }

    /// Whether the log holds the record that was applied last, and hence all before it.
    pub(super) fn is_in(&self, disk: &dyn Disk, paths: &ShardPaths) -> Result<bool, ReadError> {
        let Some(seq) = self.next_seq.previous() else {
            return Ok(self.log() == LogPosition::START);
        };
        let bytes = match read_record(disk, paths, LogPosition { place: self.last, seq, tip: None })
        {
            Ok(bytes) => bytes,
            // The log ends before it, or has something else in its place.
            Err(ReadError::Damaged { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        Ok(peek_link(&bytes).is_ok_and(|(_, prev_hash)| next_tip(&bytes, &prev_hash) == self.tip))
    }
}
