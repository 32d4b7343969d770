//! What verification makes of settlements that are signed and wrong: the vector shard, written
//! anew with one of them changed, everything behind it chained and signed as if it were right.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use countersign::store::disk::RealDisk;
use countersign::verify::{ShardReport, VerifyOptions, verify_shard};
use countersign_core::Seq;
use countersign_core::chain::{Control, Operation, Record, Settlement, SigEnvelope};
use countersign_core::frame::length_prefix;
use countersign_core::hash::{Blake3, Digest};
use countersign_core::keys::{PublicKey, ShardId, SigningKey, signature_message};
use countersign_core::limits::GENESIS_HASH;
use countersign_core::merkle::{leaf_hash, root};
use countersign_core::settlement::{AccountDelta, BatchSettlementAction};
use countersign_tests::json::{bytes, list, text};
use countersign_tests::vector;
use serde_json::Value;

const SETTLEMENTS: [u64; 3] = [43, 88, 127];

type Change<'a> = &'a dyn Fn(&mut BatchSettlementAction);

fn format() -> Value {
    vector("metering-v1/format.json")
}

/// The records of the vectors, with the settlement at `seq` changed.
fn forge(seq: u64, change: Change<'_>) -> Vec<Vec<u8>> {
    let format = format();
    let shard_id = ShardId::parse(text(&format["shardId"])).unwrap();
    let seeds = list(&format["processSeeds"]).iter().map(|seed| bytes(seed).try_into().unwrap());
    let keys: Vec<_> = seeds.map(|seed| SigningKey::from_seed(&seed)).collect();
    let by = |is_it: &dyn Fn(&PublicKey) -> bool| {
        keys.iter().find(|key| is_it(&key.public_key())).unwrap()
    };
    let (mut records, mut leaves, mut tip): (Vec<Vec<u8>>, Vec<Digest>, _) =
        (vec![], vec![], GENESIS_HASH);
    for case in list(&format["records"]) {
        let original = bytes(&case["cbor"]);
        let mut out = vec![];
        match Record::decode(&original).unwrap() {
            Record::Entry(mut entry) => {
                entry.prev_hash = tip;
                entry.encode(&mut out);
            }
            Record::Control(mut record) => {
                record.prev_hash = tip;
                let body;
                match &record.body {
                    Control::Signature(SigEnvelope { fingerprint, .. }) => {
                        let key = by(&|key| key.fingerprint() == *fingerprint);
                        let covered = record.seq.previous().unwrap();
                        let message = signature_message(&shard_id, covered, &tip, fingerprint);
                        let signature = key.sign(message.as_bytes());
                        let fingerprint = *fingerprint;
                        record.body = Control::Signature(SigEnvelope { fingerprint, signature });
                    }
                    Control::Settlement(settlement) => {
                        let mut action = BatchSettlementAction::from(settlement);
                        let from = usize::try_from(action.from_seq.0).unwrap();
                        action.tip_hash = tip;
                        action.items_root = root::<Blake3>(&leaves[from..]);
                        action.log_root = root::<Blake3>(&leaves);
                        if record.seq == Seq(seq) {
                            change(&mut action);
                        }
                        let key = by(&|key| *key == action.public_key);
                        action.signature = key.sign(&action.signed_bytes(shard_id));
                        body = action.body();
                        record.body = Control::Settlement(Settlement::decode(&body).unwrap());
                    }
                    _ => {}
                }
                record.encode(&mut out);
            }
        }
        tip = Record::decode(&out).unwrap().tip(&out);
        leaves.push(leaf_hash::<Blake3>(&out));
        records.push(out);
    }
    records
}

