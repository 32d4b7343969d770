//! The shard store.

pub mod disk;
