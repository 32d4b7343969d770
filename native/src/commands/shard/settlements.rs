//! `shard settlements`.

use std::fmt;

use countersign_core::frame::SegmentNumber;
use countersign_core::keys::ShardId;
use serde_json::{Value, json};

use super::super::Output;
use super::status::{content_addresses, sealed};
use crate::args::ShardSettlementsArgs;
use crate::exit::{Exit, Outcome};
use crate::progress;
use crate::prove::{Prover, Remember, SealedSegment, Settled};
use crate::render::utc;
use crate::store::disk::RealDisk;

/// Hex digits of a key's fingerprint that people are shown.
const SHORT_FINGERPRINT: usize = 16;

pub(super) fn run(args: &ShardSettlementsArgs, output: &mut Output<'_>) -> Outcome {
    let bar = progress::busy("reading the log");
    let prover = Prover::open(&RealDisk, &args.dir);
    bar.finish_and_clear();
    let mut prover = prover?;
    let settlements = prover.settlements()?;
    let segments = settlements.iter().map(|settled| prover.segments_of(settled)).collect();
    let sealed = if output.json { sealed(&args.dir, Remember::Yes)? } else { Vec::new() };
    let shown = Shown { shard_id: prover.shard_id(), settlements, segments, sealed };
    output.print(&shown.to_json(), &shown)?;
    Ok(Exit::Done)
}

struct Shown {
    shard_id: ShardId,
    settlements: Vec<Settled>,
    /// The first and the last segment of each.
    segments: Vec<(SegmentNumber, SegmentNumber)>,
    sealed: Vec<SealedSegment>,
}

impl Shown {
    fn to_json(&self) -> Value {
        let settlements: Vec<_> = self
            .settlements
            .iter()
            .zip(&self.segments)
            .map(|(settled, (first, last))| {
                let sealed = self.sealed.iter();
                let sealed = sealed.filter(|segment| (first..=last).contains(&&segment.number));
                let action = &settled.signed.settlement;
                json!({
                    "batchId": action.batch_id(self.shard_id).to_string(),
                    "fromSeq": action.from_seq.to_string(),
                    "toSeq": action.to_seq.to_string(),
                    "seq": settled.seq.to_string(),
                    "entryCount": action.entry_count.to_string(),
                    "pairs": action.member_deltas.len().to_string(),
                    "ts": settled.ts_us.to_string(),
                    "publicKey": action.public_key.to_string(),
                    "fingerprint": action.public_key.fingerprint().to_string(),
                    "tipHash": action.tip_hash.to_string(),
                    "itemsRoot": action.items_root.to_string(),
                    "logRoot": action.log_root.to_string(),
                    "indexRoot": action.index_root.to_string(),
                    "contentAddresses": content_addresses(sealed),
                })
            })
            .collect();
        json!({ "shardId": self.shard_id.to_string(), "settlements": settlements })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.settlements.is_empty() {
            return f.write_str("nothing is settled yet; `shard settle` settles the open window");
        }
        write!(
            f,
            "{:>10} {:>10} {:>8} {:>7}  {:23}  {:16}  batch id",
            "from", "to", "entries", "pairs", "settled at", "key fingerprint"
        )?;
        for settled in &self.settlements {
            let action = &settled.signed.settlement;
            let fingerprint = action.public_key.fingerprint().to_string();
            write!(
                f,
                "\n{:>10} {:>10} {:>8} {:>7}  {:23}  {:16}  {}",
                action.from_seq.0,
                action.to_seq.0,
                action.entry_count,
                action.member_deltas.len(),
                utc(settled.ts_us / 1_000),
                fingerprint.get(..SHORT_FINGERPRINT).unwrap_or_default(),
                action.batch_id(self.shard_id)
            )?;
        }
        Ok(())
    }
}
