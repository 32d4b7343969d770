//! Each format of the layout against what the library wrote.

use countersign_core::Seq;
use countersign_core::foreign::{
    BatchIndex, BatchName, ForeignAmount, ForeignCertificate, ForeignReason, ForeignRecord,
    ForeignRevocation, ForeignSettlement, ForeignState, ForeignWindow, KeyAction, Sidecar,
    SidecarEnd, SignatureEntry, foreign_tip, read_key_actions,
};
use countersign_core::hash::{Blake3, Digest, blake3, hex};
use countersign_core::keys::{Signature, VerifyingKey, signature_message};
use countersign_core::limits::GENESIS_HASH;
use countersign_core::merkle::leaf_hash;
use countersign_tests::json::{bytes, list, number, text};
use countersign_tests::vector;
use serde_json::{Value, json};

use super::{cases, digest, public_key, shard_id};

/// A text of a case: itself, or a character and how often.
fn long_text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => text(&value["repeat"]).repeat(usize::try_from(number(&value["count"])).unwrap()),
    }
}

#[test]
fn every_record_that_the_library_writes_is_read_or_has_another_size_of_member() {
    let mut refused = 0;
    for case in cases("record-cbor.json", 129) {
        let name = text(&case["name"]);
        let Some(cbor) = case["cbor"].as_str() else {
            // Too long for the file: only its ends are there.
            assert!(case["cborHead"].is_string());
            continue;
        };
        let cbor = hex::decode(cbor).unwrap();
        assert_eq!(foreign_tip(&cbor), digest(&case["chainHash"]), "{name}");
        assert_eq!(leaf_hash::<Blake3>(&cbor), digest(&case["leafHash"]), "{name}");
        let record = match ForeignRecord::decode(&cbor) {
            Ok(record) => record,
            Err(error) => {
                assert!(case["memberIdLengthValid"] == false, "{name}: {error}");
                assert!(error.to_string().starts_with("memberId: "), "{name}: {error}");
                refused += 1;
                continue;
            }
        };
        let texts = [record.op, record.asset_id, record.op_id];
        for (found, member) in texts.into_iter().zip(["op", "assetId", "opId"]) {
            assert_eq!(found, long_text(&case[member]), "{name}");
        }
        assert_eq!(record.seq, Seq(number(&case["seq"])), "{name}");
        assert_eq!(record.ts_us, number(&case["ts"]), "{name}");
        assert_eq!(record.prev_hash, digest(&case["prevHash"]), "{name}");
        assert_eq!(hex::encode(record.member_id), text(&case["memberId"]), "{name}");
        assert_eq!(hex::encode(record.context_hash), text(&case["contextHash"]), "{name}");
        assert_eq!(record.amount.to_string(), text(&case["amount"]), "{name}");
    }
    assert_eq!(refused, 8);
}

#[test]
fn of_what_the_library_reads_only_what_it_writes_is_taken() {
    let mut taken = Vec::new();
    for case in cases("record-decode.json", 40) {
        let name = text(&case["name"]);
        let is_written = case["canonical"] == true || case["alternate"] == true;
        let cbor = hex::decode(case["cbor"].as_str().unwrap()).unwrap();
        let record = ForeignRecord::decode(&cbor);
        assert_eq!(record.is_ok(), is_written, "{name}: {record:?}");
        if is_written {
            taken.push(name.to_owned());
        }
    }
    assert_eq!(taken, ["canonical", "all byte strings untagged"]);
}

#[test]
fn each_record_carries_the_hash_of_the_one_before() {
    let mut tip = GENESIS_HASH;
    for case in cases("chain.json", 24) {
        let cbor = bytes(&case["cbor"]);
        let record = ForeignRecord::decode(&cbor).unwrap();
        assert_eq!((record.seq, record.prev_hash), (Seq(number(&case["seq"])), tip));
        tip = foreign_tip(&cbor);
        assert_eq!(tip, digest(&case["tip"]));
    }
}

#[test]
fn signatures_and_their_entries() {
    for case in cases("sign.json", 39) {
        let shard = shard_id(&case["shardId"]);
        let cbor = bytes(&case["sidecarEntry"]);
        let entry = SignatureEntry::decode(&cbor).unwrap();
        let expected = SignatureEntry {
            seq: Seq(number(&case["seq"])),
            tip: digest(&case["tipHash"]),
            fingerprint: digest(&case["fingerprint"]),
            signature: Signature::from_hex(text(&case["signature"])).unwrap(),
        };
        assert_eq!(entry, expected);
        let message = signature_message(&shard, entry.seq, &entry.tip, &entry.fingerprint);
        assert_eq!(message, digest(&case["message"]));
        let key = VerifyingKey::new(&public_key(&case["publicKey"])).unwrap();
        assert_eq!(Value::Bool(entry.holds(&shard, &key)), case["verifies"]);
        for at in 0..cbor.len() {
            let mut changed = cbor.clone();
            changed[at] ^= 0x10;
            let holds = SignatureEntry::decode(&changed).is_ok_and(|e| e.holds(&shard, &key));
            assert!(!holds, "byte {at}");
        }
    }
}

