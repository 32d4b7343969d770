//! The search behind a stop, at every byte.

use alloc::collections::VecDeque;

use super::decide::Later;
use super::layout::{Layout, Seen};
use crate::Seq;
use crate::chain::{Record, peek_link};
use crate::frame::Place;
use crate::hash::Digest;
use crate::limits::{
    DIGEST_SIZE, LENGTH_PREFIX_SIZE, MAX_RECORD_SIZE, MAX_UINT_SIZE, MIN_RECORD_SIZE,
};

/// Later signature records whose successor is still awaited.
const AWAITED: usize = 64;

/// Bytes looked at at once where there are only zeros.
const ZERO_BLOCK: usize = 256;

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
/// One by another key than the one active at the stop, whose certificate may be what was damaged,
/// cannot be checked; it counts once a record behind it carries its hash. A group holds one
/// signature, as its last record, so what follows any signature record is another group.
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
            let zeros = zero_run(rest);
            if zeros >= LENGTH_PREFIX_SIZE {
                // A length may begin with zeros, but not with four.
                at = at.saturating_add(zeros - (LENGTH_PREFIX_SIZE - 1));
                continue;
            }
            let step = match probe(layout, rest) {
                Err(NeedsMore) if !is_end => return at,
                Ok(Some((seen, size))) if self.after.is_none_or(|after| seen.seq > after) => {
                    let offset = place.offset.saturating_add(at as u64);
                    self.found(&seen, Place { offset, ..place });
                    size
                }
                _ => 1,
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
        let is_signed = match &seen.candidate {
            Some(candidate) => candidate.holds(),
            None => seen.is_signature,
        };
        if is_signed {
            if self.signed.len() == AWAITED {
                self.signed.pop_front();
            }
            self.signed.push_back((seen.seq, seen.tip));
        }
    }
}

/// Zeros at the front; block by block, since a segment may be filled with them ahead of its writer.
fn zero_run(bytes: &[u8]) -> usize {
    if bytes.first() != Some(&0) {
        return 0;
    }
    let is_zero = |block: &&[u8]| block.iter().fold(0, |or, byte| or | byte) == 0;
    let whole: usize = bytes.chunks(ZERO_BLOCK).take_while(is_zero).map(<[u8]>::len).sum();
    let rest = bytes.get(whole..).unwrap_or_default();
    whole.saturating_add(rest.iter().take_while(|byte| **byte == 0).count())
}

struct NeedsMore;

/// The record, and the size of its frame, if a frame with a record starts here.
fn probe<L: Layout>(layout: &L, bytes: &[u8]) -> Result<Option<(Seen, usize)>, NeedsMore> {
    let Some((prefix, payload)) = bytes.split_first_chunk::<LENGTH_PREFIX_SIZE>() else {
        return Err(NeedsMore);
    };
    let length = u32::from_le_bytes(*prefix) as usize;
    if !(MIN_RECORD_SIZE..=MAX_RECORD_SIZE).contains(&length) {
        return Ok(None);
    }
    match payload.first() {
        None => return Err(NeedsMore),
        Some(&byte) if !layout.may_start_with(byte) => return Ok(None),
        Some(_) => {}
    }
    let payload = payload.get(..length).ok_or(NeedsMore)?;
    let size = LENGTH_PREFIX_SIZE.saturating_add(length);
    Ok(layout.peek(payload).map(|seen| (seen, size)))
}

/// Where the next record starts, as far as some bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRecord {
    /// A record's frame starts here, counted from the start of the bytes.
    At(usize),
    /// None starts in the first `passed` bytes, and `wanted` bytes from there on are needed to
    /// go on.
    Wanted {
        /// Bytes that need not be shown again.
        passed: usize,
        /// Bytes to show, from there on.
        wanted: usize,
    },
    /// None starts in these bytes.
    None,
}

/// Looks for the first frame with a record of this format, at every byte. `available` bytes follow
/// from the start of `bytes` on to the end of the segment; `bytes` may be fewer.
///
/// Unlike [`Search`] it takes any record that decodes strictly: it finds the place where reading
/// can go on behind damage, and leaves what the record is worth to those who check it.
pub fn next_record(bytes: &[u8], available: u64) -> NextRecord {
    for (at, rest) in (0..bytes.len()).map(|at| (at, bytes.get(at..).unwrap_or_default())) {
        let left = available.saturating_sub(at as u64);
        let needs = |wanted: usize| {
            (wanted as u64 <= left).then_some(NextRecord::Wanted { passed: at, wanted })
        };
        let Some((prefix, payload)) = rest.split_first_chunk::<LENGTH_PREFIX_SIZE>() else {
            match needs(HEADER_SIZE) {
                Some(wanted) => return wanted,
                None => continue,
            }
        };
        let length = u32::from_le_bytes(*prefix) as usize;
        let size = LENGTH_PREFIX_SIZE.saturating_add(length);
        if !(MIN_RECORD_SIZE..=MAX_RECORD_SIZE).contains(&length) || size as u64 > left {
            continue;
        }
        if payload.first().is_some_and(|byte| !Record::may_start_with(*byte)) {
            continue;
        }
        let Some(payload) = payload.get(..length) else {
            if rest.len() < HEADER_SIZE {
                return NextRecord::Wanted { passed: at, wanted: HEADER_SIZE };
            }
            // Few false starts get past the head, so hardly ever is a long frame waited for in vain.
            if peek_link(payload).is_err() {
                continue;
            }
            return NextRecord::Wanted { passed: at, wanted: size };
        };
        if Record::decode(payload).is_ok() {
            return NextRecord::At(at);
        }
    }
    NextRecord::None
}

/// A length prefix and what [`peek_link`] reads at most. Every record's frame is longer.
const HEADER_SIZE: usize = LENGTH_PREFIX_SIZE + 1 + MAX_UINT_SIZE + 2 + DIGEST_SIZE;

const _: () = assert!(HEADER_SIZE <= LENGTH_PREFIX_SIZE + MIN_RECORD_SIZE);
