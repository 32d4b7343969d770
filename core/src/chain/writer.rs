//! Makes records: the chain's state, and one step for each kind of record.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::control::{Control, ControlRecord, SigEnvelope};
use super::entry::{EntryLink, Operation, entry_link};
use super::error::RecordError;
use super::keyring::Keyring;
use super::record::Record;
use super::run::KeyWindow;
use super::sequencer::Sequencer;
use super::settlement::Settlement;
use super::tip::next_tip;
use crate::Seq;
use crate::hash::Digest;
use crate::keys::{
    self, Certificate, PublicKey, Revocation, ShardId, SigningKey, signature_message,
};
use crate::limits::{GENESIS_HASH, MAX_RECORD_SIZE};

/// Why a record was not made. The chain is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainError {
    /// A field is out of its limits.
    Record(RecordError),
    /// A key document does not hold.
    Key(keys::Error),
    /// No process key is certified and unrevoked.
    NoActiveKey,
    /// The active key's validity has ended.
    ProcessKeyExpired {
        /// When, milliseconds since the epoch.
        expires_at_ms: u64,
        /// The time of the attempt.
        now_ms: u64,
    },
    /// The active key's validity has not begun.
    ProcessKeyNotYetValid {
        /// When it begins, milliseconds since the epoch.
        not_before_ms: u64,
        /// The time of the attempt.
        now_ms: u64,
    },
    /// The key at hand is not the active one.
    WrongProcessKey {
        /// The active key.
        active: PublicKey,
        /// The key at hand.
        found: PublicKey,
    },
    /// The certificate is for another shard.
    WrongShard {
        /// This shard.
        expected: ShardId,
        /// The certificate's.
        found: ShardId,
    },
    /// The revoked key was never certified in this shard.
    UnknownKey(PublicKey),
    /// Given bytes do not continue the chain.
    NotNext {
        /// The seq that comes next.
        expected: Seq,
        /// The seq of the given record.
        found: Seq,
    },
}

impl ChainError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Record(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::NoActiveKey => "process-key-revoked",
            Self::ProcessKeyExpired { .. } => "process-key-expired",
            Self::ProcessKeyNotYetValid { .. } => "process-key-not-yet-valid",
            Self::WrongProcessKey { .. } => "wrong-process-key",
            Self::WrongShard { .. } => "wrong-shard",
            Self::UnknownKey(_) => "unknown-key",
            Self::NotNext { .. } => "not-next",
        }
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::NoActiveKey => f.write_str(
                "the shard's process key has been revoked; certify a new one with `key certify`",
            ),
            Self::ProcessKeyExpired { expires_at_ms, now_ms } => write!(
                f,
                "the process key expired at {expires_at_ms} ms and it is {now_ms} ms; \
                 certify or rotate the key"
            ),
            Self::ProcessKeyNotYetValid { not_before_ms, now_ms } => write!(
                f,
                "the process key is valid from {not_before_ms} ms on and it is {now_ms} ms; \
                 check the clock"
            ),
            Self::WrongProcessKey { active, found } => {
                write!(f, "the shard's active process key is {active}, not {found}")
            }
            Self::WrongShard { expected, found } => {
                write!(f, "the certificate is for shard {found}, this is {expected}")
            }
            Self::UnknownKey(key) => write!(f, "key {key} was never certified in this shard"),
            Self::NotNext { expected, found } => {
                write!(f, "record {found} does not follow: {expected} comes next")
            }
        }
    }
}

impl core::error::Error for ChainError {}

impl From<RecordError> for ChainError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<keys::Error> for ChainError {
    fn from(error: keys::Error) -> Self {
        Self::Key(error)
    }
}

/// The end of a shard's chain, ready for the next record.
///
/// Every method appends one record's CBOR to `out` and moves on, or fails and changes neither.
/// Times are microseconds since the epoch; one that lies before the last record's counts as that
/// one's, so a clock that goes back stands still. Cloning is cheap: the state is small and the
/// keys are shared until they change, so a caller can keep the state of before and go back to it.
#[derive(Clone, Debug)]
pub struct ChainWriter {
    next_seq: Seq,
    tip: Digest,
    last_ts_us: u64,
    unsigned_entries: u32,
    unsigned_records: u32,
    shard_id: ShardId,
    keyring: Option<Arc<Keyring>>,
}

impl ChainWriter {
    /// The start of an empty shard; the first record must be a certificate.
    pub const fn new(shard_id: ShardId) -> Self {
        Self {
            next_seq: Seq::FIRST,
            tip: GENESIS_HASH,
            last_ts_us: 0,
            unsigned_entries: 0,
            unsigned_records: 0,
            shard_id,
            keyring: None,
        }
    }

