//! A document inside a document, kept as its text until it is known what it is.

use core::fmt;

use serde::{Deserialize, Deserializer, de};

use super::parser::RAW;

/// The text of a value, whatever it is. Only this room's own reader knows it.
pub(crate) struct Raw<'de>(pub(crate) &'de str);

struct Text;

impl<'de> de::Visitor<'de> for Text {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Raw<'de>, E> {
        Ok(Raw(text))
    }
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(RAW, Text)
    }
}
