//! Why a record was refused.

use core::fmt;

use crate::{codec, keys};

/// Why the bytes of a record, or the fields of one to be written, were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// The CBOR of a field is not what the encoder writes.
    Cbor {
        /// The field, by its name in `spec/metering.md` section 3.
        field: &'static str,
        /// What is wrong, and at which byte of the record.
        error: codec::Error,
    },
    /// The field breaks a rule of its own.
    Rule {
        /// The field, by its name in `spec/metering.md` section 3.
        field: &'static str,
        /// The rule, as a sentence about the field.
        rule: &'static str,
    },
    /// A key document inside the record breaks a rule.
    Key(keys::Error),
    /// The record is larger than any this program writes.
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
}

impl RecordError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cbor { error, .. } => error.code(),
            Self::Rule { .. } => "invalid-field",
            Self::Key(error) => error.code(),
            Self::TooLarge { .. } => "record-too-large",
        }
    }

    /// The field at fault, where one is.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Cbor { field, .. } | Self::Rule { field, .. } => Some(field),
            Self::Key(_) | Self::TooLarge { .. } => None,
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cbor { field, error } => write!(f, "{field}: {error}"),
            Self::Rule { field, rule } => write!(f, "{field} {rule}"),
            Self::Key(error) => error.fmt(f),
            Self::TooLarge { size } => {
                write!(f, "a record of {size} bytes is over the limit of 16 MiB")
            }
        }
    }
}

impl core::error::Error for RecordError {}

impl From<keys::Error> for RecordError {
    fn from(error: keys::Error) -> Self {
        Self::Key(error)
    }
}

/// Names the field that a codec error belongs to.
pub(crate) trait InField<T> {
    fn in_field(self, field: &'static str) -> Result<T, RecordError>;
}

impl<T> InField<T> for Result<T, codec::Error> {
    #[inline]
    fn in_field(self, field: &'static str) -> Result<T, RecordError> {
        self.map_err(|error| RecordError::Cbor { field, error })
    }
}
