//! What the page offers to try: bundles, disputes, shards and files, good and bad, with the verdict
//! that each must get.
//!
//! They lie in one directory with `samples.json`, which names the files of each sample, the operator
//! key to check it with, and what has to come out: the page shows it, its tests hold the page to it.

mod bundles;
mod content;
mod disputes;
mod shard;

use std::fs;
use std::path::PathBuf;

use countersign_core::hash::Digest;
use countersign_core::keys::PublicKey;
use serde_json::{Value, json};

use super::place::{Place, create};
use super::steps::{Made, Step, failed};
use shard::SampleShard;

/// Name and version of `samples.json`.
const FORMAT: &str = "countersign/samples/v1";
/// The list.
const LIST: &str = "samples.json";

/// What a file or some files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bundle,
    /// A challenge, and a response if there is one.
    Dispute,
    /// Segments.
    Shard,
    /// Any file, for its content address.
    File,
    /// A proof of a segment of a file.
    FileProof,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Dispute => "dispute",
            Self::Shard => "shard",
            Self::File => "file",
            Self::FileProof => "file-proof",
        }
    }
}

/// What has to come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// It holds.
    Valid,
    /// The check that fails first.
    Refused(&'static str),
    /// Nobody said whom to trust.
    Unknown,
    /// A content address, which is no verdict.
    Address,
    /// How a dispute stands, and the check that failed, if one did.
    Dispute(&'static str, Option<&'static str>),
}

impl Expected {
    fn verdict(self) -> &'static str {
        match self {
            Self::Valid | Self::Dispute("CONFIRMED", _) => "valid",
            Self::Refused(_) | Self::Dispute(..) => "refused",
            Self::Unknown => "unknown",
            Self::Address => "address",
        }
    }

    const fn check(self) -> Option<&'static str> {
        match self {
            Self::Refused(code) => Some(code),
            Self::Dispute(_, check) => check,
            Self::Valid | Self::Unknown | Self::Address => None,
        }
    }

    const fn status(self) -> Option<&'static str> {
        match self {
            Self::Dispute(status, _) => Some(status),
            _ => None,
        }
    }
}

/// One thing to try.
#[derive(Debug)]
struct Sample {
    name: &'static str,
    title: &'static str,
    about: String,
    kind: Kind,
    /// Relative to the directory, with their contents.
    files: Vec<(String, Vec<u8>)>,
    operator: Option<PublicKey>,
    /// The content address, of a file or to check a proof against.
    address: Option<Digest>,
    /// The time to evaluate a dispute at.
    now_ms: Option<u64>,
    expected: Expected,
}

impl Sample {
    fn is_good(&self) -> bool {
        matches!(self.expected, Expected::Valid | Expected::Dispute(..) | Expected::Address)
    }

    fn to_json(&self) -> Value {
        let files: Vec<_> = self.files.iter().map(|(name, _)| name).collect();
        json!({
            "name": self.name,
            "group": if self.is_good() { "good" } else { "bad" },
            "title": self.title,
            "about": self.about,
            "kind": self.kind.name(),
            "files": files,
            "operatorPublicKey": self.operator.map(|key| key.to_string()),
            "address": self.address.map(|address| address.to_string()),
            "nowMs": self.now_ms.map(|now| now.to_string()),
            "expected": {
                "verdict": self.expected.verdict(),
                "check": self.expected.check(),
                "status": self.expected.status(),
            },
        })
    }
}

/// Where the samples are, and how many.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) directory: PathBuf,
    pub(super) count: usize,
}

