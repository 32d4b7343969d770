//! Disputes: what follows when somebody doubts a settlement.
//!
//! * A [`DisputeChallenge`] demands the whole batch, one record, or that an operation is absent; or
//!   it rests on a contradiction. A [`DisputeResponse`] answers it, and
//!   [`evaluate_dispute_challenge`] makes a [`DisputeResolution`] out of both: a pure function, to
//!   which the clock is an argument. `FORMAT.md` beside this file has the documents, the states and
//!   the numbered steps.
//! * **Accounts** are a projection of the log: [`apply_record`] shows an [`AssetAccountStore`] one
//!   record after the other, and [`apply_dispute_reversal`] takes a lost settlement back.
//!   [`MemoryAccounts`] is the simplest store.
//! * **A compromised key**: [`tainted_settlements`] and [`reverse_range`] list what it signed,
//!   [`resolve_compromise`] ends each.
//!
//! A member who doubts a settlement demands its records; the operator has six hours:
//!
//! ```
//! # use countersign_core::Seq;
//! # use countersign_core::chain::{ChainWriter, Operation, Record};
//! # use countersign_core::hash::Blake3;
//! # use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
//! # use countersign_core::merkle::{leaf_hash, root};
//! # use countersign_core::settlement::{BatchWindow, settle};
//! use countersign_core::dispute::{
//!     Answer, ChallengeFormat, Demand, DisputeChallenge, DisputeOptions, DisputeResponse,
//!     DisputeStatus, ResponseFormat, evaluate_dispute_challenge,
//! };
//! use countersign_core::document::Text;
//!
//! # let operator = SigningKey::from_seed(&[1; 32]);
//! # let process = SigningKey::from_seed(&[2; 32]);
//! # let shard_id = ShardId::from_bytes([7; 16]);
//! # let certificate =
//! #     create_process_key_action(&operator, shard_id, process.public_key(), 0, 60_000)?;
//! # let mut chain = ChainWriter::new(shard_id);
//! # let mut records = vec![Vec::new(), Vec::new()];
//! # chain.certify(&mut records[0], 1_000, &certificate)?;
//! # let operation = Operation {
//! #     op: "earn",
//! #     member_id: &[3; 32],
//! #     asset_id: "joule",
//! #     amount: 5,
//! #     op_id: "order-17",
//! #     context_hash: &[0; 32],
//! # };
//! # chain.append(&mut records[1], 2_000, &operation)?;
//! # let mut window = BatchWindow::new(Seq::FIRST);
//! # for bytes in &records {
//! #     window.push(bytes, &Record::decode(bytes)?)?;
//! # }
//! # let leaves: Vec<_> = records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
//! # let (log_root, mut record) = (root::<Blake3>(&leaves), Vec::new());
//! # let settlement = settle(&mut chain, &window, log_root, &process, &mut record, 5_000_000)?;
//! let batch_id = settlement.batch_id(shard_id);
//! let challenge = DisputeChallenge {
//!     format: ChallengeFormat,
//!     shard_id,
//!     operator_public_key: operator.public_key(),
//!     certificate,
//!     settlement,
//!     confirmed_at_ms: 5_000,
//!     raised_at_ms: 6_000,
//!     challenger_id: Text::new("auditor").unwrap_or_default(),
//!     claimed_discrepancy: Text::new("I never did order-17").unwrap_or_default(),
//!     demand: Demand::Range {},
//! };
//! let options = DisputeOptions::new(operator.public_key(), 8_000);
//! let open = evaluate_dispute_challenge(&challenge, None, &options)?;
//! assert_eq!(open.status, DisputeStatus::Challenged);
//!
//! let answer = Answer::Range { records };
//! let response =
//!     DisputeResponse { format: ResponseFormat, batch_id, responded_at_ms: 7_000, answer };
//! let ended = evaluate_dispute_challenge(&challenge, Some(&response), &options)?;
//! assert_eq!(ended.status, DisputeStatus::Confirmed, "{}", &*ended.detail);
//! assert_eq!(ended.record().map(|record| record.status), Some("CONFIRMED"));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! The accounts of a log:
//!
//! ```
//! use countersign_core::chain::{ChainWriter, Operation, Record};
//! use countersign_core::dispute::{Applied, AssetAccountStore, MemoryAccounts, apply_record};
//! use countersign_core::keys::{ShardId, SigningKey, create_process_key_action};
//!
//! let operator = SigningKey::from_seed(&[1; 32]);
//! let process = SigningKey::from_seed(&[2; 32]);
//! let shard_id = ShardId::from_bytes([7; 16]);
//! let certificate =
//!     create_process_key_action(&operator, shard_id, process.public_key(), 0, 60_000)?;
//! let mut chain = ChainWriter::new(shard_id);
//! let (mut first, mut second) = (Vec::new(), Vec::new());
//! chain.certify(&mut first, 1_000, &certificate)?;
//! let operation = Operation {
//!     op: "earn",
//!     member_id: &[3; 32],
//!     asset_id: "joule",
//!     amount: 5,
//!     op_id: "order-17",
//!     context_hash: &[0; 32],
//! };
//! chain.append(&mut second, 2_000, &operation)?;
//!
//! let mut accounts = MemoryAccounts::new(shard_id);
//! assert_eq!(apply_record(&mut accounts, &Record::decode(&first)?)?, Applied::Nothing);
//! assert_eq!(apply_record(&mut accounts, &Record::decode(&second)?)?, Applied::Moved);
//! let account = accounts.account(&[3; 32], "joule")?.unwrap_or_default();
//! assert_eq!((account.optimistic, account.confirmed), (5, 0));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod account_error;
mod accounts;
mod answer;
mod challenge;
mod error;
mod evaluate;
mod format;
mod keys;
mod memory;
mod options;
mod projection;
mod resolution;
mod response;
mod reversal;
mod signer;
#[cfg(test)]
mod tests;
mod times;

pub use account_error::{AccountError, Balance};
pub use accounts::{
    Account, AccountKey, AssetAccountStore, BatchChange, Change, Confirmation, ConfirmedBatch,
    Movement,
};
pub use challenge::{ChallengeFormat, Demand, DisputeChallenge};
pub use error::DisputeError;
pub use evaluate::{evaluate_dispute_challenge, resolve_compromise};
pub use format::FormatName;
pub use keys::{Tainted, reverse_range, tainted_settlements};
pub use memory::MemoryAccounts;
pub use options::{DisputeOptions, Witnessed};
pub use projection::{Applied, apply_record};
pub use resolution::{DisputeResolution, DisputeStatus, ResolutionFormat};
pub use response::{Answer, DisputeResponse, ResponseFormat};
pub use reversal::apply_dispute_reversal;
