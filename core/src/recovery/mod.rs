//! Recovery, still without a disk.
