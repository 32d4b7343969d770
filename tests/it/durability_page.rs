//! The page on durability names functions and tests: all of them exist, and every rule has
//! both.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../native/src/store/DURABILITY.md");

/// File stem and text of every Rust file below a directory of the repository.
fn rust_files(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_string();
            found.push((stem, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn tree() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for directory in ["native/src/store", "native/tests", "core/src/recovery", "tests/it"] {
        rust_files(&root.join(directory), &mut found);
    }
    found
}

/// The code spans `file::function` of some text.
fn references(text: &str) -> Vec<(&str, &str)> {
    let spans = text.split('`').skip(1).step_by(2);
    spans
        .filter_map(|span| span.split_once("::"))
        .filter(|(file, _)| file.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .filter(|reference| *reference != ("file", "function"))
        .collect()
}

fn defines(text: &str, function: &str) -> bool {
    ["(", "<"].iter().any(|next| text.contains(&format!("fn {function}{next}")))
}

#[test]
fn every_function_and_test_that_the_page_names_exists() {
    let tree = tree();
    let named = references(PAGE);
    assert!(named.len() > 80, "only {} references found", named.len());
    let missing: Vec<_> = named
        .into_iter()
        .filter(|(file, function)| {
            !tree.iter().any(|(stem, text)| stem == file && defines(text, function))
        })
        .collect();
    assert!(missing.is_empty(), "the page names what is not there: {missing:?}");
}

#[test]
fn every_rule_has_a_function_and_a_test() {
    let is_test = |file: &str, function: &str| {
        tree()
            .iter()
            .any(|(stem, text)| stem == file && text.contains(&format!("#[test]\nfn {function}(")))
    };
    let rules = ["A1", "A2", "A3", "A4", "W1", "W2", "W3", "W4", "W5", "W6", "F1", "F2", "F3"];
    for rule in rules.into_iter().chain(["R1", "R2", "R3", "R4", "R5", "R6", "R7"]) {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| {rule} |")));
        let cells: Vec<_> = row.unwrap_or_else(|| panic!("no row {rule}")).split('|').collect();
        let [_, _, _, functions, tests, _] = cells[..] else { panic!("row {rule}: {cells:?}") };
        assert!(!references(functions).is_empty(), "{rule}: no function");
        let tests = references(tests);
        assert!(tests.iter().all(|(file, test)| is_test(file, test)), "{rule}: {tests:?}");
        assert!(!tests.is_empty(), "{rule}: no test");
    }
}

#[test]
fn the_check_sees_what_is_missing() {
    let text = "`durable::rewrite`, `state.json`, `MeteringLogShard::wait` and `no_such::thing`";
    assert_eq!(references(text), [("durable", "rewrite"), ("no_such", "thing")]);
    assert!(defines("pub fn push<L>(x)", "push") && !defines("fn pushed(x)", "push"));
}
