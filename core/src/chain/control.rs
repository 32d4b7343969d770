//! Control records: the shard's certificates, signatures, revocations, settlements and dispute
//! resolutions, `[seq, prevHash, ts, kind, body]`.

use alloc::vec::Vec;

use super::entry::rule;
use super::error::{InField, RecordError};
use super::settlement::Settlement;
use crate::Seq;
use crate::codec::{Decoder, Encoder};
use crate::hash::Digest;
use crate::keys::{self, Certificate, PublicKey, Reason, Revocation, Signature};
use crate::limits::{MAX_CONTROL_TEXT_SIZE, MAX_OP_ID_SIZE, MAX_OP_SIZE};
use crate::tags;

/// Items in a control record.
pub(crate) const CONTROL_ITEMS: u64 = 5;
const SIGNATURE_ITEMS: u64 = 2;
const REVOCATION_ITEMS: u64 = 5;
const RESOLUTION_ITEMS: u64 = 7;
/// Longest kind, in bytes.
const MAX_KIND_SIZE: usize = 18;

/// A control record, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRecord<'a> {
    /// Its number in the shard.
    pub seq: Seq,
    /// The chain tip before it.
    pub prev_hash: Digest,
    /// When it was appended, microseconds since the epoch.
    pub ts_us: u64,
    /// What it says.
    pub body: Control<'a>,
}

/// What a control record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control<'a> {
    /// `PROCESS_KEY_CERT`: a process key becomes active.
    Certificate(Certificate),
    /// `PROCESS_KEY_SIGN`: the active key signs the tip before this record.
    Signature(SigEnvelope),
    /// `PROCESS_KEY_REVOKE`: a process key is taken back.
    Revocation(Revocation),
    /// `BATCH_SETTLEMENT`: a batch is closed.
    Settlement(Settlement<'a>),
    /// `DISPUTE_RESOLUTION`: a dispute ended.
    DisputeResolution(ResolutionRecord<'a>),
}

/// The body of a `PROCESS_KEY_SIGN` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigEnvelope {
    /// `H(public key)` of the signing key.
    pub fingerprint: Digest,
    /// Signature over [`signature_message`](crate::keys::signature_message) of the record before.
    pub signature: Signature,
}

/// The body of a `DISPUTE_RESOLUTION` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolutionRecord<'a> {
    /// First record of the disputed batch.
    pub from_seq: Seq,
    /// Last record of the disputed batch.
    pub to_seq: Seq,
    /// How it ended, e.g. `DISPUTED_FRAUD`.
    pub status: &'a str,
    /// Who challenged.
    pub challenger_id: &'a str,
    /// What the challenger claimed.
    pub claimed_discrepancy: &'a str,
    /// When it was resolved, milliseconds since the epoch.
    pub resolved_at_ms: u64,
    /// What decided it, for people.
    pub detail: &'a str,
}

impl<'a> Control<'a> {
    /// The record's `kind`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Certificate(_) => tags::PROCESS_KEY_CERT,
            Self::Signature(_) => tags::PROCESS_KEY_SIGN,
            Self::Revocation(_) => tags::PROCESS_KEY_REVOKE,
            Self::Settlement(_) => tags::BATCH_SETTLEMENT,
            Self::DisputeResolution(_) => tags::DISPUTE_RESOLUTION,
        }
    }

    fn encode(&self, encoder: &mut Encoder<'_>) {
        match self {
            Self::Certificate(certificate) => certificate.encode_body(encoder),
            Self::Signature(envelope) => {
                encoder.array(SIGNATURE_ITEMS);
                encoder.bytes(envelope.fingerprint.as_bytes());
                encoder.bytes(envelope.signature.as_bytes());
            }
            Self::Revocation(revocation) => {
                encoder.array(REVOCATION_ITEMS);
                revocation.encode_fields(encoder);
                encoder.bytes(revocation.operator_signature.as_bytes());
            }
            Self::Settlement(settlement) => settlement.encode_body(encoder),
            Self::DisputeResolution(resolution) => {
                encoder.array(RESOLUTION_ITEMS);
                encoder.uint(resolution.from_seq.0);
                encoder.uint(resolution.to_seq.0);
                encoder.text(resolution.status);
                encoder.text(resolution.challenger_id);
                encoder.text(resolution.claimed_discrepancy);
                encoder.uint(resolution.resolved_at_ms);
                encoder.text(resolution.detail);
            }
        }
    }

    fn decode(kind: &str, decoder: &mut Decoder<'a>) -> Result<Self, RecordError> {
        match kind {
            tags::PROCESS_KEY_CERT => {
                let mut ahead = decoder.clone();
                match Certificate::decode_body(decoder).in_field("body") {
                    Ok(certificate) => Ok(Self::Certificate(certificate)),
                    Err(error) => Err(too_new(&mut ahead).unwrap_or(error)),
                }
            }
            tags::PROCESS_KEY_SIGN => {
                decoder.array_of(SIGNATURE_ITEMS).in_field("body")?;
                Ok(Self::Signature(SigEnvelope {
                    fingerprint: Digest::from_bytes(*decoder.bytes_of().in_field("fingerprint")?),
                    signature: Signature::from_bytes(*decoder.bytes_of().in_field("signature")?),
                }))
            }
            tags::PROCESS_KEY_REVOKE => decode_revocation(decoder).map(Self::Revocation),
            tags::BATCH_SETTLEMENT => Settlement::decode_body(decoder).map(Self::Settlement),
            tags::DISPUTE_RESOLUTION => decode_resolution(decoder).map(Self::DisputeResolution),
            _ => rule("kind", "is none this program knows"),
        }
    }
}

