//! One record is in a batch, shown without the sums of all its members.
//!
//! The settlement's own signature covers every member's sums, which may be thousands. But its record
//! stands in the log, and the next one signs the chain's tip, the hash of that record: opened at its
//! beginning, where the roots are, the same key's signature covers them in a few hundred bytes.
//!
//! The numbers in the comments are those of `FORMAT.md`, "Brief inclusion".

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::bundle::{Bundle, InclusionBundle};
use super::format::{FormatOf, TheFormat};
use super::inclusion::verify_record;
use super::report::{Facts, Report, SettlementFact};
use super::settled::{Batch, Ground, SignedSettlement};
use super::verifier::{Failure, Kind, Stop, Verifier, VerifyOptions};
use super::{Format, InclusionProof, ProofError};
use crate::chain::{Control, Record, SettlementHead};
use crate::document::{self, Blank, DocumentError, Object, One, Spelling, members};
use crate::hash::{BLAKE3_CHUNK_SIZE, Digest, FirstChunk, MAX_LEVELS};
use crate::keys::{Certificate, PublicKey, ShardId, Signature, VerifyingKey, signature_message};
use crate::limits::{DIGEST_SIZE, MAX_BUNDLE_SIZE};

/// The settlement's record under the signature of the chain that it is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainedSettlement {
    /// The first chunk of what the chain's step hashes, the record and the tip before it, opened
    /// towards the tip behind it.
    pub opening: FirstChunk,
    /// The process key's signature over that tip, out of the next record.
    pub signature: Signature,
}

members!(ChainedSettlement {
    opening "opening": One,
    signature "signature": One,
});

/// Bytes of the longest opening.
const MOST_BYTES: usize = BLAKE3_CHUNK_SIZE + MAX_LEVELS * DIGEST_SIZE;

/// In documents an opening is base64 (RFC 4648, section 4): in hex it would be half of a bundle.
impl Spelling for FirstChunk {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64::encode_string(&self.to_bytes()))
    }

    fn read(text: &str) -> Option<Self> {
        // Decoding refuses what encoding would not have written, the unused bits of the end too.
        let mut bytes = [0; MOST_BYTES];
        Self::from_bytes(Base64::decode(text, &mut bytes).ok()?)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64 of at most 1024 bytes, or of as many and hashes of 32")
    }
}

impl Blank for FirstChunk {
    const BLANK: Self = Self { bytes: Vec::new(), siblings: Vec::new() };
}

/// A bundle that shows a record to be in a batch, with the beginning of the settlement's record in
/// the place of the whole settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BriefInclusionBundle {
    format: FormatOf<BriefInclusion>,
    /// The shard.
    pub shard_id: ShardId,
    /// The operator key, for whoever does not know which one to trust yet.
    pub operator_public_key: PublicKey,
    /// The certificate of the key that signed the chain behind the settlement.
    pub certificate: Certificate,
    /// The settlement's record in the chain.
    pub settlement: ChainedSettlement,
    /// What is proven under it.
    pub proof: InclusionProof,
}

members!(BriefInclusionBundle {
    format "format": TheFormat,
    shard_id "shardId": One,
    operator_public_key "operatorPublicKey": One,
    certificate "certificate": Object,
    settlement "settlement": Object,
    proof "proof": Object,
});

impl BriefInclusionBundle {
    /// The brief form of `inclusion`, out of the settlement's record and the one behind it.
    ///
    /// # Errors
    /// [`ProofError::SettlementUnsigned`] where these two do not show the settlement under a
    /// signature of its key.
    pub fn build(
        inclusion: &InclusionBundle,
        settlement_record: &[u8],
        next_record: &[u8],
    ) -> Result<Self, ProofError> {
        let refused = ProofError::SettlementUnsigned { seq: inclusion.settlement.to_seq.next() };
        let (Ok(head), Ok(Record::Control(next))) =
            (SettlementHead::decode(settlement_record), Record::decode(next_record))
        else {
            return Err(refused);
        };
        let Control::Signature(signed) = next.body else { return Err(refused) };
        if head.roots != inclusion.settlement.roots() {
            return Err(refused);
        }
        let hashed = [settlement_record, head.prev_hash.as_bytes()].concat();
        let (opening, signature) = (FirstChunk::of(&hashed), signed.signature);
        let bundle = Self {
            format: FormatOf::new(),
            shard_id: inclusion.shard_id,
            operator_public_key: inclusion.operator_public_key,
            certificate: inclusion.certificate,
            settlement: ChainedSettlement { opening, signature },
            proof: inclusion.proof.clone(),
        };
        let report = bundle.verify(&bundle.operator_public_key, &VerifyOptions::default())?;
        if report.valid { Ok(bundle) } else { Err(refused) }
    }

    /// The bundle with the settlement whole, if `signed` is the settlement that it shows.
    pub fn with_settlement(&self, signed: &SignedSettlement) -> Option<InclusionBundle> {
        let roots = SettlementHead::decode(&self.settlement.opening.bytes).ok()?.roots;
        let is_same = signed.certificate == self.certificate && signed.settlement.roots() == roots;
        is_same.then(|| Bundle::new(signed, self.proof.clone()))
    }

