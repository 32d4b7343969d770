//! Finds what a proof needs and hands it to the core.

use std::path::Path;

use countersign_core::Seq;
use countersign_core::bmt::{Bmt, SegmentIndex};
use countersign_core::chain::{Control, Record};
use countersign_core::frame::SegmentNumber;
use countersign_core::hash::Digest;
use countersign_core::keys::{Certificate, PublicKey, ShardId};
use countersign_core::limits::{DIGEST_SIZE, LENGTH_PREFIX_SIZE};
use countersign_core::merkle::{MultiInclusionError, NodeCoordinate};
use countersign_core::proof::{
    BriefInclusionBundle, ConsistencyBundle, ConsistencyProof, ExclusionBundle, ExclusionProof,
    InclusionBundle, InclusionProof, PlacementBundle, PlacementProof, ProofError, RecordsBundle,
    RecordsProof, SignedSettlement, StatementBundle, StatementProof,
};
use countersign_core::settlement::{BatchId, BatchSettlementAction, IndexLeaf, verify_settlement};

use super::batch::Batch;
use super::content::chunk_index;
use super::{BatchName, ProveError};
use crate::bmt::{BmtError, SteadyFile};
use crate::index::{LogCursor, LogIndex, LogPosition, SettledRange, certificate_in, read_record};
use crate::store::disk::Disk;
use crate::store::segment_reader::list_segments;
use crate::store::{ShardPaths, shard_status};

/// A settlement as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its record.
    pub seq: Seq,
    /// When that was appended, microseconds since the epoch.
    pub ts_us: u64,
    /// The settlement, and the certificate of its key.
    pub signed: SignedSettlement,
}

/// Makes proofs out of one shard.
///
/// It never writes to the log and takes no lock, and may be used beside a writer.
#[derive(Debug)]
pub struct Prover<'d> {
    disk: &'d dyn Disk,
    paths: ShardPaths,
    index: LogIndex,
    /// How many of the index's settlements are durable for sure.
    usable: usize,
    batch: Option<Batch>,
}

impl<'d> Prover<'d> {
    /// A prover for the shard in `directory`. Makes the index if there is none, which reads the
    /// whole log once; else it reads what has been appended since.
    pub fn open(disk: &'d dyn Disk, directory: &Path) -> Result<Self, ProveError> {
        let paths = ShardPaths::new(directory);
        let index = LogIndex::open(disk, &paths)?;
        let mut prover = Self { disk, paths, index, usable: 0, batch: None };
        prover.count_usable()?;
        Ok(prover)
    }

    /// Takes in what has been appended since.
    pub fn refresh(&mut self) -> Result<(), ProveError> {
        self.index.refresh(self.disk, &self.paths)?;
        self.count_usable()
    }

    /// The shard.
    pub const fn shard_id(&self) -> ShardId {
        self.index.shard_id()
    }

    /// The operator's key, as record 0 has it.
    pub const fn operator(&self) -> PublicKey {
        self.index.operator()
    }

    /// The last record that can be read.
    pub const fn last_seq(&self) -> Option<Seq> {
        self.index.last_seq()
    }

    /// The settlements that are durable, oldest first. One that its writer is making just now may
    /// be missing: what is proven must not be lost in a power cut.
    pub fn ranges(&self) -> &[SettledRange] {
        self.index.settlements().get(..self.usable).unwrap_or_default()
    }

    /// The settlement of a batch.
    pub fn settled(&mut self, batch: BatchName) -> Result<Settled, ProveError> {
        self.twice(|prover| prover.read_settled(prover.find(batch)?))
    }

    /// Every settlement, oldest first.
    pub fn settlements(&mut self) -> Result<Vec<Settled>, ProveError> {
        self.twice(|prover| {
            prover.ranges().iter().map(|range| prover.read_settled(*range)).collect()
        })
    }

    /// Shows a record to be in its batch.
    pub fn inclusion(&mut self, seq: Seq) -> Result<InclusionBundle, ProveError> {
        self.twice(|prover| {
            prover.load(prover.holding(seq)?)?;
            let (batch, record) = (prover.batch()?, prover.record(seq)?);
            let bundle = InclusionProof::build(&batch.settled.signed, &record, |n| batch.node(n));
            bundle.map_err(|error| prover.mismatch(error))
        })
    }

