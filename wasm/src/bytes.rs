//! Lengths, checked.

use countersign_core::keys::PublicKey;

use crate::error::Refused;

/// Exactly `N` bytes.
pub(crate) fn exactly<const N: usize>(name: &str, bytes: &[u8]) -> Result<[u8; N], Refused> {
    bytes
        .try_into()
        .map_err(|_| Refused::argument(name, format_args!("{N} bytes, {} were given", bytes.len())))
}

/// A public key, not checked to be a point of the curve.
pub(crate) fn public_key(name: &str, bytes: &[u8]) -> Result<PublicKey, Refused> {
    exactly(name, bytes).map(PublicKey::from_bytes)
}

#[cfg(feature = "full")]
mod full {
    use countersign_core::hash::Digest;
    use countersign_core::keys::ShardId;
    use countersign_core::limits::DIGEST_SIZE;

    use crate::error::Refused;

    /// A digest.
    pub(crate) fn digest(name: &str, bytes: &[u8]) -> Result<Digest, Refused> {
        super::exactly(name, bytes).map(Digest::from_bytes)
    }

    /// Digests behind each other.
    pub(crate) fn digests(name: &str, bytes: &[u8]) -> Result<Vec<Digest>, Refused> {
        let (digests, rest) = bytes.as_chunks::<DIGEST_SIZE>();
        if !rest.is_empty() {
            return Err(Refused::argument(name, "hashes of 32 bytes each, behind each other"));
        }
        Ok(digests.iter().copied().map(Digest::from_bytes).collect())
    }

    /// Digests behind each other, as bytes.
    pub(crate) fn joined(digests: &[Digest]) -> Vec<u8> {
        digests.iter().flat_map(|digest| *digest.as_bytes()).collect()
    }

    /// A shard id in its dashed form.
    pub(crate) fn shard_id(name: &str, text: &str) -> Result<ShardId, Refused> {
        ShardId::parse(text)
            .ok_or_else(|| Refused::argument(name, "a UUID in lower case, 8-4-4-4-12 digits"))
    }
}

#[cfg(feature = "full")]
pub(crate) use full::{digest, digests, joined, shard_id};
