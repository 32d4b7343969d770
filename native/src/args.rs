//! The command line: its definitions and nothing else.
//!
//! ```
//! use clap::Parser as _;
//! use countersign::args::{Args, Command, KeyCommand};
//!
//! let args = Args::try_parse_from(["countersign", "key", "generate", "--out", "operator.key"])?;
//! assert!(matches!(args.command, Command::Key(KeyCommand::Generate(_))));
//! # Ok::<(), clap::Error>(())
//! ```

mod bmt;
mod demo;
mod dispute;
mod foreign;
mod key;
mod prove;
mod serve;
mod shard;
mod value;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use bmt::is_stdin;
pub use bmt::{
    BmtAddressArgs, BmtChunksArgs, BmtCommand, BmtFileArgs, BmtProveArgs, BmtVerifyArgs,
    GeometryArgs, GeometryName,
};
pub use demo::DemoArgs;
pub use dispute::{
    AccountsArgs, DisputeChallengeArgs, DisputeCommand, DisputeEvaluateArgs, DisputeRespondArgs,
    DisputeReverseArgs, DisputeTaintedArgs, OperationName,
};
pub use foreign::{ForeignArgs, LayoutName, ShardImportArgs};
pub use key::{
    KeyCertifyArgs, KeyCommand, KeyGenerateArgs, KeyRevokeArgs, KeyRotateArgs, KeyShowArgs,
};
pub use prove::{
    BundleOutArgs, Member, OutArgs, ProveArgs, ProveCommand, ProveConsistencyArgs,
    ProveContradictionArgs, ProveExclusionArgs, ProveInclusionArgs, ProveRecordsArgs,
    ProveStatementArgs, VerifyArgs,
};
pub use serve::ServeArgs;
pub use shard::{
    FormatName, ShardAppendArgs, ShardCommand, ShardCreateArgs, ShardRecoverArgs, ShardSettleArgs,
    ShardSettlementsArgs, ShardStatusArgs, ShardTailArgs, ShardVerifyArgs,
};
pub use value::{ExpectTip, parse_duration, parse_shard_id};

/// Version and commit.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("COUNTERSIGN_COMMIT"), ")");

/// Keeps signed, append-only records, and lets anyone check them.
#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version = VERSION,
    after_help = "Example:\n  countersign demo\n\n\
        Exit codes:\n  \
        0  done, or verified\n  \
        1  checked and refused\n  \
        2  could not check or do it\n  \
        3  the data on disk is corrupt"
)]
pub struct Args {
    /// Print results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Meter an hour of real requests, cut the power, recover, verify, tamper, and show it all
    Demo(DemoArgs),
    /// Make keys and show them; certify, rotate and revoke them in a shard
    #[command(subcommand, after_help = "Example:\n  countersign key generate --out operator.key")]
    Key(KeyCommand),
    /// Keep a signed, append-only log, check it and recover it
    #[command(subcommand, after_help = "Example:\n  countersign shard status meter")]
    Shard(ShardCommand),
    /// Make proof bundles out of a shard
    #[command(subcommand, after_help = "Example:\n  countersign prove inclusion meter --seq 17")]
    Prove(ProveCommand),
    /// Check proof bundles with nothing but the operator's public key
    #[command(
        after_help = "Example:\n  countersign verify proof.json --operator-public-key @operator.pub\n\n\
        Exit codes:\n  \
        0  every bundle holds\n  \
        1  one was checked and does not hold\n  \
        2  one could not be checked, and none was refused"
    )]
    Verify(VerifyArgs),
    /// Doubt a settlement, answer, evaluate, and take it back
    #[command(
        subcommand,
        after_help = "Example:\n  countersign dispute respond meter challenge.json --out response.json"
    )]
    Dispute(DisputeCommand),
    /// Show what the members have: balances, and how much of them is settled
    #[command(after_help = "Example:\n  countersign accounts meter --asset tokens")]
    Accounts(AccountsArgs),
    /// Give files content addresses, and prove what stands in them
    #[command(subcommand, after_help = "Example:\n  countersign bmt address backup.tar")]
    Bmt(BmtCommand),
    /// Serve the page and shards to look at, read-only, on this machine unless told otherwise
    Serve(ServeArgs),
    /// Print the completion script of a shell
    #[command(
        after_help = "Example:\n  countersign completions bash > ~/.local/share/bash-completion/completions/countersign"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for every command
    #[command(after_help = "Example:\n  countersign man --out ~/.local/share/man/man1")]
    Man(ManArgs),
}

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Write a page for every command into this directory, which is made if need be
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The definitions as `clap` takes them, for completions and manual pages.
pub fn definitions() -> clap::Command {
    Args::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command below `command`, itself included.
    fn levels(command: &clap::Command) -> Vec<&clap::Command> {
        let below = command.get_subcommands().filter(|command| command.get_name() != "help");
        std::iter::once(command).chain(below.flat_map(levels)).collect()
    }

    #[test]
    fn every_level_has_an_example() {
        let root = definitions();
        for command in levels(&root) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Example:\n  countersign "), "{}", command.get_name());
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
        root.debug_assert();
    }

    #[test]
    fn every_example_is_understood() {
        let root = definitions();
        for command in levels(&root) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = help.trim_start_matches("Example:").split("\n\n").next().unwrap();
            let example = example.replace("\\\n", " ");
            let words = example.split_whitespace().take_while(|word| *word != ">");
            if let Err(error) = Args::try_parse_from(words) {
                panic!("{}: {error}", command.get_name());
            }
        }
    }

    #[test]
    fn the_version_names_the_commit() {
        let error = Args::try_parse_from(["countersign", "--version"]).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(concat!("countersign ", env!("CARGO_PKG_VERSION"), " (commit ")));
    }
}
