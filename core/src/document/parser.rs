//! A strict parser of JSON texts (RFC 8259) for serde.
//!
//! One parser, for bytes, and not generic over what it reads from: derived code is compiled once
//! for every document, which is most of the size of a verifier for browsers. Numbers are no value
//! in any document, so they are recognised and never converted. A struct is read from an object
//! alone, never from a list.

use alloc::borrow::Cow;
use alloc::string::String;
use core::str;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::refusal::Refusal;

/// Objects and lists inside each other, at most.
const MAX_DEPTH: u8 = 128;

/// The name of the newtype that stands for a value's text. No type of another crate has it.
pub(super) const RAW: &str = "countersign::document::Raw";

/// A text that is being read.
pub(super) struct Parser<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: u8,
}

impl<'de> Parser<'de> {
    pub(super) const fn new(bytes: &'de [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Refuses whatever follows the document.
    pub(super) fn end(&mut self) -> Result<(), Refusal> {
        match self.next() {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the document")),
        }
    }

    #[cold]
    fn malformed(&self, detail: &'static str) -> Refusal {
        Refusal::malformed(detail, self.at)
    }

    /// The next byte that is no white space, not taken.
    fn next(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let spaces = rest.iter().take_while(|byte| is_space(byte)).count();
        self.at = self.at.saturating_add(spaces);
        rest.get(spaces).copied()
    }

    fn take(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Takes a byte of the grammar.
    fn expect(&mut self, byte: u8, detail: &'static str) -> Result<(), Refusal> {
        if self.next() != Some(byte) {
            return Err(self.malformed(detail));
        }
        self.take();
        Ok(())
    }

    fn colon(&mut self) -> Result<(), Refusal> {
        self.expect(b':', "a colon must follow a name")
    }

    fn enter(&mut self) -> Result<(), Refusal> {
        if self.depth == MAX_DEPTH {
            return Err(self.malformed("too many objects and lists inside each other"));
        }
        self.depth = self.depth.saturating_add(1);
        self.take();
        Ok(())
    }

    /// Takes the byte that closes an object or a list, if it is next.
    fn leave(&mut self, close: u8) -> Result<(), Refusal> {
        self.depth = self.depth.saturating_sub(1);
        self.expect(close, "an object or list goes on where it should end")
    }

    /// Whether another member or item follows before `close`; takes the comma in front of it.
    fn has_more(&mut self, is_first: &mut bool, close: u8) -> Result<bool, Refusal> {
        let next = self.next();
        if next == Some(close) {
            return Ok(false);
        }
        if !core::mem::replace(is_first, false) {
            self.expect(b',', "a comma or the end of the object or list must follow")?;
            if self.next() == Some(close) {
                return Err(self.malformed("nothing follows the comma"));
            }
        }
        if next.is_none() {
            return Err(self.malformed("the text ends too early"));
        }
        Ok(true)
    }

    /// As [`Self::has_more`], where a name must follow.
    fn has_member(&mut self, is_first: &mut bool) -> Result<bool, Refusal> {
        let has_more = self.has_more(is_first, b'}')?;
        if has_more && self.next() != Some(b'"') {
            return Err(self.malformed("a name in quotation marks must follow"));
        }
        Ok(has_more)
    }

    /// The next value, if it is a string.
    fn string(&mut self) -> Result<Option<Cow<'de, str>>, Refusal> {
        if self.next() != Some(b'"') {
            return Ok(None);
        }
        self.take();
        let plain = self.characters()?;
        if self.bytes.get(self.at) == Some(&b'"') {
            self.take();
            return Ok(Some(Cow::Borrowed(plain)));
        }
        let mut text = String::from(plain);
        loop {
            // At a quotation mark or a backslash, or at the end.
            let byte = self.bytes.get(self.at).copied();
            self.take();
            match byte {
                Some(b'"') => return Ok(Some(Cow::Owned(text))),
                Some(b'\\') => text.push(self.escaped()?),
                _ => return Err(self.malformed("the text ends inside a string")),
            }
            text.push_str(self.characters()?);
        }
    }

    /// Characters up to a quotation mark, a backslash or the end.
    fn characters(&mut self) -> Result<&'de str, Refusal> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | ..b' ')).count();
        let plain = rest.get(..length).unwrap_or_default();
        self.at = self.at.saturating_add(length);
        if rest.get(length).is_some_and(|byte| *byte < b' ') {
            return Err(self.malformed("a control character inside a string"));
        }
        str::from_utf8(plain).map_err(|_| self.malformed("a string that is no UTF-8"))
    }

    /// The character of an escape, behind its backslash.
    fn escaped(&mut self) -> Result<char, Refusal> {
        let byte = self.bytes.get(self.at).copied();
        self.take();
        Ok(match byte {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => return Err(self.malformed("an escape that there is not")),
        })
    }

