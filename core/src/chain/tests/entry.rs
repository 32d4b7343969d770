//! Entries: every field at, below and above its limits, and every deviation in CBOR.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::limits::{MAX_AMOUNT, MAX_ENTRY_SIZE, MIN_AMOUNT};

const MEMBER: [u8; 32] = [3; 32];

fn encoded(operation: &Operation<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.array(9);
    encoder.uint(u64::MAX);
    encoder.bytes(&[9; 32]);
    encoder.uint(u64::MAX);
    encoder.text(operation.op);
    encoder.bytes(operation.member_id);
    encoder.text(operation.asset_id);
    encoder.int(operation.amount);
    encoder.text(operation.op_id);
    encoder.bytes(operation.context_hash);
    bytes
}

/// Whether the operation is taken; the writer's check and the decoder must agree.
fn is_taken(operation: &Operation<'_>) -> bool {
    let bytes = encoded(operation);
    let decoded = MeteringRecord::decode(&bytes);
    assert_eq!(operation.check().is_ok(), decoded.is_ok(), "{operation:?}: {decoded:?}");
    if let Ok(record) = decoded {
        assert_eq!(record.operation, *operation);
        let mut again = Vec::new();
        record.encode(&mut again);
        assert_eq!(again, bytes);
        assert!(bytes.len() <= MAX_ENTRY_SIZE);
    }
    decoded.is_ok()
}

fn times(text: &str, count: usize) -> String {
    text.repeat(count)
}

#[test]
fn op_is_1_to_64_lower_case_characters() {
    let take = |op: &str| is_taken(&Operation { op, ..operation("x") });
    for good in ["a", "0", "joule.charge", "t0.tokens_out-1", "a.", "9-", "a__..--"] {
        assert!(take(good), "{good}");
    }
    assert!(take(&times("a", 64)));
    assert!(!take(&times("a", 65)));
    for bad in ["", ".a", "-a", "_a", "A", "aB", "a b", "a/b", "a\0", "é", "aé", "a\u{7f}", "a:b"]
    {
        assert!(!take(bad), "{bad}");
    }
    // Every character in both positions, against the rule as the format page spells it.
    for byte in 0..=0x7f_u8 {
        let c = char::from(byte);
        let starts = c.is_ascii_lowercase() || c.is_ascii_digit();
        assert_eq!(take(&String::from(c)), starts, "{c:?}");
        let goes_on = starts || ['.', '_', '-'].contains(&c);
        assert_eq!(take(&String::from_iter(['a', c])), goes_on, "{c:?}");
    }
}

#[test]
fn asset_id_is_1_to_64_bytes_without_controls_quotes_or_backslashes() {
    let take = |asset_id: &str| is_taken(&Operation { asset_id, ..operation("x") });
    for good in ["j", "compute-hour", "Ω", " ", "a b", "日本", "'", "/"] {
        assert!(take(good), "{good}");
    }
    assert!(take(&times("a", 64)) && !take(&times("a", 65)));
    // Bytes count, not characters.
    assert!(take(&times("Ω", 32)) && !take(&times("Ω", 33)));
    assert!(!take(""));
    for code in (0..=0xff).chain([0x2028, 0xfffd, 0x1_f600]) {
        let c = char::from_u32(code).unwrap();
        let is_good = !c.is_control() && c != '"' && c != '\\';
        assert_eq!(take(&String::from_iter(['a', c])), is_good, "{c:?}");
    }
}

#[test]
fn op_id_is_1_to_128_bytes_of_anything() {
    let take = |op_id: &str| is_taken(&operation(op_id));
    assert!(take("x") && take("\"\\\0\u{85}") && take("op-0-é"));
    assert!(take(&times("a", 128)) && !take(&times("a", 129)));
    assert!(take(&times("é", 64)) && !take(&times("é", 65)));
    assert!(!take(""));
}

#[test]
fn amounts_fill_exactly_what_a_cbor_integer_holds() {
    for amount in [MIN_AMOUNT, MIN_AMOUNT + 1, -1, 0, 1, MAX_AMOUNT - 1, MAX_AMOUNT] {
        assert!(is_taken(&Operation { amount, ..operation("x") }), "{amount}");
    }
    for amount in [MIN_AMOUNT - 1, MAX_AMOUNT + 1, i128::MIN, i128::MAX] {
        let error = Operation { amount, ..operation("x") }.check().unwrap_err();
        assert_eq!((error.field(), error.code()), (Some("amount"), "invalid-field"));
    }
    // What lies beyond would be a bignum, which an amount never is.
    for (tag, digits) in [(0xc2, [1, 0, 0, 0, 0, 0, 0, 0, 0]), (0xc3, [1, 0, 0, 0, 0, 0, 0, 0, 0])]
    {
        let amount = encoded(&Operation { amount: 23, ..operation("x") });
        let at = amount.len() - 34 - 2 - 1;
        assert_eq!(amount[at], 23);
        let beyond = [&amount[..at], &[tag, 0x49], &digits, &amount[at + 1..]].concat();
        let error = MeteringRecord::decode(&beyond).unwrap_err();
        assert_eq!((error.field(), error.code()), (Some("amount"), "cbor-wrong-type"));
    }
}

#[test]
fn the_largest_entry_is_as_large_as_the_limit_says() {
    let (long, op_id) = (times("a", 64), times("a", 128));
    let largest = Operation { op: &long, asset_id: &long, amount: MIN_AMOUNT, ..operation(&op_id) };
    assert_eq!(encoded(&largest).len(), MAX_ENTRY_SIZE);
    assert!(is_taken(&largest));
}

