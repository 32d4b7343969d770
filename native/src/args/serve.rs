//! `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the page is served unless told otherwise.
const DEFAULT_ADDRESS: &str = "127.0.0.1:8787";

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign serve meter --listen 127.0.0.1:8787")]
pub struct ServeArgs {
    /// The shards, which anybody who can reach the address may read
    #[arg(value_name = "DIR", required = true)]
    pub dirs: Vec<PathBuf>,
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = DEFAULT_ADDRESS)]
    pub listen: SocketAddr,
}
