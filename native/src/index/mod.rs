//! The index of a log: what makes a proof without reading the whole log.
//!
//! It lies beside the segments in one file that may be thrown away at any time. Readers make it,
//! bring it up to date when they need it, and never believe it: it is bound to the shard by the
//! chain, and whatever is proven with it is checked against a signed root before it is given away.
//! `FORMAT.md` beside this file has the bytes.

mod cursor;
mod file;
mod log_index;
mod nodes;

pub(crate) use cursor::{LogCursor, LogPosition, LogRecord, read_record};
pub(crate) use log_index::certificate_in;
pub use log_index::{LogIndex, SettledRange};

/// Records to a chunk: the index has one row for each, and rereads what is inside.
pub const CHUNK_RECORDS: u64 = 1 << CHUNK_LEVEL;
/// The level of the Merkle tree at which a chunk is one node.
const CHUNK_LEVEL: u8 = 8;
