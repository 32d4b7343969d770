//! Disputes: what follows when somebody doubts a settlement.
//!
//! * **Accounts** are a projection of the log: [`apply_record`] shows a store one record after the
//!   other, [`MemoryAccounts`] is the simplest store.
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
