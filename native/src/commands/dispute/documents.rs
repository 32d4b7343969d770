//! The documents of a dispute, as files.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use countersign_core::document::DocumentError;
use countersign_core::limits::MAX_DISPUTE_DOCUMENT_SIZE;

use super::super::failures::Refusal;
use crate::args::OutArgs;
use crate::commands::Output;
use crate::commands::prove::write_document;
use crate::exit::{Failure, FileError};
use crate::progress;
use crate::prove::Prover;
use crate::store::disk::RealDisk;

/// A file holds no document of the kind that it should.
#[derive(Debug)]
pub(super) struct NotADocument {
    path: PathBuf,
    error: DocumentError,
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
    Ok(parse(text).map_err(|error| NotADocument { path: path.to_owned(), error })?)
}

/// Writes a document to where it is wanted.
pub(super) fn write(
    json: Result<String, DocumentError>,
    out: &OutArgs,
    output: &mut Output<'_>,
) -> Result<(), Box<dyn Failure>> {
    write_document(&text(json)?, out.out.as_deref(), out.force, output)
}

/// A document's text.
pub(super) fn text(json: Result<String, DocumentError>) -> Result<String, Refusal> {
    json.map_err(|error| Refusal { code: error.code(), message: error.to_string() })
}

/// Refuses a file that exists before any work is done.
pub(super) fn check_free(out: &OutArgs) -> Result<(), FileError> {
    match out.out.as_deref().filter(|path| !out.force && path.exists()) {
        Some(path) => {
            let error = io::Error::other("the file exists already; --force replaces it");
            Err(FileError { code: "file-exists", path: path.to_owned(), error })
        }
        None => Ok(()),
    }
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
