//! Bundles and the documents of a dispute, as files.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use countersign_core::document::DocumentError;
use countersign_core::limits::MAX_DISPUTE_DOCUMENT_SIZE;

use super::Output;
use super::failures::Refusal;
use crate::args::OutArgs;
use crate::exit::{Failure, FileError, OutputError};
use crate::progress;
use crate::prove::Prover;
use crate::store::disk::RealDisk;

/// Mode of a document: it is made to be handed on.
const DOCUMENT_MODE: u32 = 0o644;

/// A file holds no document of the kind that it should.
#[derive(Debug)]
pub(super) struct NotADocument {
    path: PathBuf,
    error: DocumentError,
}

impl NotADocument {
    pub(super) fn new(path: impl Into<PathBuf>, error: DocumentError) -> Self {
        Self { path: path.into(), error }
    }
}

impl fmt::Display for NotADocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

impl Failure for NotADocument {
    fn code(&self) -> &str {
        self.error.code()
    }

    fn fields(&self) -> Vec<(&'static str, serde_json::Value)> {
        vec![("path", self.path.display().to_string().into())]
    }
}

/// Reads the document in a file; no more of it than a document may have.
pub(super) fn read<T>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, DocumentError>,
) -> Result<T, Box<dyn Failure>> {
    let mut bytes = Vec::new();
    let limit = MAX_DISPUTE_DOCUMENT_SIZE as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| FileError { code: "file-unreadable", path: path.to_owned(), error })?;
    let text = bytes.trim_ascii_end();
    Ok(parse(text).map_err(|error| NotADocument::new(path, error))?)
}

/// Writes a document to where it is wanted.
pub(super) fn write(
    json: Result<String, DocumentError>,
    out: &OutArgs,
    output: &mut Output<'_>,
) -> Result<(), Box<dyn Failure>> {
    write_text(&text(json)?, out, output)
}

/// Writes a text to where it is wanted, with a newline behind it.
pub(super) fn write_text(
    text: &str,
    out: &OutArgs,
    output: &mut Output<'_>,
) -> Result<(), Box<dyn Failure>> {
    let Some(path) = out.out.as_deref() else {
        return Ok(writeln!(output.stdout, "{text}").map_err(OutputError)?);
    };
    let mut options = OpenOptions::new();
    options.write(true).mode(DOCUMENT_MODE);
    if out.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| writeln!(file, "{text}"));
    Ok(written.map_err(|error| unwritable(path, error))?)
}

/// A document's text.
pub(super) fn text(json: Result<String, DocumentError>) -> Result<String, Refusal> {
    json.map_err(|error| Refusal { code: error.code(), message: error.to_string() })
}

/// Refuses a file that exists before any work is done: reading a log can take long.
pub(super) fn check_free(out: &OutArgs) -> Result<(), FileError> {
    match out.out.as_deref().filter(|path| !out.force && path.exists()) {
        Some(path) => Err(unwritable(path, io::ErrorKind::AlreadyExists.into())),
        None => Ok(()),
    }
}

fn unwritable(path: &Path, error: io::Error) -> FileError {
    let (code, error) = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            ("file-exists", io::Error::other("the file exists already; --force replaces it"))
        }
        _ => ("file-unwritable", error),
    };
    FileError { code, path: path.to_owned(), error }
}

/// A prover of the shard.
pub(super) fn prover(directory: &Path) -> Result<Prover<'static>, Box<dyn Failure>> {
    let bar = progress::busy("reading the log");
    let prover = Prover::open(&RealDisk, directory);
    bar.finish_and_clear();
    Ok(prover?)
}

/// A text that a document can take.
pub(super) fn fitting<T>(name: &'static str, max: usize, made: Option<T>) -> Result<T, Refusal> {
    made.ok_or_else(|| Refusal {
        code: "invalid-text",
        message: format!("{name} must have at most {max} bytes"),
    })
}
