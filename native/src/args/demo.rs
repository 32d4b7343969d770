//! `demo`.

use std::path::PathBuf;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign demo --dir demo --no-serve")]
pub struct DemoArgs {
    /// Where keys and shards are put; a later run puts its own beside the earlier ones
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub dir: PathBuf,
    /// Serve the page on this port of 127.0.0.1; on 8787 or, where that is in use, any other, if not
    /// given
    #[arg(long, value_name = "N", conflicts_with = "no_serve")]
    pub port: Option<u16>,
    /// End after the report, without serving the page
    #[arg(long)]
    pub no_serve: bool,
}
