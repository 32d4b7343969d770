//! The one spelling of each value.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Seq;
use crate::hash::{Digest, hex};
use crate::keys::{PublicKey, Reason, ShardId, Signature};

/// A value that stands in a document as a string, in exactly one spelling.
pub trait Spelling: Sized {
    /// Writes the spelling.
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Reads it; `None` for any other text.
    fn read(text: &str) -> Option<Self>;

    /// Says what is expected, e.g. `64 lower-case hex digits`.
    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// Hex of a fixed length.
macro_rules! hex_spelling {
    ($name:ty, $bytes:literal) => {
        impl Spelling for $name {
            fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(f, self.as_bytes())
            }

            fn read(text: &str) -> Option<Self> {
                hex::decode_array::<$bytes>(text).map(Self::from_bytes)
            }

            fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
                <[u8; $bytes]>::expect(f)
            }
        }
    };
}

hex_spelling!(Digest, 32);
hex_spelling!(PublicKey, 32);
hex_spelling!(Signature, 64);

impl<const N: usize> Spelling for [u8; N] {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, self)
    }

    fn read(text: &str) -> Option<Self> {
        hex::decode_array(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lower-case hex digits", N.saturating_mul(2))
    }
}

/// Bytes of any length.
impl Spelling for Vec<u8> {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self))
    }

    fn read(text: &str) -> Option<Self> {
        hex::decode(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an even number of lower-case hex digits")
    }
}

/// Decimal digits of an integer: no plus sign, no leading zero, no minus zero.
macro_rules! decimal_spelling {
    ($name:ty, $expected:literal) => {
        impl Spelling for $name {
            fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }

            fn read(text: &str) -> Option<Self> {
                let is_plain = match text.strip_prefix('-').unwrap_or(text).as_bytes() {
                    [b'0'] => text.len() == 1,
                    [first, ..] => (b'1'..=b'9').contains(first),
                    [] => false,
                };
                if is_plain { text.parse().ok() } else { None }
            }

            fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expected)
            }
        }
    };
}

decimal_spelling!(u64, "a decimal string from 0 to 2^64-1");
decimal_spelling!(u128, "a decimal string from 0 to 2^128-1");
decimal_spelling!(i128, "a decimal string from -2^127 to 2^127-1");

impl Spelling for Seq {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.spell(f)
    }

    fn read(text: &str) -> Option<Self> {
        u64::read(text).map(Self)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u64::expect(f)
    }
}

impl Spelling for ShardId {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a lower-case UUID")
    }
}

impl Spelling for Reason {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rotation, shutdown or key-compromise")
    }
}

/// Any text.
impl Spelling for String {
    fn spell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }

    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
}
