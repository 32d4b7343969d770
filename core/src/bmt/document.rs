//! A file proof as a JSON document.
//!
//! `{"segmentIndex":"N","segment":hex,"proof":[{"span":hex,"sisterSegments":[hex,…]},…]}`, leaf
//! chunk first. Bytes may be of any length here: how long they must be is for the verifier to
//! say, by its reasons.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{FileProof, SegmentIndex, Step};
use crate::document::{self, Blank, DocumentError, List, Objects, One, Spelling, members};
use crate::limits::MAX_BMT_PROOF_SIZE;

struct FileProofDocument {
    segment_index: SegmentIndex,
    segment: Vec<u8>,
    proof: Vec<StepDocument>,
}

members!(FileProofDocument {
    segment_index "segmentIndex": One,
    segment "segment": One,
    proof "proof": Objects,
});

struct StepDocument {
    span: Vec<u8>,
    sister_segments: Vec<Vec<u8>>,
}

members!(StepDocument {
    span "span": One,
    sister_segments "sisterSegments": List,
});

impl Blank for SegmentIndex {
    const BLANK: Self = Self(0);
}

impl Spelling for SegmentIndex {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.spell(f)
    }

    fn read(text: &str) -> Option<Self> {
        u64::read(text).map(Self)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u64::expect(f)
    }
}

impl FileProof<Vec<u8>> {
    /// Reads a proof of at most [`MAX_BMT_PROOF_SIZE`] bytes.
    ///
    /// # Errors
    /// As every document's; nothing is said yet about the lengths of the bytes inside.
    pub fn from_json(json: &[u8]) -> Result<Self, DocumentError> {
        let document: FileProofDocument = document::read(json, MAX_BMT_PROOF_SIZE)?;
        let step = |step: StepDocument| Step { span: step.span, sisters: step.sister_segments };
        Ok(Self {
            index: document.segment_index,
            segment: document.segment,
            steps: document.proof.into_iter().map(step).collect(),
        })
    }
}

impl<S: AsRef<[u8]>> FileProof<S> {
    /// Writes the proof: members in order, no white space.
    ///
    /// ```
    /// use countersign_core::bmt::{Bmt, FileProof, SegmentIndex};
    ///
    /// let bmt = Bmt::swarm();
    /// let proof = bmt.file(b"hello world")?.prove(SegmentIndex(0))?;
    /// let json = proof.to_json()?;
    /// assert!(json.starts_with(r#"{"segmentIndex":"0","segment":"68656c6c6f20776f726c6400"#));
    /// assert_eq!(FileProof::from_json(json.as_bytes())?.to_json()?, json);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// None for any proof.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        let step = |step: &Step<S>| StepDocument {
            span: step.span.clone(),
            sister_segments: step.sisters.iter().map(|sister| sister.as_ref().to_vec()).collect(),
        };
        document::write(&FileProofDocument {
            segment_index: self.index,
            segment: self.segment.as_ref().to_vec(),
            proof: self.steps.iter().map(step).collect(),
        })
    }
}
