//! `shard …`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use countersign_core::keys::ShardId;
use countersign_core::limits::{
    DEFAULT_GROUP_COMMIT_SIZE, DEFAULT_MAX_RECORDS, DEFAULT_SIGNING_CADENCE, MAX_LOG_FILE_SIZE,
    MAX_SIGNING_CADENCE, MIN_SEGMENT_SIZE, MIN_SIGNING_CADENCE,
};

use super::foreign::{ForeignArgs, LayoutName, ShardImportArgs};
use super::value::{ExpectTip, parse_duration, parse_shard_id};
use crate::exit::UsageError;
use crate::input::{CloudEvents, ColumnMap, Format};
use crate::key_file::PublicKeyArgument;

/// The commands under `shard`.
#[derive(Debug, Subcommand)]
pub enum ShardCommand {
    /// Make a new shard; its first record certifies the process key
    #[command(
        after_help = "Example:\n  countersign shard create meter --operator-key operator.key --process-key process.key"
    )]
    Create(ShardCreateArgs),
    /// Append operations until the end of the input
    #[command(
        after_help = "Example:\n  countersign shard append meter --process-key process.key --format csv --input usage.csv \\\n    --map op=const:spend,member=customer,asset=const:joule,amount=used,op-id=id\n\n\
        Exit codes:\n  \
        0  every line is in the log, also when a signal ended it early\n  \
        1  lines were refused, all others are in the log\n  \
        2  ended before the end of the input, by an error or --strict\n  \
        3  the log is corrupt, and was left as it is"
    )]
    Append(Box<ShardAppendArgs>),
    /// Print where a shard stands
    #[command(after_help = "Example:\n  countersign shard status meter --json")]
    Status(ShardStatusArgs),
    /// Print records, one JSON object per line
    #[command(after_help = "Example:\n  countersign shard tail meter --from 100 --follow")]
    Tail(ShardTailArgs),
    /// Close the open batch window now, by a signed settlement
    #[command(after_help = "Example:\n  countersign shard settle meter --process-key process.key")]
    Settle(ShardSettleArgs),
    /// List the settlements of a shard
    #[command(after_help = "Example:\n  countersign shard settlements meter")]
    Settlements(ShardSettlementsArgs),
    /// Check everything that can be checked
    #[command(
        after_help = "Example:\n  countersign shard verify meter --operator-public-key @operator.pub"
    )]
    Verify(Box<ShardVerifyArgs>),
    /// Write the entries of a shard in the TypeScript library's layout into a new shard
    #[command(
        after_help = "Example:\n  countersign shard import old meter --operator-key operator.key --process-key process.key \\\n    --key-actions keys.json\n\n\
        Exit codes:\n  \
        0  every entry is in the new shard, or was left out as --skip says\n  \
        1  the source does not hold, or entries do not fit: nothing was written\n  \
        2  ended early; run the same command again\n  \
        3  the new shard is corrupt, and was left as it is"
    )]
    Import(Box<ShardImportArgs>),
    /// Cut a torn tail off, so that the shard can be appended to again
    #[command(after_help = "Example:\n  countersign shard recover meter --dry-run")]
    Recover(ShardRecoverArgs),
}

/// Arguments of `shard create`.
#[derive(Debug, clap::Args)]
pub struct ShardCreateArgs {
    /// The shard's directory, which must not exist or be empty
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The operator's key file, which signs the certificate
    #[arg(long, value_name = "FILE")]
    pub operator_key: PathBuf,
    /// The process key file to certify
    #[arg(long, value_name = "FILE")]
    pub process_key: PathBuf,
    /// The shard's id; a new UUID of version 7 if not given
    #[arg(long, value_name = "UUID", value_parser = parse_shard_id)]
    pub shard_id: Option<ShardId>,
    /// How long the certificate is valid, from now; 7d at most
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration)]
    pub lifetime: Duration,
}

/// How the input of `shard append` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// One JSON object per line, in the log's own names
    Ndjson,
    /// One CloudEvents 1.0 JSON event per line
    #[value(name = "cloudevents")]
    CloudEvents,
    /// A header line and comma-separated rows
    Csv,
}

