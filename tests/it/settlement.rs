//! Settlements against the vectors: those of our format byte for byte from the records, and of the
//! older library what both formats share, the deltas and the tree over the records.

use ciborium::Value as Cbor;
use countersign::render::settlement_json;
use countersign_core::Seq;
use countersign_core::chain::{Control, MeteringRecord, Operation, Record};
use countersign_core::hash::{Blake3, Digest, hex};
use countersign_core::keys::{Certificate, PublicKey, ShardId};
use countersign_core::merkle::{leaf_hash, root};
use countersign_core::settlement::{
    AccountDelta, BatchId, BatchRules, BatchSettlementAction, BatchWindow, check_settlement,
    verify_settlement,
};
use countersign_tests::json::{bytes, list, number, text};
use countersign_tests::vector;
use serde_json::{Value, json};

const FORMAT: &str = "metering-v1/format.json";

fn control(bytes: &[u8]) -> Option<Control<'_>> {
    Record::decode(bytes).unwrap().control().copied()
}

/// The certificate of a key among the records.
fn certificate(records: &[Vec<u8>], key: PublicKey) -> Certificate {
    let mut certificates = records.iter().filter_map(|bytes| match control(bytes) {
        Some(Control::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    certificates.find(|certificate| certificate.public_key == key).unwrap()
}

#[test]
fn every_settlement_follows_from_its_records() {
    let file = vector(FORMAT);
    let shard_id = ShardId::parse(text(&file["shardId"])).unwrap();
    let trusted = PublicKey::from_hex(text(&file["operatorPublicKey"])).unwrap();
    let records: Vec<_> = list(&file["records"]).iter().map(|case| bytes(&case["cbor"])).collect();
    let leaves: Vec<_> = records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
    for case in list(&file["settlements"]) {
        let [seq, from, to] =
            ["seq", "fromSeq", "toSeq"].map(|name| usize::try_from(number(&case[name])).unwrap());
        let Some(Control::Settlement(settlement)) = control(&records[seq]) else {
            panic!("{seq} is no settlement")
        };
        let action = BatchSettlementAction::from(&settlement);
        let range = &records[from..=to];
        let mut window = BatchWindow::new(action.from_seq);
        for bytes in range {
            window.push(bytes, &Record::decode(bytes).unwrap()).unwrap();
        }

        let totals = window.totals();
        assert_eq!(totals.items_root.to_string(), text(&case["itemsRoot"]));
        assert_eq!(totals.index_root.to_string(), text(&case["indexRoot"]));
        assert_eq!(totals.entry_count, number(&case["entryCount"]));
        let index: Vec<_> =
            window.index_leaves().iter().map(|leaf| hex::encode(leaf.as_bytes())).collect();
        assert!(index.iter().eq(list(&case["indexLeaves"]).iter().map(text)));
        let log_root = root::<Blake3>(&leaves[..=to]);
        assert_eq!(log_root.to_string(), text(&case["logRoot"]));
        assert_eq!(hex::encode(&action.signed_bytes(shard_id)), text(&case["signedBytes"]));
        assert!(records[seq].ends_with(&action.body()));

        assert_eq!(window.check(&action, &log_root), Ok(()));
        assert_eq!(check_settlement(&action, range.iter().map(Vec::as_slice)), Ok(()));
        let certificate = certificate(&records, action.public_key);
        assert_eq!(verify_settlement(&action, shard_id, &certificate, &trusted), Ok(()));

        // As JSON it is the vector without what the vector adds.
        let mut expected = case.clone();
        for name in ["seq", "signedBytes", "indexLeaves"] {
            expected.as_object_mut().unwrap().remove(name).unwrap();
        }
        for name in ["fromSeq", "toSeq", "entryCount"] {
            expected[name] = json!(number(&case[name]).to_string());
        }
        for delta in expected["memberDeltas"].as_array_mut().unwrap() {
            for name in ["earned", "spent"] {
                delta[name] = json!(text(&delta[name]));
            }
        }
        let made = action.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&made).unwrap(), expected);
        assert_eq!(settlement_json(&settlement), expected);
        assert_eq!(BatchSettlementAction::from_json(expected.to_string().as_bytes()), Ok(action));
        let id = BatchId { shard_id, from_seq: Seq(from as u64), to_seq: Seq(to as u64) };
        assert_eq!(BatchId::parse(&id.to_string()), Some(id));
    }
}

/// No settlement fits another range, and none fits the records of another's.
#[test]
fn settlements_do_not_fit_each_others_records() {
    let file = vector(FORMAT);
    let records: Vec<_> = list(&file["records"]).iter().map(|case| bytes(&case["cbor"])).collect();
    let actions: Vec<_> = list(&file["settlements"])
        .iter()
        .map(|case| BatchSettlementAction::from_body(&body(&records, case)).unwrap())
        .collect();
    for (i, a) in actions.iter().enumerate() {
        for (j, b) in actions.iter().enumerate() {
            let [from, to] = [b.from_seq, b.to_seq].map(|seq| usize::try_from(seq.0).unwrap());
            let range = records[from..=to].iter().map(Vec::as_slice);
            assert_eq!(check_settlement(a, range).is_ok(), i == j, "{i} {j}");
        }
    }
}

/// The body at the end of a settlement's record: what follows its kind.
fn body(records: &[Vec<u8>], case: &Value) -> Vec<u8> {
    let record = &records[usize::try_from(number(&case["seq"])).unwrap()];
    let kind = b"BATCH_SETTLEMENT";
    let at = record.windows(kind.len()).position(|window| window == kind).unwrap();
    record[at + kind.len()..].to_vec()
}

/// One row of the older library's vectors.
struct Row {
    member_id: [u8; 32],
    asset_id: String,
    amount: i128,
    op_id: String,
}

/// The deltas of some rows, as a window gives them.
fn deltas(rows: &[Row]) -> Vec<AccountDelta> {
    let mut window = BatchWindow::new(Seq::FIRST);
    for (i, row) in rows.iter().enumerate() {
        let operation = Operation {
            op: "op",
            member_id: &row.member_id,
            asset_id: &row.asset_id,
            amount: row.amount,
            op_id: &row.op_id,
            context_hash: &[0; 32],
        };
        let prev_hash = Digest::default();
        let record = MeteringRecord { seq: Seq(i as u64), prev_hash, ts_us: 0, operation };
        let mut out = Vec::new();
        record.encode(&mut out);
        // Not decoded: the older library takes asset ids that our format refuses.
        window.push(&out, &Record::Entry(record)).unwrap();
    }
    assert_eq!(window.is_due(&BatchRules::default(), 5_000_000), !rows.is_empty());
    window.totals().member_deltas
}

/// Deltas of the vectors, in the order of their bytes.
fn expected_deltas(cases: &[Value]) -> Vec<AccountDelta> {
    let mut deltas: Vec<_> = cases
        .iter()
        .map(|case| AccountDelta {
            member_id: hex::decode_array(text(&case["memberId"])).unwrap(),
            asset_id: text(&case["assetId"]).to_owned(),
            earned: text(&case["earned"]).parse().unwrap(),
            spent: text(&case["spent"]).parse().unwrap(),
        })
        .collect();
    deltas.sort_by(|a, b| a.key().cmp(&b.key()));
    deltas
}

/// The older library sorts asset ids by UTF-16 code units and we by bytes, so its deltas are
/// sorted again; it takes members of any length and ours have 32 bytes, so that case is not ours;
/// and a repeated operation never reaches a window: the writer refuses it.
#[test]
fn deltas_agree_with_the_older_library() {
    let file = vector("metering/member-deltas.json");
    let (mut compared, mut reordered) = (0, 0);
    for case in list(&file["cases"]) {
        let refused: Vec<_> = case["duplicates"].as_array().unwrap().iter().collect();
        let is_refused = |row: usize| refused.iter().any(|case| number(&case["row"]) == row as u64);
        let rows: Option<Vec<_>> = case["rows"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .filter(|(i, _)| !is_refused(*i))
            .map(|(_, row)| {
                Some(Row {
                    member_id: hex::decode_array(text(&row["memberId"]))?,
                    asset_id: text(&row["assetId"]).to_owned(),
                    amount: text(&row["amount"]).parse().unwrap(),
                    op_id: text(&row["opId"]).to_owned(),
                })
            })
            .collect();
        let Some(rows) = rows else {
            assert_eq!(text(&case["name"]), "members of different length");
            continue;
        };
        assert_eq!(rows.len() as u64, number(&case["recordCount"]));
        let (made, theirs) = (deltas(&rows), case["deltas"].as_array().unwrap());
        assert_eq!(made, expected_deltas(theirs), "{}", case["name"]);
        let same_order = made.iter().zip(theirs).all(|(a, b)| a.asset_id == text(&b["assetId"]));
        reordered += usize::from(!same_order);
        compared += 1;
    }
    assert_eq!((compared, reordered), (6, 1));
}

/// What applies of the older library's settlements: the tree over the records' bytes, whatever
/// these are, and the deltas. Its signed bytes, its chain and its index are others.
#[test]
fn item_roots_and_deltas_agree_with_the_older_library() {
    let file = vector("metering/settlement.json");
    let mut compared = 0;
    for case in list(&file["cases"]) {
        let action = &case["action"];
        let Some(records) = case["records"].as_array().filter(|records| !records.is_empty()) else {
            continue;
        };
        let records: Vec<_> = records.iter().map(bytes).collect();
        let leaves: Vec<_> = records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
        assert_eq!(root::<Blake3>(&leaves).to_string(), text(&action["itemsRoot"]));
        let rows: Vec<_> = records.iter().map(|bytes| row(bytes)).collect();
        let expected = expected_deltas(list(&action["memberDeltas"]));
        assert_eq!(deltas(&rows), expected);
        compared += 1;
    }
    assert!(compared >= 2, "{compared}");
}

/// The fields that matter of an older record: nine items as ours, tagged byte strings, integers of
/// 64 bits.
fn row(bytes: &[u8]) -> Row {
    let value: Cbor = ciborium::from_reader(bytes).unwrap();
    let fields = value.into_array().unwrap();
    let text = |i: usize| fields[i].as_text().unwrap().to_owned();
    let Cbor::Tag(_, member) = &fields[4] else { panic!("{:?}", fields[4]) };
    Row {
        member_id: member.as_bytes().unwrap().as_slice().try_into().unwrap(),
        asset_id: text(5),
        amount: fields[6].as_integer().unwrap().into(),
        op_id: text(7),
    }
}
