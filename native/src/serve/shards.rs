//! The shards that are served, each under its id.

use std::path::{Path, PathBuf};

use countersign_core::frame::SegmentNumber;
use countersign_core::keys::{PublicKey, ShardId};
use serde_json::{Value, json};

use super::ServeError;
use crate::store::disk::RealDisk;
use crate::store::segment_reader::list_segments;
use crate::store::{ShardPaths, ShardStatus};

/// A shard that is served.
#[derive(Clone, Debug)]
struct Served {
    shard_id: ShardId,
    operator: PublicKey,
    paths: ShardPaths,
}

/// All of them, in the order in which they were named.
#[derive(Clone, Debug, Default)]
pub(super) struct Shards(Vec<Served>);

impl Shards {
    /// Adds the shard in a directory.
    pub(super) fn add(&mut self, directory: &Path, status: &ShardStatus) -> Result<(), ServeError> {
        let shard_id = status.shard_id;
        if let Some(other) = self.0.iter().find(|other| other.shard_id == shard_id) {
            let (first, second) = (other.paths.directory().to_owned(), directory.to_owned());
            return Err(ServeError::SameShard { shard_id, first, second });
        }
        let (operator, paths) = (status.operator_public_key, ShardPaths::new(directory));
        self.0.push(Served { shard_id, operator, paths });
        Ok(())
    }

    /// The segment that a path behind `/shards/` names: a shard id and a segment's file name.
    pub(super) fn segment(&self, path: &str) -> Option<PathBuf> {
        let (shard_id, file) = path.split_once('/')?;
        let shard_id = ShardId::parse(shard_id)?;
        let number = SegmentNumber::from_file_name(file)?;
        let served = self.0.iter().find(|served| served.shard_id == shard_id)?;
        Some(served.paths.segment(number))
    }

    /// What `/shards.json` says. The operator key is the one that the shard itself names: nobody
    /// should trust it for standing here.
    pub(super) fn to_json(&self) -> Value {
        let shards: Vec<_> = self.0.iter().map(Served::to_json).collect();
        json!({ "format": "countersign/shards/v1", "shards": shards })
    }
}

impl Served {
    fn to_json(&self) -> Value {
        let segments = list_segments(&RealDisk, &self.paths).map(|(segments, _)| segments);
        let segments: Vec<_> = segments
            .unwrap_or_default()
            .into_iter()
            .map(|number| {
                let bytes = self.paths.segment(number).metadata().map_or(0, |file| file.len());
                json!({ "file": number.file_name(), "bytes": bytes.to_string() })
            })
            .collect();
        let name = self.paths.directory().file_name().unwrap_or_default().to_string_lossy();
        json!({
            "shardId": self.shard_id.to_string(),
            "name": name,
            "claimedOperatorPublicKey": self.operator.to_string(),
            "url": format!("shards/{}/", self.shard_id),
            "segments": segments,
        })
    }
}