/// Arguments of `shard append`.
#[derive(Debug, clap::Args)]
pub struct ShardAppendArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The process key file that is active now
    #[arg(long, value_name = "FILE")]
    pub process_key: PathBuf,
    /// The input; - for standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
    /// How the input is written
    #[arg(long, value_enum, default_value_t = FormatName::Ndjson)]
    pub format: FormatName,
    /// Columns of CSV: op=COLUMN,member=COLUMN,asset=COLUMN,amount=COLUMN,op-id=COLUMN,context=COLUMN,
    /// or const:VALUE for any COLUMN
    #[arg(long, value_name = "MAP")]
    pub map: Option<ColumnMap>,
    /// Name of the amount in a CloudEvents event's data [default: amount]
    #[arg(long, value_name = "NAME")]
    pub amount_field: Option<String>,
    /// Name of the asset in a CloudEvents event's data [default: assetId]
    #[arg(long, value_name = "NAME")]
    pub asset_field: Option<String>,
    /// Write a receipt for every appended entry to this file, one JSON object per line
    #[arg(long, value_name = "FILE")]
    pub receipts: Option<PathBuf>,
    /// Refuse to append to a log that does not hold this record with this chain tip
    #[arg(long, value_name = "SEQ:HASH")]
    pub expect_tip: Option<ExpectTip>,
    /// Entries that one sync makes durable, at most
    #[arg(long, value_name = "N", default_value_t = DEFAULT_GROUP_COMMIT_SIZE,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub group_commit: u32,
    /// Records between two signatures
    #[arg(long, value_name = "K", default_value_t = DEFAULT_SIGNING_CADENCE,
        value_parser = clap::value_parser!(u32).range(i64::from(MIN_SIGNING_CADENCE)..=i64::from(MAX_SIGNING_CADENCE)))]
    pub signing_cadence: u32,
    /// Size of a log file that starts the next, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = MAX_LOG_FILE_SIZE,
        value_parser = clap::value_parser!(u64).range(MIN_SEGMENT_SIZE..=MAX_LOG_FILE_SIZE))]
    pub max_segment_size: u64,
    /// Records that close a batch
    #[arg(long, value_name = "N", default_value_t = DEFAULT_MAX_RECORDS,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub max_records: u64,
    /// Age of its first entry that closes a batch
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    pub max_age: Duration,
    /// Settle the open batch at the end
    #[arg(long)]
    pub settle_on_close: bool,
    /// Stop at the first line that is refused
    #[arg(long)]
    pub strict: bool,
}

impl ShardAppendArgs {
    /// The input's file; `None` for standard input.
    pub fn input_file(&self) -> Option<&Path> {
        Some(self.input.as_path()).filter(|path| *path != Path::new("-"))
    }

    /// The format with its settings. A setting of another format is an error, not ignored.
    pub fn input_format(&self) -> Result<Format, UsageError> {
        let misplaced = match self.format {
            FormatName::Csv => [("--map", false), self.amount_name(), self.asset_name()],
            FormatName::CloudEvents => [self.map_name(), ("", false), ("", false)],
            FormatName::Ndjson => [self.map_name(), self.amount_name(), self.asset_name()],
        };
        if let Some((option, _)) = misplaced.iter().find(|(_, is_given)| *is_given) {
            let format = if *option == "--map" { "csv" } else { "cloudevents" };
            return Err(UsageError(format!("{option} goes with --format {format} only")));
        }
        Ok(match self.format {
            FormatName::Ndjson => Format::Ndjson,
            FormatName::Csv => Format::Csv(self.map.clone().unwrap_or_default()),
            FormatName::CloudEvents => {
                let CloudEvents { amount_field, asset_field } = CloudEvents::default();
                Format::CloudEvents(CloudEvents {
                    amount_field: self.amount_field.clone().unwrap_or(amount_field),
                    asset_field: self.asset_field.clone().unwrap_or(asset_field),
                })
            }
        })
    }

    const fn map_name(&self) -> (&'static str, bool) {
        ("--map", self.map.is_some())
    }

    const fn amount_name(&self) -> (&'static str, bool) {
        ("--amount-field", self.amount_field.is_some())
    }

    const fn asset_name(&self) -> (&'static str, bool) {
        ("--asset-field", self.asset_field.is_some())
    }
}

/// Arguments of `shard status`.
#[derive(Debug, clap::Args)]
pub struct ShardStatusArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// Arguments of `shard tail`.
#[derive(Debug, clap::Args)]
pub struct ShardTailArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// First record to print
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub from: u64,
    /// Go on and print records as they are appended
    #[arg(long)]
    pub follow: bool,
}

