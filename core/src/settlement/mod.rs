//! Batches: when one closes, the settlement that commits to all of its records, and checking it.
//!
//! A [`BatchWindow`] takes every record as it is appended and says when it is due; [`settle`]
//! closes it. [`check_settlement`] holds a settlement against the records of its range,
//! [`verify_settlement`] against the keys. `FORMAT.md` beside this file has the bytes and the
//! numbered checks.
//!
//! [`BatchSettlementAction`] is a settlement on its own, as a proof carries it; the record in
//! the log is [`chain::Settlement`](crate::chain::Settlement), and each turns into the other
//! without loss.
//!
//! ```
//! use countersign_core::chain::{ChainWriter, Operation, Record};
//! use countersign_core::hash::Blake3;
//! use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
//! use countersign_core::merkle::{leaf_hash, root};
//! use countersign_core::settlement::{
//!     BatchRules, BatchWindow, check_settlement, settle, verify_settlement,
//! };
//! use countersign_core::Seq;
//!
//! let operator = SigningKey::from_seed(&[1; 32]);
//! let process = SigningKey::from_seed(&[2; 32]);
//! let shard_id = ShardId::from_bytes([7; 16]);
//! let certificate =
//!     create_process_key_action(&operator, shard_id, process.public_key(), 0, 60_000)?;
//!
//! let mut chain = ChainWriter::new(shard_id);
//! let mut records = vec![Vec::new(), Vec::new()];
//! chain.certify(&mut records[0], 1_000, &certificate)?;
//! let operation = Operation {
//!     op: "earn",
//!     member_id: &[3; 32],
//!     asset_id: "joule",
//!     amount: 5,
//!     op_id: "order-17",
//!     context_hash: &[0; 32],
//! };
//! chain.append(&mut records[1], 2_000, &operation)?;
//!
//! let mut window = BatchWindow::new(Seq::FIRST);
//! for bytes in &records {
//!     window.push(bytes, &Record::decode(bytes)?)?;
//! }
//! assert!(!window.is_due(&BatchRules::default(), 5_001_999));
//! assert!(window.is_due(&BatchRules::default(), 5_002_000));
//!
//! let leaves: Vec<_> = records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
//! let mut record = Vec::new();
//! let log_root = root::<Blake3>(&leaves);
//! let action = settle(&mut chain, &window, log_root, &process, &mut record, 5_002_000)?;
//! assert_eq!((action.from_seq, action.to_seq), (Seq(0), Seq(1)));
//! assert_eq!(action.member_deltas[0].earned, 5);
//!
//! check_settlement(&action, records.iter().map(Vec::as_slice))?;
//! verify_settlement(&action, shard_id, &certificate, &operator.public_key())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod audit;
mod batch_id;
mod check;
mod deltas;
mod document;
mod error;
mod failure;
#[cfg(test)]
mod faults;
mod index;
#[cfg(test)]
mod naive;
mod settle;
#[cfg(test)]
mod tests;
mod window;

pub use action::{AccountDelta, BatchSettlementAction};
pub use audit::{
    CheckVerdict, PendingBatch, PendingCheck, ShardAuditor, ShardRun, check_shard_run,
};
pub use batch_id::BatchId;
pub use check::{check_settlement, verify_settlement};
pub use error::{Pair, SettlementError};
pub use failure::{DeltaFailure, Roots, SettlementFailure};
pub use index::IndexLeaf;
pub use settle::settle;
pub use window::{BatchRules, BatchTotals, BatchWindow};
