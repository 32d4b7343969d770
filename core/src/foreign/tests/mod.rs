//! Tests of the room: a writer of the layout, and what is made of its shards.

mod audit;
mod decode;

use alloc::string::String;
use alloc::vec::Vec;

use crate::Seq;
use crate::codec::Encoder;
use crate::foreign::items::TYPED_BYTES;
use crate::foreign::{
    ForeignAudit, ForeignAuditor, ForeignCertificate, ForeignKeys, ForeignReason,
    ForeignRevocation, SignatureEntry, foreign_tip,
};
use crate::frame::{Place, SegmentNumber};
use crate::hash::Digest;
use crate::keys::{ShardId, Signature, SigningKey, signature_message};
use crate::limits::GENESIS_HASH;

/// Fields of a record to be written, and which of its byte strings are tagged.
#[derive(Clone, Debug)]
struct Fields {
    seq: u64,
    prev_hash: [u8; 32],
    ts_us: u64,
    op: String,
    member_id: [u8; 32],
    asset_id: String,
    amount: i128,
    op_id: String,
    context_hash: [u8; 32],
    tagged: [bool; 3],
}

/// The slow twin of the decoder: writes one item after the other, as the page says.
fn encode(fields: &Fields) -> Vec<u8> {
    let mut out = alloc::vec![0x89];
    let uint = |out: &mut Vec<u8>, value: u64| {
        out.push(0x1b);
        out.extend_from_slice(&value.to_be_bytes());
    };
    let bytes = |out: &mut Vec<u8>, value: &[u8], is_tagged: bool| {
        if is_tagged {
            out.extend_from_slice(&TYPED_BYTES);
        }
        Encoder::new(out).bytes(value);
    };
    uint(&mut out, fields.seq);
    bytes(&mut out, &fields.prev_hash, fields.tagged[0]);
    uint(&mut out, fields.ts_us);
    Encoder::new(&mut out).text(&fields.op);
    bytes(&mut out, &fields.member_id, fields.tagged[1]);
    Encoder::new(&mut out).text(&fields.asset_id);
    let big = |out: &mut Vec<u8>, tag: u8, value: u128| {
        let digits: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|d| *d == 0).collect();
        out.push(tag);
        Encoder::new(out).bytes(&digits);
    };
    match fields.amount {
        value if value > i128::from(u64::MAX) => big(&mut out, 0xc2, value.unsigned_abs()),
        value if value >= 0 => uint(&mut out, u64::try_from(value).unwrap()),
        value if value > -(1 << 64) => {
            out.push(0x3b);
            out.extend_from_slice(&u64::try_from(-1 - value).unwrap().to_be_bytes());
        }
        value => big(&mut out, 0xc3, value.unsigned_abs() - 1),
    }
    Encoder::new(&mut out).text(&fields.op_id);
    bytes(&mut out, &fields.context_hash, fields.tagged[2]);
    out
}

const SHARD: ShardId = ShardId::from_bytes([7; 16]);
/// Microseconds in an hour.
const HOUR: u64 = 3_600_000_000;

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn process(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn certificate(key: &SigningKey, not_before_us: u64, not_after_us: u64) -> ForeignCertificate {
    let mut certificate = ForeignCertificate {
        shard_id: SHARD,
        fingerprint: key.fingerprint(),
        public_key: key.public_key(),
        not_before_us,
        not_after_us,
        operator_signature: Signature::from_bytes([0; 64]),
    };
    certificate.operator_signature = operator().sign(&certificate.signed_bytes());
    certificate
}

fn revocation(key: &SigningKey, reason: ForeignReason, from: Option<u64>) -> ForeignRevocation {
    let mut revocation = ForeignRevocation {
        shard_id: SHARD,
        fingerprint: key.fingerprint(),
        reason,
        effective_at_seq: from.map(Seq),
        operator_signature: Signature::from_bytes([0; 64]),
    };
    revocation.operator_signature = operator().sign(&revocation.signed_bytes());
    revocation
}

/// A log in the making.
struct Log {
    records: Vec<Vec<u8>>,
    sidecar: Vec<u8>,
    tip: Digest,
}

impl Log {
    /// `count` records a second apart, the first naming `key`.
    fn new(key: &SigningKey, count: u64) -> Self {
        let mut log = Self { records: Vec::new(), sidecar: Vec::new(), tip: GENESIS_HASH };
        for _ in 0..count {
            log.append(key, |_| {});
        }
        log
    }

    fn append(&mut self, key: &SigningKey, change: impl FnOnce(&mut Fields)) {
        let seq = self.records.len() as u64;
        let mut fields = Fields {
            seq,
            prev_hash: *self.tip.as_bytes(),
            ts_us: seq * 1_000_000,
            op: "spend".into(),
            member_id: [9; 32],
            asset_id: "joule".into(),
            amount: -5,
            op_id: alloc::format!("{seq}"),
            context_hash: if seq == 0 { *key.fingerprint().as_bytes() } else { [0; 32] },
            tagged: [true; 3],
        };
        change(&mut fields);
        let bytes = encode(&fields);
        self.tip = foreign_tip(&bytes);
        self.records.push(bytes);
    }

    fn signature(&self, key: &SigningKey) -> SignatureEntry {
        let (seq, fingerprint) = (Seq(self.records.len() as u64 - 1), key.fingerprint());
        let message = signature_message(&SHARD, seq, &self.tip, &fingerprint);
        let signature = key.sign(message.as_bytes());
        SignatureEntry { seq, tip: self.tip, fingerprint, signature }
    }

    fn sign(&mut self, key: &SigningKey) {
        let entry = self.signature(key);
        self.sidecar.extend_from_slice(&frame(&entry));
    }

    fn audit(&self, keys: ForeignKeys) -> ForeignAudit {
        let mut auditor = ForeignAuditor::new(keys);
        auditor.take_sidecar(&self.sidecar);
        self.feed(auditor)
    }

    fn feed(&self, mut auditor: ForeignAuditor) -> ForeignAudit {
        for (index, bytes) in self.records.iter().enumerate() {
            auditor.push(place(index as u64), bytes);
        }
        auditor.finish()
    }
}

fn place(offset: u64) -> Place {
    Place { segment: SegmentNumber::FIRST, offset }
}

/// An entry of a sidecar with its length prefix.
fn frame(entry: &SignatureEntry) -> Vec<u8> {
    let mut out = alloc::vec![150, 0, 0, 0, 0x84, 0x1b];
    out.extend_from_slice(&entry.seq.0.to_be_bytes());
    for bytes in [entry.tip.as_bytes().as_slice(), entry.fingerprint.as_bytes()] {
        out.extend_from_slice(&TYPED_BYTES);
        Encoder::new(&mut out).bytes(bytes);
    }
    out.extend_from_slice(&TYPED_BYTES);
    Encoder::new(&mut out).bytes(entry.signature.as_bytes());
    out
}

fn trusting(keys: &[&SigningKey]) -> ForeignKeys {
    let mut trusted = ForeignKeys::new(SHARD);
    for key in keys {
        trusted.trust(&key.public_key()).unwrap();
    }
    trusted
}

fn codes(audit: &ForeignAudit) -> Vec<&'static str> {
    audit.failures.iter().map(|failure| failure.code.as_str()).collect()
}
