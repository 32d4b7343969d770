//! Certificates and revocations: what the operator key signs, and the documents that carry it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use super::error::Error;
use super::items::SignedBytes;
use super::json;
use crate::Seq;
use crate::hash::Digest;
use crate::keys::{self, PublicKey, ShardId, Signature, VerifyingKey};
use crate::limits::MAX_PROCESS_KEY_LIFETIME_MS;

/// First items of the signed bytes, and kinds of the documents.
const CERTIFICATE: &str = "ProcessKeyCert";
const REVOCATION: &str = "ProcessKeyRevoke";
/// The longest life of a process key, in the layout's microseconds.
const MAX_LIFETIME_US: u64 = MAX_PROCESS_KEY_LIFETIME_MS * 1_000;
/// Largest file of key actions that is read, in bytes: 5,000 of them.
pub const MAX_KEY_ACTIONS_SIZE: usize = 4 * 1024 * 1024;

/// The operator key certifies a process key. The library hands it to a ledger and keeps it nowhere
/// in the shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignCertificate {
    /// The shard the key may write.
    pub shard_id: ShardId,
    /// `H(public key)`, as the certificate says it.
    pub fingerprint: Digest,
    /// The certified process key.
    pub public_key: PublicKey,
    /// Start of its validity, microseconds since the epoch.
    pub not_before_us: u64,
    /// Its end.
    pub not_after_us: u64,
    /// The operator's signature over [`ForeignCertificate::signed_bytes`].
    pub operator_signature: Signature,
}

/// Why a process key is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignReason {
    /// A new key took over.
    Rotation,
    /// Somebody else may have the key.
    Compromise,
    /// The writer was closed. The library revokes so at every close.
    Shutdown,
}

impl ForeignReason {
    /// The text in signed bytes and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Compromise => "compromise",
            Self::Shutdown => "shutdown",
        }
    }

    /// Reads that text; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Rotation, Self::Compromise, Self::Shutdown]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }
}

/// The operator key takes a process key back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignRevocation {
    /// The shard.
    pub shard_id: ShardId,
    /// The key's fingerprint.
    pub fingerprint: Digest,
    /// Why.
    pub reason: ForeignReason,
    /// With a compromise: the first seq whose signatures no longer count. `None` means all of
    /// them, since a revocation carries no time.
    pub effective_at_seq: Option<Seq>,
    /// The operator's signature over [`ForeignRevocation::signed_bytes`].
    pub operator_signature: Signature,
}

/// Why a certificate or revocation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionError {
    /// The key is unusable, or a signature does not hold.
    Key(keys::Error),
    /// It is for another shard.
    WrongShard {
        /// The shard at hand.
        expected: ShardId,
        /// The shard it names.
        found: ShardId,
    },
    /// The fingerprint is not that of the public key beside it.
    WrongFingerprint {
        /// `H(public key)`.
        expected: Digest,
        /// The fingerprint it names.
        found: Digest,
    },
    /// The validity is empty or longer than seven days.
    InvalidLifetime {
        /// Its start, microseconds since the epoch.
        not_before_us: u64,
        /// Its end.
        not_after_us: u64,
    },
    /// `effectiveAtSeq` stands beside a reason other than `compromise`.
    UnexpectedEffectiveAtSeq,
    /// A revocation of a key that nobody certified or trusts.
    UnknownKey {
        /// The fingerprint it names.
        found: Digest,
    },
}

impl ActionError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(error) => error.code(),
            Self::WrongShard { .. } => "wrong-shard",
            Self::WrongFingerprint { .. } => "wrong-fingerprint",
            Self::InvalidLifetime { .. } => "invalid-key-lifetime",
            Self::UnexpectedEffectiveAtSeq => "unexpected-effective-at-seq",
            Self::UnknownKey { .. } => "unknown-key",
        }
    }
}

impl core::fmt::Display for ActionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::WrongShard { expected, found } => {
                write!(f, "it is for shard {found}, this is {expected}")
            }
            Self::WrongFingerprint { expected, found } => {
                write!(f, "it names fingerprint {found}, its public key has {expected}")
            }
            Self::InvalidLifetime { not_before_us, not_after_us } => write!(
                f,
                "a process key lives up to 7 days, not from {not_before_us} to {not_after_us} \
                 microseconds"
            ),
            Self::UnexpectedEffectiveAtSeq => {
                f.write_str("effectiveAtSeq is allowed only with reason compromise")
            }
            Self::UnknownKey { found } => {
                write!(f, "it revokes key {found}, which was never certified")
            }
        }
    }
}

impl core::error::Error for ActionError {}

impl From<keys::Error> for ActionError {
    fn from(error: keys::Error) -> Self {
        Self::Key(error)
    }
}

