//! Reads, checks and never writes the shards of the TypeScript library.
//!
//! Its records are CBOR arrays of nine in another encoding, chained by another rule; signatures
//! stand in a file beside the log, certificates in no file at all, and settlements are unsigned
//! (`spec/metering-reference.md`). `FORMAT.md` beside this file has specimens, the steps of a
//! verification, and what this layout cannot show.
//!
//! ```
//! use countersign_core::foreign::{ForeignAuditor, ForeignKeys};
//! use countersign_core::frame::{Place, SegmentNumber};
//! use countersign_core::keys::ShardId;
//!
//! let keys = ForeignKeys::new(ShardId::from_bytes([7; 16]));
//! let mut auditor = ForeignAuditor::new(keys);
//! auditor.push(Place { segment: SegmentNumber::FIRST, offset: 0 }, b"no record");
//! let audit = auditor.finish();
//! assert_eq!(audit.failures[0].code.as_str(), "record-malformed");
//! ```

mod actions;
mod amount;
mod audit;
mod batch_index;
mod batches;
mod error;
mod failure;
mod items;
mod json;
mod keyring;
mod layout;
mod link;
mod names;
mod range;
mod record;
mod search;
mod settlement;
mod sidecar;
mod signatures;
mod state;
#[cfg(test)]
mod tests;
mod window;

pub use actions::{
    ActionError, ForeignCertificate, ForeignReason, ForeignRevocation, KeyAction,
    MAX_KEY_ACTIONS_SIZE, read_key_actions,
};
pub use amount::ForeignAmount;
pub use audit::{ForeignAudit, ForeignAuditor};
pub use batch_index::{BatchIndex, MAX_INDEX_SIZE};
pub use error::Error;
pub use failure::{ForeignCode, ForeignFailure, ForeignFile};
pub use keyring::{ForeignKey, ForeignKeys};
pub use layout::ForeignLayout;
pub use names::{BatchName, INDEX_DIR_NAME, SETTLEMENTS_DIR_NAME};
pub use range::{RangeFailure, RangeKeys, verify_range};
pub use record::{ForeignRecord, foreign_tip};
pub use search::next_foreign_record;
pub use settlement::{ForeignDelta, ForeignSettlement, MAX_FOREIGN_SETTLEMENT_SIZE};
pub use sidecar::{
    MAX_SIDECAR_SIZE, SIDECAR_FILE_NAME, Sidecar, SidecarEnd, SidecarFault, SignatureEntry,
};
pub use state::{ForeignState, MAX_FOREIGN_STATE_SIZE};
pub use window::ForeignWindow;
