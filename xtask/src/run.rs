//! `cargo xtask run`: the shortest way from a checkout to something to look at.

use crate::page;
use crate::shell::{self, Outcome};

/// Without arguments: everything the demo does, the page at its end.
const DEMO: [&str; 3] = ["demo", "--dir", "demo"];

/// Builds the page, where Node is there to do it, and the binary, and runs that.
///
/// In the dev profile: it optimises too, but without the whole-program pass of a release, so the
/// first result on a fresh machine comes in about half the time, and the tests reuse the build.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let is_demo = arguments.first().is_none_or(|first| first.starts_with('-') || first == "demo");
    let wants_page =
        is_demo && !arguments.iter().any(|flag| flag == "--no-serve" || flag == "--help");
    if wants_page && !page::is_built() {
        build_page();
    }
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

/// The demo shows what it has to show without the page too.
fn build_page() {
    if !page::can_build() {
        println!("there is no Node here, so the page is left out");
    } else if let Err(failure) = page::page() {
        println!("the page is left out: {failure}");
    }
}
