//! `shard verify`.

use countersign_core::{Seq, SeqRange};
use serde::Serialize;
use serde_json::Value;

use super::super::Output;
use super::super::failures::Refusal;
use crate::args::{LayoutName, ShardVerifyArgs};
use crate::exit::{Exit, Outcome, UsageError};
use crate::foreign::verify_foreign_shard;
use crate::key_file::PublicKeyArgument;
use crate::progress;
use crate::store::disk::RealDisk;
use crate::verify::{VerifyOptions, verify_shard};

pub(super) fn run(args: &ShardVerifyArgs, output: &mut Output<'_>) -> Outcome {
    match args.layout {
        LayoutName::Countersign => run_own(args, output),
        LayoutName::TypeScript => run_foreign(args, output),
    }
}

fn run_own(args: &ShardVerifyArgs, output: &mut Output<'_>) -> Outcome {
    if args.foreign.is_given() {
        let message = "--key-actions, --process-public-key, --source-shard-id and \
                       --without-settlements need --layout typescript";
        return Err(UsageError(message.to_owned()).into());
    }
    let Some(operator) = &args.operator_public_key else {
        return Err(UsageError("--operator-public-key is missing".to_owned()).into());
    };
    let mut options = VerifyOptions::new(operator.load()?);
    options.threads = args.threads;
    options.from = (args.from > 0).then_some(Seq(args.from));
    options.to = args.to.map(Seq);
    let bar = progress::bytes("verifying", 0);
    let report = verify_shard(&RealDisk, &args.dir, &options, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report?;
    output.print(&report_json(&report)?, &report)?;
    Ok(if report.valid { Exit::Done } else { Exit::Refused })
}

fn run_foreign(args: &ShardVerifyArgs, output: &mut Output<'_>) -> Outcome {
    if args.threads.is_some() {
        return Err(UsageError("--threads does not go with --layout typescript".to_owned()).into());
    }
    let operator = args.operator_public_key.as_ref().map(PublicKeyArgument::load).transpose()?;
    let mut options = super::foreign::options(&args.foreign, operator)?;
    if args.from > 0 || args.to.is_some() {
        let to = args.to.map_or(SeqRange::ALL.to, Seq);
        options.range = Some(SeqRange { from: Seq(args.from), to });
    }
    let bar = progress::bytes("verifying", 0);
    let report = verify_foreign_shard(&RealDisk, &args.dir, &options, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report?;
    output.print(&report_json(&report)?, &report)?;
    Ok(match (report.valid, report.failures_total) {
        (true, _) => Exit::Done,
        (false, 0) => {
            output.note(
                "no signature was checked: give --key-actions with --operator-public-key, or \
                 --process-public-key",
            );
            Exit::Failed
        }
        _ => Exit::Refused,
    })
}

/// A report as JSON.
pub(in crate::commands) fn report_json(report: &impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(report).map_err(|error| Refusal {
        code: "report-unwritable",
        message: format!("the report cannot be written as JSON: {error}"),
    })
}
