//! The deltas of a settlement in a document: sorted by member and asset, each pair once, as the
//! strict CBOR decoder wants them.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserializer, Serializer, de};

use super::AccountDelta;
use crate::chain::check_asset_id;
use crate::document::{ReadAs, WriteAs};

/// The way to read and write them.
pub(super) enum Deltas {}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Vec<AccountDelta>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of member deltas")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut deltas: Vec<AccountDelta> = Vec::new();
        while let Some(delta) = from.next_element::<AccountDelta>()? {
            check_asset_id(&delta.asset_id).map_err(de::Error::custom)?;
            if deltas.last().is_some_and(|previous| previous.key() >= delta.key()) {
                let rule = "member deltas must be sorted by member and asset, each pair once";
                return Err(de::Error::custom(rule));
            }
            deltas.push(delta);
        }
        Ok(deltas)
    }
}

impl WriteAs<Vec<AccountDelta>> for Deltas {
    fn write<S: Serializer>(deltas: &Vec<AccountDelta>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(deltas)
    }
}

impl<'de> ReadAs<'de, Vec<AccountDelta>> for Deltas {
    fn read<D: Deserializer<'de>>(from: D) -> Result<Vec<AccountDelta>, D::Error> {
        from.deserialize_seq(Visitor)
    }
}
