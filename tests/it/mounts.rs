//! File systems of a test's own, in loop files: for the superuser on Linux, skipped elsewhere.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Prints a line that the test runner does not swallow.
pub(crate) fn say(line: &str) {
    let _nobody_listens = writeln!(std::io::stderr(), "{line}");
}

/// Says that, and why, a test did not test: a skip is never a pass.
pub(crate) fn skip(test: &str, reason: &str) {
    say(&format!("{test}: skipped: {reason}"));
}

/// Runs a program; what it said if it failed or is not there.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} {}: {}", arguments.join(" "), said.trim()))
}

/// A mounted file system; dropping it unmounts it.
#[derive(Debug)]
pub(crate) struct Mount {
    arguments: Vec<String>,
    point: PathBuf,
}

impl Mount {
    /// A tmpfs of so many bytes at `point`.
    pub(crate) fn tmpfs(point: &Path, bytes: u64) -> Result<Self, String> {
        let size = format!("size={bytes}");
        Self::at(point, &["-t", "tmpfs", "-o", &size, "tmpfs"])
    }

    /// A new file system of `kind` in a sparse file of so many bytes, at `point`.
    pub(crate) fn in_file(
        kind: &str,
        image: &Path,
        bytes: u64,
        point: &Path,
    ) -> Result<Self, String> {
        let file = File::create(image).map_err(|error| error.to_string())?;
        file.set_len(bytes).map_err(|error| error.to_string())?;
        let image = image.to_str().ok_or("a path that is no text")?;
        run(&format!("mkfs.{kind}"), &["-q", image])?;
        Self::at(point, &["-t", kind, "-o", "loop", image])
    }

    fn at(point: &Path, arguments: &[&str]) -> Result<Self, String> {
        std::fs::create_dir_all(point).map_err(|error| error.to_string())?;
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mount = Self { arguments, point: point.to_path_buf() };
        if let Err(reason) = mount.attach() {
            // There is nothing to unmount.
            std::mem::forget(mount);
            return Err(reason);
        }
        Ok(mount)
    }

    fn attach(&self) -> Result<(), String> {
        let point = self.point.to_str().ok_or("a path that is no text")?;
        let arguments = self.arguments.iter().map(String::as_str).chain([point]);
        run("mount", &arguments.collect::<Vec<_>>())
    }

    /// Between its start and its program a process of another test may hold our files for a moment.
    fn detach(&self) -> Result<(), String> {
        let point = self.point.to_str().ok_or("a path that is no text")?;
        let detached = (0..100).find(|_| {
            let is_done = run("umount", &[point]).is_ok();
            if !is_done {
                std::thread::sleep(Duration::from_millis(50));
            }
            is_done
        });
        detached.map_or_else(|| run("umount", &[point]), |_| Ok(()))
    }

    /// Unmounts and mounts again: what is in no journal and on no block is gone.
    pub(crate) fn remount(&self) {
        self.detach().unwrap();
        self.attach().unwrap();
    }

    /// Changes its options while it is mounted.
    pub(crate) fn change(&self, options: &str) {
        let point = self.point.to_str().unwrap();
        run("mount", &["-o", &format!("remount,{options}"), point]).unwrap();
    }

    pub(crate) fn point(&self) -> &Path {
        &self.point
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Err(error) = self.detach() {
            say(&error);
        }
    }
}
