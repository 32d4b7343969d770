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

/// The path of the member at `line` and `column`, both from 1, as the parser tells them: the
/// column counts the bytes of the line that it has read.
///
/// The text up to there has been parsed, so its brackets and strings are in order.
pub(super) fn path_at(bytes: &[u8], line: usize, column: usize) -> String {
    let start = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum::<usize>();
    let read = bytes.get(..start.saturating_add(column).min(bytes.len())).unwrap_or_default();
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
            assert_eq!(path_at(text.as_bytes(), 1, text.len()), path, "{text}");
        }
    }

    #[test]
    fn lines_and_columns_lead_to_a_byte() {
        let text = b"{\n \"a\": \"b\",\n\n \"c\": \"d\"\n}";
        for (line, column, path) in
            [(1, 1, ""), (2, 4, "a"), (2, 9, "a"), (2, 10, ""), (4, 4, "c"), (5, 1, "")]
        {
            assert_eq!(path_at(text, line, column), path, "{line}:{column}");
        }
        // A place behind the text is its end.
        assert_eq!(path_at(b"{\"a\"", 1, 99), "a");
        assert_eq!(path_at(b"{\"a\"", 9, 9), "a");
    }

    #[test]
    fn a_long_name_is_cut() {
        let text = alloc::format!("{{\"{}\"", "a".repeat(1_000));
        assert_eq!(path_at(text.as_bytes(), 1, text.len()), "a".repeat(MAX_STEP_SIZE));
    }
}
