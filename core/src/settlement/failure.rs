//! What a settlement fails on.

use alloc::boxed::Box;
use core::fmt;

use super::error::Pair;
use crate::Seq;
use crate::chain::RecordError;
use crate::hash::Digest;
use crate::keys::{self, PublicKey, ShardId};

/// What of a settlement is not as its records, its key or its own range have it.
///
/// `settled` is what the settlement says, `recomputed` what the records give.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettlementFailure {
    /// Its range ends before it starts.
    RangeInvalid {
        /// First record.
        from_seq: Seq,
        /// Last record.
        to_seq: Seq,
    },
    /// There are more or fewer records than its range has. Of more, only one is counted.
    RangeCount {
        /// Records of the range.
        expected: u64,
        /// Records given.
        found: u64,
    },
    /// A record is none of the range, or stands at the wrong place in it.
    RangeSeq {
        /// The seq that comes next.
        expected: Seq,
        /// The seq of the record.
        found: Seq,
    },
    /// A record cannot be read.
    Malformed {
        /// The seq expected there.
        seq: Seq,
        /// Why.
        error: RecordError,
    },
    /// A record's `prevHash` is not the tip before it.
    ChainBroken {
        /// The record.
        seq: Seq,
        /// Tip after the record before.
        expected: Digest,
        /// The record's `prevHash`.
        found: Digest,
    },
    /// Its `tipHash` is not the tip after the last record.
    TipHash(Roots),
    /// Its `itemsRoot` is not the root over the records.
    ItemsRoot(Roots),
    /// Its `logRoot` is not the root over all records of the log.
    LogRoot(Roots),
    /// Its `indexRoot` is not the root over the operation index.
    IndexRoot(Roots),
    /// Its `entryCount` is not the number of entries.
    EntryCount {
        /// What the settlement says.
        settled: u64,
        /// What the records hold.
        recomputed: u64,
    },
    /// Its `memberDeltas` are not what the entries add up to: the first pair that differs.
    MemberDeltas(Box<DeltaFailure>),
    /// The entries of a pair add up to more than 2^128-1.
    Overflow(Box<Pair>),
    /// The certificate does not hold.
    Certificate(keys::Error),
    /// It is signed by another key than the certified one.
    WrongProcessKey {
        /// The certified key.
        certified: PublicKey,
        /// The key that signed.
        found: PublicKey,
    },
    /// The certificate is for another shard.
    WrongShard {
        /// The shard of the settlement.
        expected: ShardId,
        /// The certificate's.
        found: ShardId,
    },
    /// Its signature does not hold.
    Signature(keys::Error),
}

/// Two hashes that should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roots {
    /// What the settlement says.
    pub settled: Digest,
    /// What the records give.
    pub recomputed: Digest,
}

/// A pair whose delta is not what its entries add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaFailure {
    /// The member and the asset.
    pub pair: Pair,
    /// Earned and spent as the settlement has them; `None` if it lacks the pair.
    pub settled: Option<(u128, u128)>,
    /// Earned and spent as the entries add up; `None` if there is none of the pair.
    pub recomputed: Option<(u128, u128)>,
}

impl SettlementFailure {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RangeInvalid { .. } => "range-invalid",
            Self::RangeCount { .. } => "range-count",
            Self::RangeSeq { .. } => "range-seq",
            Self::Malformed { .. } => "record-malformed",
            Self::ChainBroken { .. } => "chain-broken",
            Self::TipHash(_) => "tip-hash",
            Self::ItemsRoot(_) => "items-root",
            Self::LogRoot(_) => "log-root",
            Self::IndexRoot(_) => "index-root",
            Self::EntryCount { .. } => "entry-count",
            Self::MemberDeltas(_) => "member-deltas",
            Self::Overflow(_) => "delta-overflow",
            Self::Certificate(_) => "certificate-invalid",
            Self::WrongProcessKey { .. } => "wrong-process-key",
            Self::WrongShard { .. } => "wrong-shard",
            Self::Signature(_) => "settlement-signature",
        }
    }
}

impl fmt::Display for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, but the records give {}", self.settled, self.recomputed)
    }
}

/// Earned and spent, or that there is no such delta.
struct Sums(Option<(u128, u128)>);

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((earned, spent)) => write!(f, "{earned} earned and {spent} spent"),
            None => f.write_str("no delta"),
        }
    }
}

impl fmt::Display for SettlementFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RangeInvalid { from_seq, to_seq } => {
                write!(f, "the settlement's range {from_seq} to {to_seq} ends before it starts")
            }
            Self::RangeCount { expected, found } => {
                write!(f, "the settlement's range has {expected} records, {found} are here")
            }
            Self::RangeSeq { expected, found } => {
                write!(f, "record {found} stands where {expected} should")
            }
            Self::Malformed { seq, error } => write!(f, "record {seq} cannot be read: {error}"),
            Self::ChainBroken { seq, expected, found } => {
                write!(f, "the prevHash of record {seq} is {found}, the tip before it {expected}")
            }
            Self::TipHash(tips) => write!(f, "the settlement's tipHash is {tips}"),
            Self::ItemsRoot(roots) => write!(f, "the settlement's itemsRoot is {roots}"),
            Self::LogRoot(roots) => write!(f, "the settlement's logRoot is {roots}"),
            Self::IndexRoot(roots) => write!(f, "the settlement's indexRoot is {roots}"),
            Self::EntryCount { settled, recomputed } => {
                write!(f, "the settlement counts {settled} entries, its records hold {recomputed}")
            }
            Self::MemberDeltas(delta) => {
                let DeltaFailure { pair, settled, recomputed } = &**delta;
                let (settled, recomputed) = (Sums(*settled), Sums(*recomputed));
                write!(f, "{pair}: the settlement has {settled}, its records {recomputed}")
            }
            Self::Overflow(pair) => write!(f, "the entries of {pair} add up to more than 2^128-1"),
            Self::Certificate(error) => write!(f, "the certificate does not hold: {error}"),
            Self::WrongProcessKey { certified, found } => {
                write!(
                    f,
                    "the settlement is signed by key {found}, the certified one is {certified}"
                )
            }
            Self::WrongShard { expected, found } => {
                write!(f, "the certificate is for shard {found}, this is {expected}")
            }
            Self::Signature(error) => write!(f, "the settlement's signature: {error}"),
        }
    }
}

impl core::error::Error for SettlementFailure {}
