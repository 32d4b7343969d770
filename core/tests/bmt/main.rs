//! Swarm's chunk trees against the vectors, naive twins, and everything that must be refused.

// A test that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation)]

mod chunks;
mod files;
mod kit;
mod naive;
mod network;
mod proofs;
mod stream;
