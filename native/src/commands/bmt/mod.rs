//! `bmt …`: content addresses.

mod address;
mod chunks;
mod proving;
mod verify;

use std::num::NonZeroUsize;

use countersign_core::bmt::{Bmt, Plain};
use indicatif::ProgressBar;

use super::Output;
use crate::args::{BmtCommand, BmtFileArgs, GeometryArgs};
use crate::exit::Outcome;
use crate::progress;

pub(super) fn run(command: BmtCommand, output: &mut Output<'_>) -> Outcome {
    match command {
        BmtCommand::Address(args) => address::run(&args, output),
        BmtCommand::Prove(args) => proving::run(&args, output),
        BmtCommand::Verify(args) => verify::run(&args, output),
        BmtCommand::Chunks(args) => chunks::run(&args, output),
    }
}

fn bmt_of(args: &GeometryArgs) -> Bmt {
    Bmt::new(args.geometry.0, Plain)
}

fn threads_of(args: &BmtFileArgs) -> NonZeroUsize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    args.threads.unwrap_or_else(cores)
}

/// A bar for a file of so many bytes; of no known length for a pipe.
fn bar_of(len: Option<u64>) -> ProgressBar {
    match len {
        Some(len) => progress::bytes("hashing", len),
        None => progress::open_ended("hashing"),
    }
}
