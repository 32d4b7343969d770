//! Disputes over a settlement of the format vectors: the older library's cases, as what a sound
//! resolver must answer, and the specimens of the format page.

use countersign_core::Seq;
use countersign_core::chain::{Control, ControlRecord, Record};
use countersign_core::dispute::{
    Answer, ChallengeFormat, Demand, DisputeChallenge, DisputeError, DisputeOptions,
    DisputeResponse, DisputeStatus, ResponseFormat, evaluate_dispute_challenge,
};
use countersign_core::document::Text;
use countersign_core::hash::{Blake3, Digest, hex};
use countersign_core::keys::{Certificate, PublicKey, ShardId, SigningKey};
use countersign_core::merkle::leaf_hash;
use countersign_core::proof::{ExclusionProof, InclusionProof, SignedSettlement, nodes_of};
use countersign_core::settlement::{BatchSettlementAction, BatchWindow};
use countersign_tests::json::{bytes, list, number, text};
use countersign_tests::vector;
use serde_json::Value;

const PAGE: &str = include_str!("../../core/src/dispute/FORMAT.md");
/// The settlement record of the batch 88 to 126, by a key that was never compromised.
const SETTLED: usize = 127;

struct Batch {
    shard_id: ShardId,
    operator: PublicKey,
    process: SigningKey,
    certificate: Certificate,
    action: BatchSettlementAction,
    records: Vec<Vec<u8>>,
    confirmed_at_ms: u64,
}

fn control(bytes: &[u8]) -> Option<Control<'_>> {
    Record::decode(bytes).unwrap().control().copied()
}

fn batch() -> Batch {
    let file = vector("metering-v1/format.json");
    let all: Vec<_> = list(&file["records"]).iter().map(|case| bytes(&case["cbor"])).collect();
    let Some(Control::Settlement(settlement)) = control(&all[SETTLED]) else { panic!("none") };
    let action = BatchSettlementAction::from(&settlement);
    let certificate = all.iter().find_map(|bytes| match control(bytes) {
        Some(Control::Certificate(certificate)) => {
            (certificate.public_key == action.public_key).then_some(certificate)
        }
        _ => None,
    });
    let seed: [u8; 32] = bytes(&file["processSeeds"][1]).try_into().unwrap();
    let process = SigningKey::from_seed(&seed);
    assert_eq!(process.public_key(), action.public_key);
    Batch {
        shard_id: ShardId::parse(text(&file["shardId"])).unwrap(),
        operator: PublicKey::from_hex(text(&file["operatorPublicKey"])).unwrap(),
        process,
        certificate: certificate.unwrap(),
        records: all[88..SETTLED].to_vec(),
        confirmed_at_ms: Record::decode(&all[SETTLED]).unwrap().ts_us() / 1_000,
        action,
    }
}

impl Batch {
    fn challenge(&self, demand: Demand) -> DisputeChallenge {
        DisputeChallenge {
            format: ChallengeFormat,
            shard_id: self.shard_id,
            operator_public_key: self.operator,
            certificate: self.certificate,
            settlement: self.action.clone(),
            confirmed_at_ms: self.confirmed_at_ms,
            raised_at_ms: self.confirmed_at_ms + 1_000,
            challenger_id: Text::new("auditor").unwrap(),
            claimed_discrepancy: Text::new("record 91 is not what I was told").unwrap(),
            demand,
        }
    }

    fn response(&self, answer: Answer) -> DisputeResponse {
        DisputeResponse {
            format: ResponseFormat,
            batch_id: self.action.batch_id(self.shard_id),
            responded_at_ms: self.confirmed_at_ms + 2_000,
            answer,
        }
    }

    fn range(&self) -> Answer {
        Answer::Range { records: self.records.clone() }
    }

    fn inclusion(&self, seq: usize) -> countersign_core::proof::InclusionBundle {
        let signed =
            SignedSettlement { certificate: self.certificate, settlement: self.action.clone() };
        let leaves: Vec<_> = self.records.iter().map(|bytes| leaf_hash::<Blake3>(bytes)).collect();
        InclusionProof::build(&signed, &self.records[seq - 88], nodes_of(&leaves)).unwrap()
    }

    fn options(&self) -> DisputeOptions<'static> {
        DisputeOptions::new(self.operator, self.confirmed_at_ms + 60_000)
    }

    fn status(
        &self,
        demand: Demand,
        response: Option<&DisputeResponse>,
        now_ms: u64,
    ) -> &'static str {
        let options = DisputeOptions { now_ms, ..self.options() };
        let challenge = self.challenge(demand);
        evaluate_dispute_challenge(&challenge, response, &options).unwrap().status.as_str()
    }

    /// The same batch under a settlement that the operator's key signed too.
    fn with(mut self, change: impl FnOnce(&mut BatchSettlementAction)) -> Self {
        change(&mut self.action);
        self.action.signature = self.process.sign(&self.action.signed_bytes(self.shard_id));
        self
    }
}

