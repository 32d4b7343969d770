//! Why bytes are not the CBOR the log writes.

use core::fmt;

/// The kind of item a field wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item {
    /// An unsigned integer.
    Uint,
    /// An integer of either sign.
    Int,
    /// An unsigned integer that may be a bignum.
    Bignum,
    /// A byte string.
    Bytes,
    /// A text string.
    Text,
    /// An array.
    Array,
    /// `null`.
    Null,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uint => "an unsigned integer",
            Self::Int => "an integer",
            Self::Bignum => "an unsigned integer or bignum",
            Self::Bytes => "a byte string",
            Self::Text => "a text string",
            Self::Array => "an array",
            Self::Null => "null",
        })
    }
}

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ends inside an item; it wants this many bytes more than there are.
    UnexpectedEnd {
        /// Bytes missing.
        missing: u64,
    },
    /// Another kind of item stands here.
    WrongType {
        /// What the field wants.
        expected: Item,
        /// The initial byte that stands there.
        found: u8,
    },
    /// The integer or length is not in its shortest form, or a bignum fits 64 bits or starts
    /// with a zero.
    NotShortest,
    /// A byte string or array of another length.
    WrongLength {
        /// Length the field wants.
        expected: u64,
        /// Length declared.
        found: u64,
    },
    /// A text or byte string over the field's limit.
    TooLong {
        /// Longest allowed, in bytes.
        limit: u64,
        /// Length declared.
        found: u64,
    },
    /// A text string that is not UTF-8.
    InvalidUtf8,
    /// Bytes behind the last item.
    TrailingBytes {
        /// How many.
        count: u64,
    },
}

/// Why bytes were refused, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// Offset of the offending item from the start of the input, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub kind: ErrorKind,
}

impl Error {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self.kind {
            ErrorKind::UnexpectedEnd { .. } => "cbor-unexpected-end",
            ErrorKind::WrongType { .. } => "cbor-wrong-type",
            ErrorKind::NotShortest => "cbor-not-shortest",
            ErrorKind::WrongLength { .. } => "cbor-wrong-length",
            ErrorKind::TooLong { .. } => "cbor-too-long",
            ErrorKind::InvalidUtf8 => "cbor-invalid-utf8",
            ErrorKind::TrailingBytes { .. } => "cbor-trailing-bytes",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::UnexpectedEnd { missing } => {
                write!(f, "the input ends {missing} bytes short")
            }
            ErrorKind::WrongType { expected, found } => {
                write!(f, "expected {expected}, found initial byte 0x{found:02x}")
            }
            ErrorKind::NotShortest => f.write_str("an integer or length is not in shortest form"),
            ErrorKind::WrongLength { expected, found } => {
                write!(f, "expected length {expected}, found {found}")
            }
            ErrorKind::TooLong { limit, found } => {
                write!(f, "length {found} is over the limit of {limit} bytes")
            }
            ErrorKind::InvalidUtf8 => f.write_str("a text string is not UTF-8"),
            ErrorKind::TrailingBytes { count } => write!(f, "{count} bytes follow the last item"),
        }?;
        write!(f, " (at byte {})", self.offset)
    }
}

impl core::error::Error for Error {}
