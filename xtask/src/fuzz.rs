//! `cargo xtask fuzz`: libFuzzer over the targets of `core/fuzz`.

use std::process::Command;

use crate::shell::{self, Failure, Outcome};

const TARGETS_DIRECTORY: &str = "core/fuzz/fuzz_targets";
const DEFAULT_SECONDS: u64 = 60;

/// Fuzzes the target named, or all of them in turn.
pub(crate) fn fuzz(arguments: &[String]) -> Outcome {
    let targets = targets()?;
    let (chosen, seconds) = match arguments {
        [] => (targets, DEFAULT_SECONDS),
        [target] => (vec![known(&targets, target)?], DEFAULT_SECONDS),
        [target, seconds] => {
            let seconds = seconds
                .parse()
                .map_err(|_| Failure::new(format!("`{seconds}` is no whole number of seconds")))?;
            (vec![known(&targets, target)?], seconds)
        }
        _ => return Err(Failure::new("usage: cargo xtask fuzz [TARGET] [SECONDS]")),
    };
    check_tools()?;
    for target in chosen {
        println!("=== {target}: {seconds} seconds");
        // Finds go to the first directory, so that the kept seeds stay as they are.
        let finds = shell::root().join("core/fuzz/target/corpus").join(&target);
        std::fs::create_dir_all(&finds)
            .map_err(|error| Failure::new(format!("cannot create {}: {error}", finds.display())))?;
        let mut command = nightly_cargo();
        command.args(["fuzz", "run", "--fuzz-dir", "core/fuzz", &target]).arg(finds);
        command.arg(format!("core/fuzz/corpus/{target}"));
        shell::run(command.args(["--", &format!("-max_total_time={seconds}")]))?;
    }
    Ok(())
}

fn targets() -> Outcome<Vec<String>> {
    let entries = std::fs::read_dir(shell::root().join(TARGETS_DIRECTORY))
        .map_err(|error| Failure::new(format!("cannot list {TARGETS_DIRECTORY}: {error}")))?;
    let mut targets: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    targets.sort();
    Ok(targets)
}

fn known(targets: &[String], target: &str) -> Outcome<String> {
    if targets.iter().any(|known| known == target) {
        return Ok(target.to_owned());
    }
    let known = targets.join(", ");
    Err(Failure::new(format!("there is no fuzz target `{target}`; there are: {known}")))
}

/// Cargo of the nightly toolchain, free of what the pinned one has set for its children.
fn nightly_cargo() -> Command {
    let mut command = shell::program("rustup");
    command.args(["run", "nightly", "cargo"]);
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
        command.env_remove(variable);
    }
    command
}

fn check_tools() -> Outcome {
    let tools = [
        (nightly_cargo(), "--version", "rustup toolchain install nightly --profile minimal"),
        (nightly_cargo(), "fuzz", "cargo install --locked cargo-fuzz --version 0.13.1"),
        (shell::program("c++"), "--version", "apt-get install g++, or your system's like"),
    ];
    let mut missing = Vec::new();
    for (mut command, argument, advice) in tools {
        command.arg(argument);
        if argument == "fuzz" {
            command.arg("--version");
        }
        if !shell::succeeds(&mut command) {
            missing
                .push(format!("`{}` does not run; install with: {advice}", shell::shown(&command)));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Failure::new(missing.join("\n       "))) }
}
