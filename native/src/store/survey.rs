//! Looks at a shard's log from the resume point, or the start, to its end, and finds out what a
//! writer must know. Changes nothing.

use std::io;

use countersign_core::Seq;
use countersign_core::chain::{Control, Record, RecordError, next_tip, peek_link};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::keys::{self, Certificate, ShardId};
use countersign_core::limits::MAX_RECORD_SIZE;
use countersign_core::recovery::{
    ChainLayout, Decision, Durable, Findings, Found, Kept, Later, Layout, Scan, Search, Stop,
    decide,
};
use countersign_core::tags::FORMAT_VERSION;

use super::disk::{Disk, read_full, read_small};
use super::error::{Damage, StoreError};
use super::paths::ShardPaths;
use super::segment_reader::{Next, SegmentReader, is_unused_from, list_segments};
use super::state_file::{MAX_STATE_SIZE, ShardState};

/// Bytes searched at a time; at least one record must fit.
const SEARCH_SIZE: usize = MAX_RECORD_SIZE + 64 * 1024;

/// What a look at the log found.
#[derive(Debug)]
pub(super) struct Survey<L> {
    pub(super) segments: Vec<SegmentNumber>,
    /// The walk, with its layout.
    pub(super) scan: Scan<L>,
    pub(super) kept: Kept,
    pub(super) decision: Decision,
    /// Where the walk stopped, and why, in words.
    pub(super) stop: Place,
    pub(super) reason: String,
    pub(super) next_good: Option<Found>,
    /// An intact state of this shard, fitting or not.
    pub(super) state: Option<ShardState>,
    /// Whether the walk began at the state's resume point.
    pub(super) is_resumed: bool,
    /// Length of the last segment's file.
    pub(super) file_length: u64,
}

impl<L> Survey<L> {
    /// Where the good part ends, in the last segment that has any of it.
    pub(super) fn end(&self) -> Place {
        self.kept
            .mark
            .as_ref()
            .map_or(Place { segment: SegmentNumber::FIRST, offset: 0 }, |mark| mark.position.end)
    }

    /// Where the next record goes: the good end, or the start of the last segment if that is still
    /// empty.
    pub(super) fn append_at(&self) -> Place {
        let end = self.end();
        match self.segments.last() {
            Some(last) if *last != end.segment => Place { segment: *last, offset: 0 },
            _ => end,
        }
    }

    /// The damage, if that is the decision.
    pub(super) fn damage(&self) -> Option<Damage> {
        let Decision::Corrupt(corruption) = self.decision else { return None };
        let seq = self.kept.mark.as_ref().map_or(Seq::FIRST, |mark| mark.position.seq.next());
        Some(Damage {
            corruption: Some(corruption),
            missing: None,
            place: self.stop,
            seq,
            reason: self.reason.clone(),
            next_good: self.next_good,
        })
    }
}

/// Surveys a shard of this format.
pub(super) fn survey_shard(
    disk: &dyn Disk,
    paths: &ShardPaths,
) -> Result<Survey<ChainLayout>, StoreError> {
    let state = read_state(disk, paths)?;
    let state = match (state, first_shard_id(disk, paths)) {
        // Another shard's state is none.
        (Some(state), Some(shard_id)) if state.shard_id != shard_id => None,
        (state, _) => state,
    };
    let scan = resume(disk, paths, state.as_ref());
    let survey = survey(disk, paths, scan, ChainLayout::new, state)?;
    match too_new(disk, paths, &survey) {
        Some(error) => Err(error.into()),
        None => Ok(survey),
    }
}

/// What stops the walk may be no damage but a certificate of a newer format, which nothing here
/// can judge, cut, or continue.
fn too_new(
    disk: &dyn Disk,
    paths: &ShardPaths,
    survey: &Survey<ChainLayout>,
) -> Option<keys::Error> {
    let mut reader = SegmentReader::open(disk, paths, survey.stop.segment).ok()?;
    reader.seek(survey.stop.offset);
    let Next::Frame { payload, .. } = reader.next_frame().ok()? else { return None };
    match Record::decode(payload) {
        Err(RecordError::Key(error @ keys::Error::FormatTooNew { .. })) => Some(error),
        // A newer certificate of the shape we know.
        Ok(record) => match record.control()? {
            Control::Certificate(Certificate { format_version: found, .. })
                if *found > FORMAT_VERSION =>
            {
                Some(keys::Error::FormatTooNew { found: *found })
            }
            _ => None,
        },
        Err(_) => None,
    }
}