    /// Shows what `inclusion` does, which [`Prover::inclusion`] made, without the sums of all members;
    /// `None` if no signature that can be read follows the settlement.
    pub fn brief_inclusion(
        &self,
        inclusion: &InclusionBundle,
    ) -> Result<Option<BriefInclusionBundle>, ProveError> {
        let SettledRange { seq, place, .. } = self.holding(inclusion.proof.seq)?;
        let start = LogPosition { place, seq, tip: None };
        let mut cursor = LogCursor::open(self.disk, &self.paths, start)?;
        let (_, bytes) = cursor.expect_next()?;
        let settlement = bytes.to_vec();
        // Damage behind the settlement takes nothing from the whole bundle.
        let Ok((_, next)) = cursor.expect_next() else { return Ok(None) };
        match BriefInclusionBundle::build(inclusion, &settlement, next) {
            Ok(brief) => Ok(Some(brief)),
            Err(ProofError::SettlementUnsigned { .. }) => Ok(None),
            Err(error) => Err(self.mismatch(error)),
        }
    }

    /// Shows a record to be in its batch, and where it stands in the file of its segment, which must
    /// be sealed. Makes the segment's chunk addresses if they are not there, which reads all of it.
    pub fn placement(&mut self, seq: Seq) -> Result<PlacementBundle, ProveError> {
        let inclusion = self.inclusion(seq)?;
        let place = self.batch()?.position(seq).ok_or(ProveError::NotASettlement { seq })?.place;
        let (segments, _) = list_segments(self.disk, &self.paths)
            .map_err(|error| BmtError::reading(self.paths.directory())(error))?;
        if segments.last().is_none_or(|open| *open <= place.segment) {
            return Err(ProveError::NotSealed { seq, segment: place.segment });
        }
        let bmt = Bmt::swarm();
        let mut file = SteadyFile::open(&self.paths.segment(place.segment))?;
        let mut index = chunk_index(&bmt, &self.paths, place.segment, &mut file)?;
        let frame = (inclusion.proof.record.len() + LENGTH_PREFIX_SIZE) as u64;
        let range = PlacementProof::range(place.offset, frame, file.len());
        let (first, last) = (range.start / 32, range.end.saturating_sub(1) / 32);
        let proof = index.prove_range(&file, (SegmentIndex(first), SegmentIndex(last)))?;
        let mut bytes: Vec<u8> =
            proof.segments.iter().flat_map(|(_, segment)| *segment.as_bytes()).collect();
        // The last one is padded behind the end of the file.
        bytes.truncate(usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default());
        let file = (index.address(), file.len());
        let placed = PlacementProof::build(&inclusion, file, place.offset, bytes, proof.sisters);
        placed.map_err(|error| self.mismatch(error))
    }

    /// The segments that hold records of a settled batch: the first and the last.
    pub fn segments_of(&self, settled: &Settled) -> (SegmentNumber, SegmentNumber) {
        let ranges = self.ranges();
        let at = ranges.partition_point(|range| range.seq < settled.seq);
        let last = ranges.get(at).map_or(SegmentNumber::FIRST, |range| range.place.segment);
        // A batch begins with the settlement of the one before.
        let before = at.checked_sub(1).and_then(|before| ranges.get(before));
        (before.map_or(SegmentNumber::FIRST, |range| range.place.segment), last)
    }

    /// Shows some records to be in their batch, which must be one. Their order does not matter.
    pub fn records(&mut self, seqs: &[Seq]) -> Result<RecordsBundle, ProveError> {
        let mut seqs = seqs.to_vec();
        seqs.sort_unstable();
        seqs.dedup();
        self.twice(|prover| {
            let Some(first) = seqs.first() else {
                return Err(ProofError::MultiInclusion(MultiInclusionError::Empty).into());
            };
            let range = prover.holding(*first)?;
            for seq in &seqs {
                let other = prover.holding(*seq)?;
                if other != range {
                    let id = |range| prover.id(range);
                    let (first, other) = ((*first, id(range)), (*seq, id(other)));
                    return Err(ProveError::SeveralBatches { first, other });
                }
            }
            prover.load(range)?;
            let records =
                seqs.iter().map(|seq| prover.record(*seq)).collect::<Result<Vec<_>, _>>()?;
            let batch = prover.batch()?;
            let bundle = RecordsProof::build(&batch.settled.signed, &records, |n| batch.node(n));
            bundle.map_err(|error| prover.mismatch(error))
        })
    }

