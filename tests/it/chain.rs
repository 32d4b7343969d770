//! The log format, version 1, against the shard of an independent implementation: every byte
//! made again from the same seeds, times and calls, and the shard audited in runs of any length.

use std::fs;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::chain::{
    AuditReport, Auditor, Cadence, ChainWriter, Control, FailureCode, Record, check_run, next_tip,
};
use countersign_core::codec::{Decoder, Encoder};
use countersign_core::frame::{FrameStep, Place, SegmentNumber, read_frame};
use countersign_core::hash::{Blake3, Digest, hex};
use countersign_core::keys::{
    KeyTables, PublicKey, ShardId, Signature, SigningKey, create_process_key_action,
    create_process_key_revoke_action, receipt_message,
};
use countersign_core::merkle::{Frontier, leaf_hash};
use countersign_core::settlement::{BatchWindow, settle};
use countersign_tests::json::{bytes, list, number, text};
use countersign_tests::vector;
use serde_json::Value;

const FORMAT: &str = "metering-v1/format.json";

/// What the maker of the vectors called besides appending: signatures that stand where the
/// cadence asks for none. 44, 89 and 128 follow settlements, 111 and 114 belong to the rotation,
/// 126 comes before a settlement, and 53 is a flush.
const FORCED: [u64; 7] = [44, 53, 89, 111, 114, 126, 128];

fn digest(value: &Value) -> Digest {
    Digest::from_hex(text(value)).unwrap()
}

fn key(seed: &Value) -> SigningKey {
    SigningKey::from_seed(&hex::decode_array(text(seed)).unwrap())
}

struct Actors {
    shard_id: ShardId,
    operator: SigningKey,
    process: Vec<SigningKey>,
}

impl Actors {
    fn of(file: &Value) -> Self {
        Self {
            shard_id: ShardId::parse(text(&file["shardId"])).unwrap(),
            operator: key(&file["operatorSeed"]),
            process: list(&file["processSeeds"]).iter().map(key).collect(),
        }
    }

    fn process(&self, public_key: PublicKey) -> &SigningKey {
        self.process.iter().find(|key| key.public_key() == public_key).unwrap()
    }
}

/// A writer's state: the chain, the tree over all records, the open batch.
struct Writer {
    chain: ChainWriter,
    frontier: Frontier<Blake3>,
    window: BatchWindow,
}

impl Writer {
    fn new(shard_id: ShardId) -> Self {
        Self {
            chain: ChainWriter::new(shard_id),
            frontier: Frontier::new(),
            window: BatchWindow::new(Seq::FIRST),
        }
    }
}

/// Makes one record again from its fields; a settlement from the records before it.
fn make(actors: &Actors, writer: &mut Writer, given: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let record = Record::decode(given).unwrap();
    let ts_us = record.ts_us();
    let (operator, shard_id) = (&actors.operator, actors.shard_id);
    let Writer { chain, frontier, window } = writer;
    let result = match record {
        Record::Entry(entry) => chain.append(&mut out, ts_us, &entry.operation),
        Record::Control(control) => match control.body {
            Control::Certificate(given) => {
                let (from, to) = (given.not_before_ms, given.expires_at_ms);
                let made =
                    create_process_key_action(operator, shard_id, given.public_key, from, to);
                chain.certify(&mut out, ts_us, &made.unwrap())
            }
            Control::Revocation(given) => {
                let (at, reason, from) =
                    (given.revoked_at_ms, given.reason, given.effective_at_seq);
                let key = given.public_key;
                let made =
                    create_process_key_revoke_action(operator, shard_id, key, at, reason, from);
                chain.revoke(&mut out, ts_us, &made.unwrap())
            }
            Control::Signature(_) => {
                let active = chain.active().unwrap().public_key;
                chain.sign(&mut out, ts_us, actors.process(active))
            }
            Control::Settlement(_) => {
                let key = actors.process(chain.active().unwrap().public_key);
                let settled = settle(chain, window, frontier.root(), key, &mut out, ts_us);
                *window = BatchWindow::new(settled.unwrap().to_seq.next());
                Ok(record.seq())
            }
            _ => chain.append_encoded(&mut out, given),
        },
    };
    assert_eq!(result, Ok(record.seq()));
    let leaf = leaf_hash::<Blake3>(&out);
    frontier.push(leaf).unwrap();
    window.push_all(&[(leaf, Record::decode(&out).unwrap())]).unwrap();
    out
}

