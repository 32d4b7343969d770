//! The strict decoder: borrows, never allocates, and accepts one encoding per value.

use super::error::{Error, ErrorKind, Item};
use super::major;

/// Reads items one after the other from a byte slice.
///
/// Every length is checked against the bytes at hand before it is used. After an error the
/// position is unspecified; drop the decoder.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    rest: &'a [u8],
    /// Length of the whole input, to tell offsets.
    length: usize,
}

impl<'a> Decoder<'a> {
    /// A decoder over the whole of `input`.
    pub const fn new(input: &'a [u8]) -> Self {
        Self { rest: input, length: input.len() }
    }

    /// Bytes read so far.
    #[inline]
    pub const fn offset(&self) -> usize {
        self.length.wrapping_sub(self.rest.len())
    }

    /// The bytes not read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    pub const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Initial byte of the next item.
    #[inline]
    pub const fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Ends the decoding; an error if bytes are left.
    #[inline]
    pub const fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            let count = self.rest.len() as u64;
            Err(Error { offset: self.offset(), kind: ErrorKind::TrailingBytes { count } })
        }
    }

    #[cold]
    const fn error<T>(&self, kind: ErrorKind) -> Result<T, Error> {
        Err(Error { offset: self.offset(), kind })
    }

    #[cold]
    fn wrong_type<T>(&self, expected: Item) -> Result<T, Error> {
        match self.rest.first() {
            Some(&found) => self.error(ErrorKind::WrongType { expected, found }),
            None => self.error(ErrorKind::UnexpectedEnd { missing: 1 }),
        }
    }

    /// The argument of a head of major type `major`, in its shortest form.
    #[inline]
    fn head(&mut self, major: u8, expected: Item) -> Result<u64, Error> {
        let Some((&initial, rest)) = self.rest.split_first() else {
            return self.wrong_type(expected);
        };
        let info = initial.wrapping_sub(major << 5);
        if info < 24 {
            self.rest = rest;
            return Ok(u64::from(info));
        }
        self.long_head(info, expected)
    }

    #[inline]
    fn long_head(&mut self, info: u8, expected: Item) -> Result<u64, Error> {
        let rest = self.rest.get(1..).unwrap_or_default();
        let (value, least, rest) = match info {
            24 => match rest.split_first_chunk() {
                Some((&[a], rest)) => (u64::from(a), 24, rest),
                None => return self.short_of(1),
            },
            25 => match rest.split_first_chunk() {
                Some((bytes, rest)) => (u64::from(u16::from_be_bytes(*bytes)), 1 << 8, rest),
                None => return self.short_of(2),
            },
            26 => match rest.split_first_chunk() {
                Some((bytes, rest)) => (u64::from(u32::from_be_bytes(*bytes)), 1 << 16, rest),
                None => return self.short_of(4),
            },
            27 => match rest.split_first_chunk() {
                Some((bytes, rest)) => (u64::from_be_bytes(*bytes), 1 << 32, rest),
                None => return self.short_of(8),
            },
            // Reserved, indefinite, or another major type altogether.
            _ => return self.wrong_type(expected),
        };
        if value < least {
            return self.error(ErrorKind::NotShortest);
        }
        self.rest = rest;
        Ok(value)
    }

    #[cold]
    const fn short_of<T>(&self, argument: u64) -> Result<T, Error> {
        let missing = (1 + argument).saturating_sub(self.rest.len() as u64);
        self.error(ErrorKind::UnexpectedEnd { missing })
    }

    /// Takes `length` bytes that a head has promised.
    #[inline]
    fn take(&mut self, length: u64) -> Result<&'a [u8], Error> {
        let taken = usize::try_from(length).ok().and_then(|n| self.rest.split_at_checked(n));
        let Some((taken, rest)) = taken else {
            let missing = length.saturating_sub(self.rest.len() as u64);
            return self.error(ErrorKind::UnexpectedEnd { missing });
        };
        self.rest = rest;
        Ok(taken)
    }

    /// The head of an array; the number of items that follow.
    #[inline]
    pub fn array(&mut self) -> Result<u64, Error> {
        self.head(major::ARRAY, Item::Array)
    }

    /// The head of an array of exactly `length` items.
    #[inline]
    pub fn array_of(&mut self, length: u64) -> Result<(), Error> {
        let start = self.offset();
        let found = self.array()?;
        if found == length {
            return Ok(());
        }
        let kind = ErrorKind::WrongLength { expected: length, found };
        Err(Error { offset: start, kind })
    }

    /// An unsigned integer.
    #[inline]
    pub fn uint(&mut self) -> Result<u64, Error> {
        self.head(major::UINT, Item::Uint)
    }

    /// An integer from -(2^64) to 2^64-1.
    #[inline]
    pub fn int(&mut self) -> Result<i128, Error> {
        if self.peek().is_some_and(|initial| initial >> 5 == major::NEGATIVE) {
            let magnitude = self.head(major::NEGATIVE, Item::Int)?;
            return Ok(-1 - i128::from(magnitude));
        }
        self.head(major::UINT, Item::Int).map(i128::from)
    }

    /// An unsigned integer up to 2^128-1; tag 2 only where it exceeds 2^64-1.
    pub fn bignum(&mut self) -> Result<u128, Error> {
        if self.peek() != Some(major::BIGNUM) {
            if self.peek().is_some_and(|initial| initial >> 5 == major::TAG) {
                return self.wrong_type(Item::Bignum);
            }
            return self.head(major::UINT, Item::Bignum).map(u128::from);
        }
        let start = self.offset();
        self.rest = self.rest.get(1..).unwrap_or_default();
        let digits = self.bytes(16)?;
        if digits.len() <= 8 || digits.first() == Some(&0) {
            return Err(Error { offset: start, kind: ErrorKind::NotShortest });
        }
        Ok(digits.iter().fold(0_u128, |value, digit| value << 8 | u128::from(*digit)))
    }

    /// A byte string of at most `limit` bytes.
    pub fn bytes(&mut self, limit: usize) -> Result<&'a [u8], Error> {
        let start = self.offset();
        let length = self.head(major::BYTES, Item::Bytes)?;
        if length > limit as u64 {
            let kind = ErrorKind::TooLong { limit: limit as u64, found: length };
            return Err(Error { offset: start, kind });
        }
        self.take(length)
    }

    /// A byte string of exactly `N` bytes.
    #[inline]
    pub fn bytes_of<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let start = self.offset();
        let length = self.head(major::BYTES, Item::Bytes)?;
        if length != N as u64 {
            let kind = ErrorKind::WrongLength { expected: N as u64, found: length };
            return Err(Error { offset: start, kind });
        }
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            let missing = length.saturating_sub(self.rest.len() as u64);
            return self.error(ErrorKind::UnexpectedEnd { missing });
        };
        self.rest = rest;
        Ok(bytes)
    }

    /// A text string of at most `limit` bytes of UTF-8.
    #[inline]
    pub fn text(&mut self, limit: usize) -> Result<&'a str, Error> {
        let start = self.offset();
        let length = self.head(major::TEXT, Item::Text)?;
        if length > limit as u64 {
            let kind = ErrorKind::TooLong { limit: limit as u64, found: length };
            return Err(Error { offset: start, kind });
        }
        let bytes = self.take(length)?;
        core::str::from_utf8(bytes)
            .map_err(|_| Error { offset: start, kind: ErrorKind::InvalidUtf8 })
    }

    /// Whether the next item is `null`; takes it if so.
    pub fn null(&mut self) -> bool {
        let is_null = self.peek() == Some(major::NULL);
        if is_null {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        is_null
    }
}