    /// Shows the log of a later settlement to begin with the one of an earlier.
    pub fn consistency(
        &mut self,
        from: BatchName,
        to: BatchName,
    ) -> Result<ConsistencyBundle, ProveError> {
        self.twice(|prover| {
            let (from, to) = (prover.find(from)?, prover.find(to)?);
            if from.to_seq > to.to_seq {
                let (from, to) = (prover.id(from), prover.id(to));
                return Err(ProveError::BatchOrder { from, to });
            }
            let (earlier, later) = (prover.read_settled(from)?, prover.read_settled(to)?);
            let mut unread = None;
            let fetch = |node: NodeCoordinate| -> Option<Digest> {
                let read = prover.index.node(prover.disk, &prover.paths, node);
                read.unwrap_or_else(|error| {
                    unread = Some(error);
                    None
                })
            };
            let bundle = ConsistencyProof::build(&earlier.signed, &later.signed, fetch);
            match (bundle, unread) {
                (Ok(bundle), _) => Ok(bundle),
                (Err(_), Some(error)) => Err(error.into()),
                (Err(error), None) => {
                    let (batch, error) = (prover.id(to), Box::new(error));
                    Err(ProveError::Mismatch { batch, error })
                }
            }
        })
    }

    /// Shows an operation not to be in a batch.
    pub fn exclusion(
        &mut self,
        member_id: &[u8; DIGEST_SIZE],
        op_id: &str,
        batch: BatchName,
    ) -> Result<ExclusionBundle, ProveError> {
        self.twice(|prover| {
            let range = prover.find(batch)?;
            prover.load(range)?;
            let id = prover.id(range);
            let (signed, index) = prover.signed_index()?;
            ExclusionProof::build(&signed, member_id, op_id, index).map_err(|error| match error {
                ProofError::OperationPresent { seq } => {
                    ProveError::OperationPresent { seq, batch: id }
                }
                error @ ProofError::InvalidOperation => error.into(),
                error => ProveError::Mismatch { batch: id, error: Box::new(error) },
            })
        })
    }

    /// Every entry of a member in a batch, and their sums.
    pub fn statement(
        &mut self,
        member_id: &[u8; DIGEST_SIZE],
        batch: BatchName,
    ) -> Result<StatementBundle, ProveError> {
        self.twice(|prover| {
            prover.load(prover.find(batch)?)?;
            let (signed, index) = prover.signed_index()?;
            let index = index.to_vec();
            let batch = prover.batch()?;
            let mut unread = None;
            let record = |seq| prover.record(seq).map_err(|error| unread = Some(error)).ok();
            let bundle =
                StatementProof::build(&signed, member_id, &index, record, |n| batch.node(n));
            bundle.map_err(|error| unread.unwrap_or_else(|| prover.mismatch(error)))
        })
    }

    /// The batch's id.
    const fn id(&self, range: SettledRange) -> BatchId {
        let SettledRange { from_seq, to_seq, .. } = range;
        BatchId { shard_id: self.index.shard_id(), from_seq, to_seq }
    }

