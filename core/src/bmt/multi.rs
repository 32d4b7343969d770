//! Proofs of many segments at once, with the sisters that they share sent once.
//!
//! Spans and the borders of chunks follow from the length, and sisters that stand for padding or
//! that other proven segments lead to are left out. What is left comes level by level from the
//! leaves, in a level chunk by chunk, in a chunk height by height, always from left to right.

use alloc::vec::Vec;

use super::error::ProveError;
use super::hash::ChunkHash;
use super::proof::{Addresses, MakeError};
use super::verify::{digest, is_padded, used_bytes};
use super::{
    Bmt, Expected, File, Refusal, SEGMENT_SIZE, SEGMENT_SIZE_U64, SegmentIndex, Shape, Slot, chunk,
};
use crate::hash::Digest;
use crate::limits::MAX_BMT_FILE_SIZE;

/// Segments of a file, and the sisters that lead from all of them to its address.
///
/// With one segment this is the shortest form of its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiProof<S = Digest> {
    /// The length of the file, in bytes.
    pub len: u64,
    /// The segments, in order of their indexes.
    pub segments: Vec<(SegmentIndex, S)>,
    /// The sisters, each once.
    pub sisters: Vec<S>,
}

/// Segments of a chunk or of a level, with what is known to stand there.
type Known = Vec<(u64, Digest)>;

/// Asked for the sister at a height and index of the chunk in a slot.
trait Sisters {
    fn sister(&mut self, slot: Slot, height: u32, index: u64) -> Option<Digest>;
}

impl<H: ChunkHash> Bmt<H> {
    /// Folds known segments into the address of their file.
    fn fold_segments(
        &self,
        shape: &Shape,
        segments: &[(u64, Digest)],
        from: &mut impl Sisters,
    ) -> Option<Digest> {
        let mut level = 0_u32;
        let per_leaf = self.geometry().segments_per_leaf().filter(|segments| *segments > 0)?;
        let mut known = self.fold_level(shape, level, per_leaf, segments, from)?;
        while shape.slots(level) > 1 {
            level = level.saturating_add(1);
            known = self.fold_level(shape, level, shape.fan_out(), &known, from)?;
        }
        known.first().map(|(_, address)| *address)
    }

    /// Folds what is known of a level into the addresses of the slots above: chunks of segments, or
    /// of references, `group` each.
    fn fold_level(
        &self,
        shape: &Shape,
        level: u32,
        group: u64,
        known: &[(u64, Digest)],
        from: &mut impl Sisters,
    ) -> Option<Known> {
        let mut above = Vec::new();
        let mut rest = known;
        while let Some((first, _)) = rest.first() {
            let slot = Slot { level, index: first / group };
            let count = rest.iter().take_while(|(index, _)| index / group == slot.index).count();
            let (inside, behind) = rest.split_at_checked(count)?;
            rest = behind;
            // A carrier is the chunk that it stands over.
            if let ([(_, carrier)], true) = (inside, shape.children(slot) == 1) {
                above.push((slot.index, *carrier));
                continue;
            }
            let span = shape.span(slot);
            let used =
                if level == 0 { span.div_ceil(SEGMENT_SIZE_U64) } else { shape.children(slot) };
            let inside = inside.iter().map(|(index, hash)| (index % group, *hash)).collect();
            let root = self.fold_chunk(slot, used, inside, from)?;
            above.push((slot.index, self.address(span, &root)));
        }
        Some(above)
    }

    fn fold_chunk(
        &self,
        slot: Slot,
        used: u64,
        mut known: Known,
        from: &mut impl Sisters,
    ) -> Option<Digest> {
        for height in 0..self.geometry().depth() {
            let mut above = Vec::with_capacity(known.len());
            let mut rest = known.iter().peekable();
            while let Some((index, hash)) = rest.next() {
                let other = index ^ 1;
                let joined = if let Some((_, right)) = rest.next_if(|(next, _)| *next == other) {
                    self.join(hash, right)
                } else {
                    let sister = if other << height >= used {
                        self.zero(height)
                    } else {
                        from.sister(slot, height, other)?
                    };
                    if index & 1 == 0 { self.join(hash, &sister) } else { self.join(&sister, hash) }
                };
                above.push((index >> 1, joined));
            }
            known = above;
        }
        known.first().map(|(_, root)| *root)
    }

