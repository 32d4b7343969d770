//! Hashes of whole inputs, by the hash crates. (`first_chunk.rs` looks into BLAKE3's tree.)

use sha2::Digest as _;

use alloc::vec::Vec;

use super::Digest;
#[cfg(any(target_feature = "sse2", target_feature = "simd128"))]
use super::lanes;
use crate::limits::DIGEST_SIZE;

/// A 32-byte hash over a few parts, as if they were joined.
///
/// Trees are generic over it, so that one implementation serves BLAKE3 and SHA-256.
pub trait Hash {
    /// The digest of the concatenation of `parts`.
    fn hash(parts: &[&[u8]]) -> Digest;

    /// The digest of `tag || left || right`.
    #[inline]
    fn hash_pair(tag: u8, left: &Digest, right: &Digest) -> Digest {
        // One joined input: it costs less than three calls, and this is the hottest line of a tree.
        let mut input = [tag; 1 + 2 * DIGEST_SIZE];
        let [_, halves @ ..] = &mut input;
        if let ([left_half, right_half], []) = halves.as_chunks_mut::<DIGEST_SIZE>() {
            *left_half = *left.as_bytes();
            *right_half = *right.as_bytes();
        }
        Self::hash(&[&input])
    }

    /// The digest of every input, in order.
    ///
    /// The same as one [`Hash::hash`] after the other, but BLAKE3 hashes inputs of up to 1,024
    /// bytes side by side in vectors.
    fn hash_each(inputs: &[&[u8]]) -> Vec<Digest> {
        inputs.iter().map(|input| Self::hash(&[input])).collect()
    }

    /// The digest of `tag || input` for every input, in order.
    ///
    /// The same as one [`Hash::hash`] after the other, but BLAKE3 hashes inputs of up to 1,023
    /// bytes side by side in vectors.
    fn hash_tagged(tag: u8, inputs: &[&[u8]]) -> Vec<Digest> {
        inputs.iter().map(|input| Self::hash(&[&[tag], input])).collect()
    }

    /// Appends to `parents` the digest of `tag || left || right` for every two neighbours in
    /// `children`, in order; the last of an odd number is left out.
    ///
    /// The same as one [`Hash::hash`] after the other, but BLAKE3 hashes pairs side by side in
    /// vectors.
    fn hash_pairs(tag: u8, children: &[Digest], parents: &mut Vec<Digest>) {
        let (pairs, _odd) = children.as_chunks::<2>();
        parents.extend(pairs.iter().map(|[left, right]| Self::hash_pair(tag, left, right)));
    }
}

/// BLAKE3 with 32 bytes of output: `H` of the metering log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blake3 {}

/// SHA-256 (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sha256 {}

impl Hash for Blake3 {
    fn hash(parts: &[&[u8]]) -> Digest {
        blake3_parts(parts)
    }

    #[cfg(any(target_feature = "sse2", target_feature = "simd128"))]
    fn hash_each(inputs: &[&[u8]]) -> Vec<Digest> {
        lanes::hash_each(inputs)
    }

    #[cfg(any(target_feature = "sse2", target_feature = "simd128"))]
    fn hash_tagged(tag: u8, inputs: &[&[u8]]) -> Vec<Digest> {
        lanes::hash_tagged(tag, inputs)
    }

    #[cfg(any(target_feature = "sse2", target_feature = "simd128"))]
    fn hash_pairs(tag: u8, children: &[Digest], parents: &mut Vec<Digest>) {
        lanes::hash_pairs(tag, children, parents);
    }
}

impl Hash for Sha256 {
    fn hash(parts: &[&[u8]]) -> Digest {
        let mut hasher = sha2::Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Digest::from_bytes(hasher.finalize().into())
    }
}

/// BLAKE3 of `data`.
pub fn blake3(data: &[u8]) -> Digest {
    Digest::from_bytes(*::blake3::hash(data).as_bytes())
}

/// Inputs up to this size are joined on the stack: one call over a short contiguous input costs
/// less than several calls to an incremental hasher.
const JOIN_SIZE: usize = 1_024;

/// BLAKE3 of the concatenation of `parts`, without allocating.
#[inline]
pub fn blake3_parts(parts: &[&[u8]]) -> Digest {
    // Joining one part with nothing would only copy it.
    if let [whole] = parts { blake3(whole) } else { join(parts) }
}

fn join(parts: &[&[u8]]) -> Digest {
    let mut joined = [0_u8; JOIN_SIZE];
    let mut used = 0_usize;
    for part in parts {
        let Some(room) = joined.get_mut(used..used.saturating_add(part.len())) else {
            return incremental(parts);
        };
        room.copy_from_slice(part);
        used = used.saturating_add(part.len());
    }
    blake3(joined.get(..used).unwrap_or_default())
}

fn incremental(parts: &[&[u8]]) -> Digest {
    let mut hasher = ::blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hash_like_their_concatenation() {
        let data: Vec<u8> = (0..3000_u32).map(|i| (i % 251) as u8).collect();
        for (length, cut) in
            [(0, 0), (1, 0), (64, 1), (1023, 512), (1024, 1024), (1025, 3), (3000, 2999)]
        {
            let whole = &data[..length];
            assert_eq!(blake3_parts(&[&whole[..cut], &whole[cut..]]), blake3(whole), "{length}");
        }
    }
}
