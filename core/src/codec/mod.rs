//! Deterministic CBOR: the few items the log uses, in exactly one encoding each.
//!
//! The encoder is straight-line code over a `Vec<u8>`; the decoder borrows from its input and
//! refuses every encoding that the encoder would not have produced (RFC 8949 section 4.2.1, cut
//! down by `spec/metering.md` section 1): integers, byte strings, text strings, arrays, `null`
//! and unsigned bignums above 2^64-1. `FORMAT.md` beside this file has the rules and a specimen.
//!
//! ```
//! use countersign_core::codec::{Decoder, Encoder};
//!
//! let mut bytes = Vec::new();
//! let mut encoder = Encoder::new(&mut bytes);
//! encoder.array(2);
//! encoder.uint(500);
//! encoder.text("joule");
//! assert_eq!(bytes, [0x82, 0x19, 0x01, 0xf4, 0x65, b'j', b'o', b'u', b'l', b'e']);
//!
//! let mut decoder = Decoder::new(&bytes);
//! decoder.array_of(2)?;
//! assert_eq!(decoder.uint()?, 500);
//! assert_eq!(decoder.text(64)?, "joule");
//! decoder.finish()?;
//! # Ok::<(), countersign_core::codec::Error>(())
//! ```

mod decode;
mod encode;
mod error;
#[cfg(test)]
mod tests;

pub use decode::Decoder;
pub use encode::{Encoder, uint_size};
pub use error::{Error, ErrorKind, Item};

/// CBOR major types and the initial bytes built from them, RFC 8949 section 3.1.
mod major {
    pub(super) const UINT: u8 = 0;
    pub(super) const NEGATIVE: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const TAG: u8 = 6;

    /// Initial byte of `null`: simple value 22.
    pub(super) const NULL: u8 = 0xf6;
    /// Initial byte of tag 2, an unsigned bignum.
    pub(super) const BIGNUM: u8 = 0xc2;
}
