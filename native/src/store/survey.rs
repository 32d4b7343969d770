//! Looks at a shard's log from the resume point, or the start, to its end, and finds out what a
//! writer must know. Changes nothing.

use std::io;

use countersign_core::Seq;
use countersign_core::chain::{Control, Record, next_tip, peek_link};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::keys::{self, ShardId};
use countersign_core::recovery::{
    ChainLayout, Decision, Durable, Findings, Found, Kept, Layout, Scan, Search, Stop, decide,
};

use super::disk::{Access, Disk, read_small};
use super::error::{Damage, StoreError};
use super::paths::ShardPaths;
use super::segment_reader::{Next, SegmentReader, list_segments};
use super::state_file::{MAX_STATE_SIZE, ShardState};
use super::walk::{Walk, search_behind, walk};

/// How much of the log to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All of it.
    Whole,
    /// What stands behind the resume point of a `state.json` that fits.
    Tail,
}

/// What a look at the log found.
#[derive(Debug)]
pub(super) struct Survey<L> {
    pub(super) segments: Vec<SegmentNumber>,
    /// The walk, with its layout.
    pub(super) scan: Scan<L>,
    pub(super) kept: Kept,
    pub(super) decision: Decision,
    /// Where the walk stopped, the seq expected there, and what is wrong, in words.
    pub(super) stop: Place,
    pub(super) seq: Seq,
    pub(super) reason: String,
    pub(super) next_good: Option<Found>,
    /// An intact state of this shard, fitting or not.
    pub(super) state: Option<ShardState>,
    /// Length of the last segment's file.
    pub(super) file_length: u64,
    /// Where the part of it ends that is more than unused space.
    pub(super) content_end: u64,
}

impl<L: Layout> Survey<L> {
    /// The layout behind what is kept.
    pub(super) fn layout(&self) -> &L {
        self.scan.layout_of(&self.kept)
    }
}

impl<L> Survey<L> {
    /// Where the good part ends, in the last segment that has any of it.
    pub(super) fn end(&self) -> Place {
        good_end(&self.kept)
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
        Some(Damage {
            corruption: Some(corruption),
            missing: None,
            place: self.stop,
            seq: self.seq,
            reason: self.reason.clone(),
            next_good: self.next_good,
        })
    }
}

/// Where the records end that count.
fn good_end(kept: &Kept) -> Place {
    let start = Place { segment: SegmentNumber::FIRST, offset: 0 };
    kept.mark.as_ref().map_or(start, |mark| mark.position.end)
}

/// Surveys a shard of this format.
///
/// # Errors
/// [`StoreError::NotAShard`] also where nothing is wrong but that there is no whole record 0:
/// cutting the rest off would help nobody.
pub(super) fn survey_shard(
    disk: &dyn Disk,
    paths: &ShardPaths,
    reach: Reach,
) -> Result<Survey<ChainLayout>, StoreError> {
    let state = read_state(disk, paths)?;
    let state = match (state, first_shard_id(disk, paths)) {
        // Another shard's state is none.
        (Some(state), Some(shard_id)) if state.shard_id != shard_id => None,
        (state, _) => state,
    };
    let resumed = match reach {
        Reach::Whole => None,
        Reach::Tail => resume(disk, paths, state.as_ref()),
    };
    let survey = survey(disk, paths, resumed, ChainLayout::new, state)?;
    let layout = survey.layout();
    if let Some((certificate, found)) = layout.too_new() {
        // A certificate that the next record does not chain to is not newer but damaged.
        let is_damaged = survey.damage().is_some() && survey.seq == certificate.next();
        if !is_damaged {
            return Err(keys::Error::FormatTooNew { found }.into());
        }
    }
    if layout.keyring().is_none() && survey.damage().is_none() {
        let path = paths.directory().to_path_buf();
        let why = "its first record is no certificate; if its creation was interrupted, delete it \
                   and create it again";
        return Err(StoreError::NotAShard { path, why });
    }
    Ok(survey)
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
    let in_segment = |(segment, error)| StoreError::io("read", paths.segment(segment), error);
    let before_gap = segments.partition_point(|segment| gap.is_none_or(|gap| *segment < gap));
    let walked = segments.get(..before_gap).unwrap_or_default();
    let mut walk = walk(disk, paths, walked, &mut scan, start).map_err(in_segment)?;
    let kept = scan.kept();
    let mut search = Search::new(kept.mark.as_ref().map(|mark| mark.position.seq));
    let mut content_end = walk.place.offset;
    let mut search_from = |place| {
        search_behind(disk, paths, &segments, &mut search, scan.layout(), place).map_err(in_segment)
    };
    match gap {
        Some(missing) if walk.stop == Stop::End => {
            let place = Place { segment: missing, offset: 0 };
            search_from(place)?;
            return Err(StoreError::Corrupt(Damage {
                corruption: None,
                missing: Some(missing),
                place,
                seq: scan.next_seq(),
                reason: "a later segment exists".to_string(),
                next_good: search.first(),
            }));
        }
        _ if walk.stop == Stop::Damaged || walk.place.segment != last_segment => {
            content_end = search_from(walk.place)?;
        }
        _ => {}
    }
    let mut seq = scan.next_seq();
    let mut is_last_segment = walk.place.segment == last_segment && !walk.is_predecessor_short;
    if is_last_segment && !ends_before(disk, paths, good_end(&kept), last_segment)? {
        is_last_segment = false;
        walk.place = good_end(&kept);
        walk.reason =
            "records that no signature covers end a segment that another one follows".to_string();
        seq = kept.mark.as_ref().map_or(Seq::FIRST, |mark| mark.position.seq.next());
    }
    let findings = Findings {
        stop: walk.stop,
        is_last_segment,
        durable: durable(state.as_ref(), &kept, &scan, is_resumed),
        has_signature: kept.has_signature,
        is_tail_vouched: kept.unvouched == 0,
        later: search.later(),
    };
    let Walk { place: stop, reason, file_length, .. } = walk;
    Ok(Survey {
        decision: decide(&findings),
        next_good: search.first(),
        segments,
        scan,
        kept,
        stop,
        seq,
        reason,
        state,
        file_length,
        content_end,
    })
}

/// Whether nothing lies between the good end and the last segment.
fn ends_before(
    disk: &dyn Disk,
    paths: &ShardPaths,
    end: Place,
    last_segment: SegmentNumber,
) -> Result<bool, StoreError> {
    if end.segment == last_segment {
        return Ok(true);
    }
    let path = paths.segment(end.segment);
    let file = disk.open(&path, Access::Read);
    let length =
        file.and_then(|file| file.len()).map_err(|error| StoreError::io("read", &path, error))?;
    Ok(end.segment.next() == last_segment && end.offset == length)
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
        // The log has gone on past that seq with another history: the state tells of one it has
        // left.
        Some(last) if last > seq => Durable::Unknown,
        // It ends at that seq with another tip. The time of a last signature record is covered by
        // nothing else, so a state with a checksum is believed; one without may itself be damaged.
        Some(last) if last == seq && kept.has_signature && state.resume.is_none() => {
            Durable::Unknown
        }
        _ => Durable::NotReached,
    }
}

/// The state file, if it is readable and intact.
pub(crate) fn read_state(
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
