//! Uploads with erasure coding: their levels, their addresses, and what a mark on a span means.
//!
//! The network's nodes upload at level 1 unless told otherwise, so that a file of two or more
//! chunks has another address there than its plain one. A plain verifier refuses marked spans; this
//! is the separate entry for them. Source: `spec/bmt.md` section 10.2.

mod field;
mod hasher;
mod level;

pub use hasher::{RedundantHasher, redundant_address};
pub use level::Level;