#[test]
fn sidecars_are_taken_cut_or_refused_as_required() {
    for case in cases("sidecar.json", 12) {
        let name = text(&case["name"]);
        let file = hex::decode(case["bytes"].as_str().unwrap()).unwrap();
        let sidecar = Sidecar::read(&file);
        let verdict = match sidecar.end {
            SidecarEnd::Whole => "accept",
            SidecarEnd::Torn { offset, size } => {
                assert_eq!(offset + size, file.len() as u64, "{name}");
                "truncate"
            }
            SidecarEnd::Broken { .. } => "corrupt",
        };
        assert_eq!(verdict, text(&case["required"]), "{name}");
        if verdict != "corrupt" && case["reference"]["ok"] == true {
            let seqs: Vec<_> =
                sidecar.entries.iter().map(|(_, entry)| entry.seq.to_string()).collect();
            assert_eq!(json!(seqs), case["reference"]["entries"], "{name}");
        }
    }
}

#[test]
fn certificates_and_revocations() {
    let file = vector("metering/key-actions.json");
    let operator = VerifyingKey::new(&public_key(&file["operator"]["publicKey"])).unwrap();
    for mut case in cases("key-actions.json", 14) {
        let payload = bytes(&case.as_object_mut().unwrap().remove("payload").unwrap());
        let read = read_key_actions(Value::Array(vec![case.clone()]).to_string().as_bytes());
        let shard = shard_id(&case["shardId"]);
        match read.unwrap().as_slice() {
            [KeyAction::Certificate(certificate)] => {
                assert_eq!(certificate.signed_bytes(), payload);
                let certified = certificate.verify(shard, &operator).unwrap();
                assert_eq!(certified.fingerprint(), digest(&case["fingerprint"]));
                let later = ForeignCertificate {
                    not_after_us: certificate.not_after_us - 1,
                    ..*certificate
                };
                assert_eq!(later.verify(shard, &operator).unwrap_err().code(), "invalid-signature");
            }
            [KeyAction::Revocation(revocation)] => {
                assert_eq!(revocation.signed_bytes(), payload);
                assert_eq!(revocation.verify(shard, &operator), Ok(()));
                let reason = ForeignReason::Shutdown;
                let other = ForeignRevocation { reason, effective_at_seq: None, ..*revocation };
                let is_same = other == *revocation;
                assert_eq!(other.verify(shard, &operator).is_ok(), is_same);
            }
            actions => panic!("{actions:?}"),
        }
        for (member, value) in [
            ("kind", json!("ProcessKey")),
            ("extra", json!("1")),
            ("fingerprint", json!("AB")),
            ("shardId", json!(7)),
            ("operatorSig", json!("00")),
        ] {
            let mut changed = case.clone();
            changed[member] = value;
            let changed = Value::Array(vec![changed]).to_string();
            assert!(read_key_actions(changed.as_bytes()).is_err(), "{member}");
        }
    }
}

#[test]
fn batch_indexes() {
    let leaf = |i: u64| leaf_hash::<Blake3>(format!("pub-leaf-{i}").as_bytes());
    let mut whole = 0;
    for case in cases("batch-index.json", 8) {
        let Some(cbor) = case["cbor"].as_str() else { continue };
        let cbor = hex::decode(cbor).unwrap();
        let index = BatchIndex::decode(&cbor).unwrap();
        let name = BatchName::of_index(text(&case["fileName"])).unwrap();
        assert_eq!(index.range, name.0);
        assert_eq!(index.range.from, Seq(number(&case["fromSeq"])));
        let leaves: Vec<Digest> = (0..number(&case["leaves"])).map(leaf).collect();
        assert_eq!(index.leaf_hashes, leaves);
        assert_eq!((index.root, index.computed_root()), (digest(&case["root"]), index.root));
        for at in 0..cbor.len() {
            let mut changed = cbor.clone();
            changed[at] ^= 1;
            let changed = BatchIndex::decode(&changed);
            let is_noticed = changed.is_err()
                || changed.is_ok_and(|c| c.range != index.range || c.root != c.computed_root());
            assert!(is_noticed, "byte {at}");
        }
        whole += 1;
    }
    assert_eq!(whole, 7);
}

