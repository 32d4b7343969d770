//! A record's number.

use core::fmt;

/// A record's number in its shard: 0 for the first, then +1 without gaps, across segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// Record 0, always a certificate.
    pub const FIRST: Self = Self(0);

    /// The number behind this one; stops at `u64::MAX`, which no shard reaches.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number before this one, if there is one.
    pub const fn previous(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(previous) => Some(Self(previous)),
            None => None,
        }
    }
}

/// Records `from` to `to`, both included.
///
/// ```
/// use countersign_core::{Seq, SeqRange};
///
/// let range = SeqRange { from: Seq(10), to: Seq(20) };
/// assert!(range.contains(Seq(20)) && !range.contains(Seq(21)));
/// assert!(SeqRange::ALL.contains(Seq(21)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeqRange {
    /// The first.
    pub from: Seq,
    /// The last.
    pub to: Seq,
}

impl SeqRange {
    /// Every record.
    pub const ALL: Self = Self { from: Seq::FIRST, to: Seq(u64::MAX) };

    /// Whether `seq` is one of them.
    #[inline]
    pub const fn contains(self, seq: Seq) -> bool {
        self.from.0 <= seq.0 && seq.0 <= self.to.0
    }

    /// Whether any of the records `from` to `to` is one of them.
    pub const fn meets(self, from: Seq, to: Seq) -> bool {
        self.from.0 <= to.0 && from.0 <= self.to.0
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
