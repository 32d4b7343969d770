//! A file of chunk addresses beside a file: proofs in a few reads, without hashing the file again.
//!
//! `FORMAT.md` has the bytes.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::chunk::concat;
use super::hash::ChunkHash;
use super::proof::{Addresses, MakeError};
use super::{
    Bmt, ChunkAddress, Expected, FileProof, FileTree, Geometry, ProveError, SEGMENT_SIZE,
    SEGMENT_SIZE_U64, SegmentIndex, Shape, Slot,
};
use crate::hash::{Digest, keccak256};
use crate::tags::BMT_INDEX_MAGIC;

/// Bytes in front of the addresses.
pub const INDEX_HEADER_SIZE: usize = 128;

/// What the checksum covers.
const CHECKED: usize = INDEX_HEADER_SIZE - SEGMENT_SIZE;

/// Reads bytes at any place: a file, a slice, a range of a remote object.
pub trait ReadAt {
    /// Why they could not be read.
    type Error;

    /// Fills `out` with the bytes from `offset` on.
    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> Result<(), Self::Error>;
}

/// Bytes behind the end of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BehindEnd;

impl fmt::Display for BehindEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes end before")
    }
}

impl core::error::Error for BehindEnd {}

impl ReadAt for &[u8] {
    type Error = BehindEnd;

    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> Result<(), BehindEnd> {
        let start = usize::try_from(offset).map_err(|_| BehindEnd)?;
        let end = start.checked_add(out.len()).ok_or(BehindEnd)?;
        out.copy_from_slice(self.get(start..end).ok_or(BehindEnd)?);
        Ok(())
    }
}

/// Why an index is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexError<E> {
    /// It cannot be read.
    Read(E),
    /// It does not begin as an index of this version does.
    Magic,
    /// Its first bytes are damaged.
    Checksum,
    /// It is of trees of another geometry.
    Geometry,
    /// It is of a file whose length no span can say.
    Length {
        /// The length, in bytes.
        found: u64,
    },
    /// It is not as long as the index of its file is.
    Size {
        /// The bytes that it must have.
        expected: u64,
        /// The bytes that it has.
        found: u64,
    },
    /// Its last address is not that of its file.
    Root,
    /// There is no such proof.
    Prove(ProveError),
    /// The proof made of it does not hold: the file or the index has changed.
    Stale,
}

impl<E> IndexError<E> {
    /// A stable name for programs to match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "chunk-index-read",
            Self::Magic => "chunk-index-format",
            Self::Checksum => "chunk-index-checksum",
            Self::Geometry => "chunk-index-geometry",
            Self::Length { .. } => "chunk-index-length",
            Self::Size { .. } => "chunk-index-size",
            Self::Root => "chunk-index-root",
            Self::Prove(error) => error.code(),
            Self::Stale => "chunk-index-stale",
        }
    }
}

impl<E: fmt::Display> fmt::Display for IndexError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "the chunk index cannot be read: {error}"),
            Self::Magic => f.write_str("this is no chunk index of a version known here"),
            Self::Checksum => f.write_str("the first bytes of the chunk index are damaged"),
            Self::Geometry => f.write_str("the chunk index is of trees of another geometry"),
            Self::Length { found } => {
                write!(f, "no file has the {found} bytes that the index says")
            }
            Self::Size { expected, found } => {
                write!(f, "the chunk index has {found} bytes, that of its file {expected}")
            }
            Self::Root => f.write_str("the chunk index does not end with its file's address"),
            Self::Prove(error) => error.fmt(f),
            Self::Stale => {
                f.write_str("the file or its chunk index has changed: no proof holds; make it anew")
            }
        }
    }
}

impl<E: fmt::Display + fmt::Debug> core::error::Error for IndexError<E> {}

/// Where the addresses of a file's chunks lie in its index.
///
/// Whoever streams a file of known length writes each address to [`IndexLayout::places`] as it
/// comes, and the header last; [`FileTree::to_index`] makes all of it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexLayout {
    shape: Shape,
}