#[test]
fn settlements_come_out_of_their_records() {
    for case in cases("settlement.json", 3) {
        let mut window = ForeignWindow::default();
        for cbor in list(&case["records"]) {
            let cbor = bytes(cbor);
            window.push(&cbor, foreign_tip(&cbor), &ForeignRecord::decode(&cbor).unwrap());
        }
        let file = text(&case["fileText"]);
        let settlement = ForeignSettlement::read(file.as_bytes()).unwrap();
        let action = &case["action"];
        assert_eq!(Some(settlement.range), name_range(text(&case["fileName"])));
        assert_eq!(settlement.range.from, Seq(number(&action["fromSeq"])));
        assert_eq!(settlement.tip, window.tip());
        assert_eq!(settlement.tip, digest(&action["tipHash"]));
        assert_eq!(settlement.items_root, window.root());
        assert_eq!(settlement.items_root, digest(&action["itemsRoot"]));
        assert_eq!(Some(settlement.member_deltas), window.deltas());
        for changed in [
            file.replacen("  ", " ", 1),
            format!("{file}\n"),
            file.replacen("earned\": \"", "earned\": \"0", 1),
            file.replacen("\"earned\"", "\"x\": \"\",\n      \"earned\"", 1),
        ] {
            assert!(ForeignSettlement::read(changed.as_bytes()).is_err(), "{changed}");
        }
    }
}

fn name_range(name: &str) -> Option<countersign_core::SeqRange> {
    BatchName::of_settlement(name).map(|name| name.0)
}

#[test]
fn sums_and_their_order() {
    let mut compared = 0;
    for case in cases("member-deltas.json", 7) {
        let name = text(&case["name"]);
        let rows = case["rows"].as_array().unwrap();
        let is_member = |row: &Value| text(&row["memberId"]).len() == 64;
        if !rows.iter().all(is_member) {
            continue;
        }
        let mut window = ForeignWindow::default();
        let mut seen = Vec::new();
        for row in rows {
            let key = (text(&row["memberId"]), text(&row["opId"]));
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let amount = text(&row["amount"]);
            let record = ForeignRecord {
                seq: Seq(0),
                prev_hash: GENESIS_HASH,
                ts_us: 0,
                op: "op",
                member_id: &hex::decode_array(text(&row["memberId"])).unwrap(),
                asset_id: text(&row["assetId"]),
                amount: ForeignAmount::new(
                    amount.starts_with('-'),
                    amount.trim_start_matches('-').parse().unwrap(),
                ),
                op_id: text(&row["opId"]),
                context_hash: &[0; 32],
            };
            window.push(b"", GENESIS_HASH, &record);
        }
        let found: Vec<_> = window.deltas().unwrap().iter().map(delta_json).collect();
        assert_eq!(Value::Array(found), case["deltas"], "{name}");
        compared += 1;
    }
    assert_eq!(compared, 6);
}

fn delta_json(delta: &countersign_core::foreign::ForeignDelta) -> Value {
    json!({
        "memberId": hex::encode(&delta.member_id),
        "assetId": delta.asset_id,
        "earned": delta.earned.to_string(),
        "spent": delta.spent.to_string(),
    })
}

#[test]
fn state_files() {
    for case in cases("state.json", 3) {
        let file = text(&case["fileText"]);
        let state = ForeignState::read(file.as_bytes()).unwrap();
        let last_seq = state.last_seq.map_or("-1".to_owned(), |seq| seq.to_string());
        assert_eq!(last_seq, text(&case["lastSeq"]));
        assert_eq!(state.tip, digest(&case["tipHash"]));
        assert_eq!(state.shard_id, shard_id(&case["shardId"]));
        assert_eq!(Some(state.recovered_at_ms), case["recoveredAt"].as_u64());
        // The library takes both.
        let later = file.replace("\"schemaVersion\": 1", "\"schemaVersion\": 99");
        assert!(ForeignState::read(later.as_bytes()).is_err());
        assert!(ForeignState::read(b"").is_err());
    }
}

#[test]
fn hashes_of_files_are_those_of_the_manifest() {
    let image = super::reference();
    for file in list(&super::manifest()["files"]) {
        let held = image.file(&super::path(text(&file["name"]))).unwrap();
        assert_eq!(
            (held.len() as u64, blake3(held)),
            (number(&file["length"]), digest(&file["blake3"]))
        );
    }
}
