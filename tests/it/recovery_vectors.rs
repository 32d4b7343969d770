//! The recovery vectors: logs of the TypeScript layout, and what a sound implementation makes of
//! them.

use std::path::{Path, PathBuf};

use countersign::store::{ShardRecoveryResult, StoreError, recover_log};
use countersign_core::foreign::ForeignLayout;
use countersign_core::limits::GENESIS_HASH;
use countersign_tests::image::Image;
use countersign_tests::vector;
use serde_json::Value;

fn segment(index: usize) -> PathBuf {
    Path::new("/log").join(format!("log.{:06}.cbor", index + 1))
}

fn image(case: &Value) -> Image {
    let mut image = Image::new();
    image.create_dir("/log");
    for (index, bytes) in case["segments"].as_array().unwrap().iter().enumerate() {
        if let Some(hex) = bytes.as_str() {
            image.insert(segment(index), crate::recovery::from_hex(hex));
        }
    }
    image
}

fn recover(image: &Image, dry_run: bool) -> (Image, Result<ShardRecoveryResult, StoreError>) {
    let disk = image.to_disk();
    let result = recover_log(&disk, Path::new("/log"), || ForeignLayout, dry_run);
    (disk.image(), result)
}

/// Records whose frames the case's own table of frame sizes puts before `length`.
fn frames_within(frames: &[u64], length: u64) -> u64 {
    let ends = frames.iter().scan(0, |end, size| {
        *end += size;
        Some(*end)
    });
    ends.filter(|end| *end <= length).count() as u64
}

#[test]
fn every_case_is_accepted_cut_or_refused_as_required() {
    let file = vector("metering/recovery.json");
    let frames: Vec<u64> =
        file["frames"].as_array().unwrap().iter().map(|size| size.as_u64().unwrap()).collect();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 25);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let required = case["required"].as_str().unwrap();
        let before = image(case);
        let (untouched, forecast) = recover(&before, true);
        assert_eq!(untouched, before, "{name}: a dry run changes nothing");
        let (after, result) = recover(&before, false);
        assert_eq!(forecast.is_ok(), result.is_ok(), "{name}: a dry run says the same");
        if required == "corrupt" {
            let error = result.expect_err(name);
            assert!(error.is_corruption(), "{name}: {error}");
            assert_eq!(after, before, "{name}: corruption changes nothing");
            continue;
        }
        let result = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        check_kept(case, &frames, &result);
        let is_cut = result.truncated_bytes + result.unused_bytes > 0;
        assert_eq!(is_cut, required == "truncate", "{name}");
        check_lengths(name, &before, &after, &result);
        // No signature covers anything here: recovery cannot see a damaged last record, and says
        // so for the log as a whole.
        assert_eq!(result.unsigned, result.record_count, "{name}");
        let (again, second) = recover(&after, false);
        let second = second.unwrap();
        assert_eq!(again, after, "{name}: recovering twice changes nothing more");
        assert_eq!((second.record_count, second.tip), (result.record_count, result.tip), "{name}");
        assert!(!second.was_truncated, "{name}");
    }
}

/// Count and tip are the reference's where it succeeded, and else those of the whole frames.
fn check_kept(case: &Value, frames: &[u64], result: &ShardRecoveryResult) {
    let name = case["name"].as_str().unwrap();
    let reference = &case["reference"];
    if reference["ok"] == true {
        assert_eq!(Some(result.record_count), reference["recordCount"].as_u64(), "{name}");
        assert_eq!(Some(&*result.tip.to_string()), reference["tipHash"].as_str(), "{name}");
    } else {
        let length = case["segments"][0].as_str().unwrap().len() as u64 / 2;
        assert_eq!(result.record_count, frames_within(frames, length), "{name}");
    }
    let last = result.last_seq.map(|seq| seq.0);
    assert_eq!(last, result.record_count.checked_sub(1), "{name}");
    assert_eq!(last.is_none(), result.tip == GENESIS_HASH, "{name}");
}

/// Everything up to the end stays, everything behind it is gone and kept beside the segment.
fn check_lengths(name: &str, before: &Image, after: &Image, result: &ShardRecoveryResult) {
    let total = |image: &Image| -> u64 {
        let segments = image.files().filter(|(path, _)| path.extension() == Some("cbor".as_ref()));
        segments.map(|(_, bytes)| bytes.len() as u64).sum()
    };
    let cut = result.truncated_bytes + result.unused_bytes;
    assert_eq!(total(before) - total(after), cut, "{name}");
    let mut kept_aside = Vec::new();
    for torn in &result.torn_files {
        kept_aside.extend_from_slice(after.file(torn).unwrap());
    }
    assert_eq!(kept_aside.len() as u64, result.truncated_bytes, "{name}");
    for (path, bytes) in before.files() {
        let now = after.file(path).unwrap();
        assert!(bytes.starts_with(now), "{name}: what stays is as it was");
        if now.len() < bytes.len() && !kept_aside.is_empty() {
            assert_eq!(bytes[now.len()..], kept_aside, "{name}");
        }
    }
}

#[test]
fn a_directory_without_any_segment_is_no_log() {
    let mut image = Image::new();
    image.create_dir("/log");
    let (after, result) = recover(&image, false);
    assert!(matches!(result, Err(StoreError::NotAShard { .. })));
    assert_eq!(after, image);
}
