//! `shard status`.

use std::fmt;
use std::path::Path;

use indicatif::{HumanBytes, HumanCount};
use serde_json::{Value, json};

use super::super::Output;
use super::super::certificate::now_ms;
use crate::args::ShardStatusArgs;
use crate::bmt::BmtError;
use crate::exit::{Exit, Outcome};
use crate::progress;
use crate::prove::{Remember, SealedSegment, sealed_segments};
use crate::render::utc;
use crate::store::disk::RealDisk;
use crate::store::{ShardStatus, Tail, shard_status};

/// Sealed segments that people are shown, the newest.
const MAX_LISTED: usize = 4;

pub(super) fn run(args: &ShardStatusArgs, output: &mut Output<'_>) -> Outcome {
    let bar = progress::busy("reading the log");
    let status = shard_status(&RealDisk, &args.dir);
    bar.finish_and_clear();
    let status = status?;
    // Who only looks changes nothing.
    let sealed = sealed(&args.dir, Remember::No)?;
    let shown = Shown { status: &status, sealed: &sealed, now_ms: now_ms() };
    output.print(&shown.to_json(), &shown)?;
    Ok(if matches!(status.tail, Tail::Corrupt(_)) { Exit::Corrupt } else { Exit::Done })
}

/// The sealed segments and their content addresses; what is not known yet is hashed, with a sign of
/// life.
pub(super) fn sealed(directory: &Path, remember: Remember) -> Result<Vec<SealedSegment>, BmtError> {
    let bar = progress::busy("hashing sealed segments");
    let sealed = sealed_segments(directory, remember);
    bar.finish_and_clear();
    sealed
}

/// The content addresses of segments, for programs.
pub(super) fn content_addresses<'s>(sealed: impl IntoIterator<Item = &'s SealedSegment>) -> Value {
    let segments = sealed.into_iter().map(|segment| {
        json!({
            "segment": segment.number.file_name(),
            "fileSize": segment.size.to_string(),
            "address": segment.address.to_string(),
        })
    });
    Value::Array(segments.collect())
}

struct Shown<'a> {
    status: &'a ShardStatus,
    sealed: &'a [SealedSegment],
    now_ms: u64,
}

