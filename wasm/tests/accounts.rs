//! Accounts in a store that is a JavaScript object, against core's own.
#![cfg(target_arch = "wasm32")]

mod kit;

use countersign_core::chain::Record;
use countersign_core::dispute::{self, AssetAccountStore as _, MemoryAccounts};
use countersign_core::hash::hex;
use countersign_core::keys::ShardId;
use countersign_wasm::{AccountStore, apply_dispute_reversal, apply_record};
use js_sys::Reflect;
use kit::{FORMAT, bytes, parsed, text};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/npm/lib/accounts.js")]
extern "C" {
    type MemoryAccountsJs;
    #[wasm_bindgen(constructor, js_class = "MemoryAccounts")]
    fn new(shard_id: &str) -> MemoryAccountsJs;
    #[wasm_bindgen(method)]
    fn account(this: &MemoryAccountsJs, member_id: &str, asset_id: &str) -> JsValue;
}

#[wasm_bindgen_test]
fn accounts_follow_the_log_as_in_core() {
    let format = parsed(FORMAT);
    let shard_id = text(&format["shardId"]);
    let mut expected = MemoryAccounts::new(ShardId::parse(shard_id).unwrap());
    let found = MemoryAccountsJs::new(shard_id);
    let store: &AccountStore = found.unchecked_ref();
    for record in format["records"].as_array().unwrap() {
        let encoded = bytes(&record["cbor"]);
        dispute::apply_record(&mut expected, &Record::decode(&encoded).unwrap()).unwrap();
        apply_record(store, &encoded).unwrap();
        assert!(apply_record(store, &encoded).is_err(), "a record counts once");
    }
    let mut count = 0;
    for (member_id, asset_id, account) in expected.iter() {
        let js = found.account(&hex::encode(member_id), asset_id);
        let member = |name: &str| Reflect::get(&js, &name.into()).unwrap();
        assert_eq!(i128::try_from(member("optimistic")), Ok(account.optimistic));
        assert_eq!(i128::try_from(member("confirmed")), Ok(account.confirmed));
        assert_eq!(member("lastConfirmation").is_null(), account.last_confirmation.is_none());
        count += 1;
    }
    assert!(count > 3 && expected.next_seq().unwrap().0 == 129);
}

#[wasm_bindgen_test]
fn a_resolution_of_another_shard_is_refused() {
    let resolution = include_bytes!("../../core/fuzz/corpus/dispute/resolution-fraud");
    let text = std::str::from_utf8(resolution).unwrap().lines().next().unwrap();
    let shard_id = "0199b1c0-0000-7000-8000-00000000c0de";
    let other = MemoryAccountsJs::new(shard_id);
    let error = apply_dispute_reversal(other.unchecked_ref(), text.as_bytes()).unwrap_err();
    let code = Reflect::get(&error.into(), &"code".into()).unwrap();
    assert_eq!(code.as_string().as_deref(), Some("wrong-shard"));
    let same = parsed(text)["challenge"]["shardId"].clone();
    let empty = MemoryAccountsJs::new(kit::text(&same));
    let error = apply_dispute_reversal(empty.unchecked_ref(), text.as_bytes()).unwrap_err();
    let code = Reflect::get(&error.into(), &"code".into()).unwrap();
    assert_eq!(code.as_string().as_deref(), Some("batch-not-confirmed"));
}
