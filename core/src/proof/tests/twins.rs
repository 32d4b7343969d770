//! Every bundle of every batch up to 130 entries, against what the records themselves say.

use alloc::collections::BTreeMap;
use proptest::prelude::*;

use super::*;

const MEMBERS: [u8; 4] = [2, 4, 6, 8];

/// One batch of `size` entries over four members, scattered by `seed`.
fn batch(size: usize, seed: u64) -> Shard {
    let mut shard = Shard::new();
    for at in 0..size as u64 {
        let random = blake3_u64(seed, at);
        let of = MEMBERS[usize::try_from(random % 4).unwrap()];
        let asset_id = ["joule", "hour"][usize::try_from(random >> 8 & 1).unwrap()];
        let amount = i128::from(random >> 32) - (1 << 31);
        shard.append(of, &at.to_string(), asset_id, amount);
    }
    shard.settle();
    shard
}

fn blake3_u64(seed: u64, at: u64) -> u64 {
    let bytes = [seed.to_le_bytes(), at.to_le_bytes()].concat();
    let digest = crate::hash::blake3(&bytes);
    u64::from_le_bytes(*digest.as_bytes().first_chunk().unwrap())
}

/// The sums of each asset: earned, then spent.
type Sums = BTreeMap<String, (u128, u128)>;

/// What the records say of a member: the seqs of its entries and its sums, by reading all of them.
fn naive(shard: &Shard, of: u8) -> (Vec<u64>, Sums) {
    let mut seqs = vec![];
    let mut sums = Sums::new();
    for bytes in &shard.records {
        let Ok(Record::Entry(entry)) = Record::decode(bytes) else { continue };
        if *entry.operation.member_id != member(of) {
            continue;
        }
        seqs.push(entry.seq.0);
        let (earned, spent) = sums.entry(entry.operation.asset_id.into()).or_default();
        match entry.operation.amount {
            amount if amount > 0 => *earned += amount.unsigned_abs(),
            amount => *spent += amount.unsigned_abs(),
        }
    }
    (seqs, sums)
}

fn check_statement(shard: &Shard, of: u8) {
    let report = shard.statement(0, of).verify(&trusted(), &VerifyOptions::default()).unwrap();
    assert_eq!(code(&report), "valid");
    let (seqs, sums) = naive(shard, of);
    assert_eq!(report.facts.records.iter().map(|record| record.seq.0).collect::<Vec<_>>(), seqs);
    let stated = report.facts.sums.iter();
    let stated: Sums = stated.map(|sum| (sum.asset_id.clone(), (sum.earned, sum.spent))).collect();
    assert_eq!(stated, sums);
}

fn check_operations(shard: &Shard, size: usize) {
    let Closed { signed, index } = &shard.batches[0];
    for at in 0..=size {
        let op_id = at.to_string();
        for of in [1, 2, 3, 4, 6, 8, 9] {
            let is_present = shard.records.iter().any(|bytes| {
                matches!(Record::decode(bytes), Ok(Record::Entry(entry))
                    if *entry.operation.member_id == member(of) && entry.operation.op_id == op_id)
            });
            match ExclusionProof::build(signed, &member(of), &op_id, index) {
                Ok(bundle) => {
                    assert!(!is_present, "{of} {op_id} of {size}");
                    // One signature in a hundred: they cost more than all the rest.
                    if (at + usize::from(of)) % 16 == 0 {
                        assert_eq!(verify(&bundle), "valid", "{of} {op_id} of {size}");
                    }
                }
                Err(error) => {
                    assert!(is_present, "{of} {op_id} of {size}");
                    assert_eq!(error.code(), "operation-present");
                }
            }
        }
    }
}

#[test]
fn statements_of_every_batch_size_are_what_the_records_say() {
    for size in 1..=130 {
        let shard = batch(size, size as u64);
        for of in [1, 2, 4, 6, 8, 9] {
            check_statement(&shard, of);
        }
    }
}

#[test]
fn inclusion_of_every_record_of_every_batch_size_holds() {
    for size in 1..=130 {
        let shard = batch(size, size as u64);
        for seq in (0..=size as u64).step_by(1 + size / 12) {
            assert_eq!(verify(&shard.inclusion(0, seq)), "valid", "{seq} of {size}");
        }
        let all: Vec<_> = (0..=size as u64).collect();
        assert_eq!(verify(&shard.several(0, &all)), "valid", "{size}");
        let some: Vec<_> =
            all.into_iter().filter(|seq| blake3_u64(*seq, 0).is_multiple_of(3)).collect();
        if !some.is_empty() {
            assert_eq!(verify(&shard.several(0, &some)), "valid", "{size}");
        }
    }
}

#[test]
fn exactly_the_absent_operations_of_every_batch_size_are_excluded() {
    for size in (1..=130).step_by(3) {
        check_operations(&batch(size, 7), size);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn logs_of_any_two_sizes_are_consistent(first in 1_usize..130, second in 1_usize..130, seed in any::<u64>()) {
        let mut shard = batch(first, seed);
        for at in 0..second {
            shard.append(4, &alloc::format!("second {at}"), "joule", 1);
        }
        shard.settle();
        prop_assert_eq!(verify(&shard.consistency(0, 1)), "valid");
        prop_assert_eq!(verify(&shard.consistency(0, 0)), "valid");
        for of in MEMBERS {
            prop_assert_eq!(verify(&shard.statement(1, of)), "valid");
        }
    }
}