/// One deviation for each field: wrong type, wrong length, longer form, null, indefinite length.
#[test]
fn every_deviation_names_its_field() {
    let good = operation("op");
    let fields: [(&str, Value); 9] = [
        ("seq", int(i128::from(u64::MAX))),
        ("prevHash", blob(&[9; 32])),
        ("ts", int(i128::from(u64::MAX))),
        ("op", string(good.op)),
        ("memberId", blob(good.member_id)),
        ("assetId", string(good.asset_id)),
        ("amount", int(good.amount)),
        ("opId", string(good.op_id)),
        ("contextHash", blob(good.context_hash)),
    ];
    let items: Vec<Vec<u8>> = fields.iter().map(|(_, value)| generic(value)).collect();
    assert_eq!([&[0x89], items.concat().as_slice()].concat(), encoded(&good));
    let refuse = |field: usize, item: &[u8]| {
        let mut items = items.clone();
        items[field] = item.to_vec();
        let bytes = [&[0x89], items.concat().as_slice()].concat();
        let error = Record::decode(&bytes).unwrap_err();
        assert_eq!(error.field(), Some(fields[field].0), "{item:x?}: {error}");
    };
    for (i, (_, value)) in fields.iter().enumerate() {
        // Null, true, a float, a map, a tag, an array and the start of an indefinite length.
        for item in [&[0xf6][..], &[0xf5], &[0xf9, 0, 0], &[0xa0], &[0xc1, 0], &[0x80], &[0x5f]] {
            refuse(i, item);
        }
        match value {
            Value::Integer(_) => {
                refuse(i, &[0x18, 5]);
                refuse(i, &[0x1b, 0, 0, 0, 0, 0, 0, 0, 5]);
                refuse(i, &generic(&string("5")));
                if fields[i].0 != "amount" {
                    refuse(i, &[0x20]);
                }
            }
            Value::Bytes(_) => {
                refuse(i, &generic(&blob(&[9; 31])));
                refuse(i, &generic(&blob(&[9; 33])));
                refuse(i, &[&[0x59, 0, 32], &[9; 32][..]].concat());
                refuse(i, &generic(&string(&times("a", 32))));
            }
            _ => {
                refuse(i, &generic(&blob(b"earn")));
                refuse(i, &[0x78, 2, b'o', b'p']);
                refuse(i, &[0x62, 0xc3, 0x28]);
                refuse(i, &[0x7f, 0x61, b'a', 0xff]);
                refuse(i, &[0x60]);
                refuse(i, &generic(&string(&times("a", 129))));
            }
        }
    }
    // Ten fields, eight fields, an array head in its longer form, no array.
    let body = items.concat();
    for head in [&[0x8a][..], &[0x88], &[0x98, 9], &[0x9f], &[0xa9], &[0x00], &[]] {
        assert!(Record::decode(&[head, &body].concat()).is_err(), "{head:x?}");
    }
}

prop_compose! {
    fn any_entry()(
        (seq, prev, ts_us) in any::<(u64, [u8; 32], u64)>(),
        (op, asset_id, op_id) in ("[a-z0-9][a-z0-9._-]{0,63}", "[ !#-\\[\\]-~Ωé]{1,32}", ".{1,32}"),
        (member_id, context_hash) in any::<([u8; 32], [u8; 32])>(),
        (shift, amount) in (0_u32..65, MIN_AMOUNT..=MAX_AMOUNT),
    ) -> (u64, [u8; 32], u64, String, [u8; 32], String, i128, String, [u8; 32]) {
        (seq, prev, ts_us, op, member_id, asset_id, amount >> shift, op_id, context_hash)
    }
}

proptest! {
    #[test]
    fn entries_encode_as_the_generic_crate_does_and_come_back(
        (seq, prev, ts_us, op, member_id, asset_id, amount, op_id, context_hash) in any_entry(),
    ) {
        let operation = Operation {
            op: &op, member_id: &member_id, asset_id: &asset_id, amount, op_id: &op_id,
            context_hash: &context_hash,
        };
        let record = MeteringRecord {
            seq: Seq(seq), prev_hash: Digest::from_bytes(prev), ts_us, operation,
        };
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        let oracle = Value::Array(vec![
            int(seq.into()), blob(&prev), int(ts_us.into()), string(&op), blob(&member_id),
            string(&asset_id), int(amount), string(&op_id), blob(&context_hash),
        ]);
        prop_assert_eq!(&bytes, &generic(&oracle));
        prop_assert_eq!(Record::decode(&bytes).unwrap(), Record::Entry(record));
        prop_assert_eq!(peek_link(&bytes).unwrap(), (Seq(seq), Digest::from_bytes(prev)));
        prop_assert!(Record::may_start_with(bytes[0]));
        check_every_bit(&bytes);
    }

    #[test]
    fn writer_and_decoder_draw_the_same_line(
        op in "[a-z0-9._A-Zé \\PC-]{0,70}", asset_id in "\\PC{0,70}|[\\x00-\\x7f]{0,4}",
        op_id in "\\PC{0,140}", amount in MIN_AMOUNT..=MAX_AMOUNT,
    ) {
        let context_hash = &[0; 32];
        is_taken(&Operation {
            op: &op, member_id: &MEMBER, asset_id: &asset_id, amount, op_id: &op_id, context_hash,
        });
    }

    #[test]
    fn random_bytes_are_refused_or_in_their_only_encoding(
        bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0_usize..3, at in any::<u16>(),
    ) {
        // Alone, behind the head of a record, and over a good record from some place on.
        let mut good = encoded(&operation("op"));
        let at = usize::from(at) % good.len();
        let bytes = match head {
            0 => bytes,
            1 => [&good[..at], &bytes].concat(),
            _ => {
                good.iter_mut().skip(at).zip(bytes.iter().take(4)).for_each(|(old, new)| *old = *new);
                good
            }
        };
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert_eq!(encode_again(&record), bytes);
        }
    }
}
