//! The format pages show real bytes: their specimens are those of the vectors, and every line says
//! what its bytes hold.

use std::fs;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::chain::{Control, FailureCode, Record, next_tip};
use countersign_core::codec::Decoder;
use countersign_core::document::{self, CertificateDocument, RevocationDocument};
use countersign_core::foreign::{ForeignCode, KeyAction, foreign_tip, read_key_actions};
use countersign_core::frame::{FrameStep, read_frame};
use countersign_core::hash::{Digest, blake3, hex};
use countersign_core::keys::{
    Certificate, PublicKey, Revocation, ShardId, Signature, VerifyingKey, receipt_message,
    signature_message,
};
use countersign_core::limits;
use countersign_core::proof::{AnyBundle, VerifyOptions};
use countersign_core::settlement::{BatchSettlementAction, IndexLeaf};
use countersign_tests::vector;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::proof::{Shard, one_of_each};

const CODEC: &str = include_str!("../../core/src/codec/FORMAT.md");
const KEYS: &str = include_str!("../../core/src/keys/FORMAT.md");
const CHAIN: &str = include_str!("../../core/src/chain/FORMAT.md");
const DOCUMENT: &str = include_str!("../../core/src/document/FORMAT.md");
const SETTLEMENT: &str = include_str!("../../core/src/settlement/FORMAT.md");
const PROOF: &str = include_str!("../../core/src/proof/FORMAT.md");
const FRAME: &str = include_str!("../../core/src/frame/FORMAT.md");
const FOREIGN: &str = include_str!("../../core/src/foreign/FORMAT.md");

/// The lines of a specimen: some bytes, and what the page says they are.
type Specimen = Vec<(Vec<u8>, String)>;

/// The blocks marked as hex, in order. A line that says `...` goes on with the one before.
fn specimens(page: &str) -> Vec<Specimen> {
    let mut blocks = page.split("```hex\n");
    blocks.next();
    let block = |text: &str| {
        let mut lines = Specimen::new();
        for line in text.split("\n```").next().unwrap().lines() {
            let (digits, says) = line.split_once("  ").unwrap_or_else(|| panic!("{line}"));
            let bytes = hex::decode(digits).unwrap_or_else(|| panic!("{line}"));
            match says.trim() {
                "..." => lines.last_mut().unwrap().0.extend(bytes),
                says => lines.push((bytes, says.to_owned())),
            }
        }
        lines
    };
    blocks.map(block).collect()
}

/// The values behind `= `, in order, joined over their lines.
fn values(page: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for line in page.lines() {
        if let Some(value) = line.strip_prefix("  = ") {
            values.push(value.to_owned());
        } else if let Some(more) = line.strip_prefix("      ") {
            values.last_mut().unwrap().push_str(more);
        }
    }
    values
}

fn joined(specimen: &Specimen) -> Vec<u8> {
    specimen.iter().flat_map(|(bytes, _)| bytes.clone()).collect()
}

/// Checks that each line is one CBOR head or item, and that numbers and quoted texts are its own.
fn check_cbor(specimen: &Specimen) {
    for (bytes, says) in specimen {
        let mut decoder = Decoder::new(bytes);
        match bytes[0] >> 5 {
            2 => assert!(decoder.bytes(64).is_ok(), "{says}"),
            3 => {
                let text = decoder.text(64).unwrap();
                assert!(!says.contains('"') || says.contains(&format!("\"{text}\"")), "{says}");
            }
            4 => assert_eq!(*says, format!("array of {}", decoder.array().unwrap())),
            _ => {
                let value = format!(", {}", decoder.bignum().unwrap());
                assert!(says.split(['u', ':']).any(|part| part.trim().ends_with(&value)), "{says}");
            }
        }
        assert_eq!(decoder.finish(), Ok(()), "{says}");
    }
}

fn record(file: &Value, seq: usize) -> Vec<u8> {
    hex::decode(file["records"][seq]["cbor"].as_str().unwrap()).unwrap()
}

fn control<'a>(bytes: &'a [u8]) -> Control<'a> {
    match Record::decode(bytes).unwrap() {
        Record::Control(record) => record.body,
        Record::Entry(_) => panic!("an entry"),
    }
}

