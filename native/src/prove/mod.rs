//! Makes proof bundles out of a shard: the library behind `prove`, `shard settlements` and the
//! read API.
//!
//! A [`Prover`] keeps the index of the log and the hashes of the batch it proved from last, so
//! that the next proof from the same batch reads one record. Every bundle is checked against the
//! settlement's signed roots before it is given away: a wrong index or damage in the log ends in
//! an error, never in a proof that does not hold.

mod batch;
mod content;
mod error;
mod name;
mod one_file;
mod prover;

pub use content::{Remember, SealedSegment, sealed_segments};
pub use error::ProveError;
pub use name::BatchName;
pub use one_file::{OneFileError, fill_one_file};
pub use prover::{Prover, Settled};
