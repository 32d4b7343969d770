//! Verifying a whole shard: the walk over its segments, past damage, and the report.
//!
//! [`ShardVerifier`] takes the bytes of one segment after the other, in pieces of any size, and
//! keeps none that it has checked. A verifier with threads of its own takes the parts instead:
//! [`Walk`] finds the frames, a [`ShardAuditor`](crate::settlement::ShardAuditor) joins what was
//! checked of them, [`ShardReport`] says what came of it.
//!
//! ```
//! # use countersign_core::SeqRange;
//! # use countersign_core::chain::ChainWriter;
//! # use countersign_core::frame::{SegmentNumber, length_prefix};
//! # use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
//! use countersign_core::verify::ShardVerifier;
//!
//! # let operator = SigningKey::from_seed(&[1; 32]);
//! # let process = SigningKey::from_seed(&[2; 32]).public_key();
//! # let shard_id = ShardId::from_bytes([7; 16]);
//! # let certificate = create_process_key_action(&operator, shard_id, process, 0, 60_000)?;
//! # let mut record = Vec::new();
//! # ChainWriter::new(shard_id).certify(&mut record, 1_000, &certificate)?;
//! # let mut segment = length_prefix(record.len()).unwrap().to_vec();
//! # segment.extend(record);
//! let mut verifier = ShardVerifier::new(operator.public_key(), SeqRange::ALL);
//! verifier.begin(SegmentNumber::FIRST);
//! for piece in segment.chunks(100) {
//!     verifier.push(piece);
//! }
//! let report = verifier.finish();
//! assert!(report.valid && report.records == 1);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod report;
mod stream;
mod walk;

pub use report::{Extent, FailureReport, KeyReport, ShardReport};
pub use stream::{ShardVerifier, missing_segments};
pub use walk::{End, Fed, Part, Walk};
