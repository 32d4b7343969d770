//! The house rules that a program can check: arrows between rooms, who may touch the disk, file
//! headers and sizes, words.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
struct Source {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// Directories that are built, downloaded, or data.
const SKIPPED: [&str; 10] = [
    ".git",
    ".tools",
    "target",
    "node_modules",
    "demo",
    "artifacts",
    "coverage",
    "corpus",
    "vectors",
    "proptest-regressions",
];
const TEXT: [&str; 16] = [
    "rs", "toml", "md", "sh", "yml", "yaml", "html", "css", "js", "mjs", "ts", "json", "txt",
    "csv", "svg", "py",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn collect(directory: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(&entry.path(), &format!("{path}/"), found);
            }
        } else {
            let is_text = name.rsplit_once('.').is_none_or(|(_, end)| TEXT.contains(&end));
            if let Some(text) = is_text.then(|| fs::read_to_string(entry.path()).ok()).flatten() {
                found.push(Source { path, text });
            }
        }
    }
}

/// All text files; fails if there are too few to be the repository.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    assert!(found.len() >= 70, "only {} files found", found.len());
    found
}

/// The Rust files below `prefix`, at least `least` of them.
fn rust_files(prefix: &str, least: usize) -> Vec<Source> {
    let is_wanted = |source: &Source| source.path.starts_with(prefix) && is_rust(source);
    let found: Vec<_> = sources().into_iter().filter(is_wanted).collect();
    assert!(found.len() >= least, "only {} Rust files below `{prefix}`", found.len());
    found
}

fn is_rust(source: &Source) -> bool {
    Path::new(&source.path).extension().is_some_and(|end| end == "rs")
}

/// Lines of code with their numbers: no comments, nothing from a module of unit tests on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..tests].lines().enumerate();
    lines.map(|(index, line)| (index + 1, line.trim())).filter(|(_, line)| !line.starts_with("//"))
}

/// Every line of code that `is_bad`, as `path:line: text`.
fn offences(sources: &[Source], is_bad: impl Fn(&str) -> bool) -> Vec<String> {
    let of = |source: &Source| -> Vec<String> {
        code(&source.text)
            .filter(|(_, line)| is_bad(line))
            .map(|(number, line)| format!("{}:{number}: {line}", source.path))
            .collect()
    };
    sources.iter().flat_map(of).collect()
}

fn none(offences: &[String], rule: &str) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

/// Whether `name` stands in `line` as a name of its own, not as the end of a longer one.
fn calls(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    })
}

// --- Words ---

/// Words of a trade this product is not in. Written in halves, so that this file passes too.
const FOREIGN_WORDS: [&str; 6] = [
    concat!("co", "in"),
    concat!("hol", "der"),
    concat!("token", "omics"),
    concat!("air", "drop"),
    concat!("stak", "ing"),
    concat!("market", "cap"),
];
/// Directories of the machine somebody happened to work on.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/tmp/", "wt")];
/// What must not be left behind.
const LEFTOVERS: [&str; 4] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
    concat!("db", "g!("),
];

fn foreign_word(line: &str) -> Option<&'static str> {
    let lower = line.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphabetic());
    words.find_map(|word| FOREIGN_WORDS.into_iter().find(|foreign| *foreign == word))
}

#[test]
fn no_foreign_words_and_no_machine_paths() {
    let mut found = Vec::new();
    for source in sources() {
        for (index, line) in source.text.lines().enumerate() {
            let path = MACHINE_PATHS.into_iter().find(|path| line.contains(path));
            if let Some(word) = foreign_word(line).or(path) {
                found.push(format!("{}:{}: {word}", source.path, index + 1));
            }
        }
    }
    none(&found, "these words do not belong here");
}

#[test]
fn the_word_check_sees_whole_words_in_any_case() {
    for word in FOREIGN_WORDS {
        assert_eq!(foreign_word(&format!("a {}_x", word.to_uppercase())), Some(word));
        assert_eq!(foreign_word(&format!("({word})")), Some(word));
        assert_eq!(foreign_word(&format!("un{word}s")), None);
    }
    assert_eq!(foreign_word(concat!("a placeh", "older, mistaking co", "ins")), None);
}

// --- Files ---

#[test]
fn rust_files_open_with_what_they_are_and_stay_short() {
    let files = rust_files("", 50);
    let headless = files.iter().filter(|source| !source.text.starts_with("//!"));
    none(
        &headless.map(|source| source.path.clone()).collect::<Vec<_>>(),
        "these lack a first `//!`",
    );
    let long = files.iter().filter(|source| source.text.lines().count() > 500);
    none(&long.map(|source| source.path.clone()).collect::<Vec<_>>(), "these exceed 500 lines");
}