/// Verifies the records in two segments, in several ways that must agree.
fn verify(records: &[Vec<u8>], from: Option<u64>, to: Option<u64>) -> ShardReport {
    let directory = tempfile::tempdir().unwrap();
    let frame = |record: &Vec<u8>| [&length_prefix(record.len()).unwrap(), &record[..]].concat();
    for (name, part) in [("log.000001.cbor", ..60), ("log.000002.cbor", ..records.len())] {
        let start = if part.end == 60 { 0 } else { 60 };
        let frames: Vec<_> = records[start..part.end].iter().flat_map(frame).collect();
        fs::write(directory.path().join(name), frames).unwrap();
    }
    verify_directory(directory.path(), from, to)
}

fn verify_directory(directory: &Path, from: Option<u64>, to: Option<u64>) -> ShardReport {
    let key = PublicKey::from_hex(text(&format()["operatorPublicKey"])).unwrap();
    let (from, to) = (from.map(Seq), to.map(Seq));
    let mut reports = [(1, 1), (2, 4_097), (3, 1 << 20)].into_iter().map(|(threads, size)| {
        let (threads, block_size) = (NonZeroUsize::new(threads), NonZeroUsize::new(size));
        let options = VerifyOptions { threads, block_size, from, to, ..VerifyOptions::new(key) };
        let report = verify_shard(&RealDisk, directory, &options, |_, _| {}).unwrap();
        ShardReport { threads: 0, ..report }
    });
    let first = reports.next().unwrap();
    for report in reports {
        assert!(report == first, "{report}\nbut before\n{first}");
    }
    first
}

/// Codes and seqs of the failures but those that the intact vector shard has.
fn failures(report: &ShardReport) -> Vec<(&'static str, u64)> {
    let all = report.failures.iter().map(|failure| (failure.code, failure.seq.0));
    all.filter(|(code, _)| *code != "key-compromised").collect()
}

#[test]
fn the_vector_shard_is_checked_in_full() {
    let shard = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/metering-v1/shard");
    let report = verify_directory(&shard, None, None);
    assert_eq!(failures(&report), []);
    assert_eq!((report.settlements, report.settlements_checked), (3, 3));
    assert_eq!(serde_json::to_value(&report).unwrap()["settlementsChecked"], "3");
    let text = report.to_string();
    assert!(text.contains("3 of 3 settlements held against their records in full\n"), "{text}");
    // Written anew without a change it is the same shard.
    assert_eq!(forge(u64::MAX, &|_| {}).concat(), {
        let format = format();
        list(&format["records"]).iter().flat_map(|case| bytes(&case["cbor"])).collect::<Vec<_>>()
    });
}

#[test]
fn every_wrong_root_and_sum_has_its_own_code_and_nothing_else_fails() {
    type Case<'a> = (&'a [&'static str], Change<'a>);
    let other = Digest::from_bytes([0xab; 32]);
    let cases: [Case<'_>; 16] = [
        (&["items-root"], &|a| a.items_root = other),
        (&["log-root"], &|a| a.log_root = other),
        (&["index-root"], &|a| a.index_root = other),
        (&["settlement-tip"], &|a| a.tip_hash = other),
        (&["settlement-entry-count"], &|a| a.entry_count += 1),
        (&["settlement-entry-count"], &|a| a.entry_count -= 1),
        (&["member-deltas"], &|a| a.member_deltas[0].earned += 1),
        (&["member-deltas"], &|a| a.member_deltas[0].spent += 1),
        (&["member-deltas"], &|a| {
            let last = a.member_deltas.last_mut().unwrap();
            let sum = if last.earned > 0 { &mut last.earned } else { &mut last.spent };
            *sum -= 1;
        }),
        (&["member-deltas"], &|a| drop(a.member_deltas.pop())),
        (&["member-deltas"], &|a| drop(a.member_deltas.remove(0))),
        (&["member-deltas"], &|a| {
            let more = AccountDelta { member_id: [0xff; 32], ..a.member_deltas[0].clone() };
            a.member_deltas.push(more);
        }),
        (&["member-deltas"], &|a| {
            let delta = a.member_deltas.iter_mut().find(|delta| delta.earned != delta.spent);
            let delta = delta.unwrap();
            std::mem::swap(&mut delta.earned, &mut delta.spent);
        }),
        (&["items-root", "index-root"], &|a| {
            std::mem::swap(&mut a.items_root, &mut a.index_root);
        }),
        (&["log-root", "index-root"], &|a| std::mem::swap(&mut a.log_root, &mut a.index_root)),
        (&["items-root", "log-root"], &|a| (a.items_root, a.log_root) = (other, a.index_root)),
    ];
    for seq in SETTLEMENTS {
        for (at, (codes, change)) in cases.iter().enumerate() {
            let report = verify(&forge(seq, change), None, None);
            let expected: Vec<_> = codes.iter().map(|code| (*code, seq)).collect();
            assert_eq!(failures(&report), expected, "case {at}: {report}");
            assert!(!report.valid);
            assert_eq!(report.settlements_checked, 3);
        }
    }
}

