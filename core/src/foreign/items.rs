//! Items of CBOR in the one form that the library writes them, `spec/metering-reference.md`
//! section 1.

use alloc::vec::Vec;

use super::amount::ForeignAmount;
use super::error::{Error, InField};
use crate::codec::{self, Decoder, Encoder, ErrorKind, Item};

/// Initial bytes of an integer with an argument of eight bytes.
const UINT_64: u8 = 0x1b;
const NEGATIVE_64: u8 = 0x3b;
/// Tags 2 and 3: bignums.
const POSITIVE_BIGNUM: u8 = 0xc2;
const NEGATIVE_BIGNUM: u8 = 0xc3;
/// Tag 64, RFC 8746: a typed array of bytes.
pub(super) const TYPED_BYTES: [u8; 2] = [0xd8, 0x40];
/// Digits of a bignum that still fits 128 bits.
const MAX_BIGNUM_SIZE: usize = 16;

/// Reads items one after the other. Borrows; allocates nothing.
#[derive(Clone, Debug)]
pub(super) struct Items<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Items<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// The bytes not read yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
        self.at = self.at.saturating_add(count);
    }

    /// Reads with the strict decoder: heads of arrays, texts and byte strings are shortest in both
    /// formats.
    fn with<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Decoder<'a>) -> Result<T, codec::Error>,
    ) -> Result<T, Error> {
        let mut decoder = Decoder::new(self.rest);
        let value = read(&mut decoder).in_field(field, self.at)?;
        self.advance(decoder.offset());
        Ok(value)
    }

    fn fail<T>(&self, field: &'static str, kind: ErrorKind) -> Result<T, Error> {
        Err(codec::Error { offset: 0, kind }).in_field(field, self.at)
    }

    /// The head of an array; the number of items that follow.
    pub(super) fn array(&mut self, field: &'static str) -> Result<u64, Error> {
        self.with(field, Decoder::array)
    }

    pub(super) fn array_of(&mut self, field: &'static str, length: u64) -> Result<(), Error> {
        self.with(field, |decoder| decoder.array_of(length))
    }

    pub(super) fn text(&mut self, field: &'static str, limit: usize) -> Result<&'a str, Error> {
        self.with(field, |decoder| decoder.text(limit))
    }

    /// The argument of a head with this initial byte.
    fn fixed(&mut self, field: &'static str, item: Item, initial: u8) -> Result<u64, Error> {
        let Some((&found, behind)) = self.rest.split_first() else {
            return self.fail(field, ErrorKind::UnexpectedEnd { missing: 9 });
        };
        if found != initial {
            // The same kind of item in another width is another mistake than another kind.
            let is_integer = found >> 5 == initial >> 5;
            return if is_integer {
                Err(Error::IntegerWidth { field, offset: self.at, found })
            } else {
                self.fail(field, ErrorKind::WrongType { expected: item, found })
            };
        }
        let Some(argument) = behind.first_chunk::<8>() else {
            let missing = 8_u64.saturating_sub(behind.len() as u64);
            return self.fail(field, ErrorKind::UnexpectedEnd { missing });
        };
        let value = u64::from_be_bytes(*argument);
        self.advance(9);
        Ok(value)
    }

    /// An unsigned integer of nine bytes.
    pub(super) fn uint(&mut self, field: &'static str) -> Result<u64, Error> {
        self.fixed(field, Item::Uint, UINT_64)
    }

    /// An integer of nine bytes, or a bignum where it needs one.
    pub(super) fn amount(&mut self, field: &'static str) -> Result<ForeignAmount, Error> {
        match self.rest.first() {
            Some(&NEGATIVE_64) => {
                let argument = self.fixed(field, Item::Int, NEGATIVE_64)?;
                // -2^64 has a bignum of its own.
                if argument == u64::MAX {
                    return self.fail(field, ErrorKind::NotShortest);
                }
                Ok(ForeignAmount::below_zero(u128::from(argument)))
            }
            Some(&POSITIVE_BIGNUM) => {
                let value = self.bignum(field, 1 << 64)?;
                Ok(ForeignAmount::new(false, value))
            }
            Some(&NEGATIVE_BIGNUM) => {
                let value = self.bignum(field, u128::from(u64::MAX))?;
                if value == u128::MAX {
                    let kind = ErrorKind::TooLong { limit: 16, found: 17 };
                    return self.fail(field, kind);
                }
                Ok(ForeignAmount::below_zero(value))
            }
            _ => {
                let value = self.fixed(field, Item::Int, UINT_64)?;
                Ok(ForeignAmount::new(false, u128::from(value)))
            }
        }
    }

    /// The digits behind a bignum's tag, without leading zeros, at least `least`.
    fn bignum(&mut self, field: &'static str, least: u128) -> Result<u128, Error> {
        let start = self.clone();
        self.advance(1);
        let digits = self.with(field, |decoder| decoder.bytes(MAX_BIGNUM_SIZE))?;
        let value = digits.iter().fold(0_u128, |value, digit| value << 8 | u128::from(*digit));
        if digits.first() == Some(&0) || value < least {
            return start.fail(field, ErrorKind::NotShortest);
        }
        Ok(value)
    }

    /// A byte string under tag 64.
    pub(super) fn tagged<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [u8; N], Error> {
        if self.take_tag() {
            return self.plain(field);
        }
        match self.rest.first() {
            Some(byte) if byte >> 5 == 2 => Err(Error::MissingTag { field, offset: self.at }),
            _ => self.plain(field),
        }
    }

    /// A byte string without a tag.
    pub(super) fn plain<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [u8; N], Error> {
        self.with(field, Decoder::bytes_of)
    }

    /// A byte string with or without the tag: the library writes what its caller's object was.
    pub(super) fn bytes<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [u8; N], Error> {
        self.take_tag();
        self.plain(field)
    }

    fn take_tag(&mut self) -> bool {
        let is_tagged = self.rest.starts_with(&TYPED_BYTES);
        if is_tagged {
            self.advance(TYPED_BYTES.len());
        }
        is_tagged
    }

    pub(super) fn finish(&self, field: &'static str) -> Result<(), Error> {
        Decoder::new(self.rest).finish().in_field(field, self.at)
    }
}

/// Writes what the operator key signs. Nothing else of this layout is ever written.
#[derive(Debug)]
pub(super) struct SignedBytes(Vec<u8>);

impl SignedBytes {
    pub(super) fn array(length: u64) -> Self {
        let mut out = Self(Vec::with_capacity(160));
        out.with(|encoder| encoder.array(length));
        out
    }

    fn with(&mut self, write: impl FnOnce(&mut Encoder<'_>)) {
        write(&mut Encoder::new(&mut self.0));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.with(|encoder| encoder.text(text));
    }

    pub(super) fn plain(&mut self, bytes: &[u8]) {
        self.with(|encoder| encoder.bytes(bytes));
    }

    pub(super) fn tagged(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&TYPED_BYTES);
        self.plain(bytes);
    }

    pub(super) fn uint(&mut self, value: u64) {
        self.0.push(UINT_64);
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn null(&mut self) {
        Encoder::new(&mut self.0).null();
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
