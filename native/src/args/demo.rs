//! `demo`.

use std::path::PathBuf;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  countersign demo --dir demo --no-serve")]
pub struct DemoArgs {
    /// Where keys and shard are put; a new directory under the system's temporary one if not given
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Port of the page, on this machine only; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 8787)]
    pub port: u16,
    /// Stop after the last step instead of serving the page
    #[arg(long)]
    pub no_serve: bool,
}

#[cfg(test)]
impl DemoArgs {
    /// The definition as one command, for tests.
    pub(super) fn augment(command: clap::Command) -> clap::Command {
        <Self as clap::Args>::augment_args(command)
    }
}
