//! Length prefix and payload.

use crate::limits::{LENGTH_PREFIX_SIZE, MAX_LOG_FILE_SIZE};

/// What stands at the start of some bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameStep<'a> {
    /// A whole frame of `LENGTH_PREFIX_SIZE + payload.len()` bytes.
    Frame {
        /// The record's bytes.
        payload: &'a [u8],
    },
    /// No byte at all: the segment ends here.
    End,
    /// The bytes end inside the frame.
    Incomplete {
        /// Bytes missing, at least.
        missing: u64,
    },
    /// A length of zero: unused space if only zeros follow (see [`is_unused`]), damage if not.
    ZeroLength,
    /// A length over [`MAX_LOG_FILE_SIZE`]: damage.
    TooLong {
        /// The length it declares.
        length: u32,
    },
}

/// Reads the frame at the start of `bytes`.
#[inline]
pub fn read_frame(bytes: &[u8]) -> FrameStep<'_> {
    let Some((prefix, rest)) = bytes.split_first_chunk::<LENGTH_PREFIX_SIZE>() else {
        if bytes.is_empty() {
            return FrameStep::End;
        }
        let missing = LENGTH_PREFIX_SIZE.saturating_sub(bytes.len()) as u64;
        return FrameStep::Incomplete { missing };
    };
    let length = u32::from_le_bytes(*prefix);
    if length == 0 {
        return FrameStep::ZeroLength;
    }
    if u64::from(length) > MAX_LOG_FILE_SIZE {
        return FrameStep::TooLong { length };
    }
    match usize::try_from(length).ok().and_then(|length| rest.get(..length)) {
        Some(payload) => FrameStep::Frame { payload },
        None => FrameStep::Incomplete { missing: u64::from(length) - rest.len() as u64 },
    }
}

/// The prefix of a frame; `None` if the payload is empty or over [`MAX_LOG_FILE_SIZE`].
#[inline]
pub fn length_prefix(payload_size: usize) -> Option<[u8; LENGTH_PREFIX_SIZE]> {
    let length = u32::try_from(payload_size).ok()?;
    (length > 0 && u64::from(length) <= MAX_LOG_FILE_SIZE).then(|| length.to_le_bytes())
}

/// Whether a frame of `frame_size` bytes, prefix included, goes into a segment that holds `used`
/// bytes and may grow to `max`. A segment always takes at least one frame.
///
/// ```
/// use countersign_core::frame::fits_segment;
///
/// assert!(fits_segment(60, 40, 100));
/// assert!(!fits_segment(61, 40, 100));
/// assert!(fits_segment(0, 400, 100));
/// ```
#[inline]
pub const fn fits_segment(used: u64, frame_size: u64, max: u64) -> bool {
    used == 0 || used.saturating_add(frame_size) <= max
}

/// Whether these bytes are unused space: zeros only.
pub fn is_unused(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<16>();
    words.iter().all(|word| u128::from_ne_bytes(*word) == 0) && rest.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_of_a_frame_says_what_is_missing() {
        let mut bytes = length_prefix(5).unwrap().to_vec();
        bytes.extend_from_slice(b"hello");
        assert_eq!(read_frame(&[]), FrameStep::End);
        for length in 1..4 {
            let missing = 4 - length as u64;
            assert_eq!(read_frame(&bytes[..length]), FrameStep::Incomplete { missing });
        }
        for length in 4..9 {
            let missing = 9 - length as u64;
            assert_eq!(read_frame(&bytes[..length]), FrameStep::Incomplete { missing });
        }
        assert_eq!(read_frame(&bytes), FrameStep::Frame { payload: b"hello" });
    }

    #[test]
    fn lengths_at_the_limit() {
        assert_eq!(length_prefix(0), None);
        assert!(length_prefix(268_435_456).is_some());
        assert_eq!(length_prefix(268_435_457), None);
        let over = 268_435_457_u32;
        assert_eq!(read_frame(&over.to_le_bytes()), FrameStep::TooLong { length: over });
        let missing = 268_435_456;
        assert_eq!(read_frame(&268_435_456_u32.to_le_bytes()), FrameStep::Incomplete { missing });
    }

    #[test]
    fn unused_space_is_zeros_of_any_length() {
        for length in 0..40 {
            let mut bytes = alloc::vec![0; length];
            assert!(is_unused(&bytes));
            for i in 0..length {
                bytes[i] = 1;
                assert!(!is_unused(&bytes), "{length} {i}");
                bytes[i] = 0;
            }
        }
    }
}
