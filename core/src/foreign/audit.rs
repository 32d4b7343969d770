//! A whole shard: the log, the signatures beside it, and the batches settled from it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::actions::KeyAction;
use super::batches::{Batches, Checked};
use super::failure::{Failures, ForeignCode, ForeignFailure, ForeignFile};
use super::keyring::ForeignKeys;
use super::link::{Before, Link, check_first_key, check_link};
use super::names::BatchName;
use super::record::{ForeignRecord, foreign_tip};
use super::signatures::Signatures;
use super::state::ForeignState;
use crate::chain::FailureCode;
use crate::frame::{Place, SegmentNumber};
use crate::hash::Digest;
use crate::keys::{PublicKey, VerifyingKey};
use crate::limits::{GENESIS_HASH, MAX_SIGNING_CADENCE};
use crate::{Seq, SeqRange};

/// What a shard of this layout holds, and what of it fails.
#[derive(Clone, Debug)]
pub struct ForeignAudit {
    /// The keys it was checked with.
    pub keys: ForeignKeys,
    /// Records of the range.
    pub records: u64,
    /// Whole entries of the sidecar, repeated ones included.
    pub signatures: u64,
    /// Those of them that hold, by a trusted key.
    pub signatures_held: u64,
    /// Bytes of a torn entry, or of zeros, at the end of the sidecar: no failure.
    pub torn_sidecar_bytes: u64,
    /// Settlements whose root, tip and sums are those of the log.
    pub settlements: u64,
    /// Indexes that are over the log's records.
    pub indexes: u64,
    /// Indexes without a settlement that overlap another batch, as a failed flush leaves them. They
    /// do not contradict themselves; against the log they are not checked.
    pub indexes_unchecked: u64,
    /// Records that no settlement covers.
    pub unsettled: u64,
    /// The last record of the range; `None` if there is none.
    pub last_seq: Option<Seq>,
    /// The chain tip after it.
    pub tip: Digest,
    /// The last record that a signature that holds covers.
    pub signed_seq: Option<Seq>,
    /// Records behind that, up to the last one of the range.
    pub unsigned_tail: u64,
    /// The first failures found: [`MAX_LISTED_FAILURES`](crate::limits::MAX_LISTED_FAILURES).
    pub failures: Vec<ForeignFailure>,
    /// How many there are.
    pub failures_total: u64,
}

impl ForeignAudit {
    /// Whether nothing failed and there was a key to check signatures with. Without one, everybody
    /// could have written the log.
    pub const fn is_valid(&self) -> bool {
        self.failures_total == 0 && !self.keys.is_empty()
    }
}

/// Checks a shard record by record.
///
/// Give it what stands beside the log first, then every frame in order:
/// [`take_key_actions`](Self::take_key_actions), [`take_state`](Self::take_state),
/// [`take_sidecar`](Self::take_sidecar), [`take_settlement`](Self::take_settlement),
/// [`take_index`](Self::take_index), then [`push`](Self::push) and
/// [`pass_damage`](Self::pass_damage), and at the end [`finish`](Self::finish).
///
/// Memory: the sidecar's entries, the settlements' sums, and what the listed failures take.
#[derive(Debug)]
pub struct ForeignAuditor {
    keys: ForeignKeys,
    failures: Failures,
    state: Option<ForeignState>,
    signatures: Signatures,
    batches: Batches,
    before: Before,
    records: u64,
    /// The last record of the range, and the tip after it.
    counted: Option<(Seq, Digest)>,
    first_counted: Option<Seq>,
    /// A position that the caller wants to be in the log, and whether it is.
    awaited: Option<(Seq, Digest)>,
    has_awaited: bool,
}

impl ForeignAuditor {
    /// Over all records, with the keys that the caller trusts as they are.
    pub fn new(keys: ForeignKeys) -> Self {
        Self::with_range(keys, SeqRange::ALL)
    }

    /// As [`ForeignAuditor::new`]; reports on these records only, but needs all of them.
    pub fn with_range(keys: ForeignKeys, range: SeqRange) -> Self {
        Self {
            keys,
            failures: Failures::new(range),
            state: None,
            signatures: Signatures::default(),
            batches: Batches::default(),
            before: Before::Start,
            records: 0,
            counted: None,
            first_counted: None,
            awaited: None,
            has_awaited: false,
        }
    }

    /// Watches whether the log holds this record with this tip: see
    /// [`has_awaited`](Self::has_awaited).
    pub const fn await_tip(&mut self, seq: Seq, tip: Digest) {
        self.awaited = Some((seq, tip));
    }

    /// Whether it did.
    pub const fn has_awaited(&self) -> bool {
        self.has_awaited
    }

