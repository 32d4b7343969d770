//! Links and signs groups, in order: the half of the writer that hashes.

use std::sync::Arc;

use countersign_core::chain::ChainError;
use countersign_core::frame::{FrameStep, Place, read_frame};
use countersign_core::keys::SigningKey;
use countersign_core::limits::LENGTH_PREFIX_SIZE;

use super::error::StoreError;
use super::group::{Cut, Group, Sealed};
use super::projection::Checkpoint;

/// The end of what has been sealed.
#[derive(Debug)]
pub(super) struct Sealer {
    end: Checkpoint,
    /// How often the writer had been rolled back when `end` was true.
    epoch: u64,
}

impl Sealer {
    pub(super) const fn new(end: Checkpoint) -> Self {
        Self { end, epoch: 0 }
    }

    pub(super) const fn end(&self) -> &Checkpoint {
        &self.end
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Goes back to the durable end if the writer was rolled back since.
    pub(super) fn catch_up(&mut self, epoch: u64, durable: &Checkpoint) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.end = durable.clone();
        }
    }

    /// Links the entries of a group and signs it. Nothing is changed if that fails, but bytes of
    /// the group, which comes back.
    ///
    /// O(bytes): two hashes and a Merkle node for each record, and one signature.
    pub(super) fn seal(&mut self, cut: Cut) -> Result<Sealed, (StoreError, Group)> {
        let Cut { mut group, signature: (_, ts_us) } = cut;
        let before = self.end.clone();
        if let Err(error) = self.link_and_sign(&mut group, ts_us) {
            self.end = before;
            return Err((error.into(), group));
        }
        Ok(self.finish(group))
    }

    fn link_and_sign(&mut self, group: &mut Group, ts_us: u64) -> Result<(), ChainError> {
        let Checkpoint { chain, key, .. } = &mut self.end;
        let key = key.as_deref().ok_or(ChainError::NoActiveKey)?;
        let mut at = 0;
        loop {
            let rest = group.bytes.get(at..).unwrap_or_default();
            let FrameStep::Frame { payload } = read_frame(rest) else { break };
            let start = at + LENGTH_PREFIX_SIZE;
            at = start + payload.len();
            chain.link(group.bytes.get_mut(start..at).unwrap_or_default())?;
        }
        group.frame(|out| chain.sign(out, ts_us, key)).map(|_| ())
    }

    /// Makes and signs a group of control records, at `place` or, if they do not fit there, at the
    /// start of the next segment. `key`, if given, signs and becomes the writer's. Nothing is
    /// changed if that fails.
    pub(super) fn seal_control(
        &mut self,
        mut group: Group,
        key: Option<SigningKey>,
        make: impl FnOnce(&mut Checkpoint, &mut Group) -> Result<(), ChainError>,
        now_us: impl FnOnce() -> u64,
        fits: impl FnOnce(Place) -> bool,
    ) -> Result<Sealed, ChainError> {
        let before = self.end.clone();
        let made = make(&mut self.end, &mut group).and_then(|()| {
            if let Some(key) = key {
                self.end.key = Some(Arc::new(key));
            }
            let Checkpoint { chain, key, .. } = &mut self.end;
            let key = key.as_deref().ok_or(ChainError::NoActiveKey)?;
            group.frame(|out| chain.sign(out, now_us(), key)).map(|_| ())
        });
        if let Err(error) = made {
            self.end = before;
            return Err(error);
        }
        if group.place.offset > 0 && !fits(group.end()) {
            group.place = Place { segment: group.place.segment.next(), offset: 0 };
        }
        Ok(self.finish(group))
    }

    fn finish(&mut self, mut group: Group) -> Sealed {
        group.hand_out_kept();
        self.end.projection.follow(group.place, &group.bytes);
        let last_seq = self.end.chain.next_seq().previous().unwrap_or_default();
        Sealed { group, last_seq, after: self.end.clone() }
    }
}
