//! Walks a log from a known place on, without reading what lies before.

use std::io;

use countersign_core::Seq;
use countersign_core::chain::{Record, next_tip, peek_link};
use countersign_core::frame::{FrameStep, Place, SegmentNumber, read_frame};
use countersign_core::hash::Digest;
use countersign_core::limits::{GENESIS_HASH, LENGTH_PREFIX_SIZE, MAX_RECORD_SIZE};

use crate::store::disk::{Access, Disk, read_full};
use crate::store::segment_reader::{Next, SegmentReader};
use crate::store::{ReadError, ShardPaths};

/// Bytes read at first where one record is wanted: an entry fits.
const FIRST_READ: usize = 1_024;

/// Where a record starts, and what must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogPosition {
    pub(crate) place: Place,
    pub(crate) seq: Seq,
    /// The chain tip before the record, if the records from here on are to be chained.
    pub(crate) tip: Option<Digest>,
}

impl LogPosition {
    /// The start of every log.
    pub(crate) const START: Self = Self {
        place: Place { segment: SegmentNumber::FIRST, offset: 0 },
        seq: Seq::FIRST,
        tip: Some(GENESIS_HASH),
    };
}

/// A record under a cursor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRecord<'a> {
    pub(crate) place: Place,
    pub(crate) seq: Seq,
    pub(crate) bytes: &'a [u8],
}

/// Reads records in order from a position on.
#[derive(Debug)]
pub(crate) struct LogCursor<'d> {
    disk: &'d dyn Disk,
    paths: &'d ShardPaths,
    reader: SegmentReader,
    /// What comes next.
    seq: Seq,
    tip: Option<Digest>,
    bytes: Vec<u8>,
}

impl<'d> LogCursor<'d> {
    /// A cursor at `start`.
    pub(crate) fn open(
        disk: &'d dyn Disk,
        paths: &'d ShardPaths,
        start: LogPosition,
    ) -> Result<Self, ReadError> {
        let segment = start.place.segment;
        let mut reader = SegmentReader::open(disk, paths, segment).map_err(|source| {
            let path = paths.directory().to_path_buf();
            match source.kind() {
                io::ErrorKind::NotFound if segment != SegmentNumber::FIRST => {
                    ReadError::Damaged { place: start.place, seq: start.seq }
                }
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    ReadError::NotAShard { path }
                }
                _ => ReadError::Io { path: paths.segment(segment), source },
            }
        })?;
        reader.seek(start.place.offset);
        Ok(Self { disk, paths, reader, seq: start.seq, tip: start.tip, bytes: Vec::new() })
    }

    /// The next record's place, seq and bytes; `None` where the log ends. Where the records are
    /// chained, the bytes are a record in its one encoding that continues the chain.
    pub(crate) fn next(&mut self) -> Result<Option<LogRecord<'_>>, ReadError> {
        let Some((place, seq)) = self.pass()? else { return Ok(None) };
        Ok(Some(LogRecord { place, seq, bytes: &self.bytes }))
    }

    /// As [`LogCursor::next`], where the log must not end yet.
    pub(crate) fn expect_next(&mut self) -> Result<(Place, &[u8]), ReadError> {
        let (place, seq) = (self.reader.place(), self.seq);
        match self.pass()? {
            Some((place, _)) => Ok((place, &self.bytes)),
            None => Err(ReadError::Damaged { place, seq }),
        }
    }

    /// The tip after the last record, if the records are chained.
    pub(crate) const fn tip(&self) -> Option<Digest> {
        self.tip
    }

    /// Where the next record is.
    pub(crate) const fn position(&self) -> LogPosition {
        LogPosition { place: self.reader.place(), seq: self.seq, tip: self.tip }
    }

    fn pass(&mut self) -> Result<Option<(Place, Seq)>, ReadError> {
        let mut is_second_look = false;
        loop {
            let place = self.reader.place();
            let failed = |source| ReadError::Io { path: self.paths.segment(place.segment), source };
            if let Next::Frame { payload, .. } = self.reader.next_frame().map_err(failed)? {
                self.bytes.clear();
                self.bytes.extend_from_slice(payload);
                if self.take() {
                    let seq = self.seq;
                    self.seq = seq.next();
                    return Ok(Some((place, seq)));
                }
            }
            // What was read ahead may be old by the next time.
            self.reader.seek(place.offset);
            let number = place.segment.next();
            let next = match SegmentReader::open(self.disk, self.paths, number) {
                Ok(next) => next,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => {
                    return Err(ReadError::Io { path: self.paths.segment(number), source });
                }
            };
            // The next segment is made when this one is finished, so now it is to be read to its
            // end once more.
            if !is_second_look {
                is_second_look = true;
                continue;
            }
            if self.reader.file().len().map_err(failed)? != place.offset {
                return Err(ReadError::Damaged { place, seq: self.seq });
            }
            self.reader = next;
            is_second_look = false;
        }
    }

    /// Whether the bytes at hand are the record that comes next; moves the tip over it if so.
    fn take(&mut self) -> bool {
        let Ok((seq, prev_hash)) = peek_link(&self.bytes) else { return false };
        if seq != self.seq {
            return false;
        }
        if let Some(tip) = &mut self.tip {
            if prev_hash != *tip || Record::decode(&self.bytes).is_err() {
                return false;
            }
            *tip = next_tip(&self.bytes, tip);
        }
        true
    }
}

/// The bytes of the record at a position, without reading much more.
pub(crate) fn read_record(
    disk: &dyn Disk,
    paths: &ShardPaths,
    position: LogPosition,
) -> Result<Vec<u8>, ReadError> {
    let LogPosition { place, seq, .. } = position;
    let path = paths.segment(place.segment);
    let failed = |source| ReadError::Io { path: path.clone(), source };
    let damaged = ReadError::Damaged { place, seq };
    let file = match disk.open(&path, Access::Read) {
        Ok(file) => file,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Err(damaged);
        }
        Err(error) => return Err(failed(error)),
    };
    let mut wanted = FIRST_READ;
    loop {
        let mut bytes = vec![0; wanted];
        let count = read_full(&*file, &mut bytes, place.offset).map_err(failed)?;
        bytes.truncate(count);
        let size = match read_frame(&bytes) {
            FrameStep::Frame { payload } => {
                if peek_link(payload).is_ok_and(|(found, _)| found == seq) {
                    return Ok(payload.to_vec());
                }
                return Err(damaged);
            }
            FrameStep::Incomplete { missing } => {
                bytes.len().saturating_add(usize::try_from(missing).unwrap_or(usize::MAX))
            }
            _ => return Err(damaged),
        };
        if count < wanted || size > LENGTH_PREFIX_SIZE + MAX_RECORD_SIZE {
            return Err(damaged);
        }
        wanted = size;
    }
}
