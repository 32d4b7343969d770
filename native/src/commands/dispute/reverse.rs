//! `dispute reverse`.

use std::fmt;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::dispute::{Applied, DisputeResolution};
use countersign_core::settlement::{BatchId, BatchRules};
use serde_json::{Value, json};

use crate::accounts::ShardAccounts;
use crate::args::DisputeReverseArgs;
use crate::commands::Output;
use crate::commands::accounts::catch_up;
use crate::commands::documents::read;
use crate::commands::failures::Refusal;
use crate::exit::{Exit, Failure, Outcome};
use crate::key_file;
use crate::progress;
use crate::store::disk::RealDisk;
use crate::store::{MeteringLogShard, WriterOptions};

pub(super) fn run(args: &DisputeReverseArgs, output: &mut Output<'_>) -> Outcome {
    let key = key_file::load(&args.process_key)?;
    let mut resolutions = Vec::new();
    for path in &args.resolutions {
        let resolution = read(path, DisputeResolution::from_json)?;
        if !resolution.status.is_lost() {
            let message = format!(
                "{}: the dispute is {}, so there is nothing to take back",
                path.display(),
                resolution.status
            );
            return Err(Refusal { code: "dispute-not-lost", message }.into());
        }
        resolutions.push(resolution);
    }
    // What is settled is not to change meanwhile.
    let options = WriterOptions { batch: BatchRules::ON_DEMAND, ..WriterOptions::default() };
    let bar = progress::busy("opening the shard");
    let opened = MeteringLogShard::open(&args.dir, Some(key), &options);
    bar.finish_and_clear();
    let (shard, _) = opened?;
    let reversed = reverse(&shard, &args.dir, &resolutions);
    let status = shard.status();
    let closed = shard.close();
    let reversed = reversed?;
    closed?;
    let document = json!({
        "shardId": shard.shard_id().to_string(),
        "reversed": reversed.iter().map(Reversed::to_json).collect::<Vec<_>>(),
        "lastSeq": status.durable.map(|seq| seq.to_string()),
        "tipHash": status.durable_tip.to_string(),
    });
    let lines: Vec<_> = reversed.iter().map(ToString::to_string).collect();
    output.print(&document, lines.join("\n"))?;
    Ok(Exit::Done)
}

/// Records the resolutions that the accounts have not seen, and lets the accounts see them.
pub(in crate::commands) fn reverse(
    shard: &MeteringLogShard,
    directory: &Path,
    resolutions: &[DisputeResolution],
) -> Result<Vec<Reversed>, Box<dyn Failure>> {
    let mut accounts = ShardAccounts::open(&RealDisk, directory)?;
    catch_up(&mut accounts, shard.status().durable)?;
    let mut reversed = Vec::new();
    for resolution in resolutions {
        let batch = resolution.challenge.batch_id();
        let mut seq = None;
        if let Applied::Reversed(_) = accounts.reversal(resolution)?
            && let Some(record) = resolution.record()
        {
            let appended = shard.resolve_dispute(&record)?;
            // The signature behind it is durable too.
            catch_up(&mut accounts, shard.status().durable)?;
            seq = Some(appended);
        }
        reversed.push(Reversed { batch, seq });
    }
    Ok(reversed)
}

/// What became of a resolution.
pub(in crate::commands) struct Reversed {
    pub(in crate::commands) batch: BatchId,
    /// Its record; `None` if the batch was reversed before.
    pub(in crate::commands) seq: Option<Seq>,
}

impl Reversed {
    fn to_json(&self) -> Value {
        json!({
            "batchId": self.batch.to_string(),
            "seq": self.seq.map(|seq| seq.to_string()),
            "wasReversed": self.seq.is_none(),
        })
    }
}

impl fmt::Display for Reversed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let batch = self.batch;
        match self.seq {
            Some(seq) => write!(f, "batch {batch} is reversed by record {seq}"),
            None => write!(f, "batch {batch} was reversed before; nothing is written"),
        }
    }
}
