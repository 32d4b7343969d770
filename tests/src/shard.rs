//! The shard that tests write: its keys, documents and operations, the same in every process.

use std::sync::Arc;
use std::time::Duration;

use countersign::store::disk::Disk;
use countersign::store::{ManualClock, WriterOptions};
use countersign_core::chain::Operation;
use countersign_core::keys::{
    Certificate, PublicKey, Reason, Revocation, ShardId, SigningKey, create_process_key_action,
    create_process_key_revoke_action,
};

/// When the runs start, in milliseconds since the epoch.
pub const START_MS: u64 = 1_700_000_000_000;
/// The smallest segment there is.
pub const SEGMENT_SIZE: u64 = 4096;
/// The shard.
pub const SHARD_ID: ShardId = ShardId::from_bytes([7; 16]);

/// The key that certifies.
pub fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

/// Process key number `number`, below 50.
pub fn process_key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[100 + number; 32])
}

/// The number of a process key.
///
/// # Panics
/// When it is none of those.
pub fn number_of(key: &PublicKey) -> u8 {
    (0..50).find(|number| process_key(*number).public_key() == *key).expect("a key of ours")
}

/// The certificate of a process key, for nearly a week from [`START_MS`] on.
///
/// # Panics
/// Never: the window is a good one.
pub fn certificate(number: u8) -> Certificate {
    let key = process_key(number).public_key();
    let (from, until) = (START_MS, START_MS + 600_000_000);
    create_process_key_action(&operator(), SHARD_ID, key, from, until).expect("a good window")
}

/// The revocation of a process key.
///
/// # Panics
/// Never: there is no compromise.
pub fn revocation(number: u8) -> Revocation {
    let key = process_key(number).public_key();
    create_process_key_revoke_action(&operator(), SHARD_ID, key, START_MS, Reason::Rotation, None)
        .expect("no compromise")
}

/// An operation with this `opId`.
pub fn operation(op_id: &str) -> Operation<'_> {
    let member_id = &[3; 32];
    Operation { op: "earn", member_id, asset_id: "joule", amount: 5, op_id, context_hash: &[9; 32] }
}

/// Options for tiny segments; nothing is committed for its age unless a test says so.
pub fn options(disk: impl Disk + 'static) -> WriterOptions {
    WriterOptions {
        max_segment_size: SEGMENT_SIZE,
        flush_interval: Duration::from_hours(1),
        dedupe_capacity: 10_000,
        clock: Arc::new(ManualClock::new(START_MS * 1_000, 1_000)),
        disk: Arc::new(disk),
        ..WriterOptions::default()
    }
}
