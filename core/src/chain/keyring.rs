//! The process keys of a shard, as its records certify and revoke them.

use alloc::vec::Vec;

use crate::Seq;
use crate::keys::{self, Certificate, PublicKey, Reason, Revocation, ShardId, VerifyingKey};

/// One certified key and what became of it.
#[derive(Clone, Debug)]
pub struct KeyState {
    /// Its certificate.
    pub certificate: Certificate,
    /// The key, ready for verifying.
    pub verifying_key: VerifyingKey,
    /// The certificate's record.
    pub certified_at: Seq,
    /// The first revocation's record.
    pub revoked_at: Option<Seq>,
    /// From where its signatures no longer count; the lowest over all revocations.
    pub compromised_from: Option<Seq>,
}

/// All keys of a shard, in the order of their certificates.
///
/// Its state is a projection of the control records so far: the same records give the same
/// keyring in the writer, in recovery and in every verifier.
#[derive(Clone, Debug)]
pub struct Keyring {
    shard_id: ShardId,
    operator: PublicKey,
    /// The operator key unpacked, which costs a tenth of a verification; or why it cannot be.
    operator_key: Result<VerifyingKey, keys::Error>,
    keys: Vec<KeyState>,
}

impl Keyring {
    /// An empty keyring for a shard and the operator key that the caller trusts.
    pub fn new(shard_id: ShardId, operator: PublicKey) -> Self {
        Self { shard_id, operator, operator_key: VerifyingKey::new(&operator), keys: Vec::new() }
    }

    /// The shard.
    pub const fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    /// The operator key that every certificate must be by.
    pub const fn operator(&self) -> PublicKey {
        self.operator
    }

    /// All keys, oldest first.
    pub fn keys(&self) -> &[KeyState] {
        &self.keys
    }

    /// Takes a certificate in, if it holds for this shard and operator.
    pub fn certify(&mut self, seq: Seq, certificate: &Certificate) -> Result<(), keys::Error> {
        let verifying_key = certificate.verify_by(&self.operator, || self.operator_key)?;
        self.keys.push(KeyState {
            certificate: *certificate,
            verifying_key,
            certified_at: seq,
            revoked_at: None,
            compromised_from: None,
        });
        Ok(())
    }

    /// Puts back a key as [`Keyring::keys`] told it, e.g. from a saved resume point.
    ///
    /// The certificate of a key that is not revoked is verified again; of others only the key.
    pub fn restore(
        &mut self,
        certificate: Certificate,
        certified_at: Seq,
        revoked_at: Option<Seq>,
        compromised_from: Option<Seq>,
    ) -> Result<(), keys::Error> {
        let verifying_key = if revoked_at.is_none() {
            certificate.verify_by(&self.operator, || self.operator_key)?
        } else {
            VerifyingKey::new(&certificate.public_key)?
        };
        self.keys.push(KeyState {
            certificate,
            verifying_key,
            certified_at,
            revoked_at,
            compromised_from,
        });
        Ok(())
    }

    /// Takes a revocation in, if it holds; `false` if its key was never certified.
    pub fn revoke(&mut self, seq: Seq, revocation: &Revocation) -> Result<bool, keys::Error> {
        revocation.verify_by(self.shard_id, &self.operator_key?)?;
        let mut is_known = false;
        for key in &mut self.keys {
            if key.certificate.public_key != revocation.public_key {
                continue;
            }
            is_known = true;
            key.revoked_at.get_or_insert(seq);
            if revocation.reason == Reason::KeyCompromise {
                let from = revocation.effective_at_seq.unwrap_or(seq);
                key.compromised_from = Some(key.compromised_from.unwrap_or(from).min(from));
            }
        }
        Ok(is_known)
    }

    /// The active key: the last certificate whose key has not been revoked since.
    pub fn active(&self) -> Option<&KeyState> {
        self.keys.iter().rev().find(|key| key.revoked_at.is_none())
    }

    /// From where the signatures of this key no longer count, over all its certificates.
    pub fn compromised_from(&self, public_key: &PublicKey) -> Option<Seq> {
        self.keys
            .iter()
            .filter(|key| key.certificate.public_key == *public_key)
            .filter_map(|key| key.compromised_from)
            .min()
    }
}
