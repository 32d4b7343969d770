//! The accounts of a shard, kept beside its log: the library behind `accounts` and
//! `dispute reverse`.
//!
//! What every member has of every asset follows from the log, so [`ShardAccounts`] is a cache: an
//! LMDB environment in the directory `accounts` of the shard, which can be thrown away at any time.
//! [`ShardAccounts::catch_up`] shows the records it has not seen to the core's
//! [`apply_record`](countersign_core::dispute::apply_record), some thousand to a transaction.
//!
//! The place in the log up to which the accounts go is written in the same transaction as the
//! accounts, so that a crash leaves them behind, never wrong. They are made anew when they are
//! missing, damaged, a copy, of another shard, or when the log does not hold the very record that
//! they saw last: it was recovered, or restored from a backup.
//!
//! A process that writes the shard may have an [`AccountsKeeper`], which brings them up behind every
//! settlement; else they are brought up when somebody asks.
//!
//! Memory: one batch of records and, for a settlement, its movements. The accounts themselves stay
//! on disk, however many there are.

mod environment;
mod error;
mod follow;
mod keeper;
mod position;
mod rows;
mod shard_accounts;
mod transaction;

pub use error::AccountsError;
pub use keeper::AccountsKeeper;
pub use shard_accounts::{AccountRow, ShardAccounts};
