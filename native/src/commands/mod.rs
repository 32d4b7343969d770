//! The commands. Each is a function from its arguments to an [`Outcome`], which prints its results
//! to one given writer, remarks to the other, and nothing anywhere else.

mod accounts;
mod bmt;
mod certificate;
mod completions;
mod demo;
mod dispute;
mod documents;
mod failures;
mod key;
mod key_log;
mod man;
mod prove;
mod serve;
mod shard;
mod verify;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;

use clap::Parser as _;
use clap::error::ErrorKind;
use serde_json::Value;

use crate::args::{Args, Command};
use crate::exit::{Exit, Outcome, OutputError, UsageError, report};

/// Where results go, and in which form.
pub struct Output<'w> {
    /// Whether results are JSON.
    pub json: bool,
    /// Standard output.
    pub stdout: &'w mut dyn Write,
    /// Standard error.
    pub stderr: &'w mut dyn Write,
}

impl Output<'_> {
    /// Prints one result: `document` with `--json`, else `text`, each with a newline behind it.
    pub fn print(&mut self, document: &Value, text: impl Display) -> Result<(), OutputError> {
        let written = if self.json {
            writeln!(self.stdout, "{document}")
        } else {
            writeln!(self.stdout, "{text}")
        };
        written.map_err(OutputError)
    }

    /// Says something beside the result, on standard error. Nobody is left to tell when that fails.
    pub fn note(&mut self, text: impl Display) {
        let _ = writeln!(self.stderr, "{text}");
    }
}

/// Runs the command that `arguments` name, the program's own name first. Results go to `stdout`,
/// an error to `stderr` (and with `--json` to `stdout` as well). Returns the exit code.
///
/// ```
/// use countersign::commands::run;
/// use countersign::exit::Exit;
///
/// let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
/// let arguments = ["countersign", "key", "show", "no-such.key"].map(Into::into);
/// assert_eq!(run(arguments.to_vec(), &mut stdout, &mut stderr), Exit::Failed);
/// assert!(stderr.starts_with(b"error: key file no-such.key cannot be read"));
/// ```
pub fn run(arguments: Vec<OsString>, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Exit {
    // Needed also where the arguments cannot be parsed.
    let asks_for_json = arguments
        .iter()
        .skip(1)
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--json");
    let (json, outcome) = match Args::try_parse_from(arguments) {
        Ok(args) => {
            let mut output = Output { json: args.json, stdout: &mut *stdout, stderr: &mut *stderr };
            (args.json, dispatch(args.command, &mut output))
        }
        Err(error) => (asks_for_json, answer(&error, stdout, stderr)),
    };
    let flushed = |exit| match stdout.flush() {
        Ok(()) => Ok(exit),
        Err(error) => Err(OutputError(error).into()),
    };
    match outcome.and_then(flushed) {
        Ok(exit) => exit,
        Err(failure) => report(failure.as_ref(), json, stdout, stderr),
    }
}

fn dispatch(command: Command, output: &mut Output<'_>) -> Outcome {
    match command {
        Command::Demo(args) => demo::run(&args, output),
        Command::Key(command) => key::run(command, output),
        Command::Shard(command) => shard::run(command, output),
        Command::Prove(command) => prove::run(command, output),
        Command::Verify(args) => verify::run(&args, output),
        Command::Dispute(command) => dispute::run(command, output),
        Command::Accounts(args) => accounts::run(&args, output),
        Command::Bmt(command) => bmt::run(command, output),
        Command::Serve(args) => serve::run(&args, output),
        Command::Completions(args) => completions::run(&args, output),
        Command::Man(args) => man::run(&args, output),
    }
}

/// Answers arguments that name no command to run: help, the version, or an error.
fn answer(error: &clap::Error, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Outcome {
    let text = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write!(stdout, "{text}").map_err(OutputError)?;
            Ok(Exit::Done)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Nobody is left to tell when stderr fails.
            let _ = writeln!(stderr, "{text}");
            Err(UsageError("a command is missing; --help lists them".to_owned()).into())
        }
        _ => Err(usage(&text.to_string()).into()),
    }
}

/// The message of a `clap` error, without its paragraphs: what is wrong, tips, and where to look.
fn usage(text: &str) -> UsageError {
    let text = text.split("\nUsage:").next().unwrap_or_default();
    let text = text.split("\nFor more information").next().unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().skip_while(|word| *word == "error:").collect();
    UsageError(format!("{}; --help shows the usage", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn ran(arguments: &[&str]) -> (Exit, String, String) {
        let arguments = ["countersign"].iter().chain(arguments).map(Into::into).collect();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let exit = run(arguments, &mut stdout, &mut stderr);
        (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    #[test]
    fn help_and_version_are_results() {
        for arguments in [&["--help"][..], &["key", "--help"], &["key", "generate", "--help"]] {
            let (exit, stdout, stderr) = ran(arguments);
            assert_eq!((exit, stderr.as_str()), (Exit::Done, ""));
            assert!(stdout.contains("Example:\n  countersign "));
        }
        let (exit, stdout, _) = ran(&["--version"]);
        assert_eq!(exit, Exit::Done);
        assert!(stdout.starts_with("countersign 0"), "{stdout}");
    }

    #[test]
    fn wrong_usage_is_one_line() {
        for (arguments, part) in [
            (&["key", "generate"][..], "--out <FILE>"),
            (&["frobnicate"], "'frobnicate'"),
            (&["key", "show", "a", "b"], "'b'"),
            (&["completions", "clippy"], "bash"),
            (&["key", "generate", "--ou", "x"], "'--out'"),
        ] {
            let (exit, stdout, stderr) = ran(arguments);
            assert_eq!((exit, stdout.as_str()), (Exit::Failed, ""), "{arguments:?}");
            assert_eq!(stderr.matches('\n').count(), 1, "{stderr}");
            assert!(stderr.starts_with("error: ") && stderr.contains(part), "{stderr}");
        }
        let (exit, stdout, _) = ran(&["key", "generate", "--json"]);
        let document: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((exit, &document["error"]["code"]), (Exit::Failed, &"usage".into()));
    }

    #[test]
    fn no_command_shows_the_help_as_an_error() {
        for arguments in [&[][..], &["key"]] {
            let (exit, stdout, stderr) = ran(arguments);
            assert_eq!((exit, stdout.as_str()), (Exit::Failed, ""));
            assert!(stderr.contains("Usage: countersign"), "{stderr}");
        }
        let document: Value = serde_json::from_str(&ran(&["--json", "key"]).1).unwrap();
        assert_eq!(document["error"]["code"], "usage");
    }

    #[test]
    fn a_reader_that_went_away_ends_the_command_quietly() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut stderr = Vec::new();
        let arguments = ["countersign", "man"].map(Into::into).to_vec();
        assert_eq!(run(arguments, &mut Closed, &mut stderr), Exit::Failed);
        assert_eq!(stderr, b"");
    }
}
