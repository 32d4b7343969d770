//! The room of the chain: records as objects, and the tip after them.

use countersign_core::Seq;
use countersign_core::chain::{MeteringRecord, Operation, Record, next_tip};
use countersign_core::hash::Digest;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bytes;
use crate::error::Refused;
use crate::object::{Builder, Reader};
use crate::record_body;

/// Reads a record, strictly.
#[wasm_bindgen(js_name = decodeRecord)]
pub fn decode_record(bytes: &[u8]) -> Result<JsValue, Refused> {
    let record = Record::decode(bytes)?;
    let object = Builder::default()
        .with("seq", record.seq().0)
        .bytes("prevHash", record.prev_hash())
        .with("ts", record.ts_us());
    Ok(match &record {
        Record::Entry(entry) => {
            let operation = &entry.operation;
            object
                .with("op", operation.op)
                .bytes("memberId", operation.member_id)
                .with("assetId", operation.asset_id)
                .with("amount", operation.amount)
                .with("opId", operation.op_id)
                .bytes("contextHash", operation.context_hash)
        }
        Record::Control(control) => object
            .with("kind", control.body.kind())
            .with("body", record_body::to_object(&control.body)),
    }
    .build())
}

/// The bytes of a record; what [`decode_record`] would refuse is refused here too.
#[wasm_bindgen(js_name = encodeRecord)]
pub fn encode_record(record: &JsValue) -> Result<Vec<u8>, Refused> {
    let reader = Reader::new(record, "record")?;
    let seq = Seq(reader.uint("seq")?);
    let prev_hash = Digest::from_bytes(reader.bytes("prevHash")?);
    let ts_us = reader.uint("ts")?;
    let mut bytes = Vec::new();
    if reader.any("kind")?.is_undefined() {
        let operation = Operation {
            op: &reader.text("op")?,
            member_id: &reader.bytes("memberId")?,
            asset_id: &reader.text("assetId")?,
            amount: reader.int("amount")?,
            op_id: &reader.text("opId")?,
            context_hash: &reader.bytes("contextHash")?,
        };
        operation.check()?;
        MeteringRecord { seq, prev_hash, ts_us, operation }.encode(&mut bytes);
    } else {
        record_body::encode(seq, prev_hash, ts_us, &reader, &mut bytes)?;
    }
    // The writer refuses what the reader refuses.
    Record::decode(&bytes)?;
    Ok(bytes)
}

/// The chain tip after a record, given its bytes and the tip before it.
#[wasm_bindgen(js_name = chainTip)]
pub fn chain_tip(record: &[u8], previous_tip: &[u8]) -> Result<Vec<u8>, Refused> {
    let previous = bytes::digest("previousTip", previous_tip)?;
    Ok(next_tip(record, &previous).as_bytes().to_vec())
}
