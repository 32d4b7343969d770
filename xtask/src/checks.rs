//! `cargo xtask test`: every check, in order, until one fails.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::install::{BARE_TARGET, WEB_TARGET, install_missing};
use crate::licences;
use crate::page;
use crate::shell::{self, Failure, Outcome};
use crate::web;

enum Action {
    /// Runs cargo with these arguments.
    Cargo(&'static [&'static str]),
    /// Runs cargo with these arguments, having made sure that they select a test at all.
    SomeTests(&'static [&'static str]),
    /// Runs a function of our own.
    Call(fn() -> Outcome),
}

struct Check {
    name: &'static str,
    about: &'static str,
    /// Environment; a value the caller has set already is kept.
    variables: &'static [(&'static str, &'static str)],
    action: Action,
}

const FUZZ_MANIFEST: &str = "core/fuzz/Cargo.toml";

/// Cheap ones first; each later check reuses what the earlier ones built where it can.
const CHECKS: &[Check] = &[
    Check {
        name: "format",
        about: "all packages are formatted",
        variables: &[],
        action: Action::Cargo(&["fmt", "--all", "--check"]),
    },
    Check {
        name: "format-fuzz",
        about: "the fuzz package is formatted",
        variables: &[],
        action: Action::Cargo(&["fmt", "--check", "--manifest-path", FUZZ_MANIFEST]),
    },
    Check {
        name: "licences",
        about: "licences, sources and bans of all dependencies",
        variables: &[],
        action: Action::Call(licences::check),
    },
    Check {
        name: "clippy",
        about: "no warning in any target of any package",
        variables: &[],
        action: Action::Cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Check {
        name: "clippy-web",
        about: "nor in what is compiled for browsers alone",
        variables: &[],
        action: Action::Call(web::checks::clippy),
    },
    Check {
        name: "fuzz-targets",
        about: "the fuzz targets type-check without nightly, libFuzzer left out",
        variables: &[],
        action: Action::Cargo(&[
            "clippy",
            "--manifest-path",
            FUZZ_MANIFEST,
            "--no-default-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Check {
        name: "tests",
        about: "units, properties, vectors, faults, command line, house rules",
        // Only to see that it works: the million has a check of its own.
        variables: &[("CRASH_STATES", "20000")],
        action: Action::Cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--locked"]),
    },
    Check {
        name: "doc-tests",
        about: "every example in the documentation",
        variables: &[],
        action: Action::Cargo(&["test", "--workspace", "--doc", "--locked"]),
    },
    Check {
        name: "crash-states",
        about: "what a power cut may leave on a disk, in numbers",
        variables: &[("CRASH_STATES", "1000000")],
        action: Action::SomeTests(&[
            "test",
            "--package",
            "countersign-tests",
            "--test",
            "it",
            "--locked",
            "crash::",
            "--",
            "--nocapture",
        ]),
    },
    Check {
        name: "schedules",
        about: "the group commit under random thread schedules",
        variables: &[],
        action: Action::SomeTests(&[
            "test",
            "--package",
            "countersign",
            "--features",
            "shuttle",
            "--test",
            "schedules",
            "--locked",
        ]),
    },
    Check {
        name: "benches",
        about: "every benchmark runs once",
        variables: &[],
        action: Action::Cargo(&["test", "--workspace", "--bench", "*", "--locked"]),
    },
    Check {
        name: "bare-metal",
        about: "core builds where there is no std",
        variables: &[],
        action: Action::Cargo(&[
            "build",
            "--package",
            "countersign-core",
            "--target",
            BARE_TARGET,
            "--locked",
        ]),
    },
    Check {
        name: "web",
        about: "core builds for browsers",
        variables: &[],
        action: Action::Cargo(&[
            "build",
            "--package",
            "countersign-core",
            "--target",
            WEB_TARGET,
            "--locked",
        ]),
    },
    Check {
        name: "wasm",
        about: "the npm package: vectors, modules, size, parity, consumers",
        variables: &[],
        action: Action::Call(web::checks::wasm),
    },
    Check {
        name: "browsers",
        about: "the vectors in Chromium and Firefox, where there are any",
        variables: &[],
        action: Action::Call(web::checks::browsers),
    },
    Check {
        name: "page",
        about: "the page: types, units, and every scenario in each browser that is here",
        variables: &[],
        action: Action::Call(page::test),
    },
    Check {
        // Of what others read: not of the packages that stay here, and without private items, so
        // that a public page with a link to one fails.
        name: "docs",
        about: "the documentation builds without a warning",
        variables: &[("RUSTDOCFLAGS", "-D warnings")],
        action: Action::Cargo(&[
            "doc",
            "--no-deps",
            "--workspace",
            "--exclude",
            "countersign-tests",
            "--exclude",
            "xtask",
            "--locked",
        ]),
    },
];

/// Prints the checks.
pub(crate) fn list() {
    for check in CHECKS {
        println!("{:<14} {}", check.name, check.about);
    }
}

/// Runs the checks named, or all of them.
pub(crate) fn test(names: &[String]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| CHECKS.iter().all(|check| check.name != **name))
    {
        return Err(Failure::new(format!(
            "there is no check `{unknown}`; `cargo xtask test --list` shows them"
        )));
    }
    install_missing()?;
    let chosen: Vec<&Check> = CHECKS
        .iter()
        .filter(|check| names.is_empty() || names.iter().any(|name| name == check.name))
        .collect();
    let mut took = Vec::new();
    let mut failed = None;
    for (index, check) in chosen.iter().enumerate() {
        println!("\n=== {}/{} {}: {}", index + 1, chosen.len(), check.name, check.about);
        let start = Instant::now();
        let outcome = run(check);
        took.push(start.elapsed());
        println!("=== {} took {}", check.name, seconds(start.elapsed()));
        if let Err(failure) = outcome {
            failed = Some((check.name, failure));
            break;
        }
    }
    summarise(&chosen, &took, failed.is_some());
    failed.map_or(Ok(()), |(name, failure)| {
        Err(Failure::new(format!(
            "the check {name} failed: {failure}. Run it alone with: cargo xtask test {name}"
        )))
    })
}

fn run(check: &Check) -> Outcome {
    match check.action {
        Action::Cargo(arguments) => shell::run(&mut cargo(check, arguments)),
        Action::SomeTests(arguments) => {
            let mut listing = cargo(check, arguments);
            if !arguments.contains(&"--") {
                listing.arg("--");
            }
            let listed = shell::output(listing.args(["--list", "--format", "terse"]))?;
            if !listed.lines().any(|line| line.ends_with(": test")) {
                return Err(Failure::new(format!("`{}` finds no test", shell::shown(&listing))));
            }
            shell::run(&mut cargo(check, arguments))
        }
        Action::Call(function) => function(),
    }
}

fn cargo(check: &Check, arguments: &[&str]) -> Command {
    let mut command = shell::cargo();
    command.args(arguments);
    for (name, value) in check.variables {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    command
}

fn summarise(chosen: &[&Check], took: &[Duration], has_failed: bool) {
    println!("\n{:<14} {:<8} {:>9}", "check", "result", "time");
    for (index, check) in chosen.iter().enumerate() {
        let Some(time) = took.get(index) else {
            println!("{:<14} {:<8} {:>9}", check.name, "not run", "-");
            continue;
        };
        let is_last = index + 1 == took.len();
        let result = if has_failed && is_last { "FAILED" } else { "ok" };
        println!("{:<14} {result:<8} {:>9}", check.name, seconds(*time));
    }
    println!("{:<14} {:<8} {:>9}", "together", "", seconds(took.iter().sum()));
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
