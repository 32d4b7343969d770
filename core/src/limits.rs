//! Every upper bound of the formats, named once, with the relations between them checked when
//! the crate is compiled.
//!
//! Names without a `MAX_`/`MIN_` twin are fixed sizes. Sizes are bytes and times milliseconds
//! unless the name says otherwise. Source: `spec/metering.md` sections 1 to 5 and 7.

use crate::hash::Digest;

/// Size of a BLAKE3 or SHA-256 digest, in bytes.
pub const DIGEST_SIZE: usize = 32;

/// Size of an Ed25519 public key, in bytes.
pub const PUBLIC_KEY_SIZE: usize = 32;

/// Size of an Ed25519 signature, in bytes.
pub const SIGNATURE_SIZE: usize = 64;

/// Size of a shard id (a UUID), in bytes.
pub const SHARD_ID_SIZE: usize = 16;

/// Size of the little-endian length in front of every frame's payload, in bytes.
pub const LENGTH_PREFIX_SIZE: usize = 4;

/// The chain tip before the first record: 32 zero bytes.
pub const GENESIS_HASH: Digest = Digest::from_bytes([0; DIGEST_SIZE]);

/// Largest segment file, and largest frame payload a reader accepts as a length, in bytes.
pub const MAX_LOG_FILE_SIZE: u64 = 268_435_456;

/// Smallest `max_segment_size` a writer takes, in bytes: room for the largest entry and the
/// signature record that must be able to follow it.
pub const MIN_SEGMENT_SIZE: u64 = 4_096;

/// Largest record this implementation writes or holds in memory, in bytes.
///
/// Far above anything the settlement limits allow (10,000 pairs are about 1.4 MB); it keeps a
/// damaged length prefix from making a reader load a quarter of a gigabyte.
pub const MAX_RECORD_SIZE: usize = 16 * 1024 * 1024;

/// Smallest record: a dispute resolution whose integers and texts are all at their shortest.
pub const MIN_RECORD_SIZE: usize = 64;

/// Largest entry record, in bytes.
pub const MAX_ENTRY_SIZE: usize = 1
    + 3 * MAX_UINT_SIZE
    + 3 * (2 + DIGEST_SIZE)
    + (2 + MAX_OP_SIZE)
    + (2 + MAX_ASSET_ID_SIZE)
    + (2 + MAX_OP_ID_SIZE);

/// Size of the longest CBOR integer head, in bytes.
pub const MAX_UINT_SIZE: usize = 9;

/// Longest `op`, in bytes of UTF-8.
pub const MAX_OP_SIZE: usize = 64;

/// Longest `assetId`, in bytes of UTF-8.
pub const MAX_ASSET_ID_SIZE: usize = 64;

/// Longest `opId`, in bytes of UTF-8.
pub const MAX_OP_ID_SIZE: usize = 128;

/// Longest free text in a control record (`challengerId`, `detail` and the like), in bytes.
pub const MAX_CONTROL_TEXT_SIZE: usize = 4_096;

/// Smallest amount: -(2^64).
pub const MIN_AMOUNT: i128 = -(1_i128 << 64);

/// Largest amount: 2^64 - 1.
pub const MAX_AMOUNT: i128 = (1_i128 << 64) - 1;

/// Appends between two syncs, unless set otherwise.
pub const DEFAULT_GROUP_COMMIT_SIZE: u32 = 64;

/// Fewest records between two signature records.
pub const MIN_SIGNING_CADENCE: u32 = 16;

/// Records between two signature records, unless set otherwise.
pub const DEFAULT_SIGNING_CADENCE: u32 = 64;

/// Most records between two signature records.
pub const MAX_SIGNING_CADENCE: u32 = 256;

/// Longest life of a process key, in milliseconds: seven days.
pub const MAX_PROCESS_KEY_LIFETIME_MS: u64 = 604_800_000;

/// Records that close a batch window.
pub const DEFAULT_MAX_RECORDS: u64 = 10_000;

/// Age of its first entry that closes a batch window, in milliseconds.
pub const DEFAULT_MAX_AGE_MS: u64 = 5_000;

/// Time in which a confirmed settlement can be challenged, in milliseconds: one day.
pub const DEFAULT_DISPUTE_WINDOW_MS: u64 = 86_400_000;

/// Time in which a challenge must be answered, in milliseconds: six hours.
pub const DEFAULT_DISPUTE_RESPONSE_MS: u64 = 21_600_000;

/// Operations whose `(memberId, opId)` a writer remembers, unless set otherwise.
pub const DEFAULT_DEDUPE_CAPACITY: usize = 1_000_000;

/// Failures that an audit lists; all are counted.
pub const MAX_LISTED_FAILURES: usize = 10_000;

/// Size of a leaf of the operation index, in bytes: `memberId || H(opId) || u64-BE(seq)`.
pub const INDEX_LEAF_SIZE: usize = 2 * DIGEST_SIZE + 8;

