//! Why there is no proof.

use std::fmt;

use countersign_core::Seq;
use countersign_core::frame::SegmentNumber;
use countersign_core::keys::{PublicKey, ShardId};
use countersign_core::proof::ProofError;
use countersign_core::settlement::{BatchId, SettlementFailure};

use crate::bmt::BmtError;
use crate::store::{ReadError, StoreError};

/// Why there is no proof.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProveError {
    /// The log cannot be read.
    Read(ReadError),
    /// Where the shard stands cannot be told.
    Status(Box<StoreError>),
    /// The log holds no such record.
    NoSuchRecord {
        /// The record.
        seq: Seq,
        /// The log's last record.
        last: Option<Seq>,
    },
    /// The record is in no settlement yet.
    NotSettled {
        /// The record; `None` where any settlement would do.
        seq: Option<Seq>,
        /// The last record that is settled.
        settled_to: Option<Seq>,
    },
    /// No settlement has this id.
    NoSuchBatch {
        /// The id.
        id: BatchId,
        /// The batch that holds its last record, if one does.
        instead: Option<BatchId>,
    },
    /// The id is of another shard.
    WrongShard {
        /// This shard.
        expected: ShardId,
        /// The id's.
        found: ShardId,
    },
    /// The records are not all of one batch.
    SeveralBatches {
        /// A record, and its batch.
        first: (Seq, BatchId),
        /// Another record, and its batch.
        other: (Seq, BatchId),
    },
    /// The earlier batch is the later one.
    BatchOrder {
        /// The one that was to be the earlier.
        from: BatchId,
        /// The one that was to be the later.
        to: BatchId,
    },
    /// The operation is in the batch, so that nothing shows its absence.
    OperationPresent {
        /// Its record.
        seq: Seq,
        /// The batch.
        batch: BatchId,
    },
    /// The log holds no certificate of the key that settled the batch.
    NoCertificate {
        /// The batch.
        batch: BatchId,
        /// The key.
        public_key: PublicKey,
    },
    /// The settlement's signature or its key's certificate does not hold.
    Settlement {
        /// The batch.
        batch: BatchId,
        /// Why.
        error: Box<SettlementFailure>,
    },
    /// The record at the place of a settlement is another one.
    NotASettlement {
        /// The record.
        seq: Seq,
    },
    /// The records are not what their settlement signs.
    Mismatch {
        /// The batch.
        batch: BatchId,
        /// What does not fit.
        error: Box<ProofError>,
    },
    /// The record's segment is still written to, so that its file has no lasting content address.
    NotSealed {
        /// The record.
        seq: Seq,
        /// The segment.
        segment: SegmentNumber,
    },
    /// The segment's file cannot be hashed, or its chunk addresses not be kept.
    Content(Box<BmtError>),
    /// No bundle can be made of what was asked for.
    Proof(Box<ProofError>),
}

impl ProveError {
    /// A stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(error) => error.code(),
            Self::Status(error) => error.code(),
            Self::NoSuchRecord { .. } => "no-such-record",
            Self::NotSettled { .. } => "not-settled",
            Self::NoSuchBatch { .. } => "no-such-batch",
            Self::WrongShard { .. } => "wrong-shard",
            Self::SeveralBatches { .. } => "several-batches",
            Self::BatchOrder { .. } => "batch-order",
            Self::OperationPresent { .. } => "operation-present",
            Self::NoCertificate { .. } => "no-certificate",
            Self::Settlement { .. } => "settlement-invalid",
            Self::NotASettlement { .. } => "not-a-settlement",
            Self::Mismatch { .. } => "log-mismatch",
            Self::NotSealed { .. } => "segment-not-sealed",
            Self::Content(error) => error.code(),
            Self::Proof(error) => error.code(),
        }
    }

    /// Whether what is on disk contradicts itself.
    pub const fn is_corruption(&self) -> bool {
        match self {
            Self::Read(error) => matches!(error, ReadError::Damaged { .. }),
            Self::Status(error) => error.is_corruption(),
            Self::NoCertificate { .. }
            | Self::Settlement { .. }
            | Self::NotASettlement { .. }
            | Self::Mismatch { .. } => true,
            _ => false,
        }
    }
}

impl fmt::Display for ProveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const VERIFY: &str = "`shard verify` tells what is wrong";
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Status(error) => error.fmt(f),
            Self::NotSealed { seq, segment } => write!(
                f,
                "record {seq} stands in {segment}, which is still written to: it has a content \
                 address when the next segment begins"
            ),
            Self::Content(error) => error.fmt(f),
            Self::NoSuchRecord { seq, last: Some(last) } => {
                write!(f, "there is no record {seq}: the log ends with record {last}")
            }
            Self::NoSuchRecord { seq, last: None } => {
                write!(f, "there is no record {seq}: the log is empty")
            }
            Self::NotSettled { seq, settled_to } => {
                match seq {
                    Some(seq) => write!(f, "record {seq} is not settled yet: ")?,
                    None => f.write_str("there is nothing to prove yet: ")?,
                }
                match settled_to {
                    Some(to) => write!(f, "settlements reach up to record {to}")?,
                    None => f.write_str("the shard has no settlement")?,
                }
                f.write_str("; wait for the writer to settle it, or run `shard settle`")
            }
            Self::NoSuchBatch { id, instead: Some(instead) } => {
                write!(f, "there is no batch {id}; record {} is in batch {instead}", id.to_seq)
            }
            Self::NoSuchBatch { id, instead: None } => {
                write!(f, "there is no batch {id}; `shard settlements` lists them")
            }
            Self::WrongShard { expected, found } => {
                write!(f, "the batch is of shard {found}, but this is shard {expected}")
            }
            Self::SeveralBatches { first: (first, batch), other: (other, other_batch) } => write!(
                f,
                "record {first} is in batch {batch}, record {other} in batch {other_batch}; a \
                 bundle takes records of one batch, so make one for each"
            ),
            Self::BatchOrder { from, to } => {
                write!(f, "batch {from} comes behind batch {to}; name the earlier one with --from")
            }
            Self::OperationPresent { seq, batch } => write!(
                f,
                "the operation is in batch {batch}, as record {seq}, so nothing shows its absence; \
                 `prove inclusion` proves the record"
            ),
            Self::NoCertificate { batch, public_key } => {
                write!(f, "the log holds no certificate of key {public_key}, which settled {batch}")
            }
            Self::Settlement { batch, error } => {
                write!(f, "the settlement of batch {batch} does not hold: {error}; {VERIFY}")
            }
            Self::NotASettlement { seq } => {
                write!(f, "record {seq} is not the settlement that it was; {VERIFY}")
            }
            Self::Mismatch { batch, error } => write!(
                f,
                "the records are not those that the settlement of batch {batch} signs: {error}; \
                 {VERIFY}"
            ),
            Self::Proof(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ProveError {}

impl From<ProofError> for ProveError {
    fn from(error: ProofError) -> Self {
        Self::Proof(Box::new(error))
    }
}

impl From<BmtError> for ProveError {
    fn from(error: BmtError) -> Self {
        Self::Content(Box::new(error))
    }
}

impl From<ReadError> for ProveError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}