#[test]
fn the_codec_page_shows_a_member_delta() {
    let specimens = specimens(CODEC);
    let [delta] = specimens.as_slice() else { panic!("one specimen") };
    check_cbor(delta);
    let file = vector("metering-v1/format.json");
    let bytes = record(&file, 43);
    let Control::Settlement(settlement) = control(&bytes) else { panic!("no settlement") };
    let is_shown = settlement.member_deltas().any(|theirs| {
        let mut encoded = Vec::new();
        theirs.encode(&mut encoded);
        encoded == joined(delta)
    });
    assert!(is_shown);
}

#[test]
fn the_chain_page_shows_an_entry_and_a_signature() {
    let file = vector("metering-v1/format.json");
    let specimens = specimens(CHAIN);
    let [entry, signature] = specimens.as_slice() else { panic!("two specimens") };
    let mut tips = Vec::new();
    for (specimen, seq) in [(entry, 3), (signature, 17)] {
        check_cbor(specimen);
        let bytes = joined(specimen);
        assert_eq!(bytes, record(&file, seq));
        let decoded = Record::decode(&bytes).unwrap();
        assert_eq!(decoded.seq(), Seq(seq as u64));
        assert_eq!(file["records"][seq - 1]["tip"], decoded.prev_hash().to_string());
        tips.push(next_tip(&bytes, decoded.prev_hash()).to_string());
        assert_eq!(file["records"][seq]["tip"], *tips.last().unwrap());
    }
    assert_eq!(values(CHAIN), tips);
}

