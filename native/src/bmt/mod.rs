//! Content addresses of files: Swarm's binary Merkle tree over what is on disk.
//!
//! [`hash_reader`] hashes a stream on all cores in constant memory, [`prove_segment`] makes a proof
//! of 32 bytes of a file, from a stored [`ChunkIndex`] where there is one.

mod error;
mod file;
mod hashing;
mod index;
mod proving;

pub use error::BmtError;
pub use file::SteadyFile;
pub use hashing::{BLOCK_SIZE, hash_reader};
pub use index::{ChunkIndex, write_index};
pub use proving::prove_segment;
