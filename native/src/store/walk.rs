//! The walk over a log's segments, and the search behind where it stops. Neither changes anything.

use std::io;

use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::limits::MAX_RECORD_SIZE;
use countersign_core::recovery::{Later, Layout, Scan, Search, Stop, StopReason};

use super::disk::{Disk, read_full};
use super::paths::ShardPaths;
use super::segment_reader::{Next, SegmentReader, is_unused_from};

/// Bytes searched at a time; at least one record must fit.
const SEARCH_SIZE: usize = MAX_RECORD_SIZE + 64 * 1024;
/// Damage is taken to reach to the end of the page that it shows in; whole pages of zeros behind
/// it are unused space.
const PAGE: u64 = 4096;

/// An error, and the segment it happened in.
pub(super) type InSegment<T> = Result<T, (SegmentNumber, io::Error)>;

/// Where and how a walk ended.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) stop: Stop,
    pub(super) place: Place,
    /// Why, in words; empty where nothing is wrong.
    pub(super) reason: String,
    /// Length of the segment's file.
    pub(super) file_length: u64,
    /// Whether the segment begins with a whole record of a later seq: then it is the segment
    /// before it that misses its end.
    pub(super) is_predecessor_short: bool,
}

/// Walks `scan` from `start` to the first segment that does not simply end, or through all.
pub(super) fn walk<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    segments: &[SegmentNumber],
    scan: &mut Scan<L>,
    start: Place,
) -> InSegment<Walk> {
    let mut end = Walk {
        stop: Stop::End,
        place: start,
        reason: String::new(),
        file_length: 0,
        is_predecessor_short: false,
    };
    for &segment in segments.iter().filter(|segment| **segment >= start.segment) {
        let at = |error| (segment, error);
        let mut reader = SegmentReader::open(disk, paths, segment).map_err(at)?;
        let offset = if segment == start.segment { start.offset } else { 0 };
        reader.seek(offset);
        let stopped = walk_segment(&mut reader, scan).map_err(at)?;
        let place = stop_place(scan, segment, offset);
        let file_length = reader.file().len().map_err(at)?;
        let is_predecessor_short = stopped.is_later_record && place.offset == 0;
        let Stopped { stop, reason, .. } = stopped;
        end = Walk { stop, place, reason, file_length, is_predecessor_short };
        if end.stop == Stop::End && file_length == 0 && segments.last() != Some(&segment) {
            end.stop = Stop::Damaged;
            end.reason = "an empty segment that another one follows".to_string();
        }
        if end.stop != Stop::End {
            break;
        }
    }
    Ok(end)
}

/// A record that does not fit has moved the reader on; the stop is where it starts.
fn stop_place<L: Layout>(scan: &Scan<L>, segment: SegmentNumber, offset: u64) -> Place {
    match scan.last() {
        Some(last) if last.end.segment == segment && last.end.offset >= offset => last.end,
        _ => Place { segment, offset },
    }
}

struct Stopped {
    stop: Stop,
    reason: String,
    is_later_record: bool,
}

impl Stopped {
    const fn at(stop: Stop, reason: String) -> Self {
        Self { stop, reason, is_later_record: false }
    }
}

fn walk_segment<L: Layout>(reader: &mut SegmentReader, scan: &mut Scan<L>) -> io::Result<Stopped> {
    loop {
        let start = reader.place();
        match reader.next_frame()? {
            Next::Frame { place, payload } => {
                if let Err(why) = scan.push(place, payload) {
                    let is_later_record = matches!(
                        why, StopReason::WrongSeq { expected, found } if found > expected
                    );
                    let (stop, reason) = (Stop::Damaged, why.to_string());
                    return Ok(Stopped { stop, reason, is_later_record });
                }
            }
            Next::End => return Ok(Stopped::at(Stop::End, String::new())),
            Next::ZeroLength => {
                if is_unused_from(reader.file(), start.offset)? {
                    return Ok(Stopped::at(Stop::Unused, String::new()));
                }
                let reason = "a frame of length zero with other bytes behind it".to_string();
                return Ok(Stopped::at(Stop::Damaged, reason));
            }
            Next::Incomplete { length } => {
                let reason = format!("the file ends inside a frame of {length} bytes");
                return Ok(Stopped::at(Stop::Damaged, reason));
            }
            Next::TooLong { length } => {
                let is_first = start == Place { segment: SegmentNumber::FIRST, offset: 0 };
                let stop = if is_first { Stop::NotALog } else { Stop::Damaged };
                let reason = format!("a frame of {length} bytes is longer than any record");
                return Ok(Stopped::at(stop, reason));
            }
        }
    }
}

/// Searches from `stop` to the end of its segment, if that is the last; otherwise, since then the
/// decision does not depend on it, to the next good record anywhere. Where the bytes of the last
/// segment end that are more than unused space.
///
/// Memory: the rest of a segment, or one record if that is less.
pub(super) fn search_behind<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    segments: &[SegmentNumber],
    search: &mut Search,
    layout: &L,
    stop: Place,
) -> InSegment<u64> {
    let is_last = segments.last() == Some(&stop.segment);
    let is_enough = |search: &Search| {
        search.later() == Later::RecordBehindSignature || !is_last && search.first().is_some()
    };
    let mut content_end = stop.offset;
    for &segment in segments.iter().filter(|segment| **segment >= stop.segment) {
        let from = if segment == stop.segment { stop.offset } else { 0 };
        content_end =
            search_segment(disk, paths, search, layout, Place { segment, offset: from }, is_enough)
                .map_err(|error| (segment, error))?;
        if is_enough(search) {
            break;
        }
    }
    Ok(content_end)
}

fn search_segment<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    search: &mut Search,
    layout: &L,
    from: Place,
    is_enough: impl Fn(&Search) -> bool,
) -> io::Result<u64> {
    let reader = SegmentReader::open(disk, paths, from.segment)?;
    let length = reader.file().len()?;
    let size = usize::try_from(length.saturating_sub(from.offset)).unwrap_or(usize::MAX);
    let mut buffer = vec![0; size.min(SEARCH_SIZE)];
    let mut place = from;
    let mut content_end = from.offset;
    while place.offset < length {
        let count = read_full(reader.file(), &mut buffer, place.offset)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
            content_end = place.offset + last as u64 + 1;
        }
        let is_end = place.offset + count as u64 >= length || count == 0;
        let taken = search.feed(layout, place, bytes, is_end);
        if is_end || is_enough(search) {
            break;
        }
        place.offset += taken as u64;
    }
    Ok(content_end.next_multiple_of(PAGE).min(length))
}
