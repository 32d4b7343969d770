//! What the documents of this room share: the name of their format, checked, and JSON inside JSON.

use core::fmt;

use serde::Deserialize;

use crate::document::{self, DocumentError, Spelling};

/// A type that stands in a document as the name of its format, and reads nothing else.
pub trait FormatName: Default {
    /// The name.
    const NAME: &'static str;
}

impl<T: FormatName> Spelling for T {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::NAME)
    }

    fn read(text: &str) -> Option<Self> {
        (text == T::NAME).then(T::default)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", T::NAME)
    }
}

/// Reads a document of one format.
///
/// A document of another format is refused for that, whatever else is wrong with it: its members
/// are not ours to judge.
pub(super) fn read<'a, T: Deserialize<'a>, F: FormatName>(
    bytes: &'a [u8],
    limit: usize,
) -> Result<T, DocumentError> {
    document::read(bytes, limit).map_err(|error| match document::peek_format(bytes, limit) {
        Ok(found) if found != F::NAME => DocumentError::UnknownFormat { found },
        _ => error,
    })
}

/// A bundle of any kind inside a document: `#[serde(with = "any_bundle")]`.
///
/// Which members a bundle has depends on its `format`, so it is first kept as its text.
pub(super) mod any_bundle {
    use alloc::boxed::Box;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use crate::document::Raw;
    use crate::proof::AnyBundle;

    pub(in super::super) fn serialize<S: Serializer>(
        bundle: &AnyBundle,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        bundle.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Box<AnyBundle>, D::Error> {
        let Raw(text) = Raw::deserialize(from)?;
        AnyBundle::read(text.as_bytes()).map(Box::new).map_err(de::Error::custom)
    }
}
