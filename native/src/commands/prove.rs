//! `prove …`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::document::DocumentError;
use countersign_core::proof::ProofError;

use super::Output;
use crate::args::{ProveArgs, ProveCommand};
use crate::exit::{Exit, Failure, FileError, Outcome, OutputError};
use crate::progress;
use crate::prove::{ProveError, Prover};
use crate::store::disk::RealDisk;

/// Mode of a bundle: it is made to be handed on.
const BUNDLE_MODE: u32 = 0o644;

pub(super) fn run(command: ProveCommand, output: &mut Output<'_>) -> Outcome {
    match command {
        ProveCommand::Inclusion(args) => {
            let bundle = open(&args.prove)?.inclusion(Seq(args.seq))?;
            write(bundle.to_json(), &args.prove, output)
        }
        ProveCommand::Records(args) => {
            let seqs: Vec<_> = args.seq.iter().copied().map(Seq).collect();
            let bundle = open(&args.prove)?.records(&seqs)?;
            write(bundle.to_json(), &args.prove, output)
        }
        ProveCommand::Consistency(args) => {
            let bundle = open(&args.prove)?.consistency(args.from, args.to)?;
            write(bundle.to_json(), &args.prove, output)
        }
        ProveCommand::Exclusion(args) => {
            let bundle = open(&args.prove)?.exclusion(&args.member.0, &args.op_id, args.batch)?;
            write(bundle.to_json(), &args.prove, output)
        }
        ProveCommand::Statement(args) => {
            let bundle = open(&args.prove)?.statement(&args.member.0, args.batch)?;
            if bundle.proof.records.is_empty() {
                let batch = bundle.settlement.batch_id(bundle.shard_id);
                output.note(format_args!(
                    "the member has no entry in batch {batch}; the statement shows just that"
                ));
            }
            write(bundle.to_json(), &args.prove, output)
        }
    }
}

/// A prover, once the output is known to be free: reading a log can take long.
fn open(args: &ProveArgs) -> Result<Prover<'static>, Box<dyn Failure>> {
    if let Some(path) = args.out.as_deref().filter(|path| !args.force && path.exists()) {
        return Err(unwritable(path, io::ErrorKind::AlreadyExists.into()).into());
    }
    let bar = progress::busy("reading the log");
    let prover = Prover::open(&RealDisk, &args.dir);
    bar.finish_and_clear();
    Ok(prover?)
}

fn write(
    json: Result<String, DocumentError>,
    args: &ProveArgs,
    output: &mut Output<'_>,
) -> Outcome {
    let json = json.map_err(|error| ProveError::from(ProofError::Document(error)))?;
    write_document(&json, args.out.as_deref(), args.force, output)?;
    Ok(Exit::Done)
}

/// Writes a document to a file, or to standard output.
pub(super) fn write_document(
    json: &str,
    path: Option<&Path>,
    is_replacing: bool,
    output: &mut Output<'_>,
) -> Result<(), Box<dyn Failure>> {
    let Some(path) = path else {
        return Ok(writeln!(output.stdout, "{json}").map_err(OutputError)?);
    };
    let mut options = OpenOptions::new();
    options.write(true).mode(BUNDLE_MODE);
    if is_replacing {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| writeln!(file, "{json}"));
    Ok(written.map_err(|error| unwritable(path, error))?)
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
