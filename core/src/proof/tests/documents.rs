//! What is no bundle at all: refused with an error, not a report.

use alloc::format;

use super::*;

fn refused(json: &str) -> (&'static str, String) {
    match verify_bundle(json.as_bytes(), &trusted(), &VerifyOptions::default()) {
        Err(ProofError::Document(error)) => (error.code(), error.path().unwrap_or("").to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unknown_format() {
    for (format, json) in one_of_each() {
        let name = format.name();
        assert!(json.starts_with(&format!("{{\"format\":\"{name}\",")), "{json}");
        for other in ["countersign/inclusion/v3", "countersign/challenge/v1", "Inclusion", ""] {
            let json = json.replacen(name, other, 1);
            assert_eq!(refused(&json), ("document-unknown-format", "format".into()));
        }
        let json = json.replacen(&format!("\"format\":\"{name}\","), "", 1);
        assert_eq!(refused(&json).0, "document-missing-member", "{format}");
    }
}

#[test]
fn a_bundle_under_the_name_of_another_kind() {
    for (format, json) in one_of_each() {
        for other in Format::ALL {
            if other != format {
                let json = json.replacen(format.name(), other.name(), 1);
                let (code, _) = refused(&json);
                let codes = ["document-unknown-member", "document-missing-member"];
                assert!(codes.contains(&code), "{format} as {other}: {code}");
            }
        }
    }
    // Not even where the reader knows what to expect.
    let json = two_batches().inclusion(0, 3).to_json().unwrap();
    let json = json.replacen(Format::Inclusion.name(), Format::Records.name(), 1);
    let error = InclusionBundle::from_json(json.as_bytes()).unwrap_err();
    assert_eq!((error.code(), error.path()), ("document-invalid-member", Some("format")));
}

/// Every path of an object in the document, and the member's text there.
fn each_object(value: &serde_json::Value, change: &mut impl FnMut(&[String])) {
    fn walk(value: &serde_json::Value, path: &mut Vec<String>, change: &mut impl FnMut(&[String])) {
        match value {
            serde_json::Value::Object(members) => {
                change(path);
                for (name, value) in members {
                    path.push(name.clone());
                    walk(value, path, change);
                    path.pop();
                }
            }
            serde_json::Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    path.push(at.to_string());
                    walk(item, path, change);
                    path.pop();
                }
            }
            _ => {}
        }
    }
    walk(value, &mut vec![], change);
}

fn at<'v>(value: &'v mut serde_json::Value, path: &[String]) -> &'v mut serde_json::Value {
    let pointer: Vec<_> = [""].into_iter().chain(path.iter().map(String::as_str)).collect();
    value.pointer_mut(&pointer.join("/")).unwrap()
}

#[test]
fn an_unknown_or_missing_member_anywhere() {
    for (format, json) in one_of_each() {
        let whole: serde_json::Value = serde_json::from_str(&json).unwrap();
        let mut objects = vec![];
        each_object(&whole, &mut |path| objects.push(path.to_vec()));
        assert!(objects.len() >= 3, "{format}");
        for path in objects {
            let mut changed = whole.clone();
            at(&mut changed, &path)["extra"] = serde_json::Value::Null;
            let (code, _) = refused(&changed.to_string());
            assert_eq!(code, "document-unknown-member", "{format}: {path:?}");
            let names: Vec<_> =
                at(&mut changed, &path).as_object().unwrap().keys().cloned().collect();
            for name in names.iter().filter(|name| *name != "extra") {
                let mut changed = whole.clone();
                at(&mut changed, &path).as_object_mut().unwrap().remove(name);
                let (code, _) = refused(&changed.to_string());
                assert_eq!(code, "document-missing-member", "{format}: {path:?} {name}");
            }
        }
    }
}

#[test]
fn a_member_that_stands_twice() {
    for (format, json) in one_of_each() {
        let json = json.replacen("\"shardId\":", "\"shardId\":\"\",\"shardId\":", 1);
        assert!(
            ["document-invalid-member", "document-repeated-member"].contains(&refused(&json).0)
        );
        let twice = json.replacen("\"shardId\":\"\",", "", 1).replacen(
            "\"proof\":",
            "\"proof\":null,\"proof\":",
            1,
        );
        assert!(refused(&twice).0.starts_with("document-"), "{format}");
    }
}

