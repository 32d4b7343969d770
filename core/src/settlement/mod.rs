//! Batches: the settlement that closes one and commits to all of its records.
//!
//! [`BatchSettlementAction`] is a settlement on its own, as a proof carries it; the record in
//! the log is [`chain::Settlement`](crate::chain::Settlement), and each turns into the other
//! without loss.

mod action;
mod batch_id;
mod document;
#[cfg(test)]
mod tests;

pub use action::{AccountDelta, BatchSettlementAction};
pub use batch_id::BatchId;
