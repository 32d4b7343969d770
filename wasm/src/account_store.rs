//! Accounts in a store of the caller's own: any object that has the methods.
//!
//! Members are named by hex digits here, as in documents, so that they can be keys of a `Map`.

use std::fmt;

use countersign_core::dispute::{
    Account, AccountKey, AssetAccountStore, BatchChange, Change, Confirmation, ConfirmedBatch,
    Movement,
};
use countersign_core::hash::hex;
use countersign_core::keys::ShardId;
use countersign_core::limits::DIGEST_SIZE;
use countersign_core::{Seq, SeqRange};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bytes;
use crate::error::Refused;
use crate::object::{Builder, Reader, integer};

#[wasm_bindgen]
extern "C" {
    /// The caller's object. `types/accounts.d.ts` of the package describes it.
    pub type AccountStore;

    #[wasm_bindgen(method, catch, js_name = shardId)]
    fn shard_id(this: &AccountStore) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = nextSeq)]
    fn next_seq(this: &AccountStore) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn account(this: &AccountStore, member_id: &str, asset_id: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn batch(this: &AccountStore, from_seq: u64, to_seq: u64) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn commit(this: &AccountStore, change: JsValue) -> Result<(), JsValue>;
}

/// The caller's object, as core asks it.
pub(crate) struct Store<'a> {
    inner: &'a AccountStore,
    shard_id: ShardId,
}

impl<'a> Store<'a> {
    pub(crate) fn new(inner: &'a AccountStore) -> Result<Self, Refused> {
        let shard_id = inner.shard_id()?.as_string().unwrap_or_default();
        Ok(Self { inner, shard_id: bytes::shard_id("store.shardId()", &shard_id)? })
    }
}

/// What a store has thrown, or what of its answer cannot be read.
#[derive(Debug)]
pub(crate) struct StoreError(pub(crate) Refused);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the account store failed")
    }
}

impl std::error::Error for StoreError {}

impl From<JsValue> for StoreError {
    fn from(thrown: JsValue) -> Self {
        Self(thrown.into())
    }
}

impl From<Refused> for StoreError {
    fn from(refused: Refused) -> Self {
        Self(refused)
    }
}

impl AssetAccountStore for Store<'_> {
    type Error = StoreError;

    fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    fn next_seq(&self) -> Result<Seq, StoreError> {
        let seq = integer(self.inner.next_seq()?).and_then(|seq| u64::try_from(seq).ok());
        let expected = "a bigint or a safe integer, and not negative";
        Ok(Seq(seq.ok_or_else(|| Refused::argument("store.nextSeq()", expected))?))
    }

    fn account(
        &self,
        member_id: &[u8; DIGEST_SIZE],
        asset_id: &str,
    ) -> Result<Option<Account>, StoreError> {
        let account = self.inner.account(&hex::encode(member_id), asset_id)?;
        optional(&account, "store.account()", read_account)
    }

    fn batch(&self, batch: SeqRange) -> Result<Option<ConfirmedBatch>, StoreError> {
        let batch = self.inner.batch(batch.from.0, batch.to.0)?;
        optional(&batch, "store.batch()", read_batch)
    }

    fn commit(&mut self, change: Change) -> Result<(), StoreError> {
        Ok(self.inner.commit(change_object(change))?)
    }
}

fn optional<T>(
    value: &JsValue,
    name: &str,
    read: impl FnOnce(&Reader<'_>) -> Result<T, Refused>,
) -> Result<Option<T>, StoreError> {
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    Ok(Some(read(&Reader::new(value, name)?)?))
}

fn read_account(account: &Reader<'_>) -> Result<Account, Refused> {
    Ok(Account {
        optimistic: account.int("optimistic")?,
        confirmed: account.int("confirmed")?,
        last_confirmation: read_confirmation(&account.any("lastConfirmation")?)?,
    })
}

fn read_confirmation(value: &JsValue) -> Result<Option<Confirmation>, Refused> {
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    let confirmation = Reader::new(value, "lastConfirmation")?;
    let (from, to) = (confirmation.uint("fromSeq")?, confirmation.uint("toSeq")?);
    let batch = SeqRange { from: Seq(from), to: Seq(to) };
    Ok(Some(Confirmation { batch, at_ms: confirmation.uint("atMs")? }))
}

fn read_batch(batch: &Reader<'_>) -> Result<ConfirmedBatch, Refused> {
    let movement = |movement: JsValue| {
        let movement = Reader::new(&movement, "movement")?;
        let member_id = hex::decode_array(&movement.text("memberId")?)
            .ok_or_else(|| Refused::argument("movement.memberId", "64 lower-case hex digits"))?;
        Ok(Movement {
            account: AccountKey { member_id, asset_id: movement.text("assetId")? },
            net: movement.int("net")?,
            previous: read_confirmation(&movement.any("previous")?)?,
        })
    };
    Ok(ConfirmedBatch {
        confirmed_at_ms: batch.uint("confirmedAtMs")?,
        is_reversed: batch.any("isReversed")?.is_truthy(),
        movements: batch.list("movements")?.iter().map(movement).collect::<Result<_, Refused>>()?,
    })
}

fn change_object(change: Change) -> JsValue {
    let accounts: Array = change.accounts.iter().map(account_object).collect();
    let batch = change.batch.map_or(JsValue::NULL, |(range, change)| {
        let range = seqs(range);
        match change {
            BatchChange::Confirm(batch) => range
                .with("isReversed", batch.is_reversed)
                .with("confirmedAtMs", batch.confirmed_at_ms)
                .with("movements", batch.movements.iter().map(movement_object).collect::<Array>()),
            BatchChange::Reverse => range.with("isReversed", true),
        }
        .build()
    });
    Builder::default()
        .with("nextSeq", change.next_seq.map_or(JsValue::NULL, |seq| seq.0.into()))
        .with("accounts", accounts)
        .with("batch", batch)
        .build()
}

fn account_object((key, account): &(AccountKey, Account)) -> JsValue {
    named(key)
        .with("optimistic", account.optimistic)
        .with("confirmed", account.confirmed)
        .with("lastConfirmation", confirmation_object(account.last_confirmation))
        .build()
}

fn movement_object(movement: &Movement) -> JsValue {
    named(&movement.account)
        .with("net", movement.net)
        .with("previous", confirmation_object(movement.previous))
        .build()
}

fn confirmation_object(confirmation: Option<Confirmation>) -> JsValue {
    confirmation.map_or(JsValue::NULL, |Confirmation { batch, at_ms }| {
        seqs(batch).with("atMs", at_ms).build()
    })
}

fn named(key: &AccountKey) -> Builder {
    Builder::default()
        .with("memberId", hex::encode(&key.member_id))
        .with("assetId", key.asset_id.as_str())
}

fn seqs(range: SeqRange) -> Builder {
    Builder::default().with("fromSeq", range.from.0).with("toSeq", range.to.0)
}
