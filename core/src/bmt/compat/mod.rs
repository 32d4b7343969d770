//! The names of the reference implementation, `@fairdatasociety/bmt-js` 2.1.0, and how it behaves.
//!
//! For callers that move over; whoever starts anew takes a [`Bmt`](super::Bmt) and its strict
//! verification instead. Options, limits and errors are the reference's: spans end at 2^32 - 1, an
//! error has the class that the reference throws. What it gets wrong is not reproduced where a
//! caller could be fooled or hang: the index arithmetic terminates and is right for every file, and
//! proofs in files of other chunk sizes are of the segment that was asked for. Source:
//! `spec/bmt.md` sections 3 to 6 and 9.
//!
//! ```
//! use countersign_core::bmt::compat::{
//!     FileOptions, file_address_from_inclusion_proof, file_inclusion_proof_bottom_up,
//!     make_chunked_file,
//! };
//!
//! let payload = vec![5; 10_000];
//! let file = make_chunked_file(&payload, FileOptions::default());
//! let proof = file_inclusion_proof_bottom_up(&file, 200)?;
//! let address = file_address_from_inclusion_proof(&proof, &[5; 32], 200, 4_096)?;
//! assert_eq!(address, file.address()?);
//! # Ok::<(), countersign_core::bmt::compat::CompatError>(())
//! ```

mod chunk;
mod error;
mod file;
mod proof;
mod span;
mod utils;

pub use chunk::{ChunkOptions, CompatChunk, make_chunk};
pub use error::{CompatError, ErrorClass};
pub use file::{CompatFile, FileOptions, make_chunked_file};
pub use proof::{
    BmtIndex, file_address_from_inclusion_proof, file_inclusion_proof_bottom_up,
    get_bmt_index_of_segment, root_hash_from_inclusion_proof,
};
pub use span::{get_span_value, make_span};
pub use utils::{
    assert_flex_bytes, bytes_to_hex, equal_bytes, is_flex_bytes, keccak256_hash, serialize_bytes,
};
