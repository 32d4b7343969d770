//! The 32-byte messages that process keys sign.

use super::shard_id::ShardId;
use crate::Seq;
use crate::hash::{Digest, blake3_parts};
use crate::tags;

/// What a signature record signs: the chain up to and including `seq`, whose tip is `tip`.
///
/// `H("metering-log-sig-v1" || shardId(16) || u64-BE(seq) || tipHash(32) || fingerprint(32))`,
/// `spec/metering.md` section 4.
pub fn signature_message(shard_id: &ShardId, seq: Seq, tip: &Digest, key: &Digest) -> Digest {
    blake3_parts(&[
        tags::SIGNATURE_MESSAGE,
        shard_id.as_bytes(),
        &seq.0.to_be_bytes(),
        tip.as_bytes(),
        key.as_bytes(),
    ])
}

/// What a receipt signs: that record `seq`, with this Merkle leaf hash, is durable.
///
/// `H("countersign-receipt-v1" || shardId(16) || u64-BE(seq) || leafHash(32))`,
/// `spec/metering.md` section 6.
pub fn receipt_message(shard_id: &ShardId, seq: Seq, leaf_hash: &Digest) -> Digest {
    blake3_parts(&[
        tags::RECEIPT_MESSAGE,
        shard_id.as_bytes(),
        &seq.0.to_be_bytes(),
        leaf_hash.as_bytes(),
    ])
}
