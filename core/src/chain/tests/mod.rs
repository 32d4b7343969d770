//! Tests of the chain room, and the small log they are made on.

mod audit;
mod control;
mod entry;
mod keyring;
mod writer;

use alloc::vec::Vec;

use ciborium::value::{Integer, Value};

use super::*;
use crate::Seq;
use crate::codec::Encoder;
use crate::frame::{Place, SegmentNumber};
use crate::hash::Digest;
use crate::keys::{
    Certificate, Reason, Revocation, ShardId, Signature, SigningKey, create_process_key_action,
    create_process_key_revoke_action, signature_message,
};
use crate::limits::GENESIS_HASH;

pub(super) const SHARD: ShardId = ShardId::from_bytes([7; 16]);
/// When the keys of these tests begin to be valid, and for how long.
pub(super) const START_MS: u64 = 1_000_000;
pub(super) const LIFE_MS: u64 = 100_000;

pub(super) fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

/// The process key of a number.
pub(super) fn process(number: u8) -> SigningKey {
    SigningKey::from_seed(&[100 + number; 32])
}

pub(super) fn certificate(number: u8) -> Certificate {
    let key = process(number).public_key();
    create_process_key_action(&operator(), SHARD, key, START_MS, START_MS + LIFE_MS).unwrap()
}

pub(super) fn revocation(number: u8, reason: Reason, from: Option<u64>) -> Revocation {
    let key = process(number).public_key();
    let from = from.map(Seq);
    create_process_key_revoke_action(&operator(), SHARD, key, START_MS, reason, from).unwrap()
}

pub(super) const fn operation(op_id: &str) -> Operation<'_> {
    Operation {
        op: "earn",
        member_id: &[3; 32],
        asset_id: "joule",
        amount: 5,
        op_id,
        context_hash: &[0; 32],
    }
}

/// A body of a settlement that the given key signs; no roots, no deltas.
#[derive(Clone, Copy)]
pub(super) struct Batch {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) tip: Digest,
    pub(super) entries: u64,
}

impl Batch {
    pub(super) fn encode(&self, encoder: &mut Encoder<'_>, deltas: &[MemberDelta<'_>]) {
        encoder.uint(self.from);
        encoder.uint(self.to);
        for digest in [self.tip, GENESIS_HASH, GENESIS_HASH, GENESIS_HASH] {
            encoder.bytes(digest.as_bytes());
        }
        encoder.uint(self.entries);
        encoder.array(deltas.len() as u64);
        let mut encoded = Vec::new();
        for delta in deltas {
            delta.encode(&mut encoded);
        }
        encoder.raw(&encoded);
    }

    pub(super) fn sign(&self, shard_id: ShardId, key: &SigningKey) -> Signature {
        let mut signed = Vec::new();
        let mut encoder = Encoder::new(&mut signed);
        encoder.array(10);
        encoder.text("BATCH_SETTLEMENT");
        encoder.bytes(shard_id.as_bytes());
        self.encode(&mut encoder, &[]);
        key.sign(&signed)
    }
}

/// A log in memory that can also hold what no writer would write.
#[derive(Clone)]
pub(super) struct Log {
    pub(super) records: Vec<Vec<u8>>,
    pub(super) seq: u64,
    pub(super) tip: Digest,
    pub(super) ts_us: u64,
}

impl Log {
    /// No record yet; the first will be 10 ms into the keys' validity.
    pub(super) const fn empty() -> Self {
        let ts_us = (START_MS + 10) * 1_000;
        Self { records: Vec::new(), seq: 0, tip: GENESIS_HASH, ts_us }
    }

    /// Record 0 certifies process key 0.
    pub(super) fn new() -> Self {
        let mut log = Self::empty();
        log.control(Control::Certificate(certificate(0)));
        log
    }

    /// Takes bytes as the next record, whatever they are.
    pub(super) fn push(&mut self, bytes: Vec<u8>) {
        self.tip = next_tip(&bytes, &self.tip);
        self.seq += 1;
        self.ts_us += 1_000;
        self.records.push(bytes);
    }

    #[expect(clippy::large_types_passed_by_value, reason = "a body is made where it is passed")]
    pub(super) fn control(&mut self, body: Control<'_>) {
        let mut bytes = Vec::new();
        let (seq, prev_hash, ts_us) = (Seq(self.seq), self.tip, self.ts_us);
        ControlRecord { seq, prev_hash, ts_us, body }.encode(&mut bytes);
        self.push(bytes);
    }

