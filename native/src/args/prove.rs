//! `prove …` and `verify`.

use std::path::PathBuf;

use clap::{ArgGroup, Subcommand};
use countersign_core::hash::hex;
use countersign_core::limits::DIGEST_SIZE;

use crate::key_file::PublicKeyArgument;
use crate::prove::BatchName;

/// The commands under `prove`.
#[derive(Debug, Subcommand)]
pub enum ProveCommand {
    /// Prove that one record is in a settled batch
    #[command(
        after_help = "Example:\n  countersign prove inclusion meter --seq 17 --out proof.json\n\nWhere the settlement's sums of all members would make the bundle larger than 4 KiB, it is a brief\ninclusion, with the beginning of the settlement's record under the signature of the chain. It\ncan be held against another bundle only if that has the settlement: --whole writes the\nsettlement with all sums."
    )]
    Inclusion(ProveInclusionArgs),
    /// Prove that some records of one batch are in it
    #[command(
        after_help = "Example:\n  countersign prove records meter --seq 17,18,21 --out proof.json"
    )]
    Records(ProveRecordsArgs),
    /// Prove that the log of one settlement begins with that of another
    #[command(
        after_help = "Example:\n  countersign prove consistency meter --from 0 --to last --out proof.json"
    )]
    Consistency(ProveConsistencyArgs),
    /// Prove that an operation is not in a batch
    #[command(
        after_help = "Example:\n  countersign prove exclusion meter --member 00000000000000000000000000000000000000000000000000000000000000aa \\\n    --op-id request-9 --out proof.json"
    )]
    Exclusion(ProveExclusionArgs),
    /// Prove all entries of a member in a batch, and their sums
    #[command(
        after_help = "Example:\n  countersign prove statement meter --member 00000000000000000000000000000000000000000000000000000000000000aa \\\n    --out statement.json"
    )]
    Statement(ProveStatementArgs),
    /// Prove that two bundles of one operator contradict each other
    #[command(
        after_help = "Example:\n  countersign prove contradiction receipt.json proof.json --operator-public-key @operator.pub \\\n    --out contradiction.json"
    )]
    Contradiction(ProveContradictionArgs),
}

/// The shard, and where the bundle goes.
#[derive(Debug, clap::Args)]
pub struct ProveArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Output.
    #[command(flatten)]
    pub out: BundleOutArgs,
}

/// Where a bundle goes.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("destination").args(["out", "html"]).multiple(true))]
pub struct BundleOutArgs {
    /// Write the bundle to this new file; to standard output if it goes nowhere else
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the bundle and its verifier to this new HTML file, which opens from disk, offline
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long, requires = "destination")]
    pub force: bool,
}

/// Where a document goes.
#[derive(Debug, clap::Args)]
pub struct OutArgs {
    /// Write the document to this new file; to standard output if not given
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, requires = "out")]
    pub force: bool,
}

/// Arguments of `prove inclusion`.
#[derive(Debug, clap::Args)]
pub struct ProveInclusionArgs {
    /// Shard and output.
    #[command(flatten)]
    pub prove: ProveArgs,
    /// The record
    #[arg(long, value_name = "SEQ")]
    pub seq: u64,
    /// Hold the whole settlement, with the sums of all members, however large that is
    #[arg(long, conflicts_with = "content_address")]
    pub whole: bool,
    /// Also show where the record stands in the file of its segment, under the file's content address
    #[arg(long)]
    pub content_address: bool,
}

/// Arguments of `prove records`.
#[derive(Debug, clap::Args)]
pub struct ProveRecordsArgs {
    /// Shard and output.
    #[command(flatten)]
    pub prove: ProveArgs,
    /// The records, all of one batch
    #[arg(long, value_name = "SEQ,…", value_delimiter = ',', required = true)]
    pub seq: Vec<u64>,
}

/// Arguments of `prove consistency`.
#[derive(Debug, clap::Args)]
pub struct ProveConsistencyArgs {
    /// Shard and output.
    #[command(flatten)]
    pub prove: ProveArgs,
    /// The earlier batch: its id, the seq of a record in it, or last
    #[arg(long, value_name = "BATCH")]
    pub from: BatchName,
    /// The later batch
    #[arg(long, value_name = "BATCH", default_value = "last")]
    pub to: BatchName,
}

/// Arguments of `prove exclusion`.
#[derive(Debug, clap::Args)]
pub struct ProveExclusionArgs {
    /// Shard and output.
    #[command(flatten)]
    pub prove: ProveArgs,
    /// The member: 64 lower-case hex digits
    #[arg(long, value_name = "HEX", value_parser = parse_member)]
    pub member: Member,
    /// The operation's id
    #[arg(long, value_name = "ID")]
    pub op_id: String,
    /// The batch: its id, the seq of a record in it, or last
    #[arg(long, value_name = "BATCH", default_value = "last")]
    pub batch: BatchName,
}

/// Arguments of `prove statement`.
#[derive(Debug, clap::Args)]
pub struct ProveStatementArgs {
    /// Shard and output.
    #[command(flatten)]
    pub prove: ProveArgs,
    /// The member: 64 lower-case hex digits
    #[arg(long, value_name = "HEX", value_parser = parse_member)]
    pub member: Member,
    /// The batch: its id, the seq of a record in it, or last
    #[arg(long, value_name = "BATCH", default_value = "last")]
    pub batch: BatchName,
}

/// Arguments of `prove contradiction`.
#[derive(Debug, clap::Args)]
pub struct ProveContradictionArgs {
    /// A bundle: a receipt, or any proof under a settlement
    #[arg(value_name = "BUNDLE")]
    pub first: PathBuf,
    /// Another one, which cannot hold beside it
    #[arg(value_name = "BUNDLE")]
    pub second: PathBuf,
    /// The operator's public key that is trusted: 64 hex digits, or @FILE
    #[arg(long, value_name = "KEY")]
    pub operator_public_key: PublicKeyArgument,
    /// Output.
    #[command(flatten)]
    pub out: BundleOutArgs,
}

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The bundles, or challenges with their responses; a file may hold several, as receipts do, one
    /// per line; - for standard input
    #[arg(value_name = "BUNDLE", required = true)]
    pub bundles: Vec<PathBuf>,
    /// The operator's public key that is trusted: 64 hex digits, or @FILE
    #[arg(long, value_name = "KEY")]
    pub operator_public_key: PublicKeyArgument,
    /// Revocations to take into account: their records, as `shard tail` prints them
    #[arg(long, value_name = "FILE")]
    pub revocation: Vec<PathBuf>,
    /// The time, in milliseconds since the epoch: a certificate that begins later does not hold, and
    /// a challenge is evaluated then; that of the clock for challenges if not given
    #[arg(long, value_name = "MS")]
    pub now: Option<u64>,
}

/// A member's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member(pub [u8; DIGEST_SIZE]);

/// Reads a member's id: 64 lower-case hex digits.
pub(super) fn parse_member(text: &str) -> Result<Member, String> {
    hex::decode_array(text)
        .map(Member)
        .ok_or_else(|| "give the member's id as 64 lower-case hex digits".to_owned())
}