impl Shown<'_> {
    fn to_json(&self) -> Value {
        let status = self.status;
        let active = status.active.as_ref().map(|key| {
            let certificate = &key.certificate;
            json!({
                "publicKey": certificate.public_key.to_string(),
                "fingerprint": certificate.public_key.fingerprint().to_string(),
                "certifiedAt": key.certified_at.to_string(),
                "notBeforeMs": certificate.not_before_ms.to_string(),
                "expiresAtMs": certificate.expires_at_ms.to_string(),
                "isExpired": certificate.expires_at_ms <= self.now_ms,
            })
        });
        let settlement = status.last_settlement.map(|settlement| {
            json!({
                "seq": settlement.seq.to_string(),
                "fromSeq": settlement.from_seq.to_string(),
                "toSeq": settlement.to_seq.to_string(),
                "entryCount": settlement.entry_count.to_string(),
            })
        });
        let tail = match &status.tail {
            Tail::Unused { bytes } => json!({ "state": "clean", "unusedBytes": bytes.to_string() }),
            Tail::Unacknowledged { bytes, reason } => {
                json!({ "state": "unacknowledged", "bytes": bytes.to_string(), "reason": reason })
            }
            Tail::Corrupt(damage) => json!({
                "state": "corrupt",
                "segment": damage.place.segment.file_name(),
                "offset": damage.place.offset.to_string(),
                "seq": damage.seq.to_string(),
                "reason": damage.to_string(),
            }),
        };
        json!({
            "shardId": status.shard_id.to_string(),
            "operatorPublicKey": status.operator_public_key.to_string(),
            "recordCount": self.records().to_string(),
            "lastSeq": status.last_seq.map(|seq| seq.to_string()),
            "tipHash": status.tip.to_string(),
            "durableSeq": status.durable_seq.map(|seq| seq.to_string()),
            "segments": status.segments,
            "contentAddresses": content_addresses(self.sealed),
            "bytes": status.bytes.to_string(),
            "end": {
                "segment": status.end.segment.file_name(),
                "offset": status.end.offset.to_string(),
            },
            "activeKey": active,
            "openWindow": {
                "fromSeq": status.window.from_seq.to_string(),
                "records": self.window_records().to_string(),
                "entries": status.window.entries.to_string(),
                "firstEntryTs": status.window.first_entry_ts_us.map(|ts| ts.to_string()),
            },
            "lastSettlement": settlement,
            "tail": tail,
            "writer": { "isRunning": status.is_locked, "pid": status.lock_owner },
        })
    }

    fn records(&self) -> u64 {
        self.status.last_seq.map_or(0, |seq| seq.0.saturating_add(1))
    }

    fn window_records(&self) -> u64 {
        self.records().saturating_sub(self.status.window.from_seq.0)
    }

    fn tail(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.status.tail {
            Tail::Unused { bytes: 0 } => f.write_str("clean"),
            Tail::Unused { bytes } => write!(f, "clean, {bytes} unused bytes prepared"),
            Tail::Unacknowledged { bytes, reason } if self.status.is_locked == Some(true) => {
                write!(f, "{bytes} bytes being written ({reason})")
            }
            Tail::Unacknowledged { bytes, reason } => write!(
                f,
                "{bytes} bytes that nobody was promised ({reason}); opening the shard, or \
                 `countersign shard recover`, cuts them off"
            ),
            Tail::Corrupt(damage) => write!(f, "CORRUPT: {damage}; see `countersign shard verify`"),
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        writeln!(f, "shard         {}", status.shard_id)?;
        writeln!(f, "operator key  {}", status.operator_public_key)?;
        match &status.active {
            Some(key) => {
                let expires = key.certificate.expires_at_ms;
                writeln!(f, "process key   {}", key.certificate.public_key)?;
                let verb = if expires <= self.now_ms { "EXPIRED    " } else { "valid until" };
                writeln!(f, "{verb}   {}", utc(expires))?;
            }
            None => writeln!(f, "process key   none: the last one was revoked")?,
        }
        writeln!(f, "records       {}", HumanCount(self.records()))?;
        if let Some(seq) = status.last_seq {
            writeln!(f, "last seq      {seq}")?;
        }
        writeln!(f, "tip           {}", status.tip)?;
        if let Some(seq) = status.durable_seq {
            writeln!(f, "durable       up to seq {seq} for sure")?;
        }
        let segments = if status.segments == 1 { "segment" } else { "segments" };
        writeln!(f, "log           {} {segments}, {}", status.segments, HumanBytes(status.bytes))?;
        let older = self.sealed.len().saturating_sub(MAX_LISTED);
        if older > 0 {
            writeln!(f, "content       {older} older sealed segments; --json lists all")?;
        }
        for segment in self.sealed.iter().skip(older) {
            writeln!(f, "content       {} is {}", segment.number.file_name(), segment.address)?;
        }
        writeln!(
            f,
            "open window   from seq {}: {} records, {} entries",
            status.window.from_seq,
            HumanCount(self.window_records()),
            HumanCount(status.window.entries),
        )?;
        match status.last_settlement {
            Some(settlement) => writeln!(
                f,
                "settled       up to seq {}, by record {}: {} entries",
                settlement.to_seq,
                settlement.seq,
                HumanCount(settlement.entry_count)
            )?,
            None => writeln!(f, "settled       nothing yet")?,
        }
        f.write_str("tail          ")?;
        self.tail(f)?;
        match (status.is_locked, status.lock_owner.as_str()) {
            (Some(true), owner) => write!(f, "\nwriter        process {owner}"),
            (None, owner) if !owner.is_empty() => {
                write!(f, "\nwriter        process {owner}, if it still runs")
            }
            (Some(false), owner) if !owner.is_empty() => {
                write!(f, "\nwriter        none; process {owner} ended without closing")
            }
            _ => f.write_str("\nwriter        none"),
        }
    }
}
