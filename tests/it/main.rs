//! Module list of the cross-package tests.

mod kit;
mod merkle;
mod store;
