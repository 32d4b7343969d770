//! Every way a line can be wrong, and what it is then called.

use countersign_core::hash::blake3;
use countersign_core::limits::{MAX_AMOUNT, MIN_AMOUNT};
use proptest::prelude::*;

use super::*;

const MEMBER: &str = "a100000000000000000000000000000000000000000000000000000000000000";

/// The line number and either the operation or the code and field of the error.
type Outcome = (u64, Result<InputOperation, (String, Option<String>)>);

fn read(input: &[u8], format: &Format) -> Vec<Outcome> {
    let mut operations = Operations::open(input, format).unwrap();
    let mut outcomes = Vec::new();
    while let Some(Numbered { line, operation }) = operations.read().unwrap() {
        if let Err(error) = &operation {
            assert_eq!(error.line, line);
        }
        let operation = operation.map_err(|error| (error.code.to_owned(), error.field));
        outcomes.push((line, operation));
    }
    outcomes
}

fn one(input: &[u8], format: &Format) -> Result<InputOperation, (String, Option<String>)> {
    let mut outcomes = read(input, format);
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes.remove(0).1
}

fn refused(code: &str, field: &str) -> Result<InputOperation, (String, Option<String>)> {
    Err((code.to_owned(), (!field.is_empty()).then(|| field.to_owned())))
}

fn ndjson(replace: &str, with: &str) -> String {
    let line = format!(
        r#"{{"op":"earn","memberId":"{MEMBER}","assetId":"joule","amount":"-3","opId":"a"}}"#
    );
    assert!(line.contains(replace), "{replace}");
    line.replacen(replace, with, 1)
}

fn event(replace: &str, with: &str) -> String {
    let line = r#"{"specversion":"1.0","id":"7","source":"/meter","type":"Joule.Charge","subject":"alice","data":{"amount":5,"assetId":"joule"}}"#;
    assert!(line.contains(replace), "{replace}");
    line.replacen(replace, with, 1)
}

