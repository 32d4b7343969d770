//! The report over a shard, for people and as JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Seq;
use crate::chain::{AuditReport, Failure, KeyState};
use crate::document::{self, DocumentError, Objects, One, Optional, Own, members};
use crate::hash::Digest;
use crate::keys::{PublicKey, ShardId};

/// What a report never says.
const DOES_NOT_PROVE: &str = "This does not prove that the shard is complete: a log cut behind \
     any signature passes, and only a later settlement or receipt can tell. Nor does it prove \
     that the entries are true, only that they are what the operator's keys signed.";

/// What a shard holds and what of it fails. As JSON: camelCase names, 64-bit numbers as decimal
/// strings, keys and hashes as hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardReport {
    /// The shard, if a certificate tells it.
    pub shard_id: Option<ShardId>,
    /// The operator key it was checked against.
    pub operator_public_key: PublicKey,
    /// Whether nothing failed.
    pub valid: bool,
    /// Records, of any kind.
    pub records: u64,
    /// Entries.
    pub entries: u64,
    /// Signature records.
    pub signatures: u64,
    /// Settlements.
    pub settlements: u64,
    /// Settlements whose roots and sums were all held against their records: the others stand
    /// behind damage that hides records, are of the wrong range, or too large.
    pub settlements_checked: u64,
    /// The last record; `None` if there is none.
    pub last_seq: Option<Seq>,
    /// The chain tip after it.
    pub tip: Digest,
    /// Records at the end that no signature covers.
    pub unsigned_tail: u64,
    /// Bytes of an incomplete frame at the end of the log: never acknowledged, and no failure.
    pub torn_tail_bytes: u64,
    /// Segments read.
    pub segments: usize,
    /// Bytes in them, unused space included.
    pub bytes: u64,
    /// The process keys of the whole log, in order of their certificates.
    pub keys: Vec<KeyReport>,
    /// The first failures by place, 10,000 at most.
    pub failures: Vec<FailureReport>,
    /// How many failures there are.
    pub failures_total: u64,
    /// Threads that checked.
    pub threads: usize,
}

members!(write ShardReport {
    shard_id "shardId": Optional,
    operator_public_key "operatorPublicKey": One,
    valid "valid": Own,
    records "records": One,
    entries "entries": One,
    signatures "signatures": One,
    settlements "settlements": One,
    settlements_checked "settlementsChecked": One,
    last_seq "lastSeq": Optional,
    tip "tip": One,
    unsigned_tail "unsignedTail": One,
    torn_tail_bytes "tornTailBytes": One,
    segments "segments": Own,
    bytes "bytes": One,
    keys "keys": Objects,
    failures "failures": Objects,
    failures_total "failuresTotal": One,
    threads "threads": Own,
});

/// A process key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    /// The key.
    pub public_key: PublicKey,
    /// The record of its certificate.
    pub certified_at: Seq,
    /// Start of its validity, milliseconds since the epoch.
    pub not_before_ms: u64,
    /// End of its validity, exclusive.
    pub expires_at_ms: u64,
    /// The record of its first revocation.
    pub revoked_at: Option<Seq>,
    /// From where its signatures no longer count.
    pub compromised_from: Option<Seq>,
}

members!(write KeyReport {
    public_key "publicKey": One,
    certified_at "certifiedAt": One,
    not_before_ms "notBeforeMs": One,
    expires_at_ms "expiresAtMs": One,
    revoked_at "revokedAt": Optional,
    compromised_from "compromisedFrom": Optional,
});

/// A failed check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureReport {
    /// Which check, in stable kebab-case.
    pub code: &'static str,
    /// File name of the segment.
    pub segment: String,
    /// Where the frame starts in it, in bytes.
    pub offset: u64,
    /// The record: as it says itself where it can be read, else the one expected there.
    pub seq: Seq,
    /// What was expected and what was found.
    pub detail: String,
}

members!(write FailureReport {
    code "code": Own,
    segment "segment": One,
    offset "offset": One,
    seq "seq": One,
    detail "detail": One,
});