#[test]
fn nothing_is_left_unfinished() {
    let is_bad = |line: &str| LEFTOVERS.iter().any(|leftover| line.contains(leftover));
    let mut found = Vec::new();
    for source in rust_files("", 50) {
        for (index, line) in source.text.lines().enumerate() {
            if is_bad(line) {
                found.push(format!("{}:{}: {line}", source.path, index + 1));
            }
        }
    }
    none(&found, "these were left unfinished");
}

// --- Arrows ---

/// Each room of core, and what it may use of its own crate.
const ARROWS: [(&str, &[&str]); 14] = [
    ("hash", &["limits"]),
    ("codec", &["limits", "tags"]),
    ("keys", &["hash", "codec", "limits", "tags", "Seq"]),
    ("merkle", &["hash", "limits", "tags"]),
    ("bmt", &["document", "hash", "limits", "tags"]),
    ("frame", &["limits"]),
    ("chain", &["frame", "merkle", "keys", "hash", "codec", "limits", "tags", "Seq", "SeqRange"]),
    ("document", &["keys", "hash", "limits", "tags", "Seq"]),
    (
        "settlement",
        &[
            "document", "chain", "frame", "merkle", "keys", "hash", "codec", "limits", "tags",
            "Seq", "SeqRange",
        ],
    ),
    (
        "proof",
        &[
            "bmt",
            "frame",
            "settlement",
            "document",
            "chain",
            "merkle",
            "keys",
            "hash",
            "limits",
            "tags",
            "Seq",
            "SeqRange",
        ],
    ),
    ("recovery", &["frame", "chain", "merkle", "keys", "hash", "limits", "tags", "Seq"]),
    (
        "foreign",
        &[
            "recovery", "frame", "chain", "merkle", "keys", "codec", "hash", "limits", "tags",
            "Seq", "SeqRange",
        ],
    ),
    (
        "verify",
        &[
            "settlement",
            "document",
            "recovery",
            "chain",
            "frame",
            "keys",
            "hash",
            "limits",
            "Seq",
            "SeqRange",
        ],
    ),
    (
        "dispute",
        &[
            "proof",
            "settlement",
            "document",
            "chain",
            "merkle",
            "keys",
            "hash",
            "codec",
            "limits",
            "tags",
            "Seq",
            "SeqRange",
        ],
    ),
];

/// Names that code uses directly below `start`, e.g. `hash` in `crate::hash::Digest` and both of
/// `crate::{codec, keys::Key}`.
fn uses(text: &str, start: &str) -> Vec<String> {
    let joined = code(text).map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in joined.match_indices(start) {
        if joined[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &joined[at + start.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0_usize;
            let items = group.split(|c: char| {
                if c == '{' {
                    depth += 1;
                } else if c == '}' && depth > 0 {
                    depth -= 1;
                } else {
                    return depth == 0 && (c == ',' || c == '}');
                }
                false
            });
            // An item that closes the group is the last; an empty one follows a final comma.
            let length = closing(group);
            let mut seen = 0;
            for item in items {
                if seen >= length {
                    break;
                }
                seen += item.len() + 1;
                found.extend(first_name(item.trim()));
            }
        } else {
            found.extend(first_name(rest));
        }
    }
    found
}

/// Bytes of a group up to its closing brace.
fn closing(group: &str) -> usize {
    let mut depth = 1_usize;
    let end = group.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.map_or(group.len(), |(at, _)| at)
}

fn first_name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Rooms that a file of `room` uses against the arrows.
fn wrong_arrows(allowed: &[&str], room: &str, path: &str, text: &str) -> Vec<String> {
    let mut used = uses(text, "crate::");
    // A macro stands at the root wherever it was written; those start like this.
    used.retain(|name| !name.starts_with("__"));
    // Two steps up from a file of a room, and one from its front page, is the crate again.
    used.extend(uses(text, "super::super::"));
    if path.ends_with("/mod.rs") {
        used.extend(uses(text, "super::"));
    }
    used.retain(|name| name != room && !allowed.contains(&name.as_str()));
    used
}

#[test]
fn rooms_of_core_use_only_the_rooms_below_them() {
    let mut found = Vec::new();
    for (room, allowed) in ARROWS {
        let files = rust_files(&format!("core/src/{room}/"), 2);
        for source in &files {
            let name = source.path.rsplit('/').next().unwrap();
            if ["tests.rs", "naive.rs", "faults.rs"].contains(&name) {
                continue;
            }
            for used in wrong_arrows(allowed, room, &source.path, &source.text) {
                found.push(format!("{}: {room} uses {used}", source.path));
            }
        }
    }
    none(&found, "these arrows point upwards");
}

#[test]
fn every_room_of_core_has_its_arrows() {
    for entry in fs::read_dir(root().join("core/src")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let is_room = entry.file_type().unwrap().is_dir();
        assert!(!is_room || ARROWS.iter().any(|(room, _)| *room == name), "no arrows for {name}");
    }
}

#[test]
fn the_arrow_check_sees_every_way_to_write_a_path() {
    let text = "use crate::hash::Digest;\nuse crate::{codec::{self, Decoder}, keys, Seq,};\n\
                /// [`crate::frame`]\nfn f(x: crate::merkle::Leaf) {}\nuse other_crate::chain;\n\
                #[cfg(test)]\nmod tests {\nuse crate::recovery;\n}\n";
    assert_eq!(uses(text, "crate::"), ["hash", "codec", "keys", "Seq", "merkle"]);
    let wrong = |path| wrong_arrows(&["hash"], "keys", path, "use super::chain::Record;");
    assert_eq!(wrong("core/src/keys/mod.rs"), ["chain"]);
    assert_eq!(wrong("core/src/keys/strict.rs"), [""; 0]);
    let text = "use super::super::chain::Record;";
    assert_eq!(wrong_arrows(&["hash"], "keys", "core/src/keys/strict.rs", text), ["chain"]);
}

#[test]
fn packages_do_not_reach_sideways() {
    let is_web = |line: &str| {
        ["wasm_bindgen", "js_sys", "web_sys", "countersign_wasm", "countersign-wasm", "wasm32"]
            .iter()
            .any(|name| line.contains(name))
    };
    none(&offences(&rust_files("native/", 3), is_web), "native does not know browsers");
    let manifests: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.path == "native/Cargo.toml" || source.path == "core/Cargo.toml")
        .collect();
    assert_eq!(manifests.len(), 2);
    none(&offences(&manifests, is_web), "neither core nor native depends on the browser package");
    let is_host = |line: &str| calls(line, "std::") || calls(line, "countersign::");
    none(&offences(&rust_files("core/src/", 40), is_host), "core has no std and no host");
}

