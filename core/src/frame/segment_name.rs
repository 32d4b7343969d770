//! Segment numbers, their file names, and places in the log.

use alloc::format;
use alloc::string::String;
use core::fmt;

const PREFIX: &str = "log.";
const SUFFIX: &str = ".cbor";
const DIGITS: usize = 6;

/// A segment's number: 1 for the first file, contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(u64);

impl SegmentNumber {
    /// The first segment.
    pub const FIRST: Self = Self(1);

    /// `None` for 0.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The next segment's number.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The file's name: `log.000001.cbor`; a seventh digit appears only above 999,999.
    ///
    /// ```
    /// use countersign_core::frame::SegmentNumber;
    ///
    /// let number = SegmentNumber::new(12).unwrap();
    /// assert_eq!(number.file_name(), "log.000012.cbor");
    /// assert_eq!(SegmentNumber::from_file_name("log.000012.cbor"), Some(number));
    /// assert_eq!(SegmentNumber::from_file_name("log.12.cbor"), None);
    /// ```
    pub fn file_name(self) -> String {
        format!("{PREFIX}{:06}{SUFFIX}", self.0)
    }

    /// Reads a file name back; `None` for any spelling but the one [`Self::file_name`] gives.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let digits = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        let is_canonical = digits.len() >= DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits.len() == DIGITS || !digits.starts_with('0'));
        if !is_canonical {
            return None;
        }
        digits.parse().ok().and_then(Self::new)
    }
}

impl fmt::Display for SegmentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file_name())
    }
}

/// Where something stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The segment.
    pub segment: SegmentNumber,
    /// Bytes from the start of its file.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} byte {}", self.segment, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_and_read_back_past_six_digits() {
        for number in [1, 999_999, 1_000_000, u64::MAX] {
            let number = SegmentNumber::new(number).unwrap();
            assert_eq!(SegmentNumber::from_file_name(&number.file_name()), Some(number));
        }
        for name in [
            "log.000000.cbor",
            "log.0000001.cbor",
            "log.00001.cbor",
            "log.+00001.cbor",
            "log.000001.cbor.torn-5",
            "xlog.000001.cbor",
        ] {
            assert_eq!(SegmentNumber::from_file_name(name), None, "{name}");
        }
    }
}