impl ForeignCertificate {
    /// The bytes that the operator key signs.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut out = SignedBytes::array(6);
        out.text(CERTIFICATE);
        out.plain(self.shard_id.as_bytes());
        out.tagged(self.fingerprint.as_bytes());
        out.tagged(self.public_key.as_bytes());
        out.uint(self.not_before_us);
        out.uint(self.not_after_us);
        out.into_bytes()
    }

    /// Verifies the certificate for `shard_id` by the operator key that the caller trusts; the
    /// certified key, ready for verifying. The library itself never checks any of this.
    ///
    /// Does not prove that the key is still unrevoked: nothing in a shard tells.
    pub fn verify(
        &self,
        shard_id: ShardId,
        operator: &VerifyingKey,
    ) -> Result<VerifyingKey, ActionError> {
        check_shard(shard_id, self.shard_id)?;
        let expected = self.public_key.fingerprint();
        if expected != self.fingerprint {
            return Err(ActionError::WrongFingerprint { expected, found: self.fingerprint });
        }
        let (not_before_us, not_after_us) = (self.not_before_us, self.not_after_us);
        let lifetime = not_after_us.checked_sub(not_before_us);
        if !lifetime.is_some_and(|us| (1..=MAX_LIFETIME_US).contains(&us)) {
            return Err(ActionError::InvalidLifetime { not_before_us, not_after_us });
        }
        let certified = VerifyingKey::new(&self.public_key)?;
        operator.verify(&self.signed_bytes(), &self.operator_signature)?;
        Ok(certified)
    }
}

impl ForeignRevocation {
    /// The bytes that the operator key signs.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut out = SignedBytes::array(5);
        out.text(REVOCATION);
        out.plain(self.shard_id.as_bytes());
        out.tagged(self.fingerprint.as_bytes());
        out.text(self.reason.as_str());
        match self.effective_at_seq {
            Some(seq) => out.uint(seq.0),
            None => out.null(),
        }
        out.into_bytes()
    }

    /// Verifies the revocation for `shard_id` by the operator key that the caller trusts.
    ///
    /// Does not prove that no other revocation exists.
    pub fn verify(&self, shard_id: ShardId, operator: &VerifyingKey) -> Result<(), ActionError> {
        check_shard(shard_id, self.shard_id)?;
        if self.effective_at_seq.is_some() && self.reason != ForeignReason::Compromise {
            return Err(ActionError::UnexpectedEffectiveAtSeq);
        }
        Ok(operator.verify(&self.signed_bytes(), &self.operator_signature)?)
    }
}

fn check_shard(expected: ShardId, found: ShardId) -> Result<(), ActionError> {
    if expected == found { Ok(()) } else { Err(ActionError::WrongShard { expected, found }) }
}

/// A certificate or a revocation, as the ledger got it from the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// A certificate.
    Certificate(ForeignCertificate),
    /// A revocation.
    Revocation(ForeignRevocation),
}

impl KeyAction {
    /// The shard it is for.
    pub const fn shard_id(&self) -> ShardId {
        match self {
            Self::Certificate(certificate) => certificate.shard_id,
            Self::Revocation(revocation) => revocation.shard_id,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ActionDocument {
    kind: String,
    shard_id: String,
    fingerprint: String,
    pub_key: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
    reason: Option<String>,
    effective_at_seq: Option<String>,
    operator_sig: String,
}

/// Reads a JSON list of action objects with the library's own member names, its numbers as decimal
/// strings and its bytes as lower-case hex. `FORMAT.md` has an example.
pub fn read_key_actions(bytes: &[u8]) -> Result<Vec<KeyAction>, Error> {
    let documents: Vec<ActionDocument> = json::read(bytes, MAX_KEY_ACTIONS_SIZE)?;
    documents.iter().map(ActionDocument::action).collect()
}

impl ActionDocument {
    fn action(&self) -> Result<KeyAction, Error> {
        let shard_id = json::shard_id("shardId", &self.shard_id)?;
        let fingerprint = json::digest("fingerprint", &self.fingerprint)?;
        let operator_signature = Signature::from_hex(&self.operator_sig)
            .ok_or(json::rule("operatorSig", "must be 128 lower-case hex digits"))?;
        match (self.kind.as_str(), &self.pub_key, &self.not_before, &self.not_after, &self.reason) {
            (CERTIFICATE, Some(public_key), Some(not_before), Some(not_after), None) => {
                if self.effective_at_seq.is_some() {
                    return Err(json::rule("effectiveAtSeq", "stands in a certificate"));
                }
                Ok(KeyAction::Certificate(ForeignCertificate {
                    shard_id,
                    fingerprint,
                    public_key: PublicKey::from_hex(public_key)
                        .ok_or(json::rule("pubKey", "must be 64 lower-case hex digits"))?,
                    not_before_us: json::number("notBefore", not_before)?,
                    not_after_us: json::number("notAfter", not_after)?,
                    operator_signature,
                }))
            }
            (REVOCATION, None, None, None, Some(reason)) => {
                let effective_at_seq = self.effective_at_seq.as_ref();
                let effective_at_seq = effective_at_seq
                    .map(|seq| json::number("effectiveAtSeq", seq).map(Seq))
                    .transpose()?;
                Ok(KeyAction::Revocation(ForeignRevocation {
                    shard_id,
                    fingerprint,
                    reason: ForeignReason::parse(reason)
                        .ok_or(json::rule("reason", "must be rotation, compromise or shutdown"))?,
                    effective_at_seq,
                    operator_signature,
                }))
            }
            (CERTIFICATE | REVOCATION, ..) => {
                Err(json::rule("the action", "has not the members of its kind"))
            }
            _ => Err(json::rule("kind", "must be ProcessKeyCert or ProcessKeyRevoke")),
        }
    }
}
