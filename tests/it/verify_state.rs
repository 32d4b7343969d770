//! What verification makes of `state.json`: it knows where the log was durable.

use std::fs;
use std::path::Path;

use countersign::store::disk::RealDisk;
use countersign::verify::{ShardReport, VerifyOptions, verify_shard};
use countersign_core::keys::PublicKey;
use countersign_tests::vector;

fn shard() -> tempfile::TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1/shard");
    let directory = tempfile::tempdir().unwrap();
    for name in ["log.000001.cbor", "log.000002.cbor", "state.json"] {
        fs::copy(from.join(name), directory.path().join(name)).unwrap();
    }
    directory
}

fn verify(directory: &Path) -> ShardReport {
    let format = vector("metering-v1/format.json");
    let key = PublicKey::from_hex(format["operatorPublicKey"].as_str().unwrap()).unwrap();
    verify_shard(&RealDisk, directory, &VerifyOptions::new(key), |_, _| {}).unwrap()
}

fn tells(report: &ShardReport) -> bool {
    report.failures.iter().any(|failure| failure.code == "before-durable-position")
}

/// Where the last frame of the last segment starts, and the one before.
fn last_frames(bytes: &[u8]) -> (usize, usize) {
    let (mut at, mut last, mut before) = (0, 0, 0);
    while let Some(prefix) = bytes.get(at..at + 4) {
        (before, last) = (last, at);
        at += 4 + u32::from_le_bytes(prefix.try_into().unwrap()) as usize;
    }
    (last, before)
}

#[test]
fn a_log_cut_before_the_durable_position_is_refused_and_a_stale_state_is_not() {
    let directory = shard();
    assert!(!tells(&verify(directory.path())));
    let path = directory.path().join("log.000002.cbor");
    let bytes = fs::read(&path).unwrap();
    let (last, before) = last_frames(&bytes);
    for length in [last, before] {
        fs::write(&path, &bytes[..length]).unwrap();
        let report = verify(directory.path());
        assert!(tells(&report) && !report.valid, "{report}");
    }
    let state = directory.path().join("state.json");
    let stale = fs::read_to_string(&state).unwrap().replace("\"128\"", "\"126\"");
    fs::write(&state, stale).unwrap();
    fs::write(&path, &bytes).unwrap();
    assert!(!tells(&verify(directory.path())));
}

/// Nothing in the log vouches for the last record's time; the state's tip does.
#[test]
fn a_changed_last_record_is_told() {
    let directory = shard();
    let path = directory.path().join("log.000002.cbor");
    let bytes = fs::read(&path).unwrap();
    let (last, _) = last_frames(&bytes);
    let known = verify(directory.path()).failures_total;
    for at in last..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        let report = verify(directory.path());
        // Its seq may be what changed; then the chain tells.
        assert!(report.failures_total > known, "byte {at}: {report}");
    }
}

#[test]
fn another_shards_state_says_nothing() {
    let directory = shard();
    let state = directory.path().join("state.json");
    let other = fs::read_to_string(&state).unwrap().replace("c0de", "beef").replace("128", "999");
    fs::write(&state, other).unwrap();
    assert!(!tells(&verify(directory.path())));
}