impl IndexLayout {
    /// Of a file of this shape.
    pub const fn new(shape: Shape) -> Self {
        Self { shape }
    }

    /// The whole index, in bytes; `None` where 64 bits are too few for it.
    pub fn size(&self) -> Option<u64> {
        let root = self.shape.root();
        self.offset(root)?.checked_add(SEGMENT_SIZE_U64)
    }

    /// Where the address of a slot lies; `None` for a slot that is not there.
    pub fn offset(&self, slot: Slot) -> Option<u64> {
        if slot.level > self.shape.root_level() || slot.index >= self.shape.slots(slot.level) {
            return None;
        }
        let mut before = slot.index;
        for level in 0..slot.level {
            before = before.checked_add(self.shape.slots(level))?;
        }
        before.checked_mul(SEGMENT_SIZE_U64)?.checked_add(INDEX_HEADER_SIZE as u64)
    }

    /// Where the address of the chunk made in a slot lies: once, and once more for every level
    /// that it climbs as a carrier.
    pub fn places(&self, slot: Slot) -> Vec<u64> {
        let mut places: Vec<u64> = self.offset(slot).into_iter().collect();
        let mut slot = slot;
        while slot.level < self.shape.root_level() {
            let above = Slot {
                level: slot.level.saturating_add(1),
                index: slot.index / self.shape.fan_out(),
            };
            if self.shape.children(above) != 1 {
                break;
            }
            places.extend(self.offset(above));
            slot = above;
        }
        places
    }

    /// The first bytes of the index of the file with this address.
    pub fn header(&self, address: &ChunkAddress) -> [u8; INDEX_HEADER_SIZE] {
        let geometry = self.shape.geometry();
        let mut header = Vec::with_capacity(INDEX_HEADER_SIZE);
        header.extend_from_slice(BMT_INDEX_MAGIC);
        for number in [
            geometry.payload_limit(),
            geometry.capacity(),
            geometry.fan_out(),
            geometry.span_size(),
        ] {
            header.extend_from_slice(&(number as u64).to_le_bytes());
        }
        header.extend_from_slice(&self.shape.len().to_le_bytes());
        header.extend_from_slice(address.as_ref());
        let checksum = keccak256(&header);
        header.extend_from_slice(checksum.as_ref());
        header.as_slice().try_into().unwrap_or([0; INDEX_HEADER_SIZE])
    }
}

impl FileTree {
    /// The index of this file, whole.
    pub fn to_index(&self) -> Vec<u8> {
        let mut index = IndexLayout::new(self.shape()).header(&self.address()).to_vec();
        for level in 0..=self.shape().root_level() {
            index.extend_from_slice(&concat(self.level(level)));
        }
        index
    }
}

/// An index that has been checked as far as its header and size go.
///
/// Every proof made with it is verified before it is handed out: a file or an index that changed
/// since gives an error, never a proof that does not hold.
///
/// ```
/// use countersign_core::bmt::{Bmt, StoredIndex, SegmentIndex};
///
/// let bmt = Bmt::swarm();
/// let bytes = vec![3; 1_000_000];
/// let index = bmt.file(&bytes)?.tree().to_index();
/// assert_eq!(index.len(), 128 + 32 * (245 + 2 + 1));
///
/// let mut stored = StoredIndex::open(&bmt, &index[..], index.len() as u64)?;
/// let segment = SegmentIndex(20_000);
/// let leaf = stored.shape().leaf_range(segment)?;
/// let proof = stored.prove(segment, &bytes[leaf.start as usize..leaf.end as usize])?;
/// assert_eq!(proof, bmt.file(&bytes)?.prove(segment)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StoredIndex<'b, H, R> {
    bmt: &'b Bmt<H>,
    source: R,
    layout: IndexLayout,
    address: ChunkAddress,
}

