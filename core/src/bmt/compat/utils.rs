//! The reference's `Utils`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{CompatError, ErrorClass};
use crate::hash::{Digest, hex, keccak256_parts};

/// `Utils.keccak256Hash`: of the concatenation of some messages. A string is its UTF-8.
///
/// ```
/// use countersign_core::bmt::compat::keccak256_hash;
///
/// assert_eq!(keccak256_hash(&[b"a", b"bc"]), keccak256_hash(&["abc".as_bytes()]));
/// ```
pub fn keccak256_hash(messages: &[&[u8]]) -> Digest {
    keccak256_parts(messages)
}

/// `Utils.bytesToHex`: lower-case digits, of which there must be `length`.
///
/// # Errors
/// `TypeError` for another number of digits.
pub fn bytes_to_hex(bytes: &[u8], length: usize) -> Result<String, CompatError> {
    let digits = hex::encode(bytes);
    if digits.len() != length {
        let message = format!("the bytes have {} hex digits, not {length}", digits.len());
        return Err(CompatError::new(ErrorClass::TypeError, "hex-length", message));
    }
    Ok(digits)
}

/// `Utils.equalBytes`.
pub fn equal_bytes(a: &[u8], b: &[u8]) -> bool {
    a == b
}

/// `Utils.serializeBytes`: one behind the other.
pub fn serialize_bytes(arrays: &[&[u8]]) -> Vec<u8> {
    arrays.concat()
}

/// `Utils.isFlexBytes`: whether there are `min` to `max` bytes, both included.
pub const fn is_flex_bytes(bytes: &[u8], min: usize, max: usize) -> bool {
    min <= bytes.len() && bytes.len() <= max
}

/// `Utils.assertFlexBytes`.
///
/// # Errors
/// `TypeError` unless there are `min` to `max` bytes.
pub fn assert_flex_bytes(bytes: &[u8], min: usize, max: usize) -> Result<(), CompatError> {
    if is_flex_bytes(bytes, min, max) {
        return Ok(());
    }
    let message = format!("{min} to {max} bytes are wanted, not {}", bytes.len());
    Err(CompatError::new(ErrorClass::TypeError, "bytes-length", message))
}
