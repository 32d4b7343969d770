//! Records as JSON, one object for each, as `shard tail` prints them.
//!
//! Hashes, keys and ids are lower-case hex, 64-bit numbers decimal strings, names camelCase
//! (`spec/metering.md` section 6).
//!
//! ```
//! use countersign::render::record_json;
//! use countersign_core::chain::{MeteringRecord, Operation, Record};
//! use countersign_core::hash::Digest;
//! use countersign_core::Seq;
//!
//! let record = Record::Entry(MeteringRecord {
//!     seq: Seq(1),
//!     prev_hash: Digest::from_bytes([0; 32]),
//!     ts_us: 1_700_000_000_000_000,
//!     operation: Operation {
//!         op: "joule.charge",
//!         member_id: &[7; 32],
//!         asset_id: "joule",
//!         amount: -5,
//!         op_id: "order-17",
//!         context_hash: &[0; 32],
//!     },
//! });
//! let json = record_json(&record, &Digest::from_bytes([1; 32]));
//! assert_eq!(json["seq"], "1");
//! assert_eq!(json["amount"], "-5");
//! ```

use std::fmt::Display;

use countersign_core::chain::{Control, MeteringRecord, Record, Settlement};
use countersign_core::hash::{Digest, hex};
use serde::Serializer;
use serde_json::{Value, json};

/// A record and the tip after it.
pub fn record_json(record: &Record<'_>, tip: &Digest) -> Value {
    match record {
        Record::Entry(entry) => entry_json(entry, tip),
        Record::Control(control) => json!({
            "seq": text(control.seq),
            "ts": text(control.ts_us),
            "kind": control.body.kind(),
            "body": body_json(&control.body),
            "prevHash": text(control.prev_hash),
            "tip": text(tip),
        }),
    }
}

fn entry_json(entry: &MeteringRecord<'_>, tip: &Digest) -> Value {
    let operation = &entry.operation;
    json!({
        "seq": text(entry.seq),
        "ts": text(entry.ts_us),
        "op": operation.op,
        "memberId": hex::encode(operation.member_id),
        "assetId": operation.asset_id,
        "amount": text(operation.amount),
        "opId": operation.op_id,
        "contextHash": hex::encode(operation.context_hash),
        "prevHash": text(entry.prev_hash),
        "tip": text(tip),
    })
}

/// The body of a control record, its fields by their names in `spec/metering.md` section 3.
pub fn body_json(body: &Control<'_>) -> Value {
    match body {
        Control::Certificate(certificate) => json!({
            "formatVersion": text(certificate.format_version),
            "shardId": text(certificate.shard_id),
            "publicKey": text(certificate.public_key),
            "notBeforeMs": text(certificate.not_before_ms),
            "expiresAtMs": text(certificate.expires_at_ms),
            "operatorPublicKey": text(certificate.operator_public_key),
            "operatorSignature": text(certificate.operator_signature),
        }),
        Control::Signature(envelope) => json!({
            "fingerprint": text(envelope.fingerprint),
            "signature": text(envelope.signature),
        }),
        Control::Revocation(revocation) => json!({
            "publicKey": text(revocation.public_key),
            "revokedAtMs": text(revocation.revoked_at_ms),
            "reason": revocation.reason.as_str(),
            "effectiveAtSeq": revocation.effective_at_seq.map(text),
            "operatorSignature": text(revocation.operator_signature),
        }),
        Control::Settlement(settlement) => settlement_json(settlement),
        Control::DisputeResolution(resolution) => json!({
            "fromSeq": text(resolution.from_seq),
            "toSeq": text(resolution.to_seq),
            "status": resolution.status,
            "challengerId": resolution.challenger_id,
            "claimedDiscrepancy": resolution.claimed_discrepancy,
            "resolvedAtMs": text(resolution.resolved_at_ms),
            "detail": resolution.detail,
        }),
        // `Control` may grow; its kind still tells what the record is.
        _ => Value::Null,
    }
}

/// A settlement, deltas included.
pub fn settlement_json(settlement: &Settlement<'_>) -> Value {
    let deltas: Vec<_> = settlement
        .member_deltas()
        .map(|delta| {
            json!({
                "memberId": hex::encode(delta.member_id),
                "assetId": delta.asset_id,
                "earned": text(delta.earned),
                "spent": text(delta.spent),
            })
        })
        .collect();
    json!({
        "fromSeq": text(settlement.from_seq),
        "toSeq": text(settlement.to_seq),
        "tipHash": text(settlement.tip_hash),
        "itemsRoot": text(settlement.items_root),
        "logRoot": text(settlement.log_root),
        "indexRoot": text(settlement.index_root),
        "entryCount": text(settlement.entry_count),
        "memberDeltas": deltas,
        "publicKey": text(settlement.public_key),
        "signature": text(settlement.signature),
    })
}

/// A time for people, in UTC: `2026-11-21 13:58:44 UTC`.
///
/// ```
/// assert_eq!(countersign::render::utc(951_868_799_999), "2000-02-29 23:59:59 UTC");
/// ```
pub fn utc(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years are counted from March, so that the leap day is the last of its year; 719,468 days
    // lie between the first of March of year 0 and the epoch, and an era is 400 years.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + carry;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

fn text(value: impl Display) -> String {
    value.to_string()
}

/// Serializes a value as the text it displays as: hex, or decimal digits.
pub fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// As [`as_text`], and `null` for `None`.
pub fn as_text_or_null<T: Display, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
