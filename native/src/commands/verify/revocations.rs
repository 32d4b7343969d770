//! The files of `verify --revocation`.

use std::fs::File;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::document::{RevocationDocument, read};
use countersign_core::keys::Revocation;
use countersign_core::limits::MAX_KEY_DOCUMENT_SIZE;
use countersign_core::proof::KnownRevocation;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::failures::Refusal;
use super::documents::Documents;
use crate::exit::{Failure, FileError};

/// A revocation alone.
#[derive(Deserialize)]
#[serde(transparent)]
struct Alone(#[serde(with = "RevocationDocument")] Revocation);

/// A record as `shard tail` prints it.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(default)]
    kind: Option<String>,
    seq: Option<String>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// The revocations in a file: records as `shard tail` prints them, or their bodies alone. Records
/// of other kinds are passed over.
pub(in crate::commands) fn load(path: &Path) -> Result<Vec<KnownRevocation>, Box<dyn Failure>> {
    let file = File::open(path);
    let file =
        file.map_err(|error| FileError { code: "file-unreadable", path: path.to_owned(), error })?;
    let refused = |what: String| Refusal {
        code: "revocation-malformed",
        message: format!("{} holds no revocation: {what}", path.display()),
    };
    let mut found = Vec::new();
    for text in Documents::new(file) {
        let text = text.map_err(|error| Refusal {
            code: "revocation-malformed",
            message: format!("{} is no JSON document: {error}", path.display()),
        })?;
        let line: Line<'_> =
            serde_json::from_str(text.get()).map_err(|error| refused(error.to_string()))?;
        let (body, seq) = match (line.kind.as_deref(), line.body) {
            (Some("PROCESS_KEY_REVOKE"), Some(body)) => (body.get(), line.seq),
            (Some(_), _) => continue,
            (None, _) if line.seq.is_some() => continue,
            (None, _) => (text.get(), None),
        };
        let Alone(revocation) = read(body.as_bytes(), MAX_KEY_DOCUMENT_SIZE)
            .map_err(|error| refused(error.to_string()))?;
        let seq = seq.map(|seq| seq.parse().map(Seq)).transpose();
        let seq = seq.map_err(|_| refused("its seq is no number".to_owned()))?;
        found.push(KnownRevocation { revocation, seq });
    }
    if found.is_empty() {
        return Err(refused("give the record of one, as `shard tail` prints it".to_owned()).into());
    }
    Ok(found)
}
