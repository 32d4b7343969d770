//! Reads a shard while a writer appends, and after.

use std::fmt;
use std::io;
use std::path::PathBuf;

use countersign_core::Seq;
use countersign_core::chain::{Control, Record, next_tip, peek_link};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::hash::Digest;
use countersign_core::limits::{GENESIS_HASH, LENGTH_PREFIX_SIZE};

use super::disk::{Disk, read_full};
use super::paths::ShardPaths;
use super::segment_reader::{Next, SegmentReader, list_segments};

/// Why a shard cannot be read on.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such directory, or it holds no segment.
    NotAShard {
        /// The directory.
        path: PathBuf,
    },
    /// A file cannot be read.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The log goes on in another segment, but this one does not lead there.
    Damaged {
        /// Where reading stopped.
        place: Place,
        /// The seq expected there.
        seq: Seq,
    },
    /// A record that was read is not in the log any more: it had not been durable, and a
    /// recovery took it off. Start again from an earlier record.
    Rewritten {
        /// The record.
        seq: Seq,
    },
}

impl ReadError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAShard { .. } => "not-a-shard",
            Self::Io { .. } => "io",
            Self::Damaged { .. } => "corrupt",
            Self::Rewritten { .. } => "rewritten",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAShard { path } => write!(f, "there is no shard in {}", path.display()),
            Self::Io { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::Damaged { place, seq } => write!(
                f,
                "no record {seq} can be read in {place}, though the log goes on in the next \
                 segment; `shard verify` tells what is wrong"
            ),
            Self::Rewritten { seq } => write!(
                f,
                "record {seq} was read before it was durable, and a recovery has taken it off \
                 since; start again from an earlier record"
            ),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A record, borrowed from its reader.
#[derive(Clone, Copy, Debug)]
pub struct ReadRecord<'a> {
    /// Where its frame starts.
    pub place: Place,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The same, decoded.
    pub record: Record<'a>,
    /// The chain tip after it.
    pub tip: Digest,
}

/// What stands behind the last record that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// Nothing, or unused space.
    Nothing,
    /// A frame that is not whole: a write under way, or one that a crash cut off.
    Incomplete,
    /// A frame with no record, or one that does not continue the chain.
    NotNext,
}

/// Reads records in order, without a lock.
///
/// What it reads may not be durable yet: see [`ShardReader::durable_seq`].
#[derive(Debug)]
pub struct ShardReader<'d> {
    disk: &'d dyn Disk,
    paths: ShardPaths,
    file: SegmentReader,
    from: Seq,
    /// The seq and `prevHash` that come next, as far as they are known.
    expected: (Option<Seq>, Option<Digest>),
    last: Option<Passed>,
    /// The payload at hand.
    bytes: Vec<u8>,
    signed: Option<Seq>,
    durable: Option<Seq>,
    ahead: Ahead,
}

/// A record behind us.
#[derive(Clone, Copy, Debug)]
struct Passed {
    seq: Seq,
    place: Place,
    size: usize,
    hash: Digest,
}

