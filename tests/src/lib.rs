//! Test kit: the vector loader, the simulated disks, and the shard that is written to them.

pub mod crash;
pub mod fault;
pub mod image;
pub mod journal;
mod journal_file;
pub mod json;
mod medium;
mod plan;
mod points;
pub mod rng;
pub mod shard;
mod space;
pub mod tail;

pub use medium::{PAGE, SECTOR};
pub use points::Sampling;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The vector file at `path`, relative to `tests/vectors`.
///
/// # Panics
///
/// With the file's name, when it is not there or not JSON.
#[must_use]
pub fn vector(path: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
