//! `cargo xtask test wasm` and `cargo xtask test browsers`.

use std::path::Path;
use std::process::Command;

use super::{package, tools};
use crate::install::WEB_TARGET;
use crate::page;
use crate::shell::{self, Failure, Outcome};

/// Why nothing that needs Node was run.
pub(crate) const NO_NODE: &str = "Node 20.19 or newer, with npm, is not on this machine";
/// Where the tests of the package's modules lie.
const SCRIPT_TESTS: &str = "wasm/npm/test";

/// No warning in what is compiled for browsers alone: core's vectors, the package and its tests.
pub(crate) fn clippy() -> Outcome {
    for (package, targets) in [("countersign-core", "--lib"), ("countersign-wasm", "--all-targets")]
    {
        let mut command = shell::cargo();
        command.args(["clippy", "--locked", "--package", package, targets, "--target", WEB_TARGET]);
        shell::run(command.args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// The vectors in Node; the package: its modules, its size, native reports against its own, and
/// what is made of it by a bundler, by Node, by a worker, by a page and by a compiler.
pub(crate) fn wasm() -> Outcome {
    if !page::can_build() {
        println!("skipped: {NO_NODE}");
        return Ok(());
    }
    package::package()?;
    shell::run(&mut rust_tests())?;
    let mut tests = Vec::new();
    let directory = shell::root().join(SCRIPT_TESTS);
    let entries = std::fs::read_dir(&directory)
        .map_err(|error| Failure::new(format!("cannot list {SCRIPT_TESTS}: {error}")))?;
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.to_str().is_some_and(|name| name.ends_with(".test.mjs")) {
            tests.push(path);
        }
    }
    tests.sort();
    shell::run(shell::program("node").arg("--test").args(tests))
}

/// The vectors in every browser that there is, by wasm-pack, as users call it.
pub(crate) fn browsers() -> Outcome {
    tools::install_wasm_bindgen()?;
    tools::install_wasm_pack()?;
    install_browsers();
    let mut build = tools::wasm_pack()?;
    build.args(["build", "--mode", "no-install", "--target", "web"]);
    build.args(["--out-dir", "../target/wasm-pack", "wasm", "--locked"]);
    shell::run(&mut build)?;
    let mut ran = 0;
    if let Some(driver) = found("chromedriver").filter(|_| found("chromium").is_some()) {
        println!("in Chromium");
        in_browser(["--chrome", "--chromedriver", &driver])?;
        ran += 1;
    }
    if found("firefox-esr").or_else(|| found("firefox")).is_some() {
        println!("in Firefox");
        tools::install_geckodriver()?;
        let driver = shell::root().join(".tools/bin/geckodriver").display().to_string();
        in_browser(["--firefox", "--geckodriver", &driver])?;
        ran += 1;
    }
    if ran == 0 {
        println!("skipped: neither Chromium with chromedriver nor Firefox is on this machine");
    }
    Ok(())
}

fn in_browser(arguments: [&str; 3]) -> Outcome {
    let mut command = tools::wasm_pack()?;
    // Busy machines need more than the usual 20 seconds for a test.
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    command.args(["test", "--headless", "--mode", "no-install"]).args(arguments);
    shell::run(command.args(["wasm", "--locked"]))
}

fn rust_tests() -> Command {
    let mut command = shell::cargo();
    command.args(["test", "--locked", "--package", "countersign-wasm", "--tests"]);
    command.args(["--target", WEB_TARGET]);
    command
}

fn found(program: &str) -> Option<String> {
    let asked = format!("command -v {program}");
    let answer = shell::output(shell::program("sh").args(["-c", &asked])).ok()?;
    Some(answer.trim().to_owned()).filter(|path| Path::new(path).is_file())
}

/// Only root can install them, and only Debian's package manager is known here.
pub(crate) fn install_browsers() {
    let has_both = found("chromedriver").is_some() && found("firefox-esr").is_some();
    let is_root = shell::output(shell::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if has_both || !is_root || found("apt-get").is_none() {
        return;
    }
    println!("installing Chromium and Firefox");
    let apt = |arguments: &[&str]| {
        let mut command = shell::program("apt-get");
        shell::run(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    let packages = ["chromium", "chromium-driver", "firefox-esr"];
    let install = ["install", "--quiet=2", "--yes", "--no-install-recommends"];
    let installed = apt(&["update", "--quiet=2"])
        .and_then(|()| apt(&[install.as_slice(), packages.as_slice()].concat()));
    if let Err(failure) = installed {
        println!("they could not be installed, so what needs them will be skipped: {failure}");
    }
}