    /// Proves many segments out of the payloads of their leaves and the addresses of chunks.
    ///
    /// `leaf` is asked once for the payload of each leaf that a segment lies in.
    ///
    /// # Errors
    /// [`ProveError::IndexOrder`] unless the indexes ascend, otherwise as
    /// [`Bmt::prove_segment`].
    pub fn prove_segments<A: Addresses>(
        &self,
        shape: &Shape,
        indexes: &[SegmentIndex],
        mut leaf: impl FnMut(core::ops::Range<u64>) -> Result<Vec<u8>, A::Error>,
        source: &mut A,
    ) -> Result<MultiProof, MakeError<A::Error>> {
        if indexes.is_empty() || !indexes.is_sorted_by(|a, b| a < b) {
            return Err(ProveError::IndexOrder.into());
        }
        let mut segments = Vec::new();
        let mut leaves: Vec<(u64, Vec<u8>)> = Vec::new();
        for index in indexes {
            let (at, position) = shape.locate(*index)?;
            if leaves.last().is_none_or(|(last, _)| *last != at) {
                let range = shape.range(Slot::leaf(at));
                let expected = range.end.saturating_sub(range.start);
                let payload = leaf(range).map_err(MakeError::Source)?;
                if payload.len() as u64 != expected {
                    let found = payload.len();
                    return Err(ProveError::LeafSize { expected, found }.into());
                }
                leaves.push((at, payload));
            }
            let payload = leaves.last().map(|(_, payload)| payload.as_slice()).unwrap_or_default();
            let position = usize::try_from(position).unwrap_or(usize::MAX);
            let segment =
                payload.chunks(SEGMENT_SIZE).nth(position).map(chunk::segment).unwrap_or_default();
            segments.push((*index, segment));
        }
        let known: Known = segments.iter().map(|(index, segment)| (index.0, *segment)).collect();
        let mut from = Lookup {
            bmt: self,
            shape,
            leaves: &leaves,
            source,
            open: None,
            taken: Vec::new(),
            failure: None,
        };
        let folded = self.fold_segments(shape, &known, &mut from);
        let (taken, failure) = (from.taken, from.failure);
        match (folded, failure) {
            (Some(_), None) => Ok(MultiProof { len: shape.len(), segments, sisters: taken }),
            (_, Some(error)) => Err(error),
            (None, None) => Err(ProveError::EmptyFile.into()),
        }
    }

    /// Verifies that all segments of a proof stand in the file of this address.
    ///
    /// Nothing is hashed before every length, index and count has been checked.
    ///
    /// # Errors
    /// The first check that fails; [`Refusal::SharedSisterCount`] where there are not exactly as
    /// many sisters as length and indexes say.
    ///
    /// # Does not prove
    ///
    /// What [`Bmt::verify_file_proof`] does not, and nothing about segments in between.
    pub fn verify_segments<S: AsRef<[u8]>>(
        &self,
        address: impl AsRef<[u8]>,
        proof: &MultiProof<S>,
        expected: Expected,
    ) -> Result<(), Refusal> {
        let known = proof.segments.iter().map(|(index, segment)| {
            let segment = segment.as_ref();
            let found = Refusal::SegmentLength { found: segment.len() };
            digest(segment).map(|segment| (index.0, segment)).ok_or(found)
        });
        let known = known.collect::<Result<Known, _>>()?;
        self.verify_known(address.as_ref(), proof.len, &known, &proof.sisters, expected)
    }

