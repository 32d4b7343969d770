//! The program itself, run as people run it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the lints' exceptions for tests do not reach what tests share"
)]

mod disk_full;
mod kit;
mod manual;
mod newer_format;
mod second_writer;
mod serve;
mod sigkill;
mod signals;
mod transcripts;
