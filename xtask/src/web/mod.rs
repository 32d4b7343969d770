//! The npm package: building it, checking and measuring it in Node and in browsers.

pub(crate) mod bench;
pub(crate) mod checks;
pub(crate) mod package;
mod tools;