    /// Checks the bundle against the operator key that the caller trusts.
    ///
    /// `Err` only if a revocation in `options` does not hold for the shard; anything wrong with the
    /// bundle is in the report.
    ///
    /// # Does not prove
    ///
    /// Whatever [`Report::does_not_prove`] lists.
    pub fn verify(
        &self,
        trusted: &PublicKey,
        options: &VerifyOptions<'_>,
    ) -> Result<Report, ProofError> {
        let facts = Facts::new(self.shard_id, self.operator_public_key);
        let mut run = Verifier::new(Format::BriefInclusion, facts, trusted, options);
        let outcome = self.run(&mut run);
        run.finish(outcome, &[BriefInclusion::DOES_NOT_PROVE])
    }

    fn run(&self, run: &mut Verifier<'_>) -> Result<(), Stop> {
        run.check_operator()?;
        run.check_certificate(&self.certificate)?;
        let (head, batch) = run.check_chained(&self.certificate, &self.settlement)?;
        let (certificate, items_root) = (&self.certificate, &head.roots.items_root);
        verify_record(&self.proof, &Ground { certificate, batch, items_root }, run).map(drop)
    }

    /// The bundle as a JSON document; the same bundle gives the same bytes.
    pub fn to_json(&self) -> Result<String, DocumentError> {
        document::write(self)
    }

    /// Reads a bundle of this kind from its JSON.
    pub fn from_json(json: &[u8]) -> Result<Self, DocumentError> {
        document::read(json, MAX_BUNDLE_SIZE)
    }
}

/// The kind of [`BriefInclusionBundle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BriefInclusion {}

impl Kind for BriefInclusion {
    const FORMAT: Format = Format::BriefInclusion;
    const DOES_NOT_PROVE: &'static [&'static str] = &[
        "That what the record says happened: only that the operator recorded it, in a log that it \
         signed.",
        "Anything about other records of the batch, nor that the operation is in no other batch.",
        "That the batch's index or its sums count the record: a statement shows that.",
        "What any member earned or spent in the batch: the settlement's sums, and its own signature \
         over them, are not looked at. What is signed is the chain that its record is part of.",
        "That the operator can be held to it alone: should another settlement of these records turn \
         up, the two can only be held against each other by whoever has the whole one of this batch.",
        "When the settlement was made: the time of its record is the operator's.",
        "That the operator is honest: only that it committed itself, with a key that it certified, to \
         the log that the settlement's record stands in.",
        "That the process key was in the operator's hands alone: a compromise that was not among the \
         revocations given is not known here.",
    ];
}

impl Verifier<'_> {
    /// Checks a settlement's record and the signature of the chain behind it, by a key whose
    /// certificate holds.
    fn check_chained(
        &mut self,
        certificate: &Certificate,
        chained: &ChainedSettlement,
    ) -> Result<(SettlementHead, Batch), Stop> {
        let key = certificate.public_key;
        // 2. The bytes begin a settlement's record, and it stands right behind its batch.
        let result = decode_head(&chained.opening.bytes);
        let head = self.check("settlement-record", result, |head| {
            format!("the bytes begin record {}, a settlement", head.seq)
        })?;
        self.facts.settlements.push(SettlementFact::new(self.shard_id, key, &head.roots));
        // 3. The range is one that a log can have, with no more entries than records.
        let batch = self.check_range(&head.roots)?;
        // 4. The certified key signed the tip behind that record.
        let result = verify_tip(self.shard_id, &key, &head, chained);
        self.check("chain-signature", result, |tip| {
            format!("key {key} signed the chain up to that record, tip {tip}")
        })?;
        // 5. It did so while it was valid.
        let result = check_window(certificate, &head);
        self.check("settlement-time", result, |()| {
            format!("it was appended at {} us, while key {key} was valid", head.ts_us)
        })?;
        // 6. What signs is the record behind the settlement's.
        self.check_compromise(certificate, head.seq.next())?;
        Ok((head, batch))
    }
}

fn decode_head(beginning: &[u8]) -> Result<SettlementHead, Failure> {
    let head = SettlementHead::decode(beginning)
        .map_err(|error| Failure::new("settlement-malformed", error))?;
    let (seq, roots) = (head.seq, &head.roots);
    if roots.to_seq.0.checked_add(1) == Some(seq.0) && roots.tip_hash == head.prev_hash {
        return Ok(head);
    }
    let detail = format!("record {seq} does not stand right behind record {}", roots.to_seq);
    Err(Failure::new("settlement-place", detail))
}

/// The tip behind the settlement's record, which the key signed.
fn verify_tip(
    shard_id: ShardId,
    key: &PublicKey,
    head: &SettlementHead,
    chained: &ChainedSettlement,
) -> Result<Digest, Failure> {
    let ChainedSettlement { opening, signature } = chained;
    let Some(tip) = opening.hash() else {
        let (count, siblings) = (opening.bytes.len(), opening.siblings.len());
        let detail = format!("no hash has {count} bytes in front of {siblings} siblings");
        return Err(Failure::new("chain-opening", detail));
    };
    let message = signature_message(&shard_id, head.seq, &tip, &key.fingerprint());
    VerifyingKey::new(key)
        .and_then(|key| key.verify(message.as_bytes(), signature))
        .map_err(|error| Failure::new("chain-signature", error))?;
    Ok(tip)
}

fn check_window(certificate: &Certificate, head: &SettlementHead) -> Result<(), Failure> {
    let (seq, ts_us, key) = (head.seq, head.ts_us, certificate.public_key);
    if certificate.covers(ts_us) {
        return Ok(());
    }
    let (start, end) = (certificate.not_before_ms, certificate.expires_at_ms);
    let detail = format!(
        "settlement {seq} was appended at {ts_us} us, key {key} is valid from {start} to {end} ms"
    );
    Err(Failure::new("outside-key-window", detail))
}
