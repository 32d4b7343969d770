//! A run of records and the signatures over it, without the rest of the shard.

use alloc::format;
use alloc::string::String;

use super::actions::ForeignReason;
use super::failure::ForeignCode;
use super::keyring::ForeignKeys;
use super::link::{Before, Link, check_first_key, check_link};
use super::record::{ForeignRecord, foreign_tip};
use super::sidecar::SignatureEntry;
use crate::Seq;
use crate::chain::FailureCode;
use crate::hash::Digest;
use crate::keys::{PublicKey, ShardId};

/// What a verifier of a range believes about the keys.
#[derive(Clone, Copy, Debug)]
pub struct RangeKeys<'a> {
    /// Fingerprints and their public keys. One whose key has another fingerprint, or under which
    /// forged signatures hold, counts as not there.
    pub keys: &'a [(Digest, PublicKey)],
    /// Revocations: fingerprint, reason, and with a compromise from which seq.
    pub revocations: &'a [(Digest, ForeignReason, Option<Seq>)],
}

/// Why a range does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeFailure {
    /// The first check that failed.
    pub code: ForeignCode,
    /// The record concerned.
    pub seq: Seq,
    /// What was expected and what was found, for people.
    pub detail: String,
}

/// Verifies records, each with the seq it is said to have, and that a signature covers them.
///
/// 1. The range is not empty, and every record decodes.
/// 2. Each has the seq it is said to have, one above the one before it; its `prevHash` is the hash
///    of the one before, and its time is not earlier.
/// 3. Record 0 has a `prevHash` of zeros, and names a known key in its `contextHash`.
/// 4. A signature by a known key is over the last record's tip, and holds strictly.
/// 5. No signature over a record of the range is by a key that was compromised by then; a
///    compromise without a seq is one from the start. So records that the owner of a stolen key
///    may have written do not pass because a later key signed what came behind them.
///
/// # Errors
/// The first check that fails.
///
/// Does not prove that the keys were ever certified, nor that the records before or behind the
/// range exist. Signatures over other tips than the last are not looked at, but for step 5.
pub fn verify_range(
    shard_id: ShardId,
    records: &[(Seq, &[u8])],
    signatures: &[SignatureEntry],
    known: RangeKeys<'_>,
) -> Result<(), RangeFailure> {
    let keys = believed(shard_id, known);
    let fail = |code: ForeignCode, seq, detail| Err(RangeFailure { code, seq, detail });
    let mut before = None;
    for (stated, bytes) in records {
        let seq = *stated;
        let record = match ForeignRecord::decode(bytes) {
            Ok(record) => record,
            Err(error) => {
                return fail(FailureCode::RecordMalformed.into(), seq, format!("{error}"));
            }
        };
        if record.seq != seq {
            let detail = format!("the record is said to be {seq}, it says {}", record.seq);
            return fail(FailureCode::SeqGap.into(), seq, detail);
        }
        let start = if seq == Seq::FIRST { Before::Start } else { Before::Lost(None) };
        let broken = check_link(before.map_or(start, Before::Record), &record)
            .or_else(|| check_first_key(&record, |named| keys.find(named).is_some()));
        if let Some((code, detail)) = broken {
            return fail(code, seq, detail);
        }
        before = Some(Link { seq, ts_us: record.ts_us, tip: foreign_tip(bytes) });
    }
    let (Some(last), Some((first, _))) = (before, records.first()) else {
        return fail(ForeignCode::RangeEmpty, Seq::FIRST, "there are no records".into());
    };
    let mut is_covered = false;
    for entry in signatures.iter().filter(|entry| (*first..=last.seq).contains(&entry.seq)) {
        let Some(key) = keys.find(&entry.fingerprint) else { continue };
        if let Some(from) = key.compromised_from.filter(|from| entry.seq >= *from) {
            let detail = format!("key {} is compromised from seq {from} on", entry.fingerprint);
            return fail(FailureCode::KeyCompromised.into(), entry.seq, detail);
        }
        is_covered |= entry.seq == last.seq
            && entry.tip == last.tip
            && entry.holds(&shard_id, &key.verifying_key);
    }
    if is_covered {
        return Ok(());
    }
    let detail = format!("no signature by a known key holds over its tip {}", last.tip);
    fail(ForeignCode::SignatureMissing, last.seq, detail)
}

fn believed(shard_id: ShardId, known: RangeKeys<'_>) -> ForeignKeys {
    let mut keys = ForeignKeys::new(shard_id);
    for (fingerprint, public_key) in known.keys {
        if public_key.fingerprint() == *fingerprint {
            // A key that is unusable is as good as unknown.
            let _ = keys.trust(public_key);
        }
    }
    for (fingerprint, reason, effective_at_seq) in known.revocations {
        // Nothing can be signed by a key that is not known.
        let _ = keys.apply(fingerprint, *reason, *effective_at_seq);
    }
    keys
}
