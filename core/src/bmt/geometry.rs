//! The numbers that a tree of chunks is built by.

use super::error::GeometryError;
use super::{SEGMENT_SIZE, SEGMENT_SIZE_U64};
use crate::limits::{MAX_BMT_CAPACITY, MAX_BMT_SPAN_SIZE};

/// The numbers that a tree of chunks is built by.
///
/// Two geometries give different addresses to equal bytes, so a geometry travels with addresses and
/// proofs, and is never guessed from them. Source: `spec/bmt.md` section 2.
///
/// ```
/// use countersign_core::bmt::Geometry;
///
/// let swarm = Geometry::SWARM;
/// assert_eq!((swarm.payload_limit(), swarm.capacity()), (4_096, 4_096));
/// assert_eq!((swarm.fan_out(), swarm.span_size(), swarm.depth()), (128, 8, 7));
/// // The natural generalisation, and what the reference makes of the same option.
/// assert_eq!(Geometry::scaled(2_048, 8)?.fan_out(), 64);
/// assert_eq!(Geometry::reference(2_048, 8)?.fan_out(), 128);
/// assert_eq!(Geometry::new(4_096, 3_000, 2, 8).unwrap_err().code(), "geometry-capacity");
/// # Ok::<(), countersign_core::bmt::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    payload_limit: usize,
    capacity: usize,
    fan_out: usize,
    span_size: usize,
}

impl Geometry {
    /// The network's: 4,096 bytes, 128 references, spans of 8 bytes.
    pub const SWARM: Self =
        Self { payload_limit: 4_096, capacity: 4_096, fan_out: 128, span_size: 8 };

    /// Any geometry.
    ///
    /// `payload_limit` is the most bytes of payload in a chunk and the size of a file's pieces,
    /// `capacity` the bytes under one chunk tree once padded, `fan_out` the most references of an
    /// intermediate chunk, `span_size` the bytes of a span.
    ///
    /// # Errors
    /// One for each constraint of section 2, and for what lies above the limits of this crate
    /// ([`MAX_BMT_CAPACITY`], [`MAX_BMT_SPAN_SIZE`]).
    pub const fn new(
        payload_limit: usize,
        capacity: usize,
        fan_out: usize,
        span_size: usize,
    ) -> Result<Self, GeometryError> {
        if !capacity.is_power_of_two() || capacity < 2 * SEGMENT_SIZE || capacity > MAX_BMT_CAPACITY
        {
            return Err(GeometryError::Capacity { found: capacity });
        }
        if payload_limit == 0 || payload_limit > capacity {
            return Err(GeometryError::PayloadLimit { found: payload_limit, capacity });
        }
        if fan_out < 2 || fan_out > capacity / SEGMENT_SIZE {
            return Err(GeometryError::FanOut { found: fan_out, capacity });
        }
        if span_size == 0 || span_size > MAX_BMT_SPAN_SIZE {
            return Err(GeometryError::SpanSize { found: span_size });
        }
        Ok(Self { payload_limit, capacity, fan_out, span_size })
    }

    /// What the reference computes when its documented options change: only the size of a file's
    /// pieces and the span length do, capacity and fan-out stay.
    pub const fn reference(payload_limit: usize, span_size: usize) -> Result<Self, GeometryError> {
        Self::new(payload_limit, 4_096, 128, span_size)
    }

    /// Everything in proportion: capacity is the payload limit, the fan-out its count of segments.
    pub const fn scaled(payload_limit: usize, span_size: usize) -> Result<Self, GeometryError> {
        Self::new(payload_limit, payload_limit, payload_limit / SEGMENT_SIZE, span_size)
    }

    /// Most bytes of payload in a chunk, and the size of the pieces of a file: `P`.
    pub const fn payload_limit(&self) -> usize {
        self.payload_limit
    }

    /// Bytes under one chunk tree, once padded: `C`.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Most references of an intermediate chunk: `B`.
    pub const fn fan_out(&self) -> usize {
        self.fan_out
    }

    /// Bytes of a span: `L`.
    pub const fn span_size(&self) -> usize {
        self.span_size
    }

    /// Levels of a chunk tree above its segments: `D`.
    pub const fn depth(&self) -> u32 {
        (self.capacity / SEGMENT_SIZE).trailing_zeros()
    }

    /// Segments of a full leaf chunk: `S`. `None` where a segment would cross the border of two chunks;
    /// files then have addresses, but no proofs.
    pub const fn segments_per_leaf(&self) -> Option<u64> {
        let payload = self.payload_limit as u64;
        if payload.is_multiple_of(SEGMENT_SIZE_U64) {
            Some(payload / SEGMENT_SIZE_U64)
        } else {
            None
        }
    }

    /// Whether a span of `value` can be written.
    pub const fn holds_span(&self, value: u64) -> bool {
        super::span::fits(value, self.span_size)
    }
}
