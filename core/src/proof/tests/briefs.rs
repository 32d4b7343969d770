//! Inclusions without the sums of the batch.

use alloc::format;

use super::*;
use crate::chain::{Control, ControlRecord, Settlement};
use crate::hash::{FirstChunk, blake3};
use crate::keys::signature_message;

/// More pairs than one chunk of the settlement's record has room for.
const PAIRS: u8 = 40;

/// One settled batch of an entry for each of so many members, its settlement signed.
fn shard_of(members: u8) -> Shard {
    let mut shard = Shard::new();
    for number in 0..members {
        shard.append(number, "a", "joule", i128::from(number));
    }
    shard.settle();
    shard.sign();
    shard
}

/// The brief form of the inclusion of a record of the only batch.
fn brief(shard: &Shard, seq: u64) -> Result<BriefInclusionBundle, ProofError> {
    let inclusion = shard.inclusion(0, seq);
    let settlement = inclusion.settlement.to_seq.next();
    BriefInclusionBundle::build(
        &inclusion,
        shard.record(settlement),
        shard.record(settlement.next()),
    )
}

pub(super) fn sample() -> BriefInclusionBundle {
    brief(&shard_of(PAIRS), 3).unwrap()
}

fn code_of(bundle: &BriefInclusionBundle) -> &'static str {
    code_with(bundle, &VerifyOptions::default())
}

