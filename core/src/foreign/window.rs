//! A batch, made again from the records: root, tip and sums.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::record::ForeignRecord;
use super::settlement::ForeignDelta;
use crate::hash::{Blake3, Digest};
use crate::limits::{DIGEST_SIZE, GENESIS_HASH};
use crate::merkle::{Frontier, leaf_hash};

/// Earned and spent; `None` once a sum is beyond 2^128-1.
type Sums = Option<(u128, u128)>;

/// The records of a batch, as they come. Memory: a few words for each pair of member and asset.
///
/// ```
/// use countersign_core::foreign::ForeignWindow;
///
/// let window = ForeignWindow::default();
/// assert_eq!((window.records(), window.deltas()), (0, Some(vec![])));
/// ```
#[derive(Clone, Debug)]
pub struct ForeignWindow {
    frontier: Frontier<Blake3>,
    tip: Digest,
    members: BTreeMap<[u8; DIGEST_SIZE], BTreeMap<String, Sums>>,
}

impl Default for ForeignWindow {
    fn default() -> Self {
        Self { frontier: Frontier::new(), tip: GENESIS_HASH, members: BTreeMap::new() }
    }
}

impl ForeignWindow {
    /// Takes the next record: its bytes, the tip after it, and its fields.
    pub fn push(&mut self, bytes: &[u8], tip: Digest, record: &ForeignRecord<'_>) {
        // 2^63 records are more than any disk holds.
        let _ = self.frontier.push(leaf_hash::<Blake3>(bytes));
        self.tip = tip;
        let assets = self.members.entry(*record.member_id).or_default();
        let sums = match assets.get_mut(record.asset_id) {
            Some(sums) => sums,
            None => assets.entry(record.asset_id.into()).or_insert(Some((0, 0))),
        };
        let magnitude = record.amount.magnitude();
        *sums = sums.and_then(|(earned, spent)| {
            if record.amount.is_negative() {
                Some((earned, spent.checked_add(magnitude)?))
            } else {
                Some((earned.checked_add(magnitude)?, spent))
            }
        });
    }

    /// How many it has taken.
    pub const fn records(&self) -> u64 {
        self.frontier.size().get()
    }

    /// The chain tip after the last one.
    pub const fn tip(&self) -> Digest {
        self.tip
    }

    /// The Merkle root over them.
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// The sums: by member, then by asset in the order of UTF-16 code units, as JavaScript
    /// compares. `None` if one is beyond 2^128-1.
    pub fn deltas(&self) -> Option<Vec<ForeignDelta>> {
        let mut deltas = Vec::new();
        for (member_id, assets) in &self.members {
            let mut assets: Vec<_> = assets.iter().collect();
            assets.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            for (asset_id, sums) in assets {
                let (earned, spent) = (*sums)?;
                let (member_id, asset_id) = (*member_id, asset_id.clone());
                deltas.push(ForeignDelta { member_id, asset_id, earned, spent });
            }
        }
        Some(deltas)
    }
}
