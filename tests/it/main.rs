//! Module list of the cross-package tests.

mod chain;
mod kit;
mod merkle;