/// The status of a case, played with our records and documents: theirs are of another record format
/// and another chain. Their response carries an inclusion proof for every record beside the records;
/// ours recomputes the root, and proofs are what answers the demand for one record.
fn play(name: &str) -> &'static str {
    let batch = batch();
    let now = batch.options().now_ms;
    let range = |records: Vec<Vec<u8>>| {
        let response = batch.response(Answer::Range { records });
        batch.status(Demand::Range {}, Some(&response), now)
    };
    let record = |change: &dyn Fn(&mut InclusionProof)| {
        let mut bundle = batch.inclusion(91);
        change(&mut bundle.proof);
        let response = batch.response(Answer::Record { bundle: Box::new(bundle) });
        batch.status(Demand::Record { seq: Seq(91) }, Some(&response), now)
    };
    let mut records = batch.records.clone();
    match name {
        "no response" => batch.status(Demand::Range {}, None, u64::MAX),
        "honest response" => {
            assert_eq!(record(&|_| {}), "CONFIRMED");
            range(records)
        }
        "tip differs" => {
            *records.last_mut().unwrap() = batch.records[0].clone();
            range(records)
        }
        "a record changed" => {
            let last = records[3].len() - 1;
            records[3][last] ^= 1;
            range(records)
        }
        "a record left out" => {
            records.remove(3);
            range(records)
        }
        "a proof changed" => record(&|proof| proof.audit_path[2] = Digest::default()),
        "no proofs at all" => record(&|proof| proof.audit_path.clear()),
        "proofs of an unrelated tree" => record(&|proof| {
            let other: Vec<_> = (0..39_u8).map(|i| leaf_hash::<Blake3>(&[i])).collect();
            let index = countersign_core::merkle::LeafIndex::new(3);
            proof.audit_path =
                countersign_core::merkle::prove_inclusion::<Blake3>(&other, index).unwrap();
        }),
        "proofs in another order" => {
            let bundle = Box::new(batch.inclusion(92));
            let response = batch.response(Answer::Record { bundle });
            batch.status(Demand::Record { seq: Seq(91) }, Some(&response), now)
        }
        "other batch id and range" => {
            let mut response = batch.response(batch.range());
            (response.batch_id.from_seq, response.batch_id.to_seq) = (Seq(5), Seq(900));
            batch.status(Demand::Range {}, Some(&response), now)
        }
        "itemsRoot field differs from the committed one" => {
            let batch = batch.with(|action| action.items_root = Digest::default());
            let response = batch.response(batch.range());
            batch.status(Demand::Range {}, Some(&response), now)
        }
        "committed tip is not the hash of the last record" => {
            let batch = batch.with(|action| action.tip_hash = action.items_root);
            let response = batch.response(batch.range());
            batch.status(Demand::Range {}, Some(&response), now)
        }
        "records that do not chain and whose seqs are not the range" => {
            records.reverse();
            range(records)
        }
        "records that are not CBOR" => range(vec![b"not cbor".to_vec(); records.len()]),
        "empty batch" => range(Vec::new()),
        "malformed proof" => record(&|proof| proof.audit_path.truncate(1)),
        _ => panic!("a case that nobody plays: {name}"),
    }
}

#[test]
fn every_case_ends_as_a_sound_resolver_ends_it() {
    let file = vector("metering/dispute.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        // What the older library calls final is a challenge rejected.
        let required = match text(&case["required"]) {
            "FINAL" => "CONFIRMED",
            status => status,
        };
        assert_eq!(play(name), required, "{name}");
    }
}

/// A settlement is final when no challenge of it is heard any more.
#[test]
fn a_settlement_is_final_when_the_window_is_over() {
    let file = vector("metering/dispute.json");
    let batch = batch();
    assert_eq!(number(&file["constants"]["disputeWindowMs"]), batch.options().dispute_window_ms);
    assert_eq!(number(&file["constants"]["disputeResponseMs"]), batch.options().response_ms);
    for case in list(&file["finality"]) {
        let (settled, now) = (number(&case["settledAtMs"]), number(&case["nowMs"]));
        let mut challenge = batch.challenge(Demand::Range {});
        (challenge.confirmed_at_ms, challenge.raised_at_ms) = (settled, now);
        let options = DisputeOptions { now_ms: now, ..batch.options() };
        let found = evaluate_dispute_challenge(&challenge, None, &options);
        match text(&case["status"]) {
            "FINAL" => assert!(matches!(found, Err(DisputeError::DisputeWindowClosed { .. }))),
            "PENDING" if now < settled => {
                assert!(matches!(found, Err(DisputeError::RaisedBeforeConfirmed { .. })));
            }
            "PENDING" => assert_eq!(found.unwrap().status, DisputeStatus::Challenged),
            other => panic!("{other}"),
        }
    }
}

