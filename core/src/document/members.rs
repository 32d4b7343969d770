//! The members of an object, from a list instead of derived code.
//!
//! What serde derives is a loop of its own for every struct, and in it the reading of every
//! member. Of a verifier for browsers that was a third. Here the loop is compiled once, over slots
//! that each know how to read their member, and one kind of member is read by one function in
//! whatever struct it stands.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// Implements [`Deserialize`] and [`Serialize`] for a struct that stands in documents as an object:
/// each member with its name there and the way it is spelled ([`One`], [`Optional`], [`List`] or
/// [`Own`]).
///
/// An object is read in any order of its members, each of them exactly once and no other. It is
/// written in the order of the list. With `read` or `write` in front, only one of the two is
/// implemented; with `inner read` and `inner write`, none of serde's traits are, but those that
/// [`read_object`] and [`write_object`] take. At most 32 members.
///
/// ```
/// use countersign_core::Seq;
/// use countersign_core::document::{self, Optional, One, members};
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
        impl<'de $(, $of: $bound + ::serde::Deserialize<'de>)?>
            $crate::document::ReadMembers<'de> for $document $(<$of>)?
        {
            const NAMES: &'static [&'static str] = &[$($name),+];
            const EXPECTED: &'static str = concat!("struct ", stringify!($document));

            fn read_members<A: ::serde::de::MapAccess<'de>>(
                from: A,
            ) -> ::core::result::Result<Self, A::Error> {
                $(let mut $member = $crate::document::Slot::<_, $way>::EMPTY;)+
                $crate::document::fill_all(from, Self::NAMES, &mut [$(&mut $member),+])?;
                // All are there by now.
                if true $(&& let Some($member) = $member.take())+ {
                    return Ok(Self { $($member),+ });
                }
                Err(::serde::de::Error::missing_field(""))
            }
        }
    };
    (inner write $document:ident $(<$of:ident: $bound:path>)? {
        $($member:ident $name:literal: $way:ty),+ $(,)?
    }) => {
        impl $(<$of: $bound + ::serde::Serialize>)? $crate::document::WriteMembers
            for $document $(<$of>)?
        {
            const COUNT: usize = [$($name),+].len();

            fn write_members<M: ::serde::ser::SerializeStruct>(
                &self,
                to: &mut M,
            ) -> ::core::result::Result<(), M::Error> {
                $(to.serialize_field(
                    $name,
                    &$crate::document::Written::<_, $way>::new(&self.$member),
                )?;)+
                Ok(())
            }
        }
    };
    (read $document:ident $(<$of:ident: $bound:path>)? { $($members:tt)+ }) => {
        $crate::document::members!(inner read $document $(<$of: $bound>)? { $($members)+ });

        impl<'de $(, $of: $bound + ::serde::Deserialize<'de>)?>
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

        impl $(<$of: $bound + ::serde::Serialize>)? ::serde::Serialize for $document $(<$of>)? {
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

/// A way to read a `T`.
pub trait ReadAs<'de, T> {
    /// Reads it.
    fn read<D: Deserializer<'de>>(from: D) -> Result<T, D::Error>;
}

/// A way to write a `T`.
pub trait WriteAs<T: ?Sized> {
    /// Writes it.
    fn write<S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error>;
}

/// As the type's own implementation of serde's traits says; a member that may be null must be
/// there all the same.
#[derive(Debug)]
pub enum Own {}

impl<'de, T: Deserialize<'de>> ReadAs<'de, T> for Own {
    fn read<D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        T::deserialize(from)
    }
}

impl<T: Serialize + ?Sized> WriteAs<T> for Own {
    fn write<S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        value.serialize(to)
    }
}

/// What can be read from the members of an object. Implemented by
/// [`members`](crate::document::members).
pub trait ReadMembers<'de>: Sized {
    /// The members' names, in the order of the slots.
    const NAMES: &'static [&'static str];
    /// What is expected where there is no object.
    const EXPECTED: &'static str;

    /// Reads them.
    fn read_members<A: MapAccess<'de>>(from: A) -> Result<Self, A::Error>;
}

