//! The room of trees. Lists of hashes are hashes behind each other, 32 bytes each.

use countersign_core::hash::{Blake3, Digest, Sha256};
use countersign_core::merkle::{self, LeafIndex, TreeSize};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bytes;
use crate::error::Refused;

/// Calls a function of core with the hash that a caller named.
macro_rules! with_hash {
    ($name:expr, $function:ident($($argument:expr),*)) => {
        match $name {
            "blake3" => Ok(merkle::$function::<Blake3>($($argument),*)),
            "sha256" => Ok(merkle::$function::<Sha256>($($argument),*)),
            _ => Err(Refused::argument("hash", "\"blake3\" or \"sha256\"")),
        }
    };
}

/// The hash of a leaf: of `0x00 || data`.
#[wasm_bindgen(js_name = merkleLeafHash)]
pub fn merkle_leaf_hash(data: &[u8], hash: &str) -> Result<Vec<u8>, Refused> {
    with_hash!(hash, leaf_hash(data)).map(to_bytes)
}

/// The hash of an inner node: of `0x01 || left || right`.
#[wasm_bindgen(js_name = merkleNodeHash)]
pub fn merkle_node_hash(left: &[u8], right: &[u8], hash: &str) -> Result<Vec<u8>, Refused> {
    let (left, right) = (bytes::digest("left", left)?, bytes::digest("right", right)?);
    with_hash!(hash, node_hash(&left, &right)).map(to_bytes)
}

/// The root of the tree over these leaf hashes.
#[wasm_bindgen(js_name = merkleRoot)]
pub fn merkle_root(leaf_hashes: &[u8], hash: &str) -> Result<Vec<u8>, Refused> {
    let leaf_hashes = bytes::digests("leafHashes", leaf_hashes)?;
    with_hash!(hash, root(&leaf_hashes)).map(to_bytes)
}

/// The audit path of a leaf, leaf to root.
#[wasm_bindgen(js_name = proveInclusion)]
pub fn prove_inclusion(leaf_hashes: &[u8], index: u64, hash: &str) -> Result<Vec<u8>, Refused> {
    let leaf_hashes = bytes::digests("leafHashes", leaf_hashes)?;
    let path = with_hash!(hash, prove_inclusion(&leaf_hashes, LeafIndex::new(index)))??;
    Ok(bytes::joined(&path))
}

/// Whether an audit path leads from the leaf to the root.
///
/// Does not prove the size, nor that the leaf hash is the hash of a leaf.
#[wasm_bindgen(js_name = verifyInclusionProof)]
pub fn verify_inclusion_proof(
    leaf_index: u64,
    tree_size: u64,
    leaf_hash: &[u8],
    audit_path: &[u8],
    root: &[u8],
    hash: &str,
) -> Result<bool, Refused> {
    let leaf_hash = bytes::digest("leafHash", leaf_hash)?;
    let audit_path = bytes::digests("auditPath", audit_path)?;
    let root = bytes::digest("root", root)?;
    // There is no tree of a size that no tree has, so no proof about it holds.
    let Ok(size) = TreeSize::new(tree_size) else { return Ok(false) };
    let index = LeafIndex::new(leaf_index);
    with_hash!(hash, verify_inclusion(index, size, &leaf_hash, &audit_path, &root))
        .map(|verdict| verdict.is_ok())
}

/// The consistency path from the first `size1` leaves to the whole tree.
#[wasm_bindgen(js_name = proveConsistency)]
pub fn prove_consistency(leaf_hashes: &[u8], size1: u64, hash: &str) -> Result<Vec<u8>, Refused> {
    let leaf_hashes = bytes::digests("leafHashes", leaf_hashes)?;
    let size1 = TreeSize::new(size1).map_err(|error| Refused::new(error.code(), error))?;
    let path = with_hash!(hash, prove_consistency(&leaf_hashes, size1))??;
    Ok(bytes::joined(&path))
}

/// Whether the tree of `size2` leaves begins with all leaves of the tree of `size1`.
///
/// Does not prove the sizes, nor what the leaves are.
#[wasm_bindgen(js_name = verifyConsistencyProof)]
pub fn verify_consistency_proof(
    size1: u64,
    size2: u64,
    root1: &[u8],
    root2: &[u8],
    path: &[u8],
    hash: &str,
) -> Result<bool, Refused> {
    let (root1, root2) = (bytes::digest("root1", root1)?, bytes::digest("root2", root2)?);
    let path = bytes::digests("path", path)?;
    let (Ok(size1), Ok(size2)) = (TreeSize::new(size1), TreeSize::new(size2)) else {
        return Ok(false);
    };
    with_hash!(hash, verify_consistency(size1, size2, &root1, &root2, &path))
        .map(|verdict| verdict.is_ok())
}

fn to_bytes(digest: Digest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}
