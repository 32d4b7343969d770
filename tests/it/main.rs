//! Module list of the cross-package tests.

mod chain;
mod format_pages;
mod fuzz_corpus;
mod kit;
mod merkle;
mod reader;
mod standards;
mod recovery;
mod recovery_vectors;
mod store;
mod tidy;
mod verify;
mod verify_state;
