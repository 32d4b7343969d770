//! Verification of many signatures by few keys, from tables of each key's multiples.
//!
//! A single verification computes `R' = s·B - k·A` by 256 doublings and some 70 additions. Whoever
//! checks a log meets the same key thousands of times, so it pays to keep the multiples
//! `d·256^i·(-A)`: then the doublings are gone and 64 additions are left. The verdict is that of
//! [`VerifyingKey::verify`] in every case; everything here is public, so time may depend on it.
//!
//! The only file that calls `curve25519-dalek`, for its group and its scalars.

use alloc::vec::Vec;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;
use sha2::{Digest as _, Sha512};

use super::error::Error;
use super::strict::{PublicKey, Signature, VerifyingKey, is_of_small_order};

/// From so many signatures on a table pays: making one takes as long as 20 to 30 verifications.
const WORTH_A_TABLE: u32 = 64;
/// Keys that are remembered; the one that was not met for the longest goes first.
const MAX_KEYS: usize = 4;

/// Signatures that share an inversion: of so many, each has next to nothing of it.
const INVERTED_TOGETHER: usize = 64;

/// Digits of a scalar, to the base 256.
const DIGITS: usize = 32;
/// Multiples for each digit: from 1 to 128, since digits are signed.
const MULTIPLES: usize = 128;

/// Verifies signatures, the faster the more there are by the same keys.
///
/// Memory: 640 KiB for each of the four keys that were met last, and for the base point, once
/// they are worth it.
///
/// ```
/// use countersign_core::keys::{KeyTables, SigningKey, VerifyingKey};
///
/// let key = SigningKey::from_seed(&[1; 32]);
/// let verifying = VerifyingKey::new(&key.public_key())?;
/// let mut tables = KeyTables::default();
/// for seq in 0_u64..100 {
///     let message = seq.to_be_bytes();
///     tables.verify(&verifying, &message, &key.sign(&message))?;
/// }
/// # Ok::<(), countersign_core::keys::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct KeyTables {
    base: Option<Multiples>,
    /// The last one met first.
    keys: Vec<Met>,
}

/// A signature over a message, by a key that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// Who signed.
    pub key: &'a VerifyingKey,
    /// What was signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a Signature,
}

#[derive(Debug)]
struct Met {
    key: PublicKey,
    times: u32,
    /// Of `-A`. Not of `A`, to be multiplied by `-k`: that is taken modulo the order of the base
    /// point, which a key with a part of small order does not share.
    negated: Option<Multiples>,
}

impl KeyTables {
    /// Verifies `signature` over `message`, strictly: as [`VerifyingKey::verify`] does.
    ///
    /// Does not prove *when* it was signed, nor that the key was certified or not yet revoked.
    pub fn verify(
        &mut self,
        key: &VerifyingKey,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), Error> {
        let public_key = key.public_key();
        let met = self.meet(public_key);
        let Some((met, base)) = met else { return key.verify(message, signature) };
        match met.point(base, message, signature) {
            Some((r, point)) if point.compress().as_bytes() == r => Ok(()),
            _ => Err(Error::InvalidSignature { public_key }),
        }
    }

