//! Records: encoding, strict decoding, the chain and its signatures, with the generic CBOR crate
//! and BLAKE3 alone over the same bytes beside them.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used)]

use ciborium::value::Value;
use countersign_core::Seq;
use countersign_core::chain::{ChainWriter, MeteringRecord, Operation, Record, next_tip};
use countersign_core::hash::{Digest, blake3};
use countersign_core::keys::{
    KeyTables, ShardId, SigningKey, VerifyingKey, create_process_key_action, signature_message,
};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const MEMBER: [u8; 32] = [0x3c; 32];
const CONTEXT: [u8; 32] = [0x5a; 32];

/// A usual entry: 186 bytes.
fn entry() -> MeteringRecord<'static> {
    MeteringRecord {
        seq: Seq(1_234_567),
        prev_hash: Digest::from_bytes([0xa5; 32]),
        ts_us: 1_760_000_000_123_456,
        operation: Operation {
            op: "joule.charge",
            member_id: &MEMBER,
            asset_id: "compute-hour",
            amount: -1_500_000,
            op_id: "0199b1c0-4f6e-7c3a-9d2b-00000000c0de",
            context_hash: &CONTEXT,
        },
    }
}

fn entry_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    entry().encode(&mut bytes);
    bytes
}

fn generic() -> Value {
    ciborium::from_reader(entry_bytes().as_slice()).unwrap()
}

fn counter() -> BytesCount {
    BytesCount::new(entry_bytes().len())
}

#[divan::bench]
fn encode_entry(bencher: Bencher<'_, '_>) {
    let entry = entry();
    let mut out = Vec::with_capacity(1_024);
    bencher.counter(counter()).bench_local(|| {
        out.clear();
        black_box(&entry).encode(&mut out);
        black_box(&mut out);
    });
}

#[divan::bench]
fn encode_entry_ciborium(bencher: Bencher<'_, '_>) {
    let value = generic();
    let mut out = Vec::with_capacity(1_024);
    bencher.counter(counter()).bench_local(|| {
        out.clear();
        ciborium::into_writer(black_box(&value), &mut out).unwrap();
        black_box(&mut out);
    });
}

#[divan::bench]
fn decode_entry(bencher: Bencher<'_, '_>) {
    let bytes = entry_bytes();
    bencher
        .counter(counter())
        .bench_local(|| black_box(MeteringRecord::decode(black_box(&bytes))).is_ok());
}

#[divan::bench]
fn decode_record(bencher: Bencher<'_, '_>) {
    let bytes = entry_bytes();
    bencher.counter(counter()).bench_local(|| black_box(Record::decode(black_box(&bytes))).is_ok());
}

#[divan::bench]
fn decode_entry_ciborium(bencher: Bencher<'_, '_>) {
    let bytes = entry_bytes();
    bencher
        .counter(counter())
        .bench_local(|| ciborium::from_reader::<Value, _>(black_box(bytes.as_slice())).unwrap());
}

#[divan::bench]
fn chain_step(bencher: Bencher<'_, '_>) {
    let bytes = entry_bytes();
    let tip = Digest::from_bytes([0xa5; 32]);
    bencher.counter(counter()).bench_local(|| next_tip(black_box(&bytes), black_box(&tip)));
}

#[divan::bench]
fn chain_step_blake3_alone(bencher: Bencher<'_, '_>) {
    let mut bytes = entry_bytes();
    bytes.extend_from_slice(&[0xa5; 32]);
    bencher.counter(counter()).bench_local(|| blake3(black_box(&bytes)));
}

/// Checks, encodes and chains, as the writer does for every entry.
#[divan::bench]
fn append_entry(bencher: Bencher<'_, '_>) {
    let operator = SigningKey::from_seed(&[1; 32]);
    let process = SigningKey::from_seed(&[2; 32]);
    let shard_id = ShardId::from_bytes([7; 16]);
    let public_key = process.public_key();
    let certificate =
        create_process_key_action(&operator, shard_id, public_key, 0, 604_800_000).unwrap();
    let mut chain = ChainWriter::new(shard_id);
    let mut out = Vec::with_capacity(1_024);
    chain.certify(&mut out, 0, &certificate).unwrap();
    let operation = entry().operation;
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        out.clear();
        chain.append(&mut out, 1_000, black_box(&operation)).unwrap()
    });
}

#[divan::bench]
fn signature_make(bencher: Bencher<'_, '_>) {
    let key = SigningKey::from_seed(&[2; 32]);
    let shard_id = ShardId::from_bytes([7; 16]);
    let tip = Digest::from_bytes([0xa5; 32]);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        let message =
            signature_message(&shard_id, Seq(1_234_567), black_box(&tip), &key.fingerprint());
        key.sign(message.as_bytes())
    });
}

#[divan::bench]
fn signature_verify(bencher: Bencher<'_, '_>) {
    let key = SigningKey::from_seed(&[2; 32]);
    let message = [0xa5; 32];
    let signature = key.sign(&message);
    let key = VerifyingKey::new(&key.public_key()).unwrap();
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| key.verify(black_box(&message), black_box(&signature)).is_ok());
}

/// Of a key that was met often, over other tips each time: as in a log.
#[divan::bench]
fn signature_verify_with_tables(bencher: Bencher<'_, '_>) {
    let key = SigningKey::from_seed(&[2; 32]);
    let signed: Vec<_> = (0..=u8::MAX).map(|tip| ([tip; 32], key.sign(&[tip; 32]))).collect();
    let key = VerifyingKey::new(&key.public_key()).unwrap();
    let mut tables = KeyTables::default();
    let mut signed = signed.iter().cycle();
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        let (message, signature) = signed.next().unwrap();
        tables.verify(&key, black_box(message), black_box(signature)).is_ok()
    });
}
