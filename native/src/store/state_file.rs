//! `state.json`: the resume point, a hint that is checked before it is used.
//!
//! It names a position that is durable in the log, and what opening would otherwise have to read
//! the whole log for. A file that is missing, torn, stale or another shard's costs a longer scan
//! and nothing else; an intact one of this shard that names a position the log does not reach is
//! proof of damage.

use countersign_core::Seq;
use countersign_core::chain::{KeyState, Keyring};
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::hash::{Blake3, Digest, blake3};
use countersign_core::keys::{Certificate, PublicKey, ShardId, Signature};
use countersign_core::merkle::{Frontier, TreeSize};
use countersign_core::recovery::{Mark, Position, Window};
use countersign_core::tags::STATE_SCHEMA_VERSION;
use serde::{Deserialize, Serialize};

/// Larger files are no state of ours: the keys of a century fit.
pub(super) const MAX_STATE_SIZE: usize = 8 * 1024 * 1024;

/// What `state.json` says.
#[derive(Clone, Debug)]
pub struct ShardState {
    /// The shard.
    pub shard_id: ShardId,
    /// The last record that was durable; `None` if the log was empty.
    pub last_seq: Option<Seq>,
    /// The chain tip there.
    pub tip: Digest,
    /// When it was written, milliseconds since the epoch.
    pub recovered_at_ms: u64,
    /// What resuming needs, where it is intact.
    pub resume: Option<Resume>,
}

/// From where a writer can go on without reading the log.
#[derive(Clone, Debug)]
pub struct Resume {
    /// The position.
    pub mark: Mark,
    /// The keys as of there.
    pub keyring: Keyring,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StateFile {
    schema_version: u64,
    shard_id: String,
    last_seq: String,
    tip_hash: String,
    recovered_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resume: Option<ResumeFile>,
    /// `H` of the `resume` member as it is written: a flipped bit in it must not be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ResumeFile {
    segment: u64,
    /// Where the next frame starts.
    offset: u64,
    /// Where the last frame starts.
    record_offset: u64,
    ts: String,
    window: WindowFile,
    frontier: Vec<String>,
    operator_public_key: String,
    keys: Vec<KeyFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WindowFile {
    from_seq: String,
    segment: u64,
    offset: u64,
    entries: String,
    first_entry_ts: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyFile {
    public_key: String,
    not_before_ms: u64,
    expires_at_ms: u64,
    operator_signature: String,
    format_version: u64,
    certified_at: String,
    revoked_at: Option<String>,
    compromised_from: Option<String>,
}

impl ShardState {
    /// The state behind `mark`, where all is durable.
    pub(super) fn new(mark: &Mark, keyring: &Keyring, now_ms: u64) -> Self {
        Self {
            shard_id: keyring.shard_id(),
            last_seq: Some(mark.position.seq),
            tip: mark.position.tip,
            recovered_at_ms: now_ms,
            resume: Some(Resume { mark: mark.clone(), keyring: keyring.clone() }),
        }
    }

    /// The file's bytes: JSON with an indent of two.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.to_file()).unwrap_or_default()
    }

    /// What `state.json` says, as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.to_file()).unwrap_or_default()
    }

    fn to_file(&self) -> StateFile {
        let resume = self.resume.as_ref().map(ResumeFile::new);
        let check = resume.as_ref().map(|resume| self.check_of(resume));
        StateFile {
            schema_version: STATE_SCHEMA_VERSION,
            shard_id: self.shard_id.to_string(),
            last_seq: self.last_seq.map_or_else(|| "-1".to_string(), |seq| seq.to_string()),
            tip_hash: self.tip.to_string(),
            recovered_at: self.recovered_at_ms,
            resume,
            check,
        }
    }

    /// Reads the file; `None` if it is torn, of another version or not a state at all.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let file: StateFile = serde_json::from_slice(bytes).ok()?;
        if file.schema_version != STATE_SCHEMA_VERSION {
            return None;
        }
        let last_seq = match file.last_seq.as_str() {
            "-1" => None,
            digits => Some(Seq(digits.parse().ok()?)),
        };
        let mut state = Self {
            shard_id: ShardId::parse(&file.shard_id)?,
            last_seq,
            tip: Digest::from_hex(&file.tip_hash)?,
            recovered_at_ms: file.recovered_at,
            resume: None,
        };
        match (file.resume, file.check) {
            (None, None) => {}
            // With a resume point comes a checksum over everything; without it nothing counts.
            (Some(resume), Some(check)) if check == state.check_of(&resume) => {
                state.resume = resume.read(&state);
            }
            _ => return None,
        }
        Some(state)
    }

