//! A leaf of a batch's operation index.

use core::fmt;

use crate::Seq;
use crate::chain::Operation;
use crate::document::Spelling;
use crate::hash::{Blake3, Digest, blake3, hex};
use crate::limits::{DIGEST_SIZE, INDEX_LEAF_SIZE};
use crate::merkle::leaf_hash;

/// What two leaves of the same operation share: `memberId(32) || H(opId)(32)`.
pub(super) type OperationKey = [u8; 2 * DIGEST_SIZE];

/// A leaf of the operation index: `memberId(32) || H(opId)(32) || u64-BE(seq)`. The index is
/// sorted by these bytes, which is how leaves compare (`spec/metering.md` section 5).
///
/// ```
/// use countersign_core::Seq;
/// use countersign_core::hash::blake3;
/// use countersign_core::proof::IndexLeaf;
///
/// let leaf = IndexLeaf::new(&[7; 32], "order-17", Seq(258));
/// let bytes = leaf.as_bytes();
/// assert!(bytes.starts_with(&[7; 32]) && bytes.ends_with(&[0, 0, 0, 0, 0, 0, 1, 2]));
/// assert_eq!(bytes[32..64], *blake3(b"order-17").as_bytes());
/// assert!(leaf < IndexLeaf::new(&[7; 32], "order-17", Seq(259)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexLeaf([u8; INDEX_LEAF_SIZE]);

impl IndexLeaf {
    /// The leaf of the operation `(memberId, opId)` in record `seq`.
    pub fn new(member_id: &[u8; DIGEST_SIZE], op_id: &str, seq: Seq) -> Self {
        Self::of_key(&operation_key(member_id, op_id), seq)
    }

    /// The leaf of an entry.
    pub fn of(operation: &Operation<'_>, seq: Seq) -> Self {
        Self::new(operation.member_id, operation.op_id, seq)
    }

    fn of_key(key: &OperationKey, seq: Seq) -> Self {
        let mut bytes = [0; INDEX_LEAF_SIZE];
        for (to, from) in bytes.iter_mut().zip(key.iter().chain(&seq.0.to_be_bytes())) {
            *to = *from;
        }
        Self(bytes)
    }

    /// Wraps 72 bytes.
    pub const fn from_bytes(bytes: [u8; INDEX_LEAF_SIZE]) -> Self {
        Self(bytes)
    }

    /// The 72 bytes.
    pub const fn as_bytes(&self) -> &[u8; INDEX_LEAF_SIZE] {
        &self.0
    }

    /// The member.
    pub const fn member_id(&self) -> &[u8; DIGEST_SIZE] {
        // A leaf is longer than what is taken off its front.
        match self.0.first_chunk() {
            Some(member_id) => member_id,
            None => &[0; DIGEST_SIZE],
        }
    }

    /// Member and hash of the operation's id.
    pub(super) const fn key(&self) -> &OperationKey {
        match self.0.first_chunk() {
            Some(key) => key,
            None => &[0; 2 * DIGEST_SIZE],
        }
    }

    /// The record that holds the operation.
    pub fn seq(&self) -> Seq {
        Seq(self.0.last_chunk().map_or(0, |seq| u64::from_be_bytes(*seq)))
    }

    /// Its Merkle leaf hash.
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash::<Blake3>(&self.0)
    }
}

/// What all leaves of `(memberId, opId)` begin with.
pub(super) fn operation_key(member_id: &[u8; DIGEST_SIZE], op_id: &str) -> OperationKey {
    let mut key = [0; 2 * DIGEST_SIZE];
    let op_id_hash = blake3(op_id.as_bytes());
    for (to, from) in key.iter_mut().zip(member_id.iter().chain(op_id_hash.as_bytes())) {
        *to = *from;
    }
    key
}

impl fmt::Display for IndexLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for IndexLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl Spelling for IndexLeaf {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn read(text: &str) -> Option<Self> {
        hex::decode_array(text).map(Self)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        <[u8; INDEX_LEAF_SIZE]>::expect(f)
    }
}
