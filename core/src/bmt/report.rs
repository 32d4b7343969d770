//! What came of a file proof, as a JSON report.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::{Refusal, SegmentIndex, Verified};
use crate::document::{self, DocumentError, one};
use crate::hash::Digest;

/// What came of a file proof, for programs: the report of `bmt verify`.
///
/// ```
/// use countersign_core::bmt::{Bmt, Expected, FileProofReport, SegmentIndex};
///
/// let bmt = Bmt::swarm();
/// let file = bmt.file(b"hello world")?;
/// let proof = file.prove(SegmentIndex(0))?;
/// let verdict = bmt.verify_file_proof(file.address(), &proof, Expected::len(10));
/// let report = FileProofReport::new(file.address().as_ref(), &verdict).to_json()?;
/// assert!(report.contains(r#""code":"file-size-mismatch""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FileProofReport(Document);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Document {
    #[serde(rename_all = "camelCase")]
    Holds {
        valid: bool,
        #[serde(with = "one")]
        address: Vec<u8>,
        #[serde(with = "one")]
        segment_index: SegmentIndex,
        #[serde(with = "one")]
        segment: Digest,
        used_bytes: usize,
        #[serde(with = "one")]
        file_size: u64,
        does_not_prove: [&'static str; 3],
    },
    Fails {
        valid: bool,
        #[serde(with = "one")]
        address: Vec<u8>,
        code: &'static str,
        detail: String,
    },
}

impl FileProofReport {
    /// What a proof of a segment does not show even where it holds, in plain words.
    pub const DOES_NOT_PROVE: [&'static str; 3] = [
        "Who made the file, or when: the address is all that is known of it.",
        "Anything about the other bytes of the file, or that anybody has them.",
        "That the address is one of a file in this geometry: only hashing all of it shows that.",
    ];

    /// Of a proof that was checked against `address`, which may have any length.
    pub fn new(address: &[u8], verdict: &Result<Verified, Refusal>) -> Self {
        let address = address.to_vec();
        Self(match verdict {
            Ok(verified) => Document::Holds {
                valid: true,
                address,
                segment_index: verified.index,
                segment: verified.segment,
                used_bytes: verified.used,
                file_size: verified.len,
                does_not_prove: Self::DOES_NOT_PROVE,
            },
            Err(refusal) => Document::Fails {
                valid: false,
                address,
                code: refusal.code(),
                detail: refusal.to_string(),
            },
        })
    }

    /// The report as a JSON document.
    ///
    /// # Errors
    /// None for any report.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bmt, Expected};
    use super::*;

    #[test]
    fn both_reports_are_what_serde_json_writes() {
        let bmt = Bmt::swarm();
        let file = bmt.file(b"hello world").unwrap();
        let proof = file.prove(SegmentIndex(0)).unwrap();
        for (len, codes) in [(11, None), (10, Some("file-size-mismatch"))] {
            let verdict = bmt.verify_file_proof(file.address(), &proof, Expected::len(len));
            let report = FileProofReport::new(file.address().as_ref(), &verdict);
            let text = report.to_json().unwrap();
            assert_eq!(text, serde_json::to_string(&report).unwrap());
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read.get("valid").unwrap().as_bool(), Some(codes.is_none()));
            assert_eq!(read.get("code").and_then(|code| code.as_str()), codes);
        }
    }
}
