//! Checks a run of records by itself.
//!
//! Every record names the tip before it, so a run can be checked without what came before: the
//! first record's own `prevHash` is taken on trust, and [`Auditor`](super::Auditor) checks it
//! when it joins the runs. That is what lets all cores verify one log.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::control::{Control, SigEnvelope};
use super::error::RecordError;
use super::failure::{Failure, FailureCode};
use super::record::Record;
use super::stretch::{Stretch, is_too_new};
use super::tip::next_tip;
use super::trail::Step;
use crate::frame::Place;
use crate::hash::Digest;
use crate::keys::{Certificate, PublicKey};
use crate::{Seq, SeqRange};

/// The active key's validity, as a run assumes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyWindow {
    /// The active key.
    pub public_key: PublicKey,
    /// Start, milliseconds since the epoch.
    pub not_before_ms: u64,
    /// End, exclusive.
    pub expires_at_ms: u64,
}

impl KeyWindow {
    /// The last microsecond of the validity.
    pub(super) const fn latest_us(&self) -> u64 {
        self.expires_at_ms.saturating_mul(1_000).saturating_sub(1)
    }
}

impl From<&Certificate> for KeyWindow {
    fn from(certificate: &Certificate) -> Self {
        Self {
            public_key: certificate.public_key,
            not_before_ms: certificate.not_before_ms,
            expires_at_ms: certificate.expires_at_ms,
        }
    }
}

/// One end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where the record stands.
    pub place: Place,
    /// Its seq.
    pub seq: Seq,
    /// Its time, microseconds since the epoch.
    pub ts_us: u64,
    /// For the first record of a run the tip before it, for the last the tip after it.
    pub tip: Digest,
}

/// A control record that the auditor must see, in order.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) place: Place,
    pub(super) seq: Seq,
    pub(super) prev_hash: Digest,
    /// Entries in the run before it.
    pub(super) entries_before: u64,
    pub(super) kind: EventKind,
}

#[derive(Clone, Debug)]
pub(super) enum EventKind {
    Signature(SigEnvelope),
    /// Any other control record, as its bytes.
    Other(Vec<u8>),
}

/// A frame at the start of a run that holds no record.
#[derive(Clone, Debug)]
pub(super) struct Unreadable {
    pub(super) place: Place,
    pub(super) code: FailureCode,
    pub(super) detail: String,
    /// Its bytes: the chain goes on over them, from a tip that only the auditor knows.
    pub(super) bytes: Vec<u8>,
}

/// What a run of records holds.
#[derive(Clone, Debug)]
pub struct RunSummary {
    /// How many of the frames were taken: a run ends behind a certificate or revocation, since
    /// what follows depends on whether that holds, and behind a certificate of a newer format.
    pub consumed: usize,
    /// The key window it was checked under.
    pub window: Option<KeyWindow>,
    /// The records it counts and reports on.
    pub(super) range: SeqRange,
    pub(super) entries: u64,
    /// What of the run, without its leading frames, lies in `range`.
    pub(super) counted: Counted,
    /// Frames before the first record.
    pub(super) leading: Vec<Unreadable>,
    pub(super) first: Option<Link>,
    pub(super) last: Option<Link>,
    pub(super) events: Vec<Event>,
    pub(super) failures: Vec<Failure>,
    /// The first record that wants an active key where there is none.
    pub(super) keyless: Option<Failure>,
}

/// The part of a run that lies in a range.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) records: u64,
    pub(super) entries: u64,
    pub(super) first_seq: Option<Seq>,
    pub(super) last: Option<Link>,
}

/// Sees what a run is made of while it is checked, so that nothing is decoded twice.
pub trait RecordSink<'a> {
    /// A record, in order; `tip` is the chain tip after it. Links have not been checked.
    fn record(&mut self, place: Place, bytes: &'a [u8], record: &Record<'a>, tip: &Digest);

    /// A frame that holds no record.
    fn unreadable(&mut self);
}