fn code_with(bundle: &BriefInclusionBundle, options: &VerifyOptions<'_>) -> &'static str {
    json_code(&bundle.to_json().unwrap(), options)
}

/// What stands in the record of a settlement.
struct Settling {
    seq: Seq,
    prev_hash: Digest,
    ts_us: u64,
    action: BatchSettlementAction,
}

impl Settling {
    /// Of the sample.
    fn sample() -> Self {
        let shard = shard_of(PAIRS);
        let action = shard.batches[0].signed.settlement.clone();
        let record = Record::decode(shard.record(action.to_seq.next())).unwrap();
        let (seq, prev_hash, ts_us) = (record.seq(), *record.prev_hash(), record.ts_us());
        Self { seq, prev_hash, ts_us, action }
    }

    /// The sample with this as the settlement's record, which its key signed, whatever it says.
    fn signed(&self) -> BriefInclusionBundle {
        let Self { seq, prev_hash, ts_us, ref action } = *self;
        let body = action.body();
        let body = Control::Settlement(Settlement::decode(&body).unwrap());
        let mut bytes = vec![];
        ControlRecord { seq, prev_hash, ts_us, body }.encode(&mut bytes);
        signed(&bytes, seq, &prev_hash)
    }
}

/// The sample with a changed record.
fn forged(change: impl FnOnce(&mut Settling)) -> BriefInclusionBundle {
    let mut settling = Settling::sample();
    change(&mut settling);
    settling.signed()
}

/// The sample with a signature over the tip behind any record.
fn signed(record: &[u8], seq: Seq, prev_hash: &Digest) -> BriefInclusionBundle {
    let hashed = [record, prev_hash.as_bytes()].concat();
    let opening = FirstChunk::of(&hashed);
    let key = process(1);
    let fingerprint = key.public_key().fingerprint();
    let message = signature_message(&SHARD, seq, &blake3(&hashed), &fingerprint);
    let signature = key.sign(message.as_bytes());
    let mut bundle = sample();
    bundle.settlement = ChainedSettlement { opening, signature };
    bundle
}

#[test]
fn every_record_of_batches_of_any_size_is_shown() {
    for members in [1, 2, 9, 10, 11, 12, 30, PAIRS] {
        let shard = shard_of(members);
        for seq in 0..=u64::from(members) {
            let bundle = brief(&shard, seq).unwrap();
            assert_eq!(code_of(&bundle), "valid", "{members} members, record {seq}");
            let json = bundle.to_json().unwrap();
            assert_eq!(BriefInclusionBundle::from_json(json.as_bytes()).unwrap(), bundle);
        }
    }
    let report = sample().verify(&trusted(), &VerifyOptions::default()).unwrap();
    let whole = shard_of(PAIRS).inclusion(0, 3).verify(&trusted(), &VerifyOptions::default());
    assert_eq!(report.facts, whole.unwrap().facts);
    assert!(report.does_not_prove.iter().any(|text| text.contains("earned or spent")));
}

#[test]
fn the_record_behind_must_be_the_keys_signature() {
    let shard = shard_of(PAIRS);
    let inclusion = shard.inclusion(0, 3);
    let settlement = inclusion.settlement.to_seq.next();
    let record = shard.record(settlement);
    for next in [record, shard.record(Seq(1)), shard.record(Seq(0))] {
        let refused = BriefInclusionBundle::build(&inclusion, record, next).unwrap_err();
        assert_eq!(refused, ProofError::SettlementUnsigned { seq: settlement });
    }
    // The signature of another log's tip.
    let mut other = shard_of(PAIRS - 1);
    other.append(9, "b", "joule", 1);
    other.sign();
    let next = other.records.last().unwrap();
    let refused = BriefInclusionBundle::build(&inclusion, record, next).unwrap_err();
    assert_eq!(refused, ProofError::SettlementUnsigned { seq: settlement });
}

#[test]
fn what_is_no_settlements_record_is_refused_even_if_signed() {
    assert_eq!(code_of(&forged(|_| ())), "valid");
    let shard = shard_of(PAIRS);
    for seq in [Seq(0), Seq(5), Seq(u64::from(PAIRS) + 2)] {
        let record = shard.record(seq);
        let prev_hash = *Record::decode(record).unwrap().prev_hash();
        assert_eq!(code_of(&signed(record, seq, &prev_hash)), "settlement-malformed", "{seq}");
    }
    let Settling { seq, prev_hash, .. } = Settling::sample();
    for end in [0, 1, 40, 60, 200] {
        let cut = signed(&shard.record(seq)[..end], seq, &prev_hash);
        assert_eq!(code_of(&cut), "settlement-malformed", "cut to {end}");
    }
}

#[test]
fn a_settlement_elsewhere_than_behind_its_batch_is_refused() {
    let place = "settlement-place";
    assert_eq!(code_of(&forged(|of| of.seq = of.seq.next())), place);
    assert_eq!(code_of(&forged(|of| of.action.to_seq = Seq(of.action.to_seq.0 - 1))), place);
    assert_eq!(code_of(&forged(|of| of.action.tip_hash = Digest::default())), place);
    assert_eq!(code_of(&forged(|of| of.prev_hash = Digest::default())), place);
    let end = forged(|of| {
        of.action.to_seq = Seq(u64::MAX);
        of.seq = Seq(0);
    });
    assert_eq!(code_of(&end), place);
}

#[test]
fn numbers_that_fit_no_batch_are_refused() {
    let range = "range-invalid";
    assert_eq!(code_of(&forged(|of| of.action.from_seq = of.action.to_seq.next())), range);
    assert_eq!(code_of(&forged(|of| of.action.entry_count = 1 << 40)), range);
    let seqs = forged(|of| {
        of.action.from_seq = Seq(4);
        of.action.entry_count -= 3;
    });
    assert_eq!(code_of(&seqs), "seq-outside-batch");
    let size = forged(|of| of.action.from_seq = Seq(1));
    assert_eq!(code_of(&size), "inclusion-root-mismatch");
    let root = forged(|of| of.action.items_root = of.action.index_root);
    assert_eq!(code_of(&root), "inclusion-root-mismatch");
}

#[test]
fn only_the_certified_keys_signature_over_that_tip_counts() {
    let change = |change: fn(&mut BriefInclusionBundle)| {
        let mut bundle = sample();
        change(&mut bundle);
        code_of(&bundle)
    };
    // Any other byte of the beginning, behind what is read of it.
    let signature = "chain-signature";
    assert_eq!(change(|b| *b.settlement.opening.bytes.last_mut().unwrap() ^= 1), signature);
    assert_eq!(change(|b| b.settlement.opening.siblings.swap(0, 1)), signature);
    assert_eq!(change(|b| b.settlement.opening.siblings.truncate(1)), signature);
    assert_eq!(change(|b| b.settlement.signature = process(2).sign(b"")), signature);
    assert_eq!(change(|b| b.certificate = certificate(2)), signature);
    assert_eq!(change(|b| b.proof.seq = Seq(4)), "record-seq");
    assert_eq!(change(|b| b.proof.audit_path.truncate(1)), "inclusion-path-length");
    assert_eq!(change(|b| b.shard_id = ShardId::from_bytes([8; 16])), "wrong-shard");
    // The settlement's own signature is another message's; so is one of the same tip for another
    // seq.
    let Settling { seq, prev_hash, action, .. } = Settling::sample();
    let mut own = sample();
    own.settlement.signature = action.signature;
    assert_eq!(code_of(&own), signature);
    let record = shard_of(PAIRS).record(seq).to_vec();
    assert_eq!(code_of(&signed(&record, seq, &prev_hash)), "valid");
    assert_eq!(code_of(&signed(&record, seq.next(), &prev_hash)), signature);
    // No document has such an opening.
    let mut short = sample();
    short.settlement.opening.bytes.truncate(1_000);
    let report = short.verify(&trusted(), &VerifyOptions::default()).unwrap();
    assert_eq!(code(&report), "chain-opening");
    let trusted = process(5).public_key();
    let report = sample().verify(&trusted, &VerifyOptions::default()).unwrap();
    assert_eq!(code(&report), "wrong-operator-key");
}

#[test]
fn a_key_settles_within_its_time_alone() {
    let at = |ts_ms: u64| code_of(&forged(|of| of.ts_us = ts_ms * 1_000));
    assert_eq!(at(START_MS - 1), "outside-key-window");
    assert_eq!(at(START_MS), "valid");
    assert_eq!(at(START_MS + LIFE_MS - 1), "valid");
    assert_eq!(at(START_MS + LIFE_MS), "outside-key-window");
    let now = |now_ms| code_with(&sample(), &VerifyOptions { now_ms, ..VerifyOptions::default() });
    assert_eq!(now(Some(START_MS - 1)), "outside-key-window");
    assert_eq!(now(Some(START_MS)), "valid");
}

#[test]
fn a_compromise_counts_up_to_the_signature() {
    let Settling { seq: settled, .. } = Settling::sample();
    let from = |seq: Option<u64>, reason| {
        let revocations = [KnownRevocation::from(revocation(1, reason, seq))];
        let options = VerifyOptions { revocations: &revocations, ..VerifyOptions::default() };
        code_with(&sample(), &options)
    };
    // What signs the settlement's record is the next.
    assert_eq!(from(Some(settled.0), Reason::KeyCompromise), "key-compromised");
    assert_eq!(from(Some(settled.0 + 1), Reason::KeyCompromise), "key-compromised");
    assert_eq!(from(Some(settled.0 + 2), Reason::KeyCompromise), "valid");
    assert_eq!(from(None, Reason::KeyCompromise), "key-compromised");
    assert_eq!(from(None, Reason::Rotation), "valid");
}

#[test]
fn an_opening_has_one_spelling() {
    let json = sample().to_json().unwrap();
    let bundle: serde_json::Value = serde_json::from_str(&json).unwrap();
    let text = bundle["settlement"]["opening"].as_str().unwrap();
    assert!(text.ends_with('='), "{text}");
    let first = &text[..1];
    let body = text.trim_end_matches('=');
    let last = body.chars().last().unwrap();
    let next = char::from_u32(u32::from(last) + 1).unwrap();
    let padding = &text[body.len()..];
    let wrong = [
        body.to_string(),
        format!("{text}="),
        format!("{}{next}{padding}", &body[..body.len() - 1]),
        format!("{text} "),
        format!("\\n{text}"),
        text.replacen(first, "-", 1),
        text.replacen(first, "\\u0000", 1),
        format!("{text}{text}"),
        format!("AAAA{text}"),
    ];
    for wrong in wrong.into_iter().filter(|wrong| wrong != text) {
        let json = json.replacen(text, &wrong, 1);
        let error = BriefInclusionBundle::from_json(json.as_bytes()).unwrap_err();
        let expected = ("document-invalid-member", Some("settlement.opening"));
        assert_eq!((error.code(), error.path()), expected, "{wrong}");
    }
}

#[test]
fn it_counts_beside_a_bundle_that_has_its_settlement() {
    // The operator's index leaves out what its records have.
    let contradiction = contradictions::index_sample();
    let signed = contradiction.signed_settlement();
    let settlement = &signed.settlement;
    let (seq, prev_hash) = (settlement.to_seq.next(), settlement.tip_hash);
    let ts_us = START_MS * 1_000;
    let mut short = Settling { seq, prev_hash, ts_us, action: settlement.clone() }.signed();
    short.proof = contradiction.proof.inclusion.clone();
    assert_eq!(code_of(&short), "valid");
    let Record::Entry(entry) = Record::decode(&short.proof.record).unwrap() else { panic!() };
    let member_id = *entry.operation.member_id;
    let op_id = crate::document::Text::new(entry.operation.op_id).unwrap();
    let exclusion = ExclusionProof { member_id, op_id, gap: contradiction.proof.gap.clone() };
    let exclusion = AnyBundle::Exclusion(Bundle::new(&signed, exclusion));
    let short = AnyBundle::BriefInclusion(short.clone());
    for (first, second) in [(&short, &exclusion), (&exclusion, &short)] {
        let found = contradict(first, second).unwrap();
        assert_eq!(found, AnyBundle::ContradictionIndex(contradiction.clone()));
    }
    // Alone it has no settlement to be held against anything.
    let receipt = AnyBundle::Receipt(two_batches().receipt(1));
    let other = AnyBundle::Inclusion(shard_of(2).inclusion(0, 1));
    for against in [&receipt, &other, &short] {
        assert_eq!(contradict(&short, against).unwrap_err(), ProofError::SettlementMissing);
    }
}

#[test]
fn it_takes_four_kibibytes_however_many_members_there_are() {
    let mut shard = Shard::new();
    for number in 0..9_999_u32 {
        let mut member_id = [0xab; 32];
        member_id[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
        let op_id = format!("request-{number:026}");
        shard.append_for(&member_id, &op_id, "tokens.generated", -1_000_000 - i128::from(number));
    }
    shard.settle();
    shard.sign();
    for seq in [0, 1, 5_000, 9_999] {
        let (whole, short) = (shard.inclusion(0, seq), brief(&shard, seq).unwrap());
        let [whole, short] = [whole.to_json(), short.to_json()].map(|json| json.unwrap().len());
        assert!(whole > 1 << 20, "{whole}");
        assert!(short <= 4_096, "{short} bytes for record {seq}");
    }
}
