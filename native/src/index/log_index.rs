//! The index in memory: made from the log, kept in a file, brought up to date.

use countersign_core::Seq;
use countersign_core::chain::{Control, Record};
use countersign_core::frame::Place;
use countersign_core::hash::{Blake3, Digest};
use countersign_core::keys::{Certificate, PublicKey, ShardId};
use countersign_core::merkle::{NodeCoordinate, leaf_hash, root};

use super::cursor::{LogCursor, LogPosition, LogRecord, read_record};
use super::file::Rows;
use super::nodes::LogNodes;
use super::{CHUNK_LEVEL, CHUNK_RECORDS};
use crate::store::disk::{Disk, read_small};
use crate::store::{ReadError, ShardPaths, read_state, replace_index};

/// Larger files are no index of ours: it has less than a hundredth of what it indexes.
const MAX_INDEX_SIZE: usize = 1 << 32;

/// A chunk of the log: `CHUNK_RECORDS` records from a multiple of that on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Where its first record starts.
    pub(super) place: Place,
    /// The chain tip before it.
    pub(super) tip_before: Digest,
    /// The root over its leaves.
    pub(super) root: Digest,
}

/// A settlement and the records that it settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledRange {
    /// First record of the batch.
    pub from_seq: Seq,
    /// Last record of the batch.
    pub to_seq: Seq,
    /// The settlement's record.
    pub seq: Seq,
    /// Where that starts.
    pub place: Place,
}

/// The record of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CertificateRow {
    pub(super) seq: Seq,
    pub(super) place: Place,
}

/// The records behind the last whole chunk.
#[derive(Clone, Debug)]
struct Tail {
    start: LogPosition,
    leaves: Vec<Digest>,
}

/// Where the records, settlements and certificates of a log are, and the hashes over its chunks.
#[derive(Clone, Debug)]
pub struct LogIndex {
    shard_id: ShardId,
    operator: PublicKey,
    rows: Rows,
    nodes: LogNodes,
    tail: Tail,
    /// The last record that is durable for sure, as far as the log and `state.json` tell.
    durable: Option<Seq>,
    /// The last record that a signature vouches for.
    signed: Option<Seq>,
    /// Chunks in the file.
    saved: usize,
}

impl LogIndex {
    /// The index of a log: the file beside it, brought up to date, or one made anew. It is
    /// written back where that is possible; where it is not, it serves all the same.
    ///
    /// Takes time in proportion to what the file does not know.
    ///
    /// # Errors
    /// If the directory is no shard, or the log cannot be read to its end.
    pub fn open(disk: &dyn Disk, paths: &ShardPaths) -> Result<Self, ReadError> {
        let mut index = Self::empty(disk, paths)?;
        let file = read_small(disk, &paths.index(), MAX_INDEX_SIZE).unwrap_or_default();
        if let Some(rows) = Rows::decode(&file, index.shard_id) {
            drop(file);
            index.saved = rows.chunks.len();
            match index.resume(disk, paths, rows) {
                Ok(true) => {
                    index.save(disk, paths);
                    return Ok(index);
                }
                // The file does not fit the log.
                Ok(false) | Err(_) => index = Self::empty(disk, paths)?,
            }
        }
        index.walk(disk, paths)?;
        index.save(disk, paths);
        Ok(index)
    }

    /// The index of a log, made from the log alone. The file is replaced.
    pub fn rebuild(disk: &dyn Disk, paths: &ShardPaths) -> Result<Self, ReadError> {
        let mut index = Self::empty(disk, paths)?;
        index.walk(disk, paths)?;
        index.save(disk, paths);
        Ok(index)
    }

    /// Takes in what has been appended meanwhile.
    pub fn refresh(&mut self, disk: &dyn Disk, paths: &ShardPaths) -> Result<(), ReadError> {
        let mut fresh = Self::empty(disk, paths)?;
        fresh.saved = self.saved;
        if fresh.shard_id == self.shard_id && fresh.resume(disk, paths, self.rows.clone())? {
            *self = fresh;
        } else {
            *self = Self::empty(disk, paths)?;
            self.walk(disk, paths)?;
        }
        self.save(disk, paths);
        Ok(())
    }

    /// The shard.
    pub const fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    /// The operator's key, as record 0 has it.
    pub const fn operator(&self) -> PublicKey {
        self.operator
    }

    /// The last record that can be read; `None` in a log without any.
    pub const fn last_seq(&self) -> Option<Seq> {
        self.end().previous()
    }

