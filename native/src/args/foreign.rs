//! Shards of the TypeScript library: what they do not hold themselves.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use countersign_core::keys::ShardId;

use super::value::{parse_duration, parse_shard_id};
use crate::key_file::PublicKeyArgument;

/// How a shard is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayoutName {
    /// As this program writes it
    Countersign,
    /// As the TypeScript library writes it
    #[value(name = "typescript")]
    TypeScript,
}

/// What a verifier of the TypeScript layout must bring along.
#[derive(Debug, Default, clap::Args)]
pub struct ForeignArgs {
    /// TypeScript layout: certificates and revocations, a JSON list of the library's action objects
    #[arg(long, value_name = "FILE")]
    pub key_actions: Option<PathBuf>,
    /// TypeScript layout: a process key that is trusted without a certificate; may be repeated
    #[arg(long, value_name = "KEY")]
    pub process_public_key: Vec<PublicKeyArgument>,
    /// TypeScript layout: the shard's id; from the key actions or state.json if not given
    #[arg(long, value_name = "UUID", value_parser = parse_shard_id)]
    pub source_shard_id: Option<ShardId>,
    /// TypeScript layout: leave settlements and indexes alone
    #[arg(long)]
    pub without_settlements: bool,
}

impl ForeignArgs {
    /// Whether any of them was given.
    pub const fn is_given(&self) -> bool {
        self.key_actions.is_some()
            || !self.process_public_key.is_empty()
            || self.source_shard_id.is_some()
            || self.without_settlements
    }
}

/// Arguments of `shard import`.
#[derive(Debug, clap::Args)]
pub struct ShardImportArgs {
    /// The shard to read, in the TypeScript library's layout; stop its writer first
    #[arg(value_name = "SRC")]
    pub source: PathBuf,
    /// The new shard's directory, which must not exist or be empty, or hold an earlier run
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The operator's key file, which signs the new shard's certificate
    #[arg(long, value_name = "FILE")]
    pub operator_key: PathBuf,
    /// The process key file that writes the new shard
    #[arg(long, value_name = "FILE")]
    pub process_key: PathBuf,
    /// The operator key behind the source's certificates; that of --operator-key if not given
    #[arg(long, value_name = "KEY")]
    pub source_operator_public_key: Option<PublicKeyArgument>,
    /// What the TypeScript layout does not hold.
    #[command(flatten)]
    pub foreign: ForeignArgs,
    /// Leave out entries that do not fit, instead of importing nothing
    #[arg(long)]
    pub skip: bool,
    /// Import in spite of failures with this code; may be repeated
    #[arg(long, value_name = "CODE")]
    pub accept: Vec<String>,
    /// The new shard's id; a new UUID of version 7 if not given
    #[arg(long, value_name = "UUID", value_parser = parse_shard_id)]
    pub shard_id: Option<ShardId>,
    /// How long the certificate is valid, from now; 7d at most
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration)]
    pub lifetime: Duration,
}
