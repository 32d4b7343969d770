//! The accounts that follow from the records of a log, one record at a time.
//!
//! | record | optimistic | confirmed, last confirmation |
//! |---|---|---|
//! | entry | plus its amount | – |
//! | settlement | – | plus earned minus spent of each of its deltas, at the record's time |
//! | resolution `DISPUTED_*` of a confirmed batch, the first time | minus what the settlement added to the confirmed balance | minus the same; back to the last confirmation that was not reversed |
//! | any other | – | – |
//!
//! A reversal takes back what the *settlement* says, not what the entries of its batch say: the
//! two are the same for every settlement that verifies against its records. If the deltas are
//! what was disputed, the confirmed balance is right after the reversal, and the optimistic one
//! differs from it by the lie until somebody settles the difference.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::account_error::{AccountError, Balance};
use super::accounts::{
    AccountKey, AssetAccountStore, BatchChange, Change, Confirmation, ConfirmedBatch, Movement,
};
use crate::chain::{Control, MemberDelta, Operation, Record};
use crate::limits::DIGEST_SIZE;
use crate::{Seq, SeqRange};

/// How the statuses of a dispute that the operator lost begin.
const LOST: &str = "DISPUTED_";

/// What a record did to the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Applied {
    /// Nothing: a record that moves no balance.
    Nothing,
    /// An entry moved an optimistic balance.
    Moved,
    /// A settlement moved the confirmed balances of its pairs.
    Confirmed(SeqRange),
    /// A settlement of a batch that is confirmed already: nothing.
    AlreadyConfirmed(SeqRange),
    /// A resolution took a settlement back.
    Reversed(SeqRange),
    /// A resolution of a batch whose settlement is taken back already: nothing.
    AlreadyReversed(SeqRange),
    /// A resolution of a batch that no settlement confirmed: nothing, for there is nothing to take
    /// back.
    NotConfirmed(SeqRange),
}

/// Shows the accounts the next record of their shard.
///
/// The record is taken as verified: a log is verified first and projected then. Every change is
/// computed before the store is touched, and committed as one.
///
/// # Errors
/// [`AccountError::NotNext`] for any record but the next one, [`AccountError::Overflow`] where a
/// balance would not fit 128 bits, [`AccountError::Store`] when the store fails.
pub fn apply_record<S: AssetAccountStore>(
    store: &mut S,
    record: &Record<'_>,
) -> Result<Applied, AccountError<S::Error>> {
    let (expected, found) = (store.next_seq()?, record.seq());
    if expected != found {
        return Err(AccountError::NotNext { expected, found });
    }
    let (mut change, applied) = match record {
        Record::Entry(entry) => (append(store, &entry.operation)?, Applied::Moved),
        Record::Control(control) => match &control.body {
            Control::Settlement(settlement) => {
                let batch = SeqRange { from: settlement.from_seq, to: settlement.to_seq };
                confirm(store, batch, control.ts_us / 1_000, settlement.member_deltas())?
            }
            Control::DisputeResolution(resolution) if resolution.status.starts_with(LOST) => {
                let batch = SeqRange { from: resolution.from_seq, to: resolution.to_seq };
                match store.batch(batch)? {
                    Some(confirmed) => reverse(store, batch, &confirmed)?,
                    None => (Change::default(), Applied::NotConfirmed(batch)),
                }
            }
            _ => (Change::default(), Applied::Nothing),
        },
    };
    change.next_seq = Some(found.next());
    store.commit(change)?;
    Ok(applied)
}

/// An entry moves one optimistic balance.
fn append<S: AssetAccountStore>(
    store: &S,
    operation: &Operation<'_>,
) -> Result<Change, AccountError<S::Error>> {
    let mut account = store.account(operation.member_id, operation.asset_id)?.unwrap_or_default();
    let key = key(operation.member_id, operation.asset_id);
    let Some(moved) = account.optimistic.checked_add(operation.amount) else {
        return Err(AccountError::Overflow { account: key, balance: Balance::Optimistic });
    };
    account.optimistic = moved;
    Ok(Change { accounts: Vec::from([(key, account)]), ..Change::default() })
}