    /// The last record that is durable for sure, as far as the log and `state.json` tell.
    pub const fn durable_seq(&self) -> Option<Seq> {
        self.durable
    }

    /// The last record that a signature vouches for.
    pub const fn signed_seq(&self) -> Option<Seq> {
        self.signed
    }

    /// All settlements in the log, oldest first.
    pub fn settlements(&self) -> &[SettledRange] {
        &self.rows.settlements
    }

    /// Where certificates stand that came before a record, newest first.
    pub(crate) fn certificates_before(&self, seq: Seq) -> impl Iterator<Item = (Seq, Place)> {
        let rows = self.rows.certificates.iter().rev();
        rows.filter(move |row| row.seq < seq).map(|row| (row.seq, row.place))
    }

    /// Where reading must start to get to `seq`: less than a chunk before it.
    pub(crate) fn position_before(&self, seq: Seq) -> LogPosition {
        let chunk = usize::try_from(seq.0 / CHUNK_RECORDS).ok();
        match chunk.and_then(|chunk| self.position(chunk)) {
            Some(position) => position,
            None => self.tail.start,
        }
    }

    /// The hash of a node of the log's tree, out of the rows, or of the records of one chunk.
    pub(crate) fn node(
        &self,
        disk: &dyn Disk,
        paths: &ShardPaths,
        node: NodeCoordinate,
    ) -> Result<Option<Digest>, ReadError> {
        if node.level() >= CHUNK_LEVEL {
            return Ok(self.nodes.hash(node));
        }
        let first = node.first_leaf().get();
        let Ok(chunk) = usize::try_from(first / CHUNK_RECORDS) else { return Ok(None) };
        let read;
        let leaves = match self.position(chunk) {
            None => self.tail.leaves.as_slice(),
            Some(start) => {
                read = read_leaves(disk, paths, start)?;
                read.as_slice()
            }
        };
        // Both are at most a chunk's.
        let skip = usize::try_from(first % CHUNK_RECORDS).unwrap_or(usize::MAX);
        let count = usize::try_from(node.leaf_count()).unwrap_or(usize::MAX);
        let end = skip.saturating_add(count);
        let is_there = chunk <= self.rows.chunks.len();
        Ok(leaves.get(skip..end).filter(|_| is_there).map(root::<Blake3>))
    }

    /// The number behind the last record.
    const fn end(&self) -> Seq {
        Seq(self.tail.start.seq.0.saturating_add(self.tail.leaves.len() as u64))
    }

    /// Where a whole chunk starts.
    fn position(&self, chunk: usize) -> Option<LogPosition> {
        let row = self.rows.chunks.get(chunk)?;
        let seq = Seq((chunk as u64).saturating_mul(CHUNK_RECORDS));
        Some(LogPosition { place: row.place, seq, tip: Some(row.tip_before) })
    }

    /// An index of nothing, of the shard that record 0 names.
    fn empty(disk: &dyn Disk, paths: &ShardPaths) -> Result<Self, ReadError> {
        let not_a_shard = || ReadError::NotAShard { path: paths.directory().to_path_buf() };
        let bytes = match read_record(disk, paths, LogPosition::START) {
            Ok(bytes) => bytes,
            Err(ReadError::Damaged { .. }) => return Err(not_a_shard()),
            Err(error) => return Err(error),
        };
        let certificate = certificate_in(&bytes).ok_or_else(not_a_shard)?;
        let tail = Tail { start: LogPosition::START, leaves: Vec::new() };
        Ok(Self {
            shard_id: certificate.shard_id,
            operator: certificate.operator_public_key,
            rows: Rows::default(),
            nodes: LogNodes::default(),
            tail,
            durable: None,
            signed: None,
            saved: 0,
        })
    }

    /// Takes rows over and reads on behind them; `false` if they do not fit the log.
    ///
    /// The last chunk is read again: that it chains on from the row's tip to the rows' root binds
    /// all of them to this log, as far as the maker of the file is believed.
    fn resume(
        &mut self,
        disk: &dyn Disk,
        paths: &ShardPaths,
        rows: Rows,
    ) -> Result<bool, ReadError> {
        if !tiles(&rows.settlements) {
            return Ok(false);
        }
        self.rows = rows;
        let Some(last) = self.rows.chunks.pop() else { return Ok(false) };
        let seq = Seq((self.rows.chunks.len() as u64).saturating_mul(CHUNK_RECORDS));
        self.rows.settlements.retain(|row| row.seq < seq);
        self.rows.certificates.retain(|row| row.seq < seq);
        self.nodes = self.rows.chunks.iter().map(|chunk| chunk.root).collect();
        self.tail.start = LogPosition { place: last.place, seq, tip: Some(last.tip_before) };
        let before = self.rows.chunks.len();
        // What is in the file was durable.
        self.durable = seq.previous();
        self.walk(disk, paths)?;
        Ok(self.rows.chunks.get(before) == Some(&last))
    }

