//! The projection against a naive one, and everything that must not half happen.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use proptest::prelude::*;

use crate::chain::{
    Control, ControlRecord, MemberDelta, MeteringRecord, Operation, Record, ResolutionRecord,
};
use crate::codec::Encoder;
use crate::dispute::*;
use crate::hash::Digest;
use crate::keys::ShardId;
use crate::{Seq, SeqRange};

const SHARD: ShardId = ShardId::from_bytes([7; 16]);
const A: [u8; 32] = [3; 32];
const B: [u8; 32] = [4; 32];

/// An entry that moves `member` by `amount`.
fn entry(seq: u64, member: &[u8; 32], asset_id: &str, amount: i128) -> Vec<u8> {
    let operation = Operation {
        op: "earn",
        member_id: member,
        asset_id,
        amount,
        op_id: "op",
        context_hash: &[0; 32],
    };
    let mut bytes = Vec::new();
    MeteringRecord { seq: Seq(seq), prev_hash: Digest::default(), ts_us: seq, operation }
        .encode(&mut bytes);
    bytes
}

/// A settlement record right behind its batch, with deltas as given.
fn settlement(from: u64, seq: u64, ts_us: u64, deltas: &[MemberDelta<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.array(5);
    encoder.uint(seq);
    encoder.bytes(&[0; 32]);
    encoder.uint(ts_us);
    encoder.text("BATCH_SETTLEMENT");
    encoder.array(10);
    encoder.uint(from);
    encoder.uint(seq - 1);
    for _ in 0..4 {
        encoder.bytes(&[0; 32]);
    }
    encoder.uint(1);
    encoder.array(deltas.len() as u64);
    let mut encoded = Vec::new();
    for delta in deltas {
        delta.encode(&mut encoded);
    }
    encoder.raw(&encoded);
    encoder.bytes(&[1; 32]);
    encoder.bytes(&[2; 64]);
    bytes
}

fn resolution(seq: u64, from: u64, to: u64, status: &str) -> Vec<u8> {
    let body = Control::DisputeResolution(ResolutionRecord {
        from_seq: Seq(from),
        to_seq: Seq(to),
        status,
        challenger_id: "auditor",
        claimed_discrepancy: "a record is missing",
        resolved_at_ms: 9,
        detail: "member-deltas",
    });
    let mut bytes = Vec::new();
    ControlRecord { seq: Seq(seq), prev_hash: Digest::default(), ts_us: seq, body }
        .encode(&mut bytes);
    bytes
}

fn delta<'a>(
    member_id: &'a [u8; 32],
    asset_id: &'a str,
    earned: u128,
    spent: u128,
) -> MemberDelta<'a> {
    MemberDelta { member_id, asset_id, earned, spent }
}

fn range(from: u64, to: u64) -> SeqRange {
    SeqRange { from: Seq(from), to: Seq(to) }
}

fn apply<S: AssetAccountStore>(
    store: &mut S,
    bytes: &[u8],
) -> Result<Applied, AccountError<S::Error>> {
    apply_record(store, &Record::decode(bytes).unwrap())
}

fn account(store: &MemoryAccounts, member: &[u8; 32]) -> Account {
    store.account(member, "joule").unwrap().unwrap_or_default()
}

fn balances(store: &MemoryAccounts, member: &[u8; 32]) -> (i128, i128) {
    let account = account(store, member);
    (account.optimistic, account.confirmed)
}

fn confirmed_at(store: &MemoryAccounts, member: &[u8; 32]) -> Option<u64> {
    account(store, member).last_confirmation.map(|last| last.at_ms)
}

/// Two batches: 0 to 2 with A +5 and B -2, 3 to 4 with A +1.
fn two_batches() -> MemoryAccounts {
    let mut store = MemoryAccounts::new(SHARD);
    for bytes in [
        entry(0, &A, "joule", 5),
        entry(1, &B, "joule", -2),
        entry(2, &A, "joule", 0),
        settlement(0, 3, 10_999, &[delta(&A, "joule", 5, 0), delta(&B, "joule", 0, 2)]),
        entry(4, &A, "joule", 1),
        settlement(3, 5, 20_000, &[delta(&A, "joule", 1, 0)]),
    ] {
        apply(&mut store, &bytes).unwrap();
    }
    store
}

