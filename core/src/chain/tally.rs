//! A list of failures that a hostile log cannot make grow.

use alloc::vec::Vec;

use super::failure::{Failure, FailureCode};
use crate::limits::MAX_LISTED_FAILURES;
use crate::{Seq, SeqRange};

/// Failures that concern a range of records: all counted, the first ones by place listed.
#[derive(Debug)]
pub(super) struct Tally {
    range: SeqRange,
    listed: Vec<Failure>,
    total: u64,
    has_too_new: bool,
}

impl Tally {
    pub(super) const fn new(range: SeqRange) -> Self {
        Self { range, listed: Vec::new(), total: 0, has_too_new: false }
    }

    pub(super) const fn range(&self) -> SeqRange {
        self.range
    }

    pub(super) fn listed(&self) -> &[Failure] {
        &self.listed
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Whether a newer format was met.
    pub(super) const fn has_too_new(&self) -> bool {
        self.has_too_new
    }

    /// Takes a failure of one record, if the record lies in the range.
    pub(super) fn push(&mut self, failure: Failure) {
        let seq = failure.seq;
        self.push_span(failure, seq, seq);
    }

    /// Takes a failure that concerns the records `from` to `to`, if the range holds one of them.
    /// A newer format concerns all.
    pub(super) fn push_span(&mut self, failure: Failure, from: Seq, to: Seq) {
        let is_too_new = failure.code == FailureCode::FormatTooNew;
        if is_too_new || self.range.meets(from, to) {
            self.take(failure);
        }
    }

    /// Takes a failure that has been found to concern the range.
    pub(super) fn take(&mut self, failure: Failure) {
        self.has_too_new |= failure.code == FailureCode::FormatTooNew;
        self.total = self.total.saturating_add(1);
        self.listed.push(failure);
        // Sorting at twice the limit costs a few steps for each failure, however many come.
        if self.listed.len() >= MAX_LISTED_FAILURES.saturating_mul(2) {
            self.shorten();
        }
    }

    /// The first failures by place. Those of one record stay in the order in which they came.
    pub(super) fn finish(mut self) -> (Vec<Failure>, u64) {
        self.shorten();
        (self.listed, self.total)
    }

    fn shorten(&mut self) {
        self.listed.sort_by_key(|failure| failure.place);
        self.listed.truncate(MAX_LISTED_FAILURES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Place, SegmentNumber};

    #[test]
    fn lists_the_first_by_place_and_counts_all() {
        let mut tally = Tally::new(SeqRange { from: Seq(10), to: Seq(60_000) });
        // 7919 has no divisor in common with the count, so every place comes once.
        for i in 0..70_000_u64 {
            let at = i * 7_919 % 70_000;
            let place = Place { segment: SegmentNumber::FIRST, offset: at };
            let code = FailureCode::ChainBroken;
            tally.push(Failure { code, place, seq: Seq(at), detail: alloc::string::String::new() });
        }
        let (listed, total) = tally.finish();
        assert_eq!(total, 59_991);
        assert_eq!(listed.len(), MAX_LISTED_FAILURES);
        assert!(listed.iter().map(|failure| failure.place.offset).eq(10..10_010));
    }
}
