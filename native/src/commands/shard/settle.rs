//! `shard settle`.

use countersign_core::settlement::{BatchRules, BatchSettlementAction};
use indicatif::HumanCount;
use serde_json::json;

use super::super::Output;
use super::super::accounts::{catch_up, tell_behind};
use crate::accounts::ShardAccounts;
use crate::args::ShardSettleArgs;
use crate::exit::{Exit, Outcome};
use crate::key_file;
use crate::progress;
use crate::store::disk::RealDisk;
use crate::store::{MeteringLogShard, WriterOptions};

pub(super) fn run(args: &ShardSettleArgs, output: &mut Output<'_>) -> Outcome {
    let key = key_file::load(&args.process_key)?;
    // The window may be due already; it is to be settled here, not by the writer itself.
    let options = WriterOptions { batch: BatchRules::ON_DEMAND, ..WriterOptions::default() };
    let bar = progress::busy("opening the shard");
    let opened = MeteringLogShard::open(&args.dir, Some(key), &options);
    bar.finish_and_clear();
    let (shard, _) = opened?;
    let settled = shard.settle();
    let shard_id = shard.shard_id();
    let window = shard.status().window;
    let closed = shard.close();
    let Some(settlement) = settled? else {
        closed?;
        let document = json!({ "settled": false, "fromSeq": window.from_seq.to_string() });
        let text = format!(
            "nothing to settle: the open window, from record {} on, holds no entry",
            window.from_seq
        );
        output.print(&document, text)?;
        return Ok(Exit::Done);
    };
    let BatchSettlementAction { from_seq, to_seq, entry_count, .. } = settlement;
    let batch = settlement.batch_id(shard_id);
    let document = json!({
        "settled": true,
        "batchId": batch.to_string(),
        "fromSeq": from_seq.to_string(),
        "toSeq": to_seq.to_string(),
        "seq": to_seq.next().to_string(),
        "entryCount": entry_count.to_string(),
        "pairs": settlement.member_deltas.len().to_string(),
        "itemsRoot": settlement.items_root.to_string(),
        "logRoot": settlement.log_root.to_string(),
        "indexRoot": settlement.index_root.to_string(),
    });
    let text = format!(
        "batch {batch} is settled: {} entries, by record {}",
        HumanCount(entry_count),
        to_seq.next()
    );
    output.print(&document, text)?;
    closed?;
    let accounts = ShardAccounts::open(&RealDisk, &args.dir);
    if let Err(error) = accounts.and_then(|mut accounts| catch_up(&mut accounts, None)) {
        tell_behind(&error, output);
    }
    Ok(Exit::Done)
}
