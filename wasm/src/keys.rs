//! The room of keys.

use countersign_core::Seq;
use countersign_core::document::{CertificateDocument, DocumentError, RevocationDocument, write};
use countersign_core::keys::{
    self, Certificate, PublicKey, Reason, Revocation, Signature, SigningKey, VerifyingKey,
};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bytes;
use crate::error::Refused;

#[derive(Serialize)]
#[serde(transparent)]
struct CertificateJson(#[serde(with = "CertificateDocument")] Certificate);

#[derive(Serialize)]
#[serde(transparent)]
struct RevocationJson(#[serde(with = "RevocationDocument")] Revocation);

/// Whether an Ed25519 signature over `message` holds, strictly.
///
/// Throws where key or signature have the wrong length. Does not prove when it was signed, nor
/// that the key was certified.
#[wasm_bindgen(js_name = verifyEd25519)]
pub fn verify_ed25519(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<bool, Refused> {
    let public_key = bytes::public_key("publicKey", public_key)?;
    let signature = Signature::from_bytes(bytes::exactly("signature", signature)?);
    let key = VerifyingKey::new(&public_key);
    Ok(key.and_then(|key| key.verify(message, &signature)).is_ok())
}

/// BLAKE3 of a public key: what names it in signature records.
#[wasm_bindgen]
pub fn fingerprint(public_key: &[u8]) -> Result<Vec<u8>, Refused> {
    let public_key = bytes::public_key("publicKey", public_key)?;
    Ok(keys::fingerprint(&public_key).as_bytes().to_vec())
}

/// The public key of a 32-byte seed.
#[wasm_bindgen(js_name = publicKey)]
pub fn public_key(seed: &[u8]) -> Result<Vec<u8>, Refused> {
    Ok(signing_key(seed)?.public_key().as_bytes().to_vec())
}

/// What a signature record signs.
#[wasm_bindgen(js_name = signatureMessage)]
pub fn signature_message(
    shard_id: &str,
    seq: u64,
    tip_hash: &[u8],
    fingerprint: &[u8],
) -> Result<Vec<u8>, Refused> {
    let shard_id = bytes::shard_id("shardId", shard_id)?;
    let tip = bytes::digest("tipHash", tip_hash)?;
    let key = bytes::digest("fingerprint", fingerprint)?;
    Ok(keys::signature_message(&shard_id, Seq(seq), &tip, &key).as_bytes().to_vec())
}

/// What a receipt signs.
#[wasm_bindgen(js_name = receiptMessage)]
pub fn receipt_message(shard_id: &str, seq: u64, leaf_hash: &[u8]) -> Result<Vec<u8>, Refused> {
    let shard_id = bytes::shard_id("shardId", shard_id)?;
    let leaf_hash = bytes::digest("leafHash", leaf_hash)?;
    Ok(keys::receipt_message(&shard_id, Seq(seq), &leaf_hash).as_bytes().to_vec())
}

/// Certifies a process key; the certificate as JSON.
#[wasm_bindgen(js_name = createProcessKeyAction)]
pub fn create_process_key_action(
    operator_seed: &[u8],
    shard_id: &str,
    public_key: &[u8],
    not_before_ms: u64,
    expires_at_ms: u64,
) -> Result<String, Refused> {
    let certificate = keys::create_process_key_action(
        &signing_key(operator_seed)?,
        bytes::shard_id("shardId", shard_id)?,
        bytes::public_key("publicKey", public_key)?,
        not_before_ms,
        expires_at_ms,
    )?;
    json(&CertificateJson(certificate))
}

/// Revokes a process key; the revocation as JSON.
#[wasm_bindgen(js_name = createProcessKeyRevokeAction)]
pub fn create_process_key_revoke_action(
    operator_seed: &[u8],
    shard_id: &str,
    public_key: &[u8],
    revoked_at_ms: u64,
    reason: &str,
    effective_at_seq: Option<u64>,
) -> Result<String, Refused> {
    let reason = Reason::parse(reason).ok_or_else(|| {
        Refused::argument("reason", "\"rotation\", \"shutdown\" or \"key-compromise\"")
    })?;
    let revocation = keys::create_process_key_revoke_action(
        &signing_key(operator_seed)?,
        bytes::shard_id("shardId", shard_id)?,
        PublicKey::from_bytes(bytes::exactly("publicKey", public_key)?),
        revoked_at_ms,
        reason,
        effective_at_seq.map(Seq),
    )?;
    json(&RevocationJson(revocation))
}

fn signing_key(seed: &[u8]) -> Result<SigningKey, Refused> {
    bytes::exactly("seed", seed).map(|seed| SigningKey::from_seed(&seed))
}

fn json(document: &impl Serialize) -> Result<String, Refused> {
    write(document).map_err(|error: DocumentError| error.into())
}
