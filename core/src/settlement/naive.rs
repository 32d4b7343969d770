//! A settlement recomputed from scratch as the specification words it, for tests only.
//!
//! Slow and plain on purpose: the window must agree with it whatever the records.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::chain::{ChainWriter, Operation, Record, Settlement};
use crate::hash::{Blake3, Digest, Hash, blake3};
use crate::keys::{ShardId, SigningKey, create_process_key_action};
use crate::limits::{MAX_AMOUNT, MIN_AMOUNT};
use crate::merkle::leaf_hash;
use crate::{Seq, limits};

/// `MTH` of RFC 9162 section 2.1.1.
pub(super) fn naive_root(leaves: &[Vec<u8>]) -> Digest {
    match leaves {
        [] => Blake3::hash(&[b""]),
        [leaf] => Blake3::hash(&[&[0], leaf]),
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            let (left, right) = (naive_root(&leaves[..half]), naive_root(&leaves[half..]));
            Blake3::hash(&[&[1], left.as_ref(), right.as_ref()])
        }
    }
}

/// The totals of some records: pair by pair, a pass over all records for each.
fn naive_totals(records: &[Vec<u8>]) -> BatchTotals {
    let entries: Vec<_> = records
        .iter()
        .filter_map(|bytes| match Record::decode(bytes).unwrap() {
            Record::Entry(entry) => Some(entry),
            Record::Control(_) => None,
        })
        .collect();
    let mut index: Vec<Vec<u8>> = entries
        .iter()
        .map(|entry| {
            let id = blake3(entry.operation.op_id.as_bytes());
            [entry.operation.member_id, id.as_ref(), &entry.seq.0.to_be_bytes()[..]].concat()
        })
        .collect();
    index.sort();
    let mut pairs: Vec<([u8; 32], Vec<u8>)> = entries
        .iter()
        .map(|entry| (*entry.operation.member_id, entry.operation.asset_id.into()))
        .collect();
    pairs.sort();
    pairs.dedup();
    let delta = |(member_id, asset): ([u8; 32], Vec<u8>)| {
        let of_pair = entries.iter().map(|entry| &entry.operation).filter(|operation| {
            *operation.member_id == member_id && operation.asset_id.as_bytes() == asset
        });
        let amounts: Vec<i128> = of_pair.map(|operation| operation.amount).collect();
        let sum = |sign: i128| -> i128 {
            amounts.iter().map(|amount| amount * sign).filter(|amount| *amount > 0).sum()
        };
        AccountDelta {
            member_id,
            asset_id: String::from_utf8(asset).unwrap(),
            earned: sum(1).unsigned_abs(),
            spent: sum(-1).unsigned_abs(),
        }
    };
    BatchTotals {
        items_root: naive_root(records),
        index_root: naive_root(&index),
        entry_count: entries.len() as u64,
        member_deltas: pairs.into_iter().map(delta).collect(),
    }
}

pub(super) const SHARD: ShardId = ShardId::from_bytes([7; 16]);

pub(super) fn process() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

/// What goes into a log: an entry of a member, an asset and an amount, or a signature.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Append(u8, u8, i128),
    Sign,
}

/// A log with its bytes and its frontier, settled on the way as a writer does.
pub(super) struct Log {
    pub(super) chain: ChainWriter,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) window: BatchWindow,
}

impl Log {
    pub(super) fn new() -> Self {
        let operator = SigningKey::from_seed(&[1; 32]);
        let key = process().public_key();
        let certificate = create_process_key_action(&operator, SHARD, key, 0, 60_000).unwrap();
        let mut log = Self {
            chain: ChainWriter::new(SHARD),
            records: vec![],
            window: BatchWindow::new(Seq::FIRST),
        };
        let mut out = vec![];
        log.chain.certify(&mut out, 1_000, &certificate).unwrap();
        log.take(out);
        log
    }

    pub(super) fn take(&mut self, bytes: Vec<u8>) {
        self.window.push(&bytes, &Record::decode(&bytes).unwrap()).unwrap();
        self.records.push(bytes);
    }

    pub(super) fn call(&mut self, call: &Call) {
        let mut out = vec![];
        let ts_us = 1_000 + self.records.len() as u64;
        match call {
            Call::Append(member, asset, amount) => {
                let asset_id = ["joule", "a", "Ω", "\u{e000}", "\u{10000}"][usize::from(*asset)];
                let op_id = self.records.len().to_string();
                let operation = Operation {
                    op: "op",
                    member_id: &[*member; 32],
                    asset_id,
                    amount: *amount,
                    op_id: &op_id,
                    context_hash: &[0; 32],
                };
                self.chain.append(&mut out, ts_us, &operation).unwrap();
            }
            Call::Sign => drop(self.chain.sign(&mut out, ts_us, &process()).unwrap()),
        }
        self.take(out);
    }

    /// Settles the open window.
    pub(super) fn settle(&mut self) -> Result<BatchSettlementAction, SettlementError> {
        let log_root = naive_root(&self.records);
        let mut out = vec![];
        let settled =
            settle(&mut self.chain, &self.window, log_root, &process(), &mut out, 9_000_000);
        match &settled {
            Ok(action) => {
                self.window = BatchWindow::new(action.to_seq.next());
                self.take(out);
            }
            Err(_) => assert!(out.is_empty()),
        }
        settled
    }

