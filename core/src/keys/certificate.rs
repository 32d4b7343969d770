//! An operator key certifies a process key for one shard and a window of time.

use alloc::vec::Vec;

use super::error::Error;
use super::shard_id::ShardId;
use super::strict::{PublicKey, Signature, SigningKey, VerifyingKey};
use crate::codec::{self, Decoder, Encoder};
use crate::limits::MAX_PROCESS_KEY_LIFETIME_MS;
use crate::tags;

/// Items in the body of a certificate record.
pub(crate) const CERTIFICATE_ITEMS: u64 = 7;

/// The body of a `PROCESS_KEY_CERT` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Version of the shard format, 1.
    pub format_version: u64,
    /// The shard the key may write.
    pub shard_id: ShardId,
    /// The certified process key.
    pub public_key: PublicKey,
    /// Start of its validity, milliseconds since the epoch.
    pub not_before_ms: u64,
    /// End of its validity, exclusive.
    pub expires_at_ms: u64,
    /// The operator key that vouches for it.
    pub operator_public_key: PublicKey,
    /// The operator's signature over [`Certificate::signed_bytes`].
    pub operator_signature: Signature,
}

/// Certifies `public_key` for `shard_id` from `not_before_ms` until before `expires_at_ms`.
///
/// # Errors
/// [`Error::InvalidLifetime`] if the window is empty or longer than seven days, and
/// [`Error::InvalidPublicKey`] if the process key could never verify anything.
pub fn create_process_key_action(
    operator: &SigningKey,
    shard_id: ShardId,
    public_key: PublicKey,
    not_before_ms: u64,
    expires_at_ms: u64,
) -> Result<Certificate, Error> {
    VerifyingKey::new(&public_key)?;
    let mut certificate = Certificate {
        format_version: tags::FORMAT_VERSION,
        shard_id,
        public_key,
        not_before_ms,
        expires_at_ms,
        operator_public_key: operator.public_key(),
        operator_signature: Signature::from_bytes([0; 64]),
    };
    certificate.check_lifetime()?;
    certificate.operator_signature = operator.sign(&certificate.signed_bytes());
    Ok(certificate)
}

impl Certificate {
    /// The bytes that the operator key signs.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        let mut encoder = Encoder::new(&mut bytes);
        encoder.array(6);
        encoder.text(tags::PROCESS_KEY_CERT);
        encoder.uint(self.format_version);
        encoder.bytes(self.shard_id.as_bytes());
        encoder.bytes(self.public_key.as_bytes());
        encoder.uint(self.not_before_ms);
        encoder.uint(self.expires_at_ms);
        bytes
    }

    /// Whether a record of this time, in microseconds, falls into the validity window.
    pub const fn covers(&self, ts_us: u64) -> bool {
        let ts_ms = ts_us / 1_000;
        self.not_before_ms <= ts_ms && ts_ms < self.expires_at_ms
    }

    /// Verifies the certificate against the operator key that the caller trusts.
    ///
    /// Does not prove that the key is still unrevoked, nor anything about the shard's records.
    pub fn verify(&self, trusted: &PublicKey) -> Result<(), Error> {
        self.verify_by(trusted, || VerifyingKey::new(trusted)).map(drop)
    }

    /// As [`Certificate::verify`], with the trusted key unpacked by `unpack`, or before; the
    /// certified key, ready for verifying.
    pub(crate) fn verify_by(
        &self,
        trusted: &PublicKey,
        unpack: impl FnOnce() -> Result<VerifyingKey, Error>,
    ) -> Result<VerifyingKey, Error> {
        if self.format_version > tags::FORMAT_VERSION {
            return Err(Error::FormatTooNew { found: self.format_version });
        }
        if self.format_version == 0 {
            return Err(Error::FormatUnknown { found: 0 });
        }
        if self.operator_public_key != *trusted {
            let found = self.operator_public_key;
            return Err(Error::WrongOperatorKey { expected: *trusted, found });
        }
        self.check_lifetime()?;
        let certified = VerifyingKey::new(&self.public_key)?;
        unpack()?.verify(&self.signed_bytes(), &self.operator_signature)?;
        Ok(certified)
    }

    const fn check_lifetime(&self) -> Result<(), Error> {
        let (not_before_ms, expires_at_ms) = (self.not_before_ms, self.expires_at_ms);
        match expires_at_ms.checked_sub(not_before_ms) {
            Some(1..=MAX_PROCESS_KEY_LIFETIME_MS) => Ok(()),
            _ => Err(Error::InvalidLifetime { not_before_ms, expires_at_ms }),
        }
    }

    pub(crate) fn encode_body(&self, encoder: &mut Encoder<'_>) {
        encoder.array(CERTIFICATE_ITEMS);
        encoder.uint(self.format_version);
        encoder.bytes(self.shard_id.as_bytes());
        encoder.bytes(self.public_key.as_bytes());
        encoder.uint(self.not_before_ms);
        encoder.uint(self.expires_at_ms);
        encoder.bytes(self.operator_public_key.as_bytes());
        encoder.bytes(self.operator_signature.as_bytes());
    }

    pub(crate) fn decode_body(decoder: &mut Decoder<'_>) -> Result<Self, codec::Error> {
        decoder.array_of(CERTIFICATE_ITEMS)?;
        Ok(Self {
            format_version: decoder.uint()?,
            shard_id: ShardId::from_bytes(*decoder.bytes_of()?),
            public_key: PublicKey::from_bytes(*decoder.bytes_of()?),
            not_before_ms: decoder.uint()?,
            expires_at_ms: decoder.uint()?,
            operator_public_key: PublicKey::from_bytes(*decoder.bytes_of()?),
            operator_signature: Signature::from_bytes(*decoder.bytes_of()?),
        })
    }
}
