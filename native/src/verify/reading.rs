//! Reads the segments, block by block, ahead of the workers.

use std::io;

use countersign_core::chain::{Control, KeyWindow, Record};
use countersign_core::frame::{FrameStep, Place, SegmentNumber, read_frame};
use countersign_core::limits::{LENGTH_PREFIX_SIZE, MAX_ENTRY_SIZE};
use countersign_core::verify::{End, Walk, missing_segments};

use super::blocks::Block;
use super::error::VerifyError;
use super::queue::Room;
use crate::store::ShardPaths;
use crate::store::disk::{Access, Disk, DiskFile, read_full};
use crate::store::segment_reader::list_segments;

/// The segments of a shard, as they were when reading began.
#[derive(Debug)]
pub(super) struct Source<'a> {
    disk: &'a dyn Disk,
    paths: ShardPaths,
    segments: Vec<(SegmentNumber, u64)>,
}

/// The numbers of the segments in a directory; one that holds none is no shard.
pub(crate) fn segments_of_shard(
    disk: &dyn Disk,
    paths: &ShardPaths,
) -> Result<Vec<SegmentNumber>, VerifyError> {
    let path = paths.directory().to_path_buf();
    let (numbers, _) = list_segments(disk, paths).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => {
            VerifyError::NotAShard { path: path.clone(), why: "there is no such directory" }
        }
        io::ErrorKind::NotADirectory => {
            VerifyError::NotAShard { path: path.clone(), why: "it is not a directory" }
        }
        _ => VerifyError::Io { action: "list", path: path.clone(), source },
    })?;
    if numbers.is_empty() {
        return Err(VerifyError::NotAShard { path, why: "it holds no segment" });
    }
    Ok(numbers)
}

impl<'a> Source<'a> {
    pub(super) fn list(disk: &'a dyn Disk, paths: &ShardPaths) -> Result<Self, VerifyError> {
        let numbers = segments_of_shard(disk, paths)?;
        let mut source = Self { disk, paths: paths.clone(), segments: Vec::new() };
        for number in numbers {
            let file = source.open(number)?;
            let length = file.len().map_err(|error| source.failed("read", number, error))?;
            source.segments.push((number, length));
        }
        Ok(source)
    }

    /// How many there are.
    pub(super) const fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Bytes in them.
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|(_, length)| length).sum()
    }

    /// Where they end.
    pub(super) fn end(&self) -> Place {
        self.segments.last().map_or(
            Place { segment: SegmentNumber::FIRST, offset: 0 },
            |(segment, offset)| Place { segment: *segment, offset: *offset },
        )
    }

    /// The key window that the log begins with, if it begins as it should: a guess that saves
    /// the first blocks from being checked twice.
    pub(super) fn first_window(&self) -> Option<KeyWindow> {
        let (number, _) = self.segments.first()?;
        let mut buffer = [0; LENGTH_PREFIX_SIZE + MAX_ENTRY_SIZE];
        let file = self.open(*number).ok()?;
        let filled = read_full(&*file, &mut buffer, 0).ok()?;
        let FrameStep::Frame { payload } = read_frame(buffer.get(..filled)?) else { return None };
        match Record::decode(payload).ok()?.control()? {
            Control::Certificate(certificate) => Some(KeyWindow::from(certificate)),
            _ => None,
        }
    }

    /// Reads everything until the room is closed. `take` gets the blocks in order; the bytes of
    /// the torn tail come back.
    pub(super) fn read(
        &self,
        room: &Room,
        mut take: impl FnMut(Block),
    ) -> Result<u64, VerifyError> {
        let mut index = 0;
        let mut done = 0;
        let mut torn = 0;
        let mut expected = SegmentNumber::FIRST;
        let mut damage = Vec::new();
        let mut rest = self.segments.as_slice();
        while let Some((&(number, length), others)) = rest.split_first() {
            rest = others;
            damage.extend(missing_segments(expected, number));
            expected = number.next();
            let file = self.open(number)?;
            let mut walk = Walk::new(number, length, rest.is_empty());
            let (mut offset, mut wanted) = (0, 0);
            loop {
                let Some(mut bytes) = room.buffer(wanted) else { return Ok(torn) };
                let left =
                    usize::try_from(walk.length().saturating_sub(offset)).unwrap_or(usize::MAX);
                let size = left.min(bytes.len());
                let part = bytes.get_mut(..size).unwrap_or_default();
                let filled = read_full(&*file, part, offset)
                    .map_err(|error| self.failed("read", number, error))?;
                if filled < size {
                    // A writer has cut its torn tail, or the unused space.
                    walk.set_length(offset + filled as u64);
                }
                let mut parts = std::mem::take(&mut damage);
                let fed = walk.feed(bytes.get(..filled).unwrap_or_default(), offset, &mut parts);
                (offset, wanted) = (fed.offset, fed.wanted);
                let is_end = offset >= walk.length();
                if is_end {
                    match walk.end(rest.is_empty()) {
                        End::Fine => {}
                        End::Torn(count) => torn = count,
                        End::Damage(part) => parts.push(part),
                    }
                }
                let taken = room.charge(&bytes, fed.frames);
                take(Block { index, bytes, parts, room: taken, done: done + offset });
                index += 1;
                if is_end {
                    break;
                }
            }
            done += length;
        }
        Ok(torn)
    }

    fn open(&self, number: SegmentNumber) -> Result<Box<dyn DiskFile>, VerifyError> {
        self.disk
            .open(&self.paths.segment(number), Access::Read)
            .map_err(|error| self.failed("open", number, error))
    }

    fn failed(
        &self,
        action: &'static str,
        number: SegmentNumber,
        source: io::Error,
    ) -> VerifyError {
        VerifyError::Io { action, path: self.paths.segment(number), source }
    }
}