    /// Whether each of these signatures holds, in order: what [`KeyTables::verify`] says of one
    /// after the other. Those that are judged by tables share one inversion in the field, which is
    /// a fifth of what one alone costs in WebAssembly.
    ///
    /// Does not prove *when* they were signed, nor that the keys were certified or not yet revoked.
    pub fn hold_each(&mut self, signed: &[Signed<'_>]) -> Vec<bool> {
        let mut verdicts = Vec::with_capacity(signed.len());
        for some in signed.chunks(INVERTED_TOGETHER) {
            self.hold_some(some, &mut verdicts);
        }
        verdicts
    }

    fn hold_some(&mut self, signed: &[Signed<'_>], verdicts: &mut Vec<bool>) {
        let from = verdicts.len();
        let (mut rs, mut points) = (Vec::new(), Vec::new());
        for (at, Signed { key, message, signature }) in signed.iter().enumerate() {
            let Some((met, base)) = self.meet(key.public_key()) else {
                verdicts.push(key.verify(message, signature).is_ok());
                continue;
            };
            verdicts.push(false);
            if let Some((r, point)) = met.point(base, message, signature) {
                rs.push((from.saturating_add(at), r));
                points.push(point);
            }
        }
        for ((at, r), point) in rs.into_iter().zip(EdwardsPoint::compress_batch_alloc(&points)) {
            if let Some(verdict) = verdicts.get_mut(at) {
                *verdict = point.as_bytes() == r;
            }
        }
    }

    /// Counts a key; with the tables, if it is worth them.
    fn meet(&mut self, key: PublicKey) -> Option<(&Met, &Multiples)> {
        match self.keys.iter().position(|met| met.key == key) {
            Some(0) => {}
            Some(at) => self.keys.get_mut(..=at)?.rotate_right(1),
            None => {
                self.keys.truncate(MAX_KEYS - 1);
                self.keys.insert(0, Met { key, times: 0, negated: None });
            }
        }
        let met = self.keys.first_mut()?;
        met.times = met.times.saturating_add(1);
        if met.times < WORTH_A_TABLE {
            return None;
        }
        if met.negated.is_none() {
            let point = CompressedEdwardsY(*key.as_bytes()).decompress()?;
            met.negated = Some(Multiples::of(-point));
        }
        let base = self.base.get_or_insert_with(|| Multiples::of(ED25519_BASEPOINT_POINT));
        Some((met, base))
    }
}

impl Met {
    /// RFC 8032 section 5.1.7, without the cofactor: the encoding of `R`, and the point whose
    /// encoding must be the very same. So one that is not canonical never holds.
    fn point<'a>(
        &self,
        base: &Multiples,
        message: &[u8],
        signature: &'a Signature,
    ) -> Option<(&'a [u8; 32], EdwardsPoint)> {
        let (r, s) = signature.as_bytes().split_first_chunk::<32>()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
        let negated = self.negated.as_ref()?;
        if is_of_small_order(r) {
            return None;
        }
        let hash = Sha512::new().chain_update(r).chain_update(self.key.as_bytes());
        let hash = hash.chain_update(message).finalize();
        let k = Scalar::from_bytes_mod_order_wide(&hash.into());
        Some((r, negated.add_to(base.add_to(EdwardsPoint::identity(), &s), &k)))
    }
}

/// The multiples `d·256^i·P` of a point `P`, for `d` from 1 to 128 and `i` below 32.
#[derive(Debug)]
struct Multiples(Vec<EdwardsPoint>);

impl Multiples {
    /// 4,096 additions.
    fn of(point: EdwardsPoint) -> Self {
        let mut multiples = Vec::with_capacity(DIGITS * MULTIPLES);
        let mut unit = point;
        for _ in 0..DIGITS {
            let mut multiple = unit;
            for _ in 1..MULTIPLES {
                multiples.push(multiple);
                multiple += &unit;
            }
            multiples.push(multiple);
            unit = multiple + multiple;
        }
        Self(multiples)
    }

    /// `sum + scalar·P`, for the scalar as the integer that it is below the group order.
    fn add_to(&self, mut sum: EdwardsPoint, scalar: &Scalar) -> EdwardsPoint {
        let mut carry = 0;
        for (byte, multiples) in scalar.as_bytes().iter().zip(self.0.chunks_exact(MULTIPLES)) {
            // From -127 to 128. A scalar is below 2^253, so nothing is carried out of the last.
            let digit = usize::from(*byte) + carry;
            carry = usize::from(digit > MULTIPLES);
            if carry == 1 {
                if let Some(multiple) = multiples.get((2 * MULTIPLES - digit).wrapping_sub(1)) {
                    sum -= multiple;
                }
            } else if let Some(multiple) = multiples.get(digit.wrapping_sub(1)) {
                sum += multiple;
            }
        }
        sum
    }
}