/// Looks at nothing.
impl RecordSink<'_> for () {
    #[inline]
    fn record(&mut self, _: Place, _: &[u8], _: &Record<'_>, _: &Digest) {}

    fn unreadable(&mut self) {}
}

/// Checks the records of `frames`, in order, under `window`.
///
/// O(bytes): what the records hash to is computed for 64 of them at a time, side by side, since
/// each one names the tip before it.
///
/// Does not prove anything about signatures, keys or settlements, nor that the run continues the
/// log: that is the auditor's part.
pub fn check_run<'a>(
    frames: impl IntoIterator<Item = (Place, &'a [u8])>,
    window: Option<KeyWindow>,
) -> RunSummary {
    check_run_in(frames, window, SeqRange::ALL)
}

/// As [`check_run`], for an auditor that reports on `range` alone: see
/// [`Auditor::with_range`](super::Auditor::with_range).
///
/// Takes no more from `frames` than [`RunSummary::consumed`] says.
///
/// Does not prove anything about signatures, keys or settlements, nor that the run continues the
/// log: that is the auditor's part.
pub fn check_run_in<'a>(
    frames: impl IntoIterator<Item = (Place, &'a [u8])>,
    window: Option<KeyWindow>,
    range: SeqRange,
) -> RunSummary {
    check_run_with(frames, window, range, &mut ())
}

/// As [`check_run_in`], and shows `sink` what it reads.
///
/// Does not prove anything about signatures, keys or settlements, nor that the run continues the
/// log: that is the auditor's part.
pub fn check_run_with<'a>(
    frames: impl IntoIterator<Item = (Place, &'a [u8])>,
    window: Option<KeyWindow>,
    range: SeqRange,
    sink: &mut impl RecordSink<'a>,
) -> RunSummary {
    let mut run = RunSummary {
        consumed: 0,
        window,
        range,
        entries: 0,
        counted: Counted::default(),
        leading: Vec::new(),
        first: None,
        last: None,
        events: Vec::new(),
        failures: Vec::new(),
        keyless: None,
    };
    let mut frames = frames.into_iter();
    let mut stretch = Stretch::default();
    while !stretch.ends {
        stretch.read(&mut frames);
        if stretch.frames.is_empty() {
            break;
        }
        run.consumed = run.consumed.saturating_add(stretch.frames.len());
        let tips = stretch.tips();
        // In place: to take them out would copy every one.
        for ((place, bytes, decoded), tip) in stretch.frames.iter().zip(&tips) {
            match decoded {
                Ok(record) => run.check(*place, bytes, record, tip, sink),
                Err(error) => {
                    sink.unreadable();
                    run.malformed(*place, bytes, error);
                }
            }
        }
        stretch.frames.clear();
    }
    run
}

impl Event {
    pub(super) const fn step(&self, is_settlement: bool) -> Step {
        Step { seq: self.seq, place: self.place, is_settlement }
    }
}

impl RunSummary {
    /// Whether the first record is a certificate.
    pub(super) fn starts_with_certificate(&self) -> bool {
        let (Some(first), Some(event)) = (&self.first, self.events.first()) else { return false };
        let EventKind::Other(bytes) = &event.kind else { return false };
        event.place == first.place
            && matches!(
                Record::decode(bytes).ok().as_ref().and_then(Record::control),
                Some(Control::Certificate(_))
            )
    }

