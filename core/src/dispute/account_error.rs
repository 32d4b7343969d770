//! Why accounts were not changed.

use core::fmt;

use super::accounts::AccountKey;
use crate::hash::hex;
use crate::keys::ShardId;
use crate::{Seq, SeqRange};

/// Which of the two balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// The one that appends move.
    Optimistic,
    /// The one that settlements move.
    Confirmed,
}

/// Why accounts were not changed. Nothing of the record or reversal has been applied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountError<E> {
    /// The store itself failed.
    Store(E),
    /// The record is not the one that comes next.
    NotNext {
        /// The seq that the store expects.
        expected: Seq,
        /// The record's.
        found: Seq,
    },
    /// A balance would leave the range of 128 bits with a sign.
    Overflow {
        /// Whose.
        account: AccountKey,
        /// Which.
        balance: Balance,
    },
    /// The batch to take back was never confirmed here, or the store has forgotten it.
    NotConfirmed {
        /// The batch.
        batch: SeqRange,
    },
    /// The settlement to take back is another one than was confirmed for its batch.
    OtherSettlement {
        /// The batch.
        batch: SeqRange,
    },
    /// The dispute is about another shard than the store.
    WrongShard {
        /// The store's.
        expected: ShardId,
        /// The dispute's.
        found: ShardId,
    },
}

impl<E> AccountError<E> {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "account-store-failed",
            Self::NotNext { .. } => "not-next",
            Self::Overflow { .. } => "balance-overflow",
            Self::NotConfirmed { .. } => "batch-not-confirmed",
            Self::OtherSettlement { .. } => "other-settlement",
            Self::WrongShard { .. } => "wrong-shard",
        }
    }
}

impl<E: fmt::Display> fmt::Display for AccountError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(f, "the account store failed: {error}"),
            Self::NotNext { expected, found } => {
                write!(f, "the accounts expect record {expected}, this is {found}")
            }
            Self::Overflow { account, balance } => write!(
                f,
                "the {} balance of member {} in {} would exceed 128 bits",
                match balance {
                    Balance::Optimistic => "optimistic",
                    Balance::Confirmed => "confirmed",
                },
                hex::encode(&account.member_id),
                account.asset_id
            ),
            Self::NotConfirmed { batch } => write!(
                f,
                "no settlement of the records {} to {} has been confirmed",
                batch.from, batch.to
            ),
            Self::OtherSettlement { batch } => write!(
                f,
                "the settlement confirmed for the records {} to {} is not the disputed one",
                batch.from, batch.to
            ),
            Self::WrongShard { expected, found } => {
                write!(
                    f,
                    "the accounts are those of shard {expected}, the dispute is about {found}"
                )
            }
        }
    }
}

impl<E: core::error::Error> core::error::Error for AccountError<E> {}

impl<E> From<E> for AccountError<E> {
    fn from(error: E) -> Self {
        Self::Store(error)
    }
}
