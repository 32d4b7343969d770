//! The members of an object, from a list instead of derived code.
//!
//! What serde derives is a loop of its own for every struct, and in it the reading of every member
//! and what is to be dropped if it fails. Of a verifier for browsers that was a third. Here the
//! loop is compiled once. A document is filled in place: it starts as a blank, and whoever is given
//! one has been given all of its members.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::Seq;
use crate::hash::Digest;
use crate::keys::{PublicKey, Reason, ShardId, Signature};

/// Implements [`Deserialize`] and [`Serialize`] for a struct that stands in documents as an object:
/// each member with its name there and the way it is spelled: [`One`](super::One),
/// [`Optional`](super::Optional), [`List`](super::List), [`Object`], [`OptionalObject`],
/// [`Objects`] or [`Own`].
///
/// An object is read in any order of its members, each of them exactly once and no other. It is
/// written in the order of the list. With `read` or `write` in front, only one of the two is
/// implemented; with `inner`, none of serde's traits are, but those that [`Object`] takes. At most 32
/// members.
///
/// ```
/// use countersign_core::Seq;
/// use countersign_core::document::{self, One, Optional, members};
///
/// struct Leaf {
///     seq: Seq,
///     previous: Option<Seq>,
/// }
///
/// members!(Leaf { seq "seq": One, previous "previousSeq": Optional });
///
/// let leaf: Leaf = document::read(br#"{"previousSeq":null,"seq":"7"}"#, 100)?;
/// assert_eq!((leaf.seq, leaf.previous), (Seq(7), None));
/// assert_eq!(document::write(&leaf)?, r#"{"seq":"7","previousSeq":null}"#);
/// # Ok::<(), countersign_core::document::DocumentError>(())
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __members {
    (inner read $document:ident $(<$of:ident: $bound:path>)? {
        $($member:ident $name:literal: $way:ty),+ $(,)?
    }) => {
        impl $(<$of: $bound + $crate::document::Blank>)? $crate::document::Blank
            for $document $(<$of>)?
        {
            const BLANK: Self = Self { $($member: $crate::document::Blank::BLANK),+ };
        }

        impl<'de $(, $of: $bound + $crate::document::ReadMembers<'de>)?>
            $crate::document::ReadMembers<'de> for $document $(<$of>)?
        {
            const NAMES: &'static [&'static str] = &[$($name),+];
            const EXPECTED: &'static str = concat!("struct ", stringify!($document));

            fn read_member<A: ::serde::de::MapAccess<'de>>(
                &mut self,
                place: usize,
                from: &mut A,
            ) -> ::core::result::Result<(), A::Error> {
                #[allow(non_camel_case_types)]
                enum Place {
                    $($member),+
                }
                $(if place == Place::$member as usize {
                    return $crate::document::read_next::<_, $way, A>(&mut self.$member, from);
                })+
                Ok(())
            }
        }
    };
    (inner write $document:ident $(<$of:ident: $bound:path>)? {
        $($member:ident $name:literal: $way:ty),+ $(,)?
    }) => {
        impl $(<$of: $bound + $crate::document::WriteMembers>)? $crate::document::WriteMembers
            for $document $(<$of>)?
        {
            const COUNT: usize = [$($name),+].len();

            fn write_members<M: ::serde::ser::SerializeStruct>(
                &self,
                to: &mut M,
            ) -> ::core::result::Result<(), M::Error> {
                $(<$way as $crate::document::WriteAs<_>>::write_member(&self.$member, $name, to)?;)+
                Ok(())
            }
        }
    };
    (inner $document:ident { $($members:tt)+ }) => {
        $crate::document::members!(inner read $document { $($members)+ });
        $crate::document::members!(inner write $document { $($members)+ });
    };
    (read $document:ident $(<$of:ident: $bound:path>)? { $($members:tt)+ }) => {
        $crate::document::members!(inner read $document $(<$of: $bound>)? { $($members)+ });

        impl<'de $(, $of: $bound + $crate::document::ReadMembers<'de>)?>
            ::serde::Deserialize<'de> for $document $(<$of>)?
        {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                from: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::document::read_object(from)
            }
        }
    };
    (write $document:ident $(<$of:ident: $bound:path>)? { $($members:tt)+ }) => {
        $crate::document::members!(inner write $document $(<$of: $bound>)? { $($members)+ });

        impl $(<$of: $bound + $crate::document::WriteMembers>)? ::serde::Serialize
            for $document $(<$of>)?
        {
            fn serialize<S: ::serde::Serializer>(
                &self,
                to: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::document::write_object(self, to)
            }
        }
    };
    ($document:ident $(<$of:ident: $bound:path>)? { $($members:tt)+ }) => {
        $crate::document::members!(read $document $(<$of: $bound>)? { $($members)+ });
        $crate::document::members!(write $document $(<$of: $bound>)? { $($members)+ });
    };
}

