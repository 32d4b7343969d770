//! A strict parser of JSON texts (RFC 8259) for serde.
//!
//! One parser, for bytes, and not generic over what it reads from: derived code is compiled once
//! for every document, which is most of the size of a verifier for browsers. Numbers are no value
//! in any document, so they are recognised and never converted. A struct is read from an object
//! alone, never from a list.

use core::str;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::refusal::Refusal;
use super::tokens::Parser;

/// The name of the newtype that stands for a value's text. No type of another crate has it.
pub(super) const RAW: &str = "a document inside a document";

impl<'de> Parser<'de> {
    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refusal> {
        self.open(b'{', &visitor)?;
        match visitor.visit_map(Inside { parser: self, is_first: true }) {
            Ok(value) => self.leave(b'}').map(|()| value),
            Err(refusal) => Err(self.abandon(refusal, b'}')),
        }
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refusal> {
        self.open(b'[', &visitor)?;
        match visitor.visit_seq(Inside { parser: self, is_first: true }) {
            Ok(value) => self.leave(b']').map(|()| value),
            Err(refusal) => Err(self.abandon(refusal, b']')),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Parser<'de> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.next() {
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.list(visitor),
            Some(b'"') => self.deserialize_str(visitor),
            _ if self.word("null") => visitor.visit_unit().map_err(|refusal| self.placed(refusal)),
            _ => self.deserialize_bool(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let value = self.word("true");
        if !value && !self.word("false") {
            return Err(self.mismatch(&visitor));
        }
        visitor.visit_bool(value).map_err(|refusal| self.placed(refusal))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.string()? {
            Some(text) => visitor.visit_str(text).map_err(|refusal| self.placed(refusal)),
            None => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.word("null") {
            return visitor.visit_none();
        }
        match self.next() {
            Some(b'n' | b't' | b'f' | b'-' | b'0'..=b'9') => Err(self.mismatch(&visitor)),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.word("null") { visitor.visit_unit() } else { Err(self.mismatch(&visitor)) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if name != RAW {
            return visitor.visit_newtype_struct(self);
        }
        self.next();
        let start = self.at;
        self.skip()?;
        let text = self.bytes.get(start..self.at).and_then(|text| str::from_utf8(text).ok());
        visitor.visit_borrowed_str(text.unwrap_or_default())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.object(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.object(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.next() {
            Some(b'{') => {
                self.enter()?;
                if !self.has_member(&mut true)? {
                    return Err(self.mismatch(&visitor));
                }
                match visitor.visit_enum(Variant { parser: self }) {
                    Ok(value) => self.leave(b'}').map(|()| value),
                    Err(refusal) => Err(self.abandon(refusal, b'}')),
                }
            }
            Some(b'"') => {
                let name = self.string()?.unwrap_or_default();
                let name: StrDeserializer<'_, Refusal> = name.into_deserializer();
                visitor.visit_enum(name).map_err(|refusal| self.placed(refusal))
            }
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.skip()?;
        visitor.visit_unit()
    }

    // None of these is a value in any document.
    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit_struct tuple
        tuple_struct
    }
}

/// An object or list that is being read.
struct Inside<'p, 'de> {
    parser: &'p mut Parser<'de>,
    is_first: bool,
}

impl<'de> MapAccess<'de> for Inside<'_, 'de> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refusal> {
        if !self.parser.has_member(&mut self.is_first)? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.parser).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        self.parser.colon()?;
        seed.deserialize(&mut *self.parser)
    }
}

impl<'de> SeqAccess<'de> for Inside<'_, 'de> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refusal> {
        if !self.parser.has_more(&mut self.is_first, b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.parser).map(Some)
    }
}

/// An object of one member, whose name is that of a variant.
struct Variant<'p, 'de> {
    parser: &'p mut Parser<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Refusal> {
        let name = seed.deserialize(&mut *self.parser)?;
        self.parser.colon()?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        if self.parser.word("null") { Ok(()) } else { Err(self.parser.mismatch(&"null")) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refusal> {
        seed.deserialize(self.parser)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.parser.list(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.parser.object(visitor)
    }
}
