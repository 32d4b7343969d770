//! The deltas of a settlement in a document: sorted by member and asset, each pair once, as the
//! strict CBOR decoder wants them.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Deserializer};
use serde::ser::SerializeStruct;

use super::AccountDelta;
use crate::chain::check_asset_id;
use crate::document::{Objects, ReadAs, WriteAs};

/// The way to read and write them.
pub(super) enum Deltas {}

struct Sorted<'o>(&'o mut Vec<AccountDelta>);

impl<'de> de::Visitor<'de> for Sorted<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of member deltas")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let Self(deltas) = self;
        while let Some(delta) = from.next_element::<AccountDelta>()? {
            check_asset_id(&delta.asset_id).map_err(de::Error::custom)?;
            if deltas.last().is_some_and(|previous| previous.key() >= delta.key()) {
                let rule = "member deltas must be sorted by member and asset, each pair once";
                return Err(de::Error::custom(rule));
            }
            deltas.push(delta);
        }
        Ok(())
    }
}

impl<'de> ReadAs<'de, Vec<AccountDelta>> for Deltas {
    fn read<D: Deserializer<'de>>(into: &mut Vec<AccountDelta>, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(Sorted(into))
    }
}

impl WriteAs<Vec<AccountDelta>> for Deltas {
    fn write_member<M: SerializeStruct>(
        deltas: &Vec<AccountDelta>,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        Objects::write_member(deltas, name, to)
    }
}
