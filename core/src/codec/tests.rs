//! The codec against `ciborium`, and every refusal.

use alloc::vec::Vec;

use ciborium::value::{Integer, Value};
use proptest::prelude::*;

use super::*;

fn encoded(write: impl FnOnce(&mut Encoder<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes));
    bytes
}

fn oracle(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn kind<T: core::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind
}

proptest! {
    #[test]
    fn integers_encode_as_ciborium_does_and_come_back(value in -(1_i128 << 64)..(1_i128 << 64)) {
        let bytes = encoded(|e| e.int(value));
        prop_assert_eq!(&bytes, &oracle(&Value::Integer(Integer::try_from(value).unwrap())));
        let mut decoder = Decoder::new(&bytes);
        prop_assert_eq!(decoder.int().unwrap(), value);
        prop_assert!(decoder.finish().is_ok());
    }

    #[test]
    fn bignums_come_back(shift in 0_u32..128, low in any::<u128>()) {
        let value = low >> shift;
        let bytes = encoded(|e| e.bignum(value));
        prop_assert_eq!(Decoder::new(&bytes).bignum().unwrap(), value);
        let read: u128 = ciborium::from_reader(bytes.as_slice()).unwrap();
        prop_assert_eq!(read, value);
    }

    #[test]
    fn strings_encode_as_ciborium_does_and_come_back(text in ".{0,300}", data in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = encoded(|e| { e.array(3); e.text(&text); e.bytes(&data); e.null(); });
        let value = Value::Array(alloc::vec![Value::Text(text.clone()), Value::Bytes(data.clone()), Value::Null]);
        prop_assert_eq!(&bytes, &oracle(&value));
        let mut decoder = Decoder::new(&bytes);
        decoder.array_of(3).unwrap();
        prop_assert_eq!(decoder.text(2_000).unwrap(), text);
        prop_assert_eq!(decoder.bytes(300).unwrap(), data);
        prop_assert!(decoder.null());
        prop_assert!(decoder.finish().is_ok());
    }

    /// What the decoder takes, the encoder writes: no second encoding of any value is accepted.
    #[test]
    fn accepted_bytes_are_the_only_encoding(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        let mut decoder = Decoder::new(&bytes);
        if let Ok(value) = decoder.int() {
            prop_assert_eq!(encoded(|e| e.int(value)), &bytes[..decoder.offset()]);
        }
        let mut decoder = Decoder::new(&bytes);
        if let Ok(value) = decoder.bignum() {
            prop_assert_eq!(encoded(|e| e.bignum(value)), &bytes[..decoder.offset()]);
        }
        let mut decoder = Decoder::new(&bytes);
        if let Ok(value) = decoder.text(64) {
            prop_assert_eq!(encoded(|e| e.text(value)), &bytes[..decoder.offset()]);
        }
        let mut decoder = Decoder::new(&bytes);
        if let Ok(value) = decoder.bytes(64) {
            prop_assert_eq!(encoded(|e| e.bytes(value)), &bytes[..decoder.offset()]);
        }
    }
}

#[test]
fn integers_at_the_edge_of_every_length() {
    let edges = [0, 23, 24, 255, 256, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX];
    let sizes = [1, 1, 2, 2, 3, 3, 5, 5, 9, 9];
    for (value, size) in edges.into_iter().zip(sizes) {
        let bytes = encoded(|e| e.uint(value));
        assert_eq!(bytes.len(), size, "{value}");
        assert_eq!(Decoder::new(&bytes).uint(), Ok(value));
    }
}

#[test]
fn longer_forms_of_integers_and_lengths_are_refused() {
    let cases: [&[u8]; 6] = [
        &[0x18, 23],
        &[0x19, 0, 255],
        &[0x1a, 0, 0, 255, 255],
        &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
        &[0x38, 5],
        &[0x39, 0, 5],
    ];
    for bytes in cases {
        assert_eq!(kind(Decoder::new(bytes).int()), ErrorKind::NotShortest, "{bytes:x?}");
    }
    assert_eq!(kind(Decoder::new(&[0x58, 1, 0]).bytes(9)), ErrorKind::NotShortest);
    assert_eq!(kind(Decoder::new(&[0x78, 1, 0x61]).text(9)), ErrorKind::NotShortest);
    assert_eq!(kind(Decoder::new(&[0x98, 1, 0]).array()), ErrorKind::NotShortest);
}

