//! Joins runs of records, in order, into the verdict over a shard.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::control::{Control, ControlRecord};
use super::failure::{Failure, FailureCode};
use super::keyring::Keyring;
use super::run::{Counted, Event, EventKind, KeyWindow, Link, RunSummary, Unreadable, check_link};
use super::settlement::Settlement;
use super::tally::Tally;
use super::tip::next_tip;
use super::trail::{Step, Trail};
use crate::frame::{Place, SegmentNumber};
use crate::hash::Digest;
use crate::keys::{
    self, Certificate, KeyTables, PublicKey, ShardId, Signature, Signed, VerifyingKey,
    signature_message,
};
use crate::limits::GENESIS_HASH;
use crate::{Seq, SeqRange};

/// A signature that is still to be verified: the costly part, to be done on any thread.
#[derive(Clone, Debug)]
pub struct PendingSignature {
    step: Step,
    key: VerifyingKey,
    message: Message,
    signature: Signature,
}

#[derive(Clone, Debug)]
enum Message {
    /// Of a signature record.
    Tip(Digest),
    /// Of a settlement: its signed bytes.
    Settlement(Vec<u8>),
}

impl PendingSignature {
    /// Whether it holds. `tables` are the calling thread's own, for all that it verifies.
    pub fn holds(&self, tables: &mut KeyTables) -> bool {
        let Signed { key, message, signature } = self.signed();
        tables.verify(key, message, signature).is_ok()
    }

    /// What is to be verified, for [`KeyTables::hold_each`].
    pub fn signed(&self) -> Signed<'_> {
        let message = match &self.message {
            Message::Tip(digest) => digest.as_bytes().as_slice(),
            Message::Settlement(bytes) => bytes,
        };
        Signed { key: &self.key, message, signature: &self.signature }
    }
}

/// What a shard holds, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The shard, once a certificate has told it.
    pub shard_id: Option<ShardId>,
    /// All records.
    pub records: u64,
    /// Entries.
    pub entries: u64,
    /// Signature records.
    pub signatures: u64,
    /// Settlement records.
    pub settlements: u64,
    /// Those whose roots and sums were all held against their records: 0 from an [`Auditor`] by
    /// itself, since the settlement room does that.
    pub settlements_checked: u64,
    /// The last record's seq; `None` if there is none.
    pub last_seq: Option<Seq>,
    /// Chain tip after the last record.
    pub tip: Digest,
    /// Records behind the last signature that counts.
    pub unsigned_tail: u64,
    /// What failed, in order of place: the first
    /// [`MAX_LISTED_FAILURES`](crate::limits::MAX_LISTED_FAILURES).
    pub failures: Vec<Failure>,
    /// How many failures there are.
    pub failures_total: u64,
}

/// Takes runs in order and checks what crosses them: the chain, the keys, the settlements.
///
/// Memory: a few bytes for each signature, and what the listed failures take.
#[derive(Debug)]
pub struct Auditor {
    trusted: PublicKey,
    keyring: Option<Keyring>,
    last: Option<Link>,
    trails: Vec<(PublicKey, Trail)>,
    /// First record of the next batch; `None` when the audit starts inside one.
    window_from: Option<Seq>,
    /// Entries since `window_from`.
    window_entries: u64,
    /// First and last record that the report counts.
    counted_first: Option<Seq>,
    counted_last: Option<Link>,
    /// Damage with no record behind it so far.
    open_damage: Vec<Failure>,
    tally: Tally,
    /// Whether it was told that no key is active, since one was.
    is_keyless: bool,
    report: AuditReport,
}

impl Auditor {
    /// An audit from record 0 on, against the operator key that the caller trusts.
    pub const fn new(trusted: PublicKey) -> Self {
        Self::with_range(trusted, SeqRange::ALL)
    }

    /// An audit that must be shown the whole log too, for its keys and its chain, but counts and
    /// reports on the records of `range` only.
    ///
    /// The report then has the failures that concern a record of the range: those of the record
    /// itself, gaps that hold one of its seqs, key documents before its end that do not hold, and
    /// that the format is too new. `last_seq` and `tip` are those of the last record in the
    /// range. The runs are to be made by [`check_run_in`](super::check_run_in) with this range.
    pub const fn with_range(trusted: PublicKey, range: SeqRange) -> Self {
        Self {
            trusted,
            keyring: None,
            last: None,
            trails: Vec::new(),
            window_from: Some(Seq::FIRST),
            window_entries: 0,
            counted_first: None,
            counted_last: None,
            open_damage: Vec::new(),
            tally: Tally::new(range),
            is_keyless: false,
            report: AuditReport {
                shard_id: None,
                records: 0,
                entries: 0,
                signatures: 0,
                settlements: 0,
                settlements_checked: 0,
                last_seq: None,
                tip: GENESIS_HASH,
                unsigned_tail: 0,
                failures: Vec::new(),
                failures_total: 0,
            },
        }
    }