#[test]
fn appends_move_the_optimistic_balance_and_settlements_the_confirmed_one() {
    let mut store = MemoryAccounts::new(SHARD);
    assert_eq!(apply(&mut store, &entry(0, &A, "joule", 5)), Ok(Applied::Moved));
    assert_eq!(apply(&mut store, &entry(1, &A, "joule", -7)), Ok(Applied::Moved));
    assert_eq!((balances(&store, &A), confirmed_at(&store, &A)), ((-2, 0), None));
    let settled = settlement(0, 2, 10_999, &[delta(&A, "joule", 5, 7)]);
    assert_eq!(apply(&mut store, &settled), Ok(Applied::Confirmed(range(0, 1))));
    assert_eq!((balances(&store, &A), confirmed_at(&store, &A)), ((-2, -2), Some(10)));
    assert_eq!(store.account(&A, "watt"), Ok(None));
}

#[test]
fn a_record_is_applied_once_and_in_order() {
    let mut store = two_batches();
    for seq in [0, 5, 7] {
        let before = store.clone();
        let error = AccountError::NotNext { expected: Seq(6), found: Seq(seq) };
        assert_eq!(apply(&mut store, &entry(seq, &A, "joule", 1)), Err(error));
        assert_eq!(store, before);
    }
}

#[test]
fn a_lost_dispute_takes_both_balances_and_the_confirmation_back() {
    for status in ["DISPUTED_FRAUD", "DISPUTED_NO_RESPONSE"] {
        let mut store = two_batches();
        let applied = apply(&mut store, &resolution(6, 0, 2, status));
        assert_eq!(applied, Ok(Applied::Reversed(range(0, 2))));
        assert_eq!((balances(&store, &A), confirmed_at(&store, &A)), ((1, 1), Some(20)));
        assert_eq!((balances(&store, &B), confirmed_at(&store, &B)), ((0, 0), None));
        let applied = apply(&mut store, &resolution(7, 3, 4, status));
        assert_eq!(applied, Ok(Applied::Reversed(range(3, 4))));
        // Not the time of the first batch, which was reversed before.
        assert_eq!((balances(&store, &A), confirmed_at(&store, &A)), ((0, 0), None));
    }
}

#[test]
fn the_time_of_the_last_confirmation_goes_back_to_one_that_stands() {
    let mut store = two_batches();
    apply(&mut store, &resolution(6, 3, 4, "DISPUTED_FRAUD")).unwrap();
    assert_eq!((balances(&store, &A), confirmed_at(&store, &A)), ((5, 5), Some(10)));
}

#[test]
fn a_reversal_applied_twice_is_applied_once() {
    let mut store = two_batches();
    apply(&mut store, &resolution(6, 0, 2, "DISPUTED_FRAUD")).unwrap();
    let before = balances(&store, &A);
    for (seq, status) in [(7, "DISPUTED_FRAUD"), (8, "DISPUTED_NO_RESPONSE")] {
        let applied = apply(&mut store, &resolution(seq, 0, 2, status));
        assert_eq!(applied, Ok(Applied::AlreadyReversed(range(0, 2))));
        assert_eq!(balances(&store, &A), before);
    }
}

#[test]
fn other_statuses_take_nothing_back() {
    for status in ["CONFIRMED", "CHALLENGED", "", "disputed_fraud", "UNDISPUTED_X"] {
        let mut store = two_batches();
        assert_eq!(apply(&mut store, &resolution(6, 0, 2, status)), Ok(Applied::Nothing));
        assert_eq!(balances(&store, &A), (6, 6));
    }
}

#[test]
fn a_batch_that_was_not_confirmed_is_not_taken_back() {
    let mut store = two_batches();
    for (seq, from, to) in [(6, 0, 1), (7, 1, 2), (8, 5, 5)] {
        let applied = apply(&mut store, &resolution(seq, from, to, "DISPUTED_FRAUD"));
        assert_eq!(applied, Ok(Applied::NotConfirmed(range(from, to))));
        assert_eq!(balances(&store, &A), (6, 6));
    }
}

#[test]
fn a_batch_is_confirmed_once() {
    let mut store = two_batches();
    let mut again = settlement(0, 3, 30_000, &[delta(&A, "joule", 100, 0)]);
    again[1] = 6;
    assert_eq!(apply(&mut store, &again), Ok(Applied::AlreadyConfirmed(range(0, 2))));
    assert_eq!((balances(&store, &A), confirmed_at(&store, &A)), ((6, 6), Some(20)));
}

