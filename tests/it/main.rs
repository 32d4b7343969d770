//! Module list of the cross-package tests.

mod fuzz_corpus;
mod kit;
mod merkle;
mod store;
mod tidy;
