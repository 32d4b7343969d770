//! Links and signs groups, in order: the half of the writer that hashes.

use std::sync::Arc;

use countersign_core::chain::ChainError;
use countersign_core::frame::{FrameStep, Place, SegmentNumber, read_frame};
use countersign_core::keys::SigningKey;
use countersign_core::limits::LENGTH_PREFIX_SIZE;
use countersign_core::settlement::{BatchWindow, SettlementError, settle};

use super::accepting::GroupRules;
use super::disk::Disk;
use super::error::StoreError;
use super::group::{Cut, Group, MadeSettlement, Sealed};
use super::paths::ShardPaths;
use super::projection::Checkpoint;
use super::records::for_each_at;

/// The end of what has been sealed.
#[derive(Debug)]
pub(super) struct Sealer {
    end: Checkpoint,
    /// Where the next group goes.
    place: Place,
    /// The open batch window; `None` until it is read from the log, where all of it is durable.
    window: Option<BatchWindow>,
    /// How often the writer had been rolled back when all this was true.
    epoch: u64,
    disk: Arc<dyn Disk>,
    paths: ShardPaths,
    rules: GroupRules,
}

impl Sealer {
    /// Behind a log that is durable up to `end`, and whose last segment ends at `place`.
    pub(super) const fn new(
        end: Checkpoint,
        place: Place,
        disk: Arc<dyn Disk>,
        paths: ShardPaths,
        rules: GroupRules,
    ) -> Self {
        Self { end, place, window: None, epoch: 0, disk, paths, rules }
    }

    pub(super) const fn end(&self) -> &Checkpoint {
        &self.end
    }

    /// Where the next group goes.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Goes back to the durable end, at `place`, if the writer was rolled back since.
    pub(super) fn catch_up(&mut self, epoch: u64, durable: &Checkpoint, place: Place) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.end = durable.clone();
            self.place = place;
            self.window = None;
        }
    }

    /// Links the entries of a group, or settles the window, and signs the group. If that fails the
    /// group comes back and nothing has changed but its bytes.
    ///
    /// O(bytes): two hashes, two Merkle nodes and an index leaf for each record, and one signature;
    /// a settlement sorts and hashes the index of its window.
    pub(super) fn seal(&mut self, cut: Cut) -> Result<Sealed, (StoreError, Box<Group>)> {
        let Cut { mut group, settlement, signature: (_, ts_us) } = cut;
        let before = (self.end.clone(), self.place);
        let is_settlement = settlement.is_some();
        let sealed = match settlement {
            None => self.link(&mut group),
            Some((ts_us, slot)) => self.settle(&mut group, ts_us, &slot),
        };
        let sealed = sealed.and_then(|()| self.sign(&mut group, ts_us));
        match sealed.and_then(|()| self.finish(&mut group)) {
            Ok(()) => Ok(self.sealed(group, is_settlement)),
            Err(error) => {
                self.go_back(before);
                Err((error, Box::new(group)))
            }
        }
    }

    fn link(&mut self, group: &mut Group) -> Result<(), StoreError> {
        let mut at = 0;
        loop {
            let rest = group.bytes.get(at..).unwrap_or_default();
            let FrameStep::Frame { payload } = read_frame(rest) else { return Ok(()) };
            let start = at + LENGTH_PREFIX_SIZE;
            at = start + payload.len();
            self.end.chain.link(group.bytes.get_mut(start..at).unwrap_or_default())?;
        }
    }

    fn settle(
        &mut self,
        group: &mut Group,
        ts_us: u64,
        slot: &MadeSettlement,
    ) -> Result<(), StoreError> {
        self.read_window()?;
        let Self { end: Checkpoint { chain, key, projection }, window, .. } = self;
        let key = key.as_deref().ok_or(ChainError::NoActiveKey)?;
        let Some(window) = window else { return Ok(()) };
        let log_root = projection.log_root();
        group.frame(|out| {
            let action = settle(chain, window, log_root, key, out, ts_us)?;
            let seq = action.to_seq.next();
            *window = BatchWindow::new(seq);
            let _once = slot.set(action);
            Ok::<_, SettlementError>(seq)
        })?;
        Ok(())
    }

    fn sign(&mut self, group: &mut Group, ts_us: u64) -> Result<(), StoreError> {
        let Checkpoint { chain, key, .. } = &mut self.end;
        let key = key.as_deref().ok_or(ChainError::NoActiveKey)?;
        group.frame(|out| chain.sign(out, ts_us, key))?;
        Ok(())
    }

    /// Makes and signs a group of control records. `key`, if given, signs and becomes the
    /// writer's. Nothing is changed if that fails.
    pub(super) fn seal_control(
        &mut self,
        mut group: Group,
        key: Option<SigningKey>,
        make: impl FnOnce(&mut Checkpoint, &mut Group) -> Result<(), ChainError>,
        now_us: impl FnOnce() -> u64,
    ) -> Result<Sealed, StoreError> {
        let before = (self.end.clone(), self.place);
        let made = make(&mut self.end, &mut group).map_err(StoreError::from).and_then(|()| {
            if let Some(key) = key {
                self.end.key = Some(Arc::new(key));
            }
            self.sign(&mut group, now_us())?;
            self.finish(&mut group)
        });
        match made {
            Ok(()) => Ok(self.sealed(group, false)),
            Err(error) => {
                self.go_back(before);
                Err(error)
            }
        }
    }

    /// Gives a group its place and takes its records into the projection and the window.
    fn finish(&mut self, group: &mut Group) -> Result<(), StoreError> {
        // Accepting decides where a segment ends, but for settlements, whose size it cannot know.
        if group.place.segment <= self.place.segment {
            group.place = self.place;
        }
        if group.place.offset > 0 && group.end().offset > self.rules.max_segment_size {
            group.place = start_of(group.place.segment.next());
        }
        self.read_window()?;
        let Some(mut window) = self.window.take() else { return Ok(()) };
        self.end.projection.follow(group.place, &group.bytes, |records| {
            window.push_all(records).map_err(StoreError::from)
        })?;
        self.window = Some(window);
        self.place = group.end();
        Ok(())
    }

    fn sealed(&self, mut group: Group, is_settlement: bool) -> Sealed {
        group.hand_out_kept();
        let last_seq = self.end.chain.next_seq().previous().unwrap_or_default();
        Sealed { group, last_seq, is_settlement, after: self.end.clone() }
    }

    fn go_back(&mut self, (end, place): (Checkpoint, Place)) {
        (self.end, self.place) = (end, place);
        // One that has seen what is forgotten now is of no use, nor one that begins behind it.
        let (from, next) = (self.end.projection.window().from_seq, self.end.projection.next_seq());
        self.window.take_if(|window| (window.from_seq(), window.next_seq()) != (from, next));
    }

    /// Reads the open window from the log if it is not at hand: after opening and after a roll
    /// back, when everything that is sealed is durable.
    fn read_window(&mut self) -> Result<(), StoreError> {
        if self.window.is_some() {
            return Ok(());
        }
        let (projected, next) = (self.end.projection.window(), self.end.projection.next_seq());
        let mut window = BatchWindow::new(projected.from_seq);
        let mut pushed = Ok(());
        if projected.from_seq < next {
            for_each_at(&*self.disk, &self.paths, projected.start, |record, bytes| {
                pushed = window.push(bytes, record);
                pushed.is_ok() && record.seq().next() < next
            })?;
        }
        pushed?;
        self.window = Some(window);
        Ok(())
    }
}

pub(super) const fn start_of(segment: SegmentNumber) -> Place {
    Place { segment, offset: 0 }
}
