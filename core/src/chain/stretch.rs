//! Reads the frames of a run some at a time, so that their hashes are computed side by side.

use alloc::vec::Vec;

use super::control::Control;
use super::error::RecordError;
use super::record::Record;
use crate::frame::Place;
use crate::hash::{Blake3, Digest, Hash as _};
use crate::keys;
use crate::limits::DIGEST_SIZE;

/// Some frames of a run, decoded, so that they can be hashed together.
#[derive(Debug, Default)]
pub(super) struct Stretch<'a> {
    pub(super) frames: Vec<(Place, &'a [u8], Result<Record<'a>, RecordError>)>,
    /// Whether the run ends behind them.
    pub(super) ends: bool,
    /// What is hashed for each step of the chain, one after the other, for reuse.
    steps: Vec<u8>,
}

/// Frames that are hashed together: enough to fill vectors several times.
const STRETCH: usize = 64;

impl<'a> Stretch<'a> {
    /// Takes frames up to one that ends the run.
    pub(super) fn read(&mut self, frames: &mut impl Iterator<Item = (Place, &'a [u8])>) {
        while self.frames.len() < STRETCH && !self.ends {
            let Some((place, bytes)) = frames.next() else {
                self.ends = true;
                return;
            };
            let decoded = Record::decode(bytes);
            self.ends = match &decoded {
                Ok(record) => matches!(
                    record.control(),
                    Some(Control::Certificate(_) | Control::Revocation(_))
                ),
                Err(error) => is_too_new(error),
            };
            self.frames.push((place, bytes, decoded));
        }
    }

    /// The chain tip after each frame, by the record's own `prevHash`: what a frame without a
    /// record has here means nothing.
    pub(super) fn tips(&mut self) -> Vec<Digest> {
        self.steps.clear();
        let mut sizes = [0; STRETCH];
        for ((_, bytes, decoded), size) in self.frames.iter().zip(&mut sizes) {
            if let Some(record) = decoded.as_ref().ok().filter(|_| is_short(bytes)) {
                self.steps.extend_from_slice(bytes);
                self.steps.extend_from_slice(record.prev_hash().as_bytes());
                *size = bytes.len().saturating_add(DIGEST_SIZE);
            }
        }
        let mut rest = self.steps.as_slice();
        let mut inputs: [&[u8]; STRETCH] = [&[]; STRETCH];
        for (size, input) in sizes.iter().zip(&mut inputs) {
            (*input, rest) = rest.split_at_checked(*size).unwrap_or((rest, &[]));
        }
        let mut tips = Blake3::hash_each(inputs.get(..self.frames.len()).unwrap_or_default());
        for ((_, bytes, decoded), tip) in self.frames.iter().zip(&mut tips) {
            if let Some(record) = decoded.as_ref().ok().filter(|_| !is_short(bytes)) {
                *tip = record.tip(bytes);
            }
        }
        tips
    }
}

/// Whether a record is hashed with others. Longer ones are hashed where they stand: they would be
/// hashed alone anyway, and there is no limit to what copies of 64 of them take.
const fn is_short(bytes: &[u8]) -> bool {
    bytes.len() <= 1_024 - DIGEST_SIZE
}

/// Whether it is a record of a newer format, behind which nothing can be judged.
pub(super) const fn is_too_new(error: &RecordError) -> bool {
    matches!(error, RecordError::Key(keys::Error::FormatTooNew { .. }))
}
