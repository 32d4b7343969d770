//! Countersign for browsers and Node: thin wrappers over `countersign-core`, one for each room.
//!
//! Nothing is decided here. A wrapper checks lengths, converts, calls, and converts back. What
//! people import is the package in `npm/`, whose modules load this one, take hex digits and plain
//! objects too, and give every function its types; `README.md` is its page.
//!
//! Across the boundary go bytes, 64-bit integers, JSON text for documents and reports, and objects
//! for records. An error has a stable `code`, the same as on the command line.
//!
//! With the feature `full` (the default) everything is built; without it, the verifier of bundles
//! alone.

mod bundle;
mod bytes;
mod document;
mod error;

#[cfg(feature = "full")]
mod account_store;
#[cfg(feature = "full")]
mod bmt;
#[cfg(feature = "full")]
mod dispute;
#[cfg(feature = "full")]
mod hash;
#[cfg(feature = "full")]
mod keys;
#[cfg(feature = "full")]
mod limits;
#[cfg(feature = "full")]
mod merkle;
#[cfg(feature = "full")]
mod object;
#[cfg(feature = "full")]
mod record;
#[cfg(feature = "full")]
mod record_body;
#[cfg(feature = "full")]
mod settlement;
#[cfg(feature = "full")]
mod shard;

pub use bundle::verify_bundle;
pub use error::Refused;

#[cfg(feature = "full")]
pub use {
    account_store::AccountStore,
    bmt::{
        BmtHasher, bmt_index_of_segment, chunk_address, chunk_bmt, chunk_check, chunk_data,
        chunk_inclusion_proof, chunk_span, decode_span, encode_span, file_address,
        file_address_from_inclusion_proof, file_bmt, file_inclusion_proof, file_root_chunk,
        get_span_value, make_span, prove_with_index, root_hash_from_inclusion_proof,
        verify_file_proof, verify_file_proof_document,
    },
    dispute::{apply_dispute_reversal, apply_record, evaluate_dispute_challenge, reverse_range},
    hash::{blake3, keccak256, sha256},
    keys::{
        create_process_key_action, create_process_key_revoke_action, fingerprint, public_key,
        receipt_message, signature_message, verify_ed25519,
    },
    limits::limits,
    merkle::{
        merkle_leaf_hash, merkle_node_hash, merkle_root, prove_consistency, prove_inclusion,
        verify_consistency_proof, verify_inclusion_proof,
    },
    record::{chain_tip, decode_record, encode_record},
    settlement::verify_settlement,
    shard::{ShardVerifier, segment_name, segment_number},
};
