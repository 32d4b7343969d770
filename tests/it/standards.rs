//! The published vectors of the standards the log rests on, and those of the original library
//! for what the two formats share.

use ciborium::value::Value as Generic;
use countersign_core::Seq;
use countersign_core::codec::{Decoder, Encoder, Error};
use countersign_core::frame::{FrameStep, SegmentNumber, fits_segment, length_prefix, read_frame};
use countersign_core::hash::{Blake3, Digest, Hash, blake3, blake3_parts, hex};
use countersign_core::keys::{
    PublicKey, ShardId, Signature, SigningKey, VerifyingKey, signature_message,
};
use countersign_core::limits;
use countersign_tests::json::{bytes, list, number, text};
use countersign_tests::vector;
use serde_json::Value;

/// An item of our subset, whatever it is. The log itself always knows what comes next.
#[derive(Debug, PartialEq)]
enum Item {
    Int(i128),
    Bignum(u128),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Null,
}

impl Item {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Error> {
        match decoder.peek().unwrap_or_default() >> 5 {
            2 => decoder.bytes(1_000).map(|bytes| Self::Bytes(bytes.to_vec())),
            3 => decoder.text(1_000).map(|text| Self::Text(text.to_owned())),
            4 => {
                let count = decoder.array()?;
                (0..count).map(|_| Self::decode(decoder)).collect::<Result<_, _>>().map(Self::Array)
            }
            6 => decoder.bignum().map(Self::Bignum),
            7 if decoder.null() => Ok(Self::Null),
            _ => decoder.int().map(Self::Int),
        }
    }

    fn encode(&self, encoder: &mut Encoder<'_>) {
        match self {
            Self::Int(value) => encoder.int(*value),
            Self::Bignum(value) => encoder.bignum(*value),
            Self::Bytes(value) => encoder.bytes(value),
            Self::Text(value) => encoder.text(value),
            Self::Array(items) => {
                encoder.array(items.len() as u64);
                items.iter().for_each(|item| item.encode(encoder));
            }
            Self::Null => encoder.null(),
        }
    }

    /// Whether this is the value that the vectors give as JSON.
    fn is(&self, case: &Value, json: &Value) -> bool {
        match self {
            Self::Int(value) => match case["decoded_dec"].as_str() {
                Some(exact) => value.to_string() == exact,
                None => json.as_i64().map(i128::from) == Some(*value),
            },
            Self::Text(value) => json.as_str() == Some(value),
            Self::Array(items) => json.as_array().is_some_and(|json| {
                items.len() == json.len() && items.iter().zip(json).all(|(i, j)| i.is(case, j))
            }),
            Self::Null => json.is_null(),
            Self::Bytes(value) => text(&case["diagnostic"]) == format!("h'{}'", hex::encode(value)),
            Self::Bignum(_) => false,
        }
    }
}

/// Integers, strings, arrays and null, by the numbers of the vectors: the log's subset.
const INSIDE: [u64; 16] = [0, 2, 4, 6, 8, 10, 12, 14, 16, 42, 54, 56, 58, 60, 62, 64];
/// Floats, booleans, tags 1, 23 and 32, and maps: the subset leaves them out.
const OUTSIDE: [u64; 15] = [18, 20, 22, 24, 26, 28, 30, 32, 40, 48, 50, 52, 66, 68, 70];
/// Unassigned simple values: outside as well, and nothing the generic reader knows either.
const UNASSIGNED: [u64; 2] = [44, 46];

#[test]
fn cbor_appendix_a() {
    let file = vector("standards/cbor-appendix-a.json");
    let cases = list(&file["cases"]);
    assert_eq!(cases.len(), INSIDE.len() + OUTSIDE.len() + UNASSIGNED.len());
    for case in cases {
        let id = number(&case["id"]);
        let given = bytes(&case["hex"]);
        let mut decoder = Decoder::new(&given);
        let item = Item::decode(&mut decoder).and_then(|item| decoder.finish().map(|()| item));
        let generic = ciborium::from_reader::<Generic, _>(given.as_slice());
        let is_well_formed = case["well_formed"].as_bool().unwrap_or(true);
        let is_deterministic = case["deterministic"].as_bool().unwrap();
        if INSIDE.contains(&id) && is_well_formed && is_deterministic {
            let item = item.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert!(item.is(case, &case["decoded"]), "{case}: read as {item:?}");
            let mut made = Vec::new();
            item.encode(&mut Encoder::new(&mut made));
            assert_eq!(made, given, "{case}");
            assert!(generic.is_ok(), "{case}");
        } else {
            assert!(item.is_err(), "{case}: read as {item:?}");
            let is_readable = is_well_formed && !UNASSIGNED.contains(&id);
            assert_eq!(generic.is_ok(), is_readable, "{case}");
        }
    }
}

