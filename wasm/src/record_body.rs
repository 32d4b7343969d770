//! Bodies of control records as objects, their fields by their names in the specification.

use countersign_core::Seq;
use countersign_core::chain::{Control, ControlRecord, ResolutionRecord, Settlement, SigEnvelope};
use countersign_core::hash::Digest;
use countersign_core::keys::{Certificate, PublicKey, Reason, Revocation, Signature};
use countersign_core::settlement::{AccountDelta, BatchSettlementAction};
use countersign_core::tags;
use js_sys::Array;
use wasm_bindgen::JsValue;

use crate::bytes;
use crate::error::Refused;
use crate::object::{Builder, Reader};

/// The body as an object; `null` for a kind that is newer than this package.
pub(crate) fn to_object(body: &Control<'_>) -> JsValue {
    match body {
        Control::Certificate(certificate) => Builder::default()
            .with("formatVersion", certificate.format_version)
            .with("shardId", certificate.shard_id.to_string())
            .bytes("publicKey", certificate.public_key.as_bytes())
            .with("notBeforeMs", certificate.not_before_ms)
            .with("expiresAtMs", certificate.expires_at_ms)
            .bytes("operatorPublicKey", certificate.operator_public_key.as_bytes())
            .bytes("operatorSignature", certificate.operator_signature.as_bytes())
            .build(),
        Control::Signature(envelope) => Builder::default()
            .bytes("fingerprint", envelope.fingerprint)
            .bytes("signature", envelope.signature.as_bytes())
            .build(),
        Control::Revocation(revocation) => {
            let effective_at_seq = revocation.effective_at_seq;
            Builder::default()
                .bytes("publicKey", revocation.public_key.as_bytes())
                .with("revokedAtMs", revocation.revoked_at_ms)
                .with("reason", revocation.reason.as_str())
                .with("effectiveAtSeq", effective_at_seq.map_or(JsValue::NULL, |seq| seq.0.into()))
                .bytes("operatorSignature", revocation.operator_signature.as_bytes())
                .build()
        }
        Control::Settlement(settlement) => settlement_object(settlement),
        Control::DisputeResolution(resolution) => Builder::default()
            .with("fromSeq", resolution.from_seq.0)
            .with("toSeq", resolution.to_seq.0)
            .with("status", resolution.status)
            .with("challengerId", resolution.challenger_id)
            .with("claimedDiscrepancy", resolution.claimed_discrepancy)
            .with("resolvedAtMs", resolution.resolved_at_ms)
            .with("detail", resolution.detail)
            .build(),
        _ => JsValue::NULL,
    }
}

fn settlement_object(settlement: &Settlement<'_>) -> JsValue {
    let deltas: Array = settlement
        .member_deltas()
        .map(|delta| {
            Builder::default()
                .bytes("memberId", delta.member_id)
                .with("assetId", delta.asset_id)
                .with("earned", delta.earned)
                .with("spent", delta.spent)
                .build()
        })
        .collect();
    Builder::default()
        .with("fromSeq", settlement.from_seq.0)
        .with("toSeq", settlement.to_seq.0)
        .bytes("tipHash", settlement.tip_hash)
        .bytes("itemsRoot", settlement.items_root)
        .bytes("logRoot", settlement.log_root)
        .bytes("indexRoot", settlement.index_root)
        .with("entryCount", settlement.entry_count)
        .with("memberDeltas", deltas)
        .bytes("publicKey", settlement.public_key.as_bytes())
        .bytes("signature", settlement.signature.as_bytes())
        .build()
}

