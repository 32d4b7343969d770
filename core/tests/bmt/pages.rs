//! The room's pages: the specimens are what they say, every code and every test named exists.

use std::fs;
use std::path::Path;

use countersign_core::bmt::{Bmt, Expected, FileProof, Geometry, INDEX_HEADER_SIZE, SegmentIndex};
use countersign_core::hash::hex;
use countersign_core::limits::{MAX_BMT_CAPACITY, MAX_BMT_PROOF_SIZE, MAX_BMT_SPAN_SIZE};

const FORMAT: &str = include_str!("../../src/bmt/FORMAT.md");
const PARITY: &str = include_str!("../../src/bmt/PARITY.md");

/// The blocks marked as hex: bytes, and what the page says they are.
fn specimens() -> Vec<Vec<(Vec<u8>, &'static str)>> {
    let block = |text: &'static str| {
        let lines = text.split("\n```").next().unwrap().lines();
        let line = |line: &'static str| {
            let (digits, says) = line.split_once("  ").unwrap();
            (hex::decode(digits).unwrap_or_else(|| panic!("{line}")), says.trim())
        };
        lines.map(line).collect()
    };
    FORMAT.split("```hex\n").skip(1).map(block).collect()
}

#[test]
fn the_page_shows_a_chunk_a_proof_and_an_index() {
    let bmt = Bmt::swarm();
    let specimens = specimens();
    let [stored, index] = specimens.as_slice() else { panic!("two specimens") };
    let chunk = bmt.chunk(&stored[1].0).unwrap();
    assert_eq!(chunk.stored(), [&stored[0].0[..], &stored[1].0].concat());
    assert!(stored[0].1.ends_with(&format!(", {}", chunk.span_value())));
    assert!(stored[1].1.contains(std::str::from_utf8(chunk.payload()).unwrap()));
    let values: Vec<_> = FORMAT.lines().filter_map(|line| line.strip_prefix("  = ")).collect();
    let known = [chunk.root(), chunk.address(), bmt.zero(1), bmt.zero(7)];
    assert_eq!(values, known.map(|digest| digest.to_string()));

    let json = FORMAT.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    let proof = FileProof::from_json(json.as_bytes()).unwrap();
    let file = bmt.file(chunk.payload()).unwrap();
    bmt.verify_file_proof(file.address(), &proof, Expected::len(11)).unwrap();
    let made = file.prove(SegmentIndex(0)).unwrap().to_json().unwrap();
    assert_eq!(json.replace([' ', '\n'], ""), made);

    let made = bmt.file(&[0; 4_097]).unwrap().tree().to_index();
    let shown: Vec<u8> = index.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
    assert_eq!(hex::encode(&shown), hex::encode(&made[..INDEX_HEADER_SIZE]));
    for (bytes, says) in &index[1..6] {
        let number = u64::from_le_bytes(bytes.as_slice().try_into().unwrap());
        assert!(says.ends_with(&format!(", {number}")), "{says}");
    }
}

#[test]
fn the_page_has_the_numbers_of_the_limits_and_the_geometry() {
    let swarm = Geometry::SWARM;
    for number in [swarm.payload_limit(), swarm.fan_out(), swarm.span_size()] {
        assert!(FORMAT.contains(&format!("| {number} |")), "{number}");
    }
    assert!(FORMAT.contains(&format!("from 64 to {MAX_BMT_CAPACITY}")));
    assert!(FORMAT.contains(&format!("`1 <= L <= {MAX_BMT_SPAN_SIZE}`")));
    assert_eq!(MAX_BMT_PROOF_SIZE, 1_048_576);
    assert!(FORMAT.contains("at most 1,048,576 bytes"));
}

/// Every kebab-case text in these files of the room is a code: the page names it.
#[test]
fn the_page_names_every_reason_to_refuse() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bmt");
    let mut found = 0;
    for file in ["refusal.rs", "index.rs"] {
        let text = fs::read_to_string(room.join(file)).unwrap();
        for literal in text
            .lines()
            .filter(|line| !line.trim().starts_with("//"))
            .flat_map(|line| line.split('"').skip(1).step_by(2))
        {
            let is_code = literal.contains('-')
                && literal.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if is_code && literal != "chunk-index-read" {
                assert!(FORMAT.contains(&format!("`{literal}`")), "{literal} of {file}");
                found += 1;
            }
        }
    }
    assert!(found >= 27, "only {found} codes found");
}

fn tests() -> Vec<(String, String)> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bmt");
    let files = fs::read_dir(room).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (stem, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Whether `file: title` is a test of the npm package.
fn package_has(name: &str) -> bool {
    let (file, title) = name.split_once(": ").unwrap_or_else(|| panic!("{name}"));
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm/npm/test");
    let text = fs::read_to_string(room.join(format!("{file}.test.mjs"))).unwrap();
    text.contains(&format!("test(\"{title}\""))
}

#[test]
fn every_row_of_the_parity_table_has_a_test_that_exists() {
    let tests = tests();
    let exists = |name: &str| {
        let (file, test) = name.split_once("::").unwrap_or_else(|| panic!("{name}"));
        tests.iter().any(|(stem, text)| {
            stem == file
                && text
                    .split("#[test]")
                    .skip(1)
                    .any(|after| after.trim_start().starts_with(&format!("fn {test}(")))
        })
    };
    let rows: Vec<_> = (1..=52).map(|n| format!("P{n:02}")).collect();
    let required = ["X01", "X02", "X03", "X04", "X07", "X08", "X09", "X10", "X11", "X12", "X13"];
    let more = ["X14", "X15", "X16", "X17", "X18", "X21"];
    for row in rows.iter().map(String::as_str).chain(required).chain(more) {
        let line = PARITY.lines().find(|line| line.starts_with(&format!("| {row} |")));
        let cells: Vec<_> = line.unwrap_or_else(|| panic!("no row {row}")).split('|').collect();
        let [_, _, _, ours, proof, ref package @ ..] = cells[..] else {
            panic!("{row}: {cells:?}")
        };
        // Only what the reference has is asked of the package.
        assert_eq!(package.len(), if row.starts_with('P') { 2 } else { 1 }, "{row}");
        if row.starts_with('P') {
            let titles: Vec<_> = package[0].split('`').skip(1).step_by(2).collect();
            assert!(!titles.is_empty(), "{row} has no test of the package");
            for title in titles {
                assert!(package_has(title), "{row} names {title}, which is no test");
            }
        }
        assert!(ours.contains('`'), "{row} has no name of ours");
        let named: Vec<_> = proof.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row} has no test");
        for name in named {
            assert!(exists(name), "{row} names {name}, which is no test");
        }
    }
}
