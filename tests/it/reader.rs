//! Reading a shard while it is written.
