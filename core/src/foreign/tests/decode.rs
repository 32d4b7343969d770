//! The decoders against the slow encoder, and against changed bytes.

use alloc::string::ToString;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::{Fields, Log, encode, frame, process};
use crate::Seq;
use crate::codec::ErrorKind;
use crate::foreign::{
    BatchIndex, Error, ForeignRecord, ForeignSettlement, ForeignState, Sidecar, SidecarEnd,
    read_key_actions,
};

fn fields() -> impl Strategy<Value = Fields> {
    let amounts = prop_oneof![
        any::<i64>().prop_map(i128::from),
        any::<i128>(),
        prop::sample::select(alloc::vec![
            0,
            -1,
            (1 << 64) - 1,
            1 << 64,
            -(1 << 64) + 1,
            -(1 << 64),
            -(1 << 64) - 1,
        ]),
    ];
    let numbers = (any::<u64>(), any::<u64>(), amounts);
    let texts = (".{0,40}", ".{0,40}", ".{0,300}");
    let bytes = (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<[u8; 32]>(), any::<[bool; 3]>());
    (numbers, texts, bytes).prop_map(|((seq, ts_us, amount), texts, bytes)| Fields {
        seq,
        prev_hash: bytes.0,
        ts_us,
        op: texts.0,
        member_id: bytes.1,
        asset_id: texts.1,
        amount,
        op_id: texts.2,
        context_hash: bytes.2,
        tagged: bytes.3,
    })
}

/// The fields of a decoded record; which strings were tagged is told by the bytes' length only.
fn back(record: &ForeignRecord<'_>, tagged: [bool; 3]) -> Option<Fields> {
    Some(Fields {
        seq: record.seq.0,
        prev_hash: *record.prev_hash.as_bytes(),
        ts_us: record.ts_us,
        op: record.op.into(),
        member_id: *record.member_id,
        asset_id: record.asset_id.into(),
        amount: record.amount.to_i128()?,
        op_id: record.op_id.into(),
        context_hash: *record.context_hash,
        tagged,
    })
}

fn spellings(record: &ForeignRecord<'_>) -> Vec<Vec<u8>> {
    let forms = (0..8_u8).map(|bits| [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0]);
    forms.filter_map(|tagged| back(record, tagged)).map(|fields| encode(&fields)).collect()
}

proptest! {
    #[test]
    fn what_the_encoder_writes_is_read_back(fields in fields()) {
        let bytes = encode(&fields);
        let record = ForeignRecord::decode(&bytes).unwrap();
        prop_assert_eq!(encode(&back(&record, fields.tagged).unwrap()), bytes);
    }

    /// Whatever decodes is one of the eight spellings of its fields: nothing in it is ignored.
    #[test]
    fn changed_bytes_decode_only_as_what_the_encoder_writes(
        fields in fields(),
        at in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let mut bytes = encode(&fields);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(record) = ForeignRecord::decode(&bytes) && record.amount.to_i128().is_some() {
            prop_assert!(spellings(&record).contains(&bytes));
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = ForeignRecord::decode(&bytes);
        let _ = BatchIndex::decode(&bytes);
        let _ = Sidecar::read(&bytes);
        let _ = ForeignSettlement::read(&bytes);
        let _ = ForeignState::read(&bytes);
        let _ = read_key_actions(&bytes);
    }
}

#[test]
fn an_error_names_field_and_byte() {
    let key = process(2);
    let bytes = Log::new(&key, 1).records.remove(0);
    let mut narrow = bytes.clone();
    narrow[1] = 0x1a;
    let error = ForeignRecord::decode(&narrow).unwrap_err();
    assert_eq!(error, Error::IntegerWidth { field: "seq", offset: 1, found: 0x1a });
    let mut short = bytes.clone();
    short.pop();
    let Err(Error::Cbor { field: "contextHash", error }) = ForeignRecord::decode(&short) else {
        panic!("accepted");
    };
    assert_eq!(
        (error.offset, error.kind),
        (bytes.len() - 32, ErrorKind::UnexpectedEnd { missing: 1 })
    );
    let mut long = bytes;
    long.push(0);
    let message = ForeignRecord::decode(&long).unwrap_err().to_string();
    assert!(message.starts_with("record: 1 bytes follow the last item"), "{message}");
}

#[test]
fn an_index_is_not_believed_about_its_size() {
    let mut bytes = alloc::vec![0x84];
    for value in [0_u64, 9] {
        bytes.push(0x1b);
        bytes.extend_from_slice(&value.to_be_bytes());
    }
    bytes.push(0x9b);
    bytes.extend_from_slice(&u64::MAX.to_be_bytes());
    assert_eq!(
        BatchIndex::decode(&bytes),
        Err(Error::WrongCount { field: "leaves", expected: u64::MAX, found: 0 })
    );
}

#[test]
fn every_cut_of_a_sidecar_is_torn_and_every_length_change_is_not() {
    let key = process(2);
    let mut log = Log::new(&key, 3);
    log.sign(&key);
    let one = frame(&log.signature(&key));
    assert_eq!(log.sidecar, one);
    log.sign(&key);
    for length in 1..154 {
        let cut = Sidecar::read(&log.sidecar[..154 + length]);
        assert_eq!(cut.entries.len(), 1, "{length}");
        assert_eq!(cut.end, SidecarEnd::Torn { offset: 154, size: length as u64 });
        let mut more = log.sidecar[..154 + length].to_vec();
        more.extend_from_slice(&one);
        let spoiled = Sidecar::read(&more);
        assert!(matches!(spoiled.end, SidecarEnd::Broken { .. }), "{length}: {:?}", spoiled.end);
    }
    let whole = Sidecar::read(&log.sidecar);
    assert_eq!((whole.entries.len(), whole.end), (2, SidecarEnd::Whole));
    assert_eq!(whole.entries[1].1.seq, Seq(2));
    for at in 154..158 {
        let mut changed = log.sidecar.clone();
        changed[at] ^= 1;
        assert!(matches!(Sidecar::read(&changed).end, SidecarEnd::Broken { offset: 154, .. }));
    }
}