/// The ordinary hash is the first 32 bytes; keyed hashes and key derivation are not used.
#[test]
fn blake3_hashes() {
    for case in list(&vector("standards/blake3.json")["cases"]) {
        let input: Vec<u8> = (0..number(&case["input_len"])).map(|i| (i % 251) as u8).collect();
        let expected = &text(&case["hash"])[..64];
        assert_eq!(blake3(&input).to_string(), expected, "{}", case["input_len"]);
        for cut in [0, input.len() / 3, input.len()] {
            let parts = blake3_parts(&[&input[..cut], &input[cut..]]);
            assert_eq!(parts.to_string(), expected, "{} cut at {cut}", case["input_len"]);
        }
        if let [tag, behind @ ..] = &input[..] {
            // Side by side, more than any vector has lanes.
            for hash in Blake3::hash_tagged(*tag, &[behind; 17]) {
                assert_eq!(hash.to_string(), expected, "{} side by side", case["input_len"]);
            }
        }
    }
}

#[test]
fn ed25519_rfc8032() {
    for case in list(&vector("standards/ed25519-rfc8032.json")["cases"]) {
        let id = text(&case["id"]);
        assert_eq!(case["ok"], true);
        let key = SigningKey::from_seed(&hex::decode_array(text(&case["seed"])).unwrap());
        assert_eq!(key.public_key().to_string(), text(&case["pk"]), "{id}");
        let message = bytes(&case["msg"]);
        let signature = key.sign(&message);
        assert_eq!(signature.to_string(), text(&case["sig"]), "{id}");

        let verifying = VerifyingKey::new(&key.public_key()).unwrap();
        assert_eq!(verifying.verify(&message, &signature), Ok(()), "{id}");
        for at in 0..64 {
            let mut changed = *signature.as_bytes();
            changed[at] ^= 1 << (at % 8);
            let changed = Signature::from_bytes(changed);
            assert!(verifying.verify(&message, &changed).is_err(), "{id}: byte {at}");
        }
        let longer = [message.as_slice(), &[0]].concat();
        assert!(verifying.verify(&longer, &signature).is_err(), "{id}");
        if let [head @ .., _] = message.as_slice() {
            assert!(verifying.verify(head, &signature).is_err(), "{id}");
        }
    }
}

#[test]
fn metering_signatures_are_made_again() {
    for case in list(&vector("metering/sign.json")["cases"]) {
        let shard_id = ShardId::parse(text(&case["shardId"])).unwrap();
        let tip = Digest::from_hex(text(&case["tipHash"])).unwrap();
        let key = SigningKey::from_seed(&hex::decode_array(text(&case["privateKey"])).unwrap());
        assert_eq!(key.public_key().to_string(), text(&case["publicKey"]));
        let fingerprint = key.fingerprint();
        assert_eq!(fingerprint.to_string(), text(&case["fingerprint"]));
        let message = signature_message(&shard_id, Seq(number(&case["seq"])), &tip, &fingerprint);
        assert_eq!(message, blake3(&bytes(&case["preimage"])));
        assert_eq!(message.to_string(), text(&case["message"]));
        let signature = key.sign(message.as_bytes());
        assert_eq!(signature.to_string(), text(&case["signature"]));
        let verifying = VerifyingKey::new(&key.public_key()).unwrap();
        let verifies = verifying.verify(message.as_bytes(), &signature).is_ok();
        assert_eq!(verifies, case["verifies"]);
    }
}

/// Where the liberal rules of the original and the strict ones differ, the strict ones win.
#[test]
fn metering_signatures_verify_strictly() {
    let file = vector("metering/signature-verify.json");
    let mut differing = 0;
    for case in list(&file["cases"]) {
        let key = PublicKey::from_hex(text(&case["publicKey"]));
        let signature = Signature::from_hex(text(&case["signature"]));
        let message = bytes(&case["message"]);
        let verdict = key.zip(signature).is_some_and(|(key, signature)| {
            VerifyingKey::new(&key).is_ok_and(|key| key.verify(&message, &signature).is_ok())
        });
        assert_eq!(verdict, case["strict"], "{}", case["name"]);
        differing += usize::from(case["strict"] != case["reference"]);
    }
    assert!(differing > 0);
}

