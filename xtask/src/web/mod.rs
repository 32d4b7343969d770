//! The npm package: building it, and checking it in Node and in browsers.

pub(crate) mod checks;
pub(crate) mod package;
mod tools;
