//! Certificates and revocations as members of documents.

use serde::{Deserialize, Serialize};

use super::{one, option};
use crate::Seq;
use crate::keys::{Certificate, PublicKey, Reason, Revocation, ShardId, Signature};

/// How a [`Certificate`] stands in a document:
/// `#[serde(with = "CertificateDocument")] certificate: Certificate`.
///
/// Reading checks the spelling alone; [`Certificate::verify`] says whether it holds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(remote = "Certificate", deny_unknown_fields, rename_all = "camelCase")]
pub struct CertificateDocument {
    /// See [`Certificate::format_version`].
    #[serde(with = "one")]
    pub format_version: u64,
    /// See [`Certificate::shard_id`].
    #[serde(with = "one")]
    pub shard_id: ShardId,
    /// See [`Certificate::public_key`].
    #[serde(with = "one")]
    pub public_key: PublicKey,
    /// See [`Certificate::not_before_ms`].
    #[serde(with = "one")]
    pub not_before_ms: u64,
    /// See [`Certificate::expires_at_ms`].
    #[serde(with = "one")]
    pub expires_at_ms: u64,
    /// See [`Certificate::operator_public_key`].
    #[serde(with = "one")]
    pub operator_public_key: PublicKey,
    /// See [`Certificate::operator_signature`].
    #[serde(with = "one")]
    pub operator_signature: Signature,
}

/// How a [`Revocation`] stands in a document:
/// `#[serde(with = "RevocationDocument")] revocation: Revocation`.
///
/// Reading checks the spelling alone; [`Revocation::verify`] says whether it holds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(remote = "Revocation", deny_unknown_fields, rename_all = "camelCase")]
pub struct RevocationDocument {
    /// See [`Revocation::public_key`].
    #[serde(with = "one")]
    pub public_key: PublicKey,
    /// See [`Revocation::revoked_at_ms`].
    #[serde(with = "one")]
    pub revoked_at_ms: u64,
    /// See [`Revocation::reason`].
    #[serde(with = "one")]
    pub reason: Reason,
    /// See [`Revocation::effective_at_seq`].
    #[serde(with = "option")]
    pub effective_at_seq: Option<Seq>,
    /// See [`Revocation::operator_signature`].
    #[serde(with = "one")]
    pub operator_signature: Signature,
}
