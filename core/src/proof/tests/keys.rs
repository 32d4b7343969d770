//! The key that signed: certified, begun, not ended, not compromised.

use super::*;

fn options(revocations: &[KnownRevocation]) -> VerifyOptions<'_> {
    VerifyOptions { now_ms: None, revocations }
}

/// Two batches by key 1, then one by key 2, which begins when key 1 has ended.
fn rotated() -> Shard {
    let mut shard = two_batches();
    shard.certify(2, START_MS + LIFE_MS);
    shard.append(4, "after", "joule", 3);
    shard.settle();
    shard
}

#[test]
fn a_batch_across_a_rotation_is_by_the_key_that_settles_it() {
    let shard = rotated();
    let settlement = &shard.batches[2].signed.settlement;
    assert_eq!(settlement.public_key, process(2).public_key());
    for seq in settlement.from_seq.0..=settlement.to_seq.0 {
        assert_eq!(verify(&shard.inclusion(2, seq)), "valid");
    }
    assert_eq!(verify(&shard.consistency(0, 2)), "valid");
    assert_eq!(verify(&shard.statement(2, 4)), "valid");
    // A receipt asked for later, of a record that is older than the key.
    assert_eq!(code(&shard.receipt(3).verify(&trusted(), &options(&[])).unwrap()), "valid");
}

#[test]
fn a_signature_by_an_expired_key() {
    // Key 1 signs, after its end, a batch whose record was appended after it.
    let shard = rotated();
    let mut bundle = shard.inclusion(2, 13);
    resign(&mut bundle.settlement, 1);
    bundle.certificate = certificate(1);
    assert_eq!(verify(&bundle), "outside-key-window");
    let mut bundle = shard.several(2, &[12, 13]);
    resign(&mut bundle.settlement, 1);
    bundle.certificate = certificate(1);
    assert_eq!(verify(&bundle), "outside-key-window");
    let mut bundle = shard.statement(2, 4);
    resign(&mut bundle.settlement, 1);
    bundle.certificate = certificate(1);
    assert_eq!(verify(&bundle), "outside-key-window");
    let late = receipt(&certificate(1), 1, Seq(13), shard.record(Seq(13)));
    let report = late.verify(&trusted(), &options(&[])).unwrap();
    assert_eq!(code(&report), "outside-key-window");
}

#[test]
fn the_end_of_a_key_is_exact() {
    // The certificate of key 2 begins at the millisecond in which key 1 ends.
    let shard = rotated();
    let seq = shard.batches[1].signed.settlement.to_seq.0 + 2;
    let at = |number: u8, start_ms: u64| {
        let mut bundle = shard.inclusion(2, seq);
        resign(&mut bundle.settlement, number);
        bundle.certificate = certificate_from(number, start_ms);
        verify(&bundle)
    };
    assert_eq!(at(1, START_MS), "outside-key-window");
    assert_eq!(at(1, START_MS + 1), "valid");
}

#[test]
fn a_certificate_that_begins_later_than_now() {
    let (format, json) = one_of_each().swap_remove(0);
    assert_eq!(format, Format::Inclusion);
    for (now_ms, expected) in [
        (0, "outside-key-window"),
        (START_MS - 1, "outside-key-window"),
        (START_MS, "valid"),
        // One that has run out is no fault.
        (u64::MAX, "valid"),
    ] {
        let options = VerifyOptions { now_ms: Some(now_ms), revocations: &[] };
        assert_eq!(json_code(&json, &options), expected, "{now_ms}");
    }
}

