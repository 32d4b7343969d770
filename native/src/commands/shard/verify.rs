//! `shard verify`.

use countersign_core::Seq;

use super::super::Output;
use super::super::failures::Refusal;
use crate::args::ShardVerifyArgs;
use crate::exit::{Exit, Outcome};
use crate::progress;
use crate::store::disk::RealDisk;
use crate::verify::{ShardReport, VerifyOptions, verify_shard};

pub(super) fn run(args: &ShardVerifyArgs, output: &mut Output<'_>) -> Outcome {
    let mut options = VerifyOptions::new(args.operator_public_key.load()?);
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

/// A report as JSON.
pub(in crate::commands) fn report_json(report: &ShardReport) -> Result<serde_json::Value, Refusal> {
    serde_json::to_value(report).map_err(|error| Refusal {
        code: "report-unwritable",
        message: format!("the report cannot be written as JSON: {error}"),
    })
}