impl<'d> ShardReader<'d> {
    /// A reader of the records from seq `from` on. Finds the segment by the first record of each,
    /// and passes quickly over what lies before `from` in it.
    pub fn open(disk: &'d dyn Disk, paths: &ShardPaths, from: Seq) -> Result<Self, ReadError> {
        let path = paths.directory();
        let (numbers, _) = list_segments(disk, paths).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                ReadError::NotAShard { path: path.into() }
            }
            _ => ReadError::Io { path: path.into(), source },
        })?;
        let Some(&lowest) = numbers.first() else {
            return Err(ReadError::NotAShard { path: path.into() });
        };
        if lowest != SegmentNumber::FIRST {
            let place = Place { segment: SegmentNumber::FIRST, offset: 0 };
            return Err(ReadError::Damaged { place, seq: Seq::FIRST });
        }
        let mut chosen = (lowest, None);
        for number in numbers.into_iter().rev() {
            let first = first_link(disk, paths, number)?;
            if number == lowest || first.is_some_and(|(seq, _)| seq <= from) {
                chosen = (number, first);
                break;
            }
        }
        let expected = match chosen {
            (SegmentNumber::FIRST, _) | (_, None) => (Some(Seq::FIRST), Some(GENESIS_HASH)),
            (_, Some((seq, prev_hash))) => (Some(seq), Some(prev_hash)),
        };
        let file = open_segment(disk, paths, chosen.0)?;
        Ok(Self {
            disk,
            paths: paths.clone(),
            file,
            from,
            expected,
            last: None,
            bytes: Vec::new(),
            signed: None,
            durable: None,
            ahead: Ahead::Nothing,
        })
    }

    /// The next record, if it is there in whole and continues the chain; `None` if not yet. Ask
    /// again later: what a writer has appended meanwhile, also in a next segment, is found.
    pub fn poll_next(&mut self) -> Result<Option<ReadRecord<'_>>, ReadError> {
        let (place, tip) = loop {
            let Some((place, seq, tip)) = self.pass_record()? else { return Ok(None) };
            if seq >= self.from {
                break (place, tip);
            }
        };
        // It was decoded to be passed.
        let Ok(record) = Record::decode(&self.bytes) else { return Ok(None) };
        Ok(Some(ReadRecord { place, bytes: &self.bytes, record, tip }))
    }

    /// What stands behind the last record, as of the last [`ShardReader::poll_next`] that had
    /// none. In a shard that nobody writes, anything but `Nothing` is a torn tail or damage.
    pub const fn ahead(&self) -> Ahead {
        self.ahead
    }

    /// Up to where the records read so far are durable for sure, as far as a reader can tell.
    ///
    /// A writer has at most one group unsynced, and a group ends with its only signature record.
    /// So when a record stands behind a signature record, everything up to that signature is
    /// durable. The last group may be too; its writer and, after a clean close, `state.json`
    /// know. `None` if no signature record has been read with a record behind it.
    pub const fn durable_seq(&self) -> Option<Seq> {
        self.durable
    }

    /// Where the next frame starts.
    pub const fn place(&self) -> Place {
        self.file.place()
    }

    /// Moves over one record, into `bytes`: its place, seq and the tip after it.
    fn pass_record(&mut self) -> Result<Option<(Place, Seq, Digest)>, ReadError> {
        let mut is_second_look = false;
        loop {
            let place = self.file.place();
            let ahead = match self.file.next_frame() {
                Ok(Next::Frame { payload, .. }) => {
                    self.bytes.clear();
                    self.bytes.extend_from_slice(payload);
                    None
                }
                Ok(Next::End | Next::ZeroLength) => Some(Ahead::Nothing),
                Ok(Next::Incomplete { .. }) => Some(Ahead::Incomplete),
                Ok(Next::TooLong { .. }) => Some(Ahead::NotNext),
                Err(source) => return Err(self.failed(place.segment, source)),
            };
            let ahead = match ahead {
                None => match self.check(place)? {
                    Ok((seq, tip)) => return Ok(Some((place, seq, tip))),
                    Err(ahead) => ahead,
                },
                Some(ahead) => ahead,
            };
            // What was read ahead may be old by the next time.
            self.file.seek(place.offset);
            self.check_last(place)?;
            self.ahead = ahead;
            let number = place.segment.next();
            let next = match SegmentReader::open(self.disk, &self.paths, number) {
                Ok(next) => next,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(self.failed(number, source)),
            };
            // The next segment is made when this one is finished, so now it is to be read to its
            // end once more.
            if !is_second_look {
                is_second_look = true;
                continue;
            }
            let length = self.file.file().len();
            let length = length.map_err(|source| self.failed(place.segment, source))?;
            if length != place.offset {
                let seq = self.expected.0.unwrap_or_default();
                return Err(ReadError::Damaged { place, seq });
            }
            self.file = next;
            is_second_look = false;
        }
    }

    /// Whether the payload at hand is the next record; takes it if so.
    fn check(&mut self, place: Place) -> Result<Result<(Seq, Digest), Ahead>, ReadError> {
        if !self.is_whole(place)? {
            return Ok(Err(Ahead::Incomplete));
        }
        let is_wanted = peek_link(&self.bytes).is_ok_and(|(seq, _)| seq >= self.from);
        let (seq, prev_hash, is_signature) = if Record::is_entry(&self.bytes) && !is_wanted {
            let Ok((seq, prev_hash)) = peek_link(&self.bytes) else {
                return Ok(Err(Ahead::NotNext));
            };
            (seq, prev_hash, false)
        } else {
            let Ok(record) = Record::decode(&self.bytes) else { return Ok(Err(Ahead::NotNext)) };
            let is_signature = matches!(record.control(), Some(Control::Signature(_)));
            (record.seq(), *record.prev_hash(), is_signature)
        };
        let (expected_seq, expected_hash) = self.expected;
        if expected_seq.is_some_and(|expected| seq != expected)
            || expected_hash.is_some_and(|expected| prev_hash != expected)
        {
            return Ok(Err(Ahead::NotNext));
        }
        // Only the record before the first wanted one must be known by its hash.
        let hash = if seq.next() >= self.from {
            let hash = next_tip(&self.bytes, &prev_hash);
            self.expected = (Some(seq.next()), Some(hash));
            self.last = Some(Passed { seq, place, size: self.bytes.len(), hash });
            hash
        } else {
            self.expected = (Some(seq.next()), None);
            GENESIS_HASH
        };
        self.durable = self.signed.or(self.durable);
        if is_signature {
            self.signed = Some(seq);
        }
        Ok(Ok((seq, hash)))
    }

    /// Whether the end of the payload at hand has arrived: in space that was filled with zeros, a
    /// record that ends in zeros with zeros behind it looks whole before it is. A signature never
    /// ends so, hence no group is held back.
    fn is_whole(&mut self, place: Place) -> Result<bool, ReadError> {
        if self.bytes.last_chunk() != Some(&[0; 8]) {
            return Ok(true);
        }
        let start = place.offset + LENGTH_PREFIX_SIZE as u64;
        let end = start + self.bytes.len() as u64;
        let mut next = [0; LENGTH_PREFIX_SIZE];
        let file = self.file.file();
        let count = read_full(file, &mut next, end);
        if count.map_err(|source| self.failed(place.segment, source))? > 0
            && next == [0; LENGTH_PREFIX_SIZE]
        {
            return Ok(false);
        }
        // What stands behind it was written later, so now it is there; it may not have been when
        // the payload was read.
        match read_full(file, &mut self.bytes, start) {
            Ok(count) => Ok(count == self.bytes.len()),
            Err(source) => Err(self.failed(place.segment, source)),
        }
    }

    /// Checks that the last record passed is still there: a recovery may have taken it off.
    fn check_last(&self, here: Place) -> Result<(), ReadError> {
        let Some(last) = self.last.filter(|last| last.place.segment == here.segment) else {
            return Ok(());
        };
        let mut bytes = vec![0; last.size];
        let start = last.place.offset + LENGTH_PREFIX_SIZE as u64;
        let count = read_full(self.file.file(), &mut bytes, start)
            .map_err(|source| self.failed(here.segment, source))?;
        let is_there = count == last.size
            && peek_link(&bytes).is_ok_and(|(_, prev)| next_tip(&bytes, &prev) == last.hash);
        if is_there { Ok(()) } else { Err(ReadError::Rewritten { seq: last.seq }) }
    }

    fn failed(&self, number: SegmentNumber, source: io::Error) -> ReadError {
        ReadError::Io { path: self.paths.segment(number), source }
    }
}

fn open_segment(
    disk: &dyn Disk,
    paths: &ShardPaths,
    number: SegmentNumber,
) -> Result<SegmentReader, ReadError> {
    SegmentReader::open(disk, paths, number)
        .map_err(|source| ReadError::Io { path: paths.segment(number), source })
}

/// Seq and `prevHash` of a segment's first record; `None` if there is none yet.
fn first_link(
    disk: &dyn Disk,
    paths: &ShardPaths,
    number: SegmentNumber,
) -> Result<Option<(Seq, Digest)>, ReadError> {
    match open_segment(disk, paths, number)?.next_frame() {
        Ok(Next::Frame { payload, .. }) => Ok(peek_link(payload).ok()),
        Ok(_) => Ok(None),
        Err(source) => Err(ReadError::Io { path: paths.segment(number), source }),
    }
}