/// Windows tile the log: the rule of the auditor's `settlement-range`.
#[test]
fn a_batch_begins_where_the_one_before_ended() {
    let file = vector("metering/dispute.json");
    for case in list(&file["continuity"]) {
        let from = number(&case["fromSeq"]);
        let expected = match &case["prevToSeq"] {
            Value::Null => Seq::FIRST,
            previous => Seq(number(previous)).next(),
        };
        let mut action = batch().action;
        (action.from_seq, action.to_seq) = (Seq(from), Seq(from));
        let window = BatchWindow::new(expected);
        let failure = window.check(&action, &action.log_root).unwrap_err();
        // Behind the range comes the count, and the window is empty.
        let is_valid = case["result"]["valid"].as_bool().unwrap();
        assert_eq!(failure.code(), if is_valid { "range-count" } else { "range-seq" }, "{case}");
    }
}

/// The blocks of a kind, in order.
fn blocks(kind: &str) -> Vec<&'static str> {
    let start = format!("```{kind}\n");
    PAGE.split(&start).skip(1).map(|text| text.split("\n```").next().unwrap()).collect()
}

#[test]
fn the_dispute_page_shows_the_three_documents() {
    let batch = batch();
    let challenge = batch.challenge(Demand::Record { seq: Seq(91) });
    let response = batch.response(Answer::Record { bundle: Box::new(batch.inclusion(91)) });
    let json = blocks("json");
    let [of_challenge, of_response] = json.as_slice() else { panic!("two JSON specimens") };
    let text = challenge.to_json().unwrap();
    assert!(text.ends_with(&format!(",{of_challenge}}}")), "{text}");
    let text = response.to_json().unwrap();
    assert!(text.contains(of_response), "{text}");

    let late = DisputeOptions { now_ms: 1_760_021_601_128, ..batch.options() };
    let resolution = evaluate_dispute_challenge(&challenge, None, &late).unwrap();
    let hex_blocks = blocks("hex");
    let [body] = hex_blocks.as_slice() else { panic!("one specimen in hex") };
    let lines: Vec<_> = body.lines().map(|line| line.split_once("  ").unwrap()).collect();
    let body: Vec<u8> = lines.iter().flat_map(|(digits, _)| hex::decode(digits).unwrap()).collect();
    let control = Control::DisputeResolution(resolution.record().unwrap());
    let mut bytes = Vec::new();
    ControlRecord { seq: Seq(129), prev_hash: Digest::default(), ts_us: 1, body: control }
        .encode(&mut bytes);
    assert!(bytes.ends_with(&body));
    assert_eq!(bytes.len(), 1 + 2 + 34 + 1 + 19 + body.len());
    for (field, shown) in [
        ("status", resolution.status.as_str()),
        ("challengerId", &*challenge.challenger_id),
        ("claimedDiscrepancy", &*challenge.claimed_discrepancy),
        ("detail", &*resolution.detail),
    ] {
        let says = format!("{field}, \"{shown}\"");
        assert!(lines.iter().any(|(_, found)| found.trim() == says), "{says}");
    }
}

/// The page names every code that an evaluation can end with.
#[test]
fn the_dispute_page_has_the_codes_and_the_periods() {
    for code in [
        "wrong-operator-key",
        "settlement-range",
        "seq-outside-batch",
        "raised-before-confirmed",
        "dispute-window-closed",
        "raised-in-future",
        "response-before-challenge",
        "response-in-future",
        "revocation-invalid",
        "key-compromised",
        "settlement-unproven",
        "not-a-contradiction",
        "contradiction-invalid",
        "contradiction-elsewhere",
        "contradiction",
        "certificate-invalid",
        "wrong-shard",
        "wrong-process-key",
        "settlement-signature",
        "outside-key-window",
        "other-batch",
        "other-demand",
        "log-root",
        "other-settlement",
        "other-record",
        "other-operation",
    ] {
        assert!(PAGE.contains(&format!("`{code}`")), "{code}");
    }
    for period in ["86,400,000 ms", "21,600,000 ms"] {
        assert!(PAGE.contains(period), "{period}");
    }
}

/// An operation of the batch, and one that is not there, by the window's own index.
#[test]
fn absence_is_shown_from_the_index_of_the_window() {
    let batch = batch();
    let mut window = BatchWindow::new(Seq(88));
    for bytes in &batch.records {
        window.push(bytes, &Record::decode(bytes).unwrap()).unwrap();
    }
    let index = window.index_leaves();
    let signed =
        SignedSettlement { certificate: batch.certificate, settlement: batch.action.clone() };
    let member_id = *index[0].member_id();
    let absent = ExclusionProof::build(&signed, &member_id, "no such operation", &index).unwrap();
    let demand = || Demand::Absence { member_id, op_id: Text::new("no such operation").unwrap() };
    let now = batch.options().now_ms;
    let response = batch.response(Answer::Absence { bundle: Box::new(absent) });
    assert_eq!(batch.status(demand(), Some(&response), now), "CONFIRMED");
    let response = batch.response(Answer::Record { bundle: Box::new(batch.inclusion(91)) });
    assert_eq!(batch.status(demand(), Some(&response), now), "DISPUTED_FRAUD");
}
