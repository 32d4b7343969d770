//! One record is in a batch, and stands at a place of a segment with a content address.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Placement".

use alloc::format;
use alloc::vec::Vec;

use super::bundle::{Bundle, InclusionBundle, PlacementBundle};
use super::inclusion::verify_record;
use super::settled::Settled;
use super::verifier::{Failure, Kind, Proof, Stop, Verifier};
use super::{Format, InclusionProof, ProofError};
use crate::bmt::{Bmt, Expected, Refusal, SegmentIndex};
use crate::document::{List, Object, One, members};
use crate::frame::length_prefix;
use crate::hash::Digest;
use crate::limits::{LENGTH_PREFIX_SIZE, MAX_LOG_FILE_SIZE};

/// Bytes of a segment of the content address's tree: not to be confused with one of the log.
const PIECE: u64 = 32;

/// Where a record's frame stands in the file of a log segment, under the file's content address
/// (`spec/bmt.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacementProof {
    /// The record under `itemsRoot`.
    pub inclusion: InclusionProof,
    /// The content address of the file.
    pub address: Digest,
    /// The file's size, in bytes.
    pub file_size: u64,
    /// Where the record's frame begins, in bytes.
    pub offset: u64,
    /// The bytes of the file around the frame, widened to multiples of 32 or the file's end.
    pub bytes: Vec<u8>,
    /// The sister segments that lead from them to the address, as of a multi-proof.
    pub sister_segments: Vec<Digest>,
}

members!(PlacementProof {
    inclusion "inclusion": Object,
    address "address": One,
    file_size "fileSize": One,
    offset "offset": One,
    bytes "bytes": One,
    sister_segments "sisterSegments": List,
});

impl PlacementProof {
    /// The bytes of the file that a frame of `frame_size` bytes at `offset` is shown with: where
    /// they begin and end.
    ///
    /// ```
    /// use countersign_core::proof::PlacementProof;
    ///
    /// assert_eq!(PlacementProof::range(70, 100, 1_000), 64..192);
    /// assert_eq!(PlacementProof::range(70, 100, 180), 64..180);
    /// ```
    pub const fn range(offset: u64, frame_size: u64, file_size: u64) -> core::ops::Range<u64> {
        let end = match offset.saturating_add(frame_size).checked_next_multiple_of(PIECE) {
            Some(end) if end < file_size => end,
            _ => file_size,
        };
        (offset / PIECE).saturating_mul(PIECE)..end
    }

    /// A bundle that shows the record of `inclusion` at `offset` of the file with `address`.
    ///
    /// `bytes` are the file's in [`PlacementProof::range`], `sister_segments` those of
    /// [`Bmt::prove_segments`] for all of them.
    ///
    /// # Errors
    /// [`ProofError::Placement`] where these do not show it.
    pub fn build(
        inclusion: &InclusionBundle,
        (address, file_size): (Digest, u64),
        offset: u64,
        bytes: Vec<u8>,
        sister_segments: Vec<Digest>,
    ) -> Result<PlacementBundle, ProofError> {
        let inner = inclusion.proof.clone();
        let proof = Self { inclusion: inner, address, file_size, offset, bytes, sister_segments };
        let shown = proof.check_frame().and_then(|()| proof.check_address());
        shown.map_err(|failure| ProofError::Placement { code: failure.code })?;
        Ok(Bundle::new(&inclusion.signed_settlement(), proof))
    }

    /// The record's frame is among the bytes, where the offset says.
    fn check_frame(&self) -> Result<(), Failure> {
        let record = &self.inclusion.record;
        let size = record.len().saturating_add(LENGTH_PREFIX_SIZE) as u64;
        let range = Self::range(self.offset, size, self.file_size);
        let expected = range.end.saturating_sub(range.start);
        let found = self.bytes.len() as u64;
        if found != expected {
            let detail = format!("{found} bytes are shown, the frame's place takes {expected}");
            return Err(Failure::new("placement-size", detail));
        }
        let inside = usize::try_from(self.offset % PIECE).unwrap_or_default();
        let frame = self.bytes.get(inside..).unwrap_or_default();
        let prefix = length_prefix(record.len()).unwrap_or_default();
        let behind = frame.strip_prefix(prefix.as_slice()).unwrap_or_default();
        if behind.starts_with(record) {
            Ok(())
        } else {
            let detail = format!("byte {} of the file is not where the frame begins", self.offset);
            Err(Failure::new("placement-frame", detail))
        }
    }

    /// The bytes stand in the file with the address.
    fn check_address(&self) -> Result<(), Failure> {
        let first = SegmentIndex(self.offset / PIECE);
        let expected = Expected { len: None, max_len: Some(MAX_LOG_FILE_SIZE) };
        Bmt::swarm()
            .verify_range(
                self.address,
                self.file_size,
                first,
                &self.bytes,
                &self.sister_segments,
                expected,
            )
            .map_err(|refusal: Refusal| Failure::new(refusal.code(), refusal))
    }
}

impl Kind for PlacementProof {
    const FORMAT: Format = Format::Placement;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "That what the record says happened: only that the operator recorded it and cannot take it \
         back.",
        "Whose file it is: nobody signs a content address. The record is the operator's, whichever \
         file it stands in.",
        "Anything about the other bytes of the file.",
    ];
}

impl Proof for PlacementProof {
    fn verify(&self, settled: &Settled<'_>, run: &mut Verifier<'_>) -> Result<(), Stop> {
        // 1. The record is in the batch, as in "Inclusion".
        verify_record(&self.inclusion, &settled.ground(), run)?;
        // 2. The bytes are those around its frame.
        run.check("placement", self.check_frame(), |()| {
            let count = self.bytes.len();
            format!("the record's frame is among the {count} bytes shown, at byte {}", self.offset)
        })?;
        // 3. They stand there in the file with the content address.
        run.check("content-address", self.check_address(), |()| {
            format!("they stand there in the file {} of {} bytes", self.address, self.file_size)
        })?;
        run.facts.content_address = Some(self.address);
        Ok(())
    }
}
