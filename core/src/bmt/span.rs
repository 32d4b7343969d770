//! Spans: how many bytes of a file lie below a chunk, little-endian in front of its root.

use alloc::vec;
use alloc::vec::Vec;

use super::error::SpanError;
use crate::limits::{MAX_BMT_FILE_SIZE, MAX_BMT_SPAN_SIZE};

/// Whether `value` fits `size` bytes.
pub(super) const fn fits(value: u64, size: usize) -> bool {
    size >= size_of::<u64>() || value >> (8 * size) == 0
}

/// A span of `size` bytes.
///
/// Values from 2^63 up are reserved: the last bit of eight bytes marks redundancy (section 10.2).
///
/// ```
/// use countersign_core::bmt::{decode_span, encode_span};
///
/// let span = encode_span(4_096, 8)?;
/// assert_eq!(span, [0, 16, 0, 0, 0, 0, 0, 0]);
/// assert_eq!(decode_span(&span)?, 4_096);
/// assert_eq!(encode_span(256, 1).unwrap_err().code(), "span-does-not-fit");
/// # Ok::<(), countersign_core::bmt::SpanError>(())
/// ```
///
/// # Errors
/// [`SpanError::Reserved`] from 2^63 up, [`SpanError::Fit`] where `size` bytes are too few, and
/// [`SpanError::Size`] for no bytes at all or more than [`MAX_BMT_SPAN_SIZE`].
pub fn encode_span(value: u64, size: usize) -> Result<Vec<u8>, SpanError> {
    if value > MAX_BMT_FILE_SIZE {
        return Err(SpanError::Reserved { value });
    }
    if size == 0 || size > MAX_BMT_SPAN_SIZE {
        return Err(SpanError::Size { found: size });
    }
    if !fits(value, size) {
        return Err(SpanError::Fit { value, size });
    }
    Ok(raw(value, size))
}

/// The number that a span of any length stands for, marks and all: every byte counts.
///
/// # Errors
/// [`SpanError::Size`] for no bytes at all, [`SpanError::Wide`] where 64 bits are too few.
pub fn decode_span(span: &[u8]) -> Result<u64, SpanError> {
    let (low, high) = span.split_at_checked(size_of::<u64>()).unwrap_or((span, &[]));
    if low.is_empty() {
        return Err(SpanError::Size { found: 0 });
    }
    if high.iter().any(|byte| *byte != 0) {
        return Err(SpanError::Wide { size: span.len() });
    }
    Ok(low.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// The low `size` bytes of a value, marks and all; the caller knows that it fits.
pub(super) fn raw(value: u64, size: usize) -> Vec<u8> {
    let mut span = vec![0; size];
    span.iter_mut().zip(value.to_le_bytes()).for_each(|(to, from)| *to = from);
    span
}