/// Appends the control record that `record` describes.
pub(crate) fn encode(
    seq: Seq,
    prev_hash: Digest,
    ts_us: u64,
    record: &Reader<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let mut write = |body| ControlRecord { seq, prev_hash, ts_us, body }.encode(out);
    let body = record.any("body")?;
    let body = Reader::new(&body, "record.body")?;
    match &*record.text("kind")? {
        tags::PROCESS_KEY_CERT => write(Control::Certificate(certificate(&body)?)),
        tags::PROCESS_KEY_SIGN => write(Control::Signature(SigEnvelope {
            fingerprint: Digest::from_bytes(body.bytes("fingerprint")?),
            signature: Signature::from_bytes(body.bytes("signature")?),
        })),
        tags::PROCESS_KEY_REVOKE => write(Control::Revocation(revocation(&body)?)),
        tags::BATCH_SETTLEMENT => {
            let bytes = settlement(&body)?.body();
            write(Control::Settlement(Settlement::decode(&bytes)?));
        }
        tags::DISPUTE_RESOLUTION => write(Control::DisputeResolution(ResolutionRecord {
            from_seq: Seq(body.uint("fromSeq")?),
            to_seq: Seq(body.uint("toSeq")?),
            status: &body.text("status")?,
            challenger_id: &body.text("challengerId")?,
            claimed_discrepancy: &body.text("claimedDiscrepancy")?,
            resolved_at_ms: body.uint("resolvedAtMs")?,
            detail: &body.text("detail")?,
        })),
        _ => return Err(Refused::argument("record.kind", "the kind of a control record")),
    }
    Ok(())
}

fn certificate(body: &Reader<'_>) -> Result<Certificate, Refused> {
    Ok(Certificate {
        format_version: body.uint("formatVersion")?,
        shard_id: bytes::shard_id("record.body.shardId", &body.text("shardId")?)?,
        public_key: PublicKey::from_bytes(body.bytes("publicKey")?),
        not_before_ms: body.uint("notBeforeMs")?,
        expires_at_ms: body.uint("expiresAtMs")?,
        operator_public_key: PublicKey::from_bytes(body.bytes("operatorPublicKey")?),
        operator_signature: Signature::from_bytes(body.bytes("operatorSignature")?),
    })
}

fn revocation(body: &Reader<'_>) -> Result<Revocation, Refused> {
    let reason = Reason::parse(&body.text("reason")?).ok_or_else(|| {
        let expected = "\"rotation\", \"shutdown\" or \"key-compromise\"";
        Refused::argument("record.body.reason", expected)
    })?;
    let is_null = body.any("effectiveAtSeq")?.is_null();
    Ok(Revocation {
        public_key: PublicKey::from_bytes(body.bytes("publicKey")?),
        revoked_at_ms: body.uint("revokedAtMs")?,
        reason,
        effective_at_seq: if is_null { None } else { Some(Seq(body.uint("effectiveAtSeq")?)) },
        operator_signature: Signature::from_bytes(body.bytes("operatorSignature")?),
    })
}

fn settlement(body: &Reader<'_>) -> Result<BatchSettlementAction, Refused> {
    let delta = |delta: JsValue| {
        let delta = Reader::new(&delta, "record.body.memberDeltas")?;
        Ok(AccountDelta {
            member_id: delta.bytes("memberId")?,
            asset_id: delta.text("assetId")?,
            earned: delta.uint("earned")?,
            spent: delta.uint("spent")?,
        })
    };
    Ok(BatchSettlementAction {
        from_seq: Seq(body.uint("fromSeq")?),
        to_seq: Seq(body.uint("toSeq")?),
        tip_hash: Digest::from_bytes(body.bytes("tipHash")?),
        items_root: Digest::from_bytes(body.bytes("itemsRoot")?),
        log_root: Digest::from_bytes(body.bytes("logRoot")?),
        index_root: Digest::from_bytes(body.bytes("indexRoot")?),
        entry_count: body.uint("entryCount")?,
        member_deltas: body
            .list("memberDeltas")?
            .iter()
            .map(delta)
            .collect::<Result<_, Refused>>()?,
        public_key: PublicKey::from_bytes(body.bytes("publicKey")?),
        signature: Signature::from_bytes(body.bytes("signature")?),
    })
}
