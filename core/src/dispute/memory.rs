//! Accounts in memory.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::convert::Infallible;

use super::accounts::{
    Account, AccountKey, AssetAccountStore, BatchChange, Change, ConfirmedBatch,
};
use crate::keys::ShardId;
use crate::limits::DIGEST_SIZE;
use crate::{Seq, SeqRange};

/// The accounts of one shard, in memory. Never fails.
///
/// ```
/// use countersign_core::dispute::{AssetAccountStore, MemoryAccounts};
/// use countersign_core::keys::ShardId;
///
/// let accounts = MemoryAccounts::new(ShardId::from_bytes([7; 16]));
/// assert_eq!(accounts.account(&[3; 32], "joule"), Ok(None));
/// assert_eq!(accounts.next_seq().map(|seq| seq.0), Ok(0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryAccounts {
    shard_id: ShardId,
    next_seq: Seq,
    /// By member, then by asset: an account is found without making its key.
    accounts: BTreeMap<[u8; DIGEST_SIZE], BTreeMap<String, Account>>,
    batches: BTreeMap<(Seq, Seq), ConfirmedBatch>,
}

impl MemoryAccounts {
    /// No account yet, and record 0 to come.
    pub const fn new(shard_id: ShardId) -> Self {
        Self { shard_id, next_seq: Seq::FIRST, accounts: BTreeMap::new(), batches: BTreeMap::new() }
    }

    /// Every account, in order of member and asset.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8; DIGEST_SIZE], &str, &Account)> {
        self.accounts.iter().flat_map(|(member_id, assets)| {
            assets.iter().map(move |(asset_id, account)| (member_id, asset_id.as_str(), account))
        })
    }
}

impl AssetAccountStore for MemoryAccounts {
    type Error = Infallible;

    fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    fn next_seq(&self) -> Result<Seq, Infallible> {
        Ok(self.next_seq)
    }

    fn account(
        &self,
        member_id: &[u8; DIGEST_SIZE],
        asset_id: &str,
    ) -> Result<Option<Account>, Infallible> {
        Ok(self.accounts.get(member_id).and_then(|assets| assets.get(asset_id)).copied())
    }

    fn batch(&self, batch: SeqRange) -> Result<Option<ConfirmedBatch>, Infallible> {
        Ok(self.batches.get(&(batch.from, batch.to)).cloned())
    }

    fn commit(&mut self, change: Change) -> Result<(), Infallible> {
        self.next_seq = change.next_seq.unwrap_or(self.next_seq);
        for (AccountKey { member_id, asset_id }, account) in change.accounts {
            self.accounts.entry(member_id).or_default().insert(asset_id, account);
        }
        if let Some((batch, what)) = change.batch {
            let key = (batch.from, batch.to);
            match what {
                BatchChange::Confirm(confirmed) => {
                    self.batches.insert(key, confirmed);
                }
                BatchChange::Reverse => {
                    if let Some(confirmed) = self.batches.get_mut(&key) {
                        confirmed.is_reversed = true;
                    }
                }
            }
        }
        Ok(())
    }
}
