//! Countersign's native half: writes, locks, syncs, recovers and serves shards.

pub mod input;
pub mod store;