/// The steps of the chain page name every code but those of frames and segments.
#[test]
fn the_chain_page_names_the_failures() {
    let codes = [
        FailureCode::RecordMalformed,
        FailureCode::SeqGap,
        FailureCode::ChainBroken,
        FailureCode::TimeReversed,
        FailureCode::CertificateMissing,
        FailureCode::CertificateInvalid,
        FailureCode::FormatTooNew,
        FailureCode::WrongOperatorKey,
        FailureCode::WrongShard,
        FailureCode::RevocationInvalid,
        FailureCode::SignatureInvalid,
        FailureCode::InactiveKey,
        FailureCode::OutsideKeyWindow,
        FailureCode::KeyCompromised,
        FailureCode::SettlementRange,
        FailureCode::SettlementTip,
        FailureCode::SettlementEntryCount,
        FailureCode::SettlementSignature,
    ];
    let steps = CHAIN.split("## Verifying a log").nth(1).unwrap();
    for code in codes {
        assert!(steps.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn the_keys_page_shows_what_is_signed() {
    let file = vector("metering-v1/format.json");
    let operator = PublicKey::from_hex(file["operatorPublicKey"].as_str().unwrap()).unwrap();
    assert!(KEYS.contains(&format!("`{operator}`")));
    let shard_id = ShardId::parse(file["shardId"].as_str().unwrap()).unwrap();
    let specimens = specimens(KEYS);
    let [certificate, revocation, signature, receipt] = specimens.as_slice() else {
        panic!("four specimens")
    };
    let values = values(KEYS);
    check_cbor(certificate);
    check_cbor(revocation);

    let bytes = record(&file, 0);
    let Control::Certificate(theirs) = control(&bytes) else { panic!("no certificate") };
    assert_eq!(theirs.signed_bytes(), joined(certificate));
    let bytes = record(&file, 125);
    let Control::Revocation(theirs) = control(&bytes) else { panic!("no revocation") };
    assert_eq!(theirs.signed_bytes(shard_id), joined(revocation));
    let operator = VerifyingKey::new(&operator).unwrap();
    for (specimen, value) in [(certificate, &values[0]), (revocation, &values[1])] {
        let signature = Signature::from_hex(value).unwrap();
        assert_eq!(operator.verify(&joined(specimen), &signature), Ok(()));
    }

    let bytes = record(&file, 17);
    let Control::Signature(theirs) = control(&bytes) else { panic!("no signature") };
    let tip = *Record::decode(&bytes).unwrap().prev_hash();
    let message = signature_message(&shard_id, Seq(16), &tip, &theirs.fingerprint);
    assert_eq!(blake3(&joined(signature)), message);

    let leaf = Digest::from_hex(file["receipts"][0]["leafHash"].as_str().unwrap()).unwrap();
    let message = receipt_message(&shard_id, Seq(1), &leaf);
    assert_eq!(blake3(&joined(receipt)), message);
    assert_eq!(values[2..], [message.to_string()]);
}

#[test]
fn the_frame_page_shows_a_frame() {
    let specimens = specimens(FRAME);
    let [frame] = specimens.as_slice() else { panic!("one specimen") };
    let bytes = joined(frame);
    let path = "vectors/metering-v1/shard/log.000001.cbor";
    let segment = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let FrameStep::Frame { payload } = read_frame(&segment) else { panic!("no first frame") };
    let offset = 4 + payload.len();
    assert!(FRAME.contains(&format!("at byte {offset}, {} bytes long", bytes.len())));
    assert!(segment[offset..].starts_with(&bytes));
    let FrameStep::Frame { payload } = read_frame(&bytes) else { panic!("no frame") };
    assert_eq!(payload.len() + 4, bytes.len());
    assert!(frame[0].1.starts_with(&format!("payload length, {}:", payload.len())));
    assert_eq!(payload, record(&vector("metering-v1/format.json"), 1));
}

/// The blocks marked as JSON, in order.
fn json_blocks(page: &str) -> Vec<&str> {
    page.split("```json\n").skip(1).map(|text| text.split("\n```").next().unwrap()).collect()
}

#[test]
fn the_settlement_page_shows_what_is_signed_and_a_leaf() {
    let file = vector("metering-v1/format.json");
    let specimens = specimens(SETTLEMENT);
    let [signed, leaf] = specimens.as_slice() else { panic!("two specimens") };
    check_cbor(signed);
    let bytes = record(&file, 127);
    let Control::Settlement(settlement) = control(&bytes) else { panic!("no settlement") };
    let shard_id = ShardId::parse(file["shardId"].as_str().unwrap()).unwrap();
    assert!(settlement.signed_bytes(shard_id).starts_with(&joined(signed)));
    assert!(SETTLEMENT.contains(&format!("`{}`", settlement.public_key)));

    let first = file["settlements"][2]["indexLeaves"][0].as_str().unwrap();
    assert_eq!(hex::encode(&joined(leaf)), first);
    let index_leaf = IndexLeaf::from_bytes(joined(leaf).try_into().unwrap());
    let entry = record(&file, 91);
    let Ok(Record::Entry(entry)) = Record::decode(&entry) else { panic!("no entry") };
    assert_eq!(IndexLeaf::of(&entry), index_leaf);
    let expected = [settlement.signature.to_string(), index_leaf.leaf_hash().to_string()];
    assert_eq!(values(SETTLEMENT), expected);

    let blocks = json_blocks(SETTLEMENT);
    let [delta] = blocks.as_slice() else { panic!("one JSON specimen") };
    let json = BatchSettlementAction::from(&settlement).to_json().unwrap();
    assert!(json.contains(delta), "{json}");
}

/// A number of the limits, as pages write it.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let places = digits.len();
    let group = |(i, digit): (usize, char)| {
        let comma = (i > 0 && (places - i).is_multiple_of(3)).then_some(',');
        comma.into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(group).collect()
}

#[test]
fn the_settlement_page_has_the_limits_and_the_codes() {
    for (limit, unit) in [
        (limits::MAX_WINDOW_PAIRS, "pairs"),
        (limits::MAX_SETTLEMENT_PAIRS, "pairs"),
        (usize::try_from(limits::DEFAULT_MAX_RECORDS).unwrap(), "records"),
        (usize::try_from(limits::DEFAULT_MAX_AGE_MS).unwrap(), "ms"),
    ] {
        let text = format!("{} {unit}", grouped(limit));
        assert!(SETTLEMENT.contains(&text), "{text}");
    }
    for code in [
        "range-invalid",
        "range-count",
        "record-malformed",
        "range-seq",
        "delta-overflow",
        "chain-broken",
        "tip-hash",
        "items-root",
        "entry-count",
        "index-root",
        "member-deltas",
        "log-root",
        "certificate-invalid",
        "wrong-shard",
        "wrong-process-key",
        "settlement-signature",
    ] {
        assert!(SETTLEMENT.contains(&format!("(`{code}`)")), "{code}");
    }
}

#[test]
fn the_document_page_shows_a_certificate_and_a_revocation() {
    #[derive(Deserialize, Serialize)]
    struct OfCertificate(#[serde(with = "CertificateDocument")] Certificate);
    #[derive(Deserialize, Serialize)]
    struct OfRevocation(#[serde(with = "RevocationDocument")] Revocation);

    let file = vector("metering-v1/format.json");
    let blocks = json_blocks(DOCUMENT);
    let [certificate, revocation] = blocks.as_slice() else { panic!("two JSON specimens") };
    let compact = |block: &str| block.replace([' ', '\n'], "");
    let bytes = record(&file, 0);
    let Control::Certificate(theirs) = control(&bytes) else { panic!("no certificate") };
    let OfCertificate(read) = document::read(certificate.as_bytes(), 4_096).unwrap();
    assert_eq!(read, theirs);
    assert_eq!(document::write(&OfCertificate(read)).unwrap(), compact(certificate));
    let bytes = record(&file, 125);
    let Control::Revocation(theirs) = control(&bytes) else { panic!("no revocation") };
    let OfRevocation(read) = document::read(revocation.as_bytes(), 4_096).unwrap();
    assert_eq!(read, theirs);
    assert_eq!(document::write(&OfRevocation(read)).unwrap(), compact(revocation));
}

/// The rows of the page's tables that begin with a bundle's format, and the members they list.
fn listed_members<'p>(page: &'p str, format: &str, table: usize) -> Vec<&'p str> {
    let table =
        page.split("\n\n").filter(|part| part.starts_with("| format |")).nth(table).unwrap();
    let row = table.lines().find(|row| row.contains(format)).or(table.lines().last()).unwrap();
    let members = row.split('|').nth(2).unwrap();
    members.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_proof_page_shows_a_receipt_and_every_member() {
    let shard = Shard::read();
    let specimen = PROOF.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    let AnyBundle::Receipt(receipt) = AnyBundle::read(specimen.as_bytes()).unwrap() else {
        panic!("no receipt")
    };
    assert_eq!(receipt, shard.receipt(0));
    assert!(receipt.verify(&shard.operator, &VerifyOptions::default()).unwrap().valid);

    let bundles = one_of_each(&shard);
    assert_eq!(bundles.len(), 10);
    for json in bundles {
        // `serde_json`'s own objects are sorted; the order is that of the text.
        let names = |text: &str| -> Vec<String> {
            let mut depth = 0_usize;
            let mut names = vec![];
            for (at, c) in text.char_indices() {
                match c {
                    '{' | '[' => depth += 1,
                    '}' | ']' => depth -= 1,
                    ':' if depth == 1 && text[..at].ends_with('"') => {
                        names.push(text[..at - 1].rsplit('"').next().unwrap().to_owned());
                    }
                    _ => {}
                }
            }
            names
        };
        let bundle = AnyBundle::read(json.as_bytes()).unwrap();
        let format = bundle.format().name();
        assert_eq!(names(&json), listed_members(PROOF, format, 0), "{format}");
        let proof = &json[json.rfind("\"proof\":").unwrap() + 8..json.len() - 1];
        assert_eq!(names(proof), listed_members(PROOF, format, 1), "{format}");
    }
}

/// Every kebab-case text in the room's code is a code of a check or an error: the page names it.
#[test]
fn the_proof_page_names_every_code() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/proof");
    let mut found = 0;
    for entry in fs::read_dir(room).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        // What can only go wrong while a bundle is built is told by the error's own page.
        if path.file_name().is_some_and(|name| name == "error.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for literal in text
            .lines()
            .filter(|line| !line.trim().starts_with("//"))
            .flat_map(|line| line.split('"').skip(1).step_by(2))
        {
            let is_code = literal.contains('-')
                && literal.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if is_code {
                assert!(PROOF.contains(&format!("`{literal}`")), "{literal} of {path:?}");
                found += 1;
            }
        }
    }
    assert!(found >= 35, "only {found} codes found");
}

/// Checks the numbers and texts that a line of the TypeScript layout says it holds.
fn check_foreign(specimen: &Specimen) {
    for (bytes, says) in specimen {
        let Some((_, value)) = says.split_once(", ") else {
            let count = says.strip_prefix("array of ");
            assert!(count.is_none_or(|count| u64::from(bytes[0] & 0x1f) == count.parse::<u64>().unwrap()), "{says}");
            continue;
        };
        if let Ok(number) = value.parse::<u64>() {
            let found = match bytes.as_slice() {
                [0x1b, digits @ ..] => u64::from_be_bytes(digits.try_into().unwrap()),
                prefix => u32::from_le_bytes(prefix.try_into().unwrap()).into(),
            };
            assert_eq!(found, number, "{says}");
        } else if let Some(text) = value.strip_prefix('"') {
            assert_eq!(&bytes[1..], text.trim_end_matches('"').as_bytes(), "{says}");
        } else {
            assert_eq!(bytes.starts_with(&[0xd8, 0x40]), value == "under tag 64", "{says}");
        }
    }
}

#[test]
fn the_foreign_page_shows_what_the_library_wrote() {
    let specimens = specimens(FOREIGN);
    let [record, signature, certificate, index] = specimens.as_slice() else {
        panic!("four specimens")
    };
    specimens.iter().for_each(check_foreign);
    let shard = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering/reference-shard");
    let read = |name: &str| fs::read(shard.join(name)).unwrap();
    assert!(read("log.000001.cbor")[164..].starts_with(&joined(record)));
    assert!(read("sidecar.sigs").starts_with(&joined(signature)));
    let manifest = vector("metering/reference-shard-manifest.json");
    let tip = foreign_tip(&joined(record)[4..]).to_string();
    assert_eq!((values(FOREIGN), &manifest["records"][1]["tip"]), (vec![tip.clone()], &tip.into()));

    let json = FOREIGN.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), manifest["keyActions"]);
    let actions = read_key_actions(json.as_bytes()).unwrap();
    let [KeyAction::Certificate(theirs), KeyAction::Revocation(_)] = actions.as_slice() else {
        panic!("a certificate and a revocation")
    };
    assert_eq!(theirs.signed_bytes(), joined(certificate));
    let indexes = vector("metering/batch-index.json");
    assert_eq!(indexes["cases"][1]["cbor"], hex::encode(&joined(index)));
}

/// The steps of the page name every code of the layout's own.
#[test]
fn the_foreign_page_names_the_failures() {
    let steps = FOREIGN.split("## Verifying a shard").nth(1).unwrap();
    for code in [
        ForeignCode::FirstRecordKey,
        ForeignCode::SidecarBroken,
        ForeignCode::SignatureTip,
        ForeignCode::SignatureMissing,
        ForeignCode::RangeEmpty,
        ForeignCode::SettlementMalformed,
        ForeignCode::SettlementRoot,
        ForeignCode::SettlementDeltas,
        ForeignCode::IndexMalformed,
        ForeignCode::IndexRoot,
        ForeignCode::StateMalformed,
        FailureCode::SegmentMissing.into(),
        FailureCode::FrameBroken.into(),
        FailureCode::RecordMalformed.into(),
        FailureCode::SeqGap.into(),
        FailureCode::ChainBroken.into(),
        FailureCode::TimeReversed.into(),
        FailureCode::CertificateInvalid.into(),
        FailureCode::RevocationInvalid.into(),
        FailureCode::WrongShard.into(),
        FailureCode::SignatureInvalid.into(),
        FailureCode::InactiveKey.into(),
        FailureCode::OutsideKeyWindow.into(),
        FailureCode::KeyCompromised.into(),
        FailureCode::SettlementRange.into(),
        FailureCode::SettlementTip.into(),
        FailureCode::BeforeDurablePosition.into(),
    ] {
        assert!(steps.contains(&format!("`{code}`")), "{code}");
    }
}
