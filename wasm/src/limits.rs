//! The bounds of the formats, for the package's constants to be held against.

use countersign_core::limits as core;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::object::Builder;

/// The constants of the specification by their names.
#[wasm_bindgen]
pub fn limits() -> JsValue {
    Builder::default()
        .bytes("GENESIS_HASH", core::GENESIS_HASH)
        .with("FORMAT_VERSION", countersign_core::tags::FORMAT_VERSION)
        .with("LENGTH_PREFIX_SIZE", core::LENGTH_PREFIX_SIZE as u64)
        .with("MAX_LOG_FILE_SIZE", core::MAX_LOG_FILE_SIZE)
        .with("DEFAULT_GROUP_COMMIT_SIZE", u64::from(core::DEFAULT_GROUP_COMMIT_SIZE))
        .with("MIN_SIGNING_CADENCE", u64::from(core::MIN_SIGNING_CADENCE))
        .with("DEFAULT_SIGNING_CADENCE", u64::from(core::DEFAULT_SIGNING_CADENCE))
        .with("MAX_SIGNING_CADENCE", u64::from(core::MAX_SIGNING_CADENCE))
        .with("MAX_PROCESS_KEY_LIFETIME_MS", core::MAX_PROCESS_KEY_LIFETIME_MS)
        .with("DEFAULT_MAX_RECORDS", core::DEFAULT_MAX_RECORDS)
        .with("DEFAULT_MAX_AGE_MS", core::DEFAULT_MAX_AGE_MS)
        .with("DEFAULT_DISPUTE_WINDOW_MS", core::DEFAULT_DISPUTE_WINDOW_MS)
        .with("DEFAULT_DISPUTE_RESPONSE_MS", core::DEFAULT_DISPUTE_RESPONSE_MS)
        .with("MIN_AMOUNT", core::MIN_AMOUNT)
        .with("MAX_AMOUNT", core::MAX_AMOUNT)
        .build()
}