#[test]
fn integers_as_json_numbers_and_upper_case_hex() {
    let json = two_batches().inclusion(0, 3).to_json().unwrap();
    let number = json.replacen("\"seq\":\"3\"", "\"seq\":3", 1);
    assert_eq!(refused(&number), ("document-invalid-member", "proof.seq".into()));
    for padded in ["03", "+3", "3.0", " 3", "0x3", "-0"] {
        let padded = json.replacen("\"seq\":\"3\"", &format!("\"seq\":\"{padded}\""), 1);
        assert_eq!(refused(&padded), ("document-invalid-member", "proof.seq".into()));
    }
    let bundle = two_batches().inclusion(0, 3);
    let hash = bundle.proof.audit_path[1].to_string();
    assert!(hash.contains(|digit: char| digit.is_ascii_lowercase()));
    let upper = json.replacen(&hash, &hash.to_uppercase(), 1);
    assert_eq!(refused(&upper), ("document-invalid-member", "proof.auditPath[1]".into()));
    let short = json.replacen(&hash, &hash[2..], 1);
    assert_eq!(refused(&short), ("document-invalid-member", "proof.auditPath[1]".into()));
    let odd = json.replacen("\"record\":\"8", "\"record\":\"", 1);
    assert_eq!(refused(&odd), ("document-invalid-member", "proof.record".into()));
    let deltas = json.replacen("\"earned\":\"", "\"earned\":\"0", 1);
    assert_eq!(refused(&deltas).1, "settlement.memberDeltas[0].earned");
}

#[test]
fn a_list_in_the_place_of_an_object() {
    let (_, json) = one_of_each().swap_remove(5);
    let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let members: Vec<_> =
        ["seq", "record", "signature"].iter().map(|name| value["proof"][name].clone()).collect();
    value["proof"] = members.into();
    assert_eq!(refused(&value.to_string()), ("document-invalid-member", "proof".into()));
}

#[test]
fn text_behind_the_document_and_too_much_of_it() {
    let json = two_batches().inclusion(0, 3).to_json().unwrap();
    assert_eq!(refused(&format!("{json}{{}}")).0, "document-malformed");
    assert_eq!(refused(&json[..json.len() - 1]).0, "document-malformed");
    assert_eq!(refused("").0, "document-malformed");
    assert_eq!(refused("[]").0, "document-invalid-member");
    let spaces = " ".repeat(crate::limits::MAX_BUNDLE_SIZE + 1 - json.len());
    assert_eq!(refused(&format!("{json}{spaces}")).0, "document-too-large");
    let report = verify_bundle(
        format!("{json}{}", &spaces[1..]).as_bytes(),
        &trusted(),
        &VerifyOptions::default(),
    );
    assert!(report.unwrap().valid);
}

#[test]
fn a_bundle_of_10_000_records_is_small() {
    // What the target of 4 KB leaves for the members' sums.
    let sizes = |members: u8| {
        let mut shard = Shard::new();
        for at in 0..9_999_u32 {
            let of = u8::try_from(at % u32::from(members)).unwrap();
            shard.append(of, &format!("operation-{at:08}"), "joule", 1_000);
        }
        shard.settle();
        shard.inclusion(0, 5_000).to_json().unwrap().len()
    };
    let (one, ten, forty) = (sizes(1), sizes(10), sizes(40));
    assert!(one <= 2_700, "{one} bytes with one member");
    assert!(ten <= 4_096, "{ten} bytes with ten members");
    assert!(forty <= 8_000, "{forty} bytes with forty members");
}

#[test]
fn a_statement_of_500_records_is_smaller_than_their_inclusions() {
    let mut shard = Shard::new();
    for at in 0..9_999_u32 {
        let of = u8::try_from(at % 20).unwrap();
        shard.append(of, &format!("operation-{at:08}"), "joule", 1_000);
    }
    shard.settle();
    let statement = shard.statement(0, 7);
    assert_eq!(statement.proof.records.len(), 500);
    let size = statement.to_json().unwrap().len();
    let single: usize =
        (0..500).map(|at| shard.inclusion(0, 8 + 20 * at).to_json().unwrap().len()).sum();
    assert!(size * 10 <= single * 4, "{size} against {single}");
    assert_eq!(verify(&statement), "valid");
}
