//! `serve`, and the end of `demo`.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::json;

use super::Output;
use super::failures::Refusal;
use crate::args::ServeArgs;
use crate::exit::{Exit, Failure, Outcome, OutputError};
use crate::serve::{self, ServeError, Server, Site};
use crate::signal::Interrupt;
use crate::store::disk::RealDisk;
use crate::store::shard_status;

impl Failure for ServeError {
    fn code(&self) -> &str {
        Self::code(self)
    }
}

pub(super) fn run(args: &ServeArgs, output: &mut Output<'_>) -> Outcome {
    let mut site = Site::default();
    for directory in &args.dirs {
        site = with_shard(site, directory)?;
    }
    let server = Server::bind(args.listen)?;
    serve_until_interrupted(server, site, output)
}

/// Adds the shard in a directory to what is served.
pub(super) fn with_shard(site: Site, directory: &Path) -> Result<Site, Box<dyn Failure>> {
    let status = shard_status(&RealDisk, directory)?;
    Ok(site.with_shard(directory, &status)?)
}

/// Says where it listens, and serves until Ctrl-C or SIGTERM.
pub(super) fn serve_until_interrupted(
    server: Server,
    site: Site,
    output: &mut Output<'_>,
) -> Outcome {
    let interrupt = Interrupt::watch().map_err(|error: io::Error| {
        let message = format!("signals cannot be watched: {error}");
        Refusal { code: "signals-unwatchable", message }
    })?;
    let address = server.address();
    if !Site::has_page() {
        output.note(
            "the page is not part of this program: `cargo xtask page` builds it, and the program \
             has to be built again after that; shards are served without it",
        );
    }
    if !address.ip().is_loopback() {
        output.note("anybody who can reach this address can read what is served");
    }
    let url = url(address);
    output.print(&json!({ "url": url }), format_args!("Serving {url} until Ctrl-C"))?;
    output.stdout.flush().map_err(OutputError)?;
    serve::serve(server, site, &interrupt);
    Ok(Exit::Done)
}

/// What to open in a browser on this machine.
fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}/", address.port())
    } else {
        format!("http://{address}/")
    }
}
