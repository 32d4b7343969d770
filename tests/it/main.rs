//! Module list of the cross-package tests.

mod merkle;
