//! The shard that the samples are about: part of the trace, at the trace's own times.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use countersign_core::Seq;
use countersign_core::chain::{Operation, Record};
use countersign_core::keys::{
    Certificate, PublicKey, Reason, SigningKey, create_process_key_action,
    create_process_key_revoke_action,
};
use countersign_core::limits::{DIGEST_SIZE, LENGTH_PREFIX_SIZE};
use countersign_core::proof::ReceiptBundle;
use countersign_core::settlement::BatchRules;

use super::super::place::Place;
use super::super::proofs::{Batch, nothing_settled, read_batches};
use super::super::steps::{Made, Step, copy, failed, other_amount};
use super::{Expected, Kind, Sample};
use crate::key_file;
use crate::store::disk::RealDisk;
use crate::store::segment_reader::list_segments;
use crate::store::{ManualClock, MeteringLogShard, ShardPaths, ShardReader, WriterOptions};
use crate::trace;

/// Members that take part: those with the lowest numbers.
const MEMBERS: u64 = 8;
/// Requests of theirs that are metered.
const REQUESTS: usize = 1_000;
/// Requests between two settlements.
const PER_BATCH: usize = 170;
/// Requests before the process key is rotated.
const BEFORE_ROTATION: usize = 520;
/// The request that gets a receipt.
const WITH_RECEIPT: usize = 60;
/// Small enough for several segments.
const SEGMENT_SIZE: u64 = 128 * 1024;
/// What each member gets in advance, of each asset.
const CREDITS: [(&str, i128); 2] =
    [(trace::CONTEXT_ASSET, 250_000), (trace::GENERATED_ASSET, 4_000)];
/// Validity of the process keys.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1_000;

/// A small shard with the keys that wrote it.
pub(super) struct SampleShard {
    pub(super) directory: PathBuf,
    damaged: PathBuf,
    pub(super) operator: PublicKey,
    /// Of the first process key, which signed the first batches.
    pub(super) certificate: Certificate,
    pub(super) process: SigningKey,
    pub(super) batches: Vec<Batch>,
    pub(super) receipt: ReceiptBundle,
}

impl SampleShard {
    pub(super) fn make(place: &Place, made: &Made) -> Step<Self> {
        let operator = key_file::load(&place.operator_key())?;
        let load = || key_file::load(&place.process_key());
        let start_us = trace::requests().next().map_or(0, |request| request.timestamp_us);
        let start_ms = start_us / 1_000 - 60_000;
        let shard_id = made.shard_id;
        let certify = |key: PublicKey, from_ms: u64| {
            create_process_key_action(&operator, shard_id, key, from_ms, from_ms + LIFETIME_MS)
        };
        let certificate = certify(load()?.public_key(), start_ms)?;
        let clock = Arc::new(ManualClock::new(start_ms * 1_000, 1));
        let options = WriterOptions {
            clock: Arc::clone(&clock) as _,
            max_segment_size: SEGMENT_SIZE,
            prefill: false,
            // Settled by the number of requests, below.
            batch: BatchRules { max_age_ms: LIFETIME_MS, ..BatchRules::default() },
            ..WriterOptions::default()
        };
        let directory = place.sample_shard();
        let shard = MeteringLogShard::create(&directory, &certificate, load()?, &options)?;
        grant(&shard)?;
        let mut receipt = None;
        let requests = trace::requests().filter(|request| request.member() < MEMBERS);
        for (count, request) in requests.take(REQUESTS).enumerate() {
            clock.set(request.timestamp_us);
            if count > 0 && count % PER_BATCH == 0 {
                shard.settle()?;
            }
            if count == BEFORE_ROTATION {
                let next = key_file::create(&place.next_process_key())?;
                let now_ms = request.timestamp_us / 1_000;
                let next_certificate = certify(next.public_key(), now_ms)?;
                let revocation = create_process_key_revoke_action(
                    &operator,
                    shard_id,
                    certificate.public_key,
                    now_ms,
                    Reason::Rotation,
                    None,
                )?;
                shard.rotate(&next_certificate, next, &revocation)?;
            }
            for operation in request.operations() {
                let appended = shard.append_for_receipt(&operation.as_operation())?;
                if count == WITH_RECEIPT && receipt.is_none() {
                    receipt = shard.receipt(&appended)?;
                }
            }
        }
        shard.settle()?;
        shard.close()?;
        let receipt = receipt.ok_or_else(nothing_settled)?;
        let receipt =
            ReceiptBundle::build(&certificate, receipt.seq, &receipt.record, receipt.signature);
        let (process, operator) = (load()?, operator.public_key());
        let batches = read_batches(&directory)?;
        let damaged = place.sample_damaged();
        Ok(Self { directory, damaged, operator, certificate, process, batches, receipt })
    }

