//! `dispute …` and `accounts`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgGroup, Subcommand};
use countersign_core::hash::hex;

use super::prove::{Member, OutArgs, parse_member};
use super::value::parse_duration;
use crate::key_file::PublicKeyArgument;
use crate::prove::BatchName;

/// The commands under `dispute`.
#[derive(Debug, Subcommand)]
pub enum DisputeCommand {
    /// Doubt a settlement, and demand what would settle the doubt
    #[command(
        after_help = "Example:\n  countersign dispute challenge meter --batch last --record 17 --challenger auditor \\\n    --claim disputed --out challenge.json"
    )]
    Challenge(DisputeChallengeArgs),
    /// Answer a challenge from the log
    #[command(
        after_help = "Example:\n  countersign dispute respond meter challenge.json --out response.json"
    )]
    Respond(DisputeRespondArgs),
    /// Tell how a dispute stands or ends
    #[command(
        after_help = "Example:\n  countersign dispute evaluate challenge.json response.json --operator-public-key @operator.pub \\\n    --out resolution.json"
    )]
    Evaluate(DisputeEvaluateArgs),
    /// Take settlements back whose disputes the operator lost: record that in the log
    #[command(
        after_help = "Example:\n  countersign dispute reverse meter resolution.json --process-key process.key"
    )]
    Reverse(DisputeReverseArgs),
    /// List the settlements that a key signed, and which of them its compromise makes invalid
    #[command(
        after_help = "Example:\n  countersign dispute tainted meter --public-key @next.pub --out resolutions"
    )]
    Tainted(DisputeTaintedArgs),
}

/// Arguments of `dispute challenge`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("demand").required(true).args(["range", "record", "absence", "contradiction"]))]
pub struct DisputeChallengeArgs {
    /// The shard, or a copy of it
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The batch: its id, the seq of a record in it, or last; that of --record if not given
    #[arg(long, value_name = "BATCH")]
    pub batch: Option<BatchName>,
    /// Who challenges
    #[arg(long, value_name = "ID")]
    pub challenger: String,
    /// What is claimed to be wrong, for people
    #[arg(long, value_name = "TEXT")]
    pub claim: String,
    /// Demand every record of the batch
    #[arg(long)]
    pub range: bool,
    /// Demand one record of the batch
    #[arg(long, value_name = "SEQ")]
    pub record: Option<u64>,
    /// Demand that an operation is shown not to be in the batch
    #[arg(long, value_name = "MEMBER:OPID")]
    pub absence: Option<OperationName>,
    /// Demand nothing: this bundle, a contradiction, shows the fraud
    #[arg(long, value_name = "FILE")]
    pub contradiction: Option<PathBuf>,
    /// The time, in milliseconds since the epoch; that of the clock if not given
    #[arg(long, value_name = "MS")]
    pub now: Option<u64>,
    /// Output.
    #[command(flatten)]
    pub out: OutArgs,
}

/// Arguments of `dispute respond`.
#[derive(Debug, clap::Args)]
pub struct DisputeRespondArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The challenge
    #[arg(value_name = "CHALLENGE")]
    pub challenge: PathBuf,
    /// The time, in milliseconds since the epoch; that of the clock if not given
    #[arg(long, value_name = "MS")]
    pub now: Option<u64>,
    /// Output.
    #[command(flatten)]
    pub out: OutArgs,
}

/// Arguments of `dispute evaluate`.
#[derive(Debug, clap::Args)]
pub struct DisputeEvaluateArgs {
    /// The challenge
    #[arg(value_name = "CHALLENGE")]
    pub challenge: PathBuf,
    /// The operator's response, if there is one
    #[arg(value_name = "RESPONSE")]
    pub response: Option<PathBuf>,
    /// The operator's public key that is trusted: 64 hex digits, or @FILE
    #[arg(long, value_name = "KEY")]
    pub operator_public_key: PublicKeyArgument,
    /// The time, in milliseconds since the epoch; that of the clock if not given
    #[arg(long, value_name = "MS")]
    pub now: Option<u64>,
    /// Revocations to take into account: their records, as `shard tail` prints them
    #[arg(long, value_name = "FILE")]
    pub revocation: Vec<PathBuf>,
    /// How long a confirmed settlement can be challenged
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_duration)]
    pub window: Duration,
    /// How long the operator may take to answer
    #[arg(long, value_name = "DURATION", default_value = "6h", value_parser = parse_duration)]
    pub response_time: Duration,
    /// When the settlement was confirmed, if you know better than the challenger (ms)
    #[arg(long, value_name = "MS")]
    pub confirmed_at: Option<u64>,
    /// When the challenge came in, by your own clock (ms)
    #[arg(long, value_name = "MS")]
    pub raised_at: Option<u64>,
    /// When the response came in, by your own clock (ms)
    #[arg(long, value_name = "MS", requires = "response")]
    pub responded_at: Option<u64>,
    /// Output.
    #[command(flatten)]
    pub out: OutArgs,
}

/// Arguments of `dispute reverse`.
#[derive(Debug, clap::Args)]
pub struct DisputeReverseArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The resolutions
    #[arg(value_name = "RESOLUTION", required = true)]
    pub resolutions: Vec<PathBuf>,
    /// The process key file that is active
    #[arg(long, value_name = "FILE")]
    pub process_key: PathBuf,
}

/// Arguments of `dispute tainted`.
#[derive(Debug, clap::Args)]
pub struct DisputeTaintedArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The process key: 64 hex digits, or @FILE
    #[arg(long, value_name = "KEY")]
    pub public_key: PublicKeyArgument,
    /// Only batches with a record from this seq on
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub from: u64,
    /// Only batches with a record up to this seq
    #[arg(long, value_name = "SEQ")]
    pub to: Option<u64>,
    /// Write a resolution for each invalid settlement into this directory, for `dispute reverse`
    #[arg(long, value_name = "RESOLUTIONS")]
    pub out: Option<PathBuf>,
    /// The time, in milliseconds since the epoch; that of the clock if not given
    #[arg(long, value_name = "MS")]
    pub now: Option<u64>,
}

/// Arguments of `accounts`.
#[derive(Debug, clap::Args)]
pub struct AccountsArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Only this member's: 64 lower-case hex digits
    #[arg(long, value_name = "HEX", value_parser = parse_member)]
    pub member: Option<Member>,
    /// Only of this asset
    #[arg(long, value_name = "ID")]
    pub asset: Option<String>,
}

/// An operation: whose, and its id.
///
/// ```
/// use countersign::args::OperationName;
///
/// let name: OperationName = format!("{}:order:17", "0a".repeat(32)).parse()?;
/// assert_eq!((name.member.0, name.op_id.as_str()), ([0x0a; 32], "order:17"));
/// assert!("order-17".parse::<OperationName>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationName {
    /// The member.
    pub member: Member,
    /// The id, which may itself hold colons.
    pub op_id: String,
}

impl FromStr for OperationName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(member, op_id)| {
            let member = Member(hex::decode_array(member)?);
            Some(Self { member, op_id: op_id.to_owned() })
        });
        parts.ok_or_else(|| {
            "give the member's id as 64 lower-case hex digits, a colon and the opId".to_owned()
        })
    }
}
