//! The next record behind damage.

use super::record::{ForeignRecord, HEAD};
use crate::limits::LENGTH_PREFIX_SIZE;
use crate::recovery::NextRecord;

/// The smallest record: empty texts, no tags.
const MIN_SIZE: usize = 1 + 3 * 9 + 3 * 34 + 3;
/// The largest record that is looked for behind damage: trying a longer one at every byte of a
/// hostile file would take for ever.
const MAX_SIZE: usize = 64 * 1024;
/// A length prefix, the head of the array, and the seq's initial byte.
const GLANCE: usize = LENGTH_PREFIX_SIZE + 2;
/// Initial byte of a seq.
const SEQ: u8 = 0x1b;

/// Looks for the first frame with a record of this layout, at every byte. `available` bytes follow
/// from the start of `bytes` on to the end of the segment; `bytes` may be fewer.
///
/// Takes any record of up to 64 KiB that decodes strictly, and leaves what it is worth to those who
/// check it.
pub fn next_foreign_record(bytes: &[u8], available: u64) -> NextRecord {
    for at in 0..bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let left = available.saturating_sub(at as u64);
        let Some((prefix, [array, seq, ..])) = rest.split_first_chunk::<LENGTH_PREFIX_SIZE>()
        else {
            if (GLANCE as u64) <= left {
                return NextRecord::Wanted { passed: at, wanted: GLANCE };
            }
            continue;
        };
        let length = u32::from_le_bytes(*prefix) as usize;
        let size = LENGTH_PREFIX_SIZE.saturating_add(length);
        let may_start = (MIN_SIZE..=MAX_SIZE).contains(&length)
            && (size as u64) <= left
            && (*array, *seq) == (HEAD, SEQ);
        if !may_start {
            continue;
        }
        match rest.get(LENGTH_PREFIX_SIZE..size) {
            None => return NextRecord::Wanted { passed: at, wanted: size },
            Some(payload) if ForeignRecord::decode(payload).is_ok() => return NextRecord::At(at),
            Some(_) => {}
        }
    }
    NextRecord::None
}
