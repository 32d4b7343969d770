//! The `countersign` binary.

use std::io::{self, BufWriter};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args_os().collect();
    let mut stdout = BufWriter::new(io::stdout().lock());
    countersign::commands::run(arguments, &mut stdout, &mut io::stderr()).into()
}
