//! The walk over the frames of one segment, past damage.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::chain::{FailureCode, Record};
use crate::frame::{FrameStep, Place, SegmentNumber, read_frame};
use crate::limits::{LENGTH_PREFIX_SIZE, MAX_RECORD_SIZE, MIN_RECORD_SIZE};
use crate::recovery::{NextRecord, next_record};

/// Frames of a block at most: what a block's summary takes in memory grows with its frames, and
/// a hostile log may have one every five bytes.
const MAX_FRAMES: usize = 8_192;
/// Parts of a block at most.
const MAX_PARTS: usize = 512;
/// A length prefix and the first byte of a record.
const GLANCE: usize = LENGTH_PREFIX_SIZE + 1;

/// What a stretch of a segment holds.
#[derive(Debug)]
pub enum Part {
    /// Whole frames.
    Frames {
        /// Where the first one starts in the log.
        place: Place,
        /// Where it starts in the bytes that were walked over.
        start: usize,
        /// Where the last one ends in them.
        end: usize,
    },
    /// Something that hides records.
    Damage {
        /// What it is.
        code: FailureCode,
        /// Where it starts in the log.
        place: Place,
        /// What was expected and what was found.
        detail: String,
    },
}

/// A segment being walked, some bytes at a time.
#[derive(Debug)]
pub struct Walk {
    segment: SegmentNumber,
    /// Where the segment ends.
    length: u64,
    mode: Mode,
    /// Whether a writer may be at work in the segment.
    is_growing: bool,
    /// The last stop at which the bytes were read again.
    read_again: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Frames,
    /// Zeros since this offset.
    Zeros(u64),
    /// Looking for the next record since this offset.
    Lost(u64, Why),
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug)]
enum Why {
    TooLong(u32),
    Incomplete,
    ZeroLength,
    LeadsNowhere(usize),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(length) => write!(f, "its length of {length} bytes is no record's"),
            Self::Incomplete => f.write_str("it runs over the end of the segment"),
            Self::ZeroLength => f.write_str("its length is zero and other bytes follow"),
            Self::LeadsNowhere(length) => {
                write!(f, "its {length} bytes are no record and no frame follows them")
            }
        }
    }
}

/// Where the walk wants to go on.
#[derive(Clone, Copy, Debug)]
pub struct Fed {
    /// From this offset.
    pub offset: u64,
    /// With this many bytes at least.
    pub wanted: usize,
    /// Frames it has passed.
    pub frames: usize,
}

/// How a segment ended.
#[derive(Debug)]
pub enum End {
    /// Behind a frame, or in unused space.
    Fine,
    /// In an incomplete frame that a reader ignores, of so many bytes.
    Torn(u64),
    /// In something that hides records.
    Damage(Part),
}

impl Walk {
    /// The start of a segment of `length` bytes; more than any has while that is not known.
    ///
    /// In a segment that is growing, what looks broken may be half written: there the walk stops
    /// once, for the bytes to be read again.
    pub const fn new(segment: SegmentNumber, length: u64, is_growing: bool) -> Self {
        Self { segment, length, mode: Mode::Frames, is_growing, read_again: None }
    }

    /// Where the segment ends.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Says where the segment ends, once that is known or has changed.
    pub const fn set_length(&mut self, length: u64) {
        self.length = length;
    }