/// Arguments of `shard settle`.
#[derive(Debug, clap::Args)]
pub struct ShardSettleArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The process key file that is active now
    #[arg(long, value_name = "FILE")]
    pub process_key: PathBuf,
}

/// Arguments of `shard settlements`.
#[derive(Debug, clap::Args)]
pub struct ShardSettlementsArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// Arguments of `shard verify`.
#[derive(Debug, clap::Args)]
pub struct ShardVerifyArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The operator's public key that is trusted: 64 hex digits, or @FILE
    #[arg(long, value_name = "KEY", required_unless_present = "layout")]
    pub operator_public_key: Option<PublicKeyArgument>,
    /// How the shard is laid out
    #[arg(long, value_enum, default_value_t = LayoutName::Countersign)]
    pub layout: LayoutName,
    /// What the TypeScript layout does not hold.
    #[command(flatten)]
    pub foreign: ForeignArgs,
    /// Threads to check with; all processors if not given
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// First record to check
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub from: u64,
    /// Last record to check; the last of the log if not given
    #[arg(long, value_name = "SEQ")]
    pub to: Option<u64>,
}

/// Arguments of `shard recover`.
#[derive(Debug, clap::Args)]
pub struct ShardRecoverArgs {
    /// The shard
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Only report what would be done
    #[arg(long)]
    pub dry_run: bool,
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;
    use crate::input::Source;

    fn parse(arguments: &str) -> Result<ShardCommand, clap::Error> {
        let command = ShardCommand::augment_subcommands(clap::Command::new("shard"));
        let matches = command.try_get_matches_from(arguments.split(' '))?;
        ShardCommand::from_arg_matches(&matches)
    }

    fn append(options: &str) -> Result<ShardAppendArgs, clap::Error> {
        match parse(format!("shard append d --process-key p {options}").trim_end())? {
            ShardCommand::Append(args) => Ok(*args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn append_takes_its_defaults_from_the_format() {
        let args = append("").unwrap();
        assert_eq!((args.group_commit, args.signing_cadence), (64, 64));
        assert_eq!(args.max_segment_size, 268_435_456);
        assert_eq!(args.input_file(), None);
        assert_eq!(args.input_format().unwrap(), Format::Ndjson);
    }

    #[test]
    fn append_refuses_values_out_of_range() {
        for options in [
            "--signing-cadence 15",
            "--signing-cadence 257",
            "--group-commit 0",
            "--max-segment-size 4095",
            "--max-segment-size 268435457",
            "--expect-tip 5",
            "--format xml",
            "--map op",
        ] {
            assert!(append(options).is_err(), "{options}");
        }
        assert_eq!(append("--signing-cadence 256").unwrap().signing_cadence, 256);
    }

    #[test]
    fn settings_of_another_format_are_refused() {
        let format = |options: &str| append(options).unwrap().input_format();
        let Format::Csv(map) = format("--format csv --map op=const:spend").unwrap() else {
            panic!("not CSV");
        };
        assert_eq!(map.op, Source::Constant("spend".into()));
        let Format::CloudEvents(names) =
            format("--format cloudevents --amount-field tokens").unwrap()
        else {
            panic!("not CloudEvents");
        };
        assert_eq!(
            (names.amount_field.as_str(), names.asset_field.as_str()),
            ("tokens", "assetId")
        );
        for options in [
            "--map op=a",
            "--format cloudevents --map op=a",
            "--format csv --amount-field a",
            "--asset-field a",
        ] {
            format(options).unwrap_err();
        }
    }

    #[test]
    fn the_other_commands_parse_their_examples() {
        let key = "00".repeat(32);
        for arguments in [
            "shard create d --operator-key o --process-key p --shard-id 0190a5c8-7e2b-7c4d-9b1a-3f5e6d7c8b9a",
            "shard status d",
            "shard tail d --from 100 --follow",
            &format!("shard verify d --operator-public-key {key} --threads 2 --from 1 --to 9"),
            "shard verify d --operator-public-key @operator.pub",
            "shard recover d --dry-run",
        ] {
            parse(arguments).unwrap();
        }
        for arguments in [
            "shard create d --operator-key o",
            "shard create d --operator-key o --process-key p --shard-id 7",
            "shard verify d",
            "shard verify d --operator-public-key operator.pub",
            &format!("shard verify d --operator-public-key {key} --threads 0"),
        ] {
            parse(arguments).unwrap_err();
        }
    }
}