impl<'b, H: ChunkHash, R: ReadAt> StoredIndex<'b, H, R> {
    /// Reads the header and the last address of an index of `size` bytes.
    ///
    /// # Errors
    /// What the source says, and one for each thing that can be wrong with the two.
    pub fn open(bmt: &'b Bmt<H>, mut source: R, size: u64) -> Result<Self, IndexError<R::Error>> {
        let mut header = [0; INDEX_HEADER_SIZE];
        if size < INDEX_HEADER_SIZE as u64 {
            return Err(IndexError::Magic);
        }
        source.read_at(0, &mut header).map_err(IndexError::Read)?;
        let (checked, checksum) = header.split_at(CHECKED);
        let numbers = checked.strip_prefix(BMT_INDEX_MAGIC).ok_or(IndexError::Magic)?;
        if keccak256(checked).as_ref() != checksum {
            return Err(IndexError::Checksum);
        }
        let (numbers, address) = numbers.as_chunks::<8>().0.split_at_checked(5).unwrap_or_default();
        let address = Digest::from_slice(address.as_flattened()).ok_or(IndexError::Magic)?;
        let &[payload_limit, capacity, fan_out, span_size, len] = numbers else {
            return Err(IndexError::Magic);
        };
        let size_of = |number| usize::try_from(u64::from_le_bytes(number)).unwrap_or(0);
        let geometry = Geometry::new(
            size_of(payload_limit),
            size_of(capacity),
            size_of(fan_out),
            size_of(span_size),
        );
        if geometry != Ok(bmt.geometry()) {
            return Err(IndexError::Geometry);
        }
        let found = u64::from_le_bytes(len);
        let shape = Shape::new(bmt.geometry(), found).map_err(|_| IndexError::Length { found })?;
        let layout = IndexLayout::new(shape);
        let expected = layout.size().ok_or(IndexError::Length { found })?;
        if size != expected {
            return Err(IndexError::Size { expected, found: size });
        }
        let mut root = [0; SEGMENT_SIZE];
        source
            .read_at(expected.saturating_sub(SEGMENT_SIZE_U64), &mut root)
            .map_err(IndexError::Read)?;
        if Digest::from_bytes(root) != address {
            return Err(IndexError::Root);
        }
        Ok(Self { bmt, source, layout, address })
    }

    /// The shape of the file.
    pub const fn shape(&self) -> Shape {
        self.layout.shape
    }

    /// The address of the file, as the index says.
    pub const fn address(&self) -> ChunkAddress {
        self.address
    }

    /// Proves a segment; `leaf` is the file's bytes in [`Shape::leaf_range`].
    ///
    /// One read of at most a fan-out of addresses for each intermediate chunk on the way.
    ///
    /// # Errors
    /// What the source says, [`IndexError::Prove`], and [`IndexError::Stale`] where the proof does
    /// not hold.
    pub fn prove(
        &mut self,
        index: SegmentIndex,
        leaf: &[u8],
    ) -> Result<FileProof, IndexError<R::Error>> {
        let (bmt, shape) = (self.bmt, self.shape());
        let proof = bmt.prove_segment(&shape, index, leaf, self).map_err(|error| match error {
            MakeError::Prove(error) => IndexError::Prove(error),
            MakeError::Source(error) => IndexError::Read(error),
        })?;
        bmt.verify_file_proof(self.address, &proof, Expected::len(shape.len()))
            .map_err(|_| IndexError::Stale)?;
        Ok(proof)
    }
}

impl<H, R: ReadAt> Addresses for StoredIndex<'_, H, R> {
    type Error = R::Error;

    fn addresses(&mut self, first: Slot, count: u64) -> Result<Vec<Digest>, R::Error> {
        // A run is never longer than a fan-out, which the geometry bounds.
        let count = count.min(self.layout.shape.fan_out());
        let Some(offset) = self.layout.offset(first) else { return Ok(Vec::new()) };
        let size = usize::try_from(count).unwrap_or(0).saturating_mul(SEGMENT_SIZE);
        let mut bytes = vec![0; size];
        self.source.read_at(offset, &mut bytes)?;
        Ok(bytes.as_chunks().0.iter().copied().map(Digest::from_bytes).collect())
    }
}
