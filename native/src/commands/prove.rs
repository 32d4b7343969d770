//! `prove …`.

use countersign_core::Seq;
use countersign_core::document::DocumentError;
use countersign_core::keys::PublicKey;
use countersign_core::proof::{AnyBundle, InclusionBundle, VerifyOptions, contradict};

use super::Output;
use super::documents::{check_free, prover, read, text, write_text};
use super::failures::Refusal;
use crate::args::{BundleOutArgs, OutArgs, ProveArgs, ProveCommand, ProveContradictionArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::prove::{OneFileError, Prover, fill_one_file};
use crate::serve::one_file_template;

pub(super) fn run(command: ProveCommand, output: &mut Output<'_>) -> Outcome {
    match command {
        ProveCommand::Inclusion(args) => {
            let mut prover = open(&args.prove)?;
            let (json, operator) = if args.content_address {
                let bundle = prover.placement(Seq(args.seq))?;
                output.note(format_args!(
                    "the file with the content address {} holds the record at byte {}",
                    bundle.proof.address, bundle.proof.offset
                ));
                (bundle.to_json(), bundle.operator_public_key)
            } else {
                let bundle = prover.inclusion(Seq(args.seq))?;
                let whole = text(bundle.to_json())?;
                let size = whole.len();
                let brief = if args.whole { None } else { brief(&prover, &bundle, size, output)? };
                (Ok(brief.unwrap_or(whole)), bundle.operator_public_key)
            };
            write(json, &operator, &args.prove.out, output)?;
        }
        ProveCommand::Records(args) => {
            let seqs: Vec<_> = args.seq.iter().copied().map(Seq).collect();
            let bundle = open(&args.prove)?.records(&seqs)?;
            write(bundle.to_json(), &bundle.operator_public_key, &args.prove.out, output)?;
        }
        ProveCommand::Consistency(args) => {
            let bundle = open(&args.prove)?.consistency(args.from, args.to)?;
            write(bundle.to_json(), &bundle.operator_public_key, &args.prove.out, output)?;
        }
        ProveCommand::Exclusion(args) => {
            let bundle = open(&args.prove)?.exclusion(&args.member.0, &args.op_id, args.batch)?;
            write(bundle.to_json(), &bundle.operator_public_key, &args.prove.out, output)?;
        }
        ProveCommand::Statement(args) => {
            let bundle = open(&args.prove)?.statement(&args.member.0, args.batch)?;
            if bundle.proof.records.is_empty() {
                let batch = bundle.settlement.batch_id(bundle.shard_id);
                output.note(format_args!(
                    "the member has no entry in batch {batch}; the statement shows just that"
                ));
            }
            write(bundle.to_json(), &bundle.operator_public_key, &args.prove.out, output)?;
        }
        ProveCommand::Contradiction(args) => contradiction(&args, output)?,
    }
    Ok(Exit::Done)
}

/// Bytes of a bundle that is small enough to hold a whole settlement.
const SMALL_BUNDLE: usize = 4_096;

/// The brief form of a bundle that takes `size` bytes, if it is not small and the brief one smaller.
fn brief(
    prover: &Prover<'_>,
    bundle: &InclusionBundle,
    size: usize,
    output: &mut Output<'_>,
) -> Result<Option<String>, Box<dyn Failure>> {
    if size <= SMALL_BUNDLE {
        return Ok(None);
    }
    let pairs = bundle.settlement.member_deltas.len();
    let Some(brief) = prover.brief_inclusion(bundle)? else {
        output.note(format_args!(
            "no signature follows the settlement, so the bundle holds its sums for all {pairs} \
             pairs of member and asset"
        ));
        return Ok(None);
    };
    let brief = text(brief.to_json())?;
    if brief.len() >= size {
        return Ok(None);
    }
    output.note(format_args!(
        "the settlement's sums for {pairs} pairs of member and asset are left out; --whole holds \
         them"
    ));
    Ok(Some(brief))
}

/// A prover, once the output is known to be free.
fn open(args: &ProveArgs) -> Result<Prover<'static>, Box<dyn Failure>> {
    check_out(&args.out)?;
    prover(&args.dir)
}

/// Refuses, before any work is done, what cannot be written.
fn check_out(out: &BundleOutArgs) -> Result<(), Box<dyn Failure>> {
    let (document, html) = destinations(out);
    check_free(&document)?;
    if let Some(html) = &html {
        check_free(html)?;
        one_file_template().ok_or(OneFileError::NotBuilt)?;
    }
    Ok(())
}

/// Where the bundle itself goes, and where the HTML with it does.
fn destinations(out: &BundleOutArgs) -> (OutArgs, Option<OutArgs>) {
    let force = out.force;
    let html = out.html.clone().map(|path| OutArgs { out: Some(path), force });
    (OutArgs { out: out.out.clone(), force }, html)
}

/// Writes a bundle to where it is wanted: a file, an HTML file, or standard output.
fn write(
    json: Result<String, DocumentError>,
    operator: &PublicKey,
    out: &BundleOutArgs,
    output: &mut Output<'_>,
) -> Result<(), Box<dyn Failure>> {
    let json = text(json)?;
    let (document, html) = destinations(out);
    if let Some(html) = &html {
        let template = one_file_template().ok_or(OneFileError::NotBuilt)?;
        write_text(&fill_one_file(template, &json, operator)?, html, output)?;
    }
    if document.out.is_some() || html.is_none() {
        write_text(&json, &document, output)?;
    }
    Ok(())
}

impl Failure for OneFileError {
    fn code(&self) -> &str {
        Self::code(*self)
    }
}

/// Holds one bundle against another. What comes out is verified before it is written: evidence
/// that nobody accepts is of no use.
fn contradiction(
    args: &ProveContradictionArgs,
    output: &mut Output<'_>,
) -> Result<(), Box<dyn Failure>> {
    check_out(&args.out)?;
    let trusted = args.operator_public_key.load()?;
    let [first, second] = [&args.first, &args.second].map(|path| read(path, AnyBundle::read));
    let bundle = contradict(&first?, &second?)?;
    let report = bundle.verify(&trusted, &VerifyOptions::default())?;
    if let Some(failed) = report.first_failure() {
        let (code, detail) = (failed.code, &failed.detail);
        let message =
            format!("the two bundles differ, but one of them does not hold: {code}: {detail}");
        return Err(Refusal { code, message }.into());
    }
    write(bundle.to_json(), &trusted, &args.out, output)
}
