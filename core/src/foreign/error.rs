//! Why bytes are not what the TypeScript library writes.

use core::fmt;

use crate::codec;

/// Why bytes are not what the TypeScript library writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A field is not the item it should be.
    Cbor {
        /// The field, by its name in `spec/metering-reference.md`.
        field: &'static str,
        /// What is wrong, and at which byte.
        error: codec::Error,
    },
    /// An integer is not written with eight bytes, as the library writes all of them.
    IntegerWidth {
        /// The field.
        field: &'static str,
        /// Where it starts.
        offset: usize,
        /// The initial byte that stands there.
        found: u8,
    },
    /// A byte string that the library always writes under tag 64 stands there without it.
    MissingTag {
        /// The field.
        field: &'static str,
        /// Where it starts.
        offset: usize,
    },
    /// An array that holds another number of items than its fields say.
    WrongCount {
        /// The field.
        field: &'static str,
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A JSON file is not written as the library writes it: another member, spelling, order or
    /// white space.
    Json {
        /// The member at fault, or the whole document.
        member: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A file is larger than any that is read.
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
}

impl Error {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cbor { error, .. } => error.code(),
            Self::IntegerWidth { .. } => "cbor-integer-width",
            Self::MissingTag { .. } => "cbor-missing-tag",
            Self::WrongCount { .. } => "cbor-wrong-length",
            Self::Json { .. } => "malformed-json",
            Self::TooLarge { .. } => "document-too-large",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cbor { field, error } => write!(f, "{field}: {error}"),
            Self::IntegerWidth { field, offset, found } => write!(
                f,
                "{field}: expected an integer of eight bytes, found initial byte 0x{found:02x} \
                 (at byte {offset})"
            ),
            Self::MissingTag { field, offset } => {
                write!(f, "{field}: expected a byte string under tag 64 (at byte {offset})")
            }
            Self::WrongCount { field, expected, found } => {
                write!(f, "{field}: expected {expected} items, found {found}")
            }
            Self::Json { member, rule } => write!(f, "{member} {rule}"),
            Self::TooLarge { size, limit } => {
                write!(f, "{size} bytes are over the limit of {limit}")
            }
        }
    }
}

impl core::error::Error for Error {}

/// Names the field that a codec error belongs to, and shifts it to where its item starts.
pub(super) trait InField<T> {
    fn in_field(self, field: &'static str, start: usize) -> Result<T, Error>;
}

impl<T> InField<T> for Result<T, codec::Error> {
    fn in_field(self, field: &'static str, start: usize) -> Result<T, Error> {
        self.map_err(|mut error| {
            error.offset = error.offset.saturating_add(start);
            Error::Cbor { field, error }
        })
    }
}
