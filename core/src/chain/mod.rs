//! Records, and the chain they form.
//!
//! A shard is a sequence of [`Record`]s: entries, which say what a member earned or spent, and
//! control records, which certify keys, sign the tip and close batches. Each names the tip before
//! it, so that no record can be changed, added or dropped unseen. `FORMAT.md` beside this file
//! has the bytes.
//!
//! * [`ChainWriter`] makes records: give it keys, times and operations, get bytes. [`Sequencer`] is
//!   its front half, for writers that accept on one thread and link on another.
//! * [`check_run`] checks a run of records by itself, so that many runs can be checked at once;
//!   [`Auditor`] joins the runs, in order, and checks keys, signatures and settlements.
//!
//! ```
//! use countersign_core::chain::{ChainWriter, Operation, Record};
//! use countersign_core::keys::{create_process_key_action, ShardId, SigningKey};
//!
//! let operator = SigningKey::from_seed(&[1; 32]);
//! let process = SigningKey::from_seed(&[2; 32]);
//! let shard_id = ShardId::from_bytes([7; 16]);
//! let certificate =
//!     create_process_key_action(&operator, shard_id, process.public_key(), 0, 60_000).unwrap();
//!
//! let mut chain = ChainWriter::new(shard_id);
//! let mut bytes = Vec::new();
//! chain.certify(&mut bytes, 1_000, &certificate).unwrap();
//! bytes.clear();
//! let operation = Operation {
//!     op: "earn",
//!     member_id: &[3; 32],
//!     asset_id: "joule",
//!     amount: 5,
//!     op_id: "order-17",
//!     context_hash: &[0; 32],
//! };
//! chain.append(&mut bytes, 2_000, &operation).unwrap();
//! let Ok(Record::Entry(entry)) = Record::decode(&bytes) else { panic!() };
//! assert_eq!(entry.operation, operation);
//! assert_eq!(chain.next_seq().0, 2);
//! ```

mod audit;
mod cadence;
mod control;
mod entry;
mod error;
mod failure;
mod keyring;
mod record;
mod run;
mod sequencer;
mod settlement;
mod stretch;
mod tally;
#[cfg(test)]
mod tests;
mod tip;
mod trail;
mod writer;

pub use audit::{AuditReport, Auditor, PendingSignature};
pub use cadence::Cadence;
pub use control::{Control, ControlRecord, ResolutionRecord, SigEnvelope};
pub(crate) use entry::check_asset_id;
pub use entry::{MeteringRecord, Operation};
pub use error::RecordError;
pub use failure::{Failure, FailureCode};
pub use keyring::{KeyState, Keyring};
pub use record::{Record, peek_link};
pub use run::{KeyWindow, Link, RecordSink, RunSummary, check_run, check_run_in, check_run_with};
pub use sequencer::Sequencer;
pub use settlement::{MemberDelta, SettledRoots, Settlement, SettlementHead};
pub use tip::next_tip;
pub use writer::{ChainError, ChainWriter};
