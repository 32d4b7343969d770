//! A batch as a prover keeps it: where its records are, and every node over them.

use countersign_core::chain::Record;
use countersign_core::hash::{Blake3, Digest};
use countersign_core::merkle::{NodeCoordinate, leaf_hash, node_hash};
use countersign_core::settlement::IndexLeaf;

use super::prover::Settled;
use crate::index::{LogCursor, LogIndex, LogPosition};
use crate::store::disk::Disk;
use crate::store::{ReadError, ShardPaths};
use countersign_core::Seq;
use countersign_core::frame::Place;

/// A batch, read once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) settled: Settled,
    /// Where each record starts.
    places: Vec<Place>,
    /// The perfect subtrees of the tree below `itemsRoot`, level by level; the leaves first.
    levels: Vec<Vec<Digest>>,
    /// The sorted operation index, once it was needed.
    index: Option<Vec<IndexLeaf>>,
}

impl Batch {
    /// Reads the records of a batch and hashes them.
    pub(super) fn read(
        disk: &dyn Disk,
        paths: &ShardPaths,
        log: &LogIndex,
        settled: Settled,
    ) -> Result<Self, ReadError> {
        let (from, to) = (settled.signed.settlement.from_seq, settled.signed.settlement.to_seq);
        // What is read is held against the settlement's root, which is faster than the chain.
        let start = LogPosition { tip: None, ..log.position_before(from) };
        let mut cursor = LogCursor::open(disk, paths, start)?;
        let (mut places, mut leaves) = (Vec::new(), Vec::new());
        let mut seq = start.seq;
        while seq <= to {
            let (place, bytes) = cursor.expect_next()?;
            if seq >= from {
                places.push(place);
                leaves.push(leaf_hash::<Blake3>(bytes));
            }
            seq = seq.next();
        }
        Ok(Self { settled, places, levels: levels_over(leaves), index: None })
    }

    /// Whether it is the batch that this settlement closes.
    pub(super) fn is_of(&self, settlement: Seq) -> bool {
        self.settled.seq == settlement
    }

    /// The node of the tree below `itemsRoot`.
    pub(super) fn node(&self, node: NodeCoordinate) -> Option<Digest> {
        let nodes = self.levels.get(usize::from(node.level()))?;
        nodes.get(usize::try_from(node.index()).ok()?).copied()
    }

    /// Where a record of the batch starts.
    pub(super) fn position(&self, seq: Seq) -> Option<LogPosition> {
        let index = seq.0.checked_sub(self.settled.signed.settlement.from_seq.0)?;
        let place = *self.places.get(usize::try_from(index).ok()?)?;
        Some(LogPosition { place, seq, tip: None })
    }

    /// The sorted operation index of the batch; reads the records once more the first time.
    pub(super) fn index(
        &mut self,
        disk: &dyn Disk,
        paths: &ShardPaths,
    ) -> Result<&[IndexLeaf], ReadError> {
        if self.index.is_none() {
            self.index = Some(self.read_index(disk, paths)?);
        }
        Ok(self.index.as_deref().unwrap_or_default())
    }

    fn read_index(&self, disk: &dyn Disk, paths: &ShardPaths) -> Result<Vec<IndexLeaf>, ReadError> {
        let from = self.settled.signed.settlement.from_seq;
        let Some(start) = self.position(from) else { return Ok(Vec::new()) };
        let mut cursor = LogCursor::open(disk, paths, start)?;
        let mut index = Vec::new();
        for _ in &self.places {
            let (_, bytes) = cursor.expect_next()?;
            if let Ok(Record::Entry(entry)) = Record::decode(bytes) {
                index.push(IndexLeaf::of(&entry));
            }
        }
        index.sort_unstable();
        Ok(index)
    }
}

/// All perfect subtrees over some leaves.
fn levels_over(leaves: Vec<Digest>) -> Vec<Vec<Digest>> {
    let mut levels = vec![leaves];
    while let Some(below) = levels.last().filter(|below| below.len() > 1) {
        let pairs = below.as_chunks::<2>().0;
        let nodes = pairs.iter().map(|[left, right]| node_hash::<Blake3>(left, right)).collect();
        levels.push(nodes);
    }
    levels
}
