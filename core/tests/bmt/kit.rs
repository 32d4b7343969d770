//! Reads the vectors and makes their payloads.

use std::fs;
use std::path::Path;

use countersign_core::bmt::{FileProof, SegmentIndex, Step};
use countersign_core::hash::{Digest, hex};
use serde_json::Value;

/// The vector file at `path`, relative to the vectors of the whole project.
pub(crate) fn vector(path: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cases of a list, of which there are at least `least`.
pub(crate) fn cases(list: &Value, least: usize) -> &[Value] {
    let cases = list.as_array().expect("a list of cases");
    assert!(cases.len() >= least, "only {} cases", cases.len());
    cases
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} should be text"))
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} should be a number"))
}

pub(crate) fn size(value: &Value) -> usize {
    usize::try_from(number(value)).unwrap()
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap_or_else(|| panic!("{value} should be hex"))
}

pub(crate) fn digest(value: &Value) -> Digest {
    Digest::from_hex(text(value)).unwrap_or_else(|| panic!("{value} should be a hash"))
}

/// The bytes that a payload's rule describes.
pub(crate) fn payload(rule: &Value) -> Vec<u8> {
    let of = |byte: fn(u64) -> u64| -> Vec<u8> {
        (0..number(&rule["size"])).map(|i| u8::try_from(byte(i)).unwrap()).collect()
    };
    match text(&rule["rule"]) {
        "quad251" => quad251(size(&rule["size"])),
        "mod255" => of(|i| i % 255),
        "mod256" => of(|i| i % 256),
        "zeros" => of(|_| 0),
        "ascii" => text(&rule["text"]).as_bytes().to_vec(),
        "hex" => bytes(&rule["hex"]),
        other => panic!("no rule {other}"),
    }
}

/// Byte i is (i*i + 7*i + 13) mod 251.
pub(crate) fn quad251(len: usize) -> Vec<u8> {
    let period: Vec<u8> = (0..251_u64).map(|i| ((i * i + 7 * i + 13) % 251) as u8).collect();
    period.into_iter().cycle().take(len).collect()
}

/// The proof of a case, whatever its lengths.
pub(crate) fn proof(case: &Value, index: u64, steps: &Value) -> FileProof<Vec<u8>> {
    let step = |step: &Value| Step {
        span: bytes(&step["span"]),
        sisters: step["sisterSegments"].as_array().unwrap().iter().map(bytes).collect(),
    };
    FileProof {
        index: SegmentIndex(index),
        segment: bytes(&case["segment"]),
        steps: steps.as_array().unwrap().iter().map(step).collect(),
    }
}

/// A proof that was made, as one that came from elsewhere.
pub(crate) fn received(proof: &FileProof) -> FileProof<Vec<u8>> {
    let bytes = |digest: &Digest| digest.as_ref().to_vec();
    FileProof {
        index: proof.index,
        segment: bytes(&proof.segment),
        steps: proof
            .steps
            .iter()
            .map(|step| Step {
                span: step.span.clone(),
                sisters: step.sisters.iter().map(bytes).collect(),
            })
            .collect(),
    }
}
