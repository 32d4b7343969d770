//! What is said of a document that claims to be a bundle: a report over its checks, or that it is
//! not spelled as its format says.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::report::{Check, Report};
use super::verifier::VerifyOptions;
use super::{Format, ProofError, verify_bundle};
use crate::document::{
    self, DocumentError, Objects, One, Optional, Own, Spelling as _, members, peek_format,
};
use crate::keys::PublicKey;
use crate::limits::MAX_BUNDLE_SIZE;

/// What came of checking a document that names the format of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Judgement {
    /// The bundle was read, and checked.
    Checked(Box<Report>),
    /// The document is not spelled as its format says, so it shows nothing.
    Malformed(Malformed),
}

/// The report over a document that is not spelled as its format says. Its members are those of a
/// [`Report`] that a document without content can have, and the place of what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Never.
    pub valid: bool,
    /// The format that the document names.
    pub format: Format,
    /// One that failed: the spelling.
    pub checks: Vec<Check>,
    /// Nothing, for it proves nothing.
    pub does_not_prove: Vec<&'static str>,
    /// The member at fault, e.g. `proof.auditPath[3]`.
    pub path: Option<String>,
}

members!(write Malformed {
    valid "valid": Own,
    format "format": One,
    checks "checks": Objects,
    does_not_prove "doesNotProve": Own,
    path "path": Optional,
});

impl Judgement {
    /// Whether the bundle holds.
    pub const fn is_valid(&self) -> bool {
        match self {
            Self::Checked(report) => report.valid,
            Self::Malformed(_) => false,
        }
    }

    /// The judgement as a JSON document.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }
}

/// As [`verify_bundle`], but a document of a known format that is not spelled as that format says
/// is judged too, instead of refused: whoever was handed it as a proof was handed none.
///
/// # Errors
/// [`ProofError::Document`] where the document names no format of a bundle, is too large or is no
/// JSON at all, and [`ProofError::Revocation`] where a revocation in `options` does not hold.
///
/// # Does not prove
///
/// Whatever [`Report::does_not_prove`] lists for its kind.
///
/// ```
/// use countersign_core::keys::PublicKey;
/// use countersign_core::proof::{VerifyOptions, judge_bundle};
///
/// let trusted = PublicKey::from_bytes([7; 32]);
/// let json = br#"{"format":"countersign/inclusion/v1","shardId":7}"#;
/// let judgement = judge_bundle(json, &trusted, &VerifyOptions::default())?;
/// assert!(!judgement.is_valid());
///
/// let other = br#"{"format":"another/format/v1"}"#;
/// assert!(judge_bundle(other, &trusted, &VerifyOptions::default()).is_err());
/// # Ok::<(), countersign_core::proof::ProofError>(())
/// ```
pub fn judge_bundle(
    json: &[u8],
    trusted: &PublicKey,
    options: &VerifyOptions<'_>,
) -> Result<Judgement, ProofError> {
    match verify_bundle(json, trusted, options) {
        Ok(report) => Ok(Judgement::Checked(Box::new(report))),
        Err(ProofError::Document(error)) => match known_format(json, &error) {
            Some(format) => Ok(Judgement::Malformed(Malformed::new(format, &error))),
            None => Err(ProofError::Document(error)),
        },
        Err(error) => Err(error),
    }
}

impl Malformed {
    fn new(format: Format, error: &DocumentError) -> Self {
        let check = Check { code: error.code(), ok: false, detail: error.to_string() };
        Self {
            valid: false,
            format,
            checks: Vec::from([check]),
            does_not_prove: Vec::new(),
            path: error.path().map(ToString::to_string),
        }
    }
}

/// The bundle's format, if nothing but a member of it is wrong.
fn known_format(json: &[u8], error: &DocumentError) -> Option<Format> {
    let is_of_a_member = matches!(
        error,
        DocumentError::UnknownMember(_)
            | DocumentError::RepeatedMember(_)
            | DocumentError::MissingMember(_)
            | DocumentError::InvalidMember(_)
    );
    let name = is_of_a_member.then(|| peek_format(json, MAX_BUNDLE_SIZE).ok()).flatten()?;
    Format::read(&name)
}
