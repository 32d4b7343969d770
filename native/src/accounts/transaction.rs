//! Accounts within one transaction: what the core's projection moves.

use std::path::Path;

use countersign_core::dispute::{
    Account, AccountKey, AssetAccountStore, BatchChange, Change, ConfirmedBatch,
};
use countersign_core::keys::ShardId;
use countersign_core::limits::DIGEST_SIZE;
use countersign_core::{Seq, SeqRange};
use heed::RwTxn;

use super::environment::{Environment, Tables};
use super::error::AccountsError;
use super::position::Position;
use super::rows::{
    account_key, account_row, batch_key, batch_row, read_account_row, read_batch_row, reversed_row,
};

/// The key of the only row of its table.
pub(super) const POSITION_KEY: &[u8] = b"position";

/// A transaction over the accounts, as a store.
///
/// Every [`commit`](AssetAccountStore::commit) of the projection goes into the one transaction;
/// [`Transaction::finish`] makes all of them durable, together with the place in the log. After a
/// change that failed halfway there is no way on but to drop it, which undoes all of it.
pub(super) struct Transaction<'e> {
    txn: RwTxn<'e>,
    tables: Tables,
    path: &'e Path,
    shard_id: ShardId,
    next_seq: Seq,
}

impl<'e> Transaction<'e> {
    /// Begins one; waits for any other process that has one.
    pub(super) fn begin(
        environment: &'e Environment,
        shard_id: ShardId,
    ) -> Result<Self, AccountsError> {
        let Environment { env, tables, .. } = environment;
        let path = env.path();
        let txn = env
            .write_txn()
            .map_err(|error| AccountsError::Database { path: path.to_owned(), error })?;
        let mut transaction = Self { txn, tables: *tables, path, shard_id, next_seq: Seq::FIRST };
        if let Some(position) = transaction.position()? {
            transaction.next_seq = position.next_seq;
        }
        Ok(transaction)
    }

    /// Up to where the accounts go; `None` where nothing tells.
    pub(super) fn position(&self) -> Result<Option<Position>, AccountsError> {
        let row = self.tables.position.get(&self.txn, POSITION_KEY);
        Ok(row.map_err(|error| self.failed(error))?.and_then(Position::read))
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) -> Result<(), AccountsError> {
        let Tables { accounts, batches, position } = self.tables;
        for table in [accounts, batches, position] {
            let cleared = table.clear(&mut self.txn);
            cleared.map_err(|error| self.failed(error))?;
        }
        self.next_seq = Seq::FIRST;
        Ok(())
    }

    /// Makes everything durable, as the accounts of the log up to `position`.
    pub(super) fn finish(mut self, position: Position) -> Result<(), AccountsError> {
        let path = self.path;
        self.put(self.tables.position, POSITION_KEY, &position.to_row())?;
        self.txn.commit().map_err(|error| AccountsError::Database { path: path.to_owned(), error })
    }

    fn put(
        &mut self,
        table: super::environment::Table,
        key: &[u8],
        row: &[u8],
    ) -> Result<(), AccountsError> {
        let put = table.put(&mut self.txn, key, row);
        put.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: heed::Error) -> AccountsError {
        AccountsError::Database { path: self.path.to_owned(), error }
    }

    fn malformed(&self) -> AccountsError {
        AccountsError::Malformed { path: self.path.to_owned() }
    }

    fn batch_row(&self, batch: SeqRange) -> Result<Option<&[u8]>, AccountsError> {
        let row = self.tables.batches.get(&self.txn, &batch_key(batch));
        row.map_err(|error| self.failed(error))
    }
}

impl AssetAccountStore for Transaction<'_> {
    type Error = AccountsError;

    fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    fn next_seq(&self) -> Result<Seq, AccountsError> {
        Ok(self.next_seq)
    }

    fn account(
        &self,
        member_id: &[u8; DIGEST_SIZE],
        asset_id: &str,
    ) -> Result<Option<Account>, AccountsError> {
        let row = self.tables.accounts.get(&self.txn, &account_key(member_id, asset_id));
        let row = row.map_err(|error| self.failed(error))?;
        row.map(|row| read_account_row(row).ok_or_else(|| self.malformed())).transpose()
    }

    fn batch(&self, batch: SeqRange) -> Result<Option<ConfirmedBatch>, AccountsError> {
        let row = self.batch_row(batch)?;
        row.map(|row| read_batch_row(row).ok_or_else(|| self.malformed())).transpose()
    }

    fn commit(&mut self, change: Change) -> Result<(), AccountsError> {
        for (AccountKey { member_id, asset_id }, account) in &change.accounts {
            let key = account_key(member_id, asset_id);
            self.put(self.tables.accounts, &key, &account_row(account))?;
        }
        if let Some((batch, what)) = change.batch {
            let row = match what {
                BatchChange::Confirm(confirmed) => Some(batch_row(&confirmed)),
                BatchChange::Reverse => match self.batch_row(batch)? {
                    Some(row) => Some(reversed_row(row).ok_or_else(|| self.malformed())?),
                    None => None,
                },
            };
            if let Some(row) = row {
                self.put(self.tables.batches, &batch_key(batch), &row)?;
            }
        }
        self.next_seq = change.next_seq.unwrap_or(self.next_seq);
        Ok(())
    }
}
