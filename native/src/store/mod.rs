//! The shard store.

pub mod disk;
mod paths;
pub mod segment_reader;

pub use paths::ShardPaths;
