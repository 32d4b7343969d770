//! Tools that only the npm package needs, each in its pinned version.

use std::path::PathBuf;
use std::process::Command;

use crate::shell::{self, Failure, Outcome};

/// Where the npm package's own tools are listed and installed.
pub(super) const TOOLS_DIRECTORY: &str = "wasm";

/// The crate and its command-line tool exchange data in a format that each release may change.
pub(super) fn install_wasm_bindgen() -> Outcome {
    let version = locked_version("wasm-bindgen")?;
    let shown = shell::output(wasm_bindgen().arg("--version")).unwrap_or_default();
    if shown.trim() == format!("wasm-bindgen {version}") {
        return Ok(());
    }
    println!("installing wasm-bindgen {version} into .tools");
    // Without default features: TLS, which the test runner does not need for its own machine.
    let arguments = ["--debug", "--locked", "--no-default-features", "wasm-bindgen-cli"];
    install_from_crates(&arguments, &version)
}

/// What many build packages with; it finds the other tools in `PATH`.
pub(super) fn install_wasm_pack() -> Outcome {
    const VERSION: &str = "0.15.1";
    let shown = shell::output(wasm_pack()?.arg("--version")).unwrap_or_default();
    if shown.trim() == format!("wasm-pack {VERSION}") {
        return Ok(());
    }
    println!("installing wasm-pack {VERSION} into .tools");
    install_from_crates(&["--debug", "--locked", "wasm-pack"], VERSION)
}

/// Drives Firefox for the tests.
pub(super) fn install_geckodriver() -> Outcome {
    if shell::succeeds(geckodriver().arg("--version")) {
        return Ok(());
    }
    println!("installing geckodriver into .tools");
    install_from_crates(&["--debug", "--locked", "geckodriver"], "0.37.1")
}

fn install_from_crates(arguments: &[&str], version: &str) -> Outcome {
    let mut command = shell::cargo();
    // They are built once and thrown away: debug information would be most of the work.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", "target/tools");
    command.args(["install", "--root", ".tools", "--force", "--version", &format!("={version}")]);
    shell::run(command.args(arguments))
}

/// The version of a package in the lock file.
fn locked_version(package: &str) -> Outcome<String> {
    let lock = shell::read("Cargo.lock")?;
    let start = format!("name = \"{package}\"\nversion = \"");
    let version = lock.split(&start).nth(1).and_then(|rest| rest.split('"').next());
    version.map(str::to_owned).ok_or_else(|| Failure::new(format!("Cargo.lock has no {package}")))
}

/// What `package-lock.json` names; asks nobody when it is there already.
pub(super) fn install_npm_tools() -> Outcome {
    let lock = shell::root().join(TOOLS_DIRECTORY).join("package-lock.json");
    let installed = shell::root().join(TOOLS_DIRECTORY).join("node_modules/.package-lock.json");
    let time = |path: PathBuf| path.metadata().and_then(|file| file.modified());
    if matches!((time(lock), time(installed)), (Ok(lock), Ok(installed)) if lock <= installed) {
        return Ok(());
    }
    println!("installing the npm tools of {TOOLS_DIRECTORY}");
    shell::run(shell::program("npm").args(["ci", "--prefix", TOOLS_DIRECTORY]))
}

pub(super) fn wasm_bindgen() -> Command {
    shell::program(shell::root().join(".tools/bin/wasm-bindgen"))
}

/// wasm-pack, with the tools that it calls before all others in its `PATH`.
pub(super) fn wasm_pack() -> Outcome<Command> {
    let tools = shell::root().join(".tools/bin");
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([tools.clone()].into_iter().chain(std::env::split_paths(&others)))
            .map_err(|error| Failure::new(format!("cannot extend PATH: {error}")))?;
    let mut command = shell::program(tools.join("wasm-pack"));
    command.env("PATH", path);
    Ok(command)
}

fn geckodriver() -> Command {
    shell::program(shell::root().join(".tools/bin/geckodriver"))
}

/// A command of an npm tool, started in the root.
pub(super) fn npm_tool(name: &str) -> Command {
    shell::program(shell::root().join(TOOLS_DIRECTORY).join("node_modules/.bin").join(name))
}
