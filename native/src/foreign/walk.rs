//! The walk over the frames of all segments, past damage.

use std::io;

use countersign_core::chain::FailureCode;
use countersign_core::foreign::{ForeignRecord, next_foreign_record};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::recovery::NextRecord;

use super::source::ForeignSource;
use crate::store::disk::{DiskFile, read_full};
use crate::store::segment_reader::{Next, SegmentReader, is_unused_from};
use crate::verify::VerifyError;

/// Bytes looked at first behind damage, and at most unless a record takes more.
const FIRST_LOOK: usize = 4 * 1024;
const LARGEST_LOOK: usize = 1024 * 1024;

/// What the walk meets.
#[derive(Debug)]
pub(super) enum Met<'a> {
    /// A whole frame.
    Frame(Place, &'a [u8]),
    /// Something that hides records.
    Damage(FailureCode, Place, String),
}

/// What to do next with a segment.
enum Stop {
    /// It ends, with so many bytes that were never acknowledged.
    End(u64),
    /// Damage; it goes on at this offset, or not at all.
    Damage(String, Option<u64>),
}

/// Walks all segments in order; the bytes of the torn tail.
pub(super) fn walk(
    source: &ForeignSource<'_>,
    mut meet: impl FnMut(Met<'_>),
    progress: &dyn Fn(u64, u64),
) -> Result<u64, VerifyError> {
    let total = source.bytes();
    let (mut done, mut torn) = (0, 0);
    let mut expected = SegmentNumber::FIRST;
    let mut rest = source.segments.as_slice();
    while let Some((&(number, length), others)) = rest.split_first() {
        rest = others;
        if number != expected {
            let place = Place { segment: expected, offset: 0 };
            let detail = format!("{expected} is not there, but {number} is");
            meet(Met::Damage(FailureCode::SegmentMissing, place, detail));
        }
        expected = number.next();
        let failed = |error| source.failed("read", number, error);
        let mut reader =
            SegmentReader::open(source.disk, source.paths(), number).map_err(failed)?;
        loop {
            let place = reader.place();
            if place.offset >= length {
                break;
            }
            progress(done + place.offset, total);
            let (declared, next) = match reader.next_frame().map_err(failed)? {
                Next::Frame { place, payload } => match inner_record(payload) {
                    None => {
                        meet(Met::Frame(place, payload));
                        continue;
                    }
                    Some(at) => {
                        let next = place.offset + at;
                        let size = payload.len();
                        let why =
                            format!("its {size} bytes are no record, but byte {next} starts one");
                        meet(broken(place, &why));
                        reader.seek(next);
                        continue;
                    }
                },
                Next::End => break,
                Next::ZeroLength => (0, Kind::Zero),
                Next::Incomplete { length } => (length, Kind::Incomplete),
                Next::TooLong { length } => (length, Kind::TooLong),
            };
            let file = reader.file();
            match stop(file, place, length, declared, next, rest.is_empty()).map_err(failed)? {
                Stop::End(bytes) => {
                    torn = bytes;
                    break;
                }
                Stop::Damage(why, Some(offset)) => {
                    meet(broken(place, &why));
                    reader.seek(offset);
                }
                Stop::Damage(why, None) => {
                    meet(broken(place, &why));
                    break;
                }
            }
        }
        done += length;
    }
    progress(total, total);
    Ok(torn)
}

fn broken(place: Place, why: &str) -> Met<'static> {
    let detail = format!("the frame cannot be read: {why}");
    Met::Damage(FailureCode::FrameBroken, place, detail)
}

#[derive(Clone, Copy)]
enum Kind {
    Zero,
    Incomplete,
    TooLong,
}

/// A record that starts inside a frame whose payload is none: its length is too large. Counted from
/// the start of the frame.
fn inner_record(payload: &[u8]) -> Option<u64> {
    if ForeignRecord::decode(payload).is_ok() {
        return None;
    }
    match next_foreign_record(payload, payload.len() as u64) {
        NextRecord::At(at) => Some((LENGTH_PREFIX_SIZE + at) as u64),
        NextRecord::Wanted { .. } | NextRecord::None => None,
    }
}

/// Decides over bytes that are no whole frame.
fn stop(
    file: &dyn DiskFile,
    place: Place,
    length: u64,
    declared: u32,
    kind: Kind,
    is_last: bool,
) -> io::Result<Stop> {
    let left = length.saturating_sub(place.offset);
    if matches!(kind, Kind::Zero) && is_unused_from(file, place.offset)? {
        return Ok(if is_last {
            Stop::End(left)
        } else {
            Stop::Damage("zeros end a segment that is not the last".into(), None)
        });
    }
    let next = find_next(file, place.offset + 1, length)?;
    let why = match kind {
        Kind::Zero => "its length is zero and other bytes follow".to_owned(),
        Kind::TooLong => format!("its length of {declared} bytes is no record's"),
        Kind::Incomplete if is_last && next.is_none() => return Ok(Stop::End(left)),
        Kind::Incomplete => "it runs over the end of the segment".to_owned(),
    };
    Ok(match next {
        Some(offset) => Stop::Damage(format!("{why}; goes on at byte {offset}"), Some(offset)),
        None => Stop::Damage(format!("{why}; no record follows in this segment"), None),
    })
}

/// Where the next record starts, from `offset` on.
fn find_next(file: &dyn DiskFile, mut offset: u64, length: u64) -> io::Result<Option<u64>> {
    let mut size = FIRST_LOOK;
    let mut buffer = Vec::new();
    while offset < length {
        let left = length - offset;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(size);
        buffer.resize(wanted, 0);
        let filled = read_full(file, &mut buffer, offset)?;
        let bytes = buffer.get(..filled).unwrap_or_default();
        match next_foreign_record(bytes, left) {
            NextRecord::At(at) => return Ok(Some(offset + at as u64)),
            // Twice as much as is wanted, so that what is read again is not most of it.
            NextRecord::Wanted { passed, wanted } if filled == buffer.len() => {
                offset += passed as u64;
                size = size.max(wanted.saturating_mul(2));
            }
            _ if filled == 0 || filled < wanted => return Ok(None),
            _ => {
                offset += filled as u64;
                size = size.saturating_mul(2).min(LARGEST_LOOK);
            }
        }
    }
    Ok(None)
}
