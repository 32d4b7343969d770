//! `cargo xtask package`: the npm package, as `npm pack` makes it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::tools;
use crate::install::{WEB_TARGET, install_missing};
use crate::shell::{self, Failure, Outcome};

/// The package's own files.
const SOURCE: &str = "wasm/npm";
/// What goes into the package beside them.
const README: &str = "wasm/README.md";
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
/// Where packages come to be.
const OUTPUT: &str = "target/npm";

/// A module of the package.
struct Module {
    /// Its name in the package, and of the entry that loads it.
    name: &'static str,
    profile: &'static str,
    features: &'static [&'static str],
}

const MODULES: [Module; 2] = [
    Module { name: "countersign", profile: "web", features: &[] },
    Module { name: "verify", profile: "web-small", features: &["--no-default-features"] },
];

/// Builds everything and packs it; where the package is.
pub(crate) fn package() -> Outcome<PathBuf> {
    install_missing()?;
    tools::install_wasm_bindgen()?;
    tools::install_npm_tools()?;
    let output = shell::root().join(OUTPUT);
    let staged = output.join("package");
    // Nothing of an earlier package may stay behind.
    if staged.exists() {
        fs::remove_dir_all(&staged).map_err(|error| failed("clear", &staged, &error))?;
    }
    copy(&shell::root().join(SOURCE), &staged)?;
    copy_file(&shell::root().join(README), &staged.join("README.md"))?;
    for licence in LICENCES {
        copy_file(&shell::root().join(licence), &staged.join(licence))?;
    }
    for module in &MODULES {
        build(module, &output, &staged, Vectors::All)?;
    }
    let version = stamp(&staged.join("package.json"))?;
    let mut pack = shell::program("npm");
    pack.args(["pack", "--silent", "--pack-destination"]).arg(&output).arg(&staged);
    shell::run(&mut pack)?;
    let packed = output.join(format!("countersign-{version}.tgz"));
    if packed.is_file() { Ok(packed) } else { Err(Failure::new("npm pack wrote no package")) }
}

/// The package as it would be without vectors, for benchmarks: built and not packed.
pub(crate) fn without_vectors() -> Outcome<PathBuf> {
    let staged = shell::root().join(OUTPUT).join("without-vectors");
    let output = shell::root().join(OUTPUT);
    copy(&output.join("package"), &staged)?;
    let [full, _] = &MODULES;
    build(full, &output, &staged, Vectors::None)?;
    Ok(staged)
}

/// Which vectors a module may use.
#[derive(Clone, Copy)]
enum Vectors {
    /// Those of `.cargo/config.toml`.
    All,
    None,
}

/// Builds one module into the staged package.
fn build(module: &Module, output: &Path, staged: &Path, vectors: Vectors) -> Outcome {
    println!("building the module {}", module.name);
    let (target, flags) = match vectors {
        Vectors::All => ("target", vec![]),
        Vectors::None => ("target/without-vectors", vec!["'-Ctarget-feature=-simd128'".to_owned()]),
    };
    let mut cargo = shell::cargo();
    cargo.args(["build", "--quiet", "--profile", module.profile, "--locked", "--lib"]);
    cargo.args(["--package", "countersign-wasm", "--target", WEB_TARGET, "--target-dir", target]);
    cargo.args(["--config", &with_flags(flags)]);
    shell::run(cargo.args(module.features))?;
    let built = shell::root().join(target).join(WEB_TARGET).join(module.profile);
    let built = built.join("countersign_wasm.wasm");
    // Bound outside the package, since what is optimised is written anew.
    let bound = output.join("bound");
    let mut bind = tools::wasm_bindgen();
    bind.args(["--target", "web", "--no-typescript", "--omit-default-module-path"]);
    bind.args(["--out-name", module.name, "--out-dir"]).arg(&bound).arg(&built);
    shell::run(&mut bind)?;
    let (script, binary) = (format!("{}.js", module.name), format!("{}_bg.wasm", module.name));
    copy_file(&bound.join(&script), &staged.join("wasm").join(&script))?;
    let mut optimise = tools::npm_tool("wasm-opt");
    // Two passes make the module smaller and what is sent of it, compressed, larger.
    optimise.args(["-O3", "--skip-pass=inlining-optimizing", "--skip-pass=reorder-functions"]);
    optimise.args(["--strip-debug", "--strip-producers"]);
    optimise.arg(bound.join(&binary)).arg("-o").arg(staged.join("wasm").join(&binary));
    shell::run(&mut optimise)
}

/// Flags beside those of `.cargo/config.toml`: `flags`, and that sources, which are named in the
/// module for panics, are not named as they lie on this machine.
fn with_flags(mut flags: Vec<String>) -> String {
    let home = std::env::var("CARGO_HOME")
        .ok()
        .or_else(|| std::env::var("HOME").ok().map(|home| format!("{home}/.cargo")));
    let root = shell::root().display().to_string();
    let remap = |from: &str, to: &str| format!("'--remap-path-prefix={from}={to}'");
    flags.push(remap(&root, "countersign"));
    flags.extend(home.map(|home| remap(&format!("{home}/registry/src"), "crates")));
    format!("target.{WEB_TARGET}.rustflags=[{}]", flags.join(","))
}

/// Writes the workspace's version into the package's description.
fn stamp(path: &Path) -> Outcome<String> {
    let version = env!("CARGO_PKG_VERSION");
    let text = fs::read_to_string(path).map_err(|error| failed("read", path, &error))?;
    let mut description: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("{SOURCE}/package.json: {error}")))?;
    if let Some(members) = description.as_object_mut() {
        members.insert("version".to_owned(), version.into());
    }
    let text = format!("{description:#}\n");
    fs::write(path, text).map_err(|error| failed("write", path, &error))?;
    Ok(version.to_owned())
}

/// Copies a directory, without its tests.
fn copy(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).map_err(|error| failed("create", to, &error))?;
    let entries = fs::read_dir(from).map_err(|error| failed("list", from, &error))?;
    for entry in entries.filter_map(Result::ok) {
        let (name, path) = (entry.file_name(), entry.path());
        if !path.is_dir() {
            copy_file(&path, &to.join(name))?;
        } else if name != "test" {
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Outcome {
    if let Some(directory) = to.parent() {
        fs::create_dir_all(directory).map_err(|error| failed("create", directory, &error))?;
    }
    fs::copy(from, to).map(drop).map_err(|error| failed("copy", from, &error))
}

fn failed(action: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {action} {}: {error}", path.display()))
}
