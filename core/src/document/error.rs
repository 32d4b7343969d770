//! Why a document was refused.

use alloc::string::String;
use core::fmt;

/// Why a document was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is longer than a document of its kind can be. Nothing of it was read.
    TooLarge {
        /// Most bytes allowed.
        limit: usize,
        /// Its bytes.
        found: usize,
    },
    /// It is no JSON text, or something follows it.
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, in bytes from 1.
        column: usize,
        /// What is wrong there.
        detail: String,
    },
    /// Its `format` is none that is known here.
    UnknownFormat {
        /// What it says, cut to the longest name there is.
        found: String,
    },
    /// It has a member that its format does not know.
    UnknownMember(Member),
    /// It has a member twice.
    RepeatedMember(Member),
    /// It lacks a member.
    MissingMember(Member),
    /// A member's value is not spelled as it must be.
    InvalidMember(Member),
    /// A value cannot be written, which no document of this crate meets.
    Unwritable {
        /// Why.
        detail: String,
    },
}

/// A place inside a document and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member, e.g. `settlement.memberDeltas[3].earned`; empty for the document as a whole.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, in bytes from 1.
    pub column: usize,
    /// What was expected and what was found.
    pub detail: String,
}

impl DocumentError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "document-too-large",
            Self::Malformed { .. } => "document-malformed",
            Self::UnknownFormat { .. } => "document-unknown-format",
            Self::UnknownMember(_) => "document-unknown-member",
            Self::RepeatedMember(_) => "document-repeated-member",
            Self::MissingMember(_) => "document-missing-member",
            Self::InvalidMember(_) => "document-invalid-member",
            Self::Unwritable { .. } => "document-unwritable",
        }
    }

    /// The member at fault, where one is.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::UnknownMember(member)
            | Self::RepeatedMember(member)
            | Self::MissingMember(member)
            | Self::InvalidMember(member) => Some(&member.path),
            Self::UnknownFormat { .. } => Some("format"),
            Self::TooLarge { .. } | Self::Malformed { .. } | Self::Unwritable { .. } => None,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, detail } = self;
        let path = if path.is_empty() { "the document" } else { path };
        write!(f, "{path}: {detail} (line {line}, column {column})")
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit, found } => {
                write!(f, "the document has {found} bytes, its kind at most {limit}")
            }
            Self::Malformed { line, column, detail } => {
                write!(f, "the document is no JSON text: {detail} (line {line}, column {column})")
            }
            Self::UnknownFormat { found } => {
                write!(f, "\"{found}\" is no document format known here")
            }
            Self::UnknownMember(member)
            | Self::RepeatedMember(member)
            | Self::MissingMember(member)
            | Self::InvalidMember(member) => member.fmt(f),
            Self::Unwritable { detail } => write!(f, "the document cannot be written: {detail}"),
        }
    }
}

impl core::error::Error for DocumentError {}
