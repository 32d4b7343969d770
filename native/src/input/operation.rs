//! An operation that owns its texts.

use countersign_core::chain::{Operation, RecordError};
use countersign_core::limits::DIGEST_SIZE;

/// What one line asks to append: the fields of `spec/metering.md` section 3, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputOperation {
    /// What happened, e.g. `earn`.
    pub op: String,
    /// The member, opaque.
    pub member_id: [u8; DIGEST_SIZE],
    /// The asset, e.g. `joule`.
    pub asset_id: String,
    /// Positive credits, negative debits.
    pub amount: i128,
    /// The caller's idempotency key.
    pub op_id: String,
    /// Opaque; zeros when unused.
    pub context_hash: [u8; DIGEST_SIZE],
}

impl InputOperation {
    /// The same, borrowed, as the log takes it.
    pub fn as_operation(&self) -> Operation<'_> {
        Operation {
            op: &self.op,
            member_id: &self.member_id,
            asset_id: &self.asset_id,
            amount: self.amount,
            op_id: &self.op_id,
            context_hash: &self.context_hash,
        }
    }

    /// Checks every field against its limits, see [`Operation::check`].
    pub fn check(&self) -> Result<(), RecordError> {
        self.as_operation().check()
    }
}
