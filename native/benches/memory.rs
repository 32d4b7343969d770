//! Peak resident memory and time of each command over a shard of a million records.
//!
//! `cargo bench -p countersign --bench memory`. The limit is 64 MiB beside the table of
//! operations, which takes 42 MiB at its default capacity: 32 bytes an operation and its index.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark stops at the first thing that goes wrong"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");
/// How often a running command is looked at.
const GLANCE: Duration = Duration::from_millis(2);

fn main() {
    let is_test = !std::env::args().any(|argument| argument == "--bench");
    let records = if is_test { 1_000 } else { 1_000_000 };
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let at = |name: &str| scratch.path().join(name).to_str().unwrap().to_string();
    let (operator, process, shard) = (at("operator.key"), at("process.key"), at("shard"));
    for key in [&operator, &process] {
        measure("key generate", &["key", "generate", "--out", key]);
    }
    let keys = ["--operator-key", &operator, "--process-key", &process];
    measure("shard create", &[&["shard", "create", shard.as_str()][..], &keys].concat());
    write_input(Path::new(&at("input")), records);
    let append = ["shard", "append", &shard, "--process-key", &process, "--input", &at("input")];
    measure(&format!("shard append, {records} lines"), &append);
    measure("the same again, all duplicates", &append);
    measure("shard status", &["shard", "status", &shard]);
    measure("shard tail", &["shard", "tail", &shard]);
    measure("shard recover --dry-run", &["shard", "recover", &shard, "--dry-run"]);
    fs::remove_file(Path::new(&shard).join("state.json")).unwrap();
    measure("shard recover, without state.json", &["shard", "recover", &shard]);
    let public = at("operator.pub");
    let shown = Command::new(PROGRAM).args(["key", "show", &operator, "--public-key"]).output();
    fs::write(&public, shown.unwrap().stdout).unwrap();
    let trusted = format!("@{public}");
    let verify = ["shard", "verify", &shard, "--operator-public-key", &trusted];
    measure("shard verify, all cores", &verify);
    measure("shard verify, one core", &[&verify[..], &["--threads", "1"]].concat());
}

fn write_input(path: &Path, records: u32) {
    let mut text = String::new();
    for i in 0..records {
        let (member, amount) = (i % 1_000, i + 1);
        writeln!(
            text,
            r#"{{"op":"spend","memberId":"{member:064}","assetId":"joule","amount":"-{amount}","opId":"request-{i}"}}"#
        )
        .unwrap();
    }
    fs::write(path, text).unwrap();
}

/// Runs a command to its end and prints what it took.
fn measure(name: &str, arguments: &[&str]) {
    let start = Instant::now();
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_memory(&child));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(GLANCE);
    };
    assert!(status.success(), "{name}: {status}");
    let (seconds, mebibytes) = (start.elapsed().as_secs_f64(), peak as f64 / 1024.0);
    println!("{name:45} {seconds:9.3} s {mebibytes:9.1} MiB peak");
}

/// The kernel's own high-water mark of a process, in KiB; 0 when it has ended.
fn peak_memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
