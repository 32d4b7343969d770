//! The reference shard: every number of its manifest comes out of its files.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_core::foreign::{
    BatchIndex, ForeignSettlement, RangeKeys, Sidecar, foreign_tip, verify_range,
};
use countersign_core::frame::{FrameStep, read_frame};
use countersign_core::hash::{Blake3, hex};
use countersign_core::keys::ShardId;
use countersign_core::merkle::{LeafIndex, TreeSize, leaf_hash, prove_inclusion, verify_inclusion};
use countersign_core::{Seq, SeqRange};
use countersign_tests::image::Image;
use countersign_tests::json::{list, number, text};
use countersign_tests::vector;

use super::{
    codes, digest, manifest, options, path, public_key, reference, report, shard_id, verify,
};
use countersign::foreign::ForeignOptions;

/// Payloads with their segment and offset, in order.
pub(super) fn frames(image: &Image) -> Vec<(usize, u64, Vec<u8>)> {
    let mut frames = Vec::new();
    for segment in [1, 2] {
        let bytes = image.file(&path(&format!("log.00000{segment}.cbor"))).unwrap();
        let mut at = 0;
        while let FrameStep::Frame { payload } = read_frame(&bytes[at..]) {
            frames.push((segment, at as u64, payload.to_vec()));
            at += 4 + payload.len();
        }
        assert_eq!(at, bytes.len());
    }
    frames
}

#[test]
fn everything_in_it_holds() {
    let (image, manifest) = (reference(), manifest());
    let report = report(&image);
    assert!(report.valid, "{report}");
    assert_eq!(report.shard_id, shard_id(&manifest["shardId"]));
    assert_eq!(report.records, number(&manifest["recordCount"]));
    assert_eq!(report.last_seq, Some(Seq(number(&manifest["lastSeq"]))));
    assert_eq!(report.tip, digest(&manifest["tipHash"]));
    assert_eq!(report.signatures, list(&manifest["signatures"]).len() as u64);
    assert_eq!((report.signatures_held, report.unsigned_tail), (report.signatures, 0));
    assert_eq!((report.settlements, report.indexes, report.unsettled), (3, 3, 0));
    assert_eq!((report.torn_tail_bytes, report.torn_sidecar_bytes, report.segments), (0, 0, 2));
    assert_eq!((report.keys[0].certificates, report.keys[0].retired), (1, 1));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["layout"], &json["lastSeq"]), (&"typescript".into(), &"599".into()));
}

#[test]
fn records_signatures_and_proofs_are_those_of_the_manifest() {
    let (image, manifest) = (reference(), manifest());
    let frames = frames(&image);
    for record in list(&manifest["records"]) {
        let (segment, offset, payload) = &frames[usize::try_from(number(&record["seq"])).unwrap()];
        assert_eq!(*segment as u64, number(&record["fileSeq"]));
        assert_eq!(*offset, number(&record["byteOffset"]));
        assert_eq!(payload.len() as u64, number(&record["length"]));
        assert_eq!(foreign_tip(payload), digest(&record["tip"]));
    }
    let sidecar = Sidecar::read(image.file(&path("sidecar.sigs")).unwrap());
    let signatures: Vec<_> = sidecar
        .entries
        .iter()
        .map(|(_, e)| serde_json::json!([e.seq.to_string(), e.fingerprint.to_string()[..8]]))
        .collect();
    assert_eq!(serde_json::Value::Array(signatures), manifest["signatures"]);
    for proof in list(&manifest["inclusionProofs"]) {
        let seq = number(&proof["seq"]);
        let (_, _, payload) = &frames[usize::try_from(seq).unwrap()];
        let (from, to) = if seq < 250 {
            (0, 249)
        } else if seq < 500 {
            (250, 499)
        } else {
            (500, 599)
        };
        let file = image.file(&path(&format!("index/batch_{from}_{to}.idx"))).unwrap();
        let index = BatchIndex::decode(file).unwrap();
        let at = LeafIndex::new(number(&proof["leafIndex"]));
        let audit_path = prove_inclusion::<Blake3>(&index.leaf_hashes, at).unwrap();
        let theirs: Vec<_> = list(&proof["auditPath"]).iter().map(digest).collect();
        assert_eq!(audit_path, theirs);
        let size = TreeSize::new(number(&proof["treeSize"])).unwrap();
        let leaf = leaf_hash::<Blake3>(payload);
        assert_eq!(
            verify_inclusion::<Blake3>(at, size, &leaf, &theirs, &digest(&proof["root"])),
            Ok(())
        );
        assert_eq!(index.root, digest(&proof["root"]));
    }
}

#[test]
fn balances_are_what_the_settlements_sum_to() {
    let (image, manifest) = (reference(), manifest());
    let mut balances: BTreeMap<(String, String), i128> = BTreeMap::new();
    for settlement in list(&manifest["settlements"]) {
        let file = image.file(&path(text(&settlement["settlementFile"]))).unwrap();
        let read = ForeignSettlement::read(file).unwrap();
        assert_eq!(read.tip, digest(&settlement["tipHash"]));
        assert_eq!(read.items_root, digest(&settlement["itemsRoot"]));
        assert_eq!(read.member_deltas.len() as u64, number(&settlement["memberDeltas"]));
        for delta in read.member_deltas {
            let key = (hex::encode(&delta.member_id), delta.asset_id);
            *balances.entry(key).or_default() +=
                i128::try_from(delta.earned).unwrap() - i128::try_from(delta.spent).unwrap();
        }
    }
    let theirs = list(&manifest["balances"]);
    assert_eq!(theirs.len(), balances.len());
    for balance in theirs {
        let key = (text(&balance[0]).to_owned(), text(&balance[1]).to_owned());
        assert_eq!(balances[&key].to_string(), text(&balance[2]));
    }
}

