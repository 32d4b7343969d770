//! `sidecar.sigs`: signatures over the chain tip, beside the log.

use alloc::vec::Vec;

use super::error::Error;
use super::items::Items;
use crate::Seq;
use crate::frame::is_unused;
use crate::hash::Digest;
use crate::keys::{ShardId, Signature, VerifyingKey, signature_message};
use crate::limits::{LENGTH_PREFIX_SIZE, SIGNATURE_SIZE};

/// The file's name in a shard's directory.
pub const SIDECAR_FILE_NAME: &str = "sidecar.sigs";

/// Largest sidecar that is read, in bytes: signatures of 200 million records.
pub const MAX_SIDECAR_SIZE: usize = 512 * 1024 * 1024;

/// An entry's CBOR: an array of four, a seq of nine bytes, three byte strings under tag 64.
const ENTRY_SIZE: usize = 150;
/// The length prefix in front of each entry.
const PREFIX: [u8; LENGTH_PREFIX_SIZE] = [150, 0, 0, 0];

/// One signature: the key with this fingerprint signed the chain up to and including `seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureEntry {
    /// The last record it covers.
    pub seq: Seq,
    /// The chain tip after it.
    pub tip: Digest,
    /// `H(public key)`.
    pub fingerprint: Digest,
    /// Ed25519 over [`signature_message`].
    pub signature: Signature,
}

impl SignatureEntry {
    /// Decodes one entry, without its length prefix.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut items = Items::new(bytes);
        items.array_of("entry", 4)?;
        let entry = Self {
            seq: Seq(items.uint("seq")?),
            tip: Digest::from_bytes(*items.tagged("tipHash")?),
            fingerprint: Digest::from_bytes(*items.tagged("processKeyFingerprint")?),
            signature: Signature::from_bytes(*items.tagged::<SIGNATURE_SIZE>("sig")?),
        };
        items.finish("entry")?;
        Ok(entry)
    }

    /// Whether the signature holds for this shard, strictly. About 30 microseconds.
    ///
    /// Does not prove that the log has this tip, nor when it was signed.
    pub fn holds(&self, shard_id: &ShardId, key: &VerifyingKey) -> bool {
        let message = signature_message(shard_id, self.seq, &self.tip, &self.fingerprint);
        key.fingerprint() == self.fingerprint
            && key.verify(message.as_bytes(), &self.signature).is_ok()
    }
}

/// How a sidecar file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SidecarEnd {
    /// Right behind its last entry.
    Whole,
    /// In the middle of an entry, or in zeros: what a crash leaves.
    Torn {
        /// Where the torn part starts.
        offset: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// In something that no crash leaves. The library appends behind a torn entry without cutting
    /// it off, which makes every later entry unreadable to it.
    Broken {
        /// Where it starts.
        offset: u64,
        /// What is wrong there.
        why: SidecarFault,
    },
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SidecarFault {
    /// Its length is not 150.
    Length,
    /// Its bytes are no entry.
    Malformed(Error),
    /// It covers less than the entry before it.
    OutOfOrder {
        /// The entry before.
        last: Seq,
        /// This one.
        found: Seq,
    },
}

impl core::fmt::Display for SidecarFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length => f.write_str("the length of an entry is 150 bytes"),
            Self::Malformed(error) => error.fmt(f),
            Self::OutOfOrder { last, found } => {
                write!(f, "it covers seq {found}, the entry before it seq {last}")
            }
        }
    }
}

/// What a sidecar file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// The whole entries up to the first that cannot be read, and where each starts. The library
    /// repeats the last one whenever an idle shard is closed.
    pub entries: Vec<(u64, SignatureEntry)>,
    /// How it ends.
    pub end: SidecarEnd,
}

impl Sidecar {
    /// Reads a whole file. O(bytes).
    ///
    /// ```
    /// use countersign_core::foreign::{Sidecar, SidecarEnd};
    ///
    /// assert_eq!(Sidecar::read(&[150, 0]).end, SidecarEnd::Torn { offset: 0, size: 2 });
    /// ```
    pub fn read(bytes: &[u8]) -> Self {
        let mut entries: Vec<(u64, SignatureEntry)> = Vec::new();
        let mut rest = bytes;
        let end = loop {
            let offset = bytes.len().saturating_sub(rest.len()) as u64;
            if rest.is_empty() {
                break SidecarEnd::Whole;
            }
            let shown = PREFIX.get(..rest.len()).unwrap_or(&PREFIX);
            if !rest.starts_with(shown) {
                break if is_unused(rest) {
                    SidecarEnd::Torn { offset, size: rest.len() as u64 }
                } else {
                    SidecarEnd::Broken { offset, why: SidecarFault::Length }
                };
            }
            let payload = rest.get(LENGTH_PREFIX_SIZE..).unwrap_or_default();
            let Some((payload, behind)) = payload.split_at_checked(ENTRY_SIZE) else {
                break SidecarEnd::Torn { offset, size: rest.len() as u64 };
            };
            let last = entries.last().map(|(_, entry)| entry.seq);
            let why = match SignatureEntry::decode(payload) {
                Ok(entry) => match last.filter(|last| *last > entry.seq) {
                    None => {
                        entries.push((offset, entry));
                        rest = behind;
                        continue;
                    }
                    Some(last) => SidecarFault::OutOfOrder { last, found: entry.seq },
                },
                Err(error) => SidecarFault::Malformed(error),
            };
            break SidecarEnd::Broken { offset, why };
        };
        Self { entries, end }
    }
}
