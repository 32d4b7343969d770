//! Why a text was refused, as the parser and derived code say it, before it is known where.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::de::{self, Expected, Unexpected};

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no JSON.
    Malformed,
    /// A member that the format does not know.
    Unknown,
    /// A member that is there twice.
    Repeated,
    /// A member that is not there.
    Missing,
    /// Any other fault of a member.
    Invalid,
}

/// A refused text. Boxed, since it travels through all of derived code, and nearly never.
#[derive(Debug)]
pub(super) struct Refusal(Box<Inner>);

#[derive(Debug)]
struct Inner {
    fault: Fault,
    /// Bytes that had been read, once that is known.
    at: Option<usize>,
    detail: String,
}

impl Refusal {
    #[cold]
    fn new(fault: Fault, at: Option<usize>, detail: String) -> Self {
        Self(Box::new(Inner { fault, at, detail }))
    }

    pub(super) fn malformed(detail: &str, at: usize) -> Self {
        Self::new(Fault::Malformed, Some(at), detail.to_string())
    }

    /// The refusal with a place, unless it has one.
    pub(super) fn at(mut self, at: usize) -> Self {
        self.0.at.get_or_insert(at);
        self
    }

    /// What is wrong, how many bytes had been read, and the explanation.
    pub(super) fn into_parts(self) -> (Fault, usize, String) {
        let Inner { fault, at, detail } = *self.0;
        (fault, at.unwrap_or_default(), detail)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl core::error::Error for Refusal {}

impl de::Error for Refusal {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Fault::Invalid, None, message.to_string())
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("found {}, expected {expected}", Shown(found)))
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    #[cold]
    fn invalid_length(found: usize, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("found {found} items, expected {expected}"))
    }

    #[cold]
    fn unknown_variant(found: &str, _: &'static [&'static str]) -> Self {
        Self::custom(format_args!("{} is no choice here", Shown(Unexpected::Str(found))))
    }

    #[cold]
    fn unknown_field(found: &str, _: &'static [&'static str]) -> Self {
        let detail = format!("its format has no member {}", Shown(Unexpected::Str(found)));
        Self::new(Fault::Unknown, None, detail)
    }

    #[cold]
    fn missing_field(name: &'static str) -> Self {
        Self::new(Fault::Missing, None, format!("the member \"{name}\" is missing"))
    }

    #[cold]
    fn duplicate_field(name: &'static str) -> Self {
        Self::new(Fault::Repeated, None, format!("the member \"{name}\" is there twice"))
    }
}

/// What was found, for people. Only what the parser and the spellings come with is told apart.
struct Shown<'a>(Unexpected<'a>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Str(text) => {
                f.write_str("\"")?;
                // Hostile text may want to write more than its line.
                for part in text.split_inclusive(|c: char| c.is_ascii_control()) {
                    let plain = part.strip_suffix(|c: char| c.is_ascii_control());
                    f.write_str(plain.unwrap_or(part))?;
                    if plain.is_some() {
                        f.write_str("\u{fffd}")?;
                    }
                }
                f.write_str("\"")
            }
            Unexpected::Other(what) => f.write_str(what),
            Unexpected::UnitVariant => f.write_str("the name alone"),
            Unexpected::Seq => f.write_str("a list"),
            Unexpected::Map => f.write_str("an object"),
            Unexpected::Unit | Unexpected::Option => f.write_str("null"),
            _ => f.write_str("another value"),
        }
    }
}
