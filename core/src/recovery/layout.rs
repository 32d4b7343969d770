//! What recovery must know about records: the same walk serves this format and the TypeScript
//! library's.

use crate::Seq;
use crate::chain::{Control, Keyring, Record};
use crate::hash::Digest;
use crate::keys::{self, Signature, VerifyingKey, signature_message};

/// What a record says about its place in the chain.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its seq.
    pub seq: Seq,
    /// The tip before it.
    pub prev_hash: Digest,
    /// The tip after it.
    pub tip: Digest,
    /// Its time, microseconds since the epoch.
    pub ts_us: u64,
    /// Whether it is an entry.
    pub is_entry: bool,
    /// Whether it closes a batch.
    pub is_settlement: bool,
    /// Whether it is a signature record, by whatever key.
    pub is_signature: bool,
    /// If it is a signature record by the key active before it: the signature, not verified yet.
    pub candidate: Option<Candidate>,
}

/// A signature that may vouch for everything before it.
#[derive(Clone, Debug)]
pub struct Candidate {
    key: VerifyingKey,
    message: Digest,
    signature: Signature,
}

impl Candidate {
    /// Whether the signature holds. About 30 microseconds.
    pub fn holds(&self) -> bool {
        self.key.verify(self.message.as_bytes(), &self.signature).is_ok()
    }
}

/// Reads records of one layout. Cloning keeps what it has learned so far; it happens where keys
/// change.
pub trait Layout: Clone {
    /// Reads a record without taking it in; `None` if the bytes are no record.
    fn peek(&self, bytes: &[u8]) -> Option<Seen>;
    /// Takes a record in that has been found to continue the chain.
    fn accept(&mut self, seen: &Seen, bytes: &[u8]);
    /// Whether a record may start with this byte.
    fn may_start_with(&self, byte: u8) -> bool;
}

/// This format's records.
#[derive(Clone, Debug, Default)]
pub struct ChainLayout {
    keyring: Option<Keyring>,
    too_new: Option<(Seq, u64)>,
}

impl ChainLayout {
    /// Before record 0.
    pub const fn new() -> Self {
        Self { keyring: None, too_new: None }
    }

    /// Behind records that left this keyring.
    pub const fn with_keyring(keyring: Keyring) -> Self {
        Self { keyring: Some(keyring), too_new: None }
    }

    /// The keys so far.
    pub const fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_ref()
    }

    /// The first certificate of a format newer than this program, and its format version.
    pub const fn too_new(&self) -> Option<(Seq, u64)> {
        self.too_new
    }

    fn candidate(&self, seq: Seq, prev_hash: &Digest, control: &Control<'_>) -> Option<Candidate> {
        let Control::Signature(envelope) = control else { return None };
        let keyring = self.keyring.as_ref()?;
        let key = keyring.active()?.verifying_key;
        if key.fingerprint() != envelope.fingerprint {
            return None;
        }
        let message = signature_message(
            &keyring.shard_id(),
            seq.previous()?,
            prev_hash,
            &envelope.fingerprint,
        );
        Some(Candidate { key, message, signature: envelope.signature })
    }
}

impl Layout for ChainLayout {
    #[inline]
    fn peek(&self, bytes: &[u8]) -> Option<Seen> {
        let record = Record::decode(bytes).ok()?;
        let (seq, prev_hash) = (record.seq(), *record.prev_hash());
        Some(Seen {
            seq,
            prev_hash,
            tip: record.tip(bytes),
            ts_us: record.ts_us(),
            is_entry: matches!(record, Record::Entry(_)),
            is_settlement: matches!(record.control(), Some(Control::Settlement(_))),
            is_signature: matches!(record.control(), Some(Control::Signature(_))),
            candidate: record.control().and_then(|body| self.candidate(seq, &prev_hash, body)),
        })
    }

    #[inline]
    fn accept(&mut self, seen: &Seen, bytes: &[u8]) {
        if seen.is_entry {
            return;
        }
        let Ok(record) = Record::decode(bytes) else { return };
        // A key document that does not hold changes nothing here; verification reports it.
        match record.control() {
            Some(Control::Certificate(certificate)) => {
                let keyring = self.keyring.get_or_insert_with(|| {
                    Keyring::new(certificate.shard_id, certificate.operator_public_key)
                });
                if let Err(keys::Error::FormatTooNew { found }) =
                    keyring.certify(seen.seq, certificate)
                {
                    self.too_new.get_or_insert((seen.seq, found));
                }
            }
            Some(Control::Revocation(revocation)) => {
                if let Some(keyring) = &mut self.keyring {
                    let _refused = keyring.revoke(seen.seq, revocation);
                }
            }
            _ => {}
        }
    }

    #[inline]
    fn may_start_with(&self, byte: u8) -> bool {
        Record::may_start_with(byte)
    }
}
