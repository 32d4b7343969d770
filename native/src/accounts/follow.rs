//! Brings the accounts up to a record of the log.

use countersign_core::Seq;
use countersign_core::chain::Record;
use countersign_core::dispute::apply_record;
use countersign_core::keys::ShardId;

use super::environment::Environment;
use super::error::AccountsError;
use super::position::Position;
use super::transaction::Transaction;
use crate::index::LogCursor;
use crate::store::ShardPaths;
use crate::store::disk::Disk;

/// Records to a transaction, which is one sync: a thousand times fewer than records, and as many
/// rows as they can move fit memory well.
const RECORDS_PER_TRANSACTION: u64 = 16_384;

/// The log that is followed.
pub(super) struct Log<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) paths: &'a ShardPaths,
    pub(super) shard_id: ShardId,
}

impl Log<'_> {
    /// Applies every record up to `to` that has not been; where the accounts then stand.
    ///
    /// What is there goes if it is not the accounts of this log. `progress` is called with the
    /// records applied so far and the records there are.
    pub(super) fn follow(
        &self,
        environment: &Environment,
        to: Seq,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Position, AccountsError> {
        let total = to.0.saturating_add(1);
        let mut known = None;
        loop {
            let mut transaction = Transaction::begin(environment, self.shard_id)?;
            let mut position = match transaction.position()? {
                // Another process may have gone on in between; what it wrote is looked at anew.
                Some(position)
                    if known == Some(position) || self.is_ours(environment, &position)? =>
                {
                    position
                }
                _ => {
                    transaction.clear()?;
                    Position::start(self.shard_id, environment.file)
                }
            };
            progress(position.next_seq.0.min(total), total);
            if position.next_seq > to {
                return Ok(position);
            }
            self.apply(&mut transaction, &mut position, to)?;
            transaction.finish(position)?;
            known = Some(position);
        }
    }

    /// Whether these are the accounts of this log, and were always where they are.
    fn is_ours(
        &self,
        environment: &Environment,
        position: &Position,
    ) -> Result<bool, AccountsError> {
        if (position.shard_id, position.file) != (self.shard_id, environment.file) {
            return Ok(false);
        }
        Ok(position.is_in(self.disk, self.paths)?)
    }

    /// Applies the records behind `position`, a transaction's worth of them.
    fn apply(
        &self,
        transaction: &mut Transaction<'_>,
        position: &mut Position,
        to: Seq,
    ) -> Result<(), AccountsError> {
        let mut cursor = LogCursor::open(self.disk, self.paths, position.log())?;
        let mut last = position.last;
        let mut next = position.next_seq;
        for _ in 0..RECORDS_PER_TRANSACTION {
            if next > to {
                break;
            }
            let (place, bytes) = cursor.expect_next()?;
            let record = Record::decode(bytes)
                .map_err(|error| AccountsError::Record { seq: next, error })?;
            apply_record(transaction, &record)?;
            last = place;
            next = next.next();
        }
        position.next_seq = next;
        position.tip = cursor.tip().unwrap_or(position.tip);
        position.last = last;
        position.next = cursor.position().place;
        Ok(())
    }
}