    /// Takes a process key on the caller's word. One under which forged signatures hold is a failure.
    pub fn trust(&mut self, public_key: &PublicKey) {
        if let Err(error) = self.keys.trust(public_key) {
            self.failures.take(ForeignFailure {
                code: FailureCode::CertificateInvalid.into(),
                file: ForeignFile::KeyActions,
                offset: 0,
                seq: Seq::FIRST,
                detail: error.to_string(),
            });
        }
    }

    /// Takes certificates and revocations by an operator key that the caller trusts. Those that do
    /// not hold change nothing and are failures.
    pub fn take_key_actions(&mut self, operator: &PublicKey, actions: &[KeyAction]) {
        let unpacked = VerifyingKey::new(operator);
        // A revocation may stand before the certificate of its key.
        for wants_certificates in [true, false] {
            for (index, action) in actions.iter().enumerate() {
                let verdict = match (action, wants_certificates, unpacked) {
                    (KeyAction::Certificate(certificate), true, Ok(operator)) => {
                        self.keys.certify(&operator, certificate)
                    }
                    (KeyAction::Revocation(revocation), false, Ok(operator)) => {
                        self.keys.revoke(&operator, revocation)
                    }
                    (_, true, Err(error)) => Err(error.into()),
                    _ => Ok(()),
                };
                let Err(error) = verdict else { continue };
                let code = match (error.code(), action) {
                    ("wrong-shard", _) => FailureCode::WrongShard,
                    (_, KeyAction::Certificate(_)) => FailureCode::CertificateInvalid,
                    (_, KeyAction::Revocation(_)) => FailureCode::RevocationInvalid,
                };
                self.failures.take(ForeignFailure {
                    code: code.into(),
                    file: ForeignFile::KeyActions,
                    offset: index as u64,
                    seq: Seq::FIRST,
                    detail: error.to_string(),
                });
            }
        }
    }

    /// Takes `state.json`.
    pub fn take_state(&mut self, bytes: &[u8]) {
        let expected = self.keys.shard_id();
        let (code, detail) = match ForeignState::read(bytes) {
            Ok(state) if state.shard_id == expected => {
                self.state = Some(state);
                return;
            }
            Ok(state) => {
                let detail = format!("it is of shard {}, this is {expected}", state.shard_id);
                (FailureCode::WrongShard.into(), detail)
            }
            Err(error) => (ForeignCode::StateMalformed, error.to_string()),
        };
        let file = ForeignFile::State;
        self.failures.take(ForeignFailure { code, file, offset: 0, seq: Seq::FIRST, detail });
    }

    /// Takes `sidecar.sigs`.
    pub fn take_sidecar(&mut self, bytes: &[u8]) {
        self.signatures.take(bytes, &mut self.failures);
    }

    /// Takes a settlement file, with the range that its name says.
    pub fn take_settlement(&mut self, name: BatchName, bytes: &[u8]) {
        self.batches.take_settlement(name, bytes, &mut self.failures);
    }

    /// Takes an index file, with the range that its name says.
    pub fn take_index(&mut self, name: BatchName, bytes: &[u8]) {
        self.batches.take_index(name, bytes, &mut self.failures);
    }

    /// The seq that comes next.
    pub fn next_seq(&self) -> Seq {
        self.before.next_seq()
    }

