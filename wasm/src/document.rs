//! Documents that only this package takes: what its caller knows of revocations.

use countersign_core::Seq;
use countersign_core::document::{RevocationDocument, option, read};
use countersign_core::keys::Revocation;
use countersign_core::limits::MAX_BUNDLE_SIZE;
use countersign_core::proof::KnownRevocation;
use serde::Deserialize;

use crate::error::Refused;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    #[serde(with = "RevocationDocument")]
    revocation: Revocation,
    #[serde(with = "option")]
    seq: Option<Seq>,
}

/// The revocations in a JSON list of `{"revocation": …, "seq": "…" or null}`; no bytes for none.
pub(crate) fn revocations(json: &[u8]) -> Result<Vec<KnownRevocation>, Refused> {
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let known: Vec<Known> = read(json, MAX_BUNDLE_SIZE)?;
    let known = known.into_iter();
    Ok(known.map(|Known { revocation, seq }| KnownRevocation { revocation, seq }).collect())
}