/// The edges of what earned minus spent can be.
#[test]
fn sums_beyond_128_bits_with_a_sign_are_refused_and_change_nothing() {
    let max = i128::MAX.unsigned_abs();
    let fits = [
        (u128::MAX, u128::MAX, 0),
        (max, 0, i128::MAX),
        (0, max + 1, i128::MIN),
        (u128::MAX, max + 1, i128::MAX),
    ];
    for (earned, spent, expected) in fits {
        let mut store = MemoryAccounts::new(SHARD);
        apply(&mut store, &entry(0, &A, "joule", 0)).unwrap();
        apply(&mut store, &settlement(0, 1, 1, &[delta(&A, "joule", earned, spent)])).unwrap();
        assert_eq!(balances(&store, &A), (0, expected));
    }
    for (earned, spent) in [(max + 1, 0), (u128::MAX, max), (0, max + 2), (0, u128::MAX)] {
        let mut store = MemoryAccounts::new(SHARD);
        apply(&mut store, &entry(0, &A, "joule", 0)).unwrap();
        let before = store.clone();
        // The first pair would fit; it is not moved either.
        let deltas = [delta(&A, "joule", 1, 0), delta(&B, "joule", earned, spent)];
        let error = apply(&mut store, &settlement(0, 1, 1, &deltas)).unwrap_err();
        assert_eq!(error.code(), "balance-overflow");
        let key = AccountKey { member_id: B, asset_id: "joule".to_string() };
        assert_eq!(error, AccountError::Overflow { account: key, balance: Balance::Confirmed });
        assert!(error.to_string().contains(&"04".repeat(32)), "{error}");
        assert_eq!(store, before);
    }
}

#[test]
fn an_append_or_a_reversal_beyond_128_bits_is_refused_and_changes_nothing() {
    let mut store = MemoryAccounts::new(SHARD);
    apply(&mut store, &entry(0, &A, "joule", -1)).unwrap();
    apply(&mut store, &settlement(0, 1, 1, &[delta(&A, "joule", i128::MAX.unsigned_abs(), 0)]))
        .unwrap();
    // -1 - (2^127 - 1) is the smallest; one less does not fit.
    let mut edge = store.clone();
    apply(&mut edge, &resolution(2, 0, 0, "DISPUTED_FRAUD")).unwrap();
    assert_eq!(balances(&edge, &A), (i128::MIN, 0));
    let before = edge.clone();
    let error = apply(&mut edge, &entry(3, &A, "joule", -1)).unwrap_err();
    assert!(matches!(error, AccountError::Overflow { balance: Balance::Optimistic, .. }));
    assert_eq!(edge, before);

    apply(&mut store, &entry(2, &A, "joule", -1)).unwrap();
    let before = store.clone();
    let error = apply(&mut store, &resolution(3, 0, 0, "DISPUTED_FRAUD")).unwrap_err();
    assert!(matches!(error, AccountError::Overflow { balance: Balance::Optimistic, .. }));
    assert_eq!(store, before);
}

/// A store that fails at its n-th call.
#[derive(Clone, Debug, PartialEq)]
struct Failing {
    inner: MemoryAccounts,
    calls: core::cell::Cell<u32>,
}

#[derive(Debug, PartialEq)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full")
    }
}

impl core::error::Error for Full {}

impl Failing {
    fn call(&self) -> Result<(), Full> {
        let left = self.calls.get().checked_sub(1).ok_or(Full)?;
        self.calls.set(left);
        Ok(())
    }
}

impl AssetAccountStore for Failing {
    type Error = Full;

    fn shard_id(&self) -> ShardId {
        self.inner.shard_id()
    }

    fn next_seq(&self) -> Result<Seq, Full> {
        self.call().map(|()| self.inner.next_seq().unwrap())
    }

    fn account(&self, member_id: &[u8; 32], asset_id: &str) -> Result<Option<Account>, Full> {
        self.call().map(|()| self.inner.account(member_id, asset_id).unwrap())
    }

    fn batch(&self, batch: SeqRange) -> Result<Option<ConfirmedBatch>, Full> {
        self.call().map(|()| self.inner.batch(batch).unwrap())
    }

    fn commit(&mut self, change: Change) -> Result<(), Full> {
        self.call().map(|()| self.inner.commit(change).unwrap())
    }
}

#[test]
fn a_store_that_fails_anywhere_has_nothing_half_applied() {
    let lost = resolution(6, 0, 2, "DISPUTED_FRAUD");
    let fresh = settlement(5, 6, 1, &[delta(&A, "joule", 1, 0), delta(&B, "joule", 1, 0)]);
    for bytes in [entry(6, &A, "joule", 1), lost, fresh] {
        let mut calls = 0;
        loop {
            let before = two_batches();
            let mut store = Failing { inner: before.clone(), calls: core::cell::Cell::new(calls) };
            match apply(&mut store, &bytes) {
                Err(error) => {
                    assert_eq!(error, AccountError::Store(Full));
                    assert_eq!(store.inner, before, "after {calls} calls");
                }
                Ok(_) => break,
            }
            calls += 1;
        }
        assert!(calls >= 3);
    }
}

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Append { member: u8, asset: u8, amount: i64 },
    Settle,
    Dispute { batch: usize, lost: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0_u8..4, 0_u8..2, any::<i64>()).prop_map(|(member, asset, amount)| Step::Append { member, asset, amount }),
        2 => Just(Step::Settle),
        1 => (0_usize..8, any::<bool>()).prop_map(|(batch, lost)| Step::Dispute { batch, lost }),
    ];
    prop::collection::vec(step, 0..80)
}

