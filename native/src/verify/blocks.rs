//! Blocks of a log: what travels from the reading thread to the workers and back.

use countersign_core::frame::{FrameStep, Place, read_frame};
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::verify::Part;

/// Some bytes of one segment, and what they hold.
#[derive(Debug)]
pub(super) struct Block {
    /// Its place in the order of the log, from 0 on.
    pub(super) index: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) parts: Vec<Part>,
    /// Room it takes until its signatures are judged.
    pub(super) room: usize,
    /// Bytes of the log behind which this block stands: for the progress.
    pub(super) done: u64,
}

impl Block {
    /// The frames from byte `start` of the block, which is `place` in the log, to byte `end`.
    pub(super) fn frames(&self, place: Place, start: usize, end: usize) -> Frames<'_> {
        let bytes = self.bytes.get(start..end).unwrap_or_default();
        Frames { place, at: start, bytes, last: &[] }
    }
}

/// Iterates over whole frames, and knows where it stands.
#[derive(Debug)]
pub(super) struct Frames<'a> {
    /// Where the next frame starts in the log.
    pub(super) place: Place,
    /// Where it starts in the block.
    pub(super) at: usize,
    bytes: &'a [u8],
    /// The payload that was yielded last.
    pub(super) last: &'a [u8],
}

impl Frames<'_> {
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (Place, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let FrameStep::Frame { payload } = read_frame(self.bytes) else {
            // The walk cut the stretch behind a whole frame.
            self.bytes = &[];
            return None;
        };
        let place = self.place;
        let size = LENGTH_PREFIX_SIZE + payload.len();
        self.bytes = self.bytes.get(size..).unwrap_or_default();
        self.place.offset += size as u64;
        self.at += size;
        self.last = payload;
        Some((place, payload))
    }
}