    /// The character of `\u`, which beyond 16 bits are two.
    fn code_point(&mut self) -> Result<char, Refusal> {
        let first = self.four_digits()?;
        let mut code = u32::from(first);
        if (0xd800..0xdc00).contains(&first) {
            let has_second = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"));
            self.at = self.at.saturating_add(if has_second { 2 } else { 0 });
            let second = if has_second { self.four_digits()? } else { 0 };
            let low = second.wrapping_sub(0xdc00);
            // Without its other half, the first stays one that is no character.
            if low < 0x400 {
                code = 0x1_0000 + ((code - 0xd800) << 10) + u32::from(low);
            }
        }
        char::from_u32(code).ok_or_else(|| self.malformed("half of a character"))
    }

    fn four_digits(&mut self) -> Result<u16, Refusal> {
        let end = self.at.saturating_add(4);
        let digits = self.bytes.get(self.at..end).and_then(|digits| str::from_utf8(digits).ok());
        let is_plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let read = digits.filter(is_plain).and_then(|text| u16::from_str_radix(text, 16).ok());
        self.at = end.min(self.bytes.len());
        read.ok_or_else(|| self.malformed("four hex digits must follow \\u"))
    }

    /// Takes a word such as `null`, if it is next.
    fn word(&mut self, word: &str) -> bool {
        self.next();
        let is_next =
            self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at = self.at.saturating_add(if is_next { word.len() } else { 0 });
        is_next
    }

    /// Takes a number.
    fn number(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        self.one_of(b"-");
        // No digit follows a zero in front.
        if !self.one_of(b"0") {
            self.digits()?;
        }
        if self.one_of(b".") {
            self.digits()?;
        }
        if self.one_of(b"eE") {
            self.one_of(b"+-");
            self.digits()?;
        }
        debug_assert!(self.at > start);
        Ok(())
    }

    fn one_of(&mut self, bytes: &[u8]) -> bool {
        let is_next = self.bytes.get(self.at).is_some_and(|byte| bytes.contains(byte));
        self.at = self.at.saturating_add(is_next.into());
        is_next
    }

    fn digits(&mut self) -> Result<(), Refusal> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at = self.at.saturating_add(count);
        if count == 0 { Err(self.malformed("no digit where one must be")) } else { Ok(()) }
    }

    /// Takes a value that is neither object nor list, and says what it is.
    fn scalar(&mut self) -> Result<Unexpected<'static>, Refusal> {
        match self.next() {
            Some(b'"') => self.string().map(|_| Unexpected::Other("a string")),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Unexpected::Other("a number")),
            _ if self.word("null") => Ok(Unexpected::Other("null")),
            _ if self.word("true") || self.word("false") => Ok(Unexpected::Other("a truth value")),
            _ => Err(self.malformed("no value where one must be")),
        }
    }

    /// Takes any value.
    fn skip(&mut self) -> Result<(), Refusal> {
        let mut is_first = true;
        match self.next() {
            Some(b'{') => {
                self.enter()?;
                while self.has_member(&mut is_first)? {
                    self.string()?;
                    self.colon()?;
                    self.skip()?;
                }
                self.leave(b'}')
            }
            Some(b'[') => {
                self.enter()?;
                while self.has_more(&mut is_first, b']')? {
                    self.skip()?;
                }
                self.leave(b']')
            }
            _ => self.scalar().map(drop),
        }
    }

    /// Says that the next value is none of those that may stand here.
    #[cold]
    fn mismatch(&mut self, expected: &dyn Expected) -> Refusal {
        let found = match self.next() {
            // Not taken, so that the place is the value's own.
            Some(b'{') => Ok(Unexpected::Other("an object")),
            Some(b'[') => Ok(Unexpected::Other("a list")),
            _ => self.scalar(),
        };
        match found {
            Ok(found) => self.placed(Refusal::invalid_type(found, expected)),
            Err(refusal) => refusal,
        }
    }

    /// The refusal, here unless it knows its place.
    #[cold]
    fn placed(&self, refusal: Refusal) -> Refusal {
        refusal.at(self.at)
    }

    /// Ends an object or list that was read as far as its reader cared.
    fn close<T>(&mut self, read: Result<T, Refusal>, close: u8) -> Result<T, Refusal> {
        // Also behind a refusal: one of the whole object has its place behind it.
        let left = self.leave(close);
        let value = read.map_err(|refusal| self.placed(refusal))?;
        left.map(|()| value)
    }

    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refusal> {
        if self.next() != Some(b'{') {
            return Err(self.mismatch(&visitor));
        }
        self.enter()?;
        let read = visitor.visit_map(Inside { parser: self, is_first: true });
        self.close(read, b'}')
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refusal> {
        if self.next() != Some(b'[') {
            return Err(self.mismatch(&visitor));
        }
        self.enter()?;
        let read = visitor.visit_seq(Inside { parser: self, is_first: true });
        self.close(read, b']')
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
            Some(text) => visitor.visit_str(&text).map_err(|refusal| self.placed(refusal)),
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
                let read = visitor.visit_enum(Variant { parser: self });
                self.close(read, b'}')
            }
            Some(b'"') => {
                let name = self.string()?.unwrap_or_default();
                let name: StrDeserializer<'_, Refusal> = (*name).into_deserializer();
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
