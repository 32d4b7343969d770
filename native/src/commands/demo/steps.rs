//! What the demo does.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use countersign_core::Seq;
use countersign_core::chain::Record;
use countersign_core::keys::{Certificate, PublicKey, ShardId};
use countersign_core::limits::{DIGEST_SIZE, LENGTH_PREFIX_SIZE};

use super::super::certificate::certify_now;
use super::super::failures::Refusal;
use super::place::{Place, create};
use crate::exit::{Failure, FileError};
use crate::input::InputOperation;
use crate::key_file;
use crate::store::disk::RealDisk;
use crate::store::segment_reader::list_segments;
use crate::store::{
    MeteringLogShard, ShardPaths, ShardReader, ShardRecoveryResult, SystemClock, WriterOptions,
    recover_shard,
};
use crate::trace;
use crate::verify::{ShardReport, VerifyOptions, verify_shard};

/// How long the process key is certified for.
pub(super) const LIFETIME: Duration = Duration::from_hours(7 * 24);
/// Entries of the last group, which is on its way when the power goes.
const LAST_GROUP: usize = 20;
/// Bytes of the last frame that do not reach the medium: part of a signature.
const MISSING: u64 = 60;

pub(super) type Step<T> = Result<T, Box<dyn Failure>>;

/// Keys and an empty shard.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) operator: PublicKey,
    pub(super) certificate: Certificate,
    pub(super) shard_id: ShardId,
}

pub(super) fn make(place: &Place) -> Step<Made> {
    let operator = key_file::create(&place.operator_key())?;
    let process = key_file::create(&place.process_key())?;
    let public = place.operator_public_key();
    fs::write(&public, format!("{}\n", operator.public_key())).map_err(failed(&public))?;
    let shard_id = ShardId::from_bytes(uuid::Uuid::now_v7().into_bytes());
    let certificate = certify_now(&operator, shard_id, process.public_key(), LIFETIME)?;
    let options = WriterOptions::default();
    MeteringLogShard::create(place.shard(), &certificate, process, &options)?.close()?;
    Ok(Made { operator: operator.public_key(), certificate, shard_id })
}

/// The whole trace in the log, and a copy from the moment before its last group was durable.
#[derive(Debug)]
pub(super) struct Metered {
    pub(super) entries: u64,
    /// Entries of `timed`.
    pub(super) timed_entries: u64,
    /// From the first append to the last acknowledgement of those.
    pub(super) took: Duration,
    /// The last record acknowledged before the last group was written.
    pub(super) acknowledged: Seq,
    pub(super) last_seq: Seq,
}

pub(super) fn meter(place: &Place, _made: &Made) -> Step<Metered> {
    let operations: Vec<_> = operations().collect();
    let key = key_file::load(&place.process_key())?;
    let options = WriterOptions { settle_on_close: true, ..WriterOptions::default() };
    let (shard, _) = MeteringLogShard::open(place.shard(), Some(key), &options)?;
    let (first, last) = operations.split_at(operations.len().saturating_sub(LAST_GROUP));
    let start = Instant::now();
    append(&shard, first)?;
    shard.flush()?;
    let took = start.elapsed();
    let acknowledged = shard.status().durable.unwrap_or_default();
    append(&shard, last)?;
    shard.flush()?;
    copy_torn(&shard, &place.power_cut())?;
    let last_seq = shard.status().durable.unwrap_or_default();
    shard.close()?;
    Ok(Metered {
        entries: operations.len() as u64,
        timed_entries: first.len() as u64,
        took,
        acknowledged,
        last_seq,
    })
}

fn operations() -> impl Iterator<Item = InputOperation> {
    trace::requests().flat_map(|request| request.operations())
}

/// Appends; how many were in the log before.
fn append(shard: &MeteringLogShard, operations: &[InputOperation]) -> Step<u64> {
    let mut duplicates = 0;
    for operation in operations {
        duplicates += u64::from(shard.append(&operation.as_operation())?.is_duplicate);
    }
    Ok(duplicates)
}

/// Copies a shard under its writer, as if the power went while the last frame was written.
fn copy_torn(shard: &MeteringLogShard, to: &Path) -> Step<()> {
    let from = ShardPaths::new(shard.directory());
    copy(&from, to)?;
    let end = shard.status().end;
    let path = ShardPaths::new(to).segment(end.segment);
    let file = fs::OpenOptions::new().write(true).open(&path).map_err(failed(&path))?;
    file.set_len(end.offset.saturating_sub(MISSING)).map_err(failed(&path))?;
    Ok(())
}

/// Copies the segments and the resume point.
pub(super) fn copy(from: &ShardPaths, to: &Path) -> Step<()> {
    create(to).map_err(failed(to))?;
    let to = ShardPaths::new(to);
    let directory = from.directory();
    let (segments, _) = list_segments(&RealDisk, from).map_err(failed(directory))?;
    for segment in segments {
        let path = from.segment(segment);
        fs::copy(&path, to.segment(segment)).map_err(failed(&path))?;
    }
    let path = from.state();
    fs::copy(&path, to.state()).map_err(failed(&path))?;
    Ok(())
}

/// The copy, recovered, and all operations sent to it once more.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) acknowledged: Seq,
    pub(super) result: ShardRecoveryResult,
    pub(super) duplicates: u64,
    pub(super) appended: u64,
}

