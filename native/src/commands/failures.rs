//! The errors of the store and of verifying, as a command ends with them.

use std::fmt;

use countersign_core::chain::{ChainError, RecordError};
use countersign_core::dispute::DisputeError;
use countersign_core::keys;
use countersign_core::proof::ProofError;
use serde_json::{Value, json};

use crate::accounts::AccountsError;
use crate::bmt::BmtError;
use crate::exit::{Exit, Failure};
use crate::foreign::ImportError;
use crate::prove::ProveError;
use crate::store::{Damage, ReadError, StoreError};
use crate::verify::VerifyError;

impl Failure for StoreError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn exit(&self) -> Exit {
        if self.is_corruption() { Exit::Corrupt } else { Exit::Failed }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Io { path, .. } | Self::NotAShard { path, .. } | Self::ShardExists { path } => {
                vec![("path", path.display().to_string().into())]
            }
            Self::Locked { path, owner } => vec![
                ("path", path.display().to_string().into()),
                ("pid", owner.trim().to_owned().into()),
            ],
            Self::Corrupt(damage) => damage_fields(damage),
            Self::RolledBack { seq, expected, last_seq } => vec![
                ("seq", seq.to_string().into()),
                ("expectedTipHash", expected.to_string().into()),
                ("lastSeq", last_seq.to_string().into()),
            ],
            Self::DuplicateOpId { existing_seq } => {
                vec![("field", "opId".into()), ("existingSeq", existing_seq.to_string().into())]
            }
            Self::Chain(error) => error.fields(),
            Self::AppendUndone(cause) | Self::Poisoned(cause) => cause.fields(),
            _ => Vec::new(),
        }
    }
}

fn damage_fields(damage: &Damage) -> Vec<(&'static str, Value)> {
    let segment = damage.missing.unwrap_or(damage.place.segment);
    let mut fields = vec![("segment", segment.file_name().into())];
    if damage.missing.is_none() {
        fields.push(("offset", damage.place.offset.to_string().into()));
        fields.push(("seq", damage.seq.to_string().into()));
    }
    if let Some(found) = damage.next_good {
        let next = json!({
            "segment": found.place.segment.file_name(),
            "offset": found.place.offset.to_string(),
            "seq": found.seq.to_string(),
        });
        fields.push(("nextGood", next));
    }
    fields
}

impl Failure for ChainError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Record(error) => {
                error.field().map(|field| ("field", field.into())).into_iter().collect()
            }
            Self::ProcessKeyExpired { expires_at_ms, .. } => {
                vec![("expiresAtMs", expires_at_ms.to_string().into())]
            }
            Self::WrongProcessKey { active, found } => vec![
                ("activePublicKey", active.to_string().into()),
                ("publicKey", found.to_string().into()),
            ],
            _ => Vec::new(),
        }
    }
}

impl Failure for RecordError {
    fn code(&self) -> &str {
        Self::code(self)
    }
}

impl Failure for keys::Error {
    fn code(&self) -> &str {
        Self::code(self)
    }
}

impl Failure for ReadError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Damaged { .. } => Exit::Corrupt,
            _ => Exit::Failed,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NotAShard { path } | Self::Io { path, .. } => {
                vec![("path", path.display().to_string().into())]
            }
            Self::Damaged { place, seq } => vec![
                ("segment", place.segment.file_name().into()),
                ("offset", place.offset.to_string().into()),
                ("seq", seq.to_string().into()),
            ],
            Self::Rewritten { seq } => vec![("seq", seq.to_string().into())],
        }
    }
}

impl Failure for VerifyError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NotAShard { path, .. }
            | Self::Io { path, .. }
            | Self::TooLarge { path, .. }
            | Self::UnknownShardId { path } => {
                vec![("path", path.display().to_string().into())]
            }
            _ => Vec::new(),
        }
    }
}

impl Failure for ImportError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NotValid(_) | Self::Misfits { .. } => Exit::Refused,
            Self::Target(error) | Self::Entry { error, .. } => error.exit(),
            _ => Exit::Failed,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Source(error) => error.fields(),
            Self::NotValid(report) => {
                let failures = serde_json::to_value(&report.failures).unwrap_or_default();
                let total = report.failures_total.to_string().into();
                vec![("failures", failures), ("failuresTotal", total)]
            }
            Self::Misfits { listed, total } => {
                let entries: Vec<_> = listed
                    .iter()
                    .map(|misfit| {
                        let seq = misfit.seq.to_string();
                        json!({ "seq": seq, "code": misfit.code, "detail": misfit.detail })
                    })
                    .collect();
                vec![("entries", entries.into()), ("entriesTotal", total.to_string().into())]
            }
            Self::OtherShard { path, .. } => vec![("path", path.display().to_string().into())],
            Self::Target(error) => error.fields(),
            Self::Entry { seq, error } => {
                let mut fields = error.fields();
                fields.push(("sourceSeq", seq.to_string().into()));
                fields
            }
            _ => Vec::new(),
        }
    }
}

impl Failure for ProveError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn exit(&self) -> Exit {
        if self.is_corruption() { Exit::Corrupt } else { Exit::Failed }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Read(error) => error.fields(),
            Self::Status(error) => Failure::fields(error.as_ref()),
            Self::NoSuchRecord { seq, last } => vec![
                ("seq", seq.to_string().into()),
                ("lastSeq", last.map(|seq| seq.to_string()).into()),
            ],
            Self::NotSettled { seq, settled_to } => vec![
                ("seq", seq.map(|seq| seq.to_string()).into()),
                ("settledToSeq", settled_to.map(|seq| seq.to_string()).into()),
            ],
            Self::NoSuchBatch { id: batch, .. }
            | Self::NoCertificate { batch, .. }
            | Self::Settlement { batch, .. }
            | Self::Mismatch { batch, .. } => vec![("batchId", batch.to_string().into())],
            Self::OperationPresent { seq, batch } => {
                vec![("seq", seq.to_string().into()), ("batchId", batch.to_string().into())]
            }
            Self::Content(error) => Failure::fields(error.as_ref()),
            Self::NotSealed { seq, segment } => {
                vec![("seq", seq.to_string().into()), ("segment", segment.file_name().into())]
            }
            Self::NotASettlement { seq } => vec![("seq", seq.to_string().into())],
            _ => Vec::new(),
        }
    }
}

impl Failure for AccountsError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn exit(&self) -> Exit {
        if self.is_corruption() { Exit::Corrupt } else { Exit::Failed }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Database { path, .. } | Self::Io { path, .. } | Self::Malformed { path } => {
                vec![("path", path.display().to_string().into())]
            }
            Self::Read(error) => error.fields(),
            Self::Status(error) => Failure::fields(error),
            Self::Record { seq, .. } => vec![("seq", seq.to_string().into())],
            _ => Vec::new(),
        }
    }
}

impl Failure for BmtError {
    fn code(&self) -> &str {
        Self::code(self)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Read { offset, .. } => vec![("offset", offset.to_string().into())],
            Self::Changed { path } | Self::Io { path, .. } | Self::Index { path, .. } => {
                vec![("path", path.display().to_string().into())]
            }
            _ => Vec::new(),
        }
    }
}

impl Failure for ProofError {
    fn code(&self) -> &str {
        Self::code(self)
    }
}

impl Failure for DisputeError {
    fn code(&self) -> &str {
        Self::code(self)
    }
}

/// A failure with a code of its own and nothing to tell beside its message.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Failure for Refusal {
    fn code(&self) -> &str {
        self.code
    }
}
