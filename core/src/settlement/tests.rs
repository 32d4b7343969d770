//! The settlement on its own: bytes, signature, JSON.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::Seq;
use crate::chain::{Control, ControlRecord, Record, Settlement};
use crate::hash::Digest;
use crate::keys::{ShardId, Signature, SigningKey};

const SHARD: ShardId = ShardId::from_bytes([7; 16]);

fn process() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

fn delta(member: u8, asset_id: &str, earned: u128, spent: u128) -> AccountDelta {
    AccountDelta { member_id: [member; 32], asset_id: asset_id.into(), earned, spent }
}

fn action() -> BatchSettlementAction {
    let mut action = BatchSettlementAction {
        from_seq: Seq(3),
        to_seq: Seq(90),
        tip_hash: Digest::from_bytes([1; 32]),
        items_root: Digest::from_bytes([2; 32]),
        log_root: Digest::from_bytes([3; 32]),
        index_root: Digest::from_bytes([4; 32]),
        entry_count: 3,
        member_deltas: vec![
            delta(1, "a", 0, 0),
            delta(1, "b", u128::MAX, 1 << 64),
            delta(2, "a", 7, u128::MAX),
        ],
        public_key: process().public_key(),
        signature: Signature::from_bytes([0; 64]),
    };
    action.signature = process().sign(&action.signed_bytes(SHARD));
    action
}

#[test]
fn the_body_is_that_of_the_record() {
    let action = action();
    let body = action.body();
    let settlement = Settlement::decode(&body).unwrap();
    assert_eq!(BatchSettlementAction::from(&settlement), action);
    assert_eq!(BatchSettlementAction::from_body(&body).unwrap(), action);
    assert_eq!(settlement.signed_bytes(SHARD), action.signed_bytes(SHARD));
    let control = Control::Settlement(settlement);
    let record =
        ControlRecord { seq: Seq(91), prev_hash: action.tip_hash, ts_us: 5, body: control };
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    assert!(bytes.ends_with(&body));
    let Record::Control(read) = Record::decode(&bytes).unwrap() else { panic!("no control") };
    assert_eq!(read, record);

    let mut longer = body.clone();
    longer.push(0);
    assert_eq!(Settlement::decode(&longer).unwrap_err().code(), "cbor-trailing-bytes");
    assert!(Settlement::decode(&body[..body.len() - 1]).is_err());
}

#[test]
fn the_signature_holds_for_every_field_of_one_shard() {
    type Change = fn(&mut BatchSettlementAction);
    let changes: [Change; 11] = [
        |a| a.from_seq = Seq(4),
        |a| a.to_seq = Seq(91),
        |a| core::mem::swap(&mut a.tip_hash, &mut a.items_root),
        |a| core::mem::swap(&mut a.items_root, &mut a.log_root),
        |a| core::mem::swap(&mut a.log_root, &mut a.index_root),
        |a| a.entry_count += 1,
        |a| a.member_deltas[0].earned += 1,
        |a| a.member_deltas[1].spent -= 1,
        |a| drop(a.member_deltas.pop()),
        |a| a.member_deltas[2].asset_id.push('a'),
        |a| a.public_key = SigningKey::from_seed(&[3; 32]).public_key(),
    ];
    let good = action();
    assert_eq!(good.verify_signature(SHARD), Ok(()));
    assert!(good.verify_signature(ShardId::from_bytes([8; 16])).is_err());
    for (i, change) in changes.into_iter().enumerate() {
        let mut changed = good.clone();
        change(&mut changed);
        let error = changed.verify_signature(SHARD).unwrap_err();
        assert_eq!(error.code(), "invalid-signature", "change {i}");
    }
}