    /// Takes the next whole frame; the record in it, if it is one. Of the checks that concern it
    /// alone and its place in the chain the first that fails is reported.
    pub fn push<'a>(&mut self, place: Place, bytes: &'a [u8]) -> Option<ForeignRecord<'a>> {
        let tip = foreign_tip(bytes);
        let record = match ForeignRecord::decode(bytes) {
            Ok(record) => record,
            Err(error) => {
                // A frame without a record takes a seq and a step of the chain.
                let code = FailureCode::RecordMalformed.into();
                let (seq, ts_us) = (self.next_seq(), self.last_ts_us());
                self.failures.push(ForeignFailure::at(code, place, seq, error.to_string()));
                self.count(Link { seq, ts_us, tip });
                return None;
            }
        };
        let expected = self.next_seq();
        let keys = &self.keys;
        let signer = self.signatures.first_signer();
        let is_known = |named: &Digest| match (keys.is_empty(), signer) {
            (false, _) => keys.find(named).is_some(),
            (true, Some(signer)) => signer == *named,
            (true, None) => true,
        };
        let broken =
            check_link(self.before, &record).or_else(|| check_first_key(&record, is_known));
        if let Some((code, detail)) = broken {
            let seq = record.seq;
            let failure = ForeignFailure::at(code, place, seq, detail);
            self.failures.push_since(seq.min(expected), failure);
        }
        let link = Link { seq: record.seq, ts_us: record.ts_us, tip };
        self.count(link);
        self.batches.push(bytes, &link, &record, &mut self.failures);
        self.signatures.reach(&link, &self.keys, &mut self.failures);
        Some(record)
    }

    /// Reports damage that hides records, such as a broken frame or a missing segment. The next
    /// record is then taken on trust where it leaves out seqs.
    pub fn pass_damage(&mut self, code: FailureCode, place: Place, detail: String) {
        let seq = self.next_seq();
        // Which records it hides is not known before the next one is read.
        self.failures.take(ForeignFailure::at(code.into(), place, seq, detail));
        self.before = Before::Lost(seq.previous());
    }

    /// Ends the audit.
    ///
    /// Does not prove that the shard is complete: a log cut behind any signature, together with its
    /// sidecar, passes. Nor that no key was revoked that the caller does not know of; nor when
    /// anything was signed; nor who wrote a batch id or a time of confirmation, which nothing signs.
    pub fn finish(mut self) -> ForeignAudit {
        let last = match self.before {
            Before::Record(link) => Some(link.seq),
            Before::Start => None,
            Before::Lost(last) => last,
        };
        self.check_end(last);
        let held = self.signatures.finish(last, &mut self.failures);
        let Checked { settlements, indexes, unchecked, settled } =
            self.batches.finish(last, &mut self.failures);
        let (last_seq, tip) =
            self.counted.map_or((None, GENESIS_HASH), |(seq, tip)| (Some(seq), tip));
        let unsigned_tail = match (last_seq, held.signed_seq.max(self.before_range())) {
            (None, _) => 0,
            (Some(last), Some(signed)) => last.0.saturating_sub(signed.0),
            (Some(last), None) => last.0.saturating_add(1),
        };
        // The library signs at least so often. Without a key there is nothing to miss.
        let is_unsigned =
            held.signed_seq.is_none() || unsigned_tail > u64::from(MAX_SIGNING_CADENCE);
        if let (Some(seq), true, false) = (last_seq, is_unsigned, self.keys.is_empty()) {
            let detail = match held.signed_seq {
                None => "no signature by a trusted key holds over any record".to_string(),
                Some(signed) => format!("no signature covers what follows seq {signed}"),
            };
            let (file, code) = (ForeignFile::Sidecar, ForeignCode::SignatureMissing);
            self.failures.take(ForeignFailure { code, file, offset: held.end, seq, detail });
        }
        if last.is_none() && self.failures.total == 0 {
            let place = Place { segment: SegmentNumber::FIRST, offset: 0 };
            let (code, detail) = (ForeignCode::RangeEmpty, "the log holds no record".to_string());
            self.failures.take(ForeignFailure::at(code, place, Seq::FIRST, detail));
        }
        ForeignAudit {
            records: self.records,
            signatures: held.entries,
            signatures_held: held.good,
            torn_sidecar_bytes: held.torn,
            settlements,
            indexes,
            indexes_unchecked: unchecked,
            unsettled: last.map_or(0, |last| last.0.saturating_add(1)).saturating_sub(settled),
            last_seq,
            tip,
            signed_seq: held.signed_seq,
            unsigned_tail,
            failures: self.failures.listed,
            failures_total: self.failures.total,
            keys: self.keys,
        }
    }

    fn before_range(&self) -> Option<Seq> {
        self.first_counted.and_then(Seq::previous)
    }

    const fn last_ts_us(&self) -> u64 {
        match self.before {
            Before::Record(link) => link.ts_us,
            _ => 0,
        }
    }

    fn count(&mut self, link: Link) {
        self.before = Before::Record(link);
        self.has_awaited |= self.awaited == Some((link.seq, link.tip));
        let noted = self.state.filter(|state| state.last_seq == Some(link.seq));
        if let Some(state) = noted.filter(|state| state.tip != link.tip) {
            let detail = format!("it knows tip {}, the log has {}", state.tip, link.tip);
            self.fail_state(link.seq, detail);
        }
        if self.failures.range().contains(link.seq) {
            self.records = self.records.saturating_add(1);
            self.first_counted.get_or_insert(link.seq);
            self.counted = Some((link.seq, link.tip));
        }
    }

    /// Compares the log's end with the note of the last recovery.
    fn check_end(&mut self, last: Option<Seq>) {
        let Some(seq) = self.state.and_then(|state| state.last_seq) else { return };
        if last < Some(seq) {
            let end = last.map_or("is empty".into(), |last| format!("ends with seq {last}"));
            self.fail_state(seq, format!("it knows record {seq}, the log {end}"));
        }
    }

    fn fail_state(&mut self, seq: Seq, detail: String) {
        let (code, file) = (FailureCode::BeforeDurablePosition.into(), ForeignFile::State);
        self.failures.push(ForeignFailure { code, file, offset: 0, seq, detail });
    }
}
