//! Frames and segments: how records lie in files.
//!
//! A segment is a sequence of frames, each a little-endian `u32` payload length and the payload,
//! the CBOR of one record (`spec/metering.md` section 2). `FORMAT.md` beside this file has a
//! specimen.
//!
//! ```
//! use countersign_core::frame::{FrameStep, length_prefix, read_frame};
//!
//! let mut bytes = length_prefix(3).unwrap().to_vec();
//! bytes.extend_from_slice(b"abc");
//! assert_eq!(read_frame(&bytes), FrameStep::Frame { payload: b"abc" });
//! assert_eq!(read_frame(&bytes[..6]), FrameStep::Incomplete { missing: 1 });
//! assert_eq!(read_frame(&[0, 0, 0, 0]), FrameStep::ZeroLength);
//! ```

mod frames;
mod segment_name;

pub use frames::{FrameStep, fits_segment, is_unused, length_prefix, read_frame};
pub use segment_name::{Place, SegmentNumber};
