//! The TypeScript library's records, as far as recovery looks at them.

use super::record::{ForeignRecord, HEAD, foreign_tip};
use crate::recovery::{Layout, Seen};

/// Records whose tip is `H(bytes)` and whose byte strings may carry tag 64. The log holds no
/// signatures, so it has no groups that recovery could know.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForeignLayout;

impl Layout for ForeignLayout {
    fn peek(&self, bytes: &[u8]) -> Option<Seen> {
        let record = ForeignRecord::decode(bytes).ok()?;
        Some(Seen {
            seq: record.seq,
            prev_hash: record.prev_hash,
            tip: foreign_tip(bytes),
            ts_us: record.ts_us,
            is_entry: true,
            is_settlement: false,
            is_signature: false,
            candidate: None,
        })
    }

    fn accept(&mut self, _seen: &Seen, _bytes: &[u8]) {}

    fn may_start_with(&self, byte: u8) -> bool {
        byte == HEAD
    }
}
