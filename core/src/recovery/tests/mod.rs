//! Tests of recovery, all in memory.

mod decide;
mod log;
mod scan;
mod search;
