//! `bmt verify`.

use std::fmt;
use std::io::{self, Read as _};

use countersign_core::bmt::{Expected, FileProof, FileProofReport, Refusal, Verified};
use countersign_core::hash::{Digest, hex};
use countersign_core::limits::MAX_BMT_PROOF_SIZE;
use serde_json::Value;

use super::bmt_of;
use crate::args::{BmtVerifyArgs, is_stdin};
use crate::commands::Output;
use crate::commands::documents::{NotADocument, read};
use crate::commands::failures;
use crate::commands::shard::report_json;
use crate::exit::{Exit, FileError, Outcome};

pub(super) fn run(args: &BmtVerifyArgs, output: &mut Output<'_>) -> Outcome {
    let proof = if is_stdin(&args.proof) {
        let mut bytes = Vec::new();
        let limit = MAX_BMT_PROOF_SIZE as u64 + 1;
        let read = io::stdin().take(limit).read_to_end(&mut bytes);
        read.map_err(|error| FileError {
            code: "file-unreadable",
            path: args.proof.clone(),
            error,
        })?;
        FileProof::from_json(bytes.trim_ascii_end())
            .map_err(|error| NotADocument::new(&args.proof, error))?
    } else {
        read(&args.proof, FileProof::from_json)?
    };
    let expected = Expected { len: args.file_size, max_len: None };
    let bmt = bmt_of(&args.geometry);
    let result = bmt.verify_file_proof(args.address, &proof, expected);
    let shown = Shown { address: args.address, result: &result };
    output.print(&shown.to_json()?, &shown)?;
    Ok(if result.is_ok() { Exit::Done } else { Exit::Refused })
}

struct Shown<'a> {
    address: Digest,
    result: &'a Result<Verified, Refusal>,
}

impl Shown<'_> {
    fn to_json(&self) -> Result<Value, failures::Refusal> {
        report_json(&FileProofReport::new(self.address.as_ref(), self.result))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verified = match self.result {
            Ok(verified) => verified,
            Err(refusal) => {
                return write!(f, "NOT VALID\n  FAIL  {}: {refusal}", refusal.code());
            }
        };
        let (index, len) = (verified.index, verified.len);
        let first = index.0.saturating_mul(32);
        let last = first.saturating_add(verified.used as u64).saturating_sub(1);
        write!(
            f,
            "VALID\n\
             means\n  \
               bytes {first} to {last} of the file {} are these\n  \
               {}\n  \
               the file has {len} bytes\n\
             does not prove",
            self.address,
            hex::encode(verified.segment.as_ref().get(..verified.used).unwrap_or_default()),
        )?;
        FileProofReport::DOES_NOT_PROVE.iter().try_for_each(|line| write!(f, "\n  - {line}"))
    }
}
