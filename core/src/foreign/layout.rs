//! The TypeScript library's records, as far as recovery looks at them.

use ciborium::value::{Integer, Value};

use crate::Seq;
use crate::hash::{Digest, blake3};
use crate::recovery::{Layout, Seen};

const ITEMS: usize = 9;
/// CBOR array of nine.
const HEAD: u8 = 0x89;
/// Tag of a typed array of bytes, RFC 8746.
const TYPED_BYTES: u64 = 64;

/// Records whose tip is `H(bytes)` and whose byte strings may carry tag 64. The log holds no
/// signatures, so it has no groups that recovery could know.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForeignLayout;

impl Layout for ForeignLayout {
    fn peek(&self, bytes: &[u8]) -> Option<Seen> {
        let mut rest = bytes;
        let value: Value = ciborium::from_reader(&mut rest).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let Value::Array(fields) = value else { return None };
        let [seq, prev_hash, ts, op, member, asset, amount, op_id, context] =
            <[Value; ITEMS]>::try_from(fields).ok()?;
        let is_entry = [&op, &asset, &op_id].into_iter().all(Value::is_text)
            && amount.as_integer().is_some()
            && byte_string(&member).is_some()
            && byte_string(&context).is_some();
        if !is_entry {
            return None;
        }
        Some(Seen {
            seq: Seq(uint(&seq)?),
            prev_hash: Digest::from_slice(byte_string(&prev_hash)?)?,
            tip: blake3(bytes),
            ts_us: uint(&ts)?,
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

fn uint(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|integer: Integer| u64::try_from(integer).ok())
}

fn byte_string(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        Value::Tag(TYPED_BYTES, inner) => inner.as_bytes().map(alloc::vec::Vec::as_slice),
        _ => None,
    }
}