/// What was read, and by how many.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Segments.
    pub segments: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// Bytes of an incomplete frame at the end.
    pub torn_tail_bytes: u64,
    /// Threads that checked.
    pub threads: usize,
}

impl ShardReport {
    /// The report over an audit that is done, against the `operator` key.
    pub fn new(operator: PublicKey, audit: AuditReport, keys: &[KeyState], extent: Extent) -> Self {
        Self {
            shard_id: audit.shard_id,
            operator_public_key: operator,
            valid: audit.failures_total == 0,
            records: audit.records,
            entries: audit.entries,
            signatures: audit.signatures,
            settlements: audit.settlements,
            settlements_checked: audit.settlements_checked,
            last_seq: audit.last_seq,
            tip: audit.tip,
            unsigned_tail: audit.unsigned_tail,
            torn_tail_bytes: extent.torn_tail_bytes,
            segments: extent.segments,
            bytes: extent.bytes,
            keys: keys.iter().map(KeyReport::from).collect(),
            failures: audit.failures.into_iter().map(FailureReport::from).collect(),
            failures_total: audit.failures_total,
            threads: extent.threads,
        }
    }

    /// The report as a JSON document.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }
}

impl From<&KeyState> for KeyReport {
    fn from(key: &KeyState) -> Self {
        Self {
            public_key: key.certificate.public_key,
            certified_at: key.certified_at,
            not_before_ms: key.certificate.not_before_ms,
            expires_at_ms: key.certificate.expires_at_ms,
            revoked_at: key.revoked_at,
            compromised_from: key.compromised_from,
        }
    }
}

impl From<Failure> for FailureReport {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code.as_str(),
            segment: failure.place.segment.file_name(),
            offset: failure.place.offset,
            seq: failure.seq,
            detail: failure.detail,
        }
    }
}

impl fmt::Display for ShardReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failures_total {
            0 => f.write_str("VALID: every check passed\n")?,
            1 => f.write_str("NOT VALID: 1 check failed\n")?,
            count => writeln!(f, "NOT VALID: {count} checks failed")?,
        }
        if let Some(shard_id) = self.shard_id {
            writeln!(f, "shard {shard_id}")?;
        }
        writeln!(f, "operator key {}", self.operator_public_key)?;
        writeln!(
            f,
            "{} records in {} segments, {} bytes: {} entries, {} signatures, {} settlements",
            self.records,
            self.segments,
            self.bytes,
            self.entries,
            self.signatures,
            self.settlements,
        )?;
        if self.settlements > 0 {
            let (checked, all) = (self.settlements_checked, self.settlements);
            writeln!(f, "{checked} of {all} settlements held against their records in full")?;
        }
        if let Some(last_seq) = self.last_seq {
            writeln!(f, "last seq {last_seq}, tip {}", self.tip)?;
        }
        match self.unsigned_tail {
            0 => f.write_str("every record is covered by a signature\n")?,
            count => writeln!(f, "{count} records at the end are covered by no signature")?,
        }
        if self.torn_tail_bytes > 0 {
            let count = self.torn_tail_bytes;
            writeln!(f, "{count} bytes of an incomplete frame at the end, never acknowledged")?;
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

impl fmt::Display for KeyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { public_key, certified_at, not_before_ms, expires_at_ms, .. } = self;
        write!(
            f,
            "process key {public_key}, certified at seq {certified_at}, valid from \
             {not_before_ms} to {expires_at_ms} ms"
        )?;
        if let Some(seq) = self.revoked_at {
            write!(f, ", revoked at seq {seq}")?;
        }
        if let Some(seq) = self.compromised_from {
            write!(f, ", compromised from seq {seq} on")?;
        }
        Ok(())
    }
}

impl fmt::Display for FailureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, segment, offset, seq, detail } = self;
        write!(f, "{code}: seq {seq} in {segment} byte {offset}: {detail}")
    }
}
