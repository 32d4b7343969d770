//! The accounts of one shard, open.

use std::path::Path;

use countersign_core::Seq;
use countersign_core::dispute::{
    Account, AccountError, Applied, DisputeResolution, apply_dispute_reversal,
};
use countersign_core::hash::Digest;
use countersign_core::keys::ShardId;
use countersign_core::limits::{DIGEST_SIZE, GENESIS_HASH};

use super::environment::Environment;
use super::error::AccountsError;
use super::follow::Log;
use super::position::Position;
use super::rows::{account_key, read_account_key, read_account_row};
use super::transaction::Transaction;
use crate::store::disk::Disk;
use crate::store::{ShardPaths, shard_status};

/// An account with its key, borrowed from the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRow<'a> {
    /// Whose.
    pub member_id: &'a [u8; DIGEST_SIZE],
    /// Of what.
    pub asset_id: &'a str,
    /// The balances.
    pub account: Account,
}

/// The accounts of one shard, open. One process may have them open once at a time; several
/// processes may, and take turns.
pub struct ShardAccounts<'d> {
    disk: &'d dyn Disk,
    paths: ShardPaths,
    shard_id: ShardId,
    /// The last record that is in the log for good, as of opening.
    last_seq: Option<Seq>,
    environment: Option<Environment>,
    position: Option<Position>,
}

impl<'d> ShardAccounts<'d> {
    /// The accounts of the shard in `directory`, as they were left; [`catch_up`](Self::catch_up)
    /// comes before anything is read from them. Makes the database if there is none.
    pub fn open(disk: &'d dyn Disk, directory: &Path) -> Result<Self, AccountsError> {
        let status = shard_status(disk, directory).map_err(AccountsError::Status)?;
        // Beside a writer its last group may be on its way still: it could be lost in a power cut.
        let last_seq = match status.is_locked {
            Some(false) => status.last_seq,
            _ => status.durable_seq,
        };
        let paths = ShardPaths::new(directory);
        let environment = Some(Environment::open(disk, &paths)?);
        let shard_id = status.shard_id;
        Ok(Self { disk, paths, shard_id, last_seq, environment, position: None })
    }

    /// Applies what was appended since. With `to` only up to this record, which must be durable;
    /// else up to the last that was when the accounts were opened.
    ///
    /// Time in proportion to the records that are new; all of them, if the accounts have to be
    /// made anew. `progress` is called with the records applied so far and all there are.
    pub fn catch_up(
        &mut self,
        to: Option<Seq>,
        progress: impl Fn(u64, u64),
    ) -> Result<(), AccountsError> {
        let Some(to) = to.or(self.last_seq) else { return Ok(()) };
        let position = match self.follow(to, &progress) {
            Err(error) if error.is_of_the_files() => {
                // Damage: the log has everything that is needed.
                if let Some(environment) = self.environment.take() {
                    environment.close();
                }
                Environment::remove(self.disk, &self.paths)?;
                self.follow(to, &progress)?
            }
            followed => followed?,
        };
        self.position = Some(position);
        Ok(())
    }

    fn follow(&mut self, to: Seq, progress: &dyn Fn(u64, u64)) -> Result<Position, AccountsError> {
        let log = Log { disk: self.disk, paths: &self.paths, shard_id: self.shard_id };
        let environment = match self.environment.take() {
            Some(environment) => environment,
            None => Environment::open(self.disk, &self.paths)?,
        };
        log.follow(self.environment.insert(environment), to, progress)
    }

    /// The shard.
    pub const fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    /// The last record that is in the accounts; `None` before [`catch_up`](Self::catch_up) and for
    /// a log without records.
    pub fn last_seq(&self) -> Option<Seq> {
        self.position.and_then(|position| position.next_seq.previous())
    }

    /// The chain tip after it.
    pub fn tip(&self) -> Digest {
        self.position.map_or(GENESIS_HASH, |position| position.tip)
    }

    /// One account; `None` if nothing ever moved it.
    pub fn account(
        &self,
        member_id: &[u8; DIGEST_SIZE],
        asset_id: &str,
    ) -> Result<Option<Account>, AccountsError> {
        let environment = self.environment()?;
        let txn = environment.env.read_txn().map_err(|error| self.failed(error))?;
        let key = account_key(member_id, asset_id);
        let row = environment.tables.accounts.get(&txn, &key);
        match row.map_err(|error| self.failed(error))? {
            Some(row) => read_account_row(row).map(Some).ok_or_else(|| self.malformed()),
            None => Ok(None),
        }
    }

    /// Shows `visit` every account, in order of member and asset; only those of a member or an
    /// asset, if one is given. All are of one moment, whatever another process does.
    pub fn for_each<E: From<AccountsError>>(
        &self,
        member_id: Option<&[u8; DIGEST_SIZE]>,
        asset_id: Option<&str>,
        mut visit: impl FnMut(AccountRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let environment = self.environment()?;
        let txn = environment.env.read_txn().map_err(|error| self.failed(error))?;
        // The database takes no empty prefix.
        let table = environment.tables.accounts;
        let (of_all, of_member) = match member_id {
            None => (Some(table.iter(&txn).map_err(|error| self.failed(error))?), None),
            Some(member_id) => {
                let rows = table.prefix_iter(&txn, member_id);
                (None, Some(rows.map_err(|error| self.failed(error))?))
            }
        };
        for row in of_all.into_iter().flatten().chain(of_member.into_iter().flatten()) {
            let (key, row) = row.map_err(|error| self.failed(error))?;
            let (Some((member_id, found)), Some(account)) =
                (read_account_key(key), read_account_row(row))
            else {
                return Err(self.malformed().into());
            };
            if asset_id.is_none_or(|wanted| wanted == found) {
                visit(AccountRow { member_id, asset_id: found, account })?;
            }
        }
        Ok(())
    }

    /// What reversing a settlement by this resolution would do, as
    /// [`apply_dispute_reversal`] says it. Nothing is changed: the accounts follow the log, and
    /// change when the resolution's record is in it.
    ///
    /// # Errors
    /// As [`apply_dispute_reversal`], in [`AccountsError::Apply`].
    pub fn reversal(&self, resolution: &DisputeResolution) -> Result<Applied, AccountsError> {
        let mut transaction = Transaction::begin(self.environment()?, self.shard_id)?;
        apply_dispute_reversal(&mut transaction, resolution)
            .map_err(|error: AccountError<AccountsError>| error.into())
    }

    fn environment(&self) -> Result<&Environment, AccountsError> {
        self.environment.as_ref().ok_or_else(|| self.malformed())
    }

    fn failed(&self, error: heed::Error) -> AccountsError {
        AccountsError::Database { path: self.paths.accounts(), error }
    }

    fn malformed(&self) -> AccountsError {
        AccountsError::Malformed { path: self.paths.accounts() }
    }
}