#[test]
fn bignums_that_fit_64_bits_or_start_with_zero_are_refused() {
    let fits = [0xc2, 0x48, 255, 255, 255, 255, 255, 255, 255, 255];
    assert_eq!(kind(Decoder::new(&fits).bignum()), ErrorKind::NotShortest);
    let padded = [0xc2, 0x49, 0, 255, 255, 255, 255, 255, 255, 255, 255];
    assert_eq!(kind(Decoder::new(&padded).bignum()), ErrorKind::NotShortest);
    let long = [0xc2, 0x51, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(kind(Decoder::new(&long).bignum()), ErrorKind::TooLong { limit: 16, found: 17 });
    let negative = [0xc3, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let refused = ErrorKind::WrongType { expected: Item::Bignum, found: 0xc3 };
    assert_eq!(kind(Decoder::new(&negative).bignum()), refused);
}

#[test]
fn items_outside_the_subset_are_refused() {
    // Maps, floats, booleans, undefined, indefinite lengths, tags and the break byte.
    for initial in [0xa0, 0xf9, 0xfb, 0xf4, 0xf5, 0xf7, 0x5f, 0x7f, 0x9f, 0xbf, 0xc0, 0xd8, 0xff] {
        let bytes = [initial, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut decoder = Decoder::new(&bytes);
        assert!(decoder.clone().uint().is_err(), "{initial:x}");
        assert!(decoder.clone().int().is_err(), "{initial:x}");
        assert!(decoder.clone().bignum().is_err(), "{initial:x}");
        assert!(decoder.clone().bytes(99).is_err(), "{initial:x}");
        assert!(decoder.clone().text(99).is_err(), "{initial:x}");
        assert!(decoder.clone().array().is_err(), "{initial:x}");
        assert!(!decoder.null(), "{initial:x}");
    }
}

#[test]
fn every_truncation_says_what_is_missing() {
    let bytes = encoded(|e| e.bytes(&[7; 300]));
    for length in 0..bytes.len() {
        let error = Decoder::new(&bytes[..length]).bytes(300).unwrap_err();
        let ErrorKind::UnexpectedEnd { missing } = error.kind else { panic!("{error}") };
        assert!(missing >= 1 && missing <= (bytes.len() - length) as u64, "{length}: {error}");
    }
}

#[test]
fn a_declared_length_allocates_nothing() {
    let huge = [0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2];
    let found = u64::MAX;
    assert_eq!(kind(Decoder::new(&huge).bytes(10)), ErrorKind::TooLong { limit: 10, found });
    let missing = u64::MAX - 2;
    assert_eq!(kind(Decoder::new(&huge).bytes(usize::MAX)), ErrorKind::UnexpectedEnd { missing });
}

#[test]
fn trailing_bytes_wrong_lengths_and_bad_utf8_are_refused() {
    let mut decoder = Decoder::new(&[1, 2]);
    decoder.uint().unwrap();
    assert_eq!(
        decoder.finish().unwrap_err(),
        Error { offset: 1, kind: ErrorKind::TrailingBytes { count: 1 } }
    );
    assert_eq!(
        kind(Decoder::new(&[0x41, 0]).bytes_of::<2>()),
        ErrorKind::WrongLength { expected: 2, found: 1 }
    );
    assert_eq!(
        kind(Decoder::new(&[0x81, 0]).array_of(2)),
        ErrorKind::WrongLength { expected: 2, found: 1 }
    );
    assert_eq!(kind(Decoder::new(&[0x62, 0xc3, 0x28]).text(9)), ErrorKind::InvalidUtf8);
    assert_eq!(
        kind(Decoder::new(&[0x62, b'a', b'b']).text(1)),
        ErrorKind::TooLong { limit: 1, found: 2 }
    );
}
