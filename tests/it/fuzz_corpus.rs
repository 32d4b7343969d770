//! Replays the fuzz corpus, and simple damage to each of its files, without a fuzzer.

use std::path::PathBuf;

#[path = "../../core/fuzz/src/lib.rs"]
mod targets;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 7] = [
    ("decode_record", targets::decode_record),
    ("scan_segment", targets::scan_segment),
    ("recovery_decision", targets::recovery_decision),
    ("bundle", targets::bundle),
    ("dispute", targets::dispute),
    ("file_proof", targets::file_proof),
    ("chunk_stream", targets::chunk_stream),
];

fn fuzz_directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/fuzz")
}

/// Names and bytes of a target's corpus, in order of name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fuzz_directory()
        .join("corpus")
        .join(target)
        .read_dir()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    assert!(files.len() >= 10, "the corpus of {target} has {} files", files.len());
    files
}

/// Runs a target; a failure names the file and what was done to it.
fn run(target: (&str, Target), file: &str, damage: &str, bytes: &[u8]) {
    let outcome = std::panic::catch_unwind(|| (target.1)(bytes));
    assert!(outcome.is_ok(), "{}: {file}, {damage}", target.0);
}

#[test]
fn every_file_passes_its_target() {
    for target in TARGETS {
        for (name, bytes) in corpus(target.0) {
            run(target, &name, "as it is", &bytes);
        }
    }
}

#[test]
fn cut_short_or_with_a_byte_changed_they_pass_too() {
    for target in TARGETS {
        for (name, bytes) in corpus(target.0) {
            // Records are damaged at every byte, whole segments at about a hundred.
            for at in (0..bytes.len()).step_by(bytes.len() / 1_300 * 13 + 1) {
                run(target, &name, &format!("cut to {at} bytes"), &bytes[..at]);
                for change in [0x01, 0x20, 0x80, 0xff] {
                    let mut bytes = bytes.clone();
                    bytes[at] ^= change;
                    run(target, &name, &format!("byte {at} xor {change:#x}"), &bytes);
                }
            }
        }
    }
}

#[test]
fn every_target_has_a_corpus_and_is_replayed() {
    let names = |directory: &str| -> Vec<String> {
        let entries = fuzz_directory().join(directory).read_dir().unwrap();
        let stem = |entry: std::io::Result<std::fs::DirEntry>| {
            Some(entry.unwrap().path().file_stem()?.to_str()?.to_owned())
        };
        let mut names: Vec<_> = entries.filter_map(stem).collect();
        names.sort();
        names
    };
    let mut replayed = TARGETS.map(|(name, _)| name.to_owned()).to_vec();
    replayed.sort();
    assert_eq!(names("fuzz_targets"), replayed);
    assert_eq!(names("corpus"), replayed);
}

#[test]
fn record_seeds_are_the_records_of_the_format_vectors() {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/metering-v1/format.json");
    let vectors: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(vectors).unwrap()).unwrap();
    let mut seeds = 0;
    for (name, bytes) in corpus("decode_record") {
        let Some(seq) = name.strip_prefix("metering-v1-") else { continue };
        let record = &vectors["records"][seq.parse::<usize>().unwrap()];
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(record["cbor"].as_str(), Some(hex.as_str()), "{name}");
        assert!(countersign_core::chain::Record::decode(&bytes).is_ok(), "{name}");
        seeds += 1;
    }
    assert!(seeds >= 24, "{seeds} seeds");
}
