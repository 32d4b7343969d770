//! Runs the built program in a directory of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// An empty directory in which commands run.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// One with keys and an empty shard in `meter`.
    pub(crate) fn with_shard() -> Self {
        let place = Self::new();
        place.done("countersign key generate --out operator.key");
        place.done("countersign key generate --out process.key");
        place.done(
            "countersign shard create meter --operator-key operator.key --process-key process.key",
        );
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// `sh` with the program on its path, in the directory.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let program = Path::new(PROGRAM).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .current_dir(self.path())
            .env("PATH", format!("{}:{path}", program.display()))
            .env("HOME", self.path())
            .env("VECTORS", Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors"));
        command
    }

    /// Runs a script with this on its standard input.
    pub(crate) fn run(&self, script: &str, input: &str) -> Output {
        let mut child = self
            .shell(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        let feeder = std::thread::spawn(move || {
            // A command that needs no input may have ended.
            let _ = stdin.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        output
    }

    /// Runs a script that must succeed; its standard output.
    pub(crate) fn done(&self, script: &str) -> String {
        let output = self.run(script, "");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {:?}\n{stderr}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Verifies a shard; its report, which must say that it is valid.
    pub(crate) fn verify(&self, shard: &str) -> serde_json::Value {
        let script = format!(
            "countersign key show operator.key --public-key > operator.pub && \
             countersign shard verify {shard} --operator-public-key @operator.pub --json"
        );
        let report: serde_json::Value = serde_json::from_str(&self.done(&script)).unwrap();
        assert_eq!(report["valid"], true, "{report}");
        report
    }

    /// The files below `name` and what they hold.
    pub(crate) fn contents(&self, name: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut waiting = vec![self.join(name)];
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting
                    .extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((path, bytes));
            }
        }
        found.sort();
        found
    }
}

/// One line of input: entry `number`, from 1, of one of seven members.
pub(crate) fn line(number: u64) -> String {
    format!(
        r#"{{"op":"spend","memberId":"{:064x}","assetId":"joule","amount":"-{number}","opId":"op-{number}"}}"#,
        number % 7
    )
}

/// A writer that runs, fed and read line by line.
pub(crate) struct Writer {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<std::process::ChildStdout>,
}

impl Writer {
    /// Starts `shard append --json` on `shard`, without a shell between, so that signals reach it.
    pub(crate) fn start(place: &Place, shard: &str, options: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["shard", "append", shard, "--process-key", "process.key", "--json"])
            .args(options)
            .current_dir(place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    pub(crate) fn send(&mut self, lines: &str) {
        self.child.stdin.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
    }

    /// The next line of its output, as JSON.
    pub(crate) fn receive(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Waits for it to end; its exit code, `None` if a signal ended it, and its standard error.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).unwrap();
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}
