//! Errors with the class that the reference throws.

use alloc::string::String;
use core::fmt;

/// The class of an error in JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// `Error`.
    Error,
    /// `TypeError`.
    TypeError,
    /// `RangeError`.
    RangeError,
}

impl ErrorClass {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::TypeError => "TypeError",
            Self::RangeError => "RangeError",
        }
    }
}

/// What the reference throws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompatError {
    class: ErrorClass,
    code: &'static str,
    message: String,
}

impl CompatError {
    pub(super) const fn new(class: ErrorClass, code: &'static str, message: String) -> Self {
        Self { class, code, message }
    }

    /// The class that the reference throws.
    pub const fn class(&self) -> ErrorClass {
        self.class
    }

    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for CompatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for CompatError {}
