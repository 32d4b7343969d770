//! The process keys that a verifier trusts, and what became of them.

use alloc::vec::Vec;

use super::actions::{ActionError, ForeignCertificate, ForeignReason, ForeignRevocation};
use crate::Seq;
use crate::hash::Digest;
use crate::keys::{self, PublicKey, ShardId, VerifyingKey};

/// A process key that is trusted.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The key, ready for verifying.
    pub verifying_key: VerifyingKey,
    /// The windows of its certificates, from and until, microseconds since the epoch. None for a
    /// key that the caller trusts without a certificate.
    pub windows: Vec<(u64, u64)>,
    /// How often it was revoked because another key took over or the writer was closed.
    pub retired: u64,
    /// From where its signatures no longer count; the lowest over all revocations.
    pub compromised_from: Option<Seq>,
}

impl ForeignKey {
    /// Whether a record of this time may be the last that a signature by this key covers.
    ///
    /// Only the end of the windows counts: a key may sign, when it is taken into use, what another
    /// key left unsigned before its own time.
    pub fn may_sign_at(&self, ts_us: u64) -> bool {
        self.windows.is_empty() || self.windows.iter().any(|(_, until)| ts_us <= *until)
    }

    /// Whether every certificate it has was taken back.
    pub const fn is_retired(&self) -> bool {
        self.retired > 0 && self.retired >= self.windows.len() as u64
    }
}

/// The keys a verifier trusts for one shard. The layout keeps none of them: they come from the
/// ledger that the library was given, or from somebody the verifier believes.
#[derive(Clone, Debug)]
pub struct ForeignKeys {
    shard_id: ShardId,
    keys: Vec<ForeignKey>,
}

impl ForeignKeys {
    /// None yet.
    pub const fn new(shard_id: ShardId) -> Self {
        Self { shard_id, keys: Vec::new() }
    }

    /// The shard.
    pub const fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    /// All of them, in the order in which they became known.
    pub fn keys(&self) -> &[ForeignKey] {
        &self.keys
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key with this fingerprint.
    pub fn find(&self, fingerprint: &Digest) -> Option<&ForeignKey> {
        self.keys.iter().find(|key| key.verifying_key.fingerprint() == *fingerprint)
    }

    /// Takes a key on the caller's word.
    ///
    /// # Errors
    /// [`keys::Error::InvalidPublicKey`] for one under which forged signatures hold.
    pub fn trust(&mut self, public_key: &PublicKey) -> Result<(), keys::Error> {
        self.entry(VerifyingKey::new(public_key)?);
        Ok(())
    }

    /// Takes the key of a certificate, if it holds.
    pub fn certify(
        &mut self,
        operator: &VerifyingKey,
        certificate: &ForeignCertificate,
    ) -> Result<(), ActionError> {
        let verifying_key = certificate.verify(self.shard_id, operator)?;
        let window = (certificate.not_before_us, certificate.not_after_us);
        if let Some(key) = self.entry(verifying_key) {
            key.windows.push(window);
        }
        Ok(())
    }

    /// Takes a revocation, if it holds and its key is known.
    pub fn revoke(
        &mut self,
        operator: &VerifyingKey,
        revocation: &ForeignRevocation,
    ) -> Result<(), ActionError> {
        revocation.verify(self.shard_id, operator)?;
        self.apply(&revocation.fingerprint, revocation.reason, revocation.effective_at_seq)
    }

    /// Takes a revocation on the caller's word.
    pub(super) fn apply(
        &mut self,
        fingerprint: &Digest,
        reason: ForeignReason,
        effective_at_seq: Option<Seq>,
    ) -> Result<(), ActionError> {
        let found = *fingerprint;
        let mut keys = self.keys.iter_mut();
        let key = keys
            .find(|key| key.verifying_key.fingerprint() == found)
            .ok_or(ActionError::UnknownKey { found })?;
        if reason == ForeignReason::Compromise {
            let from = effective_at_seq.unwrap_or(Seq::FIRST);
            key.compromised_from = Some(key.compromised_from.unwrap_or(from).min(from));
        } else {
            key.retired = key.retired.saturating_add(1);
        }
        Ok(())
    }

    fn entry(&mut self, verifying_key: VerifyingKey) -> Option<&mut ForeignKey> {
        let fingerprint = verifying_key.fingerprint();
        if self.find(&fingerprint).is_none() {
            self.keys.push(ForeignKey {
                verifying_key,
                windows: Vec::new(),
                retired: 0,
                compromised_from: None,
            });
        }
        let mut keys = self.keys.iter_mut();
        keys.find(|key| key.verifying_key.fingerprint() == fingerprint)
    }
}
