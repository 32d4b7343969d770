//! Small logs, made by the chain writer.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use crate::Seq;
use crate::chain::{ChainWriter, Operation};
use crate::frame::{FrameStep, Place, SegmentNumber, length_prefix, read_frame};
use crate::keys::{
    Reason, ShardId, SigningKey, create_process_key_action, create_process_key_revoke_action,
};
use crate::recovery::{ChainLayout, Scan, StopReason};

pub(super) const NOW_US: u64 = 1_760_000_000_000_000;

/// A log in one segment.
pub(super) struct Log {
    pub(super) bytes: Vec<u8>,
    /// Where each record's frame lies.
    pub(super) frames: Vec<Range<usize>>,
    /// Seqs of its signature records.
    pub(super) signed: Vec<usize>,
    pub(super) chain: ChainWriter,
    key: SigningKey,
}

fn shard_id() -> ShardId {
    ShardId::from_bytes([7; 16])
}

fn operator() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

impl Log {
    /// A certificate and a signature.
    pub(super) fn new() -> Self {
        let key = SigningKey::from_seed(&[2; 32]);
        let chain = ChainWriter::new(shard_id());
        let mut log =
            Self { bytes: Vec::new(), frames: Vec::new(), signed: Vec::new(), chain, key };
        let certificate = log.certificate();
        log.add(|log, out| log.chain.certify(out, NOW_US, &certificate).unwrap());
        log.sign();
        log
    }

    /// A certificate, a signature, and groups of `entries` entries and a signature.
    pub(super) fn with_groups(groups: usize, entries: usize) -> Self {
        let mut log = Self::new();
        for _ in 0..groups {
            log.group(entries);
        }
        log
    }

    fn certificate(&self) -> crate::keys::Certificate {
        let now_ms = NOW_US / 1_000;
        let key = self.key.public_key();
        create_process_key_action(&operator(), shard_id(), key, now_ms, now_ms + 600_000).unwrap()
    }

    fn add(&mut self, make: impl FnOnce(&mut Self, &mut Vec<u8>) -> Seq) {
        let mut record = Vec::new();
        make(self, &mut record);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&length_prefix(record.len()).unwrap());
        self.bytes.extend_from_slice(&record);
        self.frames.push(start..self.bytes.len());
    }

    pub(super) fn entry(&mut self) {
        let op_id = format!("op-{}", self.frames.len());
        self.add(|log, out| {
            let operation = Operation {
                op: "earn",
                member_id: &[3; 32],
                asset_id: "joule",
                amount: 5,
                op_id: &op_id,
                context_hash: &[9; 32],
            };
            log.chain.append(out, NOW_US, &operation).unwrap()
        });
    }

    pub(super) fn sign(&mut self) {
        self.signed.push(self.frames.len());
        self.add(|log, out| log.chain.sign(out, NOW_US, &log.key).unwrap());
    }

    pub(super) fn group(&mut self, entries: usize) {
        for _ in 0..entries {
            self.entry();
        }
        self.sign();
    }

    /// Another key, as a group of certificate, revocation of the old key, and signature.
    pub(super) fn rotate(&mut self, seed: u8) {
        let old = self.key.public_key();
        self.key = SigningKey::from_seed(&[seed; 32]);
        let certificate = self.certificate();
        self.add(|log, out| log.chain.certify(out, NOW_US, &certificate).unwrap());
        let revocation = create_process_key_revoke_action(
            &operator(),
            shard_id(),
            old,
            NOW_US / 1_000,
            Reason::Rotation,
            None,
        )
        .unwrap();
        self.add(|log, out| log.chain.revoke(out, NOW_US, &revocation).unwrap());
        self.sign();
    }

    pub(super) fn end_of(&self, seq: usize) -> usize {
        self.frames[seq].end
    }

    pub(super) fn record(&self, seq: usize) -> &[u8] {
        &self.bytes[self.frames[seq].clone()][4..]
    }
}

pub(super) fn place(offset: usize) -> Place {
    Place { segment: SegmentNumber::FIRST, offset: offset as u64 }
}

/// Walks whole frames from `offset` on; where and why it stopped.
pub(super) fn walk(
    scan: &mut Scan<ChainLayout>,
    bytes: &[u8],
    mut offset: usize,
) -> (usize, Option<StopReason>) {
    while let FrameStep::Frame { payload } = read_frame(&bytes[offset..]) {
        if let Err(reason) = scan.push(place(offset), payload) {
            return (offset, Some(reason));
        }
        offset += 4 + payload.len();
    }
    (offset, None)
}
