//! Tells the program which commit it was built from, where that is known, and puts the page into it,
//! where that has been built.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = commit().unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=COUNTERSIGN_COMMIT={commit}");
    let assets = match page() {
        Ok(assets) => assets,
        Err(error) => {
            println!("cargo::warning=the page is left out: {error}");
            String::from("&[]")
        }
    };
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    if let Err(error) = fs::write(out.join("page_assets.rs"), assets) {
        println!("cargo::error=the list of the page's files cannot be written: {error}");
    }
}

/// The page's files as the expression of a slice: path and contents. Empty until
/// `cargo xtask page` has built it.
fn page() -> io::Result<String> {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let workspace = manifest.parent().unwrap_or(&manifest);
    let mut files = Vec::new();
    if workspace.join("xtask").is_dir() {
        let page = workspace.join("target").join("page");
        // Made here, since cargo runs a build script each time while what it watches is missing.
        fs::create_dir_all(&page)?;
        println!("cargo::rerun-if-changed={}", page.display());
        list(&page, "", &mut files)?;
        files.sort();
    }
    let mut assets = String::from("&[\n");
    for (name, path) in files {
        let _ =
            writeln!(assets, "    ({name:?}, include_bytes!({:?})),", path.display().to_string());
    }
    assets.push(']');
    Ok(assets)
}

/// Every file below `directory`, named from there with `/`.
fn list(directory: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}

/// The commit of this checkout; `None` without git, or where the sources only lie inside the
/// checkout of something else.
fn commit() -> Option<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.canonicalize().ok()?;
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()?;
    if top != workspace {
        return None;
    }
    for name in ["HEAD", "logs/HEAD"] {
        // A path that does not exist would make cargo run this on every build.
        let path = PathBuf::from(git(&["rev-parse", "--git-path", name])?);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let directory = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("git").current_dir(directory).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
