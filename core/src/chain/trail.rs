//! Where a key signed, in a few bytes per signature.
//!
//! A compromise is told long after the signatures it takes back, so a verifier must remember all
//! of them. As differences to the one before, a signature takes about four bytes: a verifier of a
//! billion records keeps some 60 MB, and of the usual log a few kilobytes.

use alloc::vec::Vec;

use crate::Seq;
use crate::frame::{Place, SegmentNumber};

/// A position that a trail remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) seq: Seq,
    pub(super) place: Place,
    /// A settlement rather than a signature record.
    pub(super) is_settlement: bool,
}

const ORIGIN: Step = Step {
    seq: Seq::FIRST,
    place: Place { segment: SegmentNumber::FIRST, offset: 0 },
    is_settlement: false,
};

/// An append-only list of steps: smallest where they ascend, and right where they do not.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    bytes: Vec<u8>,
    last: Option<Step>,
}

impl Trail {
    pub(super) fn push(&mut self, step: Step) {
        let last = self.last.unwrap_or(ORIGIN);
        let segments = step.place.segment.number().wrapping_sub(last.place.segment.number());
        // In another segment offsets start over.
        let base = if segments == 0 { last.place.offset } else { 0 };
        let seqs = step.seq.0.wrapping_sub(last.seq.0);
        // 65 bits: a damaged log may go back, or forward by more than 2^63.
        self.varint(u128::from(seqs) << 1 | u128::from(step.is_settlement));
        self.varint(segments.into());
        self.varint(step.place.offset.wrapping_sub(base).into());
        self.last = Some(step);
    }

    /// All steps, in order.
    pub(super) fn steps(&self) -> impl Iterator<Item = Step> {
        let mut rest = self.bytes.as_slice();
        let mut last = ORIGIN;
        core::iter::from_fn(move || {
            let seqs = read_varint(&mut rest)?;
            let segments = u64::try_from(read_varint(&mut rest)?).ok()?;
            let offset = u64::try_from(read_varint(&mut rest)?).ok()?;
            let base = if segments == 0 { last.place.offset } else { 0 };
            let segment = last.place.segment.number().wrapping_add(segments);
            last = Step {
                seq: Seq(last.seq.0.wrapping_add(u64::try_from(seqs >> 1).ok()?)),
                place: Place {
                    segment: SegmentNumber::new(segment)?,
                    offset: base.wrapping_add(offset),
                },
                is_settlement: seqs & 1 == 1,
            };
            Some(last)
        })
    }

    fn varint(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }
}

fn read_varint(rest: &mut &[u8]) -> Option<u128> {
    let mut value = 0_u128;
    for shift in (0..70).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u128::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn steps_come_back(jumps in prop::collection::vec((1_u64..1 << 40, 0_u64..3, 0_u64..1 << 40, any::<bool>()), 0..50)) {
            let mut trail = Trail::default();
            let mut steps = Vec::new();
            let (mut seq, mut segment, mut offset) = (0, 1, 0);
            for (seqs, segments, offsets, is_settlement) in jumps {
                seq += seqs;
                segment += segments;
                offset = if segments == 0 { offset + offsets } else { offsets };
                let place = Place { segment: SegmentNumber::new(segment).unwrap(), offset };
                let step = Step { seq: Seq(seq), place, is_settlement };
                trail.push(step);
                steps.push(step);
            }
            prop_assert_eq!(trail.steps().collect::<Vec<_>>(), steps);
        }

        #[test]
        fn steps_that_go_back_or_far_come_back_too(steps in prop::collection::vec((any::<u64>(), 1..=u64::MAX, any::<u64>(), any::<bool>()), 0..20)) {
            let mut trail = Trail::default();
            let steps: Vec<_> = steps.into_iter().map(|(seq, segment, offset, is_settlement)| {
                let place = Place { segment: SegmentNumber::new(segment).unwrap(), offset };
                Step { seq: Seq(seq), place, is_settlement }
            }).collect();
            for step in &steps {
                trail.push(*step);
            }
            prop_assert_eq!(trail.steps().collect::<Vec<_>>(), steps);
        }
    }
}