/// What is there before something is read.
pub trait Blank: Sized {
    /// It.
    const BLANK: Self;
}

/// Blanks of what stands in documents.
macro_rules! blanks {
    ($($name:ty = $blank:expr),+ $(,)?) => {
        $(impl Blank for $name {
            const BLANK: Self = $blank;
        })+
    };
}

blanks! {
    String = Self::new(),
    u64 = 0,
    u128 = 0,
    i128 = 0,
    Seq = Self(0),
    Digest = Self::from_bytes([0; _]),
    PublicKey = Self::from_bytes([0; _]),
    Signature = Self::from_bytes([0; _]),
    ShardId = Self::from_bytes([0; _]),
    Reason = Self::Rotation,
}

impl<const N: usize> Blank for [u8; N] {
    const BLANK: Self = [0; N];
}

impl<T> Blank for Vec<T> {
    const BLANK: Self = Self::new();
}

impl<T> Blank for Option<T> {
    const BLANK: Self = None;
}

/// A way to read a `T`.
pub trait ReadAs<'de, T> {
    /// Reads it into a blank.
    fn read<D: Deserializer<'de>>(into: &mut T, from: D) -> Result<(), D::Error>;
}

/// A way to write a `T`.
pub trait WriteAs<T: ?Sized> {
    /// Writes it as a member of an object.
    fn write_member<M: SerializeStruct>(
        value: &T,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error>;
}

/// As the type's own implementation of serde's traits says; a member that may be null must be
/// there all the same.
#[derive(Debug)]
pub enum Own {}

impl<'de, T: Deserialize<'de>> ReadAs<'de, T> for Own {
    fn read<D: Deserializer<'de>>(into: &mut T, from: D) -> Result<(), D::Error> {
        *into = T::deserialize(from)?;
        Ok(())
    }
}

impl<T: Serialize> WriteAs<T> for Own {
    fn write_member<M: SerializeStruct>(
        value: &T,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        to.serialize_field(name, value)
    }
}

/// What can be read from the members of an object. Implemented by
/// [`members`](crate::document::members).
pub trait ReadMembers<'de>: Blank {
    /// The members' names.
    const NAMES: &'static [&'static str];
    /// What is expected where there is no object.
    const EXPECTED: &'static str;

    /// Reads the value of the member at `place` among the names.
    fn read_member<A: MapAccess<'de>>(
        &mut self,
        place: usize,
        from: &mut A,
    ) -> Result<(), A::Error>;
}

/// What can be written as the members of an object. Implemented by
/// [`members`](crate::document::members).
pub trait WriteMembers {
    /// How many there are.
    const COUNT: usize;

    /// Writes them.
    fn write_members<M: SerializeStruct>(&self, to: &mut M) -> Result<(), M::Error>;
}

/// Reads an object.
pub fn read_object<'de, T: ReadMembers<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let mut object = T::BLANK;
    Object::read(&mut object, from)?;
    Ok(object)
}

/// Writes an object.
pub fn write_object<T: WriteMembers, S: Serializer>(object: &T, to: S) -> Result<S::Ok, S::Error> {
    let mut to = to.serialize_struct("", T::COUNT)?;
    object.write_members(&mut to)?;
    to.end()
}

/// Reads the value that is next, in the way `W`.
#[inline]
pub fn read_next<'de, T, W: ReadAs<'de, T>, A: MapAccess<'de>>(
    into: &mut T,
    from: &mut A,
) -> Result<(), A::Error> {
    from.next_value_seed(Into::<T, W>(into, PhantomData))
}

/// A value that is read into a place, in the way `W`.
struct Into<'o, T, W>(&'o mut T, PhantomData<W>);

impl<'de, T, W: ReadAs<'de, T>> DeserializeSeed<'de> for Into<'_, T, W> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        W::read(self.0, from)
    }
}

/// A document inside a document.
#[derive(Debug)]
pub enum Object {}

