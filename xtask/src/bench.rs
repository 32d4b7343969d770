//! `cargo xtask bench`: every benchmark, under a heading that names the machine.

use std::path::{Path, PathBuf};

use crate::shell::{self, Outcome};
use crate::web;

/// The word that selects the benchmarks of the npm package.
const WEB: &str = "web";

/// Runs the benchmarks of core and native, with `filters`, and those of the npm package: all of
/// them without filters, and only the latter for `web`.
pub(crate) fn bench(filters: &[String]) -> Outcome {
    heading()?;
    if filters != [WEB] {
        let mut command = shell::cargo();
        command.args(["bench", "--locked", "--package", "countersign-core"]);
        command.args(["--package", "countersign", "--bench", "*", "--"]);
        shell::run(command.args(filters))?;
    }
    if filters.is_empty() || filters == [WEB] { web::bench::bench() } else { Ok(()) }
}

/// Names the machine.
fn heading() -> Outcome {
    let target = target_directory();
    println!("processor    {}", processor());
    println!("cores        {}", std::thread::available_parallelism().map_or(0, usize::from));
    println!("kernel       {}", file("/proc/sys/kernel/osrelease").trim());
    println!("file system  {} (of the target directory)", file_system(&target));
    println!("compiler     {}", shell::output(shell::program("rustc").arg("--version"))?.trim());
    Ok(())
}

fn target_directory() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let path = shell::root().join(named);
    path.canonicalize().unwrap_or(path)
}

/// A file's text; nothing on systems that have no such file.
fn file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn processor() -> String {
    let cpuinfo = file("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    model.and_then(|rest| rest.split_once(':')).map_or_else(
        || format!("unknown ({})", std::env::consts::ARCH),
        |(_, name)| name.trim().to_owned(),
    )
}

/// Type and device of the mount that holds `directory`.
fn file_system(directory: &Path) -> String {
    mount_of(&file("/proc/mounts"), directory).unwrap_or_else(|| "unknown".to_owned())
}

fn mount_of(mounts: &str, directory: &Path) -> Option<String> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let (device, point, kind) = (fields.next()?, fields.next()?, fields.next()?);
        directory.starts_with(point).then(|| (point.len(), format!("{kind} on {device}")))
    });
    // Of two mounts at one point, the later covers the earlier; `max_by_key` takes the last.
    mounted.max_by_key(|(length, _)| *length).map(|(_, shown)| shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_wins_and_the_last_of_equals() {
        let mounts = "/dev/a / ext4 rw 0 0\n/dev/b /srv xfs rw 0 0\n/dev/c /srv btrfs rw 0 0\n";
        let of = |path| mount_of(mounts, Path::new(path));
        assert_eq!(of("/srv/target").as_deref(), Some("btrfs on /dev/c"));
        assert_eq!(of("/srvice").as_deref(), Some("ext4 on /dev/a"));
        assert_eq!(mount_of("", Path::new("/srv")), None);
    }
}