    /// Walks over `bytes`, which stand at `offset` of the segment, adds what they hold to `parts`
    /// and says where to go on. It stops before the end of `bytes` where parts become many.
    pub fn feed(&mut self, bytes: &[u8], offset: u64, parts: &mut Vec<Part>) -> Fed {
        let mut at = 0;
        let mut frames = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let here = offset + at as u64;
            let left = self.length.saturating_sub(here);
            if left == 0 || frames == MAX_FRAMES || parts.len() >= MAX_PARTS {
                return Fed { offset: here, wanted: 0, frames };
            }
            at += match self.mode {
                Mode::Frames => match self.frame(rest, here, left) {
                    Step::Frame(size) => {
                        frames += 1;
                        self.add_frame(parts, here, at, at + size);
                        size
                    }
                    Step::Switch(mode) => {
                        self.mode = mode;
                        continue;
                    }
                    Step::Wanted(wanted) => return Fed { offset: here, wanted, frames },
                    Step::ReadAgain => return Fed { offset: here, wanted: 0, frames },
                },
                Mode::Zeros(since) => match rest.iter().position(|byte| *byte != 0) {
                    Some(_) if self.wants_to_read_again(since) => {
                        self.mode = Mode::Frames;
                        return Fed { offset: since, wanted: 0, frames };
                    }
                    Some(count) => {
                        self.mode = Mode::Lost(since, Why::ZeroLength);
                        // The low bytes of the next length may be zero too.
                        count.saturating_sub(LENGTH_PREFIX_SIZE - 1)
                    }
                    None if rest.len() as u64 == left => rest.len(),
                    None => {
                        let passed = rest.len().saturating_sub(LENGTH_PREFIX_SIZE - 1);
                        return Fed {
                            offset: here + passed as u64,
                            wanted: LENGTH_PREFIX_SIZE,
                            frames,
                        };
                    }
                },
                Mode::Lost(since, why) => match next_record(rest, left) {
                    NextRecord::At(passed) => {
                        let next = here + passed as u64;
                        parts.push(self.damage(since, &format!("{why}; goes on at byte {next}")));
                        self.mode = Mode::Frames;
                        passed
                    }
                    NextRecord::Wanted { passed, wanted } => {
                        return Fed { offset: here + passed as u64, wanted, frames };
                    }
                    NextRecord::None if rest.len() as u64 == left => rest.len(),
                    NextRecord::None => {
                        let offset = here + rest.len() as u64;
                        return Fed { offset, wanted: LENGTH_PREFIX_SIZE, frames };
                    }
                },
            };
        }
    }

    /// What to say at the end of the segment; unused space and an incomplete frame are all right
    /// at the end of the last.
    pub fn end(&self, is_last: bool) -> End {
        match self.mode {
            Mode::Frames => End::Fine,
            Mode::Zeros(_) if is_last => End::Fine,
            Mode::Zeros(since) => {
                End::Damage(self.damage(since, "unused space in a segment that is not the last"))
            }
            Mode::Lost(since, Why::Incomplete) if is_last => {
                End::Torn(self.length.saturating_sub(since))
            }
            Mode::Lost(since, why) => {
                let detail = format!("{why}; no record follows in this segment");
                End::Damage(self.damage(since, &detail))
            }
        }
    }

    /// Reads what stands at `here`, `left` bytes before the end of the segment.
    fn frame(&mut self, rest: &[u8], here: u64, left: u64) -> Step {
        let is_all = rest.len() as u64 == left;
        let why = match read_frame(rest) {
            FrameStep::Frame { payload } if payload.len() <= MAX_RECORD_SIZE => {
                let size = LENGTH_PREFIX_SIZE + payload.len();
                let behind = rest.get(size..).unwrap_or_default();
                if behind.len() < GLANCE && !is_all {
                    let wanted = size.saturating_add(GLANCE) as u64;
                    return Step::Wanted(usize::try_from(wanted.min(left)).unwrap_or(usize::MAX));
                }
                // A wrong length makes good records behind it unreadable, unless it is noticed.
                if leads_on(behind) || Record::decode(payload).is_ok() {
                    return Step::Frame(size);
                }
                Why::LeadsNowhere(payload.len())
            }
            FrameStep::ZeroLength => return Step::Switch(Mode::Zeros(here)),
            FrameStep::End => return Step::Wanted(LENGTH_PREFIX_SIZE),
            FrameStep::Frame { .. } | FrameStep::TooLong { .. } => Why::TooLong(declared(rest)),
            FrameStep::Incomplete { .. } if rest.len() < LENGTH_PREFIX_SIZE => {
                if !is_all {
                    return Step::Wanted(LENGTH_PREFIX_SIZE);
                }
                if rest.iter().all(|byte| *byte == 0) {
                    return Step::Switch(Mode::Zeros(here));
                }
                Why::Incomplete
            }
            FrameStep::Incomplete { .. } => {
                let length = declared(rest);
                let size = LENGTH_PREFIX_SIZE.saturating_add(length as usize);
                if length as usize > MAX_RECORD_SIZE {
                    Why::TooLong(length)
                } else if size as u64 <= left {
                    return Step::Wanted(size);
                } else {
                    Why::Incomplete
                }
            }
        };
        if self.wants_to_read_again(here) {
            return Step::ReadAgain;
        }
        Step::Switch(Mode::Lost(here, why))
    }

    /// Whether the bytes from `stop` on should be read once more: a writer may have been at work
    /// between two reads, and what looked broken was half written.
    fn wants_to_read_again(&mut self, stop: u64) -> bool {
        self.is_growing && self.read_again.replace(stop) != Some(stop)
    }

    fn add_frame(&self, parts: &mut Vec<Part>, here: u64, from: usize, to: usize) {
        match parts.last_mut() {
            Some(Part::Frames { end, .. }) if *end == from => *end = to,
            _ => {
                let place = Place { segment: self.segment, offset: here };
                parts.push(Part::Frames { place, start: from, end: to });
            }
        }
    }

    fn damage(&self, offset: u64, detail: &str) -> Part {
        let place = Place { segment: self.segment, offset };
        let detail = format!("the frame cannot be read: {detail}");
        Part::Damage { code: FailureCode::FrameBroken, place, detail }
    }
}

enum Step {
    Frame(usize),
    Switch(Mode),
    Wanted(usize),
    ReadAgain,
}

fn declared(rest: &[u8]) -> u32 {
    rest.first_chunk().map_or(0, |prefix| u32::from_le_bytes(*prefix))
}

/// Whether a frame, unused space or the end of the segment may stand here. `behind` is cut only
/// by the end of the segment, or behind the glance.
fn leads_on(behind: &[u8]) -> bool {
    let Some((glance, _)) = behind.split_first_chunk::<GLANCE>() else { return true };
    let [prefix @ .., first] = *glance;
    let length = u32::from_le_bytes(prefix) as usize;
    let is_frame = (MIN_RECORD_SIZE..=MAX_RECORD_SIZE).contains(&length);
    length == 0 || is_frame && Record::may_start_with(first)
}
