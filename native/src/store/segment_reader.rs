//! Reads a segment frame by frame through a buffer of bounded size.

use std::io;

use countersign_core::frame::{FrameStep, Place, SegmentNumber, read_frame};
use countersign_core::limits::{LENGTH_PREFIX_SIZE, MAX_RECORD_SIZE};

use super::disk::{Access, Disk, DiskFile, read_full};
use super::paths::ShardPaths;

/// Bytes read at a time.
const BUFFER_SIZE: usize = 1024 * 1024;

/// What comes next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// A frame; the reader has moved behind it.
    Frame {
        /// Where the frame starts.
        place: Place,
        /// The record's bytes.
        payload: &'a [u8],
    },
    /// The end of the file, right behind the last frame.
    End,
    /// A zero length prefix, or fewer than four bytes that are all zero. The reader stays.
    ZeroLength,
    /// The file ends inside a frame that declares this payload length (0 if even the length is
    /// cut). The reader stays.
    Incomplete {
        /// The declared length.
        length: u32,
    },
    /// A length that no record has. The reader stays.
    TooLong {
        /// The declared length.
        length: u32,
    },
}

/// A cursor over the frames of one segment.
///
/// Holds 1 MiB, or one record if that is larger. It may be used while a writer appends: after
/// anything but a frame, [`SegmentReader::seek`] to the same offset and try again.
#[derive(Debug)]
pub struct SegmentReader {
    file: Box<dyn DiskFile>,
    segment: SegmentNumber,
    buffer: Vec<u8>,
    /// The bytes of `buffer` that are read but not used.
    used: usize,
    filled: usize,
    /// File offset of `buffer[used]`.
    offset: u64,
}

impl SegmentReader {
    /// Opens a segment at its first frame.
    pub fn open(disk: &dyn Disk, paths: &ShardPaths, segment: SegmentNumber) -> io::Result<Self> {
        let file = disk.open(&paths.segment(segment), Access::Read)?;
        Ok(Self { file, segment, buffer: Vec::new(), used: 0, filled: 0, offset: 0 })
    }

    /// Goes to the frame that starts at `offset`, and forgets what was read ahead.
    pub const fn seek(&mut self, offset: u64) {
        self.offset = offset;
        self.used = 0;
        self.filled = 0;
    }

    /// Where the next frame starts.
    pub const fn place(&self) -> Place {
        Place { segment: self.segment, offset: self.offset }
    }

    /// The file.
    pub fn file(&self) -> &dyn DiskFile {
        &*self.file
    }

    /// Reads the next frame.
    pub fn next_frame(&mut self) -> io::Result<Next<'_>> {
        loop {
            let wanted = match read_frame(self.buffered()) {
                FrameStep::Frame { .. } => break,
                FrameStep::ZeroLength => return Ok(Next::ZeroLength),
                FrameStep::TooLong { length } => return Ok(Next::TooLong { length }),
                FrameStep::End => LENGTH_PREFIX_SIZE,
                FrameStep::Incomplete { .. } => match self.declared_length() {
                    None => LENGTH_PREFIX_SIZE,
                    Some(length) if length as usize > MAX_RECORD_SIZE => {
                        return Ok(Next::TooLong { length });
                    }
                    Some(length) => LENGTH_PREFIX_SIZE + length as usize,
                },
            };
            if !self.fill(wanted)? {
                return Ok(match (self.buffered(), self.declared_length()) {
                    ([], _) => Next::End,
                    (rest, None) if rest.iter().all(|byte| *byte == 0) => Next::ZeroLength,
                    (_, length) => Next::Incomplete { length: length.unwrap_or(0) },
                });
            }
        }
        let place = self.place();
        let start = self.used;
        let FrameStep::Frame { payload } =
            read_frame(self.buffer.get(start..self.filled).unwrap_or_default())
        else {
            // The loop above ends at a frame only.
            return Ok(Next::End);
        };
        let size = LENGTH_PREFIX_SIZE + payload.len();
        self.used += size;
        self.offset += size as u64;
        Ok(Next::Frame { place, payload })
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.used..self.filled).unwrap_or_default()
    }

    fn declared_length(&self) -> Option<u32> {
        self.buffered().first_chunk().map(|prefix| u32::from_le_bytes(*prefix))
    }

    /// Reads on until `wanted` bytes are buffered; `false` if the file has fewer.
    fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        self.buffer.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        // A small segment needs no more than itself, and one byte to see its end.
        let left = self.file.len()?.saturating_sub(self.offset).saturating_add(1);
        let size = usize::try_from(left).unwrap_or(BUFFER_SIZE).min(BUFFER_SIZE).max(wanted);
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        let at = self.offset + self.filled as u64;
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        self.filled += read_full(&*self.file, room, at)?;
        Ok(self.filled >= wanted)
    }
}

/// The segments of a shard, ascending, and the first gap in their numbers if there is one.
pub fn list_segments(
    disk: &dyn Disk,
    paths: &ShardPaths,
) -> io::Result<(Vec<SegmentNumber>, Option<SegmentNumber>)> {
    let mut numbers: Vec<_> = disk
        .list(paths.directory())?
        .iter()
        .filter_map(|name| SegmentNumber::from_file_name(name))
        .collect();
    numbers.sort_unstable();
    let mut expected = SegmentNumber::FIRST;
    let mut gap = None;
    for number in &numbers {
        if *number != expected {
            gap = Some(expected);
            break;
        }
        expected = expected.next();
    }
    Ok((numbers, gap))
}

/// Whether a file holds only zeros from `offset` on.
pub fn is_unused_from(file: &dyn DiskFile, mut offset: u64) -> io::Result<bool> {
    let left = file.len()?.saturating_sub(offset).saturating_add(1);
    let mut buffer = vec![0; usize::try_from(left).unwrap_or(BUFFER_SIZE).min(BUFFER_SIZE)];
    loop {
        let count = read_full(file, &mut buffer, offset)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if !countersign_core::frame::is_unused(bytes) {
            return Ok(false);
        }
        if count < buffer.len() {
            return Ok(true);
        }
        offset += count as u64;
    }
}