    /// Verifies that `bytes` stand in the file of this address from the segment `first` on.
    ///
    /// They end with a segment, or with the file. `sisters` are those of a [`MultiProof`] of all their
    /// segments; where the bytes are whole chunks, only addresses of other chunks are among them.
    ///
    /// # Errors
    /// As [`Bmt::verify_segments`]; [`Refusal::SegmentLength`] where the bytes end inside a segment.
    ///
    /// # Does not prove
    ///
    /// What [`Bmt::verify_file_proof`] does not.
    pub fn verify_range<S: AsRef<[u8]>>(
        &self,
        address: impl AsRef<[u8]>,
        len: u64,
        first: SegmentIndex,
        bytes: &[u8],
        sisters: &[S],
        expected: Expected,
    ) -> Result<(), Refusal> {
        let odd = bytes.len() % SEGMENT_SIZE;
        let start = first.0.checked_mul(SEGMENT_SIZE_U64);
        let end = start.and_then(|start| start.checked_add(bytes.len() as u64));
        if odd != 0 && end != Some(len) {
            return Err(Refusal::SegmentLength { found: odd });
        }
        // An index beyond 64 bits lies behind the end of every file, so counting may stop there.
        let known: Known =
            (first.0..=u64::MAX).zip(bytes.chunks(SEGMENT_SIZE).map(chunk::segment)).collect();
        self.verify_known(address.as_ref(), len, &known, sisters, expected)
    }

    fn verify_known<S: AsRef<[u8]>>(
        &self,
        address: &[u8],
        len: u64,
        known: &[(u64, Digest)],
        sisters: &[S],
        expected: Expected,
    ) -> Result<(), Refusal> {
        let address = digest(address).ok_or(Refusal::AddressLength { found: address.len() })?;
        let short = |(height, sister): (usize, &S)| {
            let found = sister.as_ref().len();
            digest(sister.as_ref()).ok_or(Refusal::SisterLength { step: 0, height, found })
        };
        let sisters = sisters.iter().enumerate().map(short).collect::<Result<Vec<_>, _>>()?;
        if len > MAX_BMT_FILE_SIZE {
            return Err(Refusal::SpanLevelBits);
        }
        if let Some(limit) = expected.max_len.filter(|limit| len > *limit) {
            return Err(Refusal::SpanTooLarge { limit, found: len });
        }
        if let Some(expected) = expected.len.filter(|expected| *expected != len) {
            return Err(Refusal::FileSizeMismatch { expected, found: len });
        }
        let shape = Shape::new(self.geometry(), len).map_err(|_| Refusal::SpanLevelBits)?;
        if known.is_empty() || !known.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(Refusal::IndexOrder);
        }
        for (index, segment) in known {
            let index = SegmentIndex(*index);
            shape.locate(index)?;
            if !is_padded(segment, used_bytes(len, index)) {
                return Err(Refusal::SegmentPadding);
            }
        }
        // The count is checked with a hash that costs nothing.
        let wrong = Refusal::SharedSisterCount { found: sisters.len() };
        let blank = Bmt::new(self.geometry(), Blank);
        let mut given = Given(sisters.iter());
        blank.fold_segments(&shape, known, &mut given).ok_or(wrong)?;
        if given.0.len() != 0 {
            return Err(wrong);
        }
        let found = self.fold_segments(&shape, known, &mut Given(sisters.iter())).ok_or(wrong)?;
        if found != address {
            return Err(Refusal::AddressMismatch { expected: address, found });
        }
        Ok(())
    }
}

/// Hashes everything to nothing.
struct Blank;

impl ChunkHash for Blank {
    fn hash(&self, _: &[&[u8]]) -> Digest {
        Digest::default()
    }
}

/// The sisters of a proof, one after the other.
struct Given<'s>(core::slice::Iter<'s, Digest>);

impl Sisters for Given<'_> {
    fn sister(&mut self, _: Slot, _: u32, _: u64) -> Option<Digest> {
        self.0.next().copied()
    }
}

