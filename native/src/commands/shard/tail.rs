//! `shard tail`.

use std::thread;
use std::time::Duration;

use countersign_core::Seq;

use super::super::Output;
use crate::args::ShardTailArgs;
use crate::exit::{Exit, FileError, Outcome, OutputError};
use crate::render::record_json;
use crate::signal::Interrupt;
use crate::store::disk::RealDisk;
use crate::store::{Ahead, ShardPaths, ShardReader, StoreError, shard_status};

/// How often the log is looked at for new records.
const POLL: Duration = Duration::from_millis(50);

pub(super) fn run(args: &ShardTailArgs, output: &mut Output<'_>) -> Outcome {
    let watch = |error| FileError { code: "signals-unavailable", path: args.dir.clone(), error };
    let interrupt = Interrupt::watch().map_err(watch)?;
    let paths = ShardPaths::new(&args.dir);
    let mut reader = ShardReader::open(&RealDisk, &paths, Seq(args.from))?;
    let mut last = None;
    loop {
        while let Some(read) = reader.poll_next()? {
            let seq = read.record.seq();
            writeln!(output.stdout, "{}", record_json(&read.record, &read.tip))
                .map_err(OutputError)?;
            last = Some(seq);
            if interrupt.is_set() {
                break;
            }
        }
        output.stdout.flush().map_err(OutputError)?;
        if !args.follow || interrupt.is_set() {
            break;
        }
        thread::sleep(POLL);
    }
    tell_position(args, last, &reader, &interrupt, output)?;
    Ok(Exit::Done)
}

/// Says where the durable position is, unless all that was printed is durable, and what stands
/// behind the last record.
fn tell_position(
    args: &ShardTailArgs,
    last: Option<Seq>,
    reader: &ShardReader<'_>,
    interrupt: &Interrupt,
    output: &mut Output<'_>,
) -> Result<(), StoreError> {
    if reader.ahead() != Ahead::Nothing && !interrupt.is_set() {
        output.note(
            "behind the last record stand bytes that are no whole record: one being written, or a \
             torn tail; `countersign shard status` tells which",
        );
    }
    let Some(last) = last else { return Ok(()) };
    let durable = shard_status(&RealDisk, &args.dir)?.durable_seq.max(reader.durable_seq());
    if durable < Some(last) {
        output.note(format_args!(
            "durable for sure {}; the last group, up to seq {last}, was written and may still be \
             on its way to the medium",
            durable.map_or("is nothing yet".to_owned(), |seq| format!("up to seq {seq}")),
        ));
    }
    Ok(())
}