    /// The first batch, which has the credits in it.
    pub(super) fn first(&self) -> Step<&Batch> {
        self.batches.first().ok_or_else(nothing_settled)
    }

    /// The shard, whole and with one amount changed.
    pub(super) fn samples(&self) -> Step<Vec<Sample>> {
        let (seq, was, is) = self.damage()?;
        let sample = |name, title, about, from, expected| -> Step<Sample> {
            Ok(Sample {
                name,
                title,
                about,
                kind: Kind::Shard,
                files: segments(from, name)?,
                operator: Some(self.operator),
                address: None,
                now_ms: None,
                expected,
            })
        };
        Ok(vec![
            sample(
                "shard",
                "A whole shard",
                format!(
                    "{REQUESTS} requests by {MEMBERS} members in {} batches, and a key rotated \
                     half way",
                    self.batches.len()
                ),
                &self.directory,
                Expected::Valid,
            )?,
            sample(
                "damaged-shard",
                "A shard with one bit flipped",
                format!("In record {seq} the amount {was} became {is}"),
                &self.damaged,
                Expected::Refused("chain-broken"),
            )?,
        ])
    }

    /// Copies the shard and changes one amount in the copy: where, and both amounts.
    fn damage(&self) -> Step<(Seq, i128, i128)> {
        copy(&ShardPaths::new(&self.directory), &self.damaged)?;
        let paths = ShardPaths::new(&self.damaged);
        let mut reader = ShardReader::open(&RealDisk, &paths, Seq(REQUESTS as u64))?;
        while let Some(read) = reader.poll_next()? {
            let Some((at, byte, was, is)) = other_amount(read.bytes) else { continue };
            let offset = read.place.offset + LENGTH_PREFIX_SIZE as u64 + at as u64;
            let (seq, path) = (read.record.seq(), paths.segment(read.place.segment));
            let mut bytes = fs::read(&path).map_err(failed(&path))?;
            let at = usize::try_from(offset).ok().and_then(|offset| bytes.get_mut(offset));
            *at.ok_or_else(nothing_settled)? = byte;
            fs::write(&path, bytes).map_err(failed(&path))?;
            return Ok((seq, was, is));
        }
        Err(nothing_settled())
    }
}

/// Gives every member something to spend.
fn grant(shard: &MeteringLogShard) -> Step<()> {
    for k in 0..MEMBERS {
        for (asset_id, amount) in CREDITS {
            let (member_id, op_id) = (trace::member_id(k), format!("credit-{k}/{asset_id}"));
            shard.append(&Operation {
                op: "credit",
                member_id: &member_id,
                asset_id,
                amount,
                op_id: &op_id,
                context_hash: &[0; DIGEST_SIZE],
            })?;
        }
    }
    Ok(())
}

/// The segments of a shard as files below `name`.
pub(super) fn segments(directory: &std::path::Path, name: &str) -> Step<Vec<(String, Vec<u8>)>> {
    let paths = ShardPaths::new(directory);
    let (segments, _) = list_segments(&RealDisk, &paths).map_err(failed(directory))?;
    let read = |segment| {
        let path = paths.segment(segment);
        let bytes = fs::read(&path).map_err(failed(&path))?;
        Ok((format!("{name}/{}", segment.file_name()), bytes))
    };
    segments.into_iter().map(read).collect()
}

/// A record of a batch whose entry `is_wanted`: its seq and bytes.
pub(super) fn find(
    batch: &Batch,
    mut is_wanted: impl FnMut(&Operation<'_>) -> bool,
) -> Step<(Seq, &[u8])> {
    let found = batch.records.iter().find_map(|bytes| match Record::decode(bytes) {
        Ok(Record::Entry(entry)) if is_wanted(&entry.operation) => {
            Some((entry.seq, bytes.as_slice()))
        }
        _ => None,
    });
    found.ok_or_else(nothing_settled)
}
