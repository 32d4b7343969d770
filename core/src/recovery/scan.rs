//! The walk forward over a log's records.

use alloc::collections::VecDeque;
use core::fmt;

use super::layout::{Candidate, Layout};
use crate::Seq;
use crate::frame::{Place, SegmentNumber};
use crate::hash::{Blake3, Digest};
use crate::limits::{GENESIS_HASH, LENGTH_PREFIX_SIZE};
use crate::merkle::{Frontier, leaf_hash};

/// Signature records remembered, newest last. Only the newest can be torn; the others are
/// vouched for by the chain behind them.
const REMEMBERED: usize = 4;

/// The open batch window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first record.
    pub from_seq: Seq,
    /// Where that record's frame starts.
    pub start: Place,
    /// Entries in it.
    pub entries: u64,
    /// Time of its first entry, microseconds since the epoch.
    pub first_entry_ts_us: Option<u64>,
}

impl Window {
    /// The window that opens a log.
    pub const FIRST: Self = Self::starting(Seq::FIRST, START);

    /// An empty window whose first record stands at `start`.
    pub const fn starting(from_seq: Seq, start: Place) -> Self {
        Self { from_seq, start, entries: 0, first_entry_ts_us: None }
    }
}

/// A record, and the position behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The record.
    pub seq: Seq,
    /// The chain tip after it.
    pub tip: Digest,
    /// Its time, microseconds since the epoch.
    pub ts_us: u64,
    /// Where its frame starts.
    pub start: Place,
    /// Where the next frame starts.
    pub end: Place,
}

/// A position from which everything can go on: walking, appending, settling.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The record.
    pub position: Position,
    /// The batch window open behind it.
    pub window: Window,
    /// The Merkle tree over all records up to it.
    pub frontier: Frontier<Blake3>,
}

/// Why the walk stopped at a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The bytes are no record.
    Malformed,
    /// It has another seq.
    WrongSeq {
        /// The seq that comes next.
        expected: Seq,
        /// The record's.
        found: Seq,
    },
    /// Its `prevHash` is not the tip.
    WrongPrevHash,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the bytes are no record"),
            Self::WrongSeq { expected, found } => {
                write!(f, "expected seq {expected}, found {found}")
            }
            Self::WrongPrevHash => f.write_str("prevHash is not the tip of the record before"),
        }
    }
}

/// What of the walked records is vouched for.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The last record that counts; `None` if there is none.
    pub mark: Option<Mark>,
    /// Where the bytes start that only this record's signature vouches for, and no `state.json`:
    /// they are to be synced again before they count as durable.
    pub group_start: Place,
    /// Whether a valid signature record, or the resume point, vouches for it.
    pub has_signature: bool,
    /// Records walked behind it.
    pub unvouched: u64,
}

/// Walks records in order; stops at the first that does not continue the chain.
///
/// O(bytes): one strict decode and two hashes (chain and leaf) for each record.
#[derive(Clone, Debug)]
pub struct Scan<L> {
    layout: L,
    /// What the layout had learned at a record that could vouch (`None`: at the start), as far as
    /// it has learned more since.
    earlier: VecDeque<(Option<Seq>, L)>,
    /// The last record walked.
    last: Option<Position>,
    /// Newest signature records that could vouch.
    candidates: VecDeque<(Mark, Candidate)>,
    /// A position that `state.json` vouches for: where the scan was resumed, or met it.
    resumed: Option<Mark>,
    /// What `state.json` says of a position still to come.
    awaited: Option<(Seq, Digest)>,
    window: Window,
    frontier: Frontier<Blake3>,
}

impl<L: Layout> Scan<L> {
    /// From record 0.
    pub fn new(layout: L) -> Self {
        Self {
            layout,
            earlier: VecDeque::new(),
            last: None,
            candidates: VecDeque::with_capacity(REMEMBERED),
            resumed: None,
            awaited: None,
            window: Window::FIRST,
            frontier: Frontier::new(),
        }
    }

    /// Behind a record that was durable and signed; `layout` knows the keys up to there.
    pub fn resume(layout: L, mark: Mark) -> Self {
        Self {
            layout,
            earlier: VecDeque::new(),
            window: mark.window,
            frontier: mark.frontier.clone(),
            last: Some(mark.position),
            resumed: Some(mark),
            awaited: None,
            candidates: VecDeque::with_capacity(REMEMBERED),
        }
    }

    /// Lets a durable tip vouch for its record when the walk comes by.
    #[must_use]
    pub const fn vouched_by(mut self, seq: Seq, tip: Digest) -> Self {
        self.awaited = Some((seq, tip));
        self
    }

    /// Whether a record with the durable tip came by.
    pub const fn has_met_awaited(&self) -> bool {
        self.resumed.is_some()
    }