/// Makes the samples of a run.
pub(super) fn write(place: &Place, made: &Made) -> Step<Samples> {
    let shard = SampleShard::make(place, made)?;
    let mut samples = bundles::samples(&shard)?;
    samples.extend(disputes::samples(&shard)?);
    samples.extend(shard.samples()?);
    samples.extend(content::samples(&shard)?);
    let directory = place.samples();
    for (name, contents) in samples.iter().flat_map(|sample| &sample.files) {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            create(parent).map_err(failed(parent))?;
        }
        fs::write(&path, contents).map_err(failed(&path))?;
    }
    let list = json!({
        "format": FORMAT,
        "source": super::report::SOURCE,
        "samples": samples.iter().map(Sample::to_json).collect::<Vec<_>>(),
    });
    let path = directory.join(LIST);
    fs::write(&path, format!("{list:#}\n")).map_err(failed(&path))?;
    Ok(Samples { directory, count: samples.len() })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::super::super::tests::ran;
    use super::*;
    use crate::exit::Exit;

    /// What the commands say of a sample: its verdict, its first failing check, its status.
    fn found(directory: &Path, sample: &Value) -> (String, Option<String>, Option<String>) {
        let files: Vec<String> = sample["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| directory.join(name.as_str().unwrap()).to_str().unwrap().to_owned())
            .collect();
        if let Some(address) = sample["address"].as_str() {
            return found_of_content(&files[0], address, sample["kind"] == "file");
        }
        let Some(key) = sample["operatorPublicKey"].as_str() else {
            return ("unknown".to_owned(), None, None);
        };
        let parent = Path::new(&files[0]).parent().unwrap().to_str().unwrap();
        let mut arguments = match sample["kind"].as_str().unwrap() {
            "bundle" => vec!["verify", &files[0]],
            "shard" => vec!["shard", "verify", parent],
            _ => vec!["dispute", "evaluate"],
        };
        if sample["kind"] == "dispute" {
            arguments.extend(files.iter().map(String::as_str));
            arguments.extend(["--now", sample["nowMs"].as_str().unwrap()]);
        }
        arguments.extend(["--operator-public-key", key, "--json"]);
        let (exit, stdout, stderr) = ran(&arguments);
        let report: Value = serde_json::from_str(&stdout).expect(&stderr);
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let check = match sample["kind"].as_str().unwrap() {
            "bundle" => report["checks"]
                .as_array()
                .unwrap()
                .iter()
                .find(|check| check["ok"] == false)
                .and_then(|check| text(&check["code"])),
            "shard" => text(&report["failures"][0]["code"]),
            _ => text(&report["check"]),
        };
        let verdict = if exit == Exit::Done { "valid" } else { "refused" };
        (verdict.to_owned(), check, text(&report["status"]))
    }

    /// The same of a file or of a proof of its bytes.
    fn found_of_content(
        file: &str,
        address: &str,
        is_file: bool,
    ) -> (String, Option<String>, Option<String>) {
        if is_file {
            let (exit, stdout, stderr) = ran(&["bmt", "address", file]);
            assert_eq!((exit, stdout.trim_end()), (Exit::Done, address), "{stderr}");
            return ("address".to_owned(), None, None);
        }
        let (exit, stdout, stderr) = ran(&["bmt", "verify", file, "--address", address, "--json"]);
        let report: Value = serde_json::from_str(&stdout).expect(&stderr);
        let verdict = if exit == Exit::Done { "valid" } else { "refused" };
        (verdict.to_owned(), report["code"].as_str().map(ToOwned::to_owned), None)
    }

    #[test]
    fn every_sample_gets_the_verdict_that_the_list_tells() {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().join("demo");
        let (exit, _, stderr) = ran(&["demo", "--dir", dir.to_str().unwrap(), "--no-serve"]);
        assert_eq!((exit, stderr.as_str()), (Exit::Done, ""));
        let directory = dir.join("run-1/samples");
        let list = fs::read(directory.join(LIST)).unwrap();
        let list: Value = serde_json::from_slice(&list).unwrap();
        assert_eq!(list["format"], FORMAT);
        let samples = list["samples"].as_array().unwrap();
        assert!(samples.len() >= 18, "only {} samples", samples.len());
        for sample in samples {
            let expected = &sample["expected"];
            let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
            let expected = (
                text(&expected["verdict"]).unwrap(),
                text(&expected["check"]),
                text(&expected["status"]),
            );
            assert_eq!(found(&directory, sample), expected, "{}", sample["name"]);
        }
    }
}
