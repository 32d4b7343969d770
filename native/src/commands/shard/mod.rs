//! `shard …`.

mod append;
mod create;
mod feed;
mod foreign;
mod import;
mod ledger;
mod receipts;
mod recover;
mod settle;
mod settlements;
mod status;
mod tail;
mod verify;

pub(super) use recover::recovery_json;
pub(super) use verify::report_json;

use super::Output;
use crate::args::ShardCommand;
use crate::exit::Outcome;

pub(super) fn run(command: ShardCommand, output: &mut Output<'_>) -> Outcome {
    match command {
        ShardCommand::Create(args) => create::run(&args, output),
        ShardCommand::Append(args) => append::run(&args, output),
        ShardCommand::Status(args) => status::run(&args, output),
        ShardCommand::Tail(args) => tail::run(&args, output),
        ShardCommand::Settle(args) => settle::run(&args, output),
        ShardCommand::Settlements(args) => settlements::run(&args, output),
        ShardCommand::Verify(args) => verify::run(&args, output),
        ShardCommand::Import(args) => import::run(&args, output),
        ShardCommand::Recover(args) => recover::run(&args, output),
    }
}