#[test]
fn the_writer_makes_every_record_tip_leaf_and_root_of_the_vectors() {
    let file = vector(FORMAT);
    let actors = Actors::of(&file);
    assert_eq!(actors.operator.public_key().to_string(), text(&file["operatorPublicKey"]));
    assert_eq!(actors.shard_id.to_string(), text(&file["shardId"]));

    let roots = file["logRoots"].as_object().unwrap();
    let mut writer = Writer::new(actors.shard_id);
    let mut checked_roots = 0;
    let mut check_root = |size: usize, frontier: &Frontier<Blake3>| {
        if let Some(root) = roots.get(&size.to_string()) {
            assert_eq!(frontier.root(), digest(root), "log root of {size}");
            checked_roots += 1;
        }
    };
    check_root(0, &writer.frontier);
    let records = list(&file["records"]);
    for (i, case) in records.iter().enumerate() {
        assert_eq!(number(&case["seq"]), i as u64);
        let given = bytes(&case["cbor"]);
        let before = writer.chain.tip();
        let made = make(&actors, &mut writer, &given);
        assert_eq!(hex::encode(&made), text(&case["cbor"]), "record {i}");
        assert_eq!(writer.chain.tip(), digest(&case["tip"]), "tip {i}");
        assert_eq!(next_tip(&given, &before), writer.chain.tip());
        assert_eq!(leaf_hash::<Blake3>(&given), digest(&case["leafHash"]), "leaf hash {i}");
        check_root(i + 1, &writer.frontier);
    }
    assert_eq!(checked_roots, roots.len());
    assert_eq!(writer.chain.next_seq(), Seq(records.len() as u64));
    assert_eq!(writer.chain.unsigned_records(), 0);
}

/// The cadence counts entries: with records, record 0 would bring the first signature forward to
/// seq 16. It stands at seq 17, behind 16 entries.
#[test]
fn signatures_stand_where_the_cadence_or_a_call_puts_them() {
    let file = vector(FORMAT);
    let actors = Actors::of(&file);
    let cadence = Cadence::new(16).unwrap();
    let mut writer = Writer::new(actors.shard_id);
    let (mut due, mut forced) = (Vec::new(), Vec::new());
    for case in list(&file["records"]) {
        let given = bytes(&case["cbor"]);
        let record = Record::decode(&given).unwrap();
        let is_due = cadence.is_due(writer.chain.unsigned_entries());
        if let Some(Control::Signature(_)) = record.control() {
            if is_due { &mut due } else { &mut forced }.push(record.seq().0);
        } else {
            assert!(!is_due, "a signature is due before {}", record.seq());
        }
        make(&actors, &mut writer, &given);
    }
    assert_eq!(due, [17, 34, 70, 87, 106]);
    assert_eq!(forced, FORCED);
}

