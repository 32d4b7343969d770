//! The formats of the bundles, and the member that names one.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{self, Deserializer};
use serde::ser::SerializeStruct;

use super::verifier::Kind;
use crate::document::{Blank, One, ReadAs, Spelling, WriteAs, one};
use crate::tags;

/// What kind of bundle a document is, and in which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// One record is in a batch.
    Inclusion,
    /// One record is in a batch, without the batch's sums.
    BriefInclusion,
    /// Some records are in a batch.
    Records,
    /// One settlement's log extends another's.
    Consistency,
    /// An operation is not in a batch.
    Exclusion,
    /// All entries of a member in a batch.
    Statement,
    /// The writer's promise of a record.
    Receipt,
    /// A record is in a batch, and stands at a place of a file with a content address.
    Placement,
    /// A receipt and a settlement contradict each other.
    ContradictionReceipt,
    /// A settlement's records and its index contradict each other.
    ContradictionIndex,
    /// Two settlements overlap.
    ContradictionOverlap,
    /// Two settlements commit to different logs.
    ContradictionLogRoot,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 12] = [
        Self::Inclusion,
        Self::BriefInclusion,
        Self::Records,
        Self::Consistency,
        Self::Exclusion,
        Self::Statement,
        Self::Receipt,
        Self::Placement,
        Self::ContradictionReceipt,
        Self::ContradictionIndex,
        Self::ContradictionOverlap,
        Self::ContradictionLogRoot,
    ];

    /// The value of the member `format`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inclusion => tags::INCLUSION_FORMAT,
            Self::BriefInclusion => tags::BRIEF_INCLUSION_FORMAT,
            Self::Records => tags::RECORDS_FORMAT,
            Self::Consistency => tags::CONSISTENCY_FORMAT,
            Self::Exclusion => tags::EXCLUSION_FORMAT,
            Self::Statement => tags::STATEMENT_FORMAT,
            Self::Receipt => tags::RECEIPT_FORMAT,
            Self::Placement => tags::PLACEMENT_FORMAT,
            Self::ContradictionReceipt => tags::CONTRADICTION_RECEIPT_FORMAT,
            Self::ContradictionIndex => tags::CONTRADICTION_INDEX_FORMAT,
            Self::ContradictionOverlap => tags::CONTRADICTION_OVERLAP_FORMAT,
            Self::ContradictionLogRoot => tags::CONTRADICTION_LOG_ROOT_FORMAT,
        }
    }

    /// Whether a bundle of this format, if it holds, shows that the operator contradicted itself.
    pub const fn is_contradiction(self) -> bool {
        matches!(
            self,
            Self::ContradictionReceipt
                | Self::ContradictionIndex
                | Self::ContradictionOverlap
                | Self::ContradictionLogRoot
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Spelling for Format {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }

    fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the format of a bundle")
    }
}

/// The member `format` of a bundle of `P`: only that one name is read.
pub(super) struct FormatOf<P>(PhantomData<P>);

impl<P> FormatOf<P> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Blank for FormatOf<P> {
    const BLANK: Self = Self::new();
}

/// How it is read and written.
pub(super) enum TheFormat {}

impl<'de, P: Kind> ReadAs<'de, FormatOf<P>> for TheFormat {
    fn read<D: Deserializer<'de>>(_: &mut FormatOf<P>, from: D) -> Result<(), D::Error> {
        read_only(P::FORMAT, from)
    }
}

fn read_only<'de, D: Deserializer<'de>>(expected: Format, from: D) -> Result<(), D::Error> {
    let found: Format = one::deserialize(from)?;
    if found == expected {
        return Ok(());
    }
    Err(de::Error::custom(format_args!("{found} is not {expected}")))
}

impl<P: Kind> WriteAs<FormatOf<P>> for TheFormat {
    fn write_member<M: SerializeStruct>(
        _: &FormatOf<P>,
        name: &'static str,
        to: &mut M,
    ) -> Result<(), M::Error> {
        One::write_member(&P::FORMAT, name, to)
    }
}

impl<P> Clone for FormatOf<P> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<P> PartialEq for FormatOf<P> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<P> Eq for FormatOf<P> {}

impl<P> fmt::Debug for FormatOf<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormatOf")
    }
}
