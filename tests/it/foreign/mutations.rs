//! No changed byte of the reference shard passes, but those that nothing could confirm.

use std::ops::Range;

use countersign_core::foreign::SIDECAR_FILE_NAME;
use countersign_tests::image::Image;
use countersign_tests::json::text;
use countersign_tests::rng::Rng;

use super::{codes, manifest, path, reference, report};

const SEED: u64 = 0x7459_7065;
/// Bytes changed in each file; all of a smaller one.
const SAMPLES: u64 = 250;

/// The value of a member in a JSON file, which nothing in the shard confirms.
fn value_of(file: &[u8], member: &str) -> Option<Range<usize>> {
    let json = std::str::from_utf8(file).ok()?;
    let start = json.find(&format!("\"{member}\": "))? + member.len() + 4;
    let end = start + json[start..].find(['\n', ',']).unwrap();
    Some(start..end)
}

fn with(image: &Image, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Image {
    let mut bytes = image.file(&path(name)).unwrap().to_vec();
    change(&mut bytes);
    let mut image = image.clone();
    image.insert(path(name), bytes);
    image
}

#[test]
fn no_changed_byte_passes() {
    println!("seed {SEED:#x}");
    let image = reference();
    let (mut tried, mut passed) = (0_u32, 0_u32);
    for (part, file) in manifest()["files"].as_array().unwrap().iter().enumerate() {
        let name = text(&file["name"]);
        let bytes = image.file(&path(name)).unwrap();
        let unconfirmed: Vec<_> = ["batchId", "confirmedAt", "recoveredAt"]
            .into_iter()
            .filter_map(|member| value_of(bytes, member))
            .collect();
        let mut rng = Rng::part(SEED, part as u64);
        let length = bytes.len() as u64;
        let places: Vec<u64> = if length <= 2 * SAMPLES {
            (0..length).collect()
        } else {
            (0..SAMPLES).map(|_| rng.below(length)).collect()
        };
        for at in places {
            let at = usize::try_from(at).unwrap();
            let change = u8::try_from(1 + rng.below(255)).unwrap();
            let changed = report(&with(&image, name, |bytes| bytes[at] ^= change));
            tried += 1;
            if changed.valid {
                assert!(
                    unconfirmed.iter().any(|range| range.contains(&at)),
                    "{name}: byte {at} ^ {change:#x} passes"
                );
                passed += 1;
            }
        }
    }
    assert!(tried > 1_000 && passed < tried / 20, "{tried} {passed}");
}

/// The bytes that do not matter: what the library notes for people, and nothing signs.
#[test]
fn only_names_and_times_that_nothing_confirms_may_change() {
    let image = reference();
    let settlement = "settlements/settlement_0_249.json";
    for (name, member) in
        [(settlement, "batchId"), (settlement, "confirmedAt"), ("state.json", "recoveredAt")]
    {
        let bytes = image.file(&path(name)).unwrap();
        let range = value_of(bytes, member).unwrap();
        let at = bytes[range.clone()].iter().rposition(u8::is_ascii_digit).unwrap() + range.start;
        let changed = report(&with(&image, name, |bytes| bytes[at] ^= 1));
        assert!(changed.valid, "{name} {member}: {changed}");
    }
    // But not how they are spelled.
    let spaced = with(&image, "state.json", |bytes| bytes.push(b'\n'));
    assert_eq!(codes(&report(&spaced)), ["state-malformed"]);
}

#[test]
fn missing_files_are_noticed_where_something_else_knows_of_them() {
    let image = reference();
    for (name, expected) in [
        ("log.000001.cbor", Some("segment-missing")),
        ("log.000002.cbor", Some("before-durable-position")),
        (SIDECAR_FILE_NAME, Some("signature-missing")),
        ("settlements/settlement_250_499.json", Some("settlement-range")),
        // Nothing says that a batch was settled, or indexed.
        ("settlements/settlement_500_599.json", None),
        ("index/batch_0_249.idx", None),
        ("state.json", None),
    ] {
        let mut changed = image.clone();
        changed.remove(&path(name)).unwrap();
        let report = report(&changed);
        match expected {
            Some(code) => assert!(codes(&report).contains(&code), "{name}: {report}"),
            None => assert!(report.valid, "{name}: {report}"),
        }
    }
}

#[test]
fn cuts_are_noticed_by_what_covers_the_rest() {
    let image = reference();
    let mut rng = Rng::new(SEED);
    for _ in 0..40 {
        let keep = usize::try_from(rng.below(35_879)).unwrap();
        let cut = report(&with(&image, "log.000002.cbor", |bytes| bytes.truncate(keep)));
        assert!(codes(&cut).contains(&"before-durable-position"), "{keep}: {cut}");
        let cut = report(&with(&image, "log.000001.cbor", |bytes| bytes.truncate(keep)));
        assert!(!cut.valid, "{keep}");
    }
    // A sidecar cut between entries leaves a tail unsigned, and the report says how long.
    let cut = report(&with(&image, SIDECAR_FILE_NAME, |bytes| bytes.truncate(30 * 154)));
    assert!(cut.valid && cut.unsigned_tail > 0, "{cut}");
    let cut = report(&with(&image, SIDECAR_FILE_NAME, |bytes| bytes.truncate(10 * 154 + 7)));
    assert_eq!((codes(&cut), cut.torn_sidecar_bytes), (vec!["signature-missing"], 7));
}

#[test]
fn reading_goes_on_behind_damage() {
    let image = reference();
    // The length of frame 1, at byte 164: too large, too small, impossible.
    for change in [0x80, 0x01, 0xff] {
        for at in [164, 165, 166, 167] {
            let damaged = report(&with(&image, "log.000001.cbor", |bytes| bytes[at] ^= change));
            let codes = codes(&damaged);
            assert!(codes.contains(&"frame-broken"), "{at} {change:#x}: {damaged}");
            assert!(damaged.records >= 598, "{at} {change:#x}: {damaged}");
            assert_eq!(damaged.last_seq.map(|seq| seq.0), Some(599));
            assert_eq!(damaged.unsigned_tail, 0);
        }
    }
    let torn =
        report(&with(&image, "log.000002.cbor", |bytes| bytes.extend([0x80, 0, 0, 0, 0x89])));
    assert!(torn.valid && torn.torn_tail_bytes == 5, "{torn}");
    let zeros = report(&with(&image, "log.000002.cbor", |bytes| bytes.extend([0; 4_096])));
    assert!(zeros.valid && zeros.torn_tail_bytes == 4_096, "{zeros}");
    let inside = report(&with(&image, "log.000001.cbor", |bytes| bytes.extend([0; 9])));
    assert_eq!(codes(&inside), ["frame-broken"]);
}

/// A file of records that are all but one byte right takes no longer than its size asks for.
#[test]
fn hostile_files_take_no_longer_than_their_size_asks_for() {
    let image = reference();
    let hostile = with(&image, "log.000002.cbor", |bytes| {
        let start: Vec<u8> =
            [0xff, 0xff, 0, 0, 0x89, 0x1b].into_iter().cycle().take(1 << 20).collect();
        bytes.splice(0..0, start);
    });
    let report = report(&hostile);
    assert!(codes(&report).contains(&"frame-broken"));
    assert_eq!(report.last_seq.map(|seq| seq.0), Some(599));
}
