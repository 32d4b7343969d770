//! Reads `deny.toml`: as much of TOML as that file uses, and an error for anything else.

use std::fmt;

use super::spdx;

/// The rules that the offline check enforces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rules {
    licences: Vec<String>,
    registries: Vec<String>,
    pub(super) banned: Vec<String>,
    pub(super) single_version: Vec<String>,
}

/// Why the file could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Rules {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let licences = strings(text, "licenses", "allow")?;
        let registries = strings(text, "sources", "allow-registry")?;
        let (mut banned, mut single_version) = (Vec::new(), Vec::new());
        for item in array(text, "bans", "deny")? {
            let mut words = item.split([' ', ',', '=', '{', '}']).filter(|word| !word.is_empty());
            let name = match (words.next(), words.next()) {
                (Some("crate"), Some(name)) => unquote(name)?,
                _ => return Err(Error(format!("expected {{ crate = \"…\" }}, found {item}"))),
            };
            match (words.next(), words.next(), words.next()) {
                (None, None, None) => banned.push(name),
                (Some("deny-multiple-versions"), Some("true"), None) => single_version.push(name),
                _ => return Err(Error(format!("cannot enforce {item}"))),
            }
        }
        Ok(Self { licences, registries, banned, single_version })
    }

    /// Whether a licence expression is satisfied by the allowed licences.
    pub(super) fn allow(&self, expression: &str) -> Result<bool, spdx::Error> {
        spdx::satisfies(expression, &|name| self.licences.iter().any(|allowed| allowed == name))
    }

    /// Whether a source, as cargo writes it, is an allowed registry.
    pub(super) fn is_known_registry(&self, source: &str) -> bool {
        source
            .strip_prefix("registry+")
            .is_some_and(|url| self.registries.iter().any(|registry| registry == url))
    }
}

fn strings(text: &str, section: &str, key: &str) -> Result<Vec<String>, Error> {
    array(text, section, key)?.iter().map(|item| unquote(item)).collect()
}

fn unquote(item: &str) -> Result<String, Error> {
    item.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|inner| !inner.is_empty() && !inner.contains(['"', '\\']))
        .map(str::to_owned)
        .ok_or_else(|| Error(format!("expected a string in quotation marks, found {item}")))
}

/// The items of `key = [ … ]` in `[section]`, as written; strings or inline tables.
fn array(text: &str, section: &str, key: &str) -> Result<Vec<String>, Error> {
    let missing = || Error(format!("[{section}] has no array `{key}`"));
    let mut current = "";
    let mut value: Option<String> = None;
    for line in text.lines() {
        let line = without_comment(line).trim();
        if let Some(value) = &mut value {
            value.push_str(line);
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            current = name;
        } else if current == section
            && let Some((name, rest)) = line.split_once('=')
            && name.trim() == key
        {
            value = Some(rest.trim().to_owned());
        }
        if let Some(list) = value.as_deref().and_then(|value| value.strip_suffix(']')) {
            let items = list.strip_prefix('[').ok_or_else(missing)?;
            return Ok(split(items));
        }
    }
    Err(missing())
}

fn without_comment(line: &str) -> &str {
    let mut is_quoted = false;
    let comment = line.char_indices().find(|(_, c)| {
        is_quoted ^= *c == '"';
        *c == '#' && !is_quoted
    });
    comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

/// Splits at the commas that stand outside braces and quotation marks.
fn split(items: &str) -> Vec<String> {
    let (mut is_quoted, mut depth) = (false, 0_i32);
    let separated = items.split(|c: char| {
        is_quoted ^= c == '"';
        if !is_quoted {
            depth += i32::from(c == '{') - i32::from(c == '}');
        }
        c == ',' && !is_quoted && depth == 0
    });
    separated.map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_s_own_rules_are_read_whole() {
        let rules = Rules::parse(include_str!("../../../deny.toml")).unwrap();
        assert!(rules.licences.iter().any(|licence| licence == "Apache-2.0"));
        assert!(rules.licences.iter().all(|licence| !licence.contains("GPL")));
        assert!(rules.single_version.iter().any(|name| name == "blake3"));
        assert!(rules.banned.iter().any(|name| name == "openssl-sys"));
        assert_eq!(rules.allow("MIT OR Apache-2.0"), Ok(true));
        assert_eq!(rules.allow("GPL-3.0-only"), Ok(false));
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        assert!(rules.is_known_registry(registry));
        assert!(!rules.is_known_registry("git+https://github.com/rust-lang/crates.io-index"));
    }

    #[test]
    fn arrays_are_found_in_their_own_section_only() {
        let text = "[a]\nallow = [\"x\"]\n[b] # c\nallow = [\n \"y#\", # \"no\"\n \"z\"\n]\n";
        assert_eq!(strings(text, "a", "allow").unwrap(), ["x"]);
        assert_eq!(strings(text, "b", "allow").unwrap(), ["y#", "z"]);
        assert!(strings(text, "c", "allow").is_err());
        assert!(strings("[a]\nallow = [\"x\"", "a", "allow").is_err());
        assert!(strings("[a]\nallow = [x]", "a", "allow").is_err());
    }

    #[test]
    fn a_ban_that_cannot_be_enforced_is_an_error() {
        let rest = "[licenses]\nallow = []\n[sources]\nallow-registry = []\n[bans]\n";
        let banned = |item| Rules::parse(&format!("{rest}deny = [{item}]")).map(|r| r.banned);
        assert_eq!(banned(r#"{ crate = "ring" }"#).unwrap(), ["ring"]);
        assert!(banned(r#""ring""#).is_err());
        assert!(banned(r#"{ crate = "ring", wrappers = ["x"] }"#).is_err());
        assert!(banned(r#"{ crate = "ring", deny-multiple-versions = false }"#).is_err());
    }
}
