//! The room of proofs: bundles.

use countersign_core::proof::{self, VerifyOptions};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Refused;
use crate::{bytes, document};

/// Checks a bundle of any kind; the report as JSON.
///
/// `revocations` is what `document` reads, `now_ms` the time if it is to be held against
/// certificates. Throws for what is no bundle; one that does not hold is a report.
///
/// Does not prove what the report's `doesNotProve` lists.
#[wasm_bindgen(js_name = verifyBundle)]
pub fn verify_bundle(
    json: &[u8],
    operator_public_key: &[u8],
    now_ms: Option<u64>,
    revocations: &[u8],
) -> Result<String, Refused> {
    let trusted = bytes::public_key("operatorPublicKey", operator_public_key)?;
    let revocations = document::revocations(revocations)?;
    let options = VerifyOptions { now_ms, revocations: &revocations };
    Ok(proof::judge_bundle(json, &trusted, &options)?.to_json()?)
}
