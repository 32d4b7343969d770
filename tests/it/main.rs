//! Module list of the cross-package tests.

mod chain;
mod format_pages;
mod fuzz_corpus;
mod kit;
mod merkle;
mod reader;
mod standards;
mod store;
mod tidy;
mod verify;
