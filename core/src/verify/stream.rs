//! Verifies a shard that comes in pieces, on the caller's thread.

use alloc::format;
use alloc::vec::Vec;

use super::report::{Extent, ShardReport};
use super::walk::{End, Part, Walk};
use crate::SeqRange;
use crate::chain::{FailureCode, Keyring};
use crate::frame::{FrameStep, Place, SegmentNumber, read_frame};
use crate::keys::{KeyTables, PublicKey};
use crate::limits::LENGTH_PREFIX_SIZE;
use crate::settlement::{PendingCheck, ShardAuditor, check_shard_run};

/// Takes the segments of a shard, in order and in pieces of any size, and checks everything that
/// can be checked without another copy of it.
///
/// Memory: at most one frame that is not complete yet, what a
/// [`ShardAuditor`](crate::settlement::ShardAuditor) keeps of the open batch, the [`KeyTables`], and
/// a few bytes for each signature. The report does not depend on where the pieces are cut.
///
/// Does not prove that the shard is complete: a log cut behind any signature passes. Nor that the
/// entries are true: it is the operator's own record of what happened, unchanged since.
#[derive(Debug)]
pub struct ShardVerifier {
    trusted: PublicKey,
    range: SeqRange,
    auditor: ShardAuditor,
    tables: KeyTables,
    open: Option<Open>,
    segments: usize,
    bytes: u64,
}

/// The segment that is being read.
#[derive(Debug)]
struct Open {
    number: SegmentNumber,
    walk: Walk,
    /// Where the walk goes on, and with how many bytes at least.
    offset: u64,
    wanted: usize,
    /// The bytes from there on that have come so far.
    waiting: Vec<u8>,
    /// The segment's bytes that have come so far.
    length: u64,
}

impl ShardVerifier {
    /// Begins a verification against the operator key that the caller trusts. It must be shown
    /// the whole log, and reports on the records of `range`.
    pub fn new(trusted: PublicKey, range: SeqRange) -> Self {
        let auditor = ShardAuditor::new(trusted, range);
        let tables = KeyTables::default();
        Self { trusted, range, auditor, tables, open: None, segments: 0, bytes: 0 }
    }

    /// Ends the segment before, if there is one, and begins another. One that is not the next is
    /// reported as a gap.
    pub fn begin(&mut self, number: SegmentNumber) {
        let expected = self.next_segment();
        self.end_segment(false);
        if let Some(part) = missing_segments(expected, number) {
            self.take(&[part], &[]);
        }
        self.open = Some(Open {
            number,
            walk: Walk::new(number, u64::MAX, false),
            offset: 0,
            wanted: 0,
            waiting: Vec::new(),
            length: 0,
        });
        self.segments = self.segments.saturating_add(1);
    }

    /// The number of the segment that follows the one that is being read.
    pub fn next_segment(&self) -> SegmentNumber {
        self.open.as_ref().map_or(SegmentNumber::FIRST, |open| open.number.next())
    }

    /// The bytes that have come so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing that follows can be judged, so that nobody needs to read it: a certificate
    /// of a newer format was met.
    pub const fn has_stopped(&self) -> bool {
        self.auditor.has_stopped()
    }

