//! Checked sums of what members earned and spent.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::AccountDelta;
use super::error::{Pair, SettlementError};
use crate::chain::Operation;
use crate::limits::DIGEST_SIZE;

/// Sums for each pair of member and asset.
///
/// Members are many and assets few: an asset is kept once and stands in the keys as a number, so
/// that taking an entry of a known pair allocates nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct DeltaSums {
    assets: BTreeMap<String, u32>,
    sums: BTreeMap<([u8; DIGEST_SIZE], u32), Sums>,
}

/// Of one pair.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    earned: u128,
    spent: u128,
}

impl DeltaSums {
    /// How many pairs there are.
    pub(super) fn pair_count(&self) -> usize {
        self.sums.len()
    }

    /// Adds one entry; nothing changes if its sum would exceed 2^128-1.
    pub(super) fn add(&mut self, operation: &Operation<'_>) -> Result<(), SettlementError> {
        let (earned, spent) = if operation.amount < 0 {
            (0, operation.amount.unsigned_abs())
        } else {
            (operation.amount.unsigned_abs(), 0)
        };
        self.add_sums(operation.member_id, operation.asset_id, earned, spent)
    }

    fn add_sums(
        &mut self,
        member_id: &[u8; DIGEST_SIZE],
        asset_id: &str,
        earned: u128,
        spent: u128,
    ) -> Result<(), SettlementError> {
        let asset = self.asset(asset_id);
        let sums = self.sums.entry((*member_id, asset)).or_default();
        let added = (sums.earned.checked_add(earned), sums.spent.checked_add(spent));
        let (Some(earned), Some(spent)) = added else {
            let pair = Pair { member_id: *member_id, asset_id: asset_id.to_owned() };
            return Err(SettlementError::Overflow(Box::new(pair)));
        };
        *sums = Sums { earned, spent };
        Ok(())
    }

    /// The number of an asset.
    fn asset(&mut self, asset_id: &str) -> u32 {
        if let Some(asset) = self.assets.get(asset_id) {
            return *asset;
        }
        // Assets fill the memory long before their count fills the number.
        let asset = u32::try_from(self.assets.len()).unwrap_or(u32::MAX);
        self.assets.insert(asset_id.to_owned(), asset);
        asset
    }

    /// One delta for each pair, sorted by member and asset as bytes.
    pub(super) fn deltas(&self) -> Vec<AccountDelta> {
        let mut names = Vec::new();
        names.resize(self.assets.len(), "");
        for (name, asset) in &self.assets {
            if let Some(slot) = names.get_mut(*asset as usize) {
                *slot = name;
            }
        }
        let delta = |(key, sums): (&([u8; DIGEST_SIZE], u32), &Sums)| AccountDelta {
            member_id: key.0,
            asset_id: names.get(key.1 as usize).copied().unwrap_or_default().to_owned(),
            earned: sums.earned,
            spent: sums.spent,
        };
        let mut deltas: Vec<_> = self.sums.iter().map(delta).collect();
        deltas.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        deltas
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{MAX_AMOUNT, MIN_AMOUNT};

    fn operation<'a>(member_id: &'a [u8; 32], asset_id: &'a str, amount: i128) -> Operation<'a> {
        Operation { op: "op", member_id, asset_id, amount, op_id: "1", context_hash: &[0; 32] }
    }

    #[test]
    fn the_largest_amounts_add_up() {
        let mut sums = DeltaSums::default();
        for _ in 0..3 {
            sums.add(&operation(&[1; 32], "a", MAX_AMOUNT)).unwrap();
            sums.add(&operation(&[1; 32], "a", MIN_AMOUNT)).unwrap();
        }
        let deltas = sums.deltas();
        assert_eq!((deltas[0].earned, deltas[0].spent), (3 * ((1 << 64) - 1), 3 << 64));
        assert_eq!((deltas.len(), sums.pair_count()), (1, 1));
    }

    #[test]
    fn an_overflow_names_the_pair_and_changes_nothing() {
        for (earned, spent, amount) in [(u128::MAX - 6, 0, 7), (0, u128::MAX - 6, -7)] {
            let mut sums = DeltaSums::default();
            sums.add_sums(&[1; 32], "b", 5, 5).unwrap();
            sums.add_sums(&[1; 32], "a", earned, spent).unwrap();
            let before = sums.deltas();
            let error = sums.add(&operation(&[1; 32], "a", amount)).unwrap_err();
            let pair = Pair { member_id: [1; 32], asset_id: "a".into() };
            assert_eq!(error, SettlementError::Overflow(Box::new(pair)));
            assert_eq!(sums.deltas(), before);
            // One less fits exactly, and other pairs go on.
            sums.add(&operation(&[1; 32], "a", amount - amount.signum())).unwrap();
            sums.add(&operation(&[1; 32], "b", amount)).unwrap();
            let deltas = sums.deltas();
            assert_eq!(deltas[0].earned.max(deltas[0].spent), u128::MAX);
        }
    }

    #[test]
    fn pairs_come_in_the_order_of_their_bytes() {
        let mut sums = DeltaSums::default();
        // In UTF-16 the last two would change places.
        let assets = ["b", "a", "aa", "\u{e000}", "\u{10000}"];
        for member in [9, 3, 0x80] {
            for asset in assets {
                sums.add(&operation(&[member; 32], asset, 0)).unwrap();
            }
        }
        let deltas = sums.deltas();
        let found: Vec<_> = deltas.iter().map(|d| (d.member_id[0], d.asset_id.as_str())).collect();
        let sorted = ["a", "aa", "b", "\u{e000}", "\u{10000}"];
        let expected: Vec<_> =
            [3, 9, 0x80].into_iter().flat_map(|m| sorted.map(|asset| (m, asset))).collect();
        assert_eq!(found, expected);
    }
}
