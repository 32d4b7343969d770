//! The store on a real directory: create, append, close, open.

use std::time::Instant;

use countersign::store::{MeteringLogShard, StoreError, WriterOptions};
use countersign_core::chain::Operation;
use countersign_core::keys::{Certificate, ShardId, SigningKey, create_process_key_action};

fn keys() -> (SigningKey, SigningKey) {
    (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]))
}

fn certificate() -> Certificate {
    let (operator, process) = keys();
    let now_ms =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
            as u64;
    let shard_id = ShardId::from_bytes([7; 16]);
    create_process_key_action(&operator, shard_id, process.public_key(), now_ms, now_ms + 600_000)
        .unwrap()
}

fn operation<'a>(op_id: &'a str, member_id: &'a [u8; 32]) -> Operation<'a> {
    Operation { op: "earn", member_id, asset_id: "joule", amount: 5, op_id, context_hash: &[0; 32] }
}

#[test]
fn what_is_acknowledged_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let options = WriterOptions::default();
    let shard = MeteringLogShard::create(&path, &certificate(), keys().1, &options).unwrap();
    let start = Instant::now();
    for i in 0..10_000_u32 {
        shard.append(&operation(&format!("op-{i}"), &[3; 32])).unwrap();
    }
    eprintln!("{:?}", start.elapsed());
    shard.flush().unwrap();
    eprintln!("{:?}", start.elapsed());
    let status = shard.status();
    assert_eq!(status.accepted, status.durable);
    shard.close().unwrap();
    assert!(matches!(shard.append(&operation("late", &[3; 32])), Err(StoreError::Closed)));
    let start = Instant::now();
    let (shard, result) = MeteringLogShard::open(&path, Some(keys().1), &options).unwrap();
    eprintln!("{:?} {result:?}", start.elapsed());
    assert_eq!(result.last_seq, status.durable);
    assert!(!result.was_truncated);
    let again = shard.append(&operation("op-77", &[3; 32])).unwrap();
    assert!(again.is_duplicate);
    let other = Operation { amount: 6, ..operation("op-77", &[3; 32]) };
    let Err(StoreError::DuplicateOpId { existing_seq }) = shard.append(&other) else { panic!() };
    assert_eq!(existing_seq, again.seq);
    assert!(matches!(
        MeteringLogShard::open(&path, Some(keys().1), &options),
        Err(StoreError::Locked { .. })
    ));
}