#[test]
fn a_failure_tells_both_values() {
    let format = format();
    let told = |code: &str, change: Change<'_>| {
        let report = verify(&forge(88, change), None, None);
        report.failures.into_iter().find(|failure| failure.code == code).unwrap().detail
    };
    let other = Digest::from_bytes([0xab; 32]);
    let right = &list(&format["settlements"])[1];
    let detail = told("items-root", &|a| a.items_root = other);
    assert!(detail.contains(&other.to_string()), "{detail}");
    assert!(detail.contains(text(&right["itemsRoot"])), "{detail}");
    let delta = &list(&right["memberDeltas"])[0];
    let detail = told("member-deltas", &|a| a.member_deltas[0].earned += 1);
    let earned: u128 = text(&delta["earned"]).parse().unwrap();
    for value in [earned, earned + 1] {
        assert!(detail.contains(&format!("{value} earned")), "{detail}");
    }
    assert!(detail.contains(text(&delta["memberId"])), "{detail}");
}

#[test]
fn a_settlement_in_the_range_is_checked_though_its_batch_begins_before() {
    let other = Digest::from_bytes([0xab; 32]);
    let records = forge(88, &|a| a.items_root = other);
    for (from, to, told, checked) in
        [(60, 128, true, 2), (88, 88, true, 1), (89, 128, false, 1), (0, 87, false, 1)]
    {
        let report = verify(&records, Some(from), Some(to));
        let expected = if told { vec![("items-root", 88)] } else { vec![] };
        assert_eq!(failures(&report), expected, "{from} to {to}");
        assert_eq!(report.settlements_checked, checked, "{from} to {to}");
    }
}

#[test]
fn behind_damage_roots_are_not_told_as_wrong() {
    let mut records = forge(u64::MAX, &|_| {});
    drop(records.drain(50..55));
    let report = verify(&records, None, None);
    let roots = ["items-root", "log-root", "index-root", "member-deltas"];
    assert!(failures(&report).iter().all(|(code, _)| !roots.contains(code)), "{report}");
    assert_eq!((report.settlements, report.settlements_checked), (3, 1));
    assert!(report.to_string().contains("1 of 3 settlements held"), "{report}");
}

/// Chain and trees commit to the same bytes: both tell.
#[test]
fn a_changed_entry_is_told_by_the_chain_and_by_its_settlement() {
    let format = format();
    let records: Vec<_> =
        list(&format["records"]).iter().map(|case| bytes(&case["cbor"])).collect();
    let mut changed = records.clone();
    let at = 100;
    let Record::Entry(mut entry) = Record::decode(&records[at]).unwrap() else {
        panic!("no entry")
    };
    entry.operation = Operation { amount: entry.operation.amount + 1, ..entry.operation };
    changed[at].clear();
    entry.encode(&mut changed[at]);
    let report = verify(&changed, None, None);
    let expected =
        [("chain-broken", 101), ("items-root", 127), ("log-root", 127), ("member-deltas", 127)];
    assert_eq!(failures(&report), expected);
    assert_eq!(report.settlements_checked, 3);
}