// --- The disk ---

const SYNCS: [&str; 4] = ["sync_data(", "sync_all(", "sync_dir(", "rename("];
const MAY_SYNC: [&str; 2] = ["native/src/store/durable.rs", "native/src/store/disk.rs"];

#[test]
fn only_two_files_sync_or_rename() {
    let syncs = |line: &str| SYNCS.iter().any(|name| calls(line, name));
    let (may, others): (Vec<_>, Vec<_>) = rust_files("native/src/", 3)
        .into_iter()
        .partition(|source| MAY_SYNC.contains(&source.path.as_str()));
    assert!(!offences(&may, syncs).is_empty(), "the check sees no sync at all");
    none(&offences(&others, syncs), "only durable.rs and disk.rs sync or rename");
}

/// Parts of the file names of a store.
const FILE_NAMES: [&str; 5] = ["state.json", "writer.lock", "log.", ".cbor", ".torn-"];

/// Whether a string literal in `line` is a file name or makes one. A sentence for people, which has
/// spaces, may name files as it likes.
fn spells_file_name(line: &str) -> bool {
    let literals = line.split('"').skip(1).step_by(2);
    let mut names = literals.filter(|literal| !literal.contains(' '));
    names.any(|literal| FILE_NAMES.iter().any(|name| literal.contains(name)))
}

#[test]
fn the_file_name_check_sees_names_and_their_parts_but_no_sentences() {
    for line in [r#"join("state.json")"#, r#"f("a b", "log.{number:06}")"#, r#"ends_with(".cbor")"#]
    {
        assert!(spells_file_name(line), "{line}");
    }
    for line in [r#""no segment log.000001.cbor is there""#, "log.entries", r#"("a", log.b, "c")"#]
    {
        assert!(!spells_file_name(line), "{line}");
    }
}

#[test]
fn only_paths_spells_file_names() {
    let may = ["native/src/store/paths.rs"];
    let (may, others): (Vec<_>, Vec<_>) = rust_files("native/src/", 3)
        .into_iter()
        .partition(|source| may.contains(&source.path.as_str()));
    assert!(!offences(&may, spells_file_name).is_empty(), "the check sees no file name at all");
    none(&offences(&others, spells_file_name), "only paths.rs spells the names of a store's files");
    let core: Vec<_> = rust_files("core/src/", 40)
        .into_iter()
        .filter(|source| !source.path.starts_with("core/src/frame/"))
        .collect();
    let is_segment = |line: &str| line.contains("\"log.") || line.contains(".cbor\"");
    none(&offences(&core, is_segment), "in core, only the room frame spells segment names");
}
