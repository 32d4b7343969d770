//! `cargo xtask bench web`: the npm package in Node and in browsers, beside what others use.

use std::fs;
use std::path::PathBuf;

use super::{checks, package};
use crate::page;
use crate::shell::{self, Failure, Outcome};

/// Bundles, records and trees beside the noble libraries; content addresses beside bmt-js, with
/// vectors and without.
pub(crate) fn bench() -> Outcome {
    if !page::can_build() {
        println!("skipped: {}", checks::NO_NODE);
        return Ok(());
    }
    package::package()?;
    let demo = page::demo()?;
    let operator = demo.join("operator.pub");
    let operator = fs::read_to_string(&operator)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", operator.display())))?;
    let bundle = page::whole_inclusion(&demo)?;
    let files = [bundle, demo.join("shard"), operator.trim().into()];
    for script in ["node.mjs", "browsers.mjs"] {
        node(script, &files)?;
    }
    node("bmt.mjs", &[package::without_vectors()?.join("index.js")])
}

fn node(script: &str, arguments: &[PathBuf]) -> Outcome {
    println!();
    let mut command = shell::program("node");
    shell::run(command.arg(format!("wasm/bench/{script}")).args(arguments))
}
