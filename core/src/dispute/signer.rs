//! Whether the challenged settlement is the operator's.

use alloc::format;
use alloc::string::ToString;

use super::answer::Failed;
use super::challenge::DisputeChallenge;
use super::error::DisputeError;
use super::options::DisputeOptions;
use crate::Seq;
use crate::keys::Reason;
use crate::proof::KnownRevocation;
use crate::settlement::verify_settlement;

/// What is known of the settlement's signature.
#[derive(Clone, Debug)]
pub(super) enum Signer {
    /// The operator certified the key, the key signed the settlement.
    Proven,
    /// It was so, but the operator has revoked the key as compromised from before the settlement
    /// on.
    Compromised(Failed),
    /// It may be anybody's.
    Unproven(Failed),
}

impl Signer {
    /// As a check of the settlement: everything short of a signature that counts fails.
    pub(super) fn holds(self) -> Result<(), Failed> {
        match self {
            Self::Proven => Ok(()),
            Self::Compromised(failed) | Self::Unproven(failed) => Err(failed),
        }
    }

    /// As a condition for holding the operator to anything.
    pub(super) fn proven(self) -> Result<(), DisputeError> {
        match self {
            Self::Proven | Self::Compromised(_) => Ok(()),
            Self::Unproven(Failed { code, detail }) => {
                Err(DisputeError::SettlementUnproven { check: code, detail })
            }
        }
    }
}

/// Step 4: certificate, signature, compromise.
pub(super) fn check(
    challenge: &DisputeChallenge,
    options: &DisputeOptions<'_>,
) -> Result<Signer, DisputeError> {
    let DisputeChallenge { shard_id, certificate, settlement, .. } = challenge;
    let operator = &options.operator_public_key;
    let unproven = |code, detail| Ok(Signer::Unproven(Failed { code, detail }));
    if let Err(failure) = verify_settlement(settlement, *shard_id, certificate, operator) {
        return unproven(failure.code(), failure.to_string());
    }
    // The settlement's own time is known to the evaluator alone.
    if let Some(at_ms) = options.witnessed.confirmed_at_ms {
        let (not_before_ms, expires_at_ms) = (certificate.not_before_ms, certificate.expires_at_ms);
        if at_ms < not_before_ms || expires_at_ms <= at_ms {
            return unproven(
                "outside-key-window",
                format!(
                    "the settlement was made at {at_ms} ms, its key is valid from {not_before_ms} \
                     to {expires_at_ms} ms"
                ),
            );
        }
    }
    // The settlement's own record is the one behind its batch.
    let seq = settlement.to_seq.next();
    for KnownRevocation { revocation, seq: revoked_at } in options.revocations {
        let public_key = revocation.public_key;
        if public_key != settlement.public_key {
            continue;
        }
        if let Err(error) = revocation.verify(*shard_id, operator) {
            return Err(DisputeError::RevocationInvalid { public_key, error });
        }
        if revocation.reason != Reason::KeyCompromise {
            continue;
        }
        let from = revocation.effective_at_seq.or(*revoked_at).unwrap_or(Seq::FIRST);
        if from <= seq {
            let detail = format!(
                "key {public_key} is compromised from seq {from} on, the settlement has seq {seq}"
            );
            return Ok(Signer::Compromised(Failed { code: "key-compromised", detail }));
        }
    }
    Ok(Signer::Proven)
}
