//! The report over a shard of the TypeScript layout, for people and as JSON.

use std::fmt;

use countersign_core::Seq;
use countersign_core::foreign::{ForeignAudit, ForeignFailure, ForeignKey};
use countersign_core::hash::Digest;
use countersign_core::keys::{PublicKey, ShardId};
use serde::Serialize;

use crate::render::{as_text, as_text_or_null};
use crate::verify::FailureReport;

/// What a report of this layout never says.
const DOES_NOT_PROVE: &str = "This does not prove that the shard is complete: a log cut behind any \
     signature, and its sidecar with it, passes. Nor that no key was revoked that you do not know \
     of, nor when anything was signed, nor batch ids and times of confirmation, which nothing signs. \
     Nor does it prove that the entries are true, only that they are what the keys signed.";

/// What a shard holds and what of it fails. The members that it shares with the report over a shard
/// of this program's own layout mean the same there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignReport {
    /// `typescript`.
    pub layout: &'static str,
    /// The shard that the signatures were checked for.
    #[serde(serialize_with = "as_text")]
    pub shard_id: ShardId,
    /// The operator key that certificates were checked against.
    #[serde(serialize_with = "as_text_or_null")]
    pub operator_public_key: Option<PublicKey>,
    /// Whether nothing failed, and signatures could be checked.
    pub valid: bool,
    /// Whether any process key was known. The layout does not hold them.
    pub signatures_checked: bool,
    /// Records. All of them are entries.
    #[serde(serialize_with = "as_text")]
    pub records: u64,
    /// The same number.
    #[serde(serialize_with = "as_text")]
    pub entries: u64,
    /// Entries of the sidecar.
    #[serde(serialize_with = "as_text")]
    pub signatures: u64,
    /// Those that hold.
    #[serde(serialize_with = "as_text")]
    pub signatures_held: u64,
    /// Settlements that the log confirms.
    #[serde(serialize_with = "as_text")]
    pub settlements: u64,
    /// Indexes that the log confirms.
    #[serde(serialize_with = "as_text")]
    pub indexes: u64,
    /// Indexes without a settlement that could not be compared with the log.
    #[serde(serialize_with = "as_text")]
    pub indexes_unchecked: u64,
    /// Records in no settlement.
    #[serde(serialize_with = "as_text")]
    pub unsettled: u64,
    /// The last record; `None` if there is none.
    #[serde(serialize_with = "as_text_or_null")]
    pub last_seq: Option<Seq>,
    /// The chain tip after it.
    #[serde(serialize_with = "as_text")]
    pub tip: Digest,
    /// The last record that a signature covers.
    #[serde(serialize_with = "as_text_or_null")]
    pub signed_seq: Option<Seq>,
    /// Records at the end that no signature covers.
    #[serde(serialize_with = "as_text")]
    pub unsigned_tail: u64,
    /// Bytes at the end of the log that are no whole frame: no failure.
    #[serde(serialize_with = "as_text")]
    pub torn_tail_bytes: u64,
    /// The same of the sidecar.
    #[serde(serialize_with = "as_text")]
    pub torn_sidecar_bytes: u64,
    /// Segments read.
    pub segments: usize,
    /// Bytes in them.
    #[serde(serialize_with = "as_text")]
    pub bytes: u64,
    /// The process keys that were trusted.
    pub keys: Vec<ForeignKeyReport>,
    /// The first failures, 10,000 at most.
    pub failures: Vec<FailureReport>,
    /// How many failures there are.
    #[serde(serialize_with = "as_text")]
    pub failures_total: u64,
}

/// A trusted process key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignKeyReport {
    /// The key.
    #[serde(serialize_with = "as_text")]
    pub public_key: PublicKey,
    /// Its certificates; none if it was trusted on the caller's word.
    pub certificates: usize,
    /// How often it was revoked without harm.
    #[serde(serialize_with = "as_text")]
    pub retired: u64,
    /// From where its signatures no longer count.
    #[serde(serialize_with = "as_text_or_null")]
    pub compromised_from: Option<Seq>,
}

impl From<&ForeignKey> for ForeignKeyReport {
    fn from(key: &ForeignKey) -> Self {
        Self {
            public_key: key.verifying_key.public_key(),
            certificates: key.windows.len(),
            retired: key.retired,
            compromised_from: key.compromised_from,
        }
    }
}

