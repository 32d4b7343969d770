//! Digests and the hash functions.
//!
//! ```
//! use countersign_core::hash::{blake3, Digest};
//!
//! let digest = blake3(b"");
//! assert_eq!(
//!     digest.to_string(),
//!     "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
//! );
//! assert_eq!(Digest::from_hex(&digest.to_string()), Some(digest));
//! ```

mod digest;
mod first_chunk;
mod hasher;
pub mod hex;
mod keccak;
#[cfg(any(target_feature = "sse2", target_feature = "simd128"))]
mod lanes;

pub use digest::Digest;
pub use first_chunk::{BLAKE3_CHUNK_SIZE, FirstChunk, MAX_LEVELS};
pub use hasher::{Blake3, Hash, Sha256, blake3, blake3_parts};
pub(crate) use keccak::{BMT_CHUNK_SIZE, bmt_roots, keccak256_pair};
pub use keccak::{Keccak256, Kernel, keccak256, keccak256_parts};
