//! What must hold for any bytes at all.
//!
//! The fuzz targets call these functions, and so does an ordinary test that replays the corpus, so
//! that a find is checked for ever after, without a fuzzer. A check that fails panics.

mod bmt;
mod dispute;

pub use bmt::{chunk_stream, file_proof};
pub use dispute::dispute;

use countersign_core::chain::{Record, peek_link};
use countersign_core::frame::{
    FrameStep, Place, SegmentNumber, is_unused, length_prefix, read_frame,
};
use countersign_core::keys::PublicKey;
use countersign_core::proof::{AnyBundle, VerifyOptions};
use countersign_core::recovery::{
    ChainLayout, Decision, Durable, Findings, Kept, Later, Scan, Search, Stop, decide,
};

/// Bytes shown to the search at a time; fewer than a record, so that frames run over the end.
const WINDOW: usize = 97;

/// A record that decodes has one encoding: the bytes it was decoded from.
pub fn decode_record(data: &[u8]) {
    let Ok(record) = Record::decode(data) else { return };
    let mut encoded = Vec::new();
    match &record {
        Record::Entry(entry) => entry.encode(&mut encoded),
        Record::Control(control) => control.encode(&mut encoded),
    }
    assert_eq!(encoded, data, "{record:?} has two encodings");
    assert_eq!(peek_link(data), Ok((record.seq(), *record.prev_hash())));
    assert!(data.first().is_some_and(|byte| Record::may_start_with(*byte)));
}

/// Walking a segment accounts for every byte up to the stop, and the search behind the stop finds
/// the same however its input is cut.
pub fn scan_segment(data: &[u8]) {
    let walk = Walk::over(data);
    let mut offset = 0;
    for frame in &walk.frames {
        let prefix = length_prefix(frame.len()).expect("a frame has a length that can be written");
        assert_eq!(&data[offset..offset + prefix.len()], prefix);
        offset += prefix.len() + frame.len();
    }
    assert_eq!(offset, walk.end);
    assert_eq!(walk.scan.next_seq().0, walk.frames.len() as u64);
    let end = walk.scan.last().map_or(0, |last| last.end.offset);
    assert_eq!(end, walk.end as u64);
    let kept = walk.scan.kept();
    assert!(kept.group_start.offset <= kept_end(&kept) as u64);
    assert!(kept_end(&kept) <= walk.end);

    let whole = walk.search(data, data.len());
    let in_windows = walk.search(data, WINDOW);
    assert_eq!((whole.later(), whole.first()), (in_windows.later(), in_windows.first()));
}

/// Recovery never cuts what it must keep, and recovering twice is recovering once. The first byte
/// says what stands around the log.
pub fn recovery_decision(data: &[u8]) {
    let Some((&around, log)) = data.split_first() else { return };
    let is_last_segment = around & 1 == 0;
    let durable = match around >> 1 & 3 {
        0 => Durable::NotReached,
        1 => Durable::Reached,
        _ => Durable::Unknown,
    };
    let (findings, kept) = look(log, is_last_segment, durable);
    match decide(&findings) {
        Decision::Corrupt(_) => {}
        _ if durable == Durable::NotReached => panic!("a durable record is gone: {findings:?}"),
        Decision::Accept => {
            let end = kept_end(&kept);
            assert!(is_unused(&log[end..]), "bytes behind {end} are ignored: {findings:?}");
            assert!(is_last_segment, "damage to an earlier segment is accepted: {findings:?}");
        }
        Decision::CutTail => {
            assert!(is_last_segment, "an earlier segment is cut: {findings:?}");
            assert_ne!(findings.later, Later::RecordBehindSignature, "{findings:?}");
            let (again, still_kept) = look(&log[..kept_end(&kept)], true, durable);
            assert_eq!(decide(&again), Decision::Accept, "{findings:?}, then {again:?}");
            assert_eq!(kept_end(&still_kept), kept_end(&kept));
        }
    }
}