    fn check_of(&self, resume: &ResumeFile) -> String {
        let seq = self.last_seq.map_or(0, |seq| seq.0.wrapping_add(1));
        let mut bytes = serde_json::to_vec(resume).unwrap_or_default();
        bytes.extend_from_slice(self.shard_id.as_bytes());
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(self.tip.as_bytes());
        blake3(&bytes).to_string()
    }
}

impl ResumeFile {
    fn new(resume: &Resume) -> Self {
        let Mark { position, window, frontier } = &resume.mark;
        Self {
            segment: position.end.segment.number(),
            offset: position.end.offset,
            record_offset: position.start.offset,
            ts: position.ts_us.to_string(),
            window: WindowFile {
                from_seq: window.from_seq.to_string(),
                segment: window.start.segment.number(),
                offset: window.start.offset,
                entries: window.entries.to_string(),
                first_entry_ts: window.first_entry_ts_us.map(|ts| ts.to_string()),
            },
            frontier: frontier.hashes().map(|hash| hash.to_string()).collect(),
            operator_public_key: resume.keyring.operator().to_string(),
            keys: resume.keyring.keys().iter().map(KeyFile::new).collect(),
        }
    }

    fn read(&self, state: &ShardState) -> Option<Resume> {
        let seq = state.last_seq?;
        let segment = SegmentNumber::new(self.segment)?;
        let position = Position {
            seq,
            tip: state.tip,
            ts_us: self.ts.parse().ok()?,
            start: Place { segment, offset: self.record_offset },
            end: Place { segment, offset: self.offset },
        };
        let first_entry_ts_us = match &self.window.first_entry_ts {
            Some(ts) => Some(ts.parse().ok()?),
            None => None,
        };
        let window = Window {
            from_seq: Seq(self.window.from_seq.parse().ok()?),
            start: Place {
                segment: SegmentNumber::new(self.window.segment)?,
                offset: self.window.offset,
            },
            entries: self.window.entries.parse().ok()?,
            first_entry_ts_us,
        };
        let hashes: Option<Vec<_>> =
            self.frontier.iter().map(|hash| Digest::from_hex(hash)).collect();
        let size = TreeSize::new(seq.0.checked_add(1)?).ok()?;
        let frontier = Frontier::<Blake3>::from_parts(size, hashes?).ok()?;
        let operator = PublicKey::from_hex(&self.operator_public_key)?;
        let mut keyring = Keyring::new(state.shard_id, operator);
        for key in &self.keys {
            let (certificate, certified_at, revoked_at, compromised_from) =
                key.read(state.shard_id, operator)?;
            keyring.restore(certificate, certified_at, revoked_at, compromised_from).ok()?;
        }
        Some(Resume { mark: Mark { position, window, frontier }, keyring })
    }
}

impl KeyFile {
    fn new(key: &KeyState) -> Self {
        let certificate = &key.certificate;
        Self {
            public_key: certificate.public_key.to_string(),
            not_before_ms: certificate.not_before_ms,
            expires_at_ms: certificate.expires_at_ms,
            operator_signature: certificate.operator_signature.to_string(),
            format_version: certificate.format_version,
            certified_at: key.certified_at.to_string(),
            revoked_at: key.revoked_at.map(|seq| seq.to_string()),
            compromised_from: key.compromised_from.map(|seq| seq.to_string()),
        }
    }

    fn read(
        &self,
        shard_id: ShardId,
        operator_public_key: PublicKey,
    ) -> Option<(Certificate, Seq, Option<Seq>, Option<Seq>)> {
        let seq = |text: &Option<String>| match text {
            Some(text) => text.parse().ok().map(|seq| Some(Seq(seq))),
            None => Some(None),
        };
        let certificate = Certificate {
            format_version: self.format_version,
            shard_id,
            public_key: PublicKey::from_hex(&self.public_key)?,
            not_before_ms: self.not_before_ms,
            expires_at_ms: self.expires_at_ms,
            operator_public_key,
            operator_signature: Signature::from_hex(&self.operator_signature)?,
        };
        let certified_at = Seq(self.certified_at.parse().ok()?);
        Some((certificate, certified_at, seq(&self.revoked_at)?, seq(&self.compromised_from)?))
    }
}