/// Reads an object.
pub fn read_object<'de, T: ReadMembers<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    from.deserialize_struct("", T::NAMES, Object(PhantomData))
}

/// What can be written as the members of an object. Implemented by
/// [`members`](crate::document::members).
pub trait WriteMembers {
    /// How many there are.
    const COUNT: usize;

    /// Writes them.
    fn write_members<M: SerializeStruct>(&self, to: &mut M) -> Result<(), M::Error>;
}

/// Writes an object.
pub fn write_object<T: WriteMembers, S: Serializer>(object: &T, to: S) -> Result<S::Ok, S::Error> {
    let mut to = to.serialize_struct("", T::COUNT)?;
    object.write_members(&mut to)?;
    to.end()
}

struct Object<T>(PhantomData<T>);

impl<'de, T: ReadMembers<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<T, A::Error> {
        T::read_members(from)
    }
}

/// What a member can be read into.
pub trait Fill<'de, A: MapAccess<'de>> {
    /// Reads the member's value.
    fn fill(&mut self, from: &mut A) -> Result<(), A::Error>;
}

/// A place for a member that is to be read in the way `W`.
#[derive(Debug)]
pub struct Slot<T, W> {
    value: Option<T>,
    way: PhantomData<W>,
}

impl<T, W> Slot<T, W> {
    /// Not read yet.
    pub const EMPTY: Self = Self { value: None, way: PhantomData };

    /// The value, if it has been read.
    #[inline]
    pub fn take(self) -> Option<T> {
        self.value
    }
}

impl<'de, A: MapAccess<'de>, T, W: ReadAs<'de, T>> Fill<'de, A> for Slot<T, W> {
    fn fill(&mut self, from: &mut A) -> Result<(), A::Error> {
        self.value = Some(from.next_value_seed(Seed::<T, W>(PhantomData))?);
        Ok(())
    }
}

struct Seed<T, W>(PhantomData<(T, W)>);

impl<'de, T, W: ReadAs<'de, T>> DeserializeSeed<'de> for Seed<T, W> {
    type Value = T;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        W::read(from)
    }
}

/// Fills every slot with the member of its name: each of them exactly once, and no other.
#[inline(never)]
pub fn fill_all<'de, A: MapAccess<'de>>(
    mut from: A,
    names: &'static [&'static str],
    slots: &mut [&mut dyn Fill<'de, A>],
) -> Result<(), A::Error> {
    let mut filled = 0_u32;
    while let Some(place) = from.next_key_seed(Name(names))? {
        let bit = 1_u32.wrapping_shl(place);
        let at = usize::try_from(place).unwrap_or_default();
        if filled & bit != 0 {
            return Err(Error::duplicate_field(names.get(at).unwrap_or(&"")));
        }
        filled |= bit;
        if let Some(slot) = slots.get_mut(at) {
            slot.fill(&mut from)?;
        }
    }
    let mut expected = (0..32).zip(names);
    match expected.find(|(place, _)| filled & 1_u32.wrapping_shl(*place) == 0) {
        Some((_, name)) => Err(Error::missing_field(name)),
        None => Ok(()),
    }
}

/// A name among those of an object; its place among them.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<u32, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<u32, E> {
        let mut places = (0..).zip(self.0);
        let place = places.find_map(|(place, name)| (*name == found).then_some(place));
        place.ok_or_else(|| E::unknown_field(found, self.0))
    }
}

/// A value as it is to be written.
#[derive(Debug)]
pub struct Written<'a, T: ?Sized, W> {
    value: &'a T,
    way: PhantomData<W>,
}

impl<'a, T: ?Sized, W> Written<'a, T, W> {
    /// This value.
    #[inline]
    pub const fn new(value: &'a T) -> Self {
        Self { value, way: PhantomData }
    }
}

impl<T: ?Sized, W: WriteAs<T>> Serialize for Written<'_, T, W> {
    #[inline]
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        W::write(self.value, to)
    }
}
