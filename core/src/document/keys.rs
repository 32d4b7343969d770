//! Certificates and revocations as members of documents.

use serde::{Deserializer, Serializer};

use super::members::{read_object, write_object};
use super::{One, Optional, members};
use crate::keys::{Certificate, Revocation};

/// How a [`Certificate`] stands in a document where serde's traits are derived:
/// `#[serde(with = "CertificateDocument")]`. In a list of members it is an [`Object`](super::Object).
///
/// Reading checks the spelling alone; [`Certificate::verify`] says whether it holds.
#[derive(Debug)]
pub enum CertificateDocument {}

members!(inner Certificate {
    format_version "formatVersion": One,
    shard_id "shardId": One,
    public_key "publicKey": One,
    not_before_ms "notBeforeMs": One,
    expires_at_ms "expiresAtMs": One,
    operator_public_key "operatorPublicKey": One,
    operator_signature "operatorSignature": One,
});

impl CertificateDocument {
    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Certificate, D::Error> {
        read_object(from)
    }

    /// Writes it.
    pub fn serialize<S: Serializer>(value: &Certificate, to: S) -> Result<S::Ok, S::Error> {
        write_object(value, to)
    }
}

/// How a [`Revocation`] stands in a document where serde's traits are derived:
/// `#[serde(with = "RevocationDocument")]`. In a list of members it is an [`Object`](super::Object).
///
/// Reading checks the spelling alone; [`Revocation::verify`] says whether it holds.
#[derive(Debug)]
pub enum RevocationDocument {}

members!(inner Revocation {
    public_key "publicKey": One,
    revoked_at_ms "revokedAtMs": One,
    reason "reason": One,
    effective_at_seq "effectiveAtSeq": Optional,
    operator_signature "operatorSignature": One,
});

impl RevocationDocument {
    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Revocation, D::Error> {
        read_object(from)
    }

    /// Writes it.
    pub fn serialize<S: Serializer>(value: &Revocation, to: S) -> Result<S::Ok, S::Error> {
        write_object(value, to)
    }
}
