//! Strict verification of file and chunk proofs.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Verifying a file proof".

use super::hash::ChunkHash;
use super::{
    Bmt, FileProof, PlannedStep, Refusal, SEGMENT_SIZE, SEGMENT_SIZE_U64, SegmentIndex, Shape,
    Step, decode_span, span,
};
use crate::hash::Digest;
use crate::limits::{MAX_BMT_FILE_SIZE, MAX_BMT_PROOF_STEPS};

/// What the verifier knows about the file besides its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The length that the file must have, in bytes, where it is known.
    pub len: Option<u64>,
    /// The longest file that is taken, in bytes, where there is such a limit.
    pub max_len: Option<u64>,
}

impl Expected {
    /// A file of exactly this many bytes.
    pub const fn len(len: u64) -> Self {
        Self { len: Some(len), max_len: None }
    }
}

/// What a proof has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The length of the file, in bytes.
    pub len: u64,
    /// The segment that was proven.
    pub index: SegmentIndex,
    /// Its bytes; those behind the end of the file are zero.
    pub segment: Digest,
    /// How many of its bytes are the file's: 1 to 32.
    pub used: usize,
}

impl<H: ChunkHash> Bmt<H> {
    /// Verifies that a segment stands in the file of this address.
    ///
    /// Nothing is hashed before every length, the index and every count have been checked; then
    /// `(depth + 1) * steps` hashes at most. Spans, positions and padding follow from the length
    /// and the index alone, not from the proof.
    ///
    /// # Errors
    /// The first check that fails, in the order of section 7.
    ///
    /// # Does not prove
    ///
    /// That the address is that of a file: branches that the proof does not touch may hold
    /// anything, and only hashing all of it shows otherwise. *If* it is the address of some bytes
    /// in this geometry, there are `len` of them, and the segment is theirs.
    pub fn verify_file_proof<S: AsRef<[u8]>>(
        &self,
        address: impl AsRef<[u8]>,
        proof: &FileProof<S>,
        expected: Expected,
    ) -> Result<Verified, Refusal> {
        // 1. and 3. The address and the segment have 32 bytes. (2. The index is a number by its type.)
        let address = digest(address.as_ref())
            .ok_or(Refusal::AddressLength { found: address.as_ref().len() })?;
        let segment = proof.segment.as_ref();
        let segment = digest(segment).ok_or(Refusal::SegmentLength { found: segment.len() })?;
        // 4. There are steps.
        let last = proof.steps.last().ok_or(Refusal::ProofEmpty)?;
        let count = proof.steps.len();
        if count > MAX_BMT_PROOF_STEPS {
            let refusal = Refusal::ProofChunkCount { expected: MAX_BMT_PROOF_STEPS, found: count };
            return Err(refusal);
        }
        // 5. Every length in them is right.
        for (at, step) in proof.steps.iter().enumerate() {
            self.check_lengths(at, step)?;
        }
        // 6. The last span is the length of a file.
        let len = decode_span(&last.span).ok().filter(|len| *len <= MAX_BMT_FILE_SIZE);
        let len = len.ok_or(Refusal::SpanLevelBits)?;
        if let Some(limit) = expected.max_len.filter(|limit| len > *limit) {
            return Err(Refusal::SpanTooLarge { limit, found: len });
        }
        // 7. It is the length that the caller knows.
        if let Some(expected) = expected.len.filter(|expected| *expected != len) {
            return Err(Refusal::FileSizeMismatch { expected, found: len });
        }
        // 8. The file has this segment.
        let shape = Shape::new(self.geometry(), len).map_err(|_| Refusal::SpanLevelBits)?;
        shape.locate(proof.index)?;
        // 9. Behind the end of the file the segment is zero.
        let used = used_bytes(len, proof.index);
        if !is_padded(&segment, used) {
            return Err(Refusal::SegmentPadding);
        }
        // 10. There are as many steps as length and index say.
        let plan = shape.plan(proof.index)?;
        if plan.len() != count {
            return Err(Refusal::ProofChunkCount { expected: plan.len(), found: count });
        }
        // 11. Each step has its span, its padding, and leads to the next.
        let hash = self.fold_steps(&plan, &segment, &proof.steps)?;
        // 12. The last hash is the address.
        if hash != address {
            return Err(Refusal::AddressMismatch { expected: address, found: hash });
        }
        Ok(Verified { len, index: proof.index, segment, used })
    }