#[test]
fn its_ranges_hold_where_they_end_at_a_signature() {
    let (image, manifest) = (reference(), manifest());
    let frames = frames(&image);
    let sidecar = Sidecar::read(image.file(&path("sidecar.sigs")).unwrap());
    let signatures: Vec<_> = sidecar.entries.iter().map(|(_, entry)| *entry).collect();
    let key = &manifest["keys"][0];
    let keys = [(digest(&key["fingerprint"]), public_key(&key["publicKey"]))];
    let known = RangeKeys { keys: &keys, revocations: &[] };
    for range in list(&manifest["verifyRange"]) {
        let (from, to) = (number(&range["fromSeq"]), number(&range["toSeq"]));
        let records: Vec<_> = (from..=to)
            .map(|seq| (Seq(seq), frames[usize::try_from(seq).unwrap()].2.as_slice()))
            .collect();
        let verdict = verify_range(shard_id(&manifest["shardId"]), &records, &signatures, known);
        assert_eq!(verdict.is_ok(), range["withRevocations"] == true, "{from} to {to}");
    }
    // The same over the shard's files: the report counts the range, and what covers it.
    let range = Some(SeqRange { from: Seq(100), to: Seq(255) });
    let part = verify(&image, &ForeignOptions { range, ..options() }).unwrap();
    assert_eq!((part.records, part.last_seq, part.valid), (156, Some(Seq(255)), true));
    let range = Some(SeqRange { from: Seq(600), to: Seq(700) });
    let outside = verify(&image, &ForeignOptions { range, ..options() });
    assert_eq!(outside.unwrap_err().code(), "seq-not-in-log");
}

#[test]
fn without_keys_nobody_can_tell_and_with_wrong_ones_it_fails() {
    let (image, manifest) = (reference(), manifest());
    let unknown = verify(&image, &ForeignOptions::default()).unwrap();
    assert_eq!(
        (unknown.valid, unknown.failures_total, unknown.signatures_checked),
        (false, 0, false)
    );
    assert!(unknown.to_string().starts_with("CANNOT TELL"));
    let process = public_key(&manifest["keys"][0]["publicKey"]);
    let trusted = |key| ForeignOptions { process_public_keys: vec![key], ..Default::default() };
    assert!(verify(&image, &trusted(process)).unwrap().valid);
    let stranger =
        verify(&image, &trusted(public_key(&manifest["operator"]["publicKey"]))).unwrap();
    assert_eq!(codes(&stranger)[0], "first-record-key");
    assert!(codes(&stranger).contains(&"signature-missing"));
    let other = ShardId::from_bytes([9; 16]);
    let elsewhere =
        verify(&image, &ForeignOptions { shard_id: Some(other), ..trusted(process) }).unwrap();
    assert_eq!(codes(&elsewhere)[..2], ["wrong-shard", "signature-invalid"]);
    let wrong_operator = ForeignOptions { operator_public_key: Some(process), ..options() };
    assert_eq!(codes(&verify(&image, &wrong_operator).unwrap())[0], "certificate-invalid");
    let mut nameless = image.clone();
    nameless.remove(&path("state.json")).unwrap();
    assert_eq!(verify(&nameless, &trusted(process)).unwrap_err().code(), "shard-id-unknown");
    assert!(report(&nameless).valid, "the certificate names the shard too");
    let mut renamed = nameless;
    renamed.insert(path("state.json.bak"), image.file(&path("state.json")).unwrap().clone());
    assert!(verify(&renamed, &trusted(process)).unwrap().valid, "as the library reads it");
}

#[test]
fn damaged_logs_are_judged_as_recovery_must() {
    let file = vector("metering/recovery.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let mut image = Image::new();
        for (index, bytes) in list(&case["segments"]).iter().enumerate() {
            if let Some(digits) = bytes.as_str() {
                let bytes = hex::decode(digits).unwrap();
                image.insert(path(&format!("log.{:06}.cbor", index + 1)), bytes);
            }
        }
        let shard_id = Some(shard_id(&file["shardId"]));
        let report = verify(&image, &ForeignOptions { shard_id, ..Default::default() }).unwrap();
        let is_cut = report.torn_tail_bytes > 0;
        let expected = match (text(&case["required"]), name) {
            // Verifying is stricter: an empty log shows nothing, and a whole frame is no torn one.
            (_, "empty file" | "cut inside the first frame") => (true, name != "empty file"),
            (_, "payload that is not CBOR") => (true, false),
            ("corrupt", _) => (true, is_cut),
            ("truncate", _) => (false, true),
            (_, _) => (false, false),
        };
        assert_eq!((report.failures_total > 0, is_cut), expected, "{name}: {report}");
    }
    assert!(Path::new(super::SHARD).is_absolute());
}