    pub(super) fn entry(&mut self) {
        let mut bytes = Vec::new();
        let (seq, prev_hash, ts_us) = (Seq(self.seq), self.tip, self.ts_us);
        let record = MeteringRecord { seq, prev_hash, ts_us, operation: operation("op") };
        record.encode(&mut bytes);
        self.push(bytes);
    }

    pub(super) fn entries(&mut self, count: usize) {
        (0..count).for_each(|_| self.entry());
    }

    /// A signature record by the process key of a number.
    pub(super) fn sign(&mut self, number: u8) {
        let (key, covered) = (process(number), Seq(self.seq - 1));
        let fingerprint = key.fingerprint();
        let message = signature_message(&SHARD, covered, &self.tip, &fingerprint);
        let signature = key.sign(message.as_bytes());
        self.control(Control::Signature(SigEnvelope { fingerprint, signature }));
    }

    pub(super) fn certify(&mut self, number: u8) {
        self.control(Control::Certificate(certificate(number)));
    }

    pub(super) fn revoke(&mut self, number: u8, reason: Reason, from: Option<u64>) {
        self.control(Control::Revocation(revocation(number, reason, from)));
    }

    /// The batch that a settlement here would close.
    pub(super) fn batch(&self, from: u64, entries: u64) -> Batch {
        Batch { from, to: self.seq - 1, tip: self.tip, entries }
    }

    pub(super) fn settle(&mut self, batch: Batch, number: u8) {
        let signature = batch.sign(SHARD, &process(number));
        self.settlement(batch, number, signature);
    }

    pub(super) fn settlement(&mut self, batch: Batch, number: u8, signature: Signature) {
        let (seq, tip, ts) = (self.seq, self.tip, self.ts_us);
        self.push(settlement_record(seq, tip, ts, batch, &[], number, signature));
    }

    /// The frames with their places: one segment, no gaps.
    pub(super) fn frames(&self) -> impl Iterator<Item = (Place, &[u8])> {
        self.records.iter().scan(0, |offset, bytes| {
            let place = Place { segment: SegmentNumber::FIRST, offset: *offset };
            *offset += 4 + bytes.len() as u64;
            Some((place, bytes.as_slice()))
        })
    }
}

pub(super) fn settlement_record(
    seq: u64,
    prev_hash: Digest,
    ts_us: u64,
    batch: Batch,
    deltas: &[MemberDelta<'_>],
    number: u8,
    signature: Signature,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.array(5);
    encoder.uint(seq);
    encoder.bytes(prev_hash.as_bytes());
    encoder.uint(ts_us);
    encoder.text("BATCH_SETTLEMENT");
    encoder.array(10);
    batch.encode(&mut encoder, deltas);
    encoder.bytes(process(number).public_key().as_bytes());
    encoder.bytes(signature.as_bytes());
    bytes
}

/// What the generic CBOR crate makes of `value`.
pub(super) fn generic(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

pub(super) fn int(value: i128) -> Value {
    Value::Integer(Integer::try_from(value).unwrap())
}

pub(super) fn blob(value: &[u8]) -> Value {
    Value::Bytes(value.to_vec())
}

pub(super) fn string(value: &str) -> Value {
    Value::Text(value.into())
}

/// The record encoded again from its fields.
pub(super) fn encode_again(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    match record {
        Record::Entry(entry) => entry.encode(&mut bytes),
        Record::Control(control) => control.encode(&mut bytes),
    }
    bytes
}

/// Flips every bit: each result is refused, or is another record in that record's only encoding.
pub(super) fn check_every_bit(good: &[u8]) {
    let original = Record::decode(good).unwrap();
    assert_eq!(encode_again(&original), good);
    let mut bytes = good.to_vec();
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(record) = Record::decode(&bytes) {
            assert_eq!(encode_again(&record), bytes, "bit {bit}");
            assert!(record != original, "bit {bit} changes nothing");
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    for length in 0..good.len() {
        assert!(Record::decode(&good[..length]).is_err(), "cut at {length}");
    }
    bytes.push(0);
    assert!(Record::decode(&bytes).is_err(), "a byte behind");
}
