//! `shard recover`.

use std::fmt;

use serde_json::{Value, json};

use super::super::Output;
use crate::args::ShardRecoverArgs;
use crate::exit::{Exit, Outcome};
use crate::progress;
use crate::store::disk::RealDisk;
use crate::store::{ShardRecoveryResult, ShardState, SystemClock, recover_shard};

pub(super) fn run(args: &ShardRecoverArgs, output: &mut Output<'_>) -> Outcome {
    let bar = progress::busy("reading the log");
    let result = recover_shard(&RealDisk, &args.dir, &SystemClock, args.dry_run);
    bar.finish_and_clear();
    let result = result?;
    let mut document = recovery_json(&result);
    if let Value::Object(fields) = &mut document {
        fields.insert("dryRun".to_owned(), args.dry_run.into());
    }
    output.print(&document, Recovery { result: &result, is_dry_run: args.dry_run })?;
    Ok(Exit::Done)
}

/// A recovery as JSON.
pub(in crate::commands) fn recovery_json(result: &ShardRecoveryResult) -> Value {
    let torn_files: Vec<_> =
        result.torn_files.iter().map(|path| path.display().to_string()).collect();
    json!({
        "recordCount": result.record_count.to_string(),
        "wasTruncated": result.was_truncated,
        "truncatedBytes": result.truncated_bytes.to_string(),
        "unsignedRecords": result.unsigned.to_string(),
        "unusedBytes": result.unused_bytes.to_string(),
        "lastSeq": result.last_seq.map(|seq| seq.to_string()),
        "tipHash": result.tip.to_string(),
        "segment": result.end.segment.file_name(),
        "offset": result.end.offset.to_string(),
        "reason": result.reason,
        "tornFiles": torn_files,
        "state": result.state.as_ref().map(ShardState::to_json),
    })
}

struct Recovery<'a> {
    result: &'a ShardRecoveryResult,
    is_dry_run: bool,
}

impl fmt::Display for Recovery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let result = self.result;
        let (cut, cut_off) = if self.is_dry_run {
            ("would be cut off", "would be cut off, nothing was changed")
        } else {
            ("were cut off", "were cut off")
        };
        if result.was_truncated {
            let bytes = result.truncated_bytes;
            writeln!(f, "torn tail    {bytes} bytes that nobody was promised {cut_off}")?;
            writeln!(f, "why          {}", result.reason)?;
            for file in &result.torn_files {
                writeln!(f, "kept in      {}", file.display())?;
            }
        } else {
            writeln!(f, "torn tail    none")?;
        }
        if result.unused_bytes > 0 {
            writeln!(f, "unused       {} bytes of zeros {cut}", result.unused_bytes)?;
        }
        writeln!(f, "records      {}", result.record_count)?;
        if result.unsigned > 0 {
            writeln!(f, "unsigned     {} of them, which no signature covers", result.unsigned)?;
        }
        if let Some(seq) = result.last_seq {
            writeln!(f, "last seq     {seq}")?;
        }
        writeln!(f, "tip          {}", result.tip)?;
        write!(f, "log ends at  {}", result.end)
    }
}