#[test]
fn the_json_is_that_of_shard_settlements() {
    let action = action();
    let text = action.to_json().unwrap();
    let expected = format!(
        concat!(
            r#"{{"fromSeq":"3","toSeq":"90","tipHash":"{}","itemsRoot":"{}","logRoot":"{}","#,
            r#""indexRoot":"{}","entryCount":"3","memberDeltas":[{{"memberId":"{}","#,
            r#""assetId":"a","earned":"0","spent":"0"}},"#,
        ),
        action.tip_hash,
        action.items_root,
        action.log_root,
        action.index_root,
        "01".repeat(32),
    );
    assert!(text.starts_with(&expected), "{text}");
    let end =
        format!(r#"],"publicKey":"{}","signature":"{}"}}"#, action.public_key, action.signature);
    assert!(text.ends_with(&end), "{text}");
    assert_eq!(BatchSettlementAction::from_json(text.as_bytes()).unwrap(), action);
}

#[test]
fn deltas_out_of_order_are_refused_as_in_cbor() {
    type Change = (&'static str, fn(&mut Vec<AccountDelta>));
    let changes: [Change; 4] = [
        ("swapped members", |deltas| deltas.swap(1, 2)),
        ("swapped assets", |deltas| deltas.swap(0, 1)),
        ("twice", |deltas| deltas.insert(1, deltas[0].clone())),
        ("asset id", |deltas| deltas[2].asset_id = "a\"".to_string()),
    ];
    for (what, change) in changes {
        let mut changed = action();
        change(&mut changed.member_deltas);
        let text = changed.to_json().unwrap();
        let error = BatchSettlementAction::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "document-invalid-member", "{what}");
        assert!(error.path().unwrap().starts_with("memberDeltas"), "{what}: {error}");
        assert!(BatchSettlementAction::from_body(&changed.body()).is_err(), "{what}");
    }
}

#[test]
fn batch_ids_have_one_spelling() {
    let id = action().batch_id(SHARD);
    let text = "07070707-0707-0707-0707-070707070707:3:90";
    assert_eq!(id.to_string(), text);
    assert_eq!(BatchId::parse(text), Some(id));
    let last = BatchId { from_seq: Seq(u64::MAX), to_seq: Seq(u64::MAX), ..id };
    assert_eq!(BatchId::parse(&last.to_string()), Some(last));
    let shard = "07070707-0707-0707-0707-070707070707";
    for rest in [
        ":90:3",
        ":03:90",
        ":3:90:",
        ":3",
        "",
        ":3:",
        "::",
        ":+3:90",
        ":3: 90",
        "3:90",
        ":3:18446744073709551616",
    ] {
        assert_eq!(BatchId::parse(&format!("{shard}{rest}")), None, "{rest}");
    }
    assert_eq!(BatchId::parse(&text.replace('-', "")), None);
}

fn any_action() -> impl Strategy<Value = BatchSettlementAction> {
    let amounts = prop_oneof![any::<u128>(), any::<u64>().prop_map(u128::from), Just(0)];
    let pairs = prop::collection::btree_map(
        (any::<[u8; 32]>(), "[a-zé-]{1,20}"),
        (amounts.clone(), amounts),
        0..8,
    );
    let digests = prop::collection::vec(any::<[u8; 32]>().prop_map(Digest::from_bytes), 4);
    (any::<[u64; 3]>(), digests, pairs).prop_map(|(numbers, digests, pairs)| {
        let mut action = action();
        (action.from_seq, action.to_seq) = (Seq(numbers[0]), Seq(numbers[1]));
        action.entry_count = numbers[2];
        [action.tip_hash, action.items_root, action.log_root, action.index_root] =
            digests.try_into().unwrap();
        let deltas = pairs.into_iter().map(|((member_id, asset_id), (earned, spent))| {
            AccountDelta { member_id, asset_id, earned, spent }
        });
        action.member_deltas = deltas.collect();
        action
    })
}

#[test]
fn index_leaves_are_ordered_as_their_bytes() {
    // Two places that differ, in every order and either way: the first one decides.
    for first in 0..72 {
        for second in 0..72 {
            let mut bytes = [[0x7f; 72]; 2];
            bytes[0][first] = 0x80;
            bytes[1][second] = 0x81;
            let [a, b] = bytes.map(IndexLeaf::from_bytes);
            assert_eq!(a.cmp(&b), bytes[0].cmp(&bytes[1]), "{first} {second}");
            assert_eq!(a.is_of_same_member(&b), a.member_id() == b.member_id());
        }
    }
}

proptest! {
    #[test]
    fn every_action_comes_back_from_cbor_and_json(action in any_action()) {
        let from_body = BatchSettlementAction::from_body(&action.body()).unwrap();
        prop_assert_eq!(&from_body, &action);
        let text: String = action.to_json().unwrap();
        let from_json = BatchSettlementAction::from_json(text.as_bytes()).unwrap();
        prop_assert_eq!(from_json, action);
    }
}
