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
use crate::store::{Ahead, ShardPaths, ShardReader};

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
    let durable = reader.durable_seq();
    match (last, durable) {
        (Some(last), Some(durable)) if durable < last => output.note(format_args!(
            "up to seq {durable} all is on the medium; the last group, up to seq {last}, was \
             written and may still be on its way"
        )),
        _ => {}
    }
    if reader.ahead() != Ahead::Nothing && !interrupt.is_set() {
        output.note(format_args!(
            "behind the last record stand bytes that are no whole record: one being written, or a \
             torn tail; `countersign shard status` tells which"
        ));
    }
    Ok(Exit::Done)
}
