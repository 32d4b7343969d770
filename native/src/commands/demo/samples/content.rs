//! Content addresses: a file, and proofs of a segment of it.

use std::num::NonZeroUsize;

use countersign_core::bmt::{Bmt, FileProof, SegmentIndex};
use countersign_core::frame::SegmentNumber;
use countersign_core::hash::Digest;

use super::super::proofs::{nothing_settled, refused};
use super::super::steps::Step;
use super::shard::{SampleShard, segments};
use super::{Expected, Kind, Sample};
use crate::bmt::{SteadyFile, prove_segment};
use crate::store::ShardPaths;

/// The segment that is proven: in the middle of the file, where records are.
const PROVEN: SegmentIndex = SegmentIndex(2_017);

pub(super) fn samples(shard: &SampleShard) -> Step<Vec<Sample>> {
    let paths = ShardPaths::new(&shard.directory);
    // The first segment of the log, which lies beside the page already.
    let file = segments(&shard.directory, "shard")?.into_iter().next();
    let (name, contents) = file.ok_or_else(nothing_settled)?;
    let mut opened = SteadyFile::open(&paths.segment(SegmentNumber::FIRST))?;
    let (address, proof) =
        prove_segment(&Bmt::swarm(), &mut opened, PROVEN, NonZeroUsize::MIN, &|_| ())?;
    let mut changed = proof.clone();
    let mut bytes = *changed.segment.as_bytes();
    bytes[7] ^= 1;
    changed.segment = Digest::from_bytes(bytes);
    let whole = Sample {
        name: "file",
        title: "Any file's content address",
        about:
            "A segment of the shard's log as a plain file: its chunks, and a proof of any 32 bytes"
                .to_owned(),
        kind: Kind::File,
        files: vec![(name, contents)],
        operator: None,
        address: Some(address),
        now_ms: None,
        expected: Expected::Address,
    };
    let of_segment = |name, title, about: &str, proof: &FileProof, expected| -> Step<Sample> {
        Ok(Sample {
            name,
            title,
            about: about.to_owned(),
            kind: Kind::FileProof,
            files: vec![(format!("{name}.json"), proof.to_json().map_err(refused)?.into_bytes())],
            operator: None,
            address: Some(address),
            now_ms: None,
            expected,
        })
    };
    Ok(vec![
        whole,
        of_segment(
            "file-proof",
            "32 bytes of a file",
            "They stand at that place of the file with this address, without the file",
            &proof,
            Expected::Valid,
        )?,
        of_segment(
            "changed-file-proof",
            "32 bytes of a file, one bit changed",
            "They lead to another address than the file's",
            &changed,
            Expected::Refused("address-mismatch"),
        )?,
    ])
}