    /// Reads on from the start of the tail, to the end of the log.
    fn walk(&mut self, disk: &dyn Disk, paths: &ShardPaths) -> Result<(), ReadError> {
        let state = read_state(disk, paths).ok().flatten();
        let state = state.and_then(|state| Some((state.last_seq?, state.tip)));
        let mut cursor = LogCursor::open(disk, paths, self.tail.start)?;
        loop {
            let tip = cursor.tip();
            let Some(LogRecord { place, seq, bytes }) = cursor.next()? else { return Ok(()) };
            if self.tail.leaves.is_empty() {
                self.tail.start = LogPosition { place, seq, tip };
            }
            self.tail.leaves.push(leaf_hash::<Blake3>(bytes));
            // A writer has at most one group unsynced, and a group ends with its only signature.
            self.durable = self.durable.max(self.signed);
            if !Record::is_entry(bytes) {
                self.note(seq, place, bytes);
            }
            if state.is_some_and(|(last, tip)| last == seq && cursor.tip() == Some(tip)) {
                self.durable = self.durable.max(Some(seq));
            }
            if self.tail.leaves.len() as u64 == CHUNK_RECORDS {
                let root = root::<Blake3>(&self.tail.leaves);
                let LogPosition { place, tip, .. } = self.tail.start;
                let tip_before = tip.unwrap_or(countersign_core::limits::GENESIS_HASH);
                self.rows.chunks.push(Chunk { place, tip_before, root });
                self.nodes.push(root);
                self.tail.leaves.clear();
                self.tail.start = cursor.position();
            }
        }
    }

    /// Takes a control record in.
    fn note(&mut self, seq: Seq, place: Place, bytes: &[u8]) {
        let Ok(record) = Record::decode(bytes) else { return };
        match record.control() {
            Some(Control::Signature(_)) => self.signed = Some(seq),
            Some(Control::Certificate(_)) => {
                self.rows.certificates.push(CertificateRow { seq, place });
            }
            Some(Control::Settlement(settlement)) => self.rows.settlements.push(SettledRange {
                from_seq: settlement.from_seq,
                to_seq: settlement.to_seq,
                seq,
                place,
            }),
            _ => {}
        }
    }

    /// Writes the whole chunks that are durable, if the file has fewer. Not being able to is
    /// nobody's concern: the next reader takes longer.
    fn save(&mut self, disk: &dyn Disk, paths: &ShardPaths) {
        let durable = self.durable.map_or(0, |seq| seq.next().0 / CHUNK_RECORDS);
        let durable = usize::try_from(durable).unwrap_or(usize::MAX);
        let count = durable.min(self.rows.chunks.len());
        if count == self.saved {
            return;
        }
        let end = Seq((count as u64).saturating_mul(CHUNK_RECORDS));
        let mut rows = self.rows.clone();
        rows.chunks.truncate(count);
        rows.settlements.retain(|row| row.seq < end);
        rows.certificates.retain(|row| row.seq < end);
        if replace_index(disk, paths, &rows.encode(self.shard_id)).is_ok() {
            self.saved = count;
        }
    }
}

/// Whether batches follow each other without a gap, each settled by the record behind it.
fn tiles(settlements: &[SettledRange]) -> bool {
    let mut next = Seq::FIRST;
    settlements.iter().all(|row| {
        let fits =
            row.from_seq == next && row.from_seq <= row.to_seq && row.seq == row.to_seq.next();
        next = row.seq;
        fits
    })
}

/// The certificate that is this record.
pub(crate) fn certificate_in(bytes: &[u8]) -> Option<Certificate> {
    match Record::decode(bytes).ok()?.control() {
        Some(Control::Certificate(certificate)) => Some(*certificate),
        _ => None,
    }
}

/// The leaf hashes of a whole chunk.
fn read_leaves(
    disk: &dyn Disk,
    paths: &ShardPaths,
    start: LogPosition,
) -> Result<Vec<Digest>, ReadError> {
    let mut cursor = LogCursor::open(disk, paths, LogPosition { tip: None, ..start })?;
    let mut leaves = Vec::new();
    for _ in 0..CHUNK_RECORDS {
        leaves.push(leaf_hash::<Blake3>(cursor.expect_next()?.1));
    }
    Ok(leaves)
}
