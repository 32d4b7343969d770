//! What else a proof of a segment shows: the file's length, and its address with the segment replaced.

use super::hash::ChunkHash;
use super::verify::is_padded;
use super::{Bmt, Expected, File, FileProof, ProveError, Refusal, SegmentIndex, Shape};
use crate::hash::Digest;

impl<H: ChunkHash> File<'_, '_, H> {
    /// Proves the file's length: by its last segment. An empty file has none, and needs none.
    ///
    /// # Errors
    /// [`ProveError::PayloadLimit`] in a geometry whose chunks cut segments.
    pub fn prove_length(&self) -> Result<Option<FileProof>, ProveError> {
        let last = self.shape().segments().checked_sub(1);
        last.map(|last| self.prove(SegmentIndex(last))).transpose()
    }
}

impl<H: ChunkHash> Bmt<H> {
    /// The address of the empty file.
    pub fn empty_address(&self) -> Digest {
        self.address(0, &self.zero(self.geometry().depth()))
    }

    /// Verifies how long the file of this address is, and answers its length in bytes.
    ///
    /// Without a proof the file is said to be empty.
    ///
    /// ```
    /// use countersign_core::bmt::{Bmt, Expected};
    ///
    /// let bmt = Bmt::swarm();
    /// let file = bmt.file(&[1; 9_001])?;
    /// let proof = file.prove_length()?;
    /// let length = bmt.verify_length(file.address(), proof.as_ref(), Expected::default())?;
    /// assert_eq!(length, 9_001);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Bmt::verify_file_proof`], and [`Refusal::NotTheLastSegment`].
    ///
    /// # Does not prove
    ///
    /// That the address is that of any file, as [`Bmt::verify_file_proof`] says.
    pub fn verify_length<S: AsRef<[u8]>>(
        &self,
        address: impl AsRef<[u8]>,
        proof: Option<&FileProof<S>>,
        expected: Expected,
    ) -> Result<u64, Refusal> {
        let Some(proof) = proof else {
            let found = address.as_ref().len();
            let address =
                Digest::from_slice(address.as_ref()).ok_or(Refusal::AddressLength { found })?;
            if let Some(expected) = expected.len.filter(|len| *len != 0) {
                return Err(Refusal::FileSizeMismatch { expected, found: 0 });
            }
            let found = self.empty_address();
            if found != address {
                return Err(Refusal::AddressMismatch { expected: address, found });
            }
            return Ok(0);
        };
        let verified = self.verify_file_proof(address, proof, expected)?;
        let last = SegmentIndex(verified.len.div_ceil(super::SEGMENT_SIZE_U64).saturating_sub(1));
        if verified.index != last {
            return Err(Refusal::NotTheLastSegment { expected: last, found: verified.index });
        }
        Ok(verified.len)
    }
}

impl<H: ChunkHash> Bmt<H> {
    /// The address of the file with the proven segment replaced: the sisters do not change when it
    /// does.
    ///
    /// The proof is verified first. Bytes of `segment` behind the end of the file must be zero.
    ///
    /// ```
    /// use countersign_core::bmt::{Bmt, Expected, SegmentIndex};
    /// use countersign_core::hash::Digest;
    ///
    /// let bmt = Bmt::swarm();
    /// let mut bytes = vec![1; 9_000];
    /// let file = bmt.file(&bytes)?;
    /// let proof = file.prove(SegmentIndex(2))?;
    /// let segment = Digest::from_bytes([7; 32]);
    /// let patched = bmt.patched_address(file.address(), &proof, Expected::default(), &segment)?;
    /// bytes[64..96].fill(7);
    /// assert_eq!(patched, bmt.file(&bytes)?.address());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Bmt::verify_file_proof`], and [`Refusal::SegmentPadding`] for the new segment.
    pub fn patched_address<S: AsRef<[u8]>>(
        &self,
        address: impl AsRef<[u8]>,
        proof: &FileProof<S>,
        expected: Expected,
        segment: &Digest,
    ) -> Result<Digest, Refusal> {
        let verified = self.verify_file_proof(address, proof, expected)?;
        if !is_padded(segment, verified.used) {
            return Err(Refusal::SegmentPadding);
        }
        let shape =
            Shape::new(self.geometry(), verified.len).map_err(|_| Refusal::SpanLevelBits)?;
        self.fold_steps(&shape.plan(proof.index)?, segment, &proof.steps)
    }
}
