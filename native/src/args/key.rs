//! `key …`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgGroup, Subcommand};
use countersign_core::keys::Reason;

use super::value::{parse_duration, parse_reason};
use crate::key_file::PublicKeyArgument;

/// The commands under `key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a new Ed25519 key
    #[command(after_help = "Example:\n  countersign key generate --out operator.key")]
    Generate(KeyGenerateArgs),
    /// Print a key's public half and its fingerprint
    #[command(
        after_help = "Example:\n  countersign key show operator.key --public-key > operator.pub"
    )]
    Show(KeyShowArgs),
    /// Certify a process key: the active one for longer, or another after it expired or was revoked
    #[command(
        after_help = "Example:\n  countersign key certify meter --operator-key operator.key --process-key process.key --lifetime 7d"
    )]
    Certify(KeyCertifyArgs),
    /// Replace the process key: sign with the old, certify the new, revoke the old, sign with the new
    #[command(
        after_help = "Example:\n  countersign key rotate meter --operator-key operator.key --process-key process.key --new-process-key next.key"
    )]
    Rotate(KeyRotateArgs),
    /// Revoke a process key
    #[command(
        after_help = "Example:\n  countersign key revoke meter --operator-key operator.key --public-key @process.pub \\\n    --reason key-compromise --effective-at-seq 4200 --new-process-key next.key"
    )]
    Revoke(KeyRevokeArgs),
}

/// Arguments of `key generate`.
#[derive(Debug, clap::Args)]
pub struct KeyGenerateArgs {
    /// The new key file; a file that exists is never overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `key show`.
#[derive(Debug, clap::Args)]
pub struct KeyShowArgs {
    /// The key file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print the public key alone, as arguments of the form @FILE read it
    #[arg(long)]
    pub public_key: bool,
}

/// Arguments of `key certify`.
#[derive(Debug, clap::Args)]
pub struct KeyCertifyArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The operator's key file, which signs the certificate
    #[arg(long, value_name = "FILE")]
    pub operator_key: PathBuf,
    /// The process key file to certify; it signs the log behind its certificate
    #[arg(long, value_name = "FILE")]
    pub process_key: PathBuf,
    /// How long the certificate is valid, from now; 7d at most
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration)]
    pub lifetime: Duration,
}

/// Arguments of `key rotate`.
#[derive(Debug, clap::Args)]
pub struct KeyRotateArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The operator's key file, which signs certificate and revocation
    #[arg(long, value_name = "FILE")]
    pub operator_key: PathBuf,
    /// The process key file that is active now
    #[arg(long, value_name = "FILE")]
    pub process_key: PathBuf,
    /// The process key file that takes over
    #[arg(long, value_name = "FILE")]
    pub new_process_key: PathBuf,
    /// How long the new certificate is valid, from now; 7d at most
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration)]
    pub lifetime: Duration,
}

/// Arguments of `key revoke`.
///
/// The log must end with a signature by a key that is in force. So there are two cases: the key to
/// revoke was replaced before, and the active one signs (`process_key`); or the active one itself
/// is revoked, and another is certified with it (`new_process_key`).
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("signer").required(true).args(["process_key", "new_process_key"]))]
pub struct KeyRevokeArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The operator's key file, which signs the revocation
    #[arg(long, value_name = "FILE")]
    pub operator_key: PathBuf,
    /// The process key to revoke: 64 hex digits, or @FILE
    #[arg(long, value_name = "KEY")]
    pub public_key: PublicKeyArgument,
    /// Why; only key-compromise reaches into the past
    #[arg(
        long,
        value_parser = PossibleValuesParser::new(["rotation", "shutdown", "key-compromise"]).try_map(parse_reason)
    )]
    pub reason: Reason,
    /// First record whose signature by the key no longer counts; only with --reason key-compromise
    #[arg(long, value_name = "SEQ")]
    pub effective_at_seq: Option<u64>,
    /// The process key file that is active now, when an earlier key is revoked
    #[arg(long, value_name = "FILE")]
    pub process_key: Option<PathBuf>,
    /// The process key file to certify instead, when the active key is revoked
    #[arg(long, value_name = "FILE")]
    pub new_process_key: Option<PathBuf>,
    /// How long the new certificate is valid, from now; 7d at most
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "7d",
        value_parser = parse_duration,
        conflicts_with = "process_key"
    )]
    pub lifetime: Duration,
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;

    fn parse(arguments: &str) -> Result<KeyCommand, clap::Error> {
        let command = KeyCommand::augment_subcommands(clap::Command::new("key"));
        let matches = command.try_get_matches_from(arguments.split(' '))?;
        KeyCommand::from_arg_matches(&matches)
    }

    #[test]
    fn certify_defaults_to_seven_days() {
        let parsed = parse("key certify d --operator-key o --process-key p").unwrap();
        let KeyCommand::Certify(args) = parsed else { panic!("{parsed:?}") };
        assert_eq!(args.lifetime.as_secs(), 604_800);
    }

    #[test]
    fn revoke_needs_exactly_one_signer() {
        let base = format!(
            "key revoke d --operator-key o --public-key {} --reason key-compromise",
            "00".repeat(32)
        );
        assert!(parse(&base).is_err());
        assert!(parse(&format!("{base} --process-key p --new-process-key n")).is_err());
        assert!(parse(&format!("{base} --process-key p --lifetime 1d")).is_err());
        let parsed = parse(&format!("{base} --process-key p --effective-at-seq 7")).unwrap();
        let KeyCommand::Revoke(args) = parsed else { panic!("{parsed:?}") };
        assert_eq!((args.reason, args.effective_at_seq), (Reason::KeyCompromise, Some(7)));
        assert!(parse(&format!("{base} --new-process-key n --lifetime 1d")).is_ok());
        let other = base.replace("key-compromise", "boredom");
        assert!(parse(&format!("{other} --process-key p")).is_err());
    }
}
