//! How a command ends: its exit code, and the one line that says why.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Map, Value};

use crate::input::{InputError, OpenError};
use crate::key_file::KeyFileError;

/// The exit codes. A script may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, or verified.
    Done = 0,
    /// Checked and refused: a proof, a shard, an event does not hold.
    Refused = 1,
    /// Could not check or do it: usage, a missing file, a lock, a full disk, an expired key.
    Failed = 2,
    /// The data on disk is corrupt.
    Corrupt = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that ends a command. Its `Display` is the message: one sentence with the place and
/// what to do.
pub trait Failure: fmt::Display + fmt::Debug {
    /// A stable kebab-case code.
    fn code(&self) -> &str;

    /// Which exit code it means.
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    /// What `--json` tells beside `code` and `message`, in the log's names.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
}

impl<'a, F: Failure + 'a> From<F> for Box<dyn Failure + 'a> {
    fn from(failure: F) -> Self {
        Box::new(failure)
    }
}

/// What a command returns: a verdict, or why there is none.
pub type Outcome = Result<Exit, Box<dyn Failure>>;

/// The object under `error` in `--json` output.
pub fn error_object(failure: &dyn Failure) -> Value {
    let mut object: Map<String, Value> =
        failure.fields().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    object.insert("code".to_owned(), failure.code().into());
    object.insert("message".to_owned(), failure.to_string().into());
    Value::Object(object)
}

/// Reports a failure: one line on `stderr`, and with `json` the same as a document on `stdout`.
/// Returns the exit code. Nobody is left to tell when these streams fail too.
pub fn report(
    failure: &dyn Failure,
    json: bool,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Exit {
    let is_pipe_closed = failure.code() == OutputError::CLOSED;
    if !is_pipe_closed {
        let _ = writeln!(stderr, "error: {}", one_line(&failure.to_string()));
        if json {
            let document = serde_json::json!({ "error": error_object(failure) });
            let _ = writeln!(stdout, "{document}");
        }
    }
    let _ = stdout.flush();
    failure.exit()
}

/// The text with control characters escaped: a file name may hold a newline or worse.
pub(crate) fn one_line(text: &str) -> String {
    let escape =
        |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(escape).collect()
}

/// The results could not be written to stdout.
#[derive(Debug)]
pub struct OutputError(pub io::Error);

impl OutputError {
    /// The code of a reader that went away, as `head` does. That is said by the exit code alone.
    const CLOSED: &'static str = "output-closed";
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the results cannot be written: {}", self.0)
    }
}

impl Failure for OutputError {
    fn code(&self) -> &str {
        match self.0.kind() {
            io::ErrorKind::BrokenPipe => Self::CLOSED,
            _ => "output-unwritable",
        }
    }
}

/// The command line could not be understood.
#[derive(Debug)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Failure for UsageError {
    fn code(&self) -> &'static str {
        "usage"
    }
}

/// A file could not be read or written.
#[derive(Debug)]
pub struct FileError {
    /// `file-unreadable`, `file-unwritable` or a more exact code.
    pub code: &'static str,
    /// The file.
    pub path: std::path::PathBuf,
    /// What the operating system said.
    pub error: io::Error,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

impl Failure for FileError {
    fn code(&self) -> &str {
        self.code
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("path", self.path.display().to_string().into())]
    }
}

impl Failure for KeyFileError {
    fn code(&self) -> &str {
        self.code()
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let path = self.path().map(|path| ("path", path.display().to_string().into()));
        path.into_iter().collect()
    }
}

impl Failure for InputError {
    fn code(&self) -> &str {
        self.code
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let field = self.field.as_ref().map(|field| ("field", field.as_str().into()));
        std::iter::once(("line", self.line.into())).chain(field).collect()
    }
}

impl Failure for OpenError {
    fn code(&self) -> &str {
        self.code()
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Header(error) => error.fields(),
            Self::Io(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(failure: &dyn Failure, json: bool) -> (Exit, String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let exit = report(failure, json, &mut stdout, &mut stderr);
        (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    #[test]
    fn an_error_is_one_line_and_with_json_a_document_too() {
        let error = KeyFileError::Exists("a\nb\u{1b}.key".into());
        let (exit, stdout, stderr) = reported(&error, false);
        assert_eq!((exit, stdout.as_str()), (Exit::Failed, ""));
        assert!(stderr.starts_with("error: a\\nb\\u{1b}.key exists already"), "{stderr}");
        assert_eq!(stderr.matches('\n').count(), 1);

        let (_, stdout, _) = reported(&error, true);
        let document: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(document["error"]["code"], "key-file-exists");
        assert_eq!(document["error"]["path"], "a\nb\u{1b}.key");
        assert!(document["error"]["message"].as_str().unwrap().contains("exists already"));
        assert_eq!(stdout.matches('\n').count(), 1);
    }

    #[test]
    fn a_reader_that_went_away_is_told_nothing() {
        let closed = OutputError(io::ErrorKind::BrokenPipe.into());
        assert_eq!(reported(&closed, true), (Exit::Failed, String::new(), String::new()));
        let full = OutputError(io::ErrorKind::StorageFull.into());
        assert!(reported(&full, false).2.starts_with("error: the results cannot be written"));
    }

    #[test]
    fn an_input_error_names_line_and_field() {
        let error = InputError {
            line: 7,
            field: Some("amount".into()),
            code: "invalid-amount",
            message: "no".into(),
        };
        let expected = serde_json::json!({
            "code": "invalid-amount", "field": "amount", "line": 7, "message": "line 7, amount: no",
        });
        assert_eq!(error_object(&error), expected);
    }

    #[test]
    fn exit_codes_are_those_that_are_promised() {
        let codes = [Exit::Done, Exit::Refused, Exit::Failed, Exit::Corrupt].map(|exit| exit as u8);
        assert_eq!(codes, [0, 1, 2, 3]);
    }
}