    /// Checks one record.
    #[inline]
    fn check<'a>(
        &mut self,
        place: Place,
        bytes: &'a [u8],
        record: &Record<'a>,
        tip: &Digest,
        sink: &mut impl RecordSink<'a>,
    ) {
        let (seq, ts_us, prev_hash) = (record.seq(), record.ts_us(), record.prev_hash());
        match &self.last {
            Some(last) => {
                if let Some(failures) = check_link(last, place, seq, ts_us, prev_hash) {
                    let expected = last.seq.next();
                    if self.range.meets(expected.min(seq), expected.max(seq)) {
                        self.failures.extend(failures);
                    }
                }
            }
            None => self.first = Some(Link { place, seq, ts_us, tip: *prev_hash }),
        }
        sink.record(place, bytes, record, tip);
        self.step(Link { place, seq, ts_us, tip: *tip });
        match record {
            Record::Entry(_) => {
                self.entries = self.entries.saturating_add(1);
                if self.range.contains(seq) {
                    self.counted.entries = self.counted.entries.saturating_add(1);
                }
                self.check_window(place, seq, ts_us);
            }
            Record::Control(control) => {
                if matches!(control.body, Control::Signature(_) | Control::Settlement(_)) {
                    self.check_window(place, seq, ts_us);
                }
                let kind = match &control.body {
                    Control::Signature(envelope) => EventKind::Signature(*envelope),
                    _ => EventKind::Other(bytes.to_vec()),
                };
                let (entries_before, prev_hash) = (self.entries, *prev_hash);
                self.events.push(Event { place, seq, prev_hash, entries_before, kind });
            }
        }
    }

    /// Moves on over a record.
    #[inline]
    fn step(&mut self, link: Link) {
        self.last = Some(link);
        if self.range.contains(link.seq) {
            self.counted.records = self.counted.records.saturating_add(1);
            self.counted.first_seq.get_or_insert(link.seq);
            self.counted.last = Some(link);
        }
    }

    #[inline]
    fn check_window(&mut self, place: Place, seq: Seq, ts_us: u64) {
        if !self.range.contains(seq) {
            return;
        }
        let code = FailureCode::OutsideKeyWindow;
        let ts_ms = ts_us / 1_000;
        let Some(window) = self.window else {
            // Told once: a log without a key would fail at every record.
            let detail = || "no process key is active from here on".to_string();
            self.keyless.get_or_insert_with(|| Failure { code, place, seq, detail: detail() });
            return;
        };
        if window.not_before_ms <= ts_ms && ts_ms < window.expires_at_ms {
            return;
        }
        let detail = format!(
            "its time {ts_us} us lies outside the active key's validity, {} to {} ms",
            window.not_before_ms, window.expires_at_ms
        );
        self.failures.push(Failure { code, place, seq, detail });
    }

    /// A record that does not decode still takes a seq and a step of the chain.
    #[cold]
    fn malformed(&mut self, place: Place, bytes: &[u8], error: &RecordError) {
        let is_too_new = is_too_new(error);
        let code =
            if is_too_new { FailureCode::FormatTooNew } else { FailureCode::RecordMalformed };
        let detail = error.to_string();
        if let Some(last) = self.last {
            let seq = last.seq.next();
            self.step(Link { place, seq, ts_us: last.ts_us, tip: next_tip(bytes, &last.tip) });
            if is_too_new || self.range.contains(seq) {
                self.failures.push(Failure { code, place, seq, detail });
            }
        } else {
            self.leading.push(Unreadable { place, code, detail, bytes: bytes.to_vec() });
        }
    }
}

/// Checks that a record follows `last`; the failures, if any.
#[inline]
pub(super) fn check_link(
    last: &Link,
    place: Place,
    seq: Seq,
    ts_us: u64,
    prev_hash: &Digest,
) -> Option<Vec<Failure>> {
    if seq == last.seq.next() && *prev_hash == last.tip && ts_us >= last.ts_us {
        return None;
    }
    let mut failures = Vec::new();
    let mut fail = |code, detail| failures.push(Failure { code, place, seq, detail });
    if seq != last.seq.next() {
        let expected = last.seq.next();
        fail(FailureCode::SeqGap, format!("expected seq {expected}, found {seq}"));
    }
    if *prev_hash != last.tip {
        let detail = format!("its prevHash is {prev_hash}, the tip before it {}", last.tip);
        fail(FailureCode::ChainBroken, detail);
    }
    if ts_us < last.ts_us {
        let detail =
            format!("its time {ts_us} us lies before the previous record's {}", last.ts_us);
        fail(FailureCode::TimeReversed, detail);
    }
    Some(failures)
}
