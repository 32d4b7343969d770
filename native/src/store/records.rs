//! Reads records of a log that is known to be sound, from some point on.

use countersign_core::Seq;
use countersign_core::chain::{Record, peek_link};
use countersign_core::frame::{Place, SegmentNumber};

use super::disk::Disk;
use super::error::{Damage, StoreError};
use super::paths::ShardPaths;
use super::segment_reader::{Next, SegmentReader, list_segments};

/// Calls `visit` with the records of the segment that holds `from` and all later ones, until it
/// returns `false`.
///
/// # Errors
/// [`StoreError::Corrupt`] where the log ends, or is damaged, before that: opening behind a resume
/// point reads these records here for the first time.
pub(super) fn for_each_from(
    disk: &dyn Disk,
    paths: &ShardPaths,
    from: Seq,
    visit: impl FnMut(&Record<'_>, &[u8]) -> bool,
) -> Result<(), StoreError> {
    let in_directory = |error| StoreError::io("read", paths.directory(), error);
    let (segments, _) = list_segments(disk, paths).map_err(in_directory)?;
    let mut start = Place { segment: SegmentNumber::FIRST, offset: 0 };
    for segment in segments.iter().rev() {
        let at = |error| StoreError::io("read", paths.segment(*segment), error);
        let mut reader = SegmentReader::open(disk, paths, *segment).map_err(at)?;
        if let Next::Frame { payload, .. } = reader.next_frame().map_err(at)?
            && peek_link(payload).is_ok_and(|(seq, _)| seq <= from)
        {
            start.segment = *segment;
            break;
        }
    }
    for_each_at(disk, paths, start, visit)
}

/// Calls `visit` with the records from the frame at `start` on, until it returns `false`.
///
/// # Errors
/// As [`for_each_from`].
pub(super) fn for_each_at(
    disk: &dyn Disk,
    paths: &ShardPaths,
    start: Place,
    mut visit: impl FnMut(&Record<'_>, &[u8]) -> bool,
) -> Result<(), StoreError> {
    let in_directory = |error| StoreError::io("read", paths.directory(), error);
    let (segments, _) = list_segments(disk, paths).map_err(in_directory)?;
    let mut expected = None;
    let mut stop = start;
    for segment in segments.iter().filter(|segment| **segment >= start.segment) {
        let at = |error| StoreError::io("read", paths.segment(*segment), error);
        let mut reader = SegmentReader::open(disk, paths, *segment).map_err(at)?;
        if *segment == start.segment {
            reader.seek(start.offset);
        }
        loop {
            stop = reader.place();
            let payload = match reader.next_frame().map_err(at)? {
                Next::Frame { payload, .. } => payload,
                Next::End => break,
                _ => return Err(unreadable(stop, expected)),
            };
            let record = Record::decode(payload).map_err(|_| unreadable(stop, expected))?;
            if expected.is_some_and(|expected| expected != record.seq()) {
                return Err(unreadable(stop, expected));
            }
            if !visit(&record, payload) {
                return Ok(());
            }
            expected = Some(record.seq().next());
        }
    }
    Err(unreadable(stop, expected))
}

fn unreadable(place: Place, expected: Option<Seq>) -> StoreError {
    StoreError::Corrupt(Damage {
        corruption: None,
        missing: None,
        place,
        seq: expected.unwrap_or_default(),
        reason: "the record that must be there is not, or cannot be read".to_string(),
        next_good: None,
    })
}
