//! `prove …`.

use countersign_core::Seq;
use countersign_core::proof::{AnyBundle, VerifyOptions, contradict};

use super::Output;
use super::documents::{check_free, prover, read, write};
use super::failures::Refusal;
use crate::args::{ProveArgs, ProveCommand, ProveContradictionArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::prove::Prover;

pub(super) fn run(command: ProveCommand, output: &mut Output<'_>) -> Outcome {
    match command {
        ProveCommand::Inclusion(args) => {
            let bundle = open(&args.prove)?.inclusion(Seq(args.seq))?;
            write(bundle.to_json(), &args.prove.out, output)?;
        }
        ProveCommand::Records(args) => {
            let seqs: Vec<_> = args.seq.iter().copied().map(Seq).collect();
            let bundle = open(&args.prove)?.records(&seqs)?;
            write(bundle.to_json(), &args.prove.out, output)?;
        }
        ProveCommand::Consistency(args) => {
            let bundle = open(&args.prove)?.consistency(args.from, args.to)?;
            write(bundle.to_json(), &args.prove.out, output)?;
        }
        ProveCommand::Exclusion(args) => {
            let bundle = open(&args.prove)?.exclusion(&args.member.0, &args.op_id, args.batch)?;
            write(bundle.to_json(), &args.prove.out, output)?;
        }
        ProveCommand::Statement(args) => {
            let bundle = open(&args.prove)?.statement(&args.member.0, args.batch)?;
            if bundle.proof.records.is_empty() {
                let batch = bundle.settlement.batch_id(bundle.shard_id);
                output.note(format_args!(
                    "the member has no entry in batch {batch}; the statement shows just that"
                ));
            }
            write(bundle.to_json(), &args.prove.out, output)?;
        }
        ProveCommand::Contradiction(args) => contradiction(&args, output)?,
    }
    Ok(Exit::Done)
}

/// A prover, once the output is known to be free.
fn open(args: &ProveArgs) -> Result<Prover<'static>, Box<dyn Failure>> {
    check_free(&args.out)?;
    prover(&args.dir)
}

/// Holds one bundle against another. What comes out is verified before it is written: evidence
/// that nobody accepts is of no use.
fn contradiction(
    args: &ProveContradictionArgs,
    output: &mut Output<'_>,
) -> Result<(), Box<dyn Failure>> {
    check_free(&args.out)?;
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
    write(bundle.to_json(), &args.out, output)
}
