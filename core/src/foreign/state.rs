//! `state.json`: what the library's recovery noted. Nothing but a caller ever reads it.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::json;
use crate::Seq;
use crate::hash::Digest;
use crate::keys::ShardId;
use crate::limits::GENESIS_HASH;

/// Largest state file that is read, in bytes. It has one size, but for its numbers.
pub const MAX_FOREIGN_STATE_SIZE: usize = 4_096;

/// Where the log stood when it was last recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignState {
    /// The shard. The only file of the layout that always names it.
    pub shard_id: ShardId,
    /// The last record; `None` for an empty log.
    pub last_seq: Option<Seq>,
    /// The chain tip after it.
    pub tip: Digest,
    /// When, milliseconds since the epoch. Nothing confirms it.
    pub recovered_at_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StateDocument {
    schema_version: u64,
    shard_id: String,
    last_seq: String,
    tip_hash: String,
    recovered_at: u64,
}

impl ForeignState {
    /// Reads a whole file, spelled exactly as the library writes it.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let document: StateDocument = json::read_exact(bytes, MAX_FOREIGN_STATE_SIZE)?;
        if document.schema_version != 1 {
            return Err(json::rule("schemaVersion", "must be 1"));
        }
        let last_seq = match document.last_seq.as_str() {
            "-1" => None,
            seq => Some(Seq(json::number("lastSeq", seq)?)),
        };
        let tip = json::digest("tipHash", &document.tip_hash)?;
        if last_seq.is_none() && tip != GENESIS_HASH {
            return Err(json::rule("tipHash", "of an empty log must be zeros"));
        }
        Ok(Self {
            shard_id: json::shard_id("shardId", &document.shard_id)?,
            last_seq,
            tip,
            recovered_at_ms: document.recovered_at,
        })
    }
}
