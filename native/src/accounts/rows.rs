//! The rows of the tables, in bytes. Integers are little-endian where nothing sorts by them.
//!
//! | table | key | value |
//! |---|---|---|
//! | `accounts` | member, asset | optimistic `i128`, confirmed `i128`, the last confirmation if any: from, to, at `u64` |
//! | `batches` | from, to `u64`, big-endian | reversed `u8`, confirmed at `u64`, movements |
//!
//! A movement is the member, the length of the asset `u8` and the asset, the net `i128`, and the
//! confirmation before it behind a `u8` that says whether there is one.

use countersign_core::dispute::{Account, AccountKey, Confirmation, ConfirmedBatch, Movement};
use countersign_core::limits::DIGEST_SIZE;
use countersign_core::{Seq, SeqRange};

/// The key of an account's row. Keys sort as accounts do.
pub(super) fn account_key(member_id: &[u8; DIGEST_SIZE], asset_id: &str) -> Vec<u8> {
    [&member_id[..], asset_id.as_bytes()].concat()
}

/// Whose row it is, and of which asset.
pub(super) fn read_account_key(key: &[u8]) -> Option<(&[u8; DIGEST_SIZE], &str)> {
    let (member_id, asset_id) = key.split_first_chunk()?;
    Some((member_id, str::from_utf8(asset_id).ok()?))
}

pub(super) fn account_row(account: &Account) -> Vec<u8> {
    let mut row = Vec::with_capacity(56);
    row.extend_from_slice(&account.optimistic.to_le_bytes());
    row.extend_from_slice(&account.confirmed.to_le_bytes());
    if let Some(confirmation) = &account.last_confirmation {
        put_confirmation(&mut row, confirmation);
    }
    row
}

pub(super) fn read_account_row(row: &[u8]) -> Option<Account> {
    let mut reader = Reader(row);
    let optimistic = i128::from_le_bytes(reader.take()?);
    let confirmed = i128::from_le_bytes(reader.take()?);
    let last_confirmation = if reader.is_empty() { None } else { Some(reader.confirmation()?) };
    reader.is_empty().then_some(Account { optimistic, confirmed, last_confirmation })
}

/// The key of a batch's row.
pub(super) fn batch_key(batch: SeqRange) -> [u8; 16] {
    let mut key = [0; 16];
    let (from, to) = key.split_at_mut(8);
    from.copy_from_slice(&batch.from.0.to_be_bytes());
    to.copy_from_slice(&batch.to.0.to_be_bytes());
    key
}

pub(super) fn batch_row(batch: &ConfirmedBatch) -> Vec<u8> {
    let mut row = vec![u8::from(batch.is_reversed)];
    row.extend_from_slice(&batch.confirmed_at_ms.to_le_bytes());
    for Movement { account, net, previous } in &batch.movements {
        row.extend_from_slice(&account.member_id);
        // At most 64 bytes: the record was decoded.
        row.push(u8::try_from(account.asset_id.len()).unwrap_or(u8::MAX));
        row.extend_from_slice(account.asset_id.as_bytes());
        row.extend_from_slice(&net.to_le_bytes());
        row.push(u8::from(previous.is_some()));
        if let Some(previous) = previous {
            put_confirmation(&mut row, previous);
        }
    }
    row
}

pub(super) fn read_batch_row(row: &[u8]) -> Option<ConfirmedBatch> {
    let mut reader = Reader(row);
    let is_reversed = reader.flag()?;
    let confirmed_at_ms = u64::from_le_bytes(reader.take()?);
    let mut movements = Vec::new();
    while !reader.is_empty() {
        let member_id = reader.take()?;
        let [size] = reader.take()?;
        let asset_id = str::from_utf8(reader.bytes(usize::from(size))?).ok()?.to_owned();
        let net = i128::from_le_bytes(reader.take()?);
        let previous = if reader.flag()? { Some(reader.confirmation()?) } else { None };
        movements.push(Movement { account: AccountKey { member_id, asset_id }, net, previous });
    }
    Some(ConfirmedBatch { confirmed_at_ms, is_reversed, movements })
}

/// The row of the same batch, reversed.
pub(super) fn reversed_row(row: &[u8]) -> Option<Vec<u8>> {
    let mut row = row.to_vec();
    *row.first_mut()? = 1;
    Some(row)
}

fn put_confirmation(row: &mut Vec<u8>, confirmation: &Confirmation) {
    let Confirmation { batch, at_ms } = confirmation;
    for number in [batch.from.0, batch.to.0, *at_ms] {
        row.extend_from_slice(&number.to_le_bytes());
    }
}

/// What is left of a row.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take<const SIZE: usize>(&mut self) -> Option<[u8; SIZE]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn bytes(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn confirmation(&mut self) -> Option<Confirmation> {
        let (from, to) = (Seq(self.number()?), Seq(self.number()?));
        Some(Confirmation { batch: SeqRange { from, to }, at_ms: self.number()? })
    }
}