    /// Goes on behind a record that is followed by nothing and covered by a signature record, or
    /// is one itself.
    pub fn resume(keyring: Keyring, next_seq: Seq, tip: Digest, last_ts_us: u64) -> Self {
        Self {
            next_seq,
            tip,
            last_ts_us,
            unsigned_entries: 0,
            unsigned_records: 0,
            shard_id: keyring.shard_id(),
            keyring: Some(Arc::new(keyring)),
        }
    }

    /// The seq of the next record.
    #[inline]
    pub const fn next_seq(&self) -> Seq {
        self.next_seq
    }

    /// The chain tip: after the last record, or the genesis hash.
    #[inline]
    pub const fn tip(&self) -> Digest {
        self.tip
    }

    /// Time of the last record, microseconds since the epoch.
    pub const fn last_ts_us(&self) -> u64 {
        self.last_ts_us
    }

    /// Entries since the last signature record: what the cadence counts.
    #[inline]
    pub const fn unsigned_entries(&self) -> u32 {
        self.unsigned_entries
    }

    /// Records of any kind since the last signature record.
    #[inline]
    pub const fn unsigned_records(&self) -> u32 {
        self.unsigned_records
    }

    /// The shard.
    pub const fn shard_id(&self) -> ShardId {
        self.shard_id
    }

