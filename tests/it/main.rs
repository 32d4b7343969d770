//! Module list of the cross-package tests.

mod chain;
mod crash;
mod durability_page;
mod faults;
mod foreign;
mod format_pages;
mod fuzz_corpus;
mod history;
mod kit;
mod lock;
mod merkle;
mod moments;
mod mounts;
mod power_cut;
mod proof;
mod reader;
mod recovery;
mod recovery_vectors;
mod settlement;
mod shutdown;
mod standards;
mod store;
mod tidy;
mod verify;
mod verify_settlements;
mod verify_state;
