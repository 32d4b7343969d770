//! Judges what stands on standard input, one thing a line in hex, and answers a line for each: the
//! native half of the comparison with the npm package.
//!
//! `judge OPERATOR bundles` takes bundles, `judge OPERATOR shards` takes segments with commas
//! between them.

use std::io::{self, BufRead, Write};

use countersign_core::SeqRange;
use countersign_core::frame::SegmentNumber;
use countersign_core::hash::hex;
use countersign_core::keys::PublicKey;
use countersign_core::proof::{VerifyOptions, judge_bundle};
use countersign_core::verify::ShardVerifier;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let operator = arguments.next().and_then(|text| PublicKey::from_hex(&text));
    let operator = operator.ok_or_else(|| io::Error::other("no operator key"))?;
    let is_shards = arguments.next().as_deref() == Some("shards");
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = if is_shards { shard(&line, operator)? } else { bundle(&line, operator)? };
        writeln!(out, "{answer}")?;
    }
    out.flush()
}

fn bytes(text: &str) -> io::Result<Vec<u8>> {
    hex::decode(text).ok_or_else(|| io::Error::other("no hex"))
}

fn bundle(line: &str, operator: PublicKey) -> io::Result<String> {
    Ok(match judge_bundle(&bytes(line)?, &operator, &VerifyOptions::default()) {
        Ok(judgement) => judgement.to_json().map_err(io::Error::other)?,
        Err(error) => {
            serde_json::json!({ "code": error.code(), "message": error.to_string() }).to_string()
        }
    })
}

fn shard(line: &str, operator: PublicKey) -> io::Result<String> {
    let mut verifier = ShardVerifier::new(operator, SeqRange::ALL);
    for (number, segment) in (1..).zip(line.split(',')) {
        let number = SegmentNumber::new(number).unwrap_or(SegmentNumber::FIRST);
        verifier.begin(number);
        verifier.push(&bytes(segment)?);
    }
    verifier.finish().to_json().map_err(io::Error::other)
}
