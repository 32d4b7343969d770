//! Countersign's native half: writes, locks, syncs, recovers and serves shards.

pub mod accounts;
pub mod args;
pub mod bmt;
pub mod commands;
pub mod exit;
pub mod foreign;
pub mod index;
pub mod input;
pub mod key_file;
pub mod progress;
pub mod prove;
pub mod render;
pub mod serve;
pub mod signal;
pub mod store;
pub mod trace;
pub mod verify;
