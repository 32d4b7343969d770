//! The open batch: what its records add up to, and when it is due.

use alloc::vec::Vec;

use super::deltas::DeltaSums;
use super::{AccountDelta, IndexLeaf, SettlementError};
use crate::Seq;
use crate::chain::{MeteringRecord, Record};
use crate::hash::{Blake3, Digest};
use crate::limits::{DEFAULT_MAX_AGE_MS, DEFAULT_MAX_RECORDS, MAX_WINDOW_PAIRS};
use crate::merkle::{Frontier, leaf_hash, root};

/// Leaf hashes that enter the tree together: as many as fill vector lanes on the lowest levels,
/// where nearly all nodes are.
const ITEMS_AT_ONCE: usize = 256;

/// When a window is due, `spec/metering.md` section 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRules {
    /// Records, control records included.
    pub max_records: u64,
    /// Time since the window's first entry, in milliseconds.
    pub max_age_ms: u64,
}

impl BatchRules {
    /// Nothing is settled unless it is asked for.
    pub const ON_DEMAND: Self = Self { max_records: u64::MAX, max_age_ms: u64::MAX };
}

impl Default for BatchRules {
    fn default() -> Self {
        Self { max_records: DEFAULT_MAX_RECORDS, max_age_ms: DEFAULT_MAX_AGE_MS }
    }
}

/// The records since the last settlement, added up.
///
/// Taking a record costs a few hashes and the search for its pair, and no more when there are
/// many; what is left for the end is to sort the index and hash it. Memory: 72 bytes for each
/// entry, some hundred for each pair, never the records themselves.
#[derive(Clone, Debug)]
pub struct BatchWindow {
    from_seq: Seq,
    items: Frontier<Blake3>,
    /// Leaf hashes behind those in `items`, fewer than [`ITEMS_AT_ONCE`].
    next_items: Vec<Digest>,
    index: Vec<IndexLeaf>,
    sums: DeltaSums,
    first_entry_ts_us: Option<u64>,
}

/// What the records of a batch add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTotals {
    /// Root over the records.
    pub items_root: Digest,
    /// Root over the sorted operation index.
    pub index_root: Digest,
    /// Entries.
    pub entry_count: u64,
    /// One for each pair of member and asset, sorted by the bytes of both.
    pub member_deltas: Vec<AccountDelta>,
}

impl BatchWindow {
    /// An empty window whose first record will be `from_seq`: 0, or that of the last settlement.
    pub fn new(from_seq: Seq) -> Self {
        Self {
            from_seq,
            items: Frontier::new(),
            next_items: Vec::new(),
            index: Vec::new(),
            sums: DeltaSums::default(),
            first_entry_ts_us: None,
        }
    }

    /// Its first record.
    pub const fn from_seq(&self) -> Seq {
        self.from_seq
    }

    /// The record that comes next.
    pub const fn next_seq(&self) -> Seq {
        Seq(self.from_seq.0.saturating_add(self.record_count()))
    }

    /// Its records, control records included.
    pub const fn record_count(&self) -> u64 {
        self.items.size().get().saturating_add(self.next_items.len() as u64)
    }

    /// Its entries.
    pub const fn entry_count(&self) -> u64 {
        self.index.len() as u64
    }

    /// Its pairs of member and asset.
    pub fn pair_count(&self) -> usize {
        self.sums.pair_count()
    }

    /// Time of its first entry, microseconds since the epoch.
    pub const fn first_entry_ts_us(&self) -> Option<u64> {
        self.first_entry_ts_us
    }

    /// Takes the next record; `bytes` is the encoding that it was decoded from.
    ///
    /// # Errors
    /// [`SettlementError::NotNext`] and [`SettlementError::Overflow`]; the window is unchanged.
    pub fn push(&mut self, bytes: &[u8], record: &Record<'_>) -> Result<(), SettlementError> {
        let leaf = match record {
            Record::Entry(entry) => Some(IndexLeaf::of(entry)),
            Record::Control(_) => None,
        };
        self.take(leaf_hash::<Blake3>(bytes), record, leaf)
    }

    /// Takes the next records, each with its leaf hash: faster than [`BatchWindow::push`] for one
    /// after the other.
    ///
    /// # Errors
    /// As [`BatchWindow::push`]; those before the record that fails are in the window then.
    pub fn push_all(&mut self, records: &[(Digest, Record<'_>)]) -> Result<(), SettlementError> {
        let operations: Vec<_> = records
            .iter()
            .filter_map(|(_, record)| match record {
                Record::Entry(MeteringRecord { operation, seq, .. }) => {
                    Some((operation.member_id, operation.op_id, *seq))
                }
                Record::Control(_) => None,
            })
            .collect();
        let mut leaves = IndexLeaf::of_all(&operations).into_iter();
        for (leaf_hash, record) in records {
            let is_entry = matches!(record, Record::Entry(_));
            self.take(*leaf_hash, record, if is_entry { leaves.next() } else { None })?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        leaf_hash: Digest,
        record: &Record<'_>,
        leaf: Option<IndexLeaf>,
    ) -> Result<(), SettlementError> {
        let (expected, found) = (self.next_seq(), record.seq());
        let not_next = SettlementError::NotNext { expected, found };
        if found != expected {
            return Err(not_next);
        }
        if let (Record::Entry(entry), Some(leaf)) = (record, leaf) {
            self.sums.add(&entry.operation)?;
            self.index.push(leaf);
            self.first_entry_ts_us.get_or_insert(entry.ts_us);
        }
        self.next_items.push(leaf_hash);
        if self.next_items.len() >= ITEMS_AT_ONCE {
            // A tree is full at 2^63 leaves, for which there is neither memory nor a seq.
            self.items.extend(&self.next_items).map_err(|_| not_next)?;
            self.next_items.clear();
        }
        Ok(())
    }

    /// The root over the records.
    fn items_root(&self) -> Digest {
        let mut items = self.items.clone();
        // Never full: see `take`.
        let _full = items.extend(&self.next_items);
        items.root()
    }

    /// Whether the window is to be settled now: it holds an entry, and has as many records as the
    /// rules say, or its first entry is as old, or it has [`MAX_WINDOW_PAIRS`].
    pub fn is_due(&self, rules: &BatchRules, now_us: u64) -> bool {
        let is_old = self.due_at_us(rules).is_some_and(|at_us| at_us <= now_us);
        let is_full =
            self.record_count() >= rules.max_records || self.pair_count() >= MAX_WINDOW_PAIRS;
        is_old || (is_full && self.entry_count() > 0)
    }

    /// When its first entry is as old as the rules say, microseconds since the epoch; `None`
    /// without an entry.
    pub fn due_at_us(&self, rules: &BatchRules) -> Option<u64> {
        let age_us = rules.max_age_ms.saturating_mul(1_000);
        self.first_entry_ts_us.map(|first_us| first_us.saturating_add(age_us))
    }

    /// The index leaves, sorted as bytes.
    pub fn index_leaves(&self) -> Vec<IndexLeaf> {
        let mut leaves = self.index.clone();
        leaves.sort_unstable();
        leaves
    }

    /// What the records add up to: O(n log n) in the entries.
    pub fn totals(&self) -> BatchTotals {
        BatchTotals {
            items_root: self.items_root(),
            index_root: root::<Blake3>(&IndexLeaf::leaf_hashes(&self.index_leaves())),
            entry_count: self.entry_count(),
            member_deltas: self.sums.deltas(),
        }
    }
}
