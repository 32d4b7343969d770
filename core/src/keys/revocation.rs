//! An operator key takes a process key back.

use alloc::vec::Vec;
use core::fmt;

use super::error::Error;
use super::shard_id::ShardId;
use super::strict::{PublicKey, Signature, SigningKey, VerifyingKey};
use crate::Seq;
use crate::codec::Encoder;
use crate::tags;

/// Why a process key is revoked. Only `KeyCompromise` reaches into the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A new key takes over.
    Rotation,
    /// The writer stops for good.
    Shutdown,
    /// Somebody else may have the key.
    KeyCompromise,
}

impl Reason {
    /// The text in records and signed bytes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Shutdown => "shutdown",
            Self::KeyCompromise => "key-compromise",
        }
    }

    /// Reads that text; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Rotation, Self::Shutdown, Self::KeyCompromise]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The body of a `PROCESS_KEY_REVOKE` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The revoked process key.
    pub public_key: PublicKey,
    /// When, milliseconds since the epoch.
    pub revoked_at_ms: u64,
    /// Why.
    pub reason: Reason,
    /// With a compromise: the first seq whose signatures no longer count; `None` means from the
    /// revocation record on.
    pub effective_at_seq: Option<Seq>,
    /// The operator's signature over [`Revocation::signed_bytes`].
    pub operator_signature: Signature,
}

/// Revokes `public_key` in `shard_id`.
///
/// # Errors
/// [`Error::UnexpectedEffectiveAtSeq`] if `effective_at_seq` stands beside another reason than a
/// compromise.
pub fn create_process_key_revoke_action(
    operator: &SigningKey,
    shard_id: ShardId,
    public_key: PublicKey,
    revoked_at_ms: u64,
    reason: Reason,
    effective_at_seq: Option<Seq>,
) -> Result<Revocation, Error> {
    let mut revocation = Revocation {
        public_key,
        revoked_at_ms,
        reason,
        effective_at_seq,
        operator_signature: Signature::from_bytes([0; 64]),
    };
    revocation.check()?;
    revocation.operator_signature = operator.sign(&revocation.signed_bytes(shard_id));
    Ok(revocation)
}

impl Revocation {
    /// The bytes that the operator key signs. The shard id is part of them but not of the record.
    pub fn signed_bytes(&self, shard_id: ShardId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        let mut encoder = Encoder::new(&mut bytes);
        encoder.array(6);
        encoder.text(tags::PROCESS_KEY_REVOKE);
        encoder.bytes(shard_id.as_bytes());
        self.encode_fields(&mut encoder);
        bytes
    }

    /// Verifies the operator's signature for `shard_id`.
    ///
    /// Does not prove that the key was ever certified for this shard.
    pub fn verify(&self, shard_id: ShardId, operator: &PublicKey) -> Result<(), Error> {
        self.verify_by(shard_id, &VerifyingKey::new(operator)?)
    }

    /// As [`Revocation::verify`], with the operator key unpacked before.
    pub(crate) fn verify_by(
        &self,
        shard_id: ShardId,
        operator: &VerifyingKey,
    ) -> Result<(), Error> {
        self.check()?;
        operator.verify(&self.signed_bytes(shard_id), &self.operator_signature)
    }

    /// Checks the rule between reason and `effective_at_seq`.
    pub fn check(&self) -> Result<(), Error> {
        if self.effective_at_seq.is_some() && self.reason != Reason::KeyCompromise {
            return Err(Error::UnexpectedEffectiveAtSeq);
        }
        Ok(())
    }

    /// The four fields that stand alike in the record and in the signed bytes.
    pub(crate) fn encode_fields(&self, encoder: &mut Encoder<'_>) {
        encoder.bytes(self.public_key.as_bytes());
        encoder.uint(self.revoked_at_ms);
        encoder.text(self.reason.as_str());
        match self.effective_at_seq {
            Some(seq) => encoder.uint(seq.0),
            None => encoder.null(),
        }
    }
}
