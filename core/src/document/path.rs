//! Where in a document a byte stands: the path of the member, for error messages.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

/// Longest name shown of a path's step, in bytes: a hostile one must not come back whole.
const MAX_STEP_SIZE: usize = 64;

/// An object or list that is open at the place looked for.
enum Step {
    /// An object, with the bytes of the last name in it.
    Object(Option<Vec<u8>>),
    /// A list, with the index of the item.
    List(usize),
}

/// Line and column of the last byte of what has been read, both from 1; the column counts bytes.
pub(super) fn place_of(read: &[u8]) -> (usize, usize) {
    let breaks = read.iter().filter(|byte| **byte == b'\n').count();
    let column = read.iter().rev().take_while(|byte| **byte != b'\n').count();
    (breaks.saturating_add(1), column)
}

/// The path of the member that had been reached when this much of a document had been read.
///
/// It has been parsed, so its brackets and strings are in order.
pub(super) fn path_of(read: &[u8]) -> String {
    let mut open: Vec<Step> = Vec::new();
    let mut rest = read.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'{' => open.push(Step::Object(None)),
            b'[' => open.push(Step::List(0)),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let string = take_string(&mut rest);
                // The first string behind a brace or comma is a name, the next its value.
                if let Some(Step::Object(name @ None)) = open.last_mut() {
                    *name = Some(string);
                }
            }
            b',' => match open.last_mut() {
                Some(Step::Object(name)) => *name = None,
                Some(Step::List(index)) => *index = index.saturating_add(1),
                None => {}
            },
            _ => {}
        }
    }
    spell(&open)
}

/// The bytes up to the closing quotation mark, escapes as they stand.
fn take_string(rest: &mut impl Iterator<Item = u8>) -> Vec<u8> {
    let mut string = Vec::new();
    while let Some(byte) = rest.next() {
        if byte == b'"' {
            break;
        }
        let escaped = if byte == b'\\' { rest.next() } else { None };
        if string.len() < MAX_STEP_SIZE {
            string.push(byte);
            string.extend(escaped);
        }
    }
    string
}

fn spell(open: &[Step]) -> String {
    let mut path = String::new();
    for step in open {
        match step {
            Step::Object(Some(name)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&String::from_utf8_lossy(name));
            }
            Step::Object(None) => {}
            Step::List(index) => {
                // Writing to a string cannot fail.
                let _ = write!(path, "[{index}]");
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_where_the_text_ends() {
        for (text, path) in [
            ("", ""),
            ("{", ""),
            (r#"{"a""#, "a"),
            (r#"{"a":"b""#, "a"),
            (r#"{"a":"b","#, ""),
            (r#"{"a":"b","c":["x","y","#, "c[2]"),
            (r#"{"a":{"b":[[],[{},{"c":"d""#, "a.b[1][1].c"),
            (r#"{"a":{"b":"c"}"#, "a"),
            (r#"{"a":{"b":"c"},"d":null"#, "d"),
            (r#"{"a":"{[,","b""#, "b"),
            (r#"{"a\"]}b\\":"\\""#, r#"a\"]}b\\"#),
            (r"[[", "[0][0]"),
            ("}]\"", ""),
        ] {
            assert_eq!(path_of(text.as_bytes()), path, "{text}");
        }
    }

    #[test]
    fn places_are_counted_in_lines_and_bytes() {
        let text = b"{\n \"a\": \"b\",\n\n \"c\": \"d\"\n}";
        for (read, line, column, path) in
            [(1, 1, 1, ""), (6, 2, 4, "a"), (11, 2, 9, "a"), (12, 2, 10, ""), (18, 4, 4, "c")]
        {
            let read = &text[..read];
            assert_eq!((place_of(read), &*path_of(read)), ((line, column), path));
        }
        assert_eq!(place_of(b""), (1, 0));
    }

    #[test]
    fn a_long_name_is_cut() {
        let text = alloc::format!("{{\"{}\"", "a".repeat(1_000));
        assert_eq!(path_of(text.as_bytes()), "a".repeat(MAX_STEP_SIZE));
    }
}
