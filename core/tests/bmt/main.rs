//! Swarm's chunk trees against the vectors, naive twins, and everything that must be refused.

// A test that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation)]

mod chunks;
mod compat;
mod compat_options;
mod files;
mod index;
mod joiner;
mod kit;
mod multi;
mod naive;
mod network;
mod pages;
mod proofs;
mod redundancy;
mod stream;
