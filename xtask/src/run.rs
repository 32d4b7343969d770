//! `cargo xtask run`: the shortest way from a checkout to something to look at.

use crate::shell::{self, Outcome};

/// Without arguments: everything the demo does except keeping a server open.
const DEMO: [&str; 4] = ["demo", "--no-serve", "--dir", "demo"];

/// Builds the binary and runs it.
///
/// In the dev profile: it optimises too, but without the whole-program pass of a release, so the
/// first result on a fresh machine comes in about half the time, and the tests reuse the build.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--locked", "--package", "countersign", "--bin"]);
    command.args(["countersign", "--"]);
    match arguments.first() {
        None => command.args(DEMO),
        // Flags alone are the demo's.
        Some(first) if first.starts_with('-') => command.arg("demo").args(arguments),
        Some(_) => command.args(arguments),
    };
    shell::run(&mut command)
}
