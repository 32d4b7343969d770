//! `settlements/settlement_<from>_<to>.json`: what a batch came to, unsigned.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::json;
use crate::hash::{Digest, hex};
use crate::limits::DIGEST_SIZE;
use crate::{Seq, SeqRange};

/// Largest settlement file that is read, in bytes. One of 1,000 pairs takes 173,317.
pub const MAX_FOREIGN_SETTLEMENT_SIZE: usize = 16 * 1024 * 1024;

/// What one member earned and spent of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignDelta {
    /// The member.
    pub member_id: [u8; DIGEST_SIZE],
    /// The asset.
    pub asset_id: String,
    /// Sum of the positive amounts.
    pub earned: u128,
    /// Sum of the absolute negative ones.
    pub spent: u128,
}

/// A settlement file. Nothing in it is signed: it is worth what the log confirms of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignSettlement {
    /// The ledger's name for it, or the shard's digits, from and to. Nothing confirms it.
    pub batch_id: String,
    /// The records it covers.
    pub range: SeqRange,
    /// The chain tip after the last of them.
    pub tip: Digest,
    /// The Merkle root over them.
    pub items_root: Digest,
    /// Sums, by member and then by asset in the order of UTF-16 code units.
    pub member_deltas: Vec<ForeignDelta>,
    /// When it was written, milliseconds since the epoch. Nothing confirms it.
    pub confirmed_at_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SettlementDocument {
    batch_id: String,
    from_seq: String,
    to_seq: String,
    tip_hash: String,
    items_root: String,
    member_deltas: Vec<DeltaDocument>,
    confirmed_at: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DeltaDocument {
    member_id: String,
    asset_id: String,
    earned: String,
    spent: String,
}

impl ForeignSettlement {
    /// Reads a whole file, spelled exactly as the library writes it.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let document: SettlementDocument = json::read_exact(bytes, MAX_FOREIGN_SETTLEMENT_SIZE)?;
        let from = Seq(json::number("fromSeq", &document.from_seq)?);
        let to = Seq(json::number("toSeq", &document.to_seq)?);
        Ok(Self {
            range: SeqRange { from, to },
            tip: json::digest("tipHash", &document.tip_hash)?,
            items_root: json::digest("itemsRoot", &document.items_root)?,
            member_deltas: document
                .member_deltas
                .into_iter()
                .map(DeltaDocument::delta)
                .collect::<Result<_, _>>()?,
            confirmed_at_ms: json::number("confirmedAt", &document.confirmed_at)?,
            batch_id: document.batch_id,
        })
    }
}

impl DeltaDocument {
    fn delta(self) -> Result<ForeignDelta, Error> {
        Ok(ForeignDelta {
            member_id: hex::decode_array(&self.member_id)
                .ok_or(json::rule("memberId", "must be 64 lower-case hex digits"))?,
            asset_id: self.asset_id,
            earned: json::number("earned", &self.earned)?,
            spent: json::number("spent", &self.spent)?,
        })
    }
}
