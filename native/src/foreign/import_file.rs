//! `import.json`: where the records of an imported shard came from.

use countersign_core::tags::IMPORT_FORMAT;
use serde::{Deserialize, Serialize};

use super::fitness::Misfit;
use crate::store::disk::{Disk, read_small};
use crate::store::{ShardPaths, StoreError, replace_import};

/// Larger files are none of ours: the runs of a hundred million records fit.
const MAX_SIZE: usize = 1024 * 1024 * 1024;

/// What an import notes in the new shard. It is no part of the log, and nothing signs it: an auditor
/// who has the source makes the import again and compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ImportFile {
    /// `countersign/import/v1`.
    pub format: String,
    /// Whether the import came to the end of the source.
    pub complete: bool,
    /// What was read.
    pub source: SourceDocument,
    /// What was written.
    pub target: TargetDocument,
    /// Codes of failures that the operator accepted, if there were any.
    pub accepted: Vec<String>,
    /// Which record of the source is which of the target.
    pub runs: Vec<Run>,
    /// Records that were left out; the first 10,000.
    pub skipped: Vec<MisfitDocument>,
    /// How many were.
    pub skipped_total: String,
}

/// The shard that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SourceDocument {
    /// `typescript`.
    pub layout: String,
    /// Its id.
    pub shard_id: String,
    /// Its records.
    pub records: String,
    /// The last one.
    pub last_seq: String,
    /// The chain tip after it, by the source's rule: it commits to every byte of every record.
    pub tip_hash: String,
    /// The last record that a signature of the source covers.
    pub signed_seq: Option<String>,
    /// Time of the first record, microseconds since the epoch.
    pub first_ts: String,
    /// Time of the last one.
    pub last_ts: String,
    /// The operator key that its certificates were checked against.
    pub operator_public_key: Option<String>,
    /// The process keys that were trusted.
    pub process_public_keys: Vec<String>,
}

/// The shard that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TargetDocument {
    /// Its id.
    pub shard_id: String,
    /// Its operator key.
    pub operator_public_key: String,
    /// Its last record when the import ended.
    pub last_seq: String,
    /// The chain tip after it.
    pub tip_hash: String,
}

/// Records that follow each other in both shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Run {
    /// The first one's seq in the source.
    pub source_seq: String,
    /// The same one's in the target.
    pub target_seq: String,
    /// How many there are.
    pub count: String,
}

/// A record that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MisfitDocument {
    /// Its seq in the source.
    pub seq: String,
    /// Why, in stable kebab-case.
    pub code: String,
    /// Why, for people.
    pub detail: String,
}

impl From<&Misfit> for MisfitDocument {
    fn from(misfit: &Misfit) -> Self {
        Self {
            seq: misfit.seq.to_string(),
            code: misfit.code.to_owned(),
            detail: misfit.detail.clone(),
        }
    }
}

impl ImportFile {
    /// The note in a shard; `None` if there is none, or it cannot be read as one.
    pub(super) fn read(disk: &dyn Disk, paths: &ShardPaths) -> Option<Self> {
        let bytes = read_small(disk, &paths.import(), MAX_SIZE).ok()?;
        let file: Self = serde_json::from_slice(&bytes).ok()?;
        (file.format == IMPORT_FORMAT).then_some(file)
    }

    /// Replaces the note, whole or not at all.
    pub(super) fn write(&self, disk: &dyn Disk, paths: &ShardPaths) -> Result<(), StoreError> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| StoreError::io("write", paths.import(), error.into()))?;
        text.push(b'\n');
        replace_import(disk, paths, &text)
    }
}

/// Pairs of seqs, joined into runs as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    /// First seq of the source, first of the target, count.
    runs: Vec<(u64, u64, u64)>,
}

impl Runs {
    pub(super) fn push(&mut self, source: u64, target: u64) {
        if let Some((from, to, count)) = self.runs.last_mut()
            && *from + *count == source
            && *to + *count == target
        {
            *count += 1;
            return;
        }
        self.runs.push((source, target, 1));
    }

    pub(super) fn documents(&self) -> Vec<Run> {
        let document = |(source, target, count): &(u64, u64, u64)| Run {
            source_seq: source.to_string(),
            target_seq: target.to_string(),
            count: count.to_string(),
        };
        self.runs.iter().map(document).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_join_where_both_go_on() {
        let mut runs = Runs::default();
        for (source, target) in [(0, 2), (1, 3), (2, 5), (4, 6), (5, 7)] {
            runs.push(source, target);
        }
        assert_eq!(runs.runs, [(0, 2, 2), (2, 5, 1), (4, 6, 2)]);
    }
}
