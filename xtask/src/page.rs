//! `cargo xtask page`: the page with its samples, and `cargo xtask test page`: that it works.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Failure, Outcome};
use crate::web;

/// The page's sources.
const SOURCE: &str = "www";
/// The page, as the program embeds it.
const PAGE: &str = "target/page";
/// A run of the demo.
const DEMO: &str = "target/page-demo";

/// Whether what builds the page is on this machine: Node, which brings npm.
pub(crate) fn can_build() -> bool {
    ["node", "npm"].iter().all(|name| shell::succeeds(shell::program(name).arg("--version")))
}

/// Whether the page was built.
pub(crate) fn is_built() -> bool {
    shell::root().join(PAGE).join("index.html").is_file()
}

/// Builds the npm package, makes the samples, and builds the page.
pub(crate) fn page() -> Outcome {
    if !can_build() {
        return Err(Failure::new("the page needs Node 20.19 or newer, with npm"));
    }
    // Cheap when nothing has changed; a page that verifies as yesterday would be the worse bargain.
    web::package::package()?;
    install()?;
    let samples = demo()?.join("samples");
    shell::run(npm(&["run", "--silent", "build"]).env("COUNTERSIGN_SAMPLES", samples))
}

/// Type check, unit tests, build, and the page in every browser that is installed.
pub(crate) fn test() -> Outcome {
    if !can_build() {
        println!("skipped: {}", web::checks::NO_NODE);
        return Ok(());
    }
    page()?;
    web::checks::install_browsers();
    shell::run(&mut npm(&["run", "--silent", "typecheck"]))?;
    shell::run(&mut npm(&["test", "--silent"]))?;
    // Once more, now with the page inside: what `prove --html` writes is opened too.
    build_program()?;
    shell::run(&mut npm(&["run", "--silent", "e2e"]))
}

/// Installs what the lock file names, unless that was done since it last changed.
fn install() -> Outcome {
    let source = shell::root().join(SOURCE);
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let installed = changed(&source.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(&source.join("package-lock.json")) {
        return Ok(());
    }
    println!("installing what the page is built with");
    shell::run(&mut npm(&["ci", "--silent"]))
}

/// Runs the demo, for what it leaves behind; where that is.
pub(crate) fn demo() -> Outcome<PathBuf> {
    build_program()?;
    let demo = shell::root().join(DEMO);
    if demo.exists() {
        std::fs::remove_dir_all(&demo)
            .map_err(|error| Failure::new(format!("cannot clear {DEMO}: {error}")))?;
    }
    let mut command = program();
    command.args(["demo", "--no-serve", "--json", "--dir", DEMO]);
    shell::output(&mut command)?;
    Ok(demo.join("run-1"))
}

/// Makes an inclusion bundle with its whole settlement out of the demo's shard; where it is.
pub(crate) fn whole_inclusion(demo: &Path) -> Outcome<PathBuf> {
    let bundle = demo.join("whole-inclusion.json");
    let mut command = program();
    command.args(["prove", "inclusion", "--seq", "5000", "--whole"]).arg(demo.join("shard"));
    shell::run(command.arg("--out").arg(&bundle))?;
    Ok(bundle)
}

fn build_program() -> Outcome {
    shell::run(shell::cargo().args(["build", "--quiet", "--locked", "--package", "countersign"]))
}

fn program() -> Command {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--locked", "--package", "countersign", "--"]);
    command
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = shell::program("npm");
    command.current_dir(shell::root().join(SOURCE)).args(arguments);
    command
}
