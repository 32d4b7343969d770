//! Module list of the cross-package tests.

mod crash;
mod faults;
mod fuzz_corpus;
mod history;
mod kit;
mod merkle;
mod store;
mod tidy;
