//! The three documents: round trips, and what their readers refuse.

use super::*;
use crate::dispute::evaluate::fit;
use crate::document::DocumentError;
use crate::limits::{MAX_CONTROL_TEXT_SIZE, MAX_DISPUTE_DOCUMENT_SIZE};

fn batch() -> Batch {
    Shard::settled().batches.swap_remove(1)
}

fn challenges(batch: &Batch) -> Vec<DisputeChallenge> {
    let demands =
        [Demand::Range {}, Demand::Record { seq: Seq(10) }, absence_of(&BOB, "op-\"1\"\n")];
    demands.into_iter().map(|demand| batch.challenge(demand)).collect()
}

fn responses(batch: &Batch) -> Vec<DisputeResponse> {
    let answers = [batch.range(), batch.record(10), batch.absence(&BOB, "op-1")];
    answers.into_iter().map(|answer| batch.response(answer)).collect()
}

#[test]
fn documents_come_back_as_they_were_written() {
    let batch = batch();
    for (challenge, response) in challenges(&batch).iter().zip(&responses(&batch)) {
        let text = challenge.to_json().unwrap();
        assert!(text.starts_with(r#"{"format":"countersign/challenge/v1","shardId":"#));
        assert_eq!(DisputeChallenge::from_json(text.as_bytes()).unwrap(), *challenge);
        let text = response.to_json().unwrap();
        assert!(text.starts_with(r#"{"format":"countersign/response/v1","batchId":"#));
        assert_eq!(DisputeResponse::from_json(text.as_bytes()).unwrap(), *response);
        for response in [None, Some(response)] {
            let resolution =
                evaluate_dispute_challenge(challenge, response, &batch.options()).unwrap();
            let text = resolution.to_json().unwrap();
            assert!(text.starts_with(r#"{"format":"countersign/resolution/v1","status":"#));
            assert_eq!(DisputeResolution::from_json(text.as_bytes()).unwrap(), resolution);
        }
    }
}

#[test]
fn a_demand_has_one_spelling() {
    let batch = batch();
    let text = challenges(&batch)[0].to_json().unwrap();
    let demand = r#""demand":{"range":{}}"#;
    assert!(text.contains(demand));
    let read = |other: &str| {
        let changed = text.replace(demand, other);
        assert_ne!(changed, text);
        DisputeChallenge::from_json(changed.as_bytes()).unwrap_err()
    };
    let mut wrong = Vec::new();
    for (other, code) in [
        (r#""demand":{"range":{"seq":"1"}}"#, "document-unknown-member"),
        (r#""demand":{"whole":{}}"#, "document-invalid-member"),
        (r#""demand":{"range":null}"#, "document-invalid-member"),
        (r#""demand":{"range":[]}"#, "document-invalid-member"),
        (r#""demand":{"range":["9"]}"#, "document-invalid-member"),
        (r#""demand":{"record":["9"]}"#, "document-invalid-member"),
        (r#""demand":{"record":{"seq":9}}"#, "document-invalid-member"),
        (r#""demand":{"record":{"seq":"09"}}"#, "document-invalid-member"),
        (r#""demand":{"record":{}}"#, "document-missing-member"),
        (r#""demand":{"record":{"seq":"9","seq":"9"}}"#, "document-repeated-member"),
        (r#""demand":{"contradiction":{"bundle":7}}"#, "document-invalid-member"),
        (r#""demand":{"contradiction":{"bundle":{"format":"x"}}}"#, "document-invalid-member"),
    ] {
        let error = read(other);
        let is_named = error.path().is_some_and(|path| path.starts_with("demand"));
        if error.code() != code || !is_named {
            wrong.push(format!("{other}: {}: {error}", error.code()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The parser has no place to tell where something else stands than an object of one member.
    for other in [
        r#""demand":"range""#,
        r#""demand":null"#,
        r#""demand":{}"#,
        r#""demand":["record",{"seq":"9"}]"#,
        r#""demand":{"range":{},"range":{}}"#,
        r#""demand":{"range":{},"record":{"seq":"9"}}"#,
        r#""demand":{"contradiction":{"bundle":{}}}"#,
    ] {
        let code = read(other).code();
        assert!(
            ["document-malformed", "document-invalid-member", "document-missing-member"]
                .contains(&code),
            "{other}: {code}"
        );
    }
}

#[test]
fn other_formats_are_named() {
    let batch = batch();
    let challenge = challenges(&batch)[0].to_json().unwrap();
    let response = responses(&batch)[0].to_json().unwrap();
    let named = |result: Result<(), DocumentError>| match result.unwrap_err() {
        DocumentError::UnknownFormat { found } => found,
        error => panic!("{error}"),
    };
    let read = |text: &str| DisputeResponse::from_json(text.as_bytes()).map(drop);
    assert_eq!(named(read(&challenge)), "countersign/challenge/v1");
    let read = |text: &str| DisputeChallenge::from_json(text.as_bytes()).map(drop);
    assert_eq!(named(read(&response)), "countersign/response/v1");
    // A later version may have other members.
    let later = challenge.replace("challenge/v1", "challenge/v2").replace("demand", "demands");
    assert_eq!(named(read(&later)), "countersign/challenge/v2");
    let read = |text: &str| DisputeResolution::from_json(text.as_bytes()).map(drop);
    assert_eq!(named(read(&challenge)), "countersign/challenge/v1");
    let error = read("{}").unwrap_err();
    assert_eq!(error.code(), "document-missing-member");
}

#[test]
fn readers_refuse_every_other_spelling() {
    let batch = batch();
    let challenge = challenges(&batch)[1].to_json().unwrap();
    let confirmed = format!(r#""confirmedAtMs":"{}""#, batch.confirmed_at_ms);
    let changes: [(&str, String, &str, Option<&str>); 8] = [
        (
            &confirmed,
            confirmed.replace('"', "").replace(':', "\":").replacen("", "\"", 1),
            "document-invalid-member",
            Some("confirmedAtMs"),
        ),
        (
            &confirmed,
            confirmed.replace(":\"", ":\"0"),
            "document-invalid-member",
            Some("confirmedAtMs"),
        ),
        (&confirmed, format!("{confirmed},\"x\":1"), "document-unknown-member", Some("x")),
        (
            &confirmed,
            format!("{confirmed},{confirmed}"),
            "document-repeated-member",
            Some("confirmedAtMs"),
        ),
        (&format!("{confirmed},"), String::new(), "document-missing-member", None),
        ("\"format\":", "\"Format\":".to_string(), "document-unknown-member", Some("Format")),
        (
            r#""shardId":"07"#,
            r#""shardId":"0A"#.to_string(),
            "document-invalid-member",
            Some("shardId"),
        ),
        ("}}}", "}}} x".to_string(), "document-malformed", None),
    ];
    for (from, to, code, path) in changes {
        let changed = challenge.replacen(from, &to, 1);
        assert_ne!(changed, challenge, "{from}");
        let error = DisputeChallenge::from_json(changed.as_bytes()).unwrap_err();
        assert_eq!(error.code(), code, "{to}: {error}");
        if path.is_some() {
            assert_eq!(error.path(), path, "{to}");
        }
    }
}

#[test]
fn texts_have_limits_and_long_details_are_cut() {
    let batch = batch();
    let mut text = challenges(&batch)[0].to_json().unwrap();
    let long = "x".repeat(129);
    text = text.replace(r#""auditor""#, &format!("\"{}\"", &long[..128]));
    assert!(DisputeChallenge::from_json(text.as_bytes()).is_ok());
    let longer = text.replace(&long[..128], &long);
    let error = DisputeChallenge::from_json(longer.as_bytes()).unwrap_err();
    assert_eq!(error.path(), Some("challengerId"));
    let size = MAX_DISPUTE_DOCUMENT_SIZE + 1;
    let error = DisputeChallenge::from_json(&alloc::vec![b' '; size]).unwrap_err();
    assert_eq!(error.code(), "document-too-large");
    assert!(fit::<MAX_CONTROL_TEXT_SIZE>("é".repeat(3_000)).len() == 4_096);
    assert_eq!(&*fit::<5>("aéé".to_string()), "aéé");
    assert_eq!(&*fit::<4>("aéé".to_string()), "aé");
}

/// Each byte of each document, changed: it is refused, or says something else, never the same.
#[test]
fn a_changed_byte_is_refused_or_read_as_another_document() {
    let batch = batch();
    let challenge = &challenges(&batch)[1];
    let text = challenge.to_json().unwrap();
    let mut bytes = text.clone().into_bytes();
    let mut refused = 0;
    for at in 0..bytes.len() {
        for change in [1, 0x20] {
            bytes[at] ^= change;
            match DisputeChallenge::from_json(&bytes) {
                Ok(read) => assert_ne!(read, *challenge, "byte {at}"),
                Err(_) => refused += 1,
            }
            bytes[at] ^= change;
        }
    }
    assert!(refused > text.len() / 2, "{refused}");
}
