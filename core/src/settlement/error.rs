//! Why a batch was not settled.

use alloc::boxed::Box;
use core::fmt;

use crate::Seq;
use crate::chain::ChainError;
use crate::hash::hex;
use crate::limits::DIGEST_SIZE;

/// Why a record was not taken into a window, or a window not settled. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettlementError {
    /// The window holds no entry; such a window is never settled.
    EmptyWindow {
        /// Its first record.
        from_seq: Seq,
    },
    /// The record, or the end of the window, is not the one that comes next.
    NotNext {
        /// The seq that comes next.
        expected: Seq,
        /// The seq at hand.
        found: Seq,
    },
    /// What a member earned or spent of an asset exceeds 2^128-1.
    Overflow(Box<Pair>),
    /// The chain does not take the settlement.
    Chain(ChainError),
}

/// A member and an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The member.
    pub member_id: [u8; DIGEST_SIZE],
    /// The asset.
    pub asset_id: alloc::string::String,
}

impl SettlementError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmptyWindow { .. } => "empty-window",
            Self::NotNext { .. } => "not-next",
            Self::Overflow(_) => "delta-overflow",
            Self::Chain(error) => error.code(),
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("member ")?;
        hex::write(f, &self.member_id)?;
        write!(f, ", asset \"{}\"", self.asset_id)
    }
}

impl fmt::Display for SettlementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyWindow { from_seq } => {
                write!(f, "the window from seq {from_seq} on holds no entry, so nothing is settled")
            }
            Self::NotNext { expected, found } => {
                write!(f, "seq {found} does not follow: {expected} comes next")
            }
            Self::Overflow(pair) => write!(f, "the sum of {pair} exceeds 2^128-1"),
            Self::Chain(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SettlementError {}

impl From<ChainError> for SettlementError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}
