//! Every domain tag, record kind and format version in one place.
//!
//! A tag separates the uses of one key or one hash from each other, so no two may be equal and
//! none may be a prefix of another where both start a hash input; a test proves it.

/// Version of the shard format that this crate writes, in every certificate.
pub const FORMAT_VERSION: u64 = 1;

/// `schemaVersion` of `state.json`.
pub const STATE_SCHEMA_VERSION: u64 = 1;

/// Starts the message of a signature record.
pub const SIGNATURE_MESSAGE: &[u8] = b"metering-log-sig-v1";

/// Starts the message of a receipt.
pub const RECEIPT_MESSAGE: &[u8] = b"countersign-receipt-v1";

/// Prefix of a Merkle leaf, RFC 9162 section 2.1.1.
pub const MERKLE_LEAF: u8 = 0x00;

/// Prefix of a Merkle node, RFC 9162 section 2.1.1.
pub const MERKLE_NODE: u8 = 0x01;

/// Kind of a certificate record, and first element of its signed bytes.
pub const PROCESS_KEY_CERT: &str = "PROCESS_KEY_CERT";

/// Kind of a signature record.
pub const PROCESS_KEY_SIGN: &str = "PROCESS_KEY_SIGN";

/// Kind of a revocation record, and first element of its signed bytes.
pub const PROCESS_KEY_REVOKE: &str = "PROCESS_KEY_REVOKE";

/// Kind of a settlement record, and first element of its signed bytes.
pub const BATCH_SETTLEMENT: &str = "BATCH_SETTLEMENT";

/// Kind of a dispute resolution record.
pub const DISPUTE_RESOLUTION: &str = "DISPUTE_RESOLUTION";

/// Format of a bundle: one record is in a batch.
pub const INCLUSION_FORMAT: &str = "countersign/inclusion/v1";

/// Format of a bundle: one record is in a batch, without the batch's sums.
pub const BRIEF_INCLUSION_FORMAT: &str = "countersign/inclusion/v2";

/// Format of a bundle: some records are in a batch.
pub const RECORDS_FORMAT: &str = "countersign/records/v1";

/// Format of a bundle: one settlement's log extends another's.
pub const CONSISTENCY_FORMAT: &str = "countersign/consistency/v1";

/// Format of a bundle: an operation is not in a batch.
pub const EXCLUSION_FORMAT: &str = "countersign/exclusion/v1";

/// Format of a bundle: all entries of a member in a batch.
pub const STATEMENT_FORMAT: &str = "countersign/statement/v1";

/// Format of a bundle: the writer's promise of a record.
pub const RECEIPT_FORMAT: &str = "countersign/receipt/v1";

/// Format of a bundle that shows where a record stands in a file with a content address.
pub const PLACEMENT_FORMAT: &str = "countersign/placement/v1";

/// Format of a bundle: a receipt against a settlement.
pub const CONTRADICTION_RECEIPT_FORMAT: &str = "countersign/contradiction-receipt/v1";

/// Format of a bundle: a settlement's records against its index.
pub const CONTRADICTION_INDEX_FORMAT: &str = "countersign/contradiction-index/v1";

/// Format of a bundle: two settlements that overlap.
pub const CONTRADICTION_OVERLAP_FORMAT: &str = "countersign/contradiction-overlap/v1";

/// Format of a bundle: two settlements of different logs.
pub const CONTRADICTION_LOG_ROOT_FORMAT: &str = "countersign/contradiction-log-root/v1";

/// `format` of the file that says where the records of an imported shard came from.
pub const IMPORT_FORMAT: &str = "countersign/import/v1";

/// Format of a challenge of a settlement.
pub const CHALLENGE_FORMAT: &str = "countersign/challenge/v1";

/// Format of the answer to a challenge.
pub const RESPONSE_FORMAT: &str = "countersign/response/v1";

/// Format of the verdict over a challenge.
pub const RESOLUTION_FORMAT: &str = "countersign/resolution/v1";

/// First bytes of a file of chunk addresses, padded with zeros to three words of eight bytes.
pub const BMT_INDEX_MAGIC: &[u8; 24] = b"countersign/chunks/v1\0\0\0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_starts_another() {
        let tags: [&[u8]; 23] = [
            SIGNATURE_MESSAGE,
            RECEIPT_MESSAGE,
            PROCESS_KEY_CERT.as_bytes(),
            PROCESS_KEY_SIGN.as_bytes(),
            PROCESS_KEY_REVOKE.as_bytes(),
            BATCH_SETTLEMENT.as_bytes(),
            DISPUTE_RESOLUTION.as_bytes(),
            INCLUSION_FORMAT.as_bytes(),
            BRIEF_INCLUSION_FORMAT.as_bytes(),
            RECORDS_FORMAT.as_bytes(),
            CONSISTENCY_FORMAT.as_bytes(),
            EXCLUSION_FORMAT.as_bytes(),
            STATEMENT_FORMAT.as_bytes(),
            RECEIPT_FORMAT.as_bytes(),
            PLACEMENT_FORMAT.as_bytes(),
            CONTRADICTION_RECEIPT_FORMAT.as_bytes(),
            CONTRADICTION_INDEX_FORMAT.as_bytes(),
            CONTRADICTION_OVERLAP_FORMAT.as_bytes(),
            CONTRADICTION_LOG_ROOT_FORMAT.as_bytes(),
            CHALLENGE_FORMAT.as_bytes(),
            RESPONSE_FORMAT.as_bytes(),
            RESOLUTION_FORMAT.as_bytes(),
            BMT_INDEX_MAGIC,
        ];
        for (i, a) in tags.iter().enumerate() {
            for (j, b) in tags.iter().enumerate() {
                assert!(i == j || !b.starts_with(a), "{a:?} starts {b:?}");
            }
        }
        assert_ne!(MERKLE_LEAF, MERKLE_NODE);
    }
}
