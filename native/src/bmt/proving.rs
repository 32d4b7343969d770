//! Proofs of segments of a file on disk.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use countersign_core::bmt::{
    Addresses, Bmt, ChunkAddress, Each, Expected, FileProof, Finished, MakeError, NewChunk,
    SegmentIndex, Shape, Slot,
};
use countersign_core::hash::Digest;

use super::hashing::hash_into;
use super::{BmtError, SteadyFile};

/// A proof of one segment of a file, and the file's address. Hashes the whole file once, in
/// constant memory: a [`ChunkIndex`](super::ChunkIndex) saves that for every further proof.
pub fn prove_segment(
    bmt: &Bmt,
    file: &mut SteadyFile,
    index: SegmentIndex,
    threads: NonZeroUsize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(ChunkAddress, FileProof), BmtError> {
    let shape = shape_of(bmt, file)?;
    let leaf = read_leaf(file, &shape, index)?;
    // The references of the chunks on the way are all that is kept of the rest.
    let mut kept: BTreeMap<Slot, Vec<Digest>> =
        shape.plan(index)?.into_iter().map(|step| (step.slot, Vec::new())).collect();
    let keep = Each(|chunk: &NewChunk<'_>| {
        if let Some(references) = kept.get_mut(&chunk.slot) {
            *references =
                chunk.payload.as_chunks().0.iter().copied().map(Digest::from_bytes).collect();
        }
        Ok(())
    });
    let Finished { address, len, .. } =
        hash_into(bmt, &mut *file, threads, &mut |_, _| Ok(()), keep, progress)?;
    file.check_unchanged(len)?;
    let proof = bmt.prove_segment(&shape, index, &leaf, &mut Kept { shape, references: kept });
    let proof = proof.map_err(|error| match error {
        MakeError::Prove(error) => BmtError::from(error),
        _ => BmtError::Changed { path: file.path().to_owned() },
    })?;
    // A file that a writer changes between two looks gives a proof of neither.
    match bmt.verify_file_proof(address, &proof, Expected::len(len)) {
        Ok(_) => Ok((address, proof)),
        Err(_) => Err(BmtError::Changed { path: file.path().to_owned() }),
    }
}

pub(super) fn shape_of(bmt: &Bmt, file: &SteadyFile) -> Result<Shape, BmtError> {
    Shape::new(bmt.geometry(), file.len()).map_err(|_| BmtError::TooLong { len: file.len() })
}

/// The bytes of the leaf that a segment lies in.
pub(super) fn read_leaf(
    file: &SteadyFile,
    shape: &Shape,
    index: SegmentIndex,
) -> Result<Vec<u8>, BmtError> {
    let range = shape.leaf_range(index)?;
    read_range(file, range).map_err(BmtError::reading(file.path()))
}

/// Some bytes of a file, at most a chunk's.
pub(super) fn read_range(file: &SteadyFile, range: Range<u64>) -> io::Result<Vec<u8>> {
    let size = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default();
    let mut bytes = vec![0; size];
    file.inner().read_exact_at(&mut bytes, range.start)?;
    Ok(bytes)
}

/// The references of a few chunks.
struct Kept {
    shape: Shape,
    references: BTreeMap<Slot, Vec<Digest>>,
}

impl Addresses for Kept {
    type Error = std::convert::Infallible;

    fn addresses(&mut self, first: Slot, count: u64) -> Result<Vec<Digest>, Self::Error> {
        let above = Slot {
            level: first.level.saturating_add(1),
            index: first.index / self.shape.geometry().fan_out().max(1) as u64,
        };
        let references = self.references.get(&above).cloned().unwrap_or_default();
        // Those of a whole chunk are asked for, from its first on.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(if references.len() == count { references } else { Vec::new() })
    }
}
