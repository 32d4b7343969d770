//! The only file that calls `ed25519-dalek`; `tables.rs` beside it calls its curve.
//!
//! Verification is strict (`spec/metering.md` section 1): beyond RFC 8032 it refuses
//!
//! * `S` not below the group order (a signature that could be changed without the key),
//! * encodings of `A` or `R` that are not canonical (`y` not below 2^255-19),
//! * `A` or `R` of small order (one signature would be valid for many messages).
//!
//! So any two strict verifiers agree about every signature, and a signature that holds, holds
//! for one message only.

use core::fmt;

use ed25519_dalek::{Signer as _, Verifier as _};

use super::error::Error;
use crate::hash::{Digest, blake3, hex};
use crate::limits::{PUBLIC_KEY_SIZE, SIGNATURE_SIZE};

/// An Ed25519 public key as 32 bytes, not checked yet. `Display` prints 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; PUBLIC_KEY_SIZE]);

impl PublicKey {
    /// Wraps 32 bytes.
    pub const fn from_bytes(bytes: [u8; PUBLIC_KEY_SIZE]) -> Self {
        Self(bytes)
    }

    /// Reads 64 lower-case hex digits; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode_array(text).map(Self)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_SIZE] {
        &self.0
    }

    /// `H(public key)`, see [`fingerprint`].
    pub fn fingerprint(&self) -> Digest {
        fingerprint(self)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

/// `H(public key)`: 32 bytes that name a key in signature records.
pub fn fingerprint(public_key: &PublicKey) -> Digest {
    blake3(public_key.as_bytes())
}

/// An Ed25519 signature as 64 bytes. `Display` prints 128 hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; SIGNATURE_SIZE]);

impl Signature {
    /// Wraps 64 bytes.
    pub const fn from_bytes(bytes: [u8; SIGNATURE_SIZE]) -> Self {
        Self(bytes)
    }

    /// Reads 128 lower-case hex digits; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode_array(text).map(Self)
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; SIGNATURE_SIZE] {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

/// A secret key. Zeroized when dropped, never printed; equal only to itself.
pub struct SigningKey {
    inner: ed25519_dalek::SigningKey,
    fingerprint: Digest,
}

impl SigningKey {
    /// The key of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let inner = ed25519_dalek::SigningKey::from_bytes(seed);
        let fingerprint = blake3(inner.verifying_key().as_bytes());
        Self { inner, fingerprint }
    }

    /// Its public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.inner.verifying_key().to_bytes())
    }

    /// `H(public key)`.
    pub const fn fingerprint(&self) -> Digest {
        self.fingerprint
    }

    /// Signs `message` as it is (RFC 8032 Ed25519, deterministic).
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.inner.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public_key())
    }
}

/// A public key that has been checked and decompressed, for verifying many signatures.
#[derive(Clone, Copy, Debug)]
pub struct VerifyingKey {
    inner: ed25519_dalek::VerifyingKey,
    fingerprint: Digest,
}

impl VerifyingKey {
    /// Checks that `key` is a canonical point of large order.
    pub fn new(key: &PublicKey) -> Result<Self, Error> {
        let refused = Error::InvalidPublicKey(*key);
        if !is_canonical(key.as_bytes()) {
            return Err(refused);
        }
        let inner = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| refused)?;
        if inner.is_weak() {
            return Err(refused);
        }
        Ok(Self { inner, fingerprint: key.fingerprint() })
    }

    /// The key as bytes.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.inner.to_bytes())
    }

    /// `H(public key)`.
    pub const fn fingerprint(&self) -> Digest {
        self.fingerprint
    }

    /// Verifies `signature` over `message`, strictly.
    ///
    /// Does not prove *when* it was signed, nor that the key was certified or not yet revoked.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        let refused = Error::InvalidSignature { public_key: self.public_key() };
        let (r, _) = signature.0.split_first_chunk::<32>().ok_or(refused)?;
        if is_of_small_order(r) {
            return Err(refused);
        }
        // It computes `R` and compares the encodings, so one that is not canonical never holds,
        // and nothing is decompressed as `verify_strict` would.
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.inner.verify(message, &signature).map_err(|_| refused)
    }
}

/// Whether the `y` of an encoded point is below the field's prime 2^255-19 (RFC 8032 section
/// 5.1.3 step 1). The two points whose `x` is 0 and whose sign bit is set are of small order and
/// fall to that check.
fn is_canonical(point: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = point;
    !(*first >= 0xed && middle.iter().all(|byte| *byte == 0xff) && last & 0x7f == 0x7f)
}

/// Whether an encoded point, if it is canonical, is one of the eight of small order.
pub(super) fn is_of_small_order(point: &[u8; 32]) -> bool {
    let (low, high) = point.split_at(16);
    let half = |bytes: &[u8]| bytes.try_into().map_or(0, u128::from_le_bytes);
    // Both signs of `x` belong to each `y`.
    let y = (half(high) & (u128::MAX >> 1), half(low));
    SMALL_ORDER_Y.contains(&y)
}

/// The `y` of the points whose order divides 8, high half first: of order 4, 1, 2, and 8.
const SMALL_ORDER_Y: [(u128, u128); 5] = [
    (0, 0),
    (0, 1),
    (u128::MAX >> 1, u128::MAX - 19),
    (0x05fc_536d_8802_38b1_3933_c6d3_05ac_dfd5, 0xf098_eff2_89f4_c345_b027_b2c2_8f95_e826),
    (0x7a03_ac92_77fd_c74e_c6cc_392c_fa53_202a, 0x0f67_100d_760b_3cba_4fd8_4d3d_706a_17c7),
];
