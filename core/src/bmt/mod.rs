//! Swarm's Binary Merkle Tree: chunks, file addresses, inclusion proofs and their strict
//! verification.
//!
//! A chunk is a span and up to 4,096 bytes, which a binary tree of Keccak-256 hashes; a file is cut
//! into leaf chunks, and chunks of 128 references stand above them. `FORMAT.md` beside this file
//! has the bytes, the shape of the tree and the numbered steps of the verification; `PARITY.md`
//! lists what the reference implementation has, by the names used here.
//!
//! Everything begins with a [`Bmt`]: a [`Geometry`] with its [hash](ChunkHash).
//!
//! ```
//! use countersign_core::bmt::{Bmt, Expected, Hasher, SegmentIndex};
//!
//! let bmt = Bmt::swarm();
//! let bytes: Vec<u8> = (0..10_000_u32).map(|i| (i % 251) as u8).collect();
//!
//! // In memory, or as the bytes come.
//! let file = bmt.file(&bytes)?;
//! let mut hasher = Hasher::new(&bmt, ());
//! bytes.chunks(1_000).try_for_each(|write| hasher.write(write))?;
//! assert_eq!(hasher.finish()?.address, file.address());
//!
//! // Whoever knows the address checks 32 bytes of the file.
//! let proof = file.prove(SegmentIndex(200))?;
//! let verified = bmt.verify_file_proof(&file.address(), &proof, Expected::default())?;
//! assert_eq!(verified.segment.as_ref(), &bytes[6_400..6_432]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chunk;
pub mod compat;
mod document;
mod error;
mod file;
mod geometry;
mod hash;
mod index;
mod joiner;
mod length;
mod multi;
mod plan;
mod proof;
pub mod redundancy;
mod refusal;
mod report;
mod shape;
mod span;
mod stream;
mod verify;
mod zero;

pub use chunk::{Chunk, ChunkAddress};
pub use error::{ChunkError, GeometryError, HashSizeError, ProveError, SpanError};
pub use file::{File, FileTree};
pub use geometry::Geometry;
pub use hash::{ChunkHash, Keyed, Plain, with_callback};
pub use index::{BehindEnd, INDEX_HEADER_SIZE, IndexError, IndexLayout, ReadAt, StoredIndex};
pub use joiner::{Descent, JoinError, Joined, Joiner, References, Wanted};
pub use multi::MultiProof;
pub use plan::PlannedStep;
pub use proof::{Addresses, FileProof, MakeError, SegmentIndex, Step};
pub use refusal::Refusal;
pub use report::FileProofReport;
pub use shape::{Shape, Slot};
pub use span::{decode_span, encode_span};
pub use stream::{ChunkSink, Each, Finished, Hasher, NewChunk, Splitter, StreamError};
pub use verify::{Expected, Verified};
pub use zero::Bmt;

use crate::limits::DIGEST_SIZE;

/// Bytes of a segment; also the size of a hash and of a reference.
pub const SEGMENT_SIZE: usize = DIGEST_SIZE;

const SEGMENT_SIZE_U64: u64 = SEGMENT_SIZE as u64;
