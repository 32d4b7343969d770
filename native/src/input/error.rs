//! Why a line was refused.

use std::{fmt, io};

use countersign_core::chain::RecordError;

/// Why one line of input is no operation.
///
/// | code | what is wrong |
/// |---|---|
/// | `line-too-long` | the line is over the limit |
/// | `invalid-utf8` | the line is not UTF-8 |
/// | `malformed-json`, `malformed-csv` | the line breaks the grammar of its format |
/// | `input-ends-mid-line` | the input stops before its last line is complete |
/// | `missing-field`, `unknown-field`, `duplicate-field` | a field is absent, not known, given twice |
/// | `wrong-type` | a JSON value of another type than the field's |
/// | `invalid-amount`, `amount-out-of-range` | the amount is no exact integer, or too large |
/// | `invalid-field` | a field breaks a rule of its own |
/// | `wrong-specversion` | the event is not of CloudEvents 1.0 |
/// | `wrong-column-count` | a CSV row with more or fewer columns than its header |
/// | `missing-column`, `duplicate-column`, `missing-header` | the CSV header cannot be used |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The line, counted from 1.
    pub line: u64,
    /// The field at fault, by the name it has in the input, where one is.
    pub field: Option<String>,
    /// A stable kebab-case code.
    pub code: &'static str,
    /// What is wrong, without the place.
    pub message: String,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "line {}, {field}: {}", self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

impl std::error::Error for InputError {}

/// Why reading an input could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The reader failed.
    Io(io::Error),
    /// The CSV header cannot be used.
    Header(InputError),
}

impl OpenError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "input-unreadable",
            Self::Header(error) => error.code,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the input cannot be read: {error}"),
            Self::Header(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What is wrong with a line whose number is not at hand.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) field: Option<String>,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { field: None, code, message: message.into() }
    }

    pub(super) fn of(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), code, message: message.into() }
    }

    pub(super) fn at(self, line: u64) -> InputError {
        InputError { line, field: self.field, code: self.code, message: self.message }
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        let message = match error {
            RecordError::Rule { rule, .. } => rule.to_owned(),
            other => other.to_string(),
        };
        Self { field: error.field().map(str::to_owned), code: error.code(), message }
    }
}