    /// Settles the open window with a settlement that is changed before it is signed.
    pub(super) fn settle_with(
        &mut self,
        change: impl FnOnce(&mut BatchSettlementAction),
    ) -> BatchSettlementAction {
        let mut chain = self.chain.clone();
        let log_root = naive_root(&self.records);
        let mut out = vec![];
        let mut action =
            settle(&mut chain, &self.window, log_root, &process(), &mut out, 9_000_000).unwrap();
        change(&mut action);
        action.signature = process().sign(&action.signed_bytes(SHARD));
        let body = action.body();
        out.clear();
        self.chain.settle(&mut out, 9_000_000, &Settlement::decode(&body).unwrap()).unwrap();
        self.window = BatchWindow::new(action.to_seq.next());
        self.take(out);
        action
    }

    pub(super) fn range(&self, action: &BatchSettlementAction) -> &[Vec<u8>] {
        let [from, to] =
            [action.from_seq, action.to_seq].map(|seq| usize::try_from(seq.0).unwrap());
        &self.records[from..=to]
    }
}

pub(super) fn calls(most: usize) -> impl Strategy<Value = Vec<Call>> {
    let amount =
        prop_oneof![MIN_AMOUNT..=MAX_AMOUNT, -3_i128..=3, Just(MIN_AMOUNT), Just(MAX_AMOUNT)];
    let append = (0..5_u8, 0..5_u8, amount)
        .prop_map(|(member, asset, amount)| Call::Append(member, asset, amount));
    prop::collection::vec(prop_oneof![6 => append, 1 => Just(Call::Sign)], 0..most)
}

/// The window of records that are pushed so many at a time.
fn pushed_together(from_seq: Seq, records: &[Vec<u8>], length: usize) -> BatchWindow {
    let mut window = BatchWindow::new(from_seq);
    for records in records.chunks(length) {
        let records = records.iter().map(Vec::as_slice);
        let read = |bytes| (leaf_hash::<Blake3>(bytes), Record::decode(bytes).unwrap());
        let records: Vec<_> = records.map(read).collect();
        window.push_all(&records).unwrap();
        let again =
            SettlementError::NotNext { expected: window.next_seq(), found: records[0].1.seq() };
        assert_eq!(window.push_all(&records), Err(again));
    }
    window
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_agree_with_the_definitions(batches in prop::collection::vec(calls(40), 1..4)) {
        let mut log = Log::new();
        let mut from_seq = Seq::FIRST;
        for batch in &batches {
            for call in batch {
                log.call(call);
            }
            let range = usize::try_from(from_seq.0).unwrap()..log.records.len();
            let expected = naive_totals(&log.records[range.clone()]);
            prop_assert_eq!(&log.window.totals(), &expected);
            for length in [1, 3, 64] {
                let window = pushed_together(from_seq, &log.records[range.clone()], length);
                prop_assert_eq!(&window.totals(), &expected);
            }
            prop_assert_eq!(log.window.record_count(), range.len() as u64);
            prop_assert_eq!(log.window.pair_count(), expected.member_deltas.len());
            let log_root = naive_root(&log.records);
            let tip = log.chain.tip();
            let is_empty = log.window.entry_count() == 0;
            match log.settle() {
                Err(error) => {
                    prop_assert!(is_empty);
                    prop_assert_eq!(error, SettlementError::EmptyWindow { from_seq });
                }
                Ok(action) => {
                    prop_assert!(!is_empty);
                    prop_assert_eq!(action.from_seq, from_seq);
                    prop_assert_eq!(action.to_seq.0 + 2, log.records.len() as u64);
                    prop_assert_eq!((action.tip_hash, action.log_root), (tip, log_root));
                    prop_assert_eq!(action.items_root, expected.items_root);
                    prop_assert_eq!(action.index_root, expected.index_root);
                    prop_assert_eq!(action.entry_count, expected.entry_count);
                    prop_assert_eq!(&action.member_deltas, &expected.member_deltas);
                    prop_assert_eq!(action.verify_signature(SHARD), Ok(()));
                    let range = log.range(&action).iter().map(Vec::as_slice);
                    prop_assert_eq!(check_settlement(&action, range), Ok(()));
                    from_seq = action.to_seq.next();
                }
            }
            prop_assert_eq!(log.window.from_seq(), from_seq);
            prop_assert_eq!(log.window.next_seq(), log.chain.next_seq());
        }
    }

    #[test]
    fn the_index_is_sorted_and_finds_every_operation(calls in calls(60)) {
        let mut log = Log::new();
        for call in &calls {
            log.call(call);
        }
        let leaves = log.window.index_leaves();
        prop_assert!(leaves.is_sorted_by(|a, b| a < b));
        for bytes in &log.records {
            let Record::Entry(entry) = Record::decode(bytes).unwrap() else { continue };
            let leaf = IndexLeaf::of(&entry);
            prop_assert!(leaves.binary_search(&leaf).is_ok());
            prop_assert_eq!(leaf.seq(), entry.seq);
            prop_assert_eq!(leaf.member_id(), entry.operation.member_id);
            prop_assert_eq!(leaf.key(), &leaf.as_bytes()[..64]);
        }
        prop_assert_eq!(leaves.len() as u64, log.window.entry_count());
        prop_assert_eq!(limits::INDEX_LEAF_SIZE, 72);
    }
}