/// Largest member delta in CBOR, in bytes: both sums are bignums of 16 bytes.
pub const MAX_MEMBER_DELTA_SIZE: usize = 1 + (2 + DIGEST_SIZE) + (2 + MAX_ASSET_ID_SIZE) + 2 * 18;

/// Records of one batch that an audit holds its settlement against: some 32 MiB. A larger batch
/// is not checked in full, which the report says.
pub const MAX_AUDITED_RECORDS: u64 = 262_144;

/// Pairs of member and asset that a settlement record has room for, whatever their sizes.
///
/// What a record and a settlement body hold besides takes less than 512 bytes.
pub const MAX_SETTLEMENT_PAIRS: usize = (MAX_RECORD_SIZE - 512) / MAX_MEMBER_DELTA_SIZE;

/// Pairs that close a batch window before its record count or age does, so that its settlement
/// surely fits a record: half of what it has room for.
pub const MAX_WINDOW_PAIRS: usize = MAX_SETTLEMENT_PAIRS / 2;

/// Largest settlement as JSON, in bytes: every settlement that fits a record, a delta at its
/// limits taking 258 bytes. (One of 1,000 pairs stays below 256 KiB.)
pub const MAX_SETTLEMENT_DOCUMENT_SIZE: usize = 32 * 1024 * 1024;

/// Largest certificate or revocation as JSON, in bytes, white space included.
pub const MAX_KEY_DOCUMENT_SIZE: usize = 4_096;

/// Longest name of a document's format, in bytes.
pub const MAX_FORMAT_NAME_SIZE: usize = 64;

/// Largest proof bundle, in bytes: two settlements of as many pairs as a window takes, and as much
/// again for records; or a statement of some 90,000 entries.
pub const MAX_BUNDLE_SIZE: usize = 64 * 1024 * 1024;

/// Largest challenge, response or resolution, in bytes: room for a settlement and the contradiction
/// that speaks against it, and for every record of a batch of [`DEFAULT_MAX_RECORDS`] in hex,
/// whatever their sizes.
pub const MAX_DISPUTE_DOCUMENT_SIZE: usize =
    MAX_SETTLEMENT_DOCUMENT_SIZE + MAX_BUNDLE_SIZE + 64 * 1024;

/// Largest capacity of a chunk tree, in bytes: 4,096 times the network's.
pub const MAX_BMT_CAPACITY: usize = 16 * 1024 * 1024;

/// Longest span of a chunk, in bytes. Whatever is above eight is zero.
pub const MAX_BMT_SPAN_SIZE: usize = 4_096;

/// Longest file of chunks, in bytes: the last bit of a span's 64 marks redundancy.
pub const MAX_BMT_FILE_SIZE: u64 = (1 << 63) - 1;

/// Most steps of a proof in a file of chunks: a leaf, and a level for every bit of a length.
pub const MAX_BMT_PROOF_STEPS: usize = 65;

/// Largest proof in a file of chunks as JSON, in bytes, white space included.
pub const MAX_BMT_PROOF_SIZE: usize = 1024 * 1024;

/// Largest Merkle tree, in leaves: 2^63.
pub const MAX_TREE_SIZE: u64 = 1 << 63;

const _: () = assert!(MIN_SIGNING_CADENCE <= DEFAULT_SIGNING_CADENCE);
const _: () = assert!(DEFAULT_SIGNING_CADENCE <= MAX_SIGNING_CADENCE);
const _: () = assert!(MAX_RECORD_SIZE as u64 <= MAX_LOG_FILE_SIZE);
const _: () = assert!(MIN_RECORD_SIZE < MAX_ENTRY_SIZE);
const _: () = assert!(MAX_SETTLEMENT_PAIRS * 258 + 2_048 <= MAX_SETTLEMENT_DOCUMENT_SIZE);
// Steps whose spans and sisters are all at their longest, in hex, quoted, with a comma.
const _: () = assert!(
    MAX_BMT_PROOF_STEPS * (2 * MAX_BMT_SPAN_SIZE + 19 * (2 * DIGEST_SIZE + 3) + 64) + 256
        <= MAX_BMT_PROOF_SIZE
);
const _: () = assert!((2 * DIGEST_SIZE) << 18 == MAX_BMT_CAPACITY);
// A window closes in good time even if every record of the largest usual batch is a new pair.
const _: () = assert!(DEFAULT_MAX_RECORDS < MAX_WINDOW_PAIRS as u64);
const _: () = assert!(3 * (MAX_WINDOW_PAIRS * 258 + 4_096) <= MAX_BUNDLE_SIZE);
// A batch's first record may be the largest there is; each is quoted, with a comma behind.
const _: () = assert!(
    2 * MAX_RECORD_SIZE as u64 + DEFAULT_MAX_RECORDS * (2 * MAX_ENTRY_SIZE as u64 + 3) + 4_096
        <= MAX_DISPUTE_DOCUMENT_SIZE as u64
);
// An entry, and the signature record that must always fit behind it.
const _: () = assert!(2 * (LENGTH_PREFIX_SIZE + MAX_ENTRY_SIZE) as u64 <= MIN_SEGMENT_SIZE);