/// The sisters of a tree, looked up chunk by chunk and remembered in order.
struct Lookup<'a, H, A: Addresses> {
    bmt: &'a Bmt<H>,
    shape: &'a Shape,
    leaves: &'a [(u64, Vec<u8>)],
    source: &'a mut A,
    open: Option<(Slot, chunk::Nodes)>,
    taken: Vec<Digest>,
    failure: Option<MakeError<A::Error>>,
}

impl<H: ChunkHash, A: Addresses> Lookup<'_, H, A> {
    fn nodes(&mut self, slot: Slot) -> Result<chunk::Nodes, MakeError<A::Error>> {
        let Some(below) = slot.level.checked_sub(1) else {
            let at = self.leaves.binary_search_by_key(&slot.index, |(leaf, _)| *leaf);
            let leaf = at.ok().and_then(|at| self.leaves.get(at));
            return Ok(self
                .bmt
                .nodes(leaf.map(|(_, payload)| payload.as_slice()).unwrap_or_default()));
        };
        let count = self.shape.children(slot);
        let first = Slot { level: below, index: slot.index.saturating_mul(self.shape.fan_out()) };
        let found = self.source.addresses(first, count).map_err(MakeError::Source)?;
        if found.len() as u64 != count {
            let index = first.index.saturating_add(found.len() as u64);
            return Err(ProveError::AddressMissing { level: below, index }.into());
        }
        Ok(self.bmt.nodes(&chunk::concat(&found)))
    }
}

impl<H: ChunkHash, A: Addresses> Sisters for Lookup<'_, H, A> {
    fn sister(&mut self, slot: Slot, height: u32, index: u64) -> Option<Digest> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != slot) {
            match self.nodes(slot) {
                Ok(nodes) => self.open = Some((slot, nodes)),
                Err(error) => {
                    self.failure = Some(error);
                    return None;
                }
            }
        }
        let sister = self.open.as_ref().map(|(_, nodes)| nodes.node(self.bmt, height, index))?;
        self.taken.push(sister);
        Some(sister)
    }
}

impl<H: ChunkHash> File<'_, '_, H> {
    /// Proves many segments, whose indexes ascend.
    ///
    /// ```
    /// use countersign_core::bmt::{Bmt, Expected, SegmentIndex};
    ///
    /// let bmt = Bmt::swarm();
    /// let bytes = vec![9; 20_000];
    /// let file = bmt.file(&bytes)?;
    /// let proof = file.prove_segments(&[SegmentIndex(3), SegmentIndex(4), SegmentIndex(600)])?;
    /// bmt.verify_segments(&file.address(), &proof, Expected::len(20_000))?;
    ///
    /// // Two whole chunks: their bytes, and two sisters for the three other leaves of the root.
    /// let segments: Vec<_> = (0..256).map(SegmentIndex).collect();
    /// let sisters = file.prove_segments(&segments)?.sisters;
    /// assert_eq!(sisters.len(), 2);
    /// let range = &bytes[..8_192];
    /// bmt.verify_range(file.address(), 20_000, SegmentIndex(0), range, &sisters, Expected::default())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Shape::plan`], and [`ProveError::IndexOrder`].
    pub fn prove_segments(&self, indexes: &[SegmentIndex]) -> Result<MultiProof, ProveError> {
        let leaf = |range: core::ops::Range<u64>| {
            let narrow = |at| usize::try_from(at).unwrap_or(usize::MAX);
            let bytes = self.payload().get(narrow(range.start)..narrow(range.end));
            Ok(bytes.unwrap_or_default().to_vec())
        };
        self.bmt().prove_segments(&self.shape(), indexes, leaf, &mut self.tree()).map_err(|error| {
            match error {
                MakeError::Prove(error) => error,
                MakeError::Source(never) => match never {},
            }
        })
    }
}
