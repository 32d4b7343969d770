//! The search behind a stop, at every byte.

use alloc::collections::VecDeque;

use super::decide::Later;
use super::layout::{Layout, Seen};
use crate::Seq;
use crate::frame::Place;
use crate::hash::Digest;
use crate::limits::{LENGTH_PREFIX_SIZE, MAX_RECORD_SIZE, MIN_RECORD_SIZE};

/// Later signature records whose successor is still awaited.
const AWAITED: usize = 64;

/// A record found behind a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where its frame starts.
    pub place: Place,
    /// Its seq.
    pub seq: Seq,
}

/// Looks for valid records behind a stop, whatever the frames say.
///
/// A record is valid here if it decodes strictly and its seq comes after the last good one. A
/// signature record is checked by its own seq and `prevHash`, so it needs nothing in front of it.
#[derive(Clone, Debug)]
pub struct Search {
    /// Seqs up to this one are old news.
    after: Option<Seq>,
    /// Tips behind later valid signature records.
    signed: VecDeque<(Seq, Digest)>,
    first: Option<Found>,
    behind_signature: Option<Found>,
}

impl Search {
    /// A search for records after seq `after` (`None`: for any).
    pub const fn new(after: Option<Seq>) -> Self {
        Self { after, signed: VecDeque::new(), first: None, behind_signature: None }
    }

    /// What has been found so far.
    pub const fn later(&self) -> Later {
        match (self.behind_signature, self.first) {
            (Some(_), _) => Later::RecordBehindSignature,
            (None, Some(_)) => Later::Record,
            (None, None) => Later::None,
        }
    }

    /// The first valid record found.
    pub const fn first(&self) -> Option<Found> {
        self.first
    }

    /// Searches `bytes`, which stand at `place`; how many need not be shown again.
    ///
    /// Where fewer than all are taken, a frame may start at the next one that runs over the end
    /// of `bytes`: call again from there with more, or with `is_end` if there is no more.
    pub fn feed<L: Layout>(
        &mut self,
        layout: &L,
        place: Place,
        bytes: &[u8],
        is_end: bool,
    ) -> usize {
        let mut at = 0_usize;
        while self.behind_signature.is_none() {
            let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else { break };
            let step = match probe(layout, rest) {
                Probe::None => 1,
                Probe::NeedsMore if is_end => 1,
                Probe::NeedsMore => return at,
                Probe::Record { seen, size } if self.after.is_none_or(|after| seen.seq > after) => {
                    let offset = place.offset.saturating_add(at as u64);
                    self.found(&seen, Place { offset, ..place });
                    size
                }
                Probe::Record { .. } => 1,
            };
            at = at.saturating_add(step);
        }
        bytes.len()
    }

    fn found(&mut self, seen: &Seen, place: Place) {
        let found = Found { place, seq: seen.seq };
        self.first.get_or_insert(found);
        if self.signed.iter().any(|(seq, tip)| seq.next() == seen.seq && *tip == seen.prev_hash) {
            self.behind_signature = Some(found);
            return;
        }
        if seen.candidate.as_ref().is_some_and(super::Candidate::holds) {
            if self.signed.len() == AWAITED {
                self.signed.pop_front();
            }
            self.signed.push_back((seen.seq, seen.tip));
        }
    }
}

enum Probe {
    None,
    NeedsMore,
    Record { seen: Seen, size: usize },
}

/// Whether a frame with a record starts here.
fn probe<L: Layout>(layout: &L, bytes: &[u8]) -> Probe {
    let Some((prefix, payload)) = bytes.split_first_chunk::<LENGTH_PREFIX_SIZE>() else {
        return Probe::NeedsMore;
    };
    let length = u32::from_le_bytes(*prefix) as usize;
    if !(MIN_RECORD_SIZE..=MAX_RECORD_SIZE).contains(&length) {
        return Probe::None;
    }
    match payload.first() {
        None => return Probe::NeedsMore,
        Some(&byte) if !layout.may_start_with(byte) => return Probe::None,
        Some(_) => {}
    }
    let Some(payload) = payload.get(..length) else { return Probe::NeedsMore };
    match layout.peek(payload) {
        Some(seen) => Probe::Record { seen, size: LENGTH_PREFIX_SIZE.saturating_add(length) },
        None => Probe::None,
    }
}
