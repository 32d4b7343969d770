//! Merkle trees of the shape of RFC 9162 section 2.1: roots, the frontier, inclusion and
//! consistency proofs, and multi-proofs of many leaves at once.
//!
//! Everything is generic over [`Hash`](crate::hash::Hash): [`Blake3`](crate::hash::Blake3) for
//! the log, [`Sha256`](crate::hash::Sha256) for the standard's own vectors. Trees have up to
//! 2^63 leaves. `FORMAT.md` beside this file has the bytes and the numbered steps of every
//! verification.
//!
//! A log keeps a [`Frontier`] and appends to it. A proof is planned ([`Plan`]), its nodes are
//! fetched from wherever they are stored, and the ragged one is folded; or it is built from all
//! leaf hashes at once:
//!
//! ```
//! use countersign_core::hash::Blake3;
//! use countersign_core::merkle::{
//!     Frontier, LeafIndex, leaf_hash, prove_inclusion, verify_inclusion,
//! };
//!
//! let records = [&b"first"[..], b"second", b"third"];
//! let leaf_hashes: Vec<_> = records.iter().map(|data| leaf_hash::<Blake3>(data)).collect();
//!
//! let mut frontier = Frontier::<Blake3>::new();
//! for hash in &leaf_hashes {
//!     frontier.push(*hash)?;
//! }
//!
//! let index = LeafIndex::new(1);
//! let audit_path = prove_inclusion::<Blake3>(&leaf_hashes, index)?;
//! // The verifier computes the leaf hash from the record itself.
//! let leaf = leaf_hash::<Blake3>(b"second");
//! verify_inclusion::<Blake3>(index, frontier.size(), &leaf, &audit_path, &frontier.root())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Many leaves of one tree share most of their paths: a multi-proof ([`MultiPlan`],
//! [`prove_multi_inclusion`]) sends every hash once.

mod consistency;
mod error;
#[cfg(test)]
mod faults;
mod frontier;
mod inclusion;
mod index;
mod multi;
#[cfg(test)]
mod multi_tests;
#[cfg(test)]
mod naive;
mod path;
mod plan;
mod tree;

pub use consistency::{fetch_consistency, fold_consistency, prove_consistency, verify_consistency};
pub use error::{ConsistencyError, FrontierError, InclusionError, MultiInclusionError, SizeError};
pub use frontier::Frontier;
pub use inclusion::{fetch_inclusion, fold_inclusion, prove_inclusion, verify_inclusion};
pub use index::{LeafIndex, NodeCoordinate, PerfectNodes, Subtree, TreeSize};
pub use multi::{
    MultiPlan, fetch_multi_inclusion, fold_multi_inclusion, prove_multi_inclusion,
    verify_multi_inclusion,
};
pub use plan::Plan;
pub use tree::{empty_root, leaf_hash, leaf_hashes, node_hash, root};