#[test]
fn settlements_sign_and_hold_what_the_vectors_say() {
    let file = vector(FORMAT);
    let actors = Actors::of(&file);
    let records = list(&file["records"]);
    for case in list(&file["settlements"]) {
        let seq = usize::try_from(number(&case["seq"])).unwrap();
        let given = bytes(&records[seq]["cbor"]);
        let record = Record::decode(&given).unwrap();
        let Some(Control::Settlement(settlement)) = record.control() else {
            panic!("{seq} is no settlement")
        };
        assert_eq!(settlement.from_seq.0, number(&case["fromSeq"]));
        assert_eq!(settlement.to_seq.0, number(&case["toSeq"]));
        assert_eq!(settlement.to_seq.next(), record.seq());
        assert_eq!(settlement.tip_hash, digest(&case["tipHash"]));
        assert_eq!(settlement.items_root, digest(&case["itemsRoot"]));
        assert_eq!(settlement.log_root, digest(&case["logRoot"]));
        assert_eq!(settlement.index_root, digest(&case["indexRoot"]));
        assert_eq!(settlement.entry_count, number(&case["entryCount"]));
        assert_eq!(settlement.public_key.to_string(), text(&case["publicKey"]));
        assert_eq!(settlement.signature.to_string(), text(&case["signature"]));

        let signed = settlement.signed_bytes(actors.shard_id);
        assert_eq!(hex::encode(&signed), text(&case["signedBytes"]));
        assert_eq!(settlement.verify_signature(actors.shard_id), Ok(()));
        assert_eq!(actors.process(settlement.public_key).sign(&signed), settlement.signature);
        let mut other = *actors.shard_id.as_bytes();
        other[0] ^= 1;
        assert!(settlement.verify_signature(ShardId::from_bytes(other)).is_err());

        let expected = list(&case["memberDeltas"]);
        assert_eq!(settlement.member_deltas().count(), expected.len());
        for (delta, case) in settlement.member_deltas().zip(expected) {
            assert_eq!(hex::encode(delta.member_id), text(&case["memberId"]));
            assert_eq!(delta.asset_id, text(&case["assetId"]));
            assert_eq!(delta.earned.to_string(), text(&case["earned"]));
            assert_eq!(delta.spent.to_string(), text(&case["spent"]));
        }

        // The deltas as their encoder writes them are the bytes of the record.
        let mut deltas = Vec::new();
        settlement.member_deltas().for_each(|delta| delta.encode(&mut deltas));
        let position = given.windows(deltas.len()).position(|window| window == deltas);
        assert!(position.is_some(), "the deltas of {seq} encode otherwise");

        let leaves: Vec<_> = list(&case["indexLeaves"]).iter().map(bytes).collect();
        assert!(leaves.is_sorted());
        assert_eq!(leaves.len() as u64, settlement.entry_count);
        let mut frontier = Frontier::<Blake3>::new();
        for leaf in &leaves {
            frontier.push(leaf_hash::<Blake3>(leaf)).unwrap();
        }
        assert_eq!(frontier.root(), settlement.index_root);
    }
}

#[test]
fn receipts_are_made_again() {
    let file = vector(FORMAT);
    let actors = Actors::of(&file);
    for case in list(&file["receipts"]) {
        let seq = Seq(number(&case["seq"]));
        let message = receipt_message(&actors.shard_id, seq, &digest(&case["leafHash"]));
        assert_eq!(message, digest(&case["message"]));
        let record = &file["records"][usize::try_from(seq.0).unwrap()];
        assert_eq!(record["leafHash"], case["leafHash"]);
        let signature = actors.process[0].sign(message.as_bytes());
        assert_eq!(signature, Signature::from_hex(text(&case["signature"])).unwrap());
    }
}

#[test]
fn bignums_have_one_encoding() {
    for case in list(&vector(FORMAT)["bignums"]) {
        let value: u128 = text(&case["value"]).parse().unwrap();
        let mut made = Vec::new();
        Encoder::new(&mut made).bignum(value);
        assert_eq!(hex::encode(&made), text(&case["cbor"]));
        let mut decoder = Decoder::new(&made);
        assert_eq!(decoder.bignum(), Ok(value));
        assert_eq!(decoder.finish(), Ok(()));
    }
}

/// Every frame of the shard in the vectors, read from its two segment files.
fn shard_frames() -> Vec<(Place, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1/shard");
    let mut frames = Vec::new();
    for segment in [1, 2] {
        let segment = SegmentNumber::new(segment).unwrap();
        let file = fs::read(folder.join(segment.file_name())).unwrap();
        let mut offset = 0;
        loop {
            match read_frame(&file[offset..]) {
                FrameStep::Frame { payload } => {
                    frames.push((Place { segment, offset: offset as u64 }, payload.to_vec()));
                    offset += 4 + payload.len();
                }
                FrameStep::End => break,
                step => panic!("{segment} at {offset}: {step:?}"),
            }
        }
    }
    frames
}

