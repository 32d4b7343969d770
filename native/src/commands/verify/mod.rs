//! `verify`: checks bundles with nothing but the operator's public key.

mod disputes;
mod documents;
mod report;
mod revocations;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use countersign_core::document::{DocumentError, peek_format};
use countersign_core::keys::PublicKey;
use countersign_core::limits::MAX_DISPUTE_DOCUMENT_SIZE;
use countersign_core::proof::{Judgement, KnownRevocation, VerifyOptions, judge_bundle};
use serde_json::{Value, json};

pub(super) use self::revocations::load as load_revocations;

use self::disputes::Disputes;
use self::documents::Documents;
use self::report::{ShownMalformed, ShownReport};
use super::Output;
use super::documents::NotADocument;
use super::failures::Refusal;
use super::shard::report_json;
use crate::args::{VerifyArgs, is_stdin};
use crate::exit::{Exit, Failure, FileError, Outcome, OutputError, error_object, one_line};

pub(super) fn run(args: &VerifyArgs, output: &mut Output<'_>) -> Outcome {
    let trusted = args.operator_public_key.load()?;
    let mut revocations = Vec::new();
    for path in &args.revocation {
        revocations.extend(revocations::load(path)?);
    }
    let mut verifier = Verifier {
        trusted,
        revocations,
        now_ms: args.now,
        disputes: Disputes::default(),
        tally: Tally::default(),
    };
    for path in &args.bundles {
        verifier.check_file(path, output)?;
    }
    verifier.check_disputes(output)?;
    Ok(verifier.tally.exit())
}

/// What became of the bundles so far.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    refused: u64,
    unchecked: u64,
}

impl Tally {
    /// One that was refused outweighs others that could not be checked.
    const fn exit(self) -> Exit {
        match (self.refused, self.unchecked) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

struct Verifier {
    trusted: PublicKey,
    revocations: Vec<KnownRevocation>,
    now_ms: Option<u64>,
    disputes: Disputes,
    tally: Tally,
}

impl Verifier {
    /// Checks every bundle in a file.
    fn check_file(&mut self, path: &Path, output: &mut Output<'_>) -> Result<(), OutputError> {
        let name = path.display().to_string();
        let opened: io::Result<Box<dyn Read>> = if is_stdin(path) {
            Ok(Box::new(io::stdin().lock()))
        } else {
            File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
        };
        let unreadable =
            |error| FileError { code: "file-unreadable", path: path.to_owned(), error };
        let file = match opened {
            Ok(file) => file,
            Err(error) => return self.cannot_check(&name, &unreadable(error), output),
        };
        let mut documents = Documents::new(file).enumerate().peekable();
        if documents.peek().is_none() {
            let message = format!("{name} is empty: there is no bundle in it");
            return self.cannot_check(&name, &Refusal { code: "no-bundle", message }, output);
        }
        while let Some((place, text)) = documents.next() {
            // A file with one bundle needs no number.
            let is_only = place == 0 && documents.peek().is_none();
            let name =
                if is_only { name.clone() } else { format!("{name}:{}", place.saturating_add(1)) };
            match text {
                Ok(text) => self.check(&name, text.get(), output)?,
                Err(error) if error.is_io() => {
                    return self.cannot_check(&name, &unreadable(error.into()), output);
                }
                Err(error) => {
                    let message = format!("{name} is no JSON document: {error}");
                    let refusal = Refusal { code: "document-malformed", message };
                    return self.cannot_check(&name, &refusal, output);
                }
            }
        }
        Ok(())
    }

    /// Checks one bundle; the documents of a dispute are kept until all are read.
    fn check(
        &mut self,
        name: &str,
        text: &str,
        output: &mut Output<'_>,
    ) -> Result<(), OutputError> {
        let kept = peek_format(text.as_bytes(), MAX_DISPUTE_DOCUMENT_SIZE)
            .and_then(|format| self.disputes.keep(name, &format, text));
        match kept {
            Ok(true) => return Ok(()),
            // What is wrong with a document of no known format is for the next step to say.
            Ok(false) | Err(DocumentError::UnknownFormat { .. }) => {}
            Err(error) => return self.cannot_check(name, &NotADocument::new(name, error), output),
        }
        let options = VerifyOptions { now_ms: self.now_ms, revocations: &self.revocations };
        match judge_bundle(text.as_bytes(), &self.trusted, &options) {
            Ok(judgement) => {
                self.tally.count(Some(judgement.is_valid()));
                let document = named(name, report_json(&judgement).unwrap_or_default());
                match &judgement {
                    Judgement::Checked(report) => {
                        output.print(&document, ShownReport { name, report })
                    }
                    Judgement::Malformed(malformed) => {
                        output.print(&document, ShownMalformed { name, malformed })
                    }
                }
            }
            Err(error) => {
                let (code, message) = (error.code(), format!("{name}: {error}"));
                self.cannot_check(name, &Refusal { code, message }, output)
            }
        }
    }

    /// Says why a bundle cannot be checked; others may well be.
    fn cannot_check(
        &mut self,
        name: &str,
        failure: &dyn Failure,
        output: &mut Output<'_>,
    ) -> Result<(), OutputError> {
        self.tally.count(None);
        output.note(format_args!("error: {}", one_line(&failure.to_string())));
        if output.json {
            let document = named(name, json!({ "error": error_object(failure) }));
            writeln!(output.stdout, "{document}").map_err(OutputError)?;
        }
        Ok(())
    }
}

/// The document with the file's name in it.
fn named(name: &str, mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.insert("file".to_owned(), name.into());
    }
    document
}