/// A settlement moves the confirmed balances of its pairs, once per batch.
fn confirm<'a, S: AssetAccountStore>(
    store: &S,
    batch: SeqRange,
    at_ms: u64,
    deltas: impl Iterator<Item = MemberDelta<'a>>,
) -> Result<(Change, Applied), AccountError<S::Error>> {
    if store.batch(batch)?.is_some() {
        return Ok((Change::default(), Applied::AlreadyConfirmed(batch)));
    }
    let mut change = Change::default();
    let mut movements = Vec::new();
    for delta in deltas {
        let mut account = store.account(delta.member_id, delta.asset_id)?.unwrap_or_default();
        let key = key(delta.member_id, delta.asset_id);
        let moved = net(delta.earned, delta.spent)
            .and_then(|net| Some((net, account.confirmed.checked_add(net)?)));
        let Some((net, confirmed)) = moved else {
            return Err(AccountError::Overflow { account: key, balance: Balance::Confirmed });
        };
        let previous = account.last_confirmation;
        account.confirmed = confirmed;
        account.last_confirmation = Some(Confirmation { batch, at_ms });
        movements.push(Movement { account: key.clone(), net, previous });
        change.accounts.push((key, account));
    }
    let confirmed = ConfirmedBatch { confirmed_at_ms: at_ms, is_reversed: false, movements };
    change.batch = Some((batch, BatchChange::Confirm(confirmed)));
    Ok((change, Applied::Confirmed(batch)))
}

/// Whether a delta is what made this movement.
pub(super) fn is_movement_of(movement: &Movement, delta: &MemberDelta<'_>) -> bool {
    movement.account.member_id == *delta.member_id
        && movement.account.asset_id == delta.asset_id
        && net(delta.earned, delta.spent) == Some(movement.net)
}

/// A lost dispute takes both balances of every pair back, once per batch.
pub(super) fn reverse<S: AssetAccountStore>(
    store: &S,
    batch: SeqRange,
    confirmed: &ConfirmedBatch,
) -> Result<(Change, Applied), AccountError<S::Error>> {
    if confirmed.is_reversed {
        return Ok((Change::default(), Applied::AlreadyReversed(batch)));
    }
    let mut change = Change::default();
    // Confirmations before this one, read once however many accounts they moved.
    let mut earlier = BTreeMap::new();
    for Movement { account: key, net, previous } in &confirmed.movements {
        let mut account = store.account(&key.member_id, &key.asset_id)?.unwrap_or_default();
        for (balance, which) in [
            (&mut account.optimistic, Balance::Optimistic),
            (&mut account.confirmed, Balance::Confirmed),
        ] {
            let Some(moved) = balance.checked_sub(*net) else {
                return Err(AccountError::Overflow { account: key.clone(), balance: which });
            };
            *balance = moved;
        }
        if account.last_confirmation.is_some_and(|last| last.batch == batch) {
            account.last_confirmation = standing(store, &mut earlier, key, *previous)?;
        }
        change.accounts.push((key.clone(), account));
    }
    change.batch = Some((batch, BatchChange::Reverse));
    Ok((change, Applied::Reversed(batch)))
}

/// The newest of a chain of confirmations that has not been reversed.
fn standing<S: AssetAccountStore>(
    store: &S,
    seen: &mut BTreeMap<(Seq, Seq), Option<ConfirmedBatch>>,
    key: &AccountKey,
    mut confirmation: Option<Confirmation>,
) -> Result<Option<Confirmation>, AccountError<S::Error>> {
    while let Some(candidate) = confirmation {
        let (from, to) = (candidate.batch.from, candidate.batch.to);
        let batch = match seen.entry((from, to)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(store.batch(candidate.batch)?),
        };
        let Some(batch) = batch.as_ref().filter(|batch| batch.is_reversed) else {
            return Ok(confirmation);
        };
        let at = batch.movements.binary_search_by(|movement| movement.account.cmp(key));
        let movement = at.ok().and_then(|at| batch.movements.get(at));
        confirmation = movement.and_then(|movement| movement.previous);
    }
    Ok(None)
}

/// Earned minus spent, if that fits 128 bits with a sign.
fn net(earned: u128, spent: u128) -> Option<i128> {
    if earned >= spent {
        i128::try_from(earned.abs_diff(spent)).ok()
    } else {
        0_i128.checked_sub_unsigned(spent.abs_diff(earned))
    }
}

fn key(member_id: &[u8; DIGEST_SIZE], asset_id: &str) -> AccountKey {
    AccountKey { member_id: *member_id, asset_id: asset_id.to_string() }
}