/// A bundle has one meaning: what is read is written and read again alike, and the verdict comes
/// with its reasons.
pub fn bundle(data: &[u8]) {
    let Ok(bundle) = AnyBundle::read(data) else { return };
    let json = bundle.to_json().expect("what was read can be written");
    let again = AnyBundle::read(json.as_bytes()).expect("what was written can be read");
    assert_eq!(again, bundle);
    assert_eq!(again.to_json().as_deref(), Ok(json.as_str()));

    // Trusting whichever key the bundle names takes the checks furthest.
    let key = bundle.operator_public_key();
    let report = bundle.verify(&key, &VerifyOptions::default()).expect("no revocation is given");
    assert_eq!(report.format, bundle.format());
    assert_eq!(report.checks.first().map(|check| check.code), Some("operator-key"));
    assert!(report.checks.iter().rev().skip(1).all(|check| check.ok), "{report:?}");
    assert_eq!(report.valid, report.checks.iter().all(|check| check.ok));
    assert!(report.to_json().is_ok());
    let other = PublicKey::from_bytes([0; 32]);
    let options = VerifyOptions { now_ms: Some(0), revocations: &[] };
    assert!(key == other || !bundle.verify(&other, &options).is_ok_and(|report| report.valid));
}

/// The good records at the start of a log.
struct Walk<'a> {
    scan: Scan<ChainLayout>,
    frames: Vec<&'a [u8]>,
    /// Where they end, in bytes.
    end: usize,
    stop: Stop,
}

impl<'a> Walk<'a> {
    fn over(data: &'a [u8]) -> Self {
        let mut walk = Self {
            scan: Scan::new(ChainLayout::new()),
            frames: Vec::new(),
            end: 0,
            stop: Stop::End,
        };
        loop {
            let rest = &data[walk.end..];
            walk.stop = match read_frame(rest) {
                FrameStep::Frame { payload } => {
                    if walk.scan.push(place(walk.end), payload).is_ok() {
                        walk.frames.push(payload);
                        walk.end += rest.len().min(4 + payload.len());
                        continue;
                    }
                    Stop::Damaged
                }
                FrameStep::End => Stop::End,
                FrameStep::ZeroLength if is_unused(rest) => Stop::Unused,
                FrameStep::TooLong { .. } if walk.end == 0 => Stop::NotALog,
                _ => Stop::Damaged,
            };
            return walk;
        }
    }

    /// Searches behind the stop, at least `window` bytes at a time.
    fn search(&self, data: &[u8], window: usize) -> Search {
        let mut search = Search::new(self.scan.last().map(|last| last.seq));
        let (mut start, mut end) = (self.end, self.end);
        loop {
            end = data.len().min(end + window);
            let is_end = end == data.len();
            let taken = search.feed(self.scan.layout(), place(start), &data[start..end], is_end);
            assert!(taken <= end - start);
            if is_end {
                return search;
            }
            start += taken;
        }
    }
}

fn place(offset: usize) -> Place {
    Place { segment: SegmentNumber::FIRST, offset: offset as u64 }
}

/// Where the records that count end, in bytes.
fn kept_end(kept: &Kept) -> usize {
    let end = kept.mark.as_ref().map_or(0, |mark| mark.position.end.offset);
    usize::try_from(end).expect("an offset inside the data")
}

fn look(log: &[u8], is_last_segment: bool, durable: Durable) -> (Findings, Kept) {
    let walk = Walk::over(log);
    let kept = walk.scan.kept();
    let later =
        if walk.stop == Stop::Damaged { walk.search(log, log.len()).later() } else { Later::None };
    let findings = Findings {
        stop: walk.stop,
        is_last_segment,
        durable,
        has_signature: kept.has_signature,
        is_tail_vouched: kept.has_signature && kept.unvouched == 0,
        later,
    };
    (findings, kept)
}