impl Recovered {
    /// Acknowledged records that are gone.
    pub(super) fn records_lost(&self) -> u64 {
        let kept = self.result.last_seq.map_or(0, |seq| seq.0.saturating_add(1));
        self.acknowledged.0.saturating_add(1).saturating_sub(kept)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.records_lost() == 0 && self.appended == LAST_GROUP as u64
    }
}

pub(super) fn cut_power(place: &Place, metered: &Metered) -> Step<Recovered> {
    let copy = place.power_cut();
    let result = recover_shard(&RealDisk, &copy, &SystemClock, false)?;
    let key = key_file::load(&place.process_key())?;
    let (shard, _) = MeteringLogShard::open(&copy, Some(key), &WriterOptions::default())?;
    let operations: Vec<_> = operations().collect();
    let duplicates = append(&shard, &operations)?;
    shard.close()?;
    let appended = (operations.len() as u64).saturating_sub(duplicates);
    Ok(Recovered { acknowledged: metered.acknowledged, result, duplicates, appended })
}

/// Both shards, verified.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) shard: ShardReport,
    pub(super) recovered: ShardReport,
}

pub(super) fn verify(place: &Place, made: &Made) -> Step<Verified> {
    let options = VerifyOptions::new(made.operator);
    let check = |dir: &Path| verify_shard(&RealDisk, dir, &options, |_, _| {});
    Ok(Verified { shard: check(&place.shard())?, recovered: check(&place.power_cut())? })
}

/// A copy in which one amount was changed by one bit.
#[derive(Debug)]
pub(super) struct Tampered {
    pub(super) seq: Seq,
    pub(super) was: i128,
    pub(super) is: i128,
    pub(super) report: ShardReport,
}

pub(super) fn tamper(place: &Place, made: &Made) -> Step<Tampered> {
    let to = place.tampered();
    copy(&ShardPaths::new(place.shard()), &to)?;
    let paths = ShardPaths::new(&to);
    let mut reader = ShardReader::open(&RealDisk, &paths, Seq(trace::REQUESTS as u64))?;
    while let Some(read) = reader.poll_next()? {
        let Some((at, byte, was, is)) = other_amount(read.bytes) else { continue };
        let seq = read.record.seq();
        let path = paths.segment(read.place.segment);
        let offset = read.place.offset + LENGTH_PREFIX_SIZE as u64 + at as u64;
        let file = fs::OpenOptions::new().write(true).open(&path).map_err(failed(&path))?;
        file.write_all_at(&[byte], offset).map_err(failed(&path))?;
        let options = VerifyOptions::new(made.operator);
        let report = verify_shard(&RealDisk, &to, &options, |_, _| {})?;
        return Ok(Tampered { seq, was, is, report });
    }
    let message = "the shard has no entry to change".to_owned();
    Err(Refusal { code: "no-entry", message }.into())
}

/// A byte of an entry that, with its lowest bit flipped, makes another amount and changes nothing
/// else: where, its new value, and both amounts.
pub(super) fn other_amount(bytes: &[u8]) -> Option<(usize, u8, i128, i128)> {
    let Ok(Record::Entry(entry)) = Record::decode(bytes) else { return None };
    let mut changed = bytes.to_vec();
    for at in 0..changed.len() {
        let byte = changed.get_mut(at)?;
        *byte ^= 1;
        let flipped = *byte;
        if let Ok(Record::Entry(other)) = Record::decode(&changed) {
            let mut same = other;
            same.operation.amount = entry.operation.amount;
            if other != entry && same == entry {
                return Some((at, flipped, entry.operation.amount, other.operation.amount));
            }
        }
        *changed.get_mut(at)? ^= 1;
    }
    None
}

/// What each member used, read back from the log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) requests: u64,
    pub(super) context_tokens: u64,
    pub(super) generated_tokens: u64,
}

impl Usage {
    pub(super) const fn tokens(&self) -> u64 {
        self.context_tokens + self.generated_tokens
    }
}

/// Every member's usage, the largest first.
pub(super) fn usage(place: &Place) -> Step<Vec<([u8; DIGEST_SIZE], Usage)>> {
    let paths = ShardPaths::new(place.shard());
    let mut reader = ShardReader::open(&RealDisk, &paths, Seq::FIRST)?;
    let mut members: BTreeMap<[u8; DIGEST_SIZE], Usage> = BTreeMap::new();
    while let Some(read) = reader.poll_next()? {
        let Record::Entry(entry) = read.record else { continue };
        let operation = entry.operation;
        let usage = members.entry(*operation.member_id).or_default();
        // The demo's own entries: what is spent, in 32 bits.
        let tokens = u64::try_from(-operation.amount).unwrap_or(0);
        if operation.asset_id == trace::CONTEXT_ASSET {
            usage.requests += 1;
            usage.context_tokens += tokens;
        } else {
            usage.generated_tokens += tokens;
        }
    }
    let mut members: Vec<_> = members.into_iter().collect();
    members.sort_by_key(|(member, usage)| (std::cmp::Reverse(usage.tokens()), *member));
    Ok(members)
}

pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    |error| FileError { code: "file-unwritable", path, error }
}
