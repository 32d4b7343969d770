//! Accounts: what a shard's members have, as a store keeps it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::keys::ShardId;
use crate::limits::DIGEST_SIZE;
use crate::{Seq, SeqRange};

/// The settlement that last moved the confirmed balance of an account and still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Its batch.
    pub batch: SeqRange,
    /// When it was confirmed, milliseconds since the epoch: the time of its record.
    pub at_ms: u64,
}

/// What one member has of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Moved by every append, at once: what the member has if nothing is disputed.
    pub optimistic: i128,
    /// Moved when a settlement is confirmed.
    pub confirmed: i128,
    /// The last confirmation that was not reversed; `None` before the first.
    pub last_confirmation: Option<Confirmation>,
}

/// Whose account it is, and of what. Accounts sort by the bytes of the member, then of the asset,
/// as member deltas do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// The member.
    pub member_id: [u8; DIGEST_SIZE],
    /// The asset.
    pub asset_id: String,
}

/// How a settlement moved one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The account.
    pub account: AccountKey,
    /// Earned minus spent.
    pub net: i128,
    /// What confirmed the account before, for when this settlement is reversed.
    pub previous: Option<Confirmation>,
}

/// A batch whose settlement has been confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedBatch {
    /// When, milliseconds since the epoch.
    pub confirmed_at_ms: u64,
    /// Whether its movements have been taken back.
    pub is_reversed: bool,
    /// One for each account it moved, in order of the accounts.
    pub movements: Vec<Movement>,
}

/// What a change does to a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchChange {
    /// Keep it as confirmed; the store has not seen it before.
    Confirm(ConfirmedBatch),
    /// Mark the batch, which the store has, as reversed.
    Reverse,
}

/// Everything that one record or one reversal changes: a store takes all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The seq of the next record that the store expects; `None` leaves it.
    pub next_seq: Option<Seq>,
    /// New states of accounts, each once; the old state is replaced.
    pub accounts: Vec<(AccountKey, Account)>,
    /// A batch, and what happens to it.
    pub batch: Option<(SeqRange, BatchChange)>,
}

/// Where the accounts of one shard are kept.
///
/// The accounts are a projection of the shard's log: a store can be thrown away and filled again
/// by showing every record to [`apply_record`](super::apply_record). So a store decides nothing.
/// It answers with what it was given last, and keeps these promises:
///
/// * [`commit`](Self::commit) takes a change whole or not at all, also through a crash. A store
///   over a database may gather many changes in one transaction and make that durable when it
///   likes: what is lost is projected again from [`next_seq`](Self::next_seq) on.
/// * What is read after a commit is what it wrote, and nothing is forgotten: a batch that was taken
///   back is still asked for when one after it is.
///
/// [`MemoryAccounts`](super::MemoryAccounts) is the simplest one.
pub trait AssetAccountStore {
    /// What can go wrong with the store itself.
    type Error: core::error::Error;

    /// The shard whose accounts these are.
    fn shard_id(&self) -> ShardId;

    /// The record that comes next; [`Seq::FIRST`] for an empty store.
    fn next_seq(&self) -> Result<Seq, Self::Error>;

    /// The account of a member and asset; `None` if nothing ever moved it.
    fn account(
        &self,
        member_id: &[u8; DIGEST_SIZE],
        asset_id: &str,
    ) -> Result<Option<Account>, Self::Error>;

    /// A confirmed batch, reversed or not.
    fn batch(&self, batch: SeqRange) -> Result<Option<ConfirmedBatch>, Self::Error>;

    /// Takes a change: everything in it, or on an error nothing.
    fn commit(&mut self, change: Change) -> Result<(), Self::Error>;
}
