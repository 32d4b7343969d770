//! Which records can go into a shard of this program's own layout.

use std::collections::HashMap;

use countersign_core::Seq;
use countersign_core::chain::Operation;
use countersign_core::foreign::ForeignRecord;
use countersign_core::hash::blake3_parts;

/// A record that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Its seq in the source.
    pub seq: Seq,
    /// `invalid-field`, `duplicate-op-id`, or a more exact code.
    pub code: &'static str,
    /// The field, and what is wrong with it.
    pub detail: String,
}

/// Looks at records in order: at their fields, and for operations that were there before, which
/// this program's log takes once. Memory: about 50 bytes for each record.
#[derive(Debug, Default)]
pub(super) struct Fitness {
    seen: HashMap<[u8; 16], Seq>,
}

impl Fitness {
    /// The record as an operation, or why it cannot be one.
    pub(super) fn look<'a>(&mut self, record: &ForeignRecord<'a>) -> Result<Operation<'a>, Misfit> {
        let seq = record.seq;
        let operation = record.operation().map_err(|error| Misfit {
            seq,
            code: error.code(),
            detail: error.to_string(),
        })?;
        let hash = blake3_parts(&[operation.member_id, operation.op_id.as_bytes()]);
        let key = *hash.as_bytes().first_chunk().unwrap_or(&[0; 16]);
        match self.seen.get(&key) {
            None => {
                self.seen.insert(key, seq);
                Ok(operation)
            }
            Some(first) => Err(Misfit {
                seq,
                code: "duplicate-op-id",
                detail: format!("opId: record {first} of this member has the same"),
            }),
        }
    }
}
