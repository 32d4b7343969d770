//! Module list of the cross-package tests.

mod chain;
mod fuzz_corpus;
mod kit;
mod merkle;
mod reader;
mod store;
mod tidy;
mod verify;
