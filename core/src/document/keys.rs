//! Certificates and revocations as members of documents.

use serde::{Deserializer, Serializer};

use super::members::{ReadAs, WriteAs, read_object, write_object};
use super::{One, Optional, members};
use crate::keys::{Certificate, Revocation};

/// How a [`Certificate`] stands in a document: `certificate "certificate": CertificateDocument`, or
/// `#[serde(with = "CertificateDocument")]`.
///
/// Reading checks the spelling alone; [`Certificate::verify`] says whether it holds.
#[derive(Debug)]
pub enum CertificateDocument {}

members!(inner read Certificate {
    format_version "formatVersion": One,
    shard_id "shardId": One,
    public_key "publicKey": One,
    not_before_ms "notBeforeMs": One,
    expires_at_ms "expiresAtMs": One,
    operator_public_key "operatorPublicKey": One,
    operator_signature "operatorSignature": One,
});
members!(inner write Certificate {
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

impl<'de> ReadAs<'de, Certificate> for CertificateDocument {
    fn read<D: Deserializer<'de>>(from: D) -> Result<Certificate, D::Error> {
        read_object(from)
    }
}

impl WriteAs<Certificate> for CertificateDocument {
    fn write<S: Serializer>(value: &Certificate, to: S) -> Result<S::Ok, S::Error> {
        write_object(value, to)
    }
}

/// How a [`Revocation`] stands in a document: `revocation "revocation": RevocationDocument`, or
/// `#[serde(with = "RevocationDocument")]`.
///
/// Reading checks the spelling alone; [`Revocation::verify`] says whether it holds.
#[derive(Debug)]
pub enum RevocationDocument {}

members!(inner read Revocation {
    public_key "publicKey": One,
    revoked_at_ms "revokedAtMs": One,
    reason "reason": One,
    effective_at_seq "effectiveAtSeq": Optional,
    operator_signature "operatorSignature": One,
});
members!(inner write Revocation {
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

impl<'de> ReadAs<'de, Revocation> for RevocationDocument {
    fn read<D: Deserializer<'de>>(from: D) -> Result<Revocation, D::Error> {
        read_object(from)
    }
}

impl WriteAs<Revocation> for RevocationDocument {
    fn write<S: Serializer>(value: &Revocation, to: S) -> Result<S::Ok, S::Error> {
        write_object(value, to)
    }
}
