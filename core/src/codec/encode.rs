//! The encoder: shortest forms only, so that every value has one encoding.

use alloc::vec::Vec;

use super::major;

/// Bytes that an unsigned integer takes: 1, 2, 3, 5 or 9.
///
/// ```
/// use countersign_core::codec::uint_size;
///
/// assert_eq!([23, 24, 256, 65_536, 1 << 32].map(uint_size), [1, 2, 3, 5, 9]);
/// ```
pub const fn uint_size(value: u64) -> usize {
    match value {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    }
}

/// Appends items to a byte vector.
///
/// It writes what it is told: an array head promises that many items, and the caller keeps the
/// promise. Nothing here can fail, and with enough capacity nothing allocates.
#[derive(Debug)]
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    /// An encoder that appends to `out`.
    pub const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    #[inline]
    fn head(&mut self, major: u8, value: u64) {
        let kind = major << 5;
        match value {
            0..24 => self.out.push(kind | value.to_le_bytes()[0]),
            24..0x100 => self.out.extend_from_slice(&[kind | 24, value.to_le_bytes()[0]]),
            0x100..0x1_0000 => {
                let [.., a, b] = value.to_be_bytes();
                self.out.extend_from_slice(&[kind | 25, a, b]);
            }
            0x1_0000..0x1_0000_0000 => {
                let [.., a, b, c, d] = value.to_be_bytes();
                self.out.extend_from_slice(&[kind | 26, a, b, c, d]);
            }
            _ => {
                let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
                self.out.extend_from_slice(&[kind | 27, a, b, c, d, e, f, g, h]);
            }
        }
    }

    /// The head of an array of `length` items.
    #[inline]
    pub fn array(&mut self, length: u64) {
        self.head(major::ARRAY, length);
    }

    /// An unsigned integer.
    #[inline]
    pub fn uint(&mut self, value: u64) {
        self.head(major::UINT, value);
    }

    /// An integer from -(2^64) to 2^64-1; anything beyond is clamped to that range, which
    /// callers rule out before (`Amount` cannot hold it).
    #[inline]
    pub fn int(&mut self, value: i128) {
        if value < 0 {
            let magnitude = u64::try_from(-1 - value.max(i128::MIN + 1)).unwrap_or(u64::MAX);
            self.head(major::NEGATIVE, magnitude);
        } else {
            self.head(major::UINT, u64::try_from(value).unwrap_or(u64::MAX));
        }
    }

    /// An unsigned integer up to 2^128-1, as tag 2 only where it exceeds 2^64-1.
    pub fn bignum(&mut self, value: u128) {
        if let Ok(small) = u64::try_from(value) {
            self.uint(small);
            return;
        }
        let bytes = value.to_be_bytes();
        let leading = bytes.iter().take_while(|byte| **byte == 0).count();
        self.out.push(major::BIGNUM);
        self.bytes(bytes.get(leading..).unwrap_or_default());
    }

    /// A byte string.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        self.head(major::BYTES, value.len() as u64);
        self.out.extend_from_slice(value);
    }

    /// A text string.
    #[inline]
    pub fn text(&mut self, value: &str) {
        self.head(major::TEXT, value.len() as u64);
        self.out.extend_from_slice(value.as_bytes());
    }

    /// `null`.
    pub fn null(&mut self) {
        self.out.push(major::NULL);
    }

    /// Items that are encoded already.
    pub fn raw(&mut self, items: &[u8]) {
        self.out.extend_from_slice(items);
    }
}
