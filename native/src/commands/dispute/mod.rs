//! `dispute …`: the path of a doubt, one command for each step.

mod answer;
mod challenge;
mod evaluate;
mod reverse;
mod tainted;
pub(super) mod verdict;

pub(super) use reverse::reverse;
pub(super) use tainted::signed_by;

use super::Output;
use crate::args::DisputeCommand;
use crate::exit::Outcome;

pub(super) fn run(command: DisputeCommand, output: &mut Output<'_>) -> Outcome {
    match command {
        DisputeCommand::Challenge(args) => challenge::run(&args, output),
        DisputeCommand::Respond(args) => answer::run(&args, output),
        DisputeCommand::Evaluate(args) => evaluate::run(&args, output),
        DisputeCommand::Reverse(args) => reverse::run(&args, output),
        DisputeCommand::Tainted(args) => tainted::run(&args, output),
    }
}
