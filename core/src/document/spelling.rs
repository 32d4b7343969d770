//! The one spelling of each value.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::{Deserializer, Serializer, de};

use super::members::{ReadAs, WriteAs};
use crate::Seq;
use crate::hash::{Digest, hex};
use crate::keys::{PublicKey, Reason, ShardId, Signature};

/// A value that stands in a document as a string, in exactly one spelling.
pub trait Spelling: Sized {
    /// Writes the spelling.
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Reads it; `None` for any other text.
    fn read(text: &str) -> Option<Self>;

    /// Says what is expected, e.g. `64 lower-case hex digits`.
    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// Hex of a fixed length.
macro_rules! hex_spelling {
    ($name:ty, $bytes:literal) => {
        impl Spelling for $name {
            fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(f, self.as_bytes())
            }

            fn read(text: &str) -> Option<Self> {
                hex::decode_array::<$bytes>(text).map(Self::from_bytes)
            }

            fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
                <[u8; $bytes]>::expect(f)
            }
        }
    };
}

hex_spelling!(Digest, 32);
hex_spelling!(PublicKey, 32);
hex_spelling!(Signature, 64);

impl<const N: usize> Spelling for [u8; N] {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, self)
    }

    fn read(text: &str) -> Option<Self> {
        hex::decode_array(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lower-case hex digits", N.saturating_mul(2))
    }
}

/// Bytes of any length.
impl Spelling for Vec<u8> {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self))
    }

    fn read(text: &str) -> Option<Self> {
        hex::decode(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an even number of lower-case hex digits")
    }
}

/// Decimal digits of an integer: no plus sign, no leading zero, no minus zero.
macro_rules! decimal_spelling {
    ($name:ty, $expected:literal) => {
        impl Spelling for $name {
            fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }

            fn read(text: &str) -> Option<Self> {
                let is_plain = match text.strip_prefix('-').unwrap_or(text).as_bytes() {
                    [b'0'] => text.len() == 1,
                    [first, ..] => (b'1'..=b'9').contains(first),
                    [] => false,
                };
                if is_plain { text.parse().ok() } else { None }
            }

            fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expected)
            }
        }
    };
}

decimal_spelling!(u64, "a decimal string from 0 to 2^64-1");
decimal_spelling!(u128, "a decimal string from 0 to 2^128-1");
decimal_spelling!(i128, "a decimal string from -2^127 to 2^127-1");

impl Spelling for Seq {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.spell(f)
    }

    fn read(text: &str) -> Option<Self> {
        u64::read(text).map(Self)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u64::expect(f)
    }
}

impl Spelling for ShardId {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a lower-case UUID")
    }
}

impl Spelling for Reason {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rotation, shutdown or key-compromise")
    }
}

/// Shows a value as its spelling.
struct Shown<'a, T>(&'a T);

impl<T: Spelling> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.spell(f)
    }
}

/// Reads a spelling as it lies in the input, without a copy where it has no escapes.
struct Text<T>(PhantomData<T>);

impl<T: Spelling> de::Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::expect(f)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::read(text).ok_or_else(|| misspelled(text, &self))
    }
}

#[cold]
fn misspelled<E: de::Error>(text: &str, expected: &dyn de::Expected) -> E {
    // A hostile text must not come back at its full length.
    let shown =
        text.char_indices().nth(80).map_or(text, |(at, _)| text.get(..at).unwrap_or_default());
    E::invalid_value(de::Unexpected::Str(shown), expected)
}

/// Implements a way to read and to write by the functions of a module.
macro_rules! way {
    ($way:ident, $module:ident: $of:ty, $written:ty) => {
        impl<'de, T: Spelling> ReadAs<'de, $of> for $way {
            fn read<D: Deserializer<'de>>(from: D) -> Result<$of, D::Error> {
                $module::deserialize(from)
            }
        }

        impl<T: Spelling> WriteAs<$written> for $way {
            fn write<S: Serializer>(value: &$written, to: S) -> Result<S::Ok, S::Error> {
                $module::serialize(value, to)
            }
        }
    };
}

/// One value, as [`one`] has it.
#[derive(Debug)]
pub enum One {}
way!(One, one: T, T);

/// A value or null, as [`option`] has it.
#[derive(Debug)]
pub enum Optional {}
way!(Optional, option: Option<T>, Option<T>);

/// A list of values, as [`list`] has it.
#[derive(Debug)]
pub enum List {}
way!(List, list: Vec<T>, Vec<T>);

/// One value: `#[serde(with = "document::one")]`.
pub mod one {
    use super::{Deserializer, PhantomData, Serializer, Shown, Spelling, Text};

    /// Writes the value's spelling.
    pub fn serialize<T: Spelling, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&Shown(value))
    }

    /// Reads the value's spelling.
    pub fn deserialize<'de, T: Spelling, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        from.deserialize_str(Text(PhantomData))
    }
}

/// A value or null: `#[serde(with = "document::option")]`. The member itself must be there.
pub mod option {
    use super::{Deserializer, PhantomData, Serializer, Shown, Spelling, Text, de, fmt};

    struct OrNull<T>(PhantomData<T>);

    impl<'de, T: Spelling> de::Visitor<'de> for OrNull<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            T::expect(f)?;
            f.write_str(" or null")
        }

        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_str(Text(PhantomData)).map(Some)
        }
    }

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
        from.deserialize_option(OrNull(PhantomData))
    }
}

/// A list of values: `#[serde(with = "document::list")]`.
pub mod list {
    use super::{Deserializer, PhantomData, Serializer, Shown, Spelling, Text, Vec, de, fmt};

    /// One item.
    struct Item<T>(PhantomData<T>);

    impl<'de, T: Spelling> de::DeserializeSeed<'de> for Item<T> {
        type Value = T;

        fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
            from.deserialize_str(Text(PhantomData))
        }
    }

    struct Items<T>(PhantomData<T>);

    impl<'de, T: Spelling> de::Visitor<'de> for Items<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, each item ")?;
            T::expect(f)
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
            // No room is made ahead: a list is as long as the items that are there.
            let mut items = Vec::new();
            while let Some(item) = from.next_element_seed(Item(PhantomData))? {
                items.push(item);
            }
            Ok(items)
        }
    }

    /// Writes the items' spellings.
    pub fn serialize<T: Spelling, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(SpelledItem))
    }

    struct SpelledItem<'a, T>(&'a T);

    impl<T: Spelling> serde::Serialize for SpelledItem<'_, T> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(&Shown(self.0))
        }
    }

    /// Reads the items' spellings.
    pub fn deserialize<'de, T: Spelling, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<T>, D::Error> {
        from.deserialize_seq(Items(PhantomData))
    }
}
