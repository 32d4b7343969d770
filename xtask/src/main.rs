//! The project's own chores: `cargo xtask help` lists them.

mod bench;
mod checks;
mod fuzz;
mod install;
mod licences;
mod page;
mod run;
mod shell;
mod web;

use std::process::ExitCode;

use shell::{Failure, Outcome};

const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands:
  run [ARGS…]              build page and binary and run it with ARGS; without any, the demo in ./demo
  test [--list | CHECK…]   install what is missing and run every check, or only those named
  package                  build the npm package into target/npm
  page                     build the page into target/page; wants Node
  bench [web | FILTER…]    run every benchmark, optimised, and name the machine; `web`: the npm package's
  fuzz [TARGET] [SECONDS]  fuzz one target, or each for 60 seconds; wants a nightly toolchain
  licences                 check licences, sources and bans of all dependencies against deny.toml
  help                     show this text

Example: cargo xtask test clippy tests";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    match (command.as_str(), rest) {
        ("run", rest) => run::run(rest),
        ("test", [flag]) if flag == "--list" => {
            checks::list();
            Ok(())
        }
        ("test", names) => checks::test(names),
        ("package", []) => web::package::package().map(|path| println!("{}", path.display())),
        ("page", []) => page::page(),
        ("bench", filters) => bench::bench(filters),
        ("fuzz", rest) => fuzz::fuzz(rest),
        ("licences", []) => licences::check(),
        ("help" | "--help" | "-h", _) => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(Failure::new(format!(
            "unknown command `{}`; `cargo xtask help` lists them",
            arguments.join(" ")
        ))),
    }
}