    /// The window the next run is to be checked under.
    pub fn key_window(&self) -> Option<KeyWindow> {
        let active = self.keyring.as_ref()?.active()?;
        Some(KeyWindow::from(&active.certificate))
    }

    /// The seq that comes next.
    pub fn next_seq(&self) -> Seq {
        self.last.map_or(Seq::FIRST, |last| last.seq.next())
    }

    /// The keys seen so far.
    pub const fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_ref()
    }

    /// Failures found so far, as many as are listed, in no order.
    pub fn failures(&self) -> &[Failure] {
        self.tally.listed()
    }

    /// How many failures have been found so far.
    pub const fn failures_total(&self) -> u64 {
        self.tally.total()
    }

    /// Whether a certificate of a newer format was met: what follows cannot be judged.
    pub const fn has_stopped(&self) -> bool {
        self.tally.has_too_new()
    }

    /// Reports a failed check of the caller's own, if its record lies in the range.
    pub fn tell(&mut self, failure: Failure) {
        self.tally.push(failure);
    }

    /// Reports damage that the caller met between runs.
    pub fn fail(&mut self, code: FailureCode, place: Place, detail: String) {
        let seq = self.next_seq();
        self.tally.push(Failure { code, place, seq, detail });
    }

    /// Reports damage that hides records, such as a broken frame or a missing segment. The next
    /// record is then taken on trust where it leaves out seqs: its `prevHash` cannot be checked.
    pub fn pass_damage(&mut self, code: FailureCode, place: Place, detail: String) {
        let seq = self.next_seq();
        self.open_damage.push(Failure { code, place, seq, detail });
    }

    /// Takes a run that was checked under [`Auditor::key_window`]; the signatures to verify.
    ///
    /// Each must come back through [`Auditor::judge`] before [`Auditor::finish`].
    ///
    /// Once [`Auditor::has_stopped`] it takes nothing more.
    pub fn absorb(&mut self, mut run: RunSummary) -> Vec<PendingSignature> {
        if self.has_stopped() {
            return Vec::new();
        }
        for frame in run.leading.drain(..) {
            self.pass_over(frame);
        }
        self.join(&run);
        for failure in run.failures {
            self.tally.take(failure);
        }
        let had_told = self.is_keyless;
        self.is_keyless = run.window.is_none() && (had_told || run.keyless.is_some());
        if let Some(failure) = run.keyless.filter(|_| !had_told) {
            self.tally.take(failure);
        }
        let mut pending = Vec::new();
        // Entries of the open window: carried into this run, and counted in it from `from` on.
        let (mut carried, mut from) = (self.window_entries, 0);
        for event in &run.events {
            let in_run = event.entries_before.saturating_sub(from);
            self.window_entries = carried.saturating_add(in_run);
            if self.take_event(event, &mut pending) {
                (carried, from) = (0, event.entries_before);
            }
        }
        self.window_entries = carried.saturating_add(run.entries.saturating_sub(from));
        let Counted { records, entries, first_seq, last } = run.counted;
        self.report.entries = self.report.entries.saturating_add(entries);
        self.report.records = self.report.records.saturating_add(records);
        self.counted_first = self.counted_first.or(first_seq);
        self.counted_last = last.or(self.counted_last);
        self.last = run.last.or(self.last);
        pending
    }

    /// Takes the verdict over a signature.
    pub fn judge(&mut self, pending: &PendingSignature, holds: bool) {
        if holds {
            let key = pending.key.public_key();
            if let Some((_, trail)) = self.trails.iter_mut().find(|(of, _)| *of == key) {
                trail.push(pending.step);
            } else {
                let mut trail = Trail::default();
                trail.push(pending.step);
                self.trails.push((key, trail));
            }
            return;
        }
        let code = if pending.step.is_settlement {
            FailureCode::SettlementSignature
        } else {
            FailureCode::SignatureInvalid
        };
        let detail = format!("the signature by key {} does not hold", pending.key.public_key());
        let Step { seq, place, .. } = pending.step;
        self.tally.push(Failure { code, place, seq, detail });
    }

    /// Ends the audit: takes back the signatures of compromised keys and counts what no other
    /// signature covers.
    ///
    /// Does not prove that the shard is complete: a log cut behind any signature passes, and only
    /// somebody who knows a later settlement or receipt can tell.
    pub fn finish(mut self) -> AuditReport {
        let mut covered: Option<Seq> = None;
        for (key, trail) in &self.trails {
            let compromised =
                self.keyring.as_ref().and_then(|keyring| keyring.compromised_from(key));
            for Step { seq, place, is_settlement } in trail.steps() {
                if let Some(from) = compromised.filter(|from| seq >= *from) {
                    let detail = format!("key {key} is compromised from seq {from} on");
                    let code = FailureCode::KeyCompromised;
                    self.tally.push(Failure { code, place, seq, detail });
                } else if !is_settlement {
                    covered = covered.max(Some(seq));
                }
            }
        }
        self.close_damage(Seq(u64::MAX));
        if self.last.is_none() && self.tally.total() == 0 {
            let (code, seq) = (FailureCode::CertificateMissing, Seq::FIRST);
            let place = Place { segment: SegmentNumber::FIRST, offset: 0 };
            let detail = "the log holds no record".to_string();
            self.tally.take(Failure { code, place, seq, detail });
        }
        if let Some(last) = self.counted_last {
            self.report.last_seq = Some(last.seq);
            self.report.tip = last.tip;
            let from = covered.max(self.counted_first.and_then(Seq::previous));
            self.report.unsigned_tail = match from {
                Some(seq) => last.seq.0.saturating_sub(seq.0),
                None => last.seq.0.saturating_add(1),
            };
        }
        // Runs report in turns, each kind of check for itself; the order within a record stays.
        (self.report.failures, self.report.failures_total) = self.tally.finish();
        self.report
    }

    /// A frame without a record takes a seq and a step of the chain.
    fn pass_over(&mut self, frame: Unreadable) {
        let Unreadable { place, code, detail, bytes } = frame;
        let seq = self.next_seq();
        let (ts_us, tip) = self.last.map_or((0, GENESIS_HASH), |last| (last.ts_us, last.tip));
        let link = Link { place, seq, ts_us, tip: next_tip(&bytes, &tip) };
        self.last = Some(link);
        if self.tally.range().contains(seq) {
            self.report.records = self.report.records.saturating_add(1);
            self.counted_first.get_or_insert(seq);
            self.counted_last = Some(link);
        }
        self.tally.push(Failure { code, place, seq, detail });
    }

    fn join(&mut self, run: &RunSummary) {
        let Some(first) = run.first else { return };
        let is_on_trust = self.close_damage(first.seq);
        let Some(last) = &self.last else {
            self.check_start(&first, run.starts_with_certificate());
            return;
        };
        let expected = last.seq.next();
        let failures = check_link(last, first.place, first.seq, first.ts_us, &first.tip);
        let is_gap = is_on_trust && first.seq > expected;
        for failure in failures.into_iter().flatten() {
            // Behind lost records neither the tip nor the entries of the batch are known.
            if !(is_gap && failure.code == FailureCode::ChainBroken) {
                self.tally.push_span(failure, expected.min(first.seq), expected.max(first.seq));
            }
        }
        if is_gap {
            self.window_from = None;
        }
    }

    /// Reports the damage before the record of this seq; whether there was any.
    fn close_damage(&mut self, next: Seq) -> bool {
        let is_damaged = !self.open_damage.is_empty();
        for failure in self.open_damage.drain(..) {
            let (from, to) = (failure.seq.min(next), failure.seq.max(next));
            self.tally.push_span(failure, from, to);
        }
        is_damaged
    }

    fn check_start(&mut self, first: &Link, is_certificate: bool) {
        let Link { place, seq, .. } = *first;
        let mut fail = |code, detail: String| {
            self.tally.push_span(Failure { code, place, seq, detail }, Seq::FIRST, seq);
        };
        if seq != Seq::FIRST || first.tip != GENESIS_HASH {
            let detail = "the log must start at seq 0 with a prevHash of zeros".to_string();
            fail(FailureCode::SeqGap, detail);
        }
        if !is_certificate {
            let detail = "record 0 must be a PROCESS_KEY_CERT".to_string();
            fail(FailureCode::CertificateMissing, detail);
        }
    }

    /// Handles one control record; whether it closed a batch.
    fn take_event(&mut self, event: &Event, pending: &mut Vec<PendingSignature>) -> bool {
        let bytes = match &event.kind {
            EventKind::Signature(envelope) => {
                self.report.signatures = self.report.signatures.saturating_add(self.weight(event));
                let covered = event.seq.previous().unwrap_or_default();
                let by = envelope.fingerprint;
                if let Some((shard_id, key)) = self.active_if(|key| key.fingerprint() == by) {
                    let message = signature_message(&shard_id, covered, &event.prev_hash, &by);
                    pending.push(PendingSignature {
                        step: event.step(false),
                        key,
                        message: Message::Tip(message),
                        signature: envelope.signature,
                    });
                } else {
                    self.fail_at(event, FailureCode::InactiveKey, format!("signed by {by}"));
                }
                return false;
            }
            EventKind::Other(bytes) => bytes,
        };
        // The run decoded these very bytes.
        let Ok(ControlRecord { body, .. }) = ControlRecord::decode(bytes) else { return false };
        match body {
            Control::Certificate(certificate) => self.certify(event, &certificate),
            Control::Revocation(revocation) => {
                let verdict = self.keyring.as_mut().map(|ring| ring.revoke(event.seq, &revocation));
                let detail = match verdict {
                    Some(Ok(true)) => return false,
                    Some(Err(error)) => error.to_string(),
                    _ => format!("key {} was never certified", revocation.public_key),
                };
                self.fail_key(event, FailureCode::RevocationInvalid, detail);
            }
            Control::Settlement(settlement) => {
                self.settlement(event, &settlement, pending);
                return true;
            }
            Control::Signature(_) | Control::DisputeResolution(_) => {}
        }
        false
    }

    fn certify(&mut self, event: &Event, certificate: &Certificate) {
        let shard_id = *self.report.shard_id.get_or_insert(certificate.shard_id);
        if certificate.shard_id != shard_id {
            let detail = format!("it is for shard {}, this is {shard_id}", certificate.shard_id);
            self.fail_key(event, FailureCode::WrongShard, detail);
            return;
        }
        let keyring = self.keyring.get_or_insert_with(|| Keyring::new(shard_id, self.trusted));
        if let Err(error) = keyring.certify(event.seq, certificate) {
            let code = match error {
                keys::Error::WrongOperatorKey { .. } => FailureCode::WrongOperatorKey,
                keys::Error::FormatTooNew { .. } => FailureCode::FormatTooNew,
                _ => FailureCode::CertificateInvalid,
            };
            self.fail_key(event, code, error.to_string());
        }
    }

    fn settlement(
        &mut self,
        event: &Event,
        settlement: &Settlement<'_>,
        pending: &mut Vec<PendingSignature>,
    ) {
        self.report.settlements = self.report.settlements.saturating_add(self.weight(event));
        let (from, to) = (settlement.from_seq, settlement.to_seq);
        let starts_well = self.window_from.is_none_or(|expected| from == expected);
        if !starts_well || from > to || to.next() != event.seq {
            let expected = self.window_from.unwrap_or(from);
            let end = event.seq.previous().unwrap_or_default();
            let detail = format!("its range is {from} to {to}, expected {expected} to {end}");
            self.fail_at(event, FailureCode::SettlementRange, detail);
        }
        if settlement.tip_hash != event.prev_hash {
            let detail =
                format!("its tip is {}, the log's {}", settlement.tip_hash, event.prev_hash);
            self.fail_at(event, FailureCode::SettlementTip, detail);
        }
        let counted = self.window_from.is_some().then_some(self.window_entries);
        if let Some(entries) = counted.filter(|entries| *entries != settlement.entry_count) {
            let found = settlement.entry_count;
            let detail = format!("it counts {found} entries, its range holds {entries}");
            self.fail_at(event, FailureCode::SettlementEntryCount, detail);
        }
        self.window_from = Some(event.seq);
        let by = settlement.public_key;
        match self.active_if(|key| key.public_key() == by) {
            Some((shard_id, key)) => pending.push(PendingSignature {
                step: event.step(true),
                key,
                message: Message::Settlement(settlement.signed_bytes(shard_id)),
                signature: settlement.signature,
            }),
            None => self.fail_at(event, FailureCode::InactiveKey, format!("signed by {by}")),
        }
    }

    /// The active key, if it is the one that `is_it` accepts.
    fn active_if(&self, is_it: impl Fn(&VerifyingKey) -> bool) -> Option<(ShardId, VerifyingKey)> {
        let keyring = self.keyring.as_ref()?;
        let key = keyring.active()?.verifying_key;
        is_it(&key).then_some((keyring.shard_id(), key))
    }

    /// 1 for a record that the report counts, else 0.
    fn weight(&self, event: &Event) -> u64 {
        self.tally.range().contains(event.seq).into()
    }

    /// A key document that does not hold concerns everything behind it.
    fn fail_key(&mut self, event: &Event, code: FailureCode, detail: String) {
        let (place, seq) = (event.place, event.seq);
        self.tally.push_span(Failure { code, place, seq, detail }, seq, Seq(u64::MAX));
    }

    fn fail_at(&mut self, event: &Event, code: FailureCode, detail: String) {
        let (place, seq) = (event.place, event.seq);
        self.tally.push(Failure { code, place, seq, detail });
    }
}