/// The failure as a report shows it.
fn shown(failure: ForeignFailure) -> FailureReport {
    FailureReport {
        code: failure.code.as_str(),
        segment: failure.file.name(),
        offset: failure.offset,
        seq: failure.seq,
        detail: failure.detail,
    }
}

/// What was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) operator: Option<PublicKey>,
    pub(super) torn: u64,
    pub(super) segments: usize,
    pub(super) bytes: u64,
}

impl ForeignReport {
    pub(super) fn new(audit: ForeignAudit, extent: Extent) -> Self {
        Self {
            layout: "typescript",
            shard_id: audit.keys.shard_id(),
            operator_public_key: extent.operator,
            valid: audit.is_valid(),
            signatures_checked: !audit.keys.is_empty(),
            records: audit.records,
            entries: audit.records,
            signatures: audit.signatures,
            signatures_held: audit.signatures_held,
            settlements: audit.settlements,
            indexes: audit.indexes,
            indexes_unchecked: audit.indexes_unchecked,
            unsettled: audit.unsettled,
            last_seq: audit.last_seq,
            tip: audit.tip,
            signed_seq: audit.signed_seq,
            unsigned_tail: audit.unsigned_tail,
            torn_tail_bytes: extent.torn,
            torn_sidecar_bytes: audit.torn_sidecar_bytes,
            segments: extent.segments,
            bytes: extent.bytes,
            keys: audit.keys.keys().iter().map(ForeignKeyReport::from).collect(),
            failures: audit.failures.into_iter().map(shown).collect(),
            failures_total: audit.failures_total,
        }
    }
}

impl fmt::Display for ForeignReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failures_total {
            0 if self.signatures_checked => f.write_str("VALID: every check passed\n")?,
            0 => f.write_str(
                "CANNOT TELL: no process key is known, so no signature was checked; nothing else \
                 failed\n",
            )?,
            1 => f.write_str("NOT VALID: 1 check failed\n")?,
            count => writeln!(f, "NOT VALID: {count} checks failed")?,
        }
        writeln!(f, "shard {}, in the TypeScript library's layout", self.shard_id)?;
        if let Some(operator) = self.operator_public_key {
            writeln!(f, "operator key {operator}")?;
        }
        writeln!(
            f,
            "{} records in {} segments, {} bytes; {} of {} signatures hold",
            self.records, self.segments, self.bytes, self.signatures_held, self.signatures,
        )?;
        writeln!(
            f,
            "{} settlements and {} indexes are over these records, {} records are in none",
            self.settlements, self.indexes, self.unsettled,
        )?;
        if self.indexes_unchecked > 0 {
            let count = self.indexes_unchecked;
            writeln!(f, "{count} indexes without a settlement were not compared with the log")?;
        }
        if let Some(last_seq) = self.last_seq {
            writeln!(f, "last seq {last_seq}, tip {}", self.tip)?;
        }
        match self.unsigned_tail {
            0 => f.write_str("every record is covered by a signature\n")?,
            count => writeln!(f, "{count} records at the end are covered by no signature")?,
        }
        for (file, count) in [("log", self.torn_tail_bytes), ("sidecar", self.torn_sidecar_bytes)] {
            if count > 0 {
                writeln!(f, "{count} bytes at the end of the {file} are a torn write")?;
            }
        }
        for key in &self.keys {
            writeln!(f, "{key}")?;
        }
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        let unlisted = self.failures_total.saturating_sub(self.failures.len() as u64);
        if unlisted > 0 {
            writeln!(f, "and {unlisted} more")?;
        }
        f.write_str(DOES_NOT_PROVE)
    }
}

impl fmt::Display for ForeignKeyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process key {}, ", self.public_key)?;
        match self.certificates {
            0 => f.write_str("trusted as given")?,
            1 => f.write_str("certified")?,
            count => write!(f, "certified {count} times")?,
        }
        match self.retired {
            0 => {}
            1 => f.write_str(", retired")?,
            count => write!(f, ", retired {count} times")?,
        }
        if let Some(seq) = self.compromised_from {
            write!(f, ", compromised from seq {seq} on")?;
        }
        Ok(())
    }
}
