//! Spelled values as members of documents: one, one or null, a list.
//!
//! Whatever the value, the reader and the writer see the same two things: a place that takes a text
//! or refuses it, and something that shows itself. So both are compiled once, and a type adds its
//! spelling alone.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::Spelling;
use super::members::{ReadAs, WriteAs};

/// One value: `seq "seq": One`.
#[derive(Debug)]
pub enum One {}

/// A value or null: `seq "seq": Optional`. The member itself must be there.
#[derive(Debug)]
pub enum Optional {}

/// A list of values: `audit_path "auditPath": List`.
#[derive(Debug)]
pub enum List {}

/// What a text is read into.
trait Place {
    /// Takes the text, if it is a spelling.
    fn take(&mut self, text: &str) -> bool;

    fn expect(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

struct Only<'o, T>(&'o mut T);

impl<T: Spelling> Place for Only<'_, T> {
    fn take(&mut self, text: &str) -> bool {
        match T::read(text) {
            Some(value) => {
                *self.0 = value;
                true
            }
            None => false,
        }
    }

    fn expect(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::expect(f)
    }
}

impl<T: Spelling> Place for Option<T> {
    fn take(&mut self, text: &str) -> bool {
        *self = T::read(text);
        self.is_some()
    }

    fn expect(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::expect(f)
    }
}

impl<T: Spelling> Place for Vec<T> {
    fn take(&mut self, text: &str) -> bool {
        // No room is made ahead: a list is as long as the items that are there.
        let before = self.len();
        self.extend(T::read(text));
        self.len() > before
    }

    fn expect(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::expect(f)
    }
}

/// Reads a spelling as it lies in the input, without a copy where it has no escapes.
struct Text<'o>(&'o mut dyn Place);

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expect(f)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        if self.0.take(text) {
            return Ok(());
        }
        // A hostile text must not come back at its full length.
        let end = text.char_indices().nth(80).map_or(text.len(), |(at, _)| at);
        let shown = text.get(..end).unwrap_or_default();
        Err(E::invalid_value(de::Unexpected::Str(shown), &self))
    }
}

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

struct TextOrNull<'o>(&'o mut dyn Place);

impl<'de> Visitor<'de> for TextOrNull<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expect(f)?;
        f.write_str(" or null")
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(Text(self.0))
    }
}

struct Texts<'o>(&'o mut dyn Place);

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, each item ")?;
        self.0.expect(f)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        while from.next_element_seed(Text(self.0))?.is_some() {}
        Ok(())
    }
}

/// What shows itself in its spelling.
trait Spelled {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<T: Spelling> Spelled for T {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Spelling::spell(self, f)
    }
}

struct Shown<'a>(&'a dyn Spelled);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.spell(f)
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A list of what shows itself.
trait SpelledItems {
    fn item(&self, at: usize) -> Option<&dyn Spelled>;
}

impl<T: Spelling> SpelledItems for &[T] {
    fn item(&self, at: usize) -> Option<&dyn Spelled> {
        self.get(at).map(|item| item as &dyn Spelled)
    }
}

struct ShownItems<'a>(&'a dyn SpelledItems);

impl Serialize for ShownItems<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(Each(self.0, 0))
    }
}

struct Each<'a>(&'a dyn SpelledItems, usize);

impl<'a> Iterator for Each<'a> {
    type Item = Shown<'a>;

    fn next(&mut self) -> Option<Shown<'a>> {
        let item = self.0.item(self.1).map(Shown);
        self.1 = self.1.saturating_add(1);
        item
    }
}

impl<'de, T: Spelling> ReadAs<'de, T> for One {
    fn read<D: Deserializer<'de>>(into: &mut T, from: D) -> Result<(), D::Error> {
        from.deserialize_str(Text(&mut Only(into)))
    }
}

impl<'de, T: Spelling> ReadAs<'de, Option<T>> for Optional {
    fn read<D: Deserializer<'de>>(into: &mut Option<T>, from: D) -> Result<(), D::Error> {
        from.deserialize_option(TextOrNull(into))
    }
}

impl<'de, T: Spelling> ReadAs<'de, Vec<T>> for List {
    fn read<D: Deserializer<'de>>(into: &mut Vec<T>, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(Texts(into))
    }
}

impl<T: Spelling> WriteAs<T> for One {
    fn write_member<M: SerializeStruct>(
        value: &T,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        to.serialize_field(name, &Shown(value))
    }
}

impl<T: Spelling> WriteAs<Option<T>> for Optional {
    fn write_member<M: SerializeStruct>(
        value: &Option<T>,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        to.serialize_field(name, &value.as_ref().map(|value| Shown(value)))
    }
}

impl<T: Spelling> WriteAs<Vec<T>> for List {
    fn write_member<M: SerializeStruct>(
        value: &Vec<T>,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        to.serialize_field(name, &ShownItems(&value.as_slice()))
    }
}

/// One value, where serde's traits are derived: `#[serde(with = "document::one")]`.
pub mod one {
    use super::{Deserializer, Serializer, Shown, Spelling, Text, de};

    /// Writes the value's spelling.
    pub fn serialize<T: Spelling, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&Shown(value))
    }

    /// Reads the value's spelling.
    pub fn deserialize<'de, T: Spelling, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let mut value = None;
        from.deserialize_str(Text(&mut value))?;
        value.ok_or_else(|| de::Error::missing_field(""))
    }
}

/// A value or null, where serde's traits are derived: `#[serde(with = "document::option")]`. The
/// member itself must be there.
pub mod option {
    use super::{Deserializer, Serializer, Shown, Spelling, TextOrNull};

    /// Writes the value's spelling, or null.
    pub fn serialize<T: Spelling, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(&Shown(value)),
            None => to.serialize_none(),
        }
    }

    /// Reads the value's spelling, or null.
    pub fn deserialize<'de, T: Spelling, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let mut value = None;
        from.deserialize_option(TextOrNull(&mut value))?;
        Ok(value)
    }
}

/// A list of values, where serde's traits are derived: `#[serde(with = "document::list")]`.
pub mod list {
    use super::{Deserializer, Serialize as _, Serializer, ShownItems, Spelling, Texts, Vec};

    /// Writes the items' spellings.
    pub fn serialize<T: Spelling, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        ShownItems(&values).serialize(to)
    }

    /// Reads the items' spellings.
    pub fn deserialize<'de, T: Spelling, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<T>, D::Error> {
        let mut values = Vec::new();
        from.deserialize_seq(Texts(&mut values))?;
        Ok(values)
    }
}
