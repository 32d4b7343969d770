//! The operation index of a batch: which operation stands at which seq, sorted.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use crate::Seq;
use crate::chain::MeteringRecord;
use crate::hash::{Blake3, Digest, Hash as _, blake3, hex};
use crate::limits::{DIGEST_SIZE, INDEX_LEAF_SIZE};
use crate::merkle::{leaf_hash, leaf_hashes};

/// A leaf of the operation index: `memberId(32) || H(opId)(32) || u64-BE(seq)`, ordered as bytes
/// (`spec/metering.md` section 5).
///
/// Sorted, the leaves of one member stand together, and two neighbours that enclose the key of an
/// operation show that the batch lacks it.
///
/// ```
/// use countersign_core::settlement::IndexLeaf;
/// use countersign_core::Seq;
///
/// let leaf = IndexLeaf::new(&[3; 32], "order-17", Seq(5));
/// assert_eq!(leaf.member_id(), &[3; 32]);
/// assert_eq!(leaf.seq(), Seq(5));
/// assert_eq!(leaf.key(), IndexLeaf::new(&[3; 32], "order-17", Seq(9)).key());
/// assert!(leaf < IndexLeaf::new(&[3; 32], "order-17", Seq(9)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IndexLeaf([u8; INDEX_LEAF_SIZE]);

impl IndexLeaf {
    /// The leaf of the entry `seq`.
    pub fn new(member_id: &[u8; DIGEST_SIZE], op_id: &str, seq: Seq) -> Self {
        Self::with_hash(member_id, &blake3(op_id.as_bytes()), seq)
    }

    /// The leaves of entries of which member, operation and seq are given, in order: several times
    /// faster than one by one.
    pub fn of_all(entries: &[(&[u8; DIGEST_SIZE], &str, Seq)]) -> Vec<Self> {
        let op_ids: Vec<_> = entries.iter().map(|(_, op_id, _)| op_id.as_bytes()).collect();
        let hashes = Blake3::hash_each(&op_ids);
        let leaves = entries.iter().zip(&hashes);
        leaves.map(|((member_id, _, seq), hash)| Self::with_hash(member_id, hash, *seq)).collect()
    }

    fn with_hash(member_id: &[u8; DIGEST_SIZE], op_id: &Digest, seq: Seq) -> Self {
        let mut leaf = [0; INDEX_LEAF_SIZE];
        if let ([member, operation], rest) = leaf.as_chunks_mut::<DIGEST_SIZE>() {
            *member = *member_id;
            *operation = *op_id.as_bytes();
            if let Some(number) = rest.first_chunk_mut() {
                *number = seq.0.to_be_bytes();
            }
        }
        Self(leaf)
    }

    /// The leaf of an entry.
    pub fn of(entry: &MeteringRecord<'_>) -> Self {
        Self::new(entry.operation.member_id, entry.operation.op_id, entry.seq)
    }

    /// Takes the bytes of a leaf as they stand; every 72 bytes are one.
    pub const fn from_bytes(bytes: [u8; INDEX_LEAF_SIZE]) -> Self {
        Self(bytes)
    }

    /// The data of the leaf.
    pub const fn as_bytes(&self) -> &[u8; INDEX_LEAF_SIZE] {
        &self.0
    }

    /// What operations are looked up by: `memberId || H(opId)`.
    pub fn key(&self) -> &[u8; 2 * DIGEST_SIZE] {
        const { assert!(INDEX_LEAF_SIZE >= 2 * DIGEST_SIZE) };
        self.0.first_chunk().unwrap_or(&[0; 2 * DIGEST_SIZE])
    }

    /// The member.
    pub fn member_id(&self) -> &[u8; DIGEST_SIZE] {
        const { assert!(INDEX_LEAF_SIZE >= DIGEST_SIZE) };
        self.0.first_chunk().unwrap_or(&[0; DIGEST_SIZE])
    }

    /// Whether it is of the same member as `other`.
    pub(super) fn is_of_same_member(&self, other: &Self) -> bool {
        compare(self.member_id(), other.member_id()).is_eq()
    }

    /// The entry's number in the shard.
    pub fn seq(&self) -> Seq {
        const { assert!(INDEX_LEAF_SIZE >= 8) };
        Seq(u64::from_be_bytes(*self.0.last_chunk().unwrap_or(&[0; 8])))
    }

    /// What enters the tree.
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash::<Blake3>(&self.0)
    }

    /// What every leaf of an index enters its tree as, in order: several times faster than one by
    /// one.
    pub fn leaf_hashes(index: &[Self]) -> Vec<Digest> {
        let leaves: Vec<_> = index.iter().map(|leaf| leaf.0.as_slice()).collect();
        leaf_hashes::<Blake3>(&leaves)
    }
}

impl Ord for IndexLeaf {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for IndexLeaf {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As bytes, eight at a time: where the leaves of a batch are sorted, neighbours begin alike.
/// Their sizes are multiples of eight.
#[inline]
fn compare<const N: usize>(left: &[u8; N], right: &[u8; N]) -> Ordering {
    const { assert!(N.is_multiple_of(8)) };
    for (left, right) in left.as_chunks().0.iter().zip(right.as_chunks().0) {
        let (left, right) = (u64::from_ne_bytes(*left), u64::from_ne_bytes(*right));
        if left != right {
            return u64::from_be(left).cmp(&u64::from_be(right));
        }
    }
    Ordering::Equal
}

impl fmt::Debug for IndexLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl crate::document::Blank for IndexLeaf {
    const BLANK: Self = Self([0; INDEX_LEAF_SIZE]);
}

impl crate::document::Spelling for IndexLeaf {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }

    fn read(text: &str) -> Option<Self> {
        hex::decode_array(text).map(Self)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        <[u8; INDEX_LEAF_SIZE]>::expect(f)
    }
}
