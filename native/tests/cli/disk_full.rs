//! A disk that fills up in the middle of an append: a small file system in memory, mounted where
//! that is permitted.

use std::fs;
use std::process::Command;

use crate::kit::{Place, line};

/// A mounted file system; unmounted with it.
struct Mounted<'p>(&'p Place);

impl<'p> Mounted<'p> {
    fn new(place: &'p Place, size: &str) -> Option<Self> {
        fs::create_dir(place.join("disk")).unwrap();
        let options = format!("size={size},mode=700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(place.join("disk"));
        let output = mount.output().ok()?;
        output.status.success().then_some(Self(place))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.join("disk")).status();
    }
}

#[test]
fn a_full_disk_ends_the_append_and_a_second_run_completes_it() {
    let place = Place::with_shard();
    let Some(_disk) = Mounted::new(&place, "1m") else {
        println!("SKIPPED: a file system cannot be mounted here");
        return;
    };
    place.done("mv meter disk/");
    let input: String = (1..=20_000).map(|number| line(number) + "\n").collect();
    fs::write(place.join("in.ndjson"), input).unwrap();
    let append =
        "countersign shard append disk/meter --process-key process.key --input in.ndjson --json";
    let output = place.run(append, "");
    assert_eq!(output.status.code(), Some(2));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<serde_json::Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let error = lines.pop().unwrap();
    assert_eq!(error["error"]["code"], "disk-full", "{error}");
    let told = lines.len() as u64;
    assert!(told > 1_000, "{told}");
    let last = error["error"]["lastLine"].as_u64().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert!(lines.starts_with(&(1..=last).collect::<Vec<_>>()), "{last}: {lines:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(&format!("all lines up to {last} are done for good")), "{stderr}");

    // Reading goes on, and what was told is there.
    let status = place.done("countersign shard status disk/meter --json");
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["openWindow"]["entries"], told.to_string());
    assert_eq!(place.verify("disk/meter")["entries"], told.to_string());

    // Room is made: the same command completes.
    place.done("mount -o remount,size=32m disk");
    let output = place.run(append, "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let duplicates = stdout.lines().filter(|line| line.contains("duplicate")).count() as u64;
    assert_eq!((stdout.lines().count(), duplicates), (20_000, told));
    assert_eq!(place.verify("disk/meter")["entries"], "20000");
}
