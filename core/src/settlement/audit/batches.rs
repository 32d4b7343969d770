//! Joins the spans of the log into batches and into the tree over all records.

use alloc::vec::Vec;

use super::recount::PendingBatch;
use super::spans::{Closing, Part, Span};
use crate::hash::{Blake3, Digest};
use crate::limits::{GENESIS_HASH, MAX_AUDITED_RECORDS};
use crate::merkle::Frontier;
use crate::{Seq, SeqRange};

/// The batch and the log, as far as they are known.
#[derive(Debug)]
pub(super) struct Batches {
    range: SeqRange,
    /// The seq that comes next, and the tip before it.
    next: (Seq, Digest),
    /// The tree over all records; `None` once one of them is hidden.
    log: Option<Frontier<Blake3>>,
    /// Whether the chain has broken since the tree was last found to be as a settlement has it.
    is_relinked: bool,
    /// `None` while one of its records is hidden, or it has more than are audited.
    window: Option<Window>,
    checked: u64,
}

/// The open batch.
#[derive(Debug)]
struct Window {
    from: Seq,
    parts: Vec<Part>,
    records: u64,
}

impl Window {
    const fn new(from: Seq) -> Self {
        Self { from, parts: Vec::new(), records: 0 }
    }
}

impl Batches {
    pub(super) const fn new(range: SeqRange) -> Self {
        Self {
            range,
            next: (Seq::FIRST, GENESIS_HASH),
            log: Some(Frontier::new()),
            is_relinked: false,
            window: Some(Window::new(Seq::FIRST)),
            checked: 0,
        }
    }

    /// Settlements of the range that were, or are to be, checked in full.
    pub(super) const fn checked(&self) -> u64 {
        self.checked
    }

    /// Records of the open batch that are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        self.window.as_ref().map_or(0, |window| window.records)
    }

    /// Takes the next span; the batch that it closes, if it is to be recounted.
    pub(super) fn absorb(&mut self, span: Span) -> Option<PendingBatch> {
        let Span { first, is_whole, is_linked, part, closing, next } = span;
        let (seq, tip) = self.next;
        if !is_whole || first.is_some_and(|(first, _)| first != seq) {
            (self.log, self.window) = (None, None);
        }
        let is_joined = first.is_none_or(|(_, prev_hash)| prev_hash == tip);
        self.is_relinked |= !(is_linked && is_joined);
        self.next = next.unwrap_or(self.next);
        self.push(part);
        self.settle(closing?)
    }

    fn push(&mut self, part: Part) {
        if let Some(log) = &mut self.log {
            // A tree is full at 2^63 leaves: no log has as many.
            let is_full = part.leaf_hashes.iter().any(|hash| log.push(*hash).is_err());
            self.log = self.log.take().filter(|_| !is_full);
        }
        let Some(window) = &mut self.window else { return };
        window.records = window.records.saturating_add(part.leaf_hashes.len() as u64);
        if window.records > MAX_AUDITED_RECORDS {
            self.window = None;
        } else if !part.leaf_hashes.is_empty() {
            window.parts.push(part);
        }
    }

    fn settle(&mut self, closing: Closing) -> Option<PendingBatch> {
        let Closing { place, seq, action } = closing;
        let log_root = self.log.as_ref().map(Frontier::root);
        if log_root == Some(action.log_root) {
            self.is_relinked = false;
        } else if self.is_relinked {
            // Records were changed, and the chain tells where. No later settlement would be as
            // this tree has it: that is told once.
            self.log = None;
        }
        let window = self.window.replace(Window::new(seq))?;
        // Of another range than its records no root can be right; the range has been told.
        let is_range = action.from_seq == window.from && action.to_seq.next() == seq;
        if !is_range || window.records == 0 || !self.range.contains(seq) {
            return None;
        }
        self.checked = self.checked.saturating_add(log_root.is_some().into());
        Some(PendingBatch { place, seq, action, log_root, parts: window.parts })
    }
}
