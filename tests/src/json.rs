//! Reading vectors: a field that is missing or of another type fails the test and says so.

use countersign_core::hash::hex;
use serde_json::Value;

/// A list that is not empty.
pub fn list(value: &Value) -> &[Value] {
    let items = value.as_array().unwrap_or_else(|| panic!("{value} should be a list"));
    assert!(!items.is_empty());
    items
}

/// A text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} should be text"))
}

/// Bytes in hex.
pub fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap_or_else(|| panic!("{value} should be hex"))
}

/// A number; it stands as decimal text where it can exceed 2^53.
pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| text(value).parse().unwrap())
}