impl<'a> ControlRecord<'a> {
    /// Appends the record's CBOR to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut encoder = Encoder::new(out);
        encoder.array(CONTROL_ITEMS);
        encoder.uint(self.seq.0);
        encoder.bytes(self.prev_hash.as_bytes());
        encoder.uint(self.ts_us);
        encoder.text(self.body.kind());
        self.body.encode(&mut encoder);
    }

    /// Decodes a whole control record, strictly.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let mut decoder = Decoder::new(bytes);
        let ControlHead { seq, prev_hash, ts_us, kind } = ControlHead::decode(&mut decoder)?;
        let body = Control::decode(kind, &mut decoder)?;
        decoder.finish().in_field("record")?;
        Ok(Self { seq, prev_hash, ts_us, body })
    }
}

/// What stands in a control record before its body.
pub(super) struct ControlHead<'a> {
    pub(super) seq: Seq,
    pub(super) prev_hash: Digest,
    pub(super) ts_us: u64,
    pub(super) kind: &'a str,
}

impl<'a> ControlHead<'a> {
    pub(super) fn decode(decoder: &mut Decoder<'a>) -> Result<Self, RecordError> {
        decoder.array_of(CONTROL_ITEMS).in_field("record")?;
        Ok(Self {
            seq: Seq(decoder.uint().in_field("seq")?),
            prev_hash: Digest::from_bytes(*decoder.bytes_of().in_field("prevHash")?),
            ts_us: decoder.uint().in_field("ts")?,
            kind: decoder.text(MAX_KIND_SIZE).in_field("kind")?,
        })
    }
}

/// Why a certificate that cannot be read is refused, if it says that its format is newer: a later
/// version may give the body another shape.
fn too_new(body: &mut Decoder<'_>) -> Option<RecordError> {
    body.array().ok()?;
    let found = body.uint().ok().filter(|version| *version > tags::FORMAT_VERSION)?;
    Some(keys::Error::FormatTooNew { found }.into())
}

fn decode_revocation(decoder: &mut Decoder<'_>) -> Result<Revocation, RecordError> {
    decoder.array_of(REVOCATION_ITEMS).in_field("body")?;
    let public_key = PublicKey::from_bytes(*decoder.bytes_of().in_field("publicKey")?);
    let revoked_at_ms = decoder.uint().in_field("revokedAtMs")?;
    let reason = decoder.text(MAX_OP_SIZE).in_field("reason")?;
    let Some(reason) = Reason::parse(reason) else {
        return rule("reason", "must be rotation, shutdown or key-compromise");
    };
    let effective_at_seq =
        if decoder.null() { None } else { Some(Seq(decoder.uint().in_field("effectiveAtSeq")?)) };
    let operator_signature =
        Signature::from_bytes(*decoder.bytes_of().in_field("operatorSignature")?);
    let revocation =
        Revocation { public_key, revoked_at_ms, reason, effective_at_seq, operator_signature };
    revocation.check()?;
    Ok(revocation)
}

fn decode_resolution<'a>(decoder: &mut Decoder<'a>) -> Result<ResolutionRecord<'a>, RecordError> {
    decoder.array_of(RESOLUTION_ITEMS).in_field("body")?;
    Ok(ResolutionRecord {
        from_seq: Seq(decoder.uint().in_field("fromSeq")?),
        to_seq: Seq(decoder.uint().in_field("toSeq")?),
        status: decoder.text(MAX_OP_SIZE).in_field("status")?,
        challenger_id: decoder.text(MAX_OP_ID_SIZE).in_field("challengerId")?,
        claimed_discrepancy: decoder.text(MAX_CONTROL_TEXT_SIZE).in_field("claimedDiscrepancy")?,
        resolved_at_ms: decoder.uint().in_field("resolvedAtMs")?,
        detail: decoder.text(MAX_CONTROL_TEXT_SIZE).in_field("detail")?,
    })
}
