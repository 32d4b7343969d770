//! What the checks need on the machine, and how it gets there.

use crate::shell::{self, Failure, Outcome};

/// A machine without an operating system: what needs `std` does not build for it.
pub(crate) const BARE_TARGET: &str = "thumbv7em-none-eabihf";
/// Browsers.
pub(crate) const WEB_TARGET: &str = "wasm32-unknown-unknown";

const TARGETS: [&str; 2] = [BARE_TARGET, WEB_TARGET];
/// Cargo's name for the command, and rustup's for the component.
const COMPONENTS: [(&str, &str); 2] = [("fmt", "rustfmt"), ("clippy", "clippy")];

/// Installs the targets and components that are missing; asks nobody when none is.
pub(crate) fn install_missing() -> Outcome {
    let sysroot = shell::output(shell::program("rustc").args(["--print", "sysroot"]))?;
    let libraries = std::path::Path::new(sysroot.trim()).join("lib/rustlib");
    for target in TARGETS {
        if !libraries.join(target).join("lib").is_dir() {
            install("target", target)?;
        }
    }
    for (command, component) in COMPONENTS {
        if !shell::succeeds(shell::cargo().args([command, "--version"])) {
            install("component", component)?;
        }
    }
    install_xfs_tools();
    Ok(())
}

/// The power cuts on a real XFS need its `mkfs`. Only root can run them, and only Debian's package
/// manager is known here; without either, that test says that it was skipped and why.
fn install_xfs_tools() {
    let has = |name: &str| {
        shell::succeeds(shell::program("sh").args(["-c", &format!("command -v {name}")]))
    };
    let is_root = shell::output(shell::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || has("mkfs.xfs") || !has("apt-get") {
        return;
    }
    println!("installing xfsprogs, for power cuts on a real XFS");
    let apt = |arguments: &[&str]| {
        shell::run(
            shell::program("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments),
        )
    };
    let installed = apt(&["update", "--quiet=2"]).and_then(|()| {
        apt(&["install", "--quiet=2", "--yes", "--no-install-recommends", "xfsprogs"])
    });
    if let Err(failure) = installed {
        println!("it could not be installed, so that test will be skipped: {failure}");
    }
}

fn install(kind: &str, name: &str) -> Outcome {
    println!("installing the {kind} {name}");
    shell::run(shell::program("rustup").args([kind, "add", name])).map_err(|failure| {
        Failure::new(format!(
            "the {kind} {name} is missing and could not be installed: {failure}. Install it for \
             the toolchain of rust-toolchain.toml; with rustup: `rustup toolchain install`"
        ))
    })
}