    /// Tries something, and once more with an index made anew if what is on disk does not fit:
    /// the file may be wrong although its checksum is right.
    fn twice<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<T, ProveError>,
    ) -> Result<T, ProveError> {
        match attempt(self) {
            Err(error) if error.is_corruption() || matches!(error, ProveError::Read(_)) => {
                self.batch = None;
                self.index = LogIndex::rebuild(self.disk, &self.paths)?;
                self.count_usable()?;
                attempt(self)
            }
            outcome => outcome,
        }
    }

    /// Counts the settlements that no power cut can take away.
    fn count_usable(&mut self) -> Result<(), ProveError> {
        let settlements = self.index.settlements();
        let count = |to: Option<Seq>| settlements.partition_point(|row| Some(row.seq) <= to);
        let mut usable = count(self.index.durable_seq());
        if usable < settlements.len() {
            // Its group may be on its way to the medium, or nobody writes at all.
            let status = shard_status(self.disk, self.paths.directory());
            let status = status.map_err(|error| ProveError::Status(Box::new(error)))?;
            let sure = match status.is_locked {
                Some(false) => self.index.signed_seq().min(status.last_seq),
                _ => status.durable_seq,
            };
            usable = usable.max(count(sure));
        }
        self.usable = usable;
        Ok(())
    }

    /// The batch of that name.
    fn find(&self, name: BatchName) -> Result<SettledRange, ProveError> {
        match name {
            BatchName::Last => {
                let none = ProveError::NotSettled { seq: None, settled_to: None };
                self.ranges().last().copied().ok_or(none)
            }
            BatchName::Of(seq) => self.holding(seq),
            BatchName::Id(id) if id.shard_id != self.shard_id() => {
                Err(ProveError::WrongShard { expected: self.shard_id(), found: id.shard_id })
            }
            BatchName::Id(id) => {
                let holding = self.holding(id.to_seq).ok();
                match holding {
                    Some(range) if self.id(range) == id => Ok(range),
                    other => {
                        let instead = other.map(|range| self.id(range));
                        Err(ProveError::NoSuchBatch { id, instead })
                    }
                }
            }
        }
    }

    /// The batch that holds a record.
    fn holding(&self, seq: Seq) -> Result<SettledRange, ProveError> {
        let ranges = self.ranges();
        let after = ranges.partition_point(|range| range.to_seq < seq);
        match ranges.get(after) {
            Some(range) if range.from_seq <= seq => Ok(*range),
            _ => {
                let last = self.last_seq();
                if Some(seq) > last {
                    return Err(ProveError::NoSuchRecord { seq, last });
                }
                let settled_to = ranges.last().map(|range| range.to_seq);
                Err(ProveError::NotSettled { seq: Some(seq), settled_to })
            }
        }
    }

    /// The settlement that closes a range, with the certificate of its key, both checked.
    fn read_settled(&self, range: SettledRange) -> Result<Settled, ProveError> {
        let SettledRange { seq, place, .. } = range;
        let (ts_us, settlement) = {
            let bytes = self.read(LogPosition { place, seq, tip: None })?;
            let record = Record::decode(&bytes).map_err(|_| ProveError::NotASettlement { seq })?;
            let Some(Control::Settlement(settlement)) = record.control() else {
                return Err(ProveError::NotASettlement { seq });
            };
            (record.ts_us(), BatchSettlementAction::from(settlement))
        };
        if (settlement.from_seq, settlement.to_seq) != (range.from_seq, range.to_seq) {
            return Err(ProveError::NotASettlement { seq });
        }
        let batch = self.id(range);
        let certificate = self.certificate(&settlement.public_key, batch, seq)?;
        verify_settlement(&settlement, self.shard_id(), &certificate, &self.operator())
            .map_err(|error| ProveError::Settlement { batch, error: Box::new(error) })?;
        Ok(Settled { seq, ts_us, signed: SignedSettlement { certificate, settlement } })
    }

    /// The last certificate of a key before a settlement's record.
    fn certificate(
        &self,
        key: &PublicKey,
        batch: BatchId,
        before: Seq,
    ) -> Result<Certificate, ProveError> {
        for (seq, place) in self.index.certificates_before(before) {
            let bytes = self.read(LogPosition { place, seq, tip: None })?;
            if let Some(certificate) = certificate_in(&bytes)
                && certificate.public_key == *key
            {
                return Ok(certificate);
            }
        }
        Err(ProveError::NoCertificate { batch, public_key: *key })
    }

    /// Reads the batch, unless it is at hand.
    fn load(&mut self, range: SettledRange) -> Result<(), ProveError> {
        if self.batch.as_ref().is_some_and(|batch| batch.is_of(range.seq)) {
            return Ok(());
        }
        let settled = self.read_settled(range)?;
        let batch = Batch::read(self.disk, &self.paths, &self.index, settled)?;
        self.batch = Some(batch);
        Ok(())
    }

    /// The batch at hand.
    fn batch(&self) -> Result<&Batch, ProveError> {
        self.batch.as_ref().ok_or(ProveError::NotSettled { seq: None, settled_to: None })
    }

    /// The settlement and the operation index of the batch at hand.
    fn signed_index(&mut self) -> Result<(SignedSettlement, &[IndexLeaf]), ProveError> {
        let none = ProveError::NotSettled { seq: None, settled_to: None };
        let batch = self.batch.as_mut().ok_or(none)?;
        let signed = batch.settled.signed.clone();
        Ok((signed, batch.index(self.disk, &self.paths)?))
    }

    /// The bytes of a record of the batch at hand.
    fn record(&self, seq: Seq) -> Result<Vec<u8>, ProveError> {
        let position = self.batch()?.position(seq);
        self.read(position.ok_or(ProveError::NoSuchRecord { seq, last: self.last_seq() })?)
    }

    /// The bytes of the record at a position.
    fn read(&self, position: LogPosition) -> Result<Vec<u8>, ProveError> {
        Ok(read_record(self.disk, &self.paths, position)?)
    }

    /// What the core found not to fit the settlement of the batch at hand.
    fn mismatch(&self, error: ProofError) -> ProveError {
        match &self.batch {
            Some(batch) => {
                let id = batch.settled.signed.settlement.batch_id(self.shard_id());
                ProveError::Mismatch { batch: id, error: Box::new(error) }
            }
            None => error.into(),
        }
    }
}
