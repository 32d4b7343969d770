//! Spellings, and everything that a strict reader refuses, with its code and its place.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::Seq;
use crate::hash::Digest;
use crate::keys::{
    Certificate, PublicKey, Reason, Revocation, ShardId, Signature, SigningKey,
    create_process_key_action, create_process_key_revoke_action,
};
use crate::limits::MAX_KEY_DOCUMENT_SIZE;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Inner {
    #[serde(with = "one")]
    leaf_hash: Digest,
    #[serde(with = "one")]
    amount: i128,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Sample {
    #[serde(with = "one")]
    format: Text<32>,
    #[serde(with = "one")]
    tree_size: u64,
    #[serde(with = "one")]
    sum: u128,
    #[serde(with = "option")]
    seq: Option<Seq>,
    #[serde(with = "one")]
    record: Vec<u8>,
    #[serde(with = "list")]
    path: Vec<[u8; 4]>,
    inner: Vec<Inner>,
}

const SAMPLE: &str = concat!(
    r#"{"format":"countersign/sample/v1","treeSize":"18446744073709551615","#,
    r#""sum":"340282366920938463463374607431768211455","seq":null,"record":"00ff","#,
    r#""path":["01020304","ffffffff"],"#,
    r#""inner":[{"leafHash":"#,
    r#""0707070707070707070707070707070707070707070707070707070707070707","#,
    r#""amount":"-170141183460469231731687303715884105728"}]}"#,
);

fn sample() -> Sample {
    Sample {
        format: Text::new("countersign/sample/v1").unwrap(),
        tree_size: u64::MAX,
        sum: u128::MAX,
        seq: None,
        record: vec![0, 255],
        path: vec![[1, 2, 3, 4], [255; 4]],
        inner: vec![Inner { leaf_hash: Digest::from_bytes([7; 32]), amount: i128::MIN }],
    }
}

fn read_sample(text: &str) -> Result<Sample, DocumentError> {
    read(text.as_bytes(), 10_000)
}

#[test]
fn a_document_has_one_text() {
    assert_eq!(write(&sample()).unwrap(), SAMPLE);
    assert_eq!(read_sample(SAMPLE).unwrap(), sample());
    let spaced = SAMPLE.replace(",\"", " ,\r\n\t\"").replace(':', " : ");
    assert_eq!(read_sample(&format!("\n{spaced}\n")).unwrap(), sample());
    assert_eq!(peek_format(SAMPLE.as_bytes(), 10_000).unwrap(), "countersign/sample/v1");
}

/// Each defect: what to replace, by what, the code and the path of the error.
const DEFECTS: [(&str, &str, &str, &str); 26] = [
    (r#""18446744073709551615""#, "7", "document-invalid-member", "treeSize"),
    (r#""18446744073709551615""#, "7.0", "document-invalid-member", "treeSize"),
    (
        r#""18446744073709551615""#,
        r#""18446744073709551616""#,
        "document-invalid-member",
        "treeSize",
    ),
    (r#""18446744073709551615""#, r#""07""#, "document-invalid-member", "treeSize"),
    (r#""18446744073709551615""#, r#""+7""#, "document-invalid-member", "treeSize"),
    (r#""18446744073709551615""#, r#""-7""#, "document-invalid-member", "treeSize"),
    (r#""18446744073709551615""#, r#""""#, "document-invalid-member", "treeSize"),
    (r#""18446744073709551615""#, "null", "document-invalid-member", "treeSize"),
    (r#""18446744073709551615""#, "true", "document-invalid-member", "treeSize"),
    (
        "-170141183460469231731687303715884105728",
        "-0",
        "document-invalid-member",
        "inner[0].amount",
    ),
    ("-170141183460469231731687303715884105728", "-", "document-invalid-member", "inner[0].amount"),
    (
        "-170141183460469231731687303715884105728",
        "-01",
        "document-invalid-member",
        "inner[0].amount",
    ),
    (
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "document-invalid-member",
        "sum",
    ),
    ("00ff", "00FF", "document-invalid-member", "record"),
    ("00ff", "00f", "document-invalid-member", "record"),
    ("ffffffff", "fffffff", "document-invalid-member", "path[1]"),
    ("ffffffff", "ffffffff00", "document-invalid-member", "path[1]"),
    ("07070707\"", "0707070G\"", "document-invalid-member", "inner[0].leafHash"),
    (r#""seq":null,"#, "", "document-missing-member", ""),
    (r#""seq":null,"#, r#""seq":null,"seq":null,"#, "document-repeated-member", "seq"),
    (r#""seq":null,"#, r#""seq":null,"more":[{}],"#, "document-unknown-member", "more"),
    (r#""leafHash":"#, r#""leaf_hash":"#, "document-unknown-member", "inner[0].leaf_hash"),
    (
        "countersign/sample/v1",
        "countersign/a-name-as-long-as-none/v1",
        "document-invalid-member",
        "format",
    ),
    (r#"["01020304","ffffffff"]"#, r#""01020304""#, "document-invalid-member", "path"),
    (r#""seq":null"#, r#""seq":7"#, "document-invalid-member", "seq"),
    (r#""seq":null"#, r#""seq":["7"]"#, "document-invalid-member", "seq"),
];

#[test]
fn every_defect_has_its_code_and_its_place() {
    for (old, new, code, path) in DEFECTS {
        let changed = SAMPLE.replacen(old, new, 1);
        assert_ne!(changed, SAMPLE, "{old}");
        let error = read_sample(&changed).unwrap_err();
        assert_eq!((error.code(), error.path()), (code, Some(path)), "{old} to {new}: {error}");
        let shown = error.to_string();
        assert!(shown.contains(if path.is_empty() { "the document" } else { path }), "{shown}");
        // The place is right on later lines too.
        let lines = changed.replace(',', ",\n");
        let error = read_sample(&lines).unwrap_err();
        assert_eq!((error.code(), error.path()), (code, Some(path)), "{old} to {new}: {error}");
    }
}

#[test]
fn a_format_is_one_text() {
    let peek = |text: &str| peek_format(text.as_bytes(), 1_000);
    assert_eq!(peek(r#"{"a":[{"format":"x"}],"format":"y"}"#), Ok("y".to_string()));
    for (text, code, path) in [
        (r#"{"a":"b"}"#, "document-missing-member", ""),
        (r#"{"format":1}"#, "document-invalid-member", "format"),
        (r#"{"format":null}"#, "document-invalid-member", "format"),
        (r#"{"format":"x","format":"x"}"#, "document-repeated-member", "format"),
        (r#""x""#, "document-invalid-member", ""),
    ] {
        let error = peek(text).unwrap_err();
        assert_eq!((error.code(), error.path()), (code, Some(path)), "{text}");
    }
}

#[test]
fn an_array_is_no_object() {
    let seven = "07".repeat(32);
    let array = format!(r#"["{seven}","-170141183460469231731687303715884105728"]"#);
    let start = SAMPLE.find(r#"[{"leafHash""#).unwrap();
    let inner = &SAMPLE[start + 1..SAMPLE.len() - 2];
    let error = read_sample(&SAMPLE.replace(inner, &array)).unwrap_err();
    assert_eq!((error.code(), error.path()), ("document-invalid-member", Some("inner[0]")));
    let whole = r#"["countersign/sample/v1","7","7",null,"",[],[]]"#;
    let error = read_sample(whole).unwrap_err();
    assert_eq!((error.code(), error.path()), ("document-invalid-member", Some("")));
    let error = peek_format(br#"["countersign/sample/v1"]"#, 100).unwrap_err();
    assert_eq!(error.code(), "document-invalid-member");
    // The parser alone would have taken it.
    assert!(serde_json::from_str::<Inner>(&array).is_ok());
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
enum Choice {
    Whole,
    Inner(Inner),
    #[serde(rename_all = "camelCase")]
    Record {
        #[serde(with = "one")]
        leaf_index: u64,
    },
}

/// Enums are read as strictly: a name for a variant without members, else an object of one member.
#[test]
fn choices_are_read_as_strictly() {
    let hash = "07".repeat(32);
    let inner = Inner { leaf_hash: Digest::from_bytes([7; 32]), amount: 5 };
    let read = |text: &str| read::<Choice>(text.as_bytes(), 1_000);
    for (choice, text) in [
        (Choice::Whole, r#""whole""#.to_string()),
        (Choice::Inner(inner), format!(r#"{{"inner":{{"leafHash":"{hash}","amount":"5"}}}}"#)),
        (Choice::Record { leaf_index: 5 }, r#"{"record":{"leafIndex":"5"}}"#.to_string()),
    ] {
        assert_eq!(write(&choice).unwrap(), text);
        assert_eq!(read(&text), Ok(choice));
    }
    for (text, path) in [
        (format!(r#"{{"inner":["{hash}","5"]}}"#), "inner"),
        (r#"{"record":["5"]}"#.to_string(), "record"),
        (r#"{"record":{"leafIndex":5}}"#.to_string(), "record.leafIndex"),
        (r#"{"record":{"leafIndex":"5","more":"5"}}"#.to_string(), "record.more"),
        (r#"{"record":{"leafIndex":"5","leafIndex":"5"}}"#.to_string(), "record.leafIndex"),
        (r#"{"recorded":{}}"#.to_string(), "recorded"),
    ] {
        let error = read(&text).unwrap_err();
        assert_eq!(error.path(), Some(path), "{error}");
    }
    for text in [r#"{"whole":{}}"#, r#"{"record":{"leafIndex":"5"},"whole":null}"#, r#""record""#] {
        assert!(read(text).is_err(), "{text}");
    }
    // What the parser itself takes as well as the name alone.
    assert_eq!(read(r#"{"whole":null}"#), Ok(Choice::Whole));
}

#[test]
fn text_that_is_no_json_is_malformed() {
    let deep = format!("{{\"more\":{}", "[".repeat(100_000));
    for text in [
        "",
        "{",
        "{]",
        "nul",
        &SAMPLE[..80],
        &deep,
        &format!("{SAMPLE}x"),
        &format!("{SAMPLE}{{}}"),
    ] {
        assert_eq!(
            peek_format(text.as_bytes(), 200_000).map(drop).unwrap_err().code(),
            "document-malformed"
        );
    }
    for bytes in
        [&b"\xff"[..], b"{\"format\":\"\xff\"}", b"\xef\xbb\xbf{}", b"{\"format\":\"\x01\"}"]
    {
        let error = read::<Sample>(bytes, 10_000).unwrap_err();
        assert_eq!(error.code(), "document-malformed", "{error}");
    }
}

#[test]
fn a_document_over_its_limit_is_not_read() {
    let error = read::<Sample>(&[b' '; 101], 100).unwrap_err();
    assert_eq!(error, DocumentError::TooLarge { limit: 100, found: 101 });
    assert_eq!(error.code(), "document-too-large");
    assert!(error.to_string().contains("101") && error.to_string().contains("100"));
    assert_eq!(read::<Sample>(&[b' '; 100], 100).unwrap_err().code(), "document-malformed");
    assert_eq!(peek_format(&[b' '; 101], 100), Err(error));
}

#[test]
fn an_explanation_does_not_repeat_a_hostile_text() {
    let long = "7".repeat(9_000);
    for text in [
        SAMPLE.replacen("18446744073709551615", &long, 1),
        SAMPLE.replacen("treeSize", &long, 1),
        SAMPLE.replacen("countersign/sample/v1", &long, 1),
        SAMPLE.replacen("treeSize", &"é\\u0000".repeat(1_000), 1),
    ] {
        let error = read_sample(&text).unwrap_err();
        assert!(error.to_string().len() < 1_000, "{error}");
    }
    let error = peek_format(format!("{{\"format\":\"{long}\"}}").as_bytes(), 10_000).unwrap_err();
    let DocumentError::UnknownFormat { found } = &error else { panic!("{error}") };
    assert_eq!(found.len(), 64);
    assert_eq!(error.code(), "document-unknown-format");
}

fn keys() -> (SigningKey, PublicKey, ShardId) {
    let process = SigningKey::from_seed(&[2; 32]).public_key();
    (SigningKey::from_seed(&[1; 32]), process, ShardId::from_bytes([7; 16]))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeyDocuments {
    #[serde(with = "CertificateDocument")]
    certificate: Certificate,
    #[serde(with = "RevocationDocument")]
    revocation: Revocation,
}

#[test]
fn certificates_and_revocations_come_back_as_they_were() {
    let (operator, key, shard_id) = keys();
    let certificate = create_process_key_action(&operator, shard_id, key, 1_000, 2_000).unwrap();
    for (reason, from) in [(Reason::Rotation, None), (Reason::KeyCompromise, Some(Seq(30)))] {
        let revocation =
            create_process_key_revoke_action(&operator, shard_id, key, 5_000, reason, from)
                .unwrap();
        let text = write(&KeyDocuments { certificate, revocation }).unwrap();
        let expected = format!(
            r#"{{"certificate":{{"formatVersion":"1","shardId":"{shard_id}","publicKey":"{key}","notBeforeMs":"1000","expiresAtMs":"2000","operatorPublicKey":"{}","operatorSignature":"{}"}},"revocation":{{"publicKey":"{key}","revokedAtMs":"5000","reason":"{reason}","effectiveAtSeq":{},"operatorSignature":"{}"}}}}"#,
            operator.public_key(),
            certificate.operator_signature,
            from.map_or("null".to_string(), |seq| format!("\"{seq}\"")),
            revocation.operator_signature,
        );
        assert_eq!(text, expected);
        assert!(text.len() < MAX_KEY_DOCUMENT_SIZE);
        let read: KeyDocuments = read(text.as_bytes(), MAX_KEY_DOCUMENT_SIZE).unwrap();
        assert_eq!((read.certificate, read.revocation), (certificate, revocation));
        let wrong = text.replace(&format!("\"{reason}\""), "\"Rotation\"");
        let error = super::read::<KeyDocuments>(wrong.as_bytes(), 4_096).map(drop).unwrap_err();
        assert_eq!(error.path(), Some("revocation.reason"));
    }
}

fn spelled<T: Spelling>(value: &T) -> String {
    struct Shown<'a, T>(&'a T);
    impl<T: Spelling> core::fmt::Display for Shown<'_, T> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            self.0.spell(f)
        }
    }
    Shown(value).to_string()
}

/// A value comes back from its spelling, and a text that reads is the spelling of what it reads.
fn check<T: Spelling + PartialEq + core::fmt::Debug>(value: &T, text: &str) {
    assert_eq!(T::read(&spelled(value)).as_ref(), Some(value));
    if let Some(value) = T::read(text) {
        assert_eq!(spelled(&value), text);
    }
}

proptest! {
    #[test]
    fn spellings_are_one_to_one(
        small in any::<u64>(),
        large in any::<u128>(),
        signed in any::<i128>(),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        half in any::<[u8; 32]>(),
        decimal in "[-+]?[0-9]{0,40}",
        digits in "([0-9a-f]{2}){0,70}|[0-9a-fA-F-]{30,40}",
    ) {
        check(&small, &decimal);
        check(&large, &decimal);
        check(&signed, &decimal);
        check(&Seq(small), &decimal);
        check(&bytes, &digits);
        check(&Digest::from_bytes(half), &digits);
        check(&PublicKey::from_bytes(half), &digits);
        check(&half, &digits);
        let whole: [u8; 64] = [half, half].concat().try_into().unwrap();
        check(&Signature::from_bytes(whole), &digits);
        check(&ShardId::from_bytes(*half.first_chunk().unwrap()), &digits);
    }

    /// The parser takes exactly the texts that another one takes. (What that cannot hold is left
    /// out: numbers beyond its own.)
    #[test]
    fn texts_are_json_for_us_where_they_are_for_others(
        at in 0..SAMPLE.len(),
        length in 0..9_usize,
        put in "[-+.0-9eE]{0,6}|[\\[\\]{},:\"]{0,4}|(\\\\[u\"bx/]|[0-9a-fD]|\\\\ud8[0-9]{2}|\\\\udc00|\\PC){0,6}|true|nul{1,2}| ",
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, put.bytes());
        let other = serde_json::from_slice::<serde_json::Value>(&bytes);
        let is_out_of_range =
            other.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range"));
        let found = read::<serde::de::IgnoredAny>(&bytes, 10_000);
        prop_assert!(is_out_of_range || found.is_ok() == other.is_ok(), "{found:?} {other:?}");
    }

    /// No change of one bit passes as another value unseen, and none makes the reader fall.
    #[test]
    fn a_changed_bit_is_refused_or_changes_what_is_read(at in 0..SAMPLE.len(), bit in 0..8_u32) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        bytes[at] ^= 1_u8 << bit;
        if let Ok(changed) = read::<Sample>(&bytes, 10_000) {
            prop_assert_eq!(write(&changed).unwrap().into_bytes(), bytes);
        }
    }
}