impl<'de, T: ReadMembers<'de>> ReadAs<'de, T> for Object {
    fn read<D: Deserializer<'de>>(into: &mut T, from: D) -> Result<(), D::Error> {
        from.deserialize_struct("", T::NAMES, Members(into))
    }
}

impl<T: WriteMembers> WriteAs<T> for Object {
    fn write_member<M: SerializeStruct>(
        value: &T,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        to.serialize_field(name, &Written(value))
    }
}

struct Written<'a, T>(&'a T);

impl<T: WriteMembers> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_object(self.0, to)
    }
}

struct Members<'o, T>(&'o mut T);

impl<'de, T: ReadMembers<'de>> Visitor<'de> for Members<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        fill(&mut from, T::NAMES, self.0)
    }
}

/// A document inside a document, or null.
#[derive(Debug)]
pub enum OptionalObject {}

impl<'de, T: ReadMembers<'de>> ReadAs<'de, Option<T>> for OptionalObject {
    fn read<D: Deserializer<'de>>(into: &mut Option<T>, from: D) -> Result<(), D::Error> {
        from.deserialize_option(OrNull(into))
    }
}

impl<T: WriteMembers> WriteAs<Option<T>> for OptionalObject {
    fn write_member<M: SerializeStruct>(
        value: &Option<T>,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        to.serialize_field(name, &value.as_ref().map(Written))
    }
}

struct OrNull<'o, T>(&'o mut Option<T>);

impl<'de, T: ReadMembers<'de>> Visitor<'de> for OrNull<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)?;
        f.write_str(" or null")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        Object::read(self.0.insert(T::BLANK), from)
    }
}

/// A list of documents.
#[derive(Debug)]
pub enum Objects {}

impl<'de, T: ReadMembers<'de>> ReadAs<'de, Vec<T>> for Objects {
    fn read<D: Deserializer<'de>>(into: &mut Vec<T>, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(Items(into))
    }
}

impl<T: WriteMembers> WriteAs<Vec<T>> for Objects {
    fn write_member<M: SerializeStruct>(
        value: &Vec<T>,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        to.serialize_field(name, &WrittenItems(value))
    }
}

struct WrittenItems<'a, T>(&'a [T]);

impl<T: WriteMembers> Serialize for WrittenItems<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(Written))
    }
}

struct Items<'o, T>(&'o mut Vec<T>);

impl<'de, T: ReadMembers<'de>> Visitor<'de> for Items<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, each item ")?;
        f.write_str(T::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let mut item = T::BLANK;
        while from.next_element_seed(Into::<T, Object>(&mut item, PhantomData))?.is_some() {
            self.0.push(core::mem::replace(&mut item, T::BLANK));
        }
        Ok(())
    }
}

/// [`ReadMembers`] for one reader, whatever the document.
trait Fill<'de, A: MapAccess<'de>> {
    fn fill(&mut self, place: usize, from: &mut A) -> Result<(), A::Error>;
}

impl<'de, A: MapAccess<'de>, T: ReadMembers<'de>> Fill<'de, A> for T {
    fn fill(&mut self, place: usize, from: &mut A) -> Result<(), A::Error> {
        self.read_member(place, from)
    }
}

/// Reads every member of these names: each of them exactly once, and no other.
#[inline(never)]
fn fill<'de, A: MapAccess<'de>>(
    from: &mut A,
    names: &'static [&'static str],
    object: &mut dyn Fill<'de, A>,
) -> Result<(), A::Error> {
    let mut filled = 0_u32;
    while let Some((place, bit)) = from.next_key_seed(Name(names))? {
        if filled & bit != 0 {
            return Err(Error::duplicate_field(names.get(place).unwrap_or(&"")));
        }
        filled |= bit;
        object.fill(place, from)?;
    }
    let mut expected = names.iter().enumerate();
    match expected.find(|(place, _)| filled & bit_of(*place) == 0) {
        Some((_, name)) => Err(Error::missing_field(name)),
        None => Ok(()),
    }
}

fn bit_of(place: usize) -> u32 {
    u32::try_from(place).map_or(0, |place| 1_u32.unbounded_shl(place))
}

/// A name among those of an object; its place among them, and its bit.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = (usize, u32);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = (usize, u32);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<Self::Value, E> {
        match self.0.iter().position(|name| *name == found) {
            Some(place) => Ok((place, bit_of(place))),
            None => Err(E::unknown_field(found, self.0)),
        }
    }
}