#[test]
fn metering_constants() {
    let file = vector("metering/constants.json");
    let values = &file["values"];
    assert_eq!(limits::GENESIS_HASH.to_string(), text(&values["GENESIS_HASH"]));
    let expected = [
        ("MAX_LOG_FILE_SIZE", limits::MAX_LOG_FILE_SIZE),
        ("DEFAULT_GROUP_COMMIT_SIZE", limits::DEFAULT_GROUP_COMMIT_SIZE.into()),
        ("MIN_SIGNING_CADENCE", limits::MIN_SIGNING_CADENCE.into()),
        ("MAX_SIGNING_CADENCE", limits::MAX_SIGNING_CADENCE.into()),
        ("DEFAULT_SIGNING_CADENCE", limits::DEFAULT_SIGNING_CADENCE.into()),
        ("MAX_PROCESS_KEY_LIFETIME_MS", limits::MAX_PROCESS_KEY_LIFETIME_MS),
        ("MAX_PROCESS_KEY_LIFETIME_US", limits::MAX_PROCESS_KEY_LIFETIME_MS * 1_000),
        ("DEFAULT_MAX_RECORDS", limits::DEFAULT_MAX_RECORDS),
        ("DEFAULT_MAX_AGE_MS", limits::DEFAULT_MAX_AGE_MS),
        ("DEFAULT_DISPUTE_WINDOW_MS", limits::DEFAULT_DISPUTE_WINDOW_MS),
        ("DEFAULT_DISPUTE_RESPONSE_MS", limits::DEFAULT_DISPUTE_RESPONSE_MS),
    ];
    for (name, ours) in expected {
        assert_eq!(ours, number(&values[name]), "{name}");
    }
    for pair in list(&file["functions"]["deriveFingerprint"]) {
        let key = PublicKey::from_hex(text(&pair[0])).unwrap();
        assert_eq!(key.fingerprint().to_string(), text(&pair[1]));
    }
}

/// The original writes empty payloads, which our frames leave out: a zero length is unused space.
#[test]
fn metering_framing() {
    let file = vector("metering/framing.json");
    for case in list(&file["fileNames"]) {
        let segment = SegmentNumber::new(number(&case["n"])).unwrap();
        assert_eq!(segment.file_name(), text(&case["name"]));
    }
    for case in list(&file["cases"]) {
        let max = number(&case["maxFileSize"]);
        let mut files: Vec<Vec<u8>> = vec![Vec::new()];
        let sizes = list(&case["payloadSizes"]);
        for (i, (size, position)) in sizes.iter().zip(list(&case["positions"])).enumerate() {
            let size = usize::try_from(number(size)).unwrap();
            let prefix = length_prefix(size);
            assert_eq!(prefix.is_none(), size == 0);
            let used = files.last().unwrap().len() as u64;
            if !fits_segment(used, 4 + size as u64, max) {
                files.push(Vec::new());
            }
            let count = files.len() as u64;
            let segment = files.last_mut().unwrap();
            let found = [count, segment.len() as u64];
            assert_eq!(found.as_slice(), [number(&position[0]), number(&position[1])]);
            let start = segment.len();
            segment.extend_from_slice(&prefix.unwrap_or_default());
            segment.resize(segment.len() + size, u8::try_from(i + 1).unwrap());
            let step = read_frame(&segment[start..]);
            if size == 0 {
                assert_eq!(step, FrameStep::ZeroLength);
            } else {
                assert_eq!(step, FrameStep::Frame { payload: &segment[start + 4..] });
            }
        }
        let expected = list(&case["files"]);
        assert_eq!(files.len(), expected.len());
        for ((i, file), expected) in files.iter().enumerate().zip(expected) {
            let segment = SegmentNumber::new(i as u64 + 1).unwrap();
            assert_eq!(segment.file_name(), text(&expected["name"]));
            assert_eq!(file.len() as u64, number(&expected["length"]));
            assert_eq!(blake3(file).to_string(), text(&expected["blake3"]));
        }
    }
}