    /// The keys; `None` before the first certificate.
    pub fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_deref()
    }

    /// The active key's certificate.
    pub fn active(&self) -> Option<&Certificate> {
        self.keyring.as_ref()?.active().map(|key| &key.certificate)
    }

    /// The front half of this chain, to accept what comes next.
    pub fn sequencer(&self) -> Sequencer {
        Sequencer::new(self.next_seq, self.last_ts_us, self.active().map(KeyWindow::from))
    }

    /// Whether an entry may be appended at this time.
    pub fn check_key(&self, ts_us: u64) -> Result<(), ChainError> {
        self.sequencer().check_key(ts_us)
    }

    /// Appends an entry; its seq.
    pub fn append(
        &mut self,
        out: &mut Vec<u8>,
        ts_us: u64,
        operation: &Operation<'_>,
    ) -> Result<Seq, ChainError> {
        let start = out.len();
        let seq = self.sequencer().append(out, ts_us, operation)?;
        self.link(out.get_mut(start..).unwrap_or_default())?;
        Ok(seq)
    }

    /// Puts the next entry, made by this chain's [`Sequencer`], into the chain: writes its
    /// `prevHash` and moves the tip.
    ///
    /// # Errors
    /// [`ChainError::NotNext`] if another record comes next. Nothing is changed then.
    #[inline]
    pub fn link(&mut self, entry: &mut [u8]) -> Result<Seq, ChainError> {
        let EntryLink { seq, ts_us, prev_hash_at } = entry_link(entry)?;
        if seq != self.next_seq || ts_us < self.last_ts_us {
            return Err(ChainError::NotNext { expected: self.next_seq, found: seq });
        }
        if let Some(room) = entry.get_mut(prev_hash_at..).and_then(<[u8]>::first_chunk_mut) {
            *room = *self.tip.as_bytes();
        }
        self.tip = next_tip(entry, &self.tip);
        self.next_seq = seq.next();
        self.last_ts_us = ts_us;
        self.unsigned_entries = self.unsigned_entries.saturating_add(1);
        self.unsigned_records = self.unsigned_records.saturating_add(1);
        Ok(seq)
    }

    /// Appends a signature by `key`, which must be the active one, over everything before it.
    ///
    /// A signature that seals entries accepted in time is dated inside the key's validity even if
    /// the clock has just passed its end.
    pub fn sign(
        &mut self,
        out: &mut Vec<u8>,
        ts_us: u64,
        key: &SigningKey,
    ) -> Result<Seq, ChainError> {
        let active = self.check_signer(key.public_key())?;
        let ts_us = ts_us.min(KeyWindow::from(active).latest_us());
        self.check_key(ts_us)?;
        let seq = self.next_seq;
        let covered = seq.previous().unwrap_or_default();
        let message = signature_message(&self.shard_id, covered, &self.tip, &key.fingerprint());
        let signature = key.sign(message.as_bytes());
        let envelope = SigEnvelope { fingerprint: key.fingerprint(), signature };
        self.control(out, ts_us, &Control::Signature(envelope));
        self.unsigned_entries = 0;
        self.unsigned_records = 0;
        Ok(seq)
    }

    /// Appends a certificate, which must hold for this shard and, after the first, this operator.
    pub fn certify(
        &mut self,
        out: &mut Vec<u8>,
        ts_us: u64,
        certificate: &Certificate,
    ) -> Result<Seq, ChainError> {
        if certificate.shard_id != self.shard_id {
            let (expected, found) = (self.shard_id, certificate.shard_id);
            return Err(ChainError::WrongShard { expected, found });
        }
        let mut keyring = self.keyring.clone().unwrap_or_else(|| {
            Arc::new(Keyring::new(self.shard_id, certificate.operator_public_key))
        });
        Arc::make_mut(&mut keyring).certify(self.next_seq, certificate)?;
        self.keyring = Some(keyring);
        Ok(self.control(out, ts_us, &Control::Certificate(*certificate)))
    }

    /// Appends a revocation of a key of this shard.
    pub fn revoke(
        &mut self,
        out: &mut Vec<u8>,
        ts_us: u64,
        revocation: &Revocation,
    ) -> Result<Seq, ChainError> {
        let mut keyring = self.keyring.clone().ok_or(ChainError::NoActiveKey)?;
        if !Arc::make_mut(&mut keyring).revoke(self.next_seq, revocation)? {
            return Err(ChainError::UnknownKey(revocation.public_key));
        }
        self.keyring = Some(keyring);
        Ok(self.control(out, ts_us, &Control::Revocation(*revocation)))
    }

    /// Appends a settlement by the active key of everything up to the last record.
    ///
    /// Roots, deltas and the signature are taken as made; `settlement` is the room that makes them.
    ///
    /// # Errors
    /// [`ChainError::WrongProcessKey`] if another key is active, those of
    /// [`ChainWriter::check_key`], [`ChainError::NotNext`] if the settlement does not end at the
    /// last record, and [`RecordError::TooLarge`] if its deltas do not fit a record.
    pub fn settle(
        &mut self,
        out: &mut Vec<u8>,
        ts_us: u64,
        settlement: &Settlement<'_>,
    ) -> Result<Seq, ChainError> {
        self.check_signer(settlement.public_key)?;
        self.check_key(ts_us)?;
        let found = settlement.to_seq.next();
        let is_next = found == self.next_seq && settlement.tip_hash == self.tip;
        if !is_next || settlement.from_seq > settlement.to_seq {
            return Err(ChainError::NotNext { expected: self.next_seq, found });
        }
        let ts_us = ts_us.max(self.last_ts_us);
        let body = Control::Settlement(*settlement);
        let start = out.len();
        let seq = self.next_seq;
        ControlRecord { seq, prev_hash: self.tip, ts_us, body }.encode(out);
        let size = out.len().saturating_sub(start);
        if size > MAX_RECORD_SIZE {
            out.truncate(start);
            return Err(RecordError::TooLarge { size }.into());
        }
        self.step(out, start, ts_us);
        Ok(seq)
    }

    /// The active key's certificate, if `found` is that key.
    fn check_signer(&self, found: PublicKey) -> Result<&Certificate, ChainError> {
        let active = self.active().ok_or(ChainError::NoActiveKey)?;
        if active.public_key != found {
            return Err(ChainError::WrongProcessKey { active: active.public_key, found });
        }
        Ok(active)
    }

    /// Appends a settlement or dispute resolution that is encoded already, time included.
    ///
    /// # Errors
    /// [`ChainError::NotNext`] if it does not follow the last record.
    pub fn append_encoded(&mut self, out: &mut Vec<u8>, bytes: &[u8]) -> Result<Seq, ChainError> {
        if bytes.len() > MAX_RECORD_SIZE {
            return Err(RecordError::TooLarge { size: bytes.len() }.into());
        }
        let record = Record::decode(bytes)?;
        let follows = record.seq() == self.next_seq && *record.prev_hash() == self.tip;
        if !follows || record.ts_us() < self.last_ts_us {
            return Err(ChainError::NotNext { expected: self.next_seq, found: record.seq() });
        }
        if !matches!(record.control(), Some(Control::Settlement(_) | Control::DisputeResolution(_)))
        {
            let (field, rule) = ("kind", "must be a settlement or a dispute resolution here");
            return Err(RecordError::Rule { field, rule }.into());
        }
        let start = out.len();
        out.extend_from_slice(bytes);
        self.step(out, start, record.ts_us());
        Ok(record.seq())
    }

    fn control(&mut self, out: &mut Vec<u8>, ts_us: u64, body: &Control<'_>) -> Seq {
        let ts_us = ts_us.max(self.last_ts_us);
        let seq = self.next_seq;
        let start = out.len();
        ControlRecord { seq, prev_hash: self.tip, ts_us, body: *body }.encode(out);
        self.step(out, start, ts_us);
        seq
    }

    /// Moves the tip over the record that was just appended to `out` at `start`.
    #[inline]
    fn step(&mut self, out: &[u8], start: usize, ts_us: u64) {
        self.tip = next_tip(out.get(start..).unwrap_or_default(), &self.tip);
        self.next_seq = self.next_seq.next();
        self.last_ts_us = ts_us;
        self.unsigned_records = self.unsigned_records.saturating_add(1);
    }
}