/// Surveys a log of any layout: from `resumed`, or from the start with a fresh layout.
pub(super) fn survey<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    resumed: Option<(Scan<L>, Place)>,
    fresh: impl FnOnce() -> L,
    state: Option<ShardState>,
) -> Result<Survey<L>, StoreError> {
    let in_directory = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let path = paths.directory().to_path_buf();
            StoreError::NotAShard { path, why: "there is no such directory" }
        }
        _ => StoreError::io("read", paths.directory(), error),
    };
    let (segments, gap) = list_segments(disk, paths).map_err(in_directory)?;
    if let Some(missing) = gap {
        return Err(StoreError::Corrupt(Damage {
            corruption: None,
            missing: Some(missing),
            place: Place { segment: missing, offset: 0 },
            seq: Seq::FIRST,
            reason: "a later segment exists".to_string(),
            next_good: None,
        }));
    }
    let Some(&last_segment) = segments.last() else {
        let path = paths.directory().to_path_buf();
        return Err(StoreError::NotAShard { path, why: "it holds no segment log.000001.cbor" });
    };
    let is_resumed = resumed.is_some();
    let (mut scan, start) = resumed.unwrap_or_else(|| {
        let scan = Scan::new(fresh());
        let scan = match state.as_ref().and_then(|state| Some((state.last_seq?, state.tip))) {
            Some((seq, tip)) => scan.vouched_by(seq, tip),
            None => scan,
        };
        (scan, Place { segment: SegmentNumber::FIRST, offset: 0 })
    });
    let walk = walk(disk, paths, &segments, &mut scan, start)
        .map_err(|(segment, error)| StoreError::io("read", paths.segment(segment), error))?;
    let kept = scan.kept();
    let mut search = Search::new(kept.mark.as_ref().map(|mark| mark.position.seq));
    if walk.stop == Stop::Damaged {
        search_behind(disk, paths, &mut search, scan.layout(), walk.place)
            .map_err(|error| StoreError::io("read", paths.segment(walk.place.segment), error))?;
    }
    let findings = Findings {
        stop: walk.stop,
        is_last_segment: walk.place.segment == last_segment,
        durable: durable(state.as_ref(), &kept, &scan, is_resumed),
        has_signature: kept.has_signature,
        is_tail_vouched: kept.unvouched == 0,
        later: search.later(),
    };
    Ok(Survey {
        decision: decide(&findings),
        segments,
        scan,
        kept,
        stop: walk.place,
        reason: walk.reason,
        next_good: search.first(),
        state,
        is_resumed,
        file_length: walk.file_length,
    })
}

/// Compares the state with what the walk kept.
fn durable<L: Layout>(
    state: Option<&ShardState>,
    kept: &Kept,
    scan: &Scan<L>,
    is_resumed: bool,
) -> Durable {
    let Some(state) = state else { return Durable::Unknown };
    let Some(seq) = state.last_seq else { return Durable::Reached };
    if is_resumed || scan.has_met_awaited() {
        return Durable::Reached;
    }
    match kept.mark.as_ref().map(|mark| mark.position.seq) {
        // The log has gone on past that seq with another history, signed: the state is foreign.
        Some(kept) if kept > seq => Durable::Unknown,
        _ => Durable::NotReached,
    }
}

struct Walk {
    stop: Stop,
    place: Place,
    reason: String,
    file_length: u64,
}

fn walk<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    segments: &[SegmentNumber],
    scan: &mut Scan<L>,
    start: Place,
) -> Result<Walk, (SegmentNumber, io::Error)> {
    let mut end = Walk { stop: Stop::End, place: start, reason: String::new(), file_length: 0 };
    for &segment in segments.iter().filter(|segment| **segment >= start.segment) {
        let at = |error| (segment, error);
        let mut reader = SegmentReader::open(disk, paths, segment).map_err(at)?;
        let offset = if segment == start.segment { start.offset } else { 0 };
        reader.seek(offset);
        let (stop, reason) = walk_segment(&mut reader, scan).map_err(at)?;
        let file_length = reader.file().len().map_err(at)?;
        end = Walk { stop, place: stop_place(scan, &reader, offset), reason, file_length };
        if end.stop != Stop::End {
            break;
        }
    }
    Ok(end)
}

