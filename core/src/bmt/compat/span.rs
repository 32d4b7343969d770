//! Spans as the reference makes and reads them.

use alloc::format;
use alloc::vec::Vec;

use super::{CompatError, ErrorClass};
use crate::bmt::span::raw;
use crate::limits::MAX_BMT_SPAN_SIZE;

/// `makeSpan`: a number up to 2^32 - 1 in `length` bytes, little-endian; 0 means 8.
///
/// A fraction is cut down, no number at all is 0. [`encode_span`](crate::bmt::encode_span) takes
/// all 63 bits.
///
/// # Errors
/// `Error` for a negative number or one above 2^32 - 1, `RangeError` for 1 to 3 bytes, and for more
/// than [`MAX_BMT_SPAN_SIZE`], which the reference would allocate.
pub fn make_span(value: f64, length: usize) -> Result<Vec<u8>, CompatError> {
    let length = if length == 0 { 8 } else { length };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    if value < 0.0 || value > f64::from(u32::MAX) {
        // Written as an integer: writing fractions is most of the code of a small module.
        let (shown, sign) = (value.abs() as u64, if value < 0.0 { "-" } else { "" });
        let message =
            format!("invalid length for span value {sign}{shown}: it is 0 to {}", u32::MAX);
        return Err(CompatError::new(ErrorClass::Error, "span-value", message));
    }
    if !(4..=MAX_BMT_SPAN_SIZE).contains(&length) {
        let message = format!("a span has 4 to {MAX_BMT_SPAN_SIZE} bytes, not {length}");
        return Err(CompatError::new(ErrorClass::RangeError, "span-size", message));
    }
    // Checked above; what is no number becomes 0, as in the reference.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let value = value as u32;
    Ok(raw(u64::from(value), length))
}

/// `getSpanValue`: the low four bytes, whatever comes behind.
///
/// [`decode_span`](crate::bmt::decode_span) reads all of them.
///
/// # Errors
/// `RangeError` for fewer than four bytes.
pub fn get_span_value(span: &[u8]) -> Result<u32, CompatError> {
    span.first_chunk().map(|low| u32::from_le_bytes(*low)).ok_or_else(|| {
        let message = format!("a span has at least 4 bytes, not {}", span.len());
        CompatError::new(ErrorClass::RangeError, "span-size", message)
    })
}
