//! Writes JSON texts (RFC 8259) for serde: what documents have, and nothing that they have not.
//!
//! One writer that is not generic over what it writes to, for the reason that the parser has: it is
//! most of the size of what is written. The bytes are those of any writer that adds no white space.

use alloc::string::{String, ToString};
use core::fmt::{self, Write as _};

use serde::ser::{
    Error, Impossible, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
};
use serde::{Serialize, Serializer};

/// Why a value cannot be written.
#[derive(Debug)]
pub(super) struct Unwritable(pub(super) String);

impl Unwritable {
    #[cold]
    fn no_value_of_documents() -> Self {
        Self("a kind of value that no document has".to_string())
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Unwritable {}

impl Error for Unwritable {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// A text that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) text: String,
}

impl Writer {
    /// A string, in quotation marks.
    fn string(&mut self, text: &str) {
        self.text.push('"');
        self.escaped(text);
        self.text.push('"');
    }

    /// What stands between quotation marks.
    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | ..b' ');
            let plain = rest.bytes().take_while(is_plain).count();
            let (before, behind) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            self.text.push_str(before);
            let mut behind = behind.chars();
            let Some(special) = behind.next() else { return };
            rest = behind.as_str();
            self.text.push('\\');
            match special {
                '\n' => self.text.push('n'),
                '\r' => self.text.push('r'),
                '\t' => self.text.push('t'),
                '\u{8}' => self.text.push('b'),
                '\u{c}' => self.text.push('f'),
                '"' | '\\' => self.text.push(special),
                _ => {
                    let code = u32::from(special);
                    self.text.push_str(if code < 16 { "u000" } else { "u001" });
                    self.text.extend(char::from_digit(code % 16, 16));
                }
            }
        }
    }

    /// A string, of what is shown.
    #[inline(never)]
    fn shown(&mut self, shown: fmt::Arguments<'_>) -> Result<(), Unwritable> {
        self.text.push('"');
        let written = Escaping(self).write_fmt(shown);
        self.text.push('"');
        written.map_err(Unwritable::custom)
    }

    /// A number.
    #[inline(never)]
    fn number(&mut self, shown: fmt::Arguments<'_>) -> Result<(), Unwritable> {
        self.text.write_fmt(shown).map_err(Unwritable::custom)
    }

    /// The name of a member, with what stands around it.
    fn name(&mut self, is_first: bool, name: &str) {
        if !is_first {
            self.text.push(',');
        }
        self.string(name);
        self.text.push(':');
    }

    /// An object of one member, for a variant; its value is to follow.
    fn variant(&mut self, name: &str) {
        self.text.push('{');
        self.name(true, name);
    }
}

struct Escaping<'a>(&'a mut Writer);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.escaped(text);
        Ok(())
    }
}

/// An object or list that is being written.
pub(super) struct Inside<'a> {
    writer: &'a mut Writer,
    is_first: bool,
    close: &'static str,
}

impl<'a> Inside<'a> {
    fn of(writer: &'a mut Writer, open: char, close: &'static str) -> Self {
        writer.text.push(open);
        Self { writer, is_first: true, close }
    }

    fn close(self) {
        self.writer.text.push_str(self.close);
    }

    fn name(&mut self, name: &str) {
        let is_first = core::mem::replace(&mut self.is_first, false);
        self.writer.name(is_first, name);
    }
}

impl SerializeSeq for Inside<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        if !core::mem::replace(&mut self.is_first, false) {
            self.writer.text.push(',');
        }
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

/// A list of a fixed length is a list.
impl SerializeTuple for Inside<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), Unwritable> {
        SerializeSeq::end(self)
    }
}

impl SerializeStruct for Inside<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        self.name(name);
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

impl SerializeStructVariant for Inside<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        SerializeStruct::serialize_field(self, name, value)
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

/// Integers of every size.
macro_rules! numbers {
    ($($method:ident: $number:ty),+ $(,)?) => {
        $(fn $method(self, value: $number) -> Result<(), Unwritable> {
            self.number(format_args!("{value}"))
        })+
    };
}

/// What no document has.
macro_rules! unwritable {
    ($($method:ident: $value:ty),+ $(,)?) => {
        $(fn $method(self, _: $value) -> Result<(), Unwritable> {
            Err(Unwritable::no_value_of_documents())
        })+
    };
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Inside<'a>;
    type SerializeTuple = Inside<'a>;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Inside<'a>;
    type SerializeStructVariant = Inside<'a>;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_u128: u128,
    }

    unwritable! {
        serialize_f32: f32, serialize_f64: f64, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritable> {
        self.shown(format_args!("{value}"))
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        self.string(value);
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        self.shown(format_args!("{value}"))
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<(), Unwritable> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        self.variant(name);
        value.serialize(&mut *self)?;
        self.text.push('}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'a>, Unwritable> {
        Ok(Inside::of(self, '[', "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'a>, Unwritable> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Unwritable> {
        Err(Unwritable::no_value_of_documents())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Unwritable> {
        Err(Unwritable::no_value_of_documents())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Never, Unwritable> {
        Err(Unwritable::no_value_of_documents())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Unwritable> {
        Ok(Inside::of(self, '{', "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Inside<'a>, Unwritable> {
        self.variant(name);
        Ok(Inside::of(self, '{', "}}"))
    }
}

/// What cannot be begun.
type Never = Impossible<(), Unwritable>;
