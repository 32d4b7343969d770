//! The program itself, run as people run it.

mod disk_full;
mod kit;
mod manual;
mod newer_format;
mod second_writer;
mod sigkill;
mod signals;
mod transcripts;
