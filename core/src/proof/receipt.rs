//! A receipt: the writer's promise that a record is durable.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Receipt".

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::format::{FormatOf, TheFormat};
use super::report::{Facts, RecordFact, Report};
use super::settled::{check_time, decode};
use super::verifier::{Failure, Kind, Stop, Verifier, VerifyOptions};
use super::{Format, ProofError};
use crate::Seq;
use crate::chain::Record;
use crate::document::{self, DocumentError, Object, One, members};
use crate::hash::Digest;
use crate::keys::{Certificate, PublicKey, ShardId, Signature, VerifyingKey, receipt_message};
use crate::limits::MAX_BUNDLE_SIZE;

/// What the writer promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The record's number.
    pub seq: Seq,
    /// Its bytes.
    pub record: Vec<u8>,
    /// The process key's signature over [`receipt_message`].
    pub signature: Signature,
}

members!(Receipt {
    seq "seq": One,
    record "record": One,
    signature "signature": One,
});

/// A receipt with the certificate of the key that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReceipt {
    /// The certificate of the key that signed the receipt.
    pub certificate: Certificate,
    /// The receipt.
    pub receipt: Receipt,
}

members!(SignedReceipt {
    certificate "certificate": Object,
    receipt "receipt": Object,
});

/// A receipt as a bundle of its own. It rests on no settlement: it is given before there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptBundle {
    format: FormatOf<Receipt>,
    /// The shard.
    pub shard_id: ShardId,
    /// The operator key, for whoever does not know which one to trust yet.
    pub operator_public_key: PublicKey,
    /// The certificate of the key that signed the receipt.
    pub certificate: Certificate,
    /// What the writer promises.
    pub proof: Receipt,
}

members!(ReceiptBundle {
    format "format": TheFormat,
    shard_id "shardId": One,
    operator_public_key "operatorPublicKey": One,
    certificate "certificate": Object,
    proof "proof": Object,
});

impl ReceiptBundle {
    /// A bundle of a receipt as the writer gives it: the key that signed it is the one of
    /// `certificate`.
    pub fn build(certificate: &Certificate, seq: Seq, record: &[u8], signature: Signature) -> Self {
        Self {
            format: FormatOf::new(),
            shard_id: certificate.shard_id,
            operator_public_key: certificate.operator_public_key,
            certificate: *certificate,
            proof: Receipt { seq, record: record.to_owned(), signature },
        }
    }

    /// The receipt and the certificate of its key.
    pub fn signed_receipt(&self) -> SignedReceipt {
        SignedReceipt { certificate: self.certificate, receipt: self.proof.clone() }
    }

    /// Reads a bundle of this kind from its JSON.
    pub fn from_json(json: &[u8]) -> Result<Self, DocumentError> {
        document::read(json, MAX_BUNDLE_SIZE)
    }

    /// The bundle as a JSON document; the same bundle gives the same bytes.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }

    /// Checks the bundle against the operator key that the caller trusts.
    ///
    /// `Err` only if a revocation in `options` does not hold for the shard.
    ///
    /// # Does not prove
    ///
    /// Whatever [`Report::does_not_prove`] lists: above all, that the record will be settled.
    pub fn verify(
        &self,
        trusted: &PublicKey,
        options: &VerifyOptions<'_>,
    ) -> Result<Report, ProofError> {
        let facts = Facts::new(self.shard_id, self.operator_public_key);
        let mut run = Verifier::new(Receipt::FORMAT, facts, trusted, options);
        let outcome = run
            .check_operator()
            .and_then(|()| run.check_receipt(&self.certificate, &self.proof).map(drop));
        run.finish(outcome, &[Receipt::DOES_NOT_PROVE])
    }
}

impl Kind for Receipt {
    const FORMAT: Format = Format::Receipt;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "That the record is or will be in a settlement: if one that covers its seq holds another \
         leaf, the two together are a proof against the operator.",
        "When the receipt was given: the time is the record's own.",
        "That what the record says happened.",
        "That the process key was in the operator's hands alone: a compromise that was not among \
         the revocations given is not known here.",
    ];
}

impl Verifier<'_> {
    /// Checks a receipt and the certificate of its key; its record and leaf hash.
    pub(super) fn check_receipt<'r>(
        &mut self,
        certificate: &Certificate,
        receipt: &'r Receipt,
    ) -> Result<(Record<'r>, Digest), Stop> {
        // 1. The certificate holds, as for a settlement.
        self.check_certificate(certificate)?;
        // 2. The bytes are a record, in its one encoding.
        let (record, leaf) = self.check("record", decode(&receipt.record), |(record, leaf)| {
            format!("the bytes are record {}, its leaf hash is {leaf}", record.seq())
        })?;
        self.facts.records.push(RecordFact::of(&record, leaf));
        // 3. Its own seq is the one promised.
        let (seq, own) = (receipt.seq, record.seq());
        let result = if own == seq {
            Ok(())
        } else {
            Err(Failure::new("record-seq", format!("the record is {own}, not {seq}")))
        };
        self.check("record-seq", result, |()| format!("the record's own seq is {seq}"))?;
        // 4. The key was still valid when the record was appended.
        self.check("record-time", check_time(certificate, &record), |()| {
            format!("it was appended before key {} ended", certificate.public_key)
        })?;
        // 5. The key signed shard, seq and leaf hash.
        let key = certificate.public_key;
        let message = receipt_message(&self.shard_id, seq, &leaf);
        let result = VerifyingKey::new(&key)
            .and_then(|key| key.verify(message.as_bytes(), &receipt.signature))
            .map_err(|error| Failure::new("receipt-signature", error));
        self.check("receipt-signature", result, |()| format!("key {key} signed the receipt"))?;
        // 6. No known compromise takes effect before its seq; in a contradiction, none at all.
        self.check_compromise(certificate, seq)?;
        Ok((record, leaf))
    }
}