#[test]
fn ndjson_reads_every_field() {
    let line = ndjson(r#""a"}"#, &format!(r#""a\u00e9","contextHash":"{MEMBER}"}}"#));
    let operation = one(line.as_bytes(), &Format::Ndjson).unwrap();
    let mut member_id = [0; 32];
    member_id[0] = 0xa1;
    let expected = InputOperation {
        op: "earn".into(),
        member_id,
        asset_id: "joule".into(),
        amount: -3,
        op_id: "a\u{e9}".into(),
        context_hash: member_id,
    };
    assert_eq!(operation, expected);
    assert_eq!(operation.as_operation().op_id, "a\u{e9}");
}

#[test]
fn ndjson_refuses_what_is_wrong() {
    let long = "x".repeat(129);
    for (line, code, field) in [
        (ndjson("-3", "1.5"), "invalid-amount", "amount"),
        (ndjson("\"-3\"", "1.5"), "invalid-amount", "amount"),
        (ndjson("\"-3\"", "1e3"), "invalid-amount", "amount"),
        (ndjson("-3", "+3"), "invalid-amount", "amount"),
        (ndjson("-3", " 3"), "invalid-amount", "amount"),
        (ndjson("-3", "03"), "invalid-amount", "amount"),
        (ndjson("\"-3\"", "18446744073709551616"), "amount-out-of-range", "amount"),
        (ndjson("\"-3\"", "true"), "wrong-type", "amount"),
        (ndjson("\"-3\"", "null"), "wrong-type", "amount"),
        (ndjson("\"-3\"", "[3]"), "wrong-type", "amount"),
        (ndjson("\"-3\"", "03"), "malformed-json", ""),
        (ndjson("\"a\"", "7"), "wrong-type", "opId"),
        (ndjson("\"earn\"", "{}"), "wrong-type", "op"),
        (ndjson("\"op\":\"earn\",", ""), "missing-field", "op"),
        (ndjson(",\"opId\":\"a\"", ""), "missing-field", "opId"),
        (ndjson("\"op\":", "\"Op\":"), "unknown-field", "Op"),
        (ndjson("}", ",\"note\":{\"a\":[1]}}"), "unknown-field", "note"),
        (ndjson("}", ",\"op\":\"spend\"}"), "duplicate-field", "op"),
        (ndjson("}", ",\"\\u006fp\":\"spend\"}"), "duplicate-field", "op"),
        (ndjson("a1", "A1"), "invalid-field", "memberId"),
        (ndjson("a1", ""), "invalid-field", "memberId"),
        (ndjson("}", ",\"contextHash\":\"00\"}"), "invalid-field", "contextHash"),
        (ndjson("}", ",\"contextHash\":null}"), "wrong-type", "contextHash"),
        (ndjson("earn", "Earn"), "invalid-field", "op"),
        (ndjson("earn", ""), "invalid-field", "op"),
        (ndjson("joule", "a\\\"b"), "invalid-field", "assetId"),
        (ndjson("joule", "a\\u0000b"), "invalid-field", "assetId"),
        (ndjson("\"a\"", "\"\""), "invalid-field", "opId"),
        (ndjson("\"a\"", &format!("\"{long}\"")), "invalid-field", "opId"),
        (ndjson("\"a\"", "\"\\ud800\""), "malformed-json", "opId"),
        (ndjson("\"a\"", "\"\u{7}\""), "malformed-json", ""),
        (ndjson("\"a\"", "\"a\","), "malformed-json", ""),
        (ndjson("}", "} {}"), "malformed-json", ""),
        ("[]".into(), "wrong-type", ""),
        ("7".into(), "wrong-type", ""),
        ("hello".into(), "malformed-json", ""),
    ] {
        let ended = format!("{line}\n");
        assert_eq!(one(ended.as_bytes(), &Format::Ndjson), refused(code, field), "{line}");
        // An input that ends here is complete; the newline makes no difference.
        assert_eq!(one(line.as_bytes(), &Format::Ndjson), refused(code, field), "{line}");
    }
}

#[test]
fn amounts_keep_every_digit() {
    for (text, amount) in [
        ("18446744073709551615", MAX_AMOUNT),
        ("-18446744073709551616", MIN_AMOUNT),
        ("9007199254740993", 9_007_199_254_740_993),
        ("0", 0),
    ] {
        for quoted in [text.to_owned(), format!("\"{text}\"")] {
            let line = ndjson("\"-3\"", &quoted);
            assert_eq!(one(line.as_bytes(), &Format::Ndjson).unwrap().amount, amount, "{quoted}");
        }
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let mut line = ndjson("\"a\"", "\"a?\"").into_bytes();
    let place = line.iter().rposition(|byte| *byte == b'?').unwrap();
    line[place] = 0xff;
    assert_eq!(one(&line, &Format::Ndjson), refused("invalid-utf8", ""));
    assert_eq!(one(b"\xff\xfe{\0}\0", &Format::Ndjson), refused("invalid-utf8", ""));
    assert_eq!(one(b"{\"op\":\"\xc3", &Format::Ndjson), refused("input-ends-mid-line", ""));
    assert_eq!(one(b"{\"op\":\"\xc3\n", &Format::Ndjson), refused("invalid-utf8", ""));
}

#[test]
fn a_bad_line_stops_nothing_and_lines_keep_their_numbers() {
    let good = ndjson("a", "a");
    let long = format!("{{\"op\":\"{}\"}}", "x".repeat(MAX_LINE_SIZE));
    let input = format!("{good}\n\nnonsense\n{long}\r\n{good}");
    let outcomes: Vec<_> = read(input.as_bytes(), &Format::Ndjson)
        .into_iter()
        .map(|(line, outcome)| (line, outcome.map(|_| ()).map_err(|(code, _)| code)))
        .collect();
    assert_eq!(
        outcomes,
        [
            (1, Ok(())),
            (3, Err("malformed-json".into())),
            (4, Err("line-too-long".into())),
            (5, Ok(())),
        ]
    );
}

#[test]
fn every_cut_of_a_line_says_that_the_input_ended() {
    for (format, whole) in [
        (Format::Ndjson, ndjson("a\"}", "a\\u00e9\u{e9}\"}")),
        (Format::CloudEvents(CloudEvents::default()), event("7", "7\\n")),
    ] {
        for length in 1..whole.len() {
            let cut = &whole.as_bytes()[..length];
            assert_eq!(one(cut, &format), refused("input-ends-mid-line", ""), "{length}");
        }
        one(whole.as_bytes(), &format).unwrap();
    }
}

#[test]
fn cloudevents_follow_the_mapping() {
    let line = event("a", "a");
    let format = Format::CloudEvents(CloudEvents::default());
    for newline in ["", "\n", "\r\n"] {
        let operation = one(format!("{line}{newline}").as_bytes(), &format).unwrap();
        let expected = InputOperation {
            op: "joule.charge".into(),
            member_id: *blake3(b"alice").as_bytes(),
            asset_id: "joule".into(),
            amount: 5,
            op_id: "/meter#7".into(),
            context_hash: *blake3(line.as_bytes()).as_bytes(),
        };
        assert_eq!(operation, expected, "{newline:?}");
    }
    let hex = one(event("alice", MEMBER).as_bytes(), &format).unwrap();
    assert_eq!(hex.member_id[..2], [0xa1, 0]);

    let extended = event("\"id\"", "\"time\":null,\"comexampleext\":{\"deep\":[1,2]},\"id\"");
    assert_eq!(one(extended.as_bytes(), &format).unwrap().op_id, "/meter#7");
}

#[test]
fn cloudevents_hash_long_operation_ids_only() {
    let format = Format::CloudEvents(CloudEvents::default());
    // "/meter#" is 7 bytes.
    let fits = "i".repeat(121);
    let operation = one(event("\"7\"", &format!("\"{fits}\"")).as_bytes(), &format).unwrap();
    assert_eq!(operation.op_id, format!("/meter#{fits}"));
    let over = "i".repeat(122);
    let operation = one(event("\"7\"", &format!("\"{over}\"")).as_bytes(), &format).unwrap();
    assert_eq!(operation.op_id, blake3(format!("/meter#{over}").as_bytes()).to_string());
}

#[test]
fn cloudevents_field_names_can_be_set() {
    let names = CloudEvents { amount_field: "tokens".into(), asset_field: "model".into() };
    let line = event("\"amount\":5,\"assetId\"", "\"amount\":1,\"tokens\":\"-8\",\"model\"");
    let operation = one(line.as_bytes(), &Format::CloudEvents(names.clone())).unwrap();
    assert_eq!((operation.amount, operation.asset_id.as_str()), (-8, "joule"));
    let plain = event("a", "a");
    assert_eq!(
        one(plain.as_bytes(), &Format::CloudEvents(names)),
        refused("missing-field", "data.model")
    );
}

#[test]
fn cloudevents_refuse_what_is_wrong() {
    let format = Format::CloudEvents(CloudEvents::default());
    for (line, code, field) in [
        (event("\"1.0\"", "\"0.3\""), "wrong-specversion", "specversion"),
        (event("\"1.0\"", "1.0"), "wrong-type", "specversion"),
        (event("\"specversion\":\"1.0\",", ""), "missing-field", "specversion"),
        (event("\"id\":\"7\",", ""), "missing-field", "id"),
        (event("\"7\"", "\"\""), "invalid-field", "id"),
        (event("\"7\"", "7"), "wrong-type", "id"),
        (event("\"7\"", "null"), "missing-field", "id"),
        (event("\"source\":\"/meter\",", ""), "missing-field", "source"),
        (event("\"type\":\"Joule.Charge\",", ""), "missing-field", "type"),
        (event("Joule.Charge", "Joule Charge"), "invalid-field", "type"),
        (event("Joule.Charge", "\u{212a}ilo"), "invalid-field", "type"),
        (event("\"subject\":\"alice\",", ""), "missing-field", "subject"),
        (event("alice", ""), "invalid-field", "subject"),
        (event(",\"data\":{\"amount\":5,\"assetId\":\"joule\"}", ""), "missing-field", "data"),
        (event("{\"amount\":5,\"assetId\":\"joule\"}", "\"x\""), "wrong-type", "data"),
        (event("{\"amount\":5,\"assetId\":\"joule\"}", "[1]"), "wrong-type", "data"),
        (event("\"amount\":5,", ""), "missing-field", "data.amount"),
        (event(":5,", ":5.0,"), "invalid-amount", "data.amount"),
        (event(":5,", ":-1E2,"), "invalid-amount", "data.amount"),
        (event(":5,", ":18446744073709551616,"), "amount-out-of-range", "data.amount"),
        (event(":5,", ":5,\"amount\":6,"), "duplicate-field", "amount"),
        (event("\"joule\"", "\"a\\\\b\""), "invalid-field", "data.assetId"),
        (event("\"joule\"", "null"), "wrong-type", "data.assetId"),
        (event("\"id\"", "\"subject\":\"bob\",\"id\""), "duplicate-field", "subject"),
        ("[]".into(), "wrong-type", ""),
        ("{".into(), "malformed-json", ""),
    ] {
        let ended = format!("{line}\n");
        assert_eq!(one(ended.as_bytes(), &format), refused(code, field), "{line}");
    }
}

fn csv_format(map: &str) -> Format {
    Format::Csv(map.parse().unwrap())
}

#[test]
fn csv_reads_mapped_columns_and_fixed_values() {
    let format =
        csv_format("op=const:spend,member=Customer,asset=const:joule,amount=Used,op-id=Id");
    let input = "Id,\"Customer\",Used\r\nx1,alice,-5\r\n\"x,\"\"2\",a100000000000000000000000000000000000000000000000000000000000000,7";
    let outcomes = read(input.as_bytes(), &format);
    let first = outcomes[0].1.clone().unwrap();
    let expected = InputOperation {
        op: "spend".into(),
        member_id: *blake3(b"alice").as_bytes(),
        asset_id: "joule".into(),
        amount: -5,
        op_id: "x1".into(),
        context_hash: [0; 32],
    };
    assert_eq!(first, expected);
    let second = outcomes[1].1.clone().unwrap();
    assert_eq!((second.op_id.as_str(), second.member_id[0], second.amount), ("x,\"2", 0xa1, 7));
    assert_eq!((outcomes[0].0, outcomes[1].0), (2, 3));
}

#[test]
fn csv_without_a_map_takes_the_ndjson_names() {
    let input = format!(
        "op,memberId,assetId,amount,opId,contextHash\nearn,{MEMBER},joule,1,a,{MEMBER}\nearn,bob,joule,1,b,\n"
    );
    let outcomes = read(input.as_bytes(), &Format::Csv(ColumnMap::default()));
    assert_eq!(outcomes[0].1.as_ref().unwrap().context_hash[0], 0xa1);
    assert_eq!(outcomes[1].1.as_ref().unwrap().context_hash, [0; 32]);
}

#[test]
fn csv_refuses_bad_rows() {
    let format = csv_format("op=o,member=m,asset=s,amount=a,op-id=i,context=c");
    for (row, code, field) in [
        ("earn,bob,joule,1,x\n", "wrong-column-count", ""),
        ("earn,bob,joule,1,x,,\n", "wrong-column-count", ""),
        ("earn,bob,joule,1,x,,", "wrong-column-count", ""),
        ("earn,bob,joule,1,x", "input-ends-mid-line", ""),
        ("earn,bob,joule,1,\"x", "input-ends-mid-line", ""),
        ("earn,bob,joule,1,\"x\n", "malformed-csv", ""),
        ("earn,bob,joule,\"1\"0,x,\n", "malformed-csv", ""),
        ("earn,bob,joule,1\"0\",x,\n", "malformed-csv", ""),
        ("earn,bob,joule,1.5,x,\n", "invalid-amount", "a"),
        ("earn,bob,joule, 1,x,\n", "invalid-amount", "a"),
        ("earn,bob,joule,,x,\n", "invalid-amount", "a"),
        ("earn,bob,joule,99999999999999999999,x,\n", "amount-out-of-range", "a"),
        ("Earn,bob,joule,1,x,\n", "invalid-field", "o"),
        ("earn,,joule,1,x,\n", "invalid-field", "m"),
        ("earn,bob,,1,x,\n", "invalid-field", "s"),
        ("earn,bob,a\rb,1,x,\n", "invalid-field", "s"),
        ("earn,bob,joule,1,,\n", "invalid-field", "i"),
        ("earn,bob,joule,1,x,00\n", "invalid-field", "c"),
    ] {
        let input = format!("o,m,s,a,i,c\n{row}");
        assert_eq!(one(input.as_bytes(), &format), refused(code, field), "{row}");
    }
    let mut input = b"o,m,s,a,i,c\nearn,b".to_vec();
    input.extend_from_slice(b"\xff,joule,1,x,\n");
    assert_eq!(one(&input, &format), refused("invalid-utf8", ""));
}

#[test]
fn csv_headers_that_cannot_be_used_are_fatal() {
    for (input, code, field) in [
        ("", "missing-header", None),
        ("\n\n", "missing-header", None),
        ("op,memberId,assetId,amount\n", "missing-column", Some("opId")),
        ("op,op,memberId,assetId,amount,opId\n", "duplicate-column", Some("op")),
        ("op,\"memberId\n", "malformed-csv", None),
    ] {
        let format = Format::Csv(ColumnMap::default());
        let error = Operations::open(input.as_bytes(), &format).unwrap_err();
        let OpenError::Header(error) = error else { panic!("{error}") };
        assert_eq!((error.code, error.field.as_deref()), (code, field), "{input}");
    }
}

#[test]
fn column_maps_that_say_nothing_are_refused() {
    for text in ["", "op", "op=", "op=a,op=b", "memberId=a", "op=a,"] {
        assert!(text.parse::<ColumnMap>().is_err(), "{text}");
    }
    let map: ColumnMap = "op=const:,context=c".parse().unwrap();
    assert_eq!(map.op, Source::Constant(String::new()));
}

#[test]
fn errors_name_line_and_field() {
    let mut operations = Operations::open(&b"\n{\"op\":1}\n"[..], &Format::Ndjson).unwrap();
    let error = operations.read().unwrap().unwrap().operation.unwrap_err();
    assert_eq!(error.to_string(), "line 2, op: must be a string, not a number");
    let mut operations = Operations::open(&b"{\"op\" 1}\n"[..], &Format::Ndjson).unwrap();
    let error = operations.read().unwrap().unwrap().operation.unwrap_err();
    assert_eq!(error.to_string(), "line 1: malformed JSON, column 7: expected `:`");
}

proptest! {
    #[test]
    fn any_bytes_give_one_outcome_per_line_that_is_not_blank(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let blank = |line: &&[u8]| !line.trim_ascii().is_empty();
        let expected = bytes.split(|byte| *byte == b'\n').filter(blank).count();
        for format in [Format::Ndjson, Format::CloudEvents(CloudEvents::default())] {
            prop_assert_eq!(read(&bytes, &format).len(), expected);
        }
        let mut with_header = b"op,memberId,assetId,amount,opId\n".to_vec();
        with_header.extend_from_slice(&bytes);
        prop_assert_eq!(read(&with_header, &Format::Csv(ColumnMap::default())).len(), expected);
    }

    #[test]
    fn what_a_json_writer_writes_is_read_back(
        op_id in "\\PC{1,30}", asset_id in "[^\\p{Cc}\"\\\\]{1,16}", amount in MIN_AMOUNT..=MAX_AMOUNT,
    ) {
        let line = serde_json::json!({
            "op": "earn", "memberId": MEMBER, "assetId": asset_id,
            "amount": amount.to_string(), "opId": op_id,
        });
        let operation = one(line.to_string().as_bytes(), &Format::Ndjson).unwrap();
        prop_assert_eq!(operation.op_id, op_id);
        prop_assert_eq!(operation.asset_id, asset_id);
        prop_assert_eq!(operation.amount, amount);
    }
}