    /// Takes the next bytes of the segment that was begun; of the first one, if none was.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.open.is_none() {
            self.begin(SegmentNumber::FIRST);
        }
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let Some(mut open) = self.open.take() else { return };
        open.length = open.length.saturating_add(bytes.len() as u64);
        if self.has_stopped() {
            self.open = Some(open);
            return;
        }
        if open.waiting.is_empty() && bytes.len() >= open.wanted {
            let passed = self.feed(&mut open, bytes);
            open.waiting.extend_from_slice(bytes.get(passed..).unwrap_or_default());
        } else {
            open.waiting.extend_from_slice(bytes);
            if open.waiting.len() >= open.wanted {
                self.feed_waiting(&mut open);
            }
        }
        self.open = Some(open);
    }

    /// Ends the verification.
    ///
    /// Does not prove that the shard is complete: a log cut behind any signature passes, and only
    /// somebody who knows a later settlement or receipt can tell.
    pub fn finish(mut self) -> ShardReport {
        let torn_tail_bytes = self.end_segment(true);
        let keys = self.auditor.keyring().map(Keyring::keys).unwrap_or_default().to_vec();
        let (segments, bytes) = (self.segments, self.bytes);
        let extent = Extent { segments, bytes, torn_tail_bytes, threads: 1 };
        ShardReport::new(self.trusted, self.auditor.finish(), &keys, extent)
    }

    /// Ends the segment that is being read; the bytes of its torn tail, if it is the last.
    fn end_segment(&mut self, is_last: bool) -> u64 {
        let Some(mut open) = self.open.take() else { return 0 };
        if self.has_stopped() {
            return 0;
        }
        open.walk.set_length(open.length);
        // Every round but the last takes some bytes off.
        while open.offset < open.length {
            if self.feed_waiting(&mut open) == 0 {
                break;
            }
        }
        match open.walk.end(is_last) {
            End::Fine => 0,
            End::Torn(bytes) => bytes,
            End::Damage(part) => {
                self.take(&[part], &[]);
                0
            }
        }
    }

    /// Feeds the bytes that have waited; how many were passed.
    fn feed_waiting(&mut self, open: &mut Open) -> usize {
        let mut waiting = core::mem::take(&mut open.waiting);
        let passed = self.feed(open, &waiting);
        waiting.drain(..passed.min(waiting.len()));
        open.waiting = waiting;
        passed
    }

    /// Walks over bytes that stand where the walk goes on; how many were passed.
    fn feed(&mut self, open: &mut Open, bytes: &[u8]) -> usize {
        let mut passed = 0_usize;
        let mut parts = Vec::new();
        loop {
            let rest = bytes.get(passed..).unwrap_or_default();
            let fed = open.walk.feed(rest, open.offset, &mut parts);
            self.take(&parts, rest);
            parts.clear();
            let step =
                usize::try_from(fed.offset.saturating_sub(open.offset)).unwrap_or(usize::MAX);
            passed = passed.saturating_add(step).min(bytes.len());
            (open.offset, open.wanted) = (fed.offset, fed.wanted);
            // Without a wish it has only stopped for a moment.
            let is_done = fed.wanted > 0 || step == 0 || fed.offset >= open.walk.length();
            if is_done || self.has_stopped() {
                return passed;
            }
        }
    }

    /// Checks what some bytes hold.
    fn take(&mut self, parts: &[Part], bytes: &[u8]) {
        for part in parts {
            match part {
                Part::Damage { code, place, detail } => {
                    self.auditor.pass_damage(*code, *place, detail.clone());
                }
                Part::Frames { place, start, end } => {
                    let bytes = bytes.get(*start..*end).unwrap_or_default();
                    self.check(&mut Frames { place: *place, bytes });
                }
            }
        }
    }

    fn check(&mut self, frames: &mut Frames<'_>) {
        while !frames.bytes.is_empty() && !self.has_stopped() {
            // A run ends behind a certificate or a revocation, and the next is under another key.
            let run = check_shard_run(&mut *frames, self.auditor.key_window(), self.range);
            if run.consumed() == 0 {
                return;
            }
            let pending = self.auditor.absorb(run);
            for verdict in PendingCheck::verdicts(pending, &mut self.tables) {
                self.auditor.judge(verdict);
            }
        }
    }
}

/// The segments from `first` on that are not there, where `next` follows.
pub fn missing_segments(first: SegmentNumber, next: SegmentNumber) -> Option<Part> {
    if first == next {
        return None;
    }
    let last = next.number().saturating_sub(1);
    let detail = if last == first.number() {
        format!("{first} is not there, but {next} is")
    } else {
        let last = SegmentNumber::new(last).unwrap_or(first);
        format!("{first} to {last} are not there, but {next} is")
    };
    let place = Place { segment: first, offset: 0 };
    Some(Part::Damage { code: FailureCode::SegmentMissing, place, detail })
}

/// Iterates over whole frames.
struct Frames<'a> {
    place: Place,
    bytes: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = (Place, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let FrameStep::Frame { payload } = read_frame(self.bytes) else {
            // The walk cut the stretch behind a whole frame.
            self.bytes = &[];
            return None;
        };
        let place = self.place;
        let size = LENGTH_PREFIX_SIZE.saturating_add(payload.len());
        self.bytes = self.bytes.get(size..).unwrap_or_default();
        self.place.offset = self.place.offset.saturating_add(size as u64);
        Some((place, payload))
    }
}
