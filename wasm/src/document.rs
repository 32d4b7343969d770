//! Documents that only this package takes: what its caller knows of revocations.

use countersign_core::Seq;
use countersign_core::document::{Object, Optional, members, read};
use countersign_core::keys::Revocation;
use countersign_core::limits::MAX_BUNDLE_SIZE;
use countersign_core::proof::KnownRevocation;

use crate::error::Refused;

struct Known {
    revocation: Revocation,
    seq: Option<Seq>,
}

members!(read Known {
    revocation "revocation": Object,
    seq "seq": Optional,
});

/// The revocations in a JSON list of `{"revocation": …, "seq": "…" or null}`; no bytes for none.
pub(crate) fn revocations(json: &[u8]) -> Result<Vec<KnownRevocation>, Refused> {
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let known: Vec<Known> = read(json, MAX_BUNDLE_SIZE)?;
    let known = known.into_iter();
    Ok(known.map(|Known { revocation, seq }| KnownRevocation { revocation, seq }).collect())
}