/// A record that does not fit has moved the reader on; the stop is where it starts.
fn stop_place<L: Layout>(scan: &Scan<L>, reader: &SegmentReader, offset: u64) -> Place {
    let segment = reader.place().segment;
    match scan.last() {
        Some(last) if last.end.segment == segment && last.end.offset >= offset => last.end,
        _ => Place { segment, offset },
    }
}

fn walk_segment<L: Layout>(
    reader: &mut SegmentReader,
    scan: &mut Scan<L>,
) -> io::Result<(Stop, String)> {
    loop {
        let start = reader.place();
        match reader.next_frame()? {
            Next::Frame { place, payload } => {
                if let Err(reason) = scan.push(place, payload) {
                    return Ok((Stop::Damaged, reason.to_string()));
                }
            }
            Next::End => return Ok((Stop::End, String::new())),
            Next::ZeroLength => {
                let is_unused = is_unused_from(reader.file(), start.offset)?;
                let reason = "a frame of length zero with other bytes behind it".to_string();
                return Ok(if is_unused {
                    (Stop::Unused, String::new())
                } else {
                    (Stop::Damaged, reason)
                });
            }
            Next::Incomplete { length } => {
                let reason = format!("the file ends inside a frame of {length} bytes");
                return Ok((Stop::Damaged, reason));
            }
            Next::TooLong { length } => {
                let is_first = start == Place { segment: SegmentNumber::FIRST, offset: 0 };
                let stop = if is_first { Stop::NotALog } else { Stop::Damaged };
                return Ok((stop, format!("a frame of {length} bytes is longer than any record")));
            }
        }
    }
}

fn search_behind<L: Layout>(
    disk: &dyn Disk,
    paths: &ShardPaths,
    search: &mut Search,
    layout: &L,
    stop: Place,
) -> io::Result<()> {
    let reader = SegmentReader::open(disk, paths, stop.segment)?;
    let length = reader.file().len()?;
    let size = usize::try_from(length.saturating_sub(stop.offset)).unwrap_or(usize::MAX);
    let mut buffer = vec![0; size.min(SEARCH_SIZE)];
    let mut place = stop;
    while place.offset < length {
        let count = read_full(reader.file(), &mut buffer, place.offset)?;
        let is_end = place.offset + count as u64 >= length || count == 0;
        let taken = search.feed(layout, place, buffer.get(..count).unwrap_or_default(), is_end);
        if is_end || search.later() == Later::RecordBehindSignature {
            break;
        }
        place.offset += taken as u64;
    }
    Ok(())
}

/// The state file, if it is readable and intact.
pub(super) fn read_state(
    disk: &dyn Disk,
    paths: &ShardPaths,
) -> Result<Option<ShardState>, StoreError> {
    match read_small(disk, &paths.state(), MAX_STATE_SIZE) {
        Ok(bytes) => Ok(ShardState::from_bytes(&bytes)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(StoreError::io("read", paths.state(), error)),
        },
    }
}

/// The shard's id, from record 0.
pub(super) fn first_shard_id(disk: &dyn Disk, paths: &ShardPaths) -> Option<ShardId> {
    let mut reader = SegmentReader::open(disk, paths, SegmentNumber::FIRST).ok()?;
    let Next::Frame { payload, .. } = reader.next_frame().ok()? else { return None };
    let record = Record::decode(payload).ok()?;
    match record.control()? {
        Control::Certificate(certificate) => Some(certificate.shard_id),
        _ => None,
    }
}

/// The scan behind the state's resume point, if the log holds that very record there.
fn resume(
    disk: &dyn Disk,
    paths: &ShardPaths,
    state: Option<&ShardState>,
) -> Option<(Scan<ChainLayout>, Place)> {
    let resume = state?.resume.as_ref()?;
    let position = resume.mark.position;
    let mut reader = SegmentReader::open(disk, paths, position.start.segment).ok()?;
    reader.seek(position.start.offset);
    let Next::Frame { payload, .. } = reader.next_frame().ok()? else { return None };
    let (seq, prev_hash) = peek_link(payload).ok()?;
    let fits = seq == position.seq && next_tip(payload, &prev_hash) == position.tip;
    if !fits || reader.place() != position.end {
        return None;
    }
    let layout = ChainLayout::with_keyring(resume.keyring.clone());
    Some((Scan::resume(layout, resume.mark.clone()), position.end))
}
