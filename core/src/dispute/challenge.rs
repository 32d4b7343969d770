//! The challenge: somebody doubts a settlement and says what would settle the doubt.

use alloc::boxed::Box;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::format::{self, FormatName, any_bundle};
use crate::Seq;
use crate::document::{Blank, DocumentError, Object, One, Own, Text, members, one};
use crate::keys::{Certificate, PublicKey, ShardId};
use crate::limits::{
    DIGEST_SIZE, MAX_CONTROL_TEXT_SIZE, MAX_DISPUTE_DOCUMENT_SIZE, MAX_OP_ID_SIZE,
};
use crate::proof::AnyBundle;
use crate::settlement::{BatchId, BatchSettlementAction};
use crate::tags;

/// `countersign/challenge/v1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChallengeFormat;

impl Blank for ChallengeFormat {
    const BLANK: Self = Self;
}

impl FormatName for ChallengeFormat {
    const NAME: &'static str = tags::CHALLENGE_FORMAT;
}

/// A challenge of a settlement, `countersign/challenge/v1` (`spec/metering.md` section 7).
///
/// Nobody signs it: whoever has a settlement may doubt it, and what decides is the operator's
/// answer, not the challenger's word. So its times are the challenger's claims; an evaluator who
/// knows better says so with [`Witnessed`](super::Witnessed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeChallenge {
    /// The document's format.
    pub format: ChallengeFormat,
    /// The shard.
    pub shard_id: ShardId,
    /// The operator key that the challenger trusts.
    pub operator_public_key: PublicKey,
    /// The certificate of the key that signed the settlement.
    pub certificate: Certificate,
    /// The doubted settlement, whole.
    pub settlement: BatchSettlementAction,
    /// When the settlement was confirmed, milliseconds since the epoch: the time of its record.
    pub confirmed_at_ms: u64,
    /// When the challenge was raised, milliseconds since the epoch.
    pub raised_at_ms: u64,
    /// Who challenges.
    pub challenger_id: Text<MAX_OP_ID_SIZE>,
    /// What the challenger claims is wrong, for people.
    pub claimed_discrepancy: Text<MAX_CONTROL_TEXT_SIZE>,
    /// What the operator must show, or what already shows the fraud.
    pub demand: Demand,
}

members!(DisputeChallenge {
    format "format": One,
    shard_id "shardId": One,
    operator_public_key "operatorPublicKey": One,
    certificate "certificate": Object,
    settlement "settlement": Object,
    confirmed_at_ms "confirmedAtMs": One,
    raised_at_ms "raisedAtMs": One,
    challenger_id "challengerId": One,
    claimed_discrepancy "claimedDiscrepancy": One,
    demand "demand": Own,
});

/// What a challenge demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Demand {
    /// Every record of the batch.
    Range {},
    /// One record of the batch.
    Record {
        /// Its seq.
        #[serde(with = "one")]
        seq: Seq,
    },
    /// That an operation is not in the batch.
    Absence {
        /// The member of the operation.
        #[serde(with = "one")]
        member_id: [u8; DIGEST_SIZE],
        /// Its idempotency key.
        #[serde(with = "one")]
        op_id: Text<MAX_OP_ID_SIZE>,
    },
    /// Nothing: a contradiction shows the fraud already.
    Contradiction {
        /// The contradiction, a bundle of its own.
        #[serde(with = "any_bundle")]
        bundle: Box<AnyBundle>,
    },
}

impl Blank for Demand {
    const BLANK: Self = Self::Range {};
}

impl DisputeChallenge {
    /// Reads a challenge.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DocumentError> {
        format::read::<_, ChallengeFormat>(bytes, MAX_DISPUTE_DOCUMENT_SIZE)
    }

    /// The challenge as JSON; the same challenge gives the same bytes.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        crate::document::write(self)
    }

    /// The name of the doubted batch.
    pub const fn batch_id(&self) -> BatchId {
        self.settlement.batch_id(self.shard_id)
    }
}

impl Demand {
    /// The name that the demand has in the document.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Range {} => "range",
            Self::Record { .. } => "record",
            Self::Absence { .. } => "absence",
            Self::Contradiction { .. } => "contradiction",
        }
    }
}