    /// Verifies that a segment stands in the chunk of this address.
    ///
    /// `span` is the chunk's. With `payload_len`, the length of the chunk's payload, the claim is
    /// about payload: segments of padding are refused. Without it, about the padded chunk.
    ///
    /// # Errors
    /// The first check that fails.
    ///
    /// # Does not prove
    ///
    /// That the span or the payload's length is true, nor that the chunk is part of anything.
    pub fn verify_chunk_proof<S: AsRef<[u8]>>(
        &self,
        address: impl AsRef<[u8]>,
        index: u64,
        segment: impl AsRef<[u8]>,
        step: &Step<S>,
        payload_len: Option<u64>,
    ) -> Result<(), Refusal> {
        let address = digest(address.as_ref())
            .ok_or(Refusal::AddressLength { found: address.as_ref().len() })?;
        let segment = segment.as_ref();
        let segment = digest(segment).ok_or(Refusal::SegmentLength { found: segment.len() })?;
        self.check_lengths(0, step)?;
        let segments = 1_u64 << self.geometry().depth();
        let segments =
            payload_len.map_or(segments, |len| len.div_ceil(SEGMENT_SIZE_U64).min(segments));
        if index >= segments {
            return Err(Refusal::IndexOutOfRange { index: SegmentIndex(index), segments });
        }
        // Of the padded chunk every segment counts, so no sister is taken for padding.
        let used = payload_len.map_or(1 << self.geometry().depth(), |_| segments);
        if payload_len.is_some_and(|len| !is_padded(&segment, used_bytes(len, SegmentIndex(index))))
        {
            return Err(Refusal::SegmentPadding);
        }
        let planned = PlannedStep { slot: super::Slot::leaf(0), position: index, used, span: 0 };
        let root = self.fold(0, &planned, &segment, &step.sisters)?;
        let found = self.hash().hash(&[&step.span, root.as_ref()]);
        if found != address {
            return Err(Refusal::AddressMismatch { expected: address, found });
        }
        Ok(())
    }

    /// Folds a segment through the steps of a plan.
    pub(super) fn fold_steps<S: AsRef<[u8]>>(
        &self,
        plan: &[PlannedStep],
        segment: &Digest,
        steps: &[Step<S>],
    ) -> Result<Digest, Refusal> {
        let mut hash = *segment;
        for (at, (planned, step)) in plan.iter().zip(steps).enumerate() {
            if step.span != span::raw(planned.span, self.geometry().span_size()) {
                return Err(Refusal::SpanMismatch { step: at, expected: planned.span });
            }
            let root = self.fold(at, planned, &hash, &step.sisters)?;
            hash = self.address(planned.span, &root);
        }
        Ok(hash)
    }

    fn check_lengths<S: AsRef<[u8]>>(&self, at: usize, step: &Step<S>) -> Result<(), Refusal> {
        let (expected, found) = (self.geometry().span_size(), step.span.len());
        if found != expected {
            return Err(Refusal::SpanLength { step: at, expected, found });
        }
        let (expected, found) = (self.geometry().depth(), step.sisters.len());
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        if found != expected {
            return Err(Refusal::SisterCount { step: at, expected, found });
        }
        for (height, sister) in step.sisters.iter().enumerate() {
            let found = sister.as_ref().len();
            if found != SEGMENT_SIZE {
                return Err(Refusal::SisterLength { step: at, height, found });
            }
        }
        Ok(())
    }

    /// The root that a segment and its sisters lead to, from the planned position.
    fn fold<S: AsRef<[u8]>>(
        &self,
        at: usize,
        planned: &PlannedStep,
        segment: &Digest,
        sisters: &[S],
    ) -> Result<Digest, Refusal> {
        let mut hash = *segment;
        for (height, sister) in (0_u32..).zip(sisters) {
            let index = planned.position >> height;
            let place = usize::try_from(height).unwrap_or(usize::MAX);
            let sister = sister.as_ref();
            let sister = digest(sister).ok_or(Refusal::SisterLength {
                step: at,
                height: place,
                found: sister.len(),
            })?;
            if (index ^ 1) << height >= planned.used && sister != self.zero(height) {
                return Err(Refusal::PaddingSister { step: at, height: place });
            }
            hash =
                if index & 1 == 0 { self.join(&hash, &sister) } else { self.join(&sister, &hash) };
        }
        Ok(hash)
    }
}

pub(super) fn digest(bytes: &[u8]) -> Option<Digest> {
    Digest::from_slice(bytes)
}

/// Bytes of a segment that are the file's, for a segment that it has.
pub(super) fn used_bytes(len: u64, index: SegmentIndex) -> usize {
    let used = len.saturating_sub(index.0.saturating_mul(SEGMENT_SIZE_U64)).min(SEGMENT_SIZE_U64);
    usize::try_from(used).unwrap_or(SEGMENT_SIZE)
}

/// Whether a segment is zero behind its used bytes.
pub(super) fn is_padded(segment: &Digest, used: usize) -> bool {
    segment.as_bytes().iter().skip(used).all(|byte| *byte == 0)
}