/// Audits `frames` in runs of at most `length` frames.
fn audit(trusted: PublicKey, frames: &[(Place, Vec<u8>)], length: usize) -> AuditReport {
    let mut auditor = Auditor::new(trusted);
    let mut tables = KeyTables::default();
    let mut at = 0;
    while at < frames.len() {
        let run = frames[at..].iter().take(length);
        let run = run.map(|(place, payload)| (*place, payload.as_slice()));
        let summary = check_run(run, auditor.key_window());
        assert!(summary.consumed > 0);
        at += summary.consumed;
        for pending in auditor.absorb(summary) {
            let holds = pending.holds(&mut tables);
            auditor.judge(&pending, holds);
        }
    }
    auditor.finish()
}

const RUN_LENGTHS: [usize; 6] = [1, 2, 3, 7, 64, usize::MAX];

#[test]
fn the_shard_audits_as_the_vectors_say_in_runs_of_any_length() {
    let file = vector(FORMAT);
    let actors = Actors::of(&file);
    let frames = shard_frames();
    let cbor: Vec<_> = list(&file["records"]).iter().map(|case| bytes(&case["cbor"])).collect();
    assert!(frames.iter().map(|(_, payload)| payload).eq(&cbor));

    let invalid: Vec<u64> = list(&file["invalidFrom30"]).iter().map(number).collect();
    let expected = &file["report"];
    for length in RUN_LENGTHS {
        let report = audit(actors.operator.public_key(), &frames, length);
        assert_eq!(report.shard_id, Some(actors.shard_id));
        assert_eq!(report.records, number(&expected["records"]), "runs of {length}");
        assert_eq!(report.entries, number(&expected["entries"]), "runs of {length}");
        assert_eq!(report.signatures, number(&expected["signatures"]), "runs of {length}");
        assert_eq!(report.settlements, number(&expected["settlements"]), "runs of {length}");
        assert_eq!(report.tip, digest(&expected["tip"]), "runs of {length}");
        assert_eq!(report.unsigned_tail, number(&expected["unsignedTail"]), "runs of {length}");
        assert_eq!(report.last_seq, Some(Seq(frames.len() as u64 - 1)));

        let failed: Vec<_> = report.failures.iter().map(|failure| failure.seq.0).collect();
        assert_eq!(failed, invalid, "runs of {length}");
        for failure in &report.failures {
            assert_eq!(failure.code, FailureCode::KeyCompromised, "{failure}");
            let seq = usize::try_from(failure.seq.0).unwrap();
            assert_eq!(failure.place, frames[seq].0);
        }
    }
}

#[test]
fn a_shard_of_another_operator_is_refused() {
    let file = vector(FORMAT);
    let other = Actors::of(&file).process[0].public_key();
    let frames = shard_frames();
    let whole = audit(other, &frames, usize::MAX);
    assert_eq!(whole.failures[0].code, FailureCode::WrongOperatorKey);
    assert_eq!(whole.failures[0].seq, Seq::FIRST);
    // That no key is active is told once, not for each record.
    let keyless = whole.failures.iter().filter(|f| f.code == FailureCode::OutsideKeyWindow);
    assert_eq!(keyless.map(|f| f.seq.0).collect::<Vec<_>>(), [1]);
    for length in RUN_LENGTHS {
        assert!(audit(other, &frames, length) == whole, "runs of {length}");
    }
}

/// A damaged shard fails alike, whatever runs it is read in.
#[test]
fn damage_is_reported_alike_in_runs_of_any_length() {
    let file = vector(FORMAT);
    let trusted = Actors::of(&file).operator.public_key();
    let good = shard_frames();
    for victim in (0..good.len()).step_by(3).chain([17, 43, 112, 113, 128]) {
        // The first byte (no record at all), the prevHash, and the last byte.
        for at in [0, 10, good[victim].1.len() - 1] {
            let mut frames = good.clone();
            frames[victim].1[at] ^= 1;
            let whole = audit(trusted, &frames, usize::MAX);
            let clean = whole.failures.iter().all(|f| f.code == FailureCode::KeyCompromised);
            assert!(victim + 1 == good.len() || !clean, "record {victim} byte {at}: unseen");
            for length in RUN_LENGTHS {
                let split = audit(trusted, &frames, length);
                assert!(split == whole, "record {victim} byte {at} in runs of {length}");
            }
        }
    }
}
