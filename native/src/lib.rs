//! Countersign's native half: writes, locks, syncs, recovers and serves shards.

pub mod render;
pub mod store;
pub mod verify;