#[test]
fn a_compromise_reaches_back_to_its_seq() {
    let shard = two_batches();
    // The first batch ends at record 6, so that its settlement is record 7; the receipt is for 3.
    let (inclusion, receipt) = (shard.inclusion(0, 3), shard.receipt(3));
    for (from, settled, received) in [
        (Some(0), "key-compromised", "key-compromised"),
        (Some(3), "key-compromised", "key-compromised"),
        (Some(4), "key-compromised", "valid"),
        (Some(7), "key-compromised", "valid"),
        (Some(8), "valid", "valid"),
        // It takes effect at its own record, wherever that is.
        (None, "key-compromised", "key-compromised"),
    ] {
        let known = [revocation(1, Reason::KeyCompromise, from).into()];
        assert_eq!(verify_with(&inclusion, &options(&known)), settled, "{from:?}");
        let report = receipt.verify(&trusted(), &options(&known)).unwrap();
        assert_eq!(code(&report), received, "{from:?}");
    }
    for (seq, expected) in [(7, "key-compromised"), (8, "valid")] {
        let revocation = revocation(1, Reason::KeyCompromise, None);
        let known = [KnownRevocation { revocation, seq: Some(Seq(seq)) }];
        assert_eq!(verify_with(&inclusion, &options(&known)), expected, "{seq}");
    }
    // Of several, the lowest counts, in whichever order.
    let [late, early] = [9, 7].map(|from| revocation(1, Reason::KeyCompromise, Some(from)).into());
    assert_eq!(verify_with(&inclusion, &options(&[late, early])), "key-compromised");
    assert_eq!(verify_with(&inclusion, &options(&[early, late])), "key-compromised");
}

#[test]
fn every_key_of_a_bundle_is_held_against_the_revocations() {
    let shard = rotated();
    let bundle = shard.consistency(0, 2);
    let first = [revocation(1, Reason::KeyCompromise, Some(7)).into()];
    assert_eq!(verify_with(&bundle, &options(&first)), "key-compromised");
    let second = [revocation(2, Reason::KeyCompromise, Some(7)).into()];
    assert_eq!(verify_with(&bundle, &options(&second)), "key-compromised");
    assert_eq!(verify_with(&shard.inclusion(0, 3), &options(&second)), "valid");
}

#[test]
fn rotation_and_shutdown_never_reach_back() {
    let shard = two_batches();
    for reason in [Reason::Rotation, Reason::Shutdown] {
        let known = [revocation(1, reason, None).into()];
        assert_eq!(verify_with(&shard.inclusion(0, 3), &options(&known)), "valid");
        let report = shard.receipt(3).verify(&trusted(), &options(&known)).unwrap();
        assert_eq!(code(&report), "valid");
    }
}

#[test]
fn a_revocation_that_does_not_hold_is_no_reason_to_accept_or_refuse() {
    let bundle = two_batches().inclusion(0, 3);
    let mut forged = revocation(1, Reason::KeyCompromise, Some(0));
    forged.operator_signature = SigningKey::from_seed(&[9; 32]).sign(&forged.signed_bytes(SHARD));
    let known = [forged.into()];
    assert_eq!(verify_with(&bundle, &options(&known)), "revocation-invalid");
    // One of another key is none of its business.
    forged.public_key = process(2).public_key();
    let known = [forged.into()];
    assert_eq!(verify_with(&bundle, &options(&known)), "valid");
}

#[test]
fn a_receipt_for_another_seq() {
    let shard = two_batches();
    let honest = shard.receipt(3);
    let verify =
        |bundle: &ReceiptBundle| json_code(&bundle.to_json().unwrap(), &VerifyOptions::default());
    assert_eq!(verify(&honest), "valid");
    let mut bundle = honest.clone();
    bundle.proof.seq = Seq(4);
    assert_eq!(verify(&bundle), "record-seq");
    bundle.proof.record = shard.record(Seq(4)).to_vec();
    assert_eq!(verify(&bundle), "receipt-signature");
    // Even where the writer signed it so.
    let odd = receipt(&certificate(1), 1, Seq(4), shard.record(Seq(3)));
    assert_eq!(verify(&odd), "record-seq");
    let mut bundle = honest.clone();
    bundle.certificate = certificate(2);
    assert_eq!(verify(&bundle), "receipt-signature");
    let by_other = receipt(&certificate(1), 2, Seq(3), shard.record(Seq(3)));
    assert_eq!(verify(&by_other), "receipt-signature");
    let mut bundle = honest;
    bundle.proof.record.pop();
    assert_eq!(verify(&bundle), "record-malformed");
}