type Pair = ([u8; 32], String);

/// The definition: a batch counts as its entries' sums, unless it was ever lost.
#[derive(Default)]
struct Naive {
    batches: Vec<NaiveBatch>,
    open: Vec<(Pair, i128)>,
}

struct NaiveBatch {
    range: SeqRange,
    at_ms: u64,
    entries: Vec<(Pair, i128)>,
    lost: bool,
}

impl Naive {
    fn accounts(&self) -> BTreeMap<Pair, Account> {
        let mut accounts: BTreeMap<Pair, Account> = BTreeMap::new();
        for batch in &self.batches {
            for (pair, amount) in &batch.entries {
                let account = accounts.entry(pair.clone()).or_default();
                if !batch.lost {
                    account.optimistic += amount;
                    account.confirmed += amount;
                    account.last_confirmation =
                        Some(Confirmation { batch: batch.range, at_ms: batch.at_ms });
                }
            }
        }
        for (pair, amount) in &self.open {
            accounts.entry(pair.clone()).or_default().optimistic += amount;
        }
        accounts
    }
}

proptest! {
    #[test]
    fn any_history_gives_the_balances_of_the_naive_twin(steps in steps()) {
        let mut store = MemoryAccounts::new(SHARD);
        let mut naive = Naive::default();
        let (mut seq, mut from) = (0, 0);
        for step in steps {
            let bytes = match step {
                Step::Append { member, asset, amount } => {
                    let pair = ([member; 32], ["joule", "watt"][usize::from(asset)].to_string());
                    let bytes = entry(seq, &pair.0, &pair.1, amount.into());
                    naive.open.push((pair, amount.into()));
                    bytes
                }
                Step::Settle if naive.open.is_empty() => continue,
                Step::Settle => {
                    let mut sums: BTreeMap<Pair, (u128, u128)> = BTreeMap::new();
                    for (pair, amount) in &naive.open {
                        let sum = sums.entry(pair.clone()).or_default();
                        if *amount > 0 { sum.0 += amount.unsigned_abs() } else { sum.1 += amount.unsigned_abs() }
                    }
                    let deltas: Vec<_> = sums.iter().map(|((member, asset), (earned, spent))| delta(member, asset, *earned, *spent)).collect();
                    let bytes = settlement(from, seq, seq * 1_000, &deltas);
                    let entries = core::mem::take(&mut naive.open);
                    naive.batches.push(NaiveBatch { range: range(from, seq - 1), at_ms: seq, entries, lost: false });
                    from = seq;
                    bytes
                }
                Step::Dispute { batch, lost } => {
                    let status = if lost { "DISPUTED_FRAUD" } else { "CONFIRMED" };
                    let Some(batch) = naive.batches.get_mut(batch) else { continue };
                    batch.lost |= lost;
                    resolution(seq, batch.range.from.0, batch.range.to.0, status)
                }
            };
            apply(&mut store, &bytes).unwrap();
            seq += 1;
            let ours: BTreeMap<Pair, Account> = store.iter().map(|(member, asset, account)| ((*member, asset.to_string()), *account)).collect();
            prop_assert_eq!(ours, naive.accounts());
        }
    }
}

#[test]
fn every_account_error_has_its_own_code_and_a_sentence() {
    let key = AccountKey { member_id: A, asset_id: "joule".to_string() };
    let batch = range(0, 2);
    let errors = [
        AccountError::Store(Full),
        AccountError::NotNext { expected: Seq(1), found: Seq(2) },
        AccountError::Overflow { account: key, balance: Balance::Optimistic },
        AccountError::NotConfirmed { batch },
        AccountError::OtherSettlement { batch },
        AccountError::WrongShard { expected: SHARD, found: ShardId::from_bytes([8; 16]) },
    ];
    let mut codes: Vec<_> = errors.iter().map(AccountError::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), errors.len());
    assert!(errors.iter().all(|error| error.to_string().len() > 15));
    assert_eq!(vec![errors[0].to_string()], ["the account store failed: full"]);
}
