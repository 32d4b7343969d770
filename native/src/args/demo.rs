//! `demo`.

use std::path::PathBuf;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign demo --dir demo --no-serve")]
pub struct DemoArgs {
    /// Where keys and shards are put; a later run puts its own beside the earlier ones
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub dir: PathBuf,
    /// End after the report, which this version always does
    #[arg(long)]
    pub no_serve: bool,
}