    /// The layout, with what it learned from all records walked.
    pub const fn layout(&self) -> &L {
        &self.layout
    }

    /// The layout, with what it learned from the kept records only: a certificate in a tail that
    /// is cut off has certified nothing.
    pub fn layout_of(&self, kept: &Kept) -> &L {
        let kept = kept.mark.as_ref().map(|mark| mark.position.seq);
        let mut earlier = self.earlier.iter();
        earlier.find(|(behind, _)| *behind >= kept).map_or(&self.layout, |(_, layout)| layout)
    }

    /// The last record walked, vouched for or not.
    pub const fn last(&self) -> Option<Position> {
        self.last
    }

    /// The seq that comes next.
    pub fn next_seq(&self) -> Seq {
        self.last.map_or(Seq::FIRST, |last| last.seq.next())
    }

    /// Takes the record whose frame starts at `place`.
    #[inline]
    pub fn push(&mut self, place: Place, bytes: &[u8]) -> Result<(), StopReason> {
        let seen = self.layout.peek(bytes).ok_or(StopReason::Malformed)?;
        let (expected, tip) = match &self.last {
            Some(last) => (last.seq.next(), last.tip),
            None => (Seq::FIRST, GENESIS_HASH),
        };
        if seen.seq != expected {
            return Err(StopReason::WrongSeq { expected, found: seen.seq });
        }
        if seen.prev_hash != tip {
            return Err(StopReason::WrongPrevHash);
        }
        if !(seen.is_entry || seen.is_signature || seen.is_settlement) {
            self.remember_layout();
        }
        self.layout.accept(&seen, bytes);
        if seen.is_settlement {
            self.window = Window::starting(seen.seq, place);
        }
        if seen.is_entry {
            self.window.entries = self.window.entries.saturating_add(1);
            self.window.first_entry_ts_us.get_or_insert(seen.ts_us);
        }
        // Trees of 2^63 records are out of any log's reach.
        let _full = self.frontier.push(leaf_hash::<Blake3>(bytes));
        let size = (LENGTH_PREFIX_SIZE as u64).saturating_add(bytes.len() as u64);
        let end = Place { offset: place.offset.saturating_add(size), ..place };
        let (seq, tip, ts_us) = (seen.seq, seen.tip, seen.ts_us);
        self.last = Some(Position { seq, tip, ts_us, start: place, end });
        if self.awaited == Some((seq, tip)) {
            self.awaited = None;
            self.resumed = self.current();
        }
        if let Some(candidate) = seen.candidate {
            if self.candidates.len() == REMEMBERED {
                self.candidates.pop_front();
            }
            if let Some(mark) = self.current() {
                self.candidates.push_back((mark, candidate));
            }
        }
        Ok(())
    }

    /// Decides how far the records are vouched for. Verifies one signature, or a few.
    pub fn kept(&self) -> Kept {
        let last_seq = self.last.map_or(0, |last| last.seq.0);
        let resumed = self.resumed.as_ref();
        let resumed_seq = resumed.map(|mark| mark.position.seq);
        let mut earlier =
            self.candidates.iter().rev().filter(|(mark, _)| Some(mark.position.seq) > resumed_seq);
        while let Some((mark, candidate)) = earlier.next() {
            if !candidate.holds() {
                continue;
            }
            let before = earlier.next().map(|(before, _)| before).or(resumed);
            return Kept {
                group_start: before.map_or(START, |before| before.position.end),
                has_signature: true,
                unvouched: last_seq.saturating_sub(mark.position.seq.0),
                mark: Some(mark.clone()),
            };
        }
        if let Some(resumed) = resumed {
            return Kept {
                group_start: resumed.position.end,
                has_signature: true,
                unvouched: last_seq.saturating_sub(resumed.position.seq.0),
                mark: Some(resumed.clone()),
            };
        }
        Kept { mark: self.current(), group_start: START, has_signature: false, unvouched: 0 }
    }

    /// Keeps the layout as it was at the newest record that could vouch.
    fn remember_layout(&mut self) {
        let candidate = self.candidates.back().map(|(mark, _)| mark.position.seq);
        let behind = candidate.max(self.resumed.as_ref().map(|mark| mark.position.seq));
        if self.earlier.back().is_some_and(|(last, _)| *last == behind) {
            return;
        }
        if self.earlier.len() > REMEMBERED {
            // The first serves the resume point, where all is cut back to if no candidate holds.
            self.earlier.remove(1);
        }
        self.earlier.push_back((behind, self.layout.clone()));
    }

    fn current(&self) -> Option<Mark> {
        let (window, frontier) = (self.window, self.frontier.clone());
        Some(Mark { position: self.last?, window, frontier })
    }
}

/// Where a log starts.
const START: Place = Place { segment: SegmentNumber::FIRST, offset: 0 };
