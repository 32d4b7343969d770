//! The transcripts in `tests/cli`: what is typed, and what is answered.
//!
//! Each file is a list of `[[run]]`, which follow each other in one directory:
//!
//! | key | is |
//! |---|---|
//! | `command` | a script for `sh` |
//! | `input` | its standard input, or nothing |
//! | `exit` | its exit code, 0 if not given |
//! | `stdout`, `stderr` | what it prints, nothing if not given: `[..]` stands for any text in a line, a line `...` for any lines |
//! | `$VECTORS` | in a command, the directory of the vectors |
//! | `unchanged` | a directory that is byte for byte the same afterwards |

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::kit::Place;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transcript {
    about: String,
    run: Vec<Run>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    command: String,
    #[serde(default)]
    input: String,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    unchanged: Option<String>,
}

/// Whether `found` is a line of this pattern.
fn line_fits(pattern: &str, found: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| found.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether `found` are lines of this pattern.
fn lines_fit(pattern: &[&str], found: &[&str]) -> bool {
    match pattern.split_first() {
        None => found.is_empty(),
        Some((&"...", rest)) => (0..=found.len()).any(|skip| lines_fit(rest, &found[skip..])),
        Some((first, rest)) => found
            .split_first()
            .is_some_and(|(line, found)| line_fits(first, line) && lines_fit(rest, found)),
    }
}

fn fits(pattern: &str, found: &[u8]) -> bool {
    let found = String::from_utf8_lossy(found);
    let lines = |text: &str| text.trim_end().lines().map(str::to_owned).collect::<Vec<_>>();
    let (pattern, found) = (lines(pattern), lines(&found));
    let pattern: Vec<_> = pattern.iter().map(String::as_str).collect();
    lines_fit(&pattern, &found.iter().map(String::as_str).collect::<Vec<_>>())
}

fn play(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/cli").join(name);
    let transcript: Transcript = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(!transcript.about.is_empty() && !transcript.run.is_empty());
    let place = Place::new();
    for Run { command, input, exit, stdout, stderr, unchanged } in &transcript.run {
        let before = unchanged.as_ref().map(|name| place.contents(name));
        let output = place.run(command, input);
        let is_as_told = output.status.code() == Some(*exit)
            && fits(stdout, &output.stdout)
            && fits(stderr, &output.stderr);
        assert!(
            is_as_told,
            "{name}: {command}\nexit: {:?}, told {exit}\n--- stdout\n{}--- told\n{stdout}\n\
             --- stderr\n{}--- told\n{stderr}",
            output.status.code(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let after = unchanged.as_ref().map(|name| place.contents(name));
        assert!(before == after, "{name}: {command}: {unchanged:?} has changed");
    }
}

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                play(concat!(stringify!($name), ".toml"));
            }
        )*

        const PLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

transcripts! {
    bad_fields
    bad_lines
    basics
    bmt
    broken_shards
    dispute
    formats
    keys
    options
    proofs
    recovery
    typescript
}

#[test]
fn every_transcript_is_played() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/cli");
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let played: Vec<_> = PLAYED.iter().map(|name| format!("{name}.toml")).collect();
    assert_eq!(names, played);
}

#[test]
fn patterns_fit_what_they_should() {
    assert!(fits("a[..]c\n...\nz", b"abc\nx\ny\nz\n"));
    assert!(fits("...", b"") && fits("", b"") && fits("[..]", b"x"));
    assert!(
        !fits("", b"x") && !fits("a[..]c", b"ab") && !fits("a\n...", b"b\na") && !fits("a", b"ab")
    );
}
