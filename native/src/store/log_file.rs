//! The writing end of the log: one open segment, its durable length, and the next one.

use std::path::Path;
use std::sync::Arc;

use countersign_core::frame::{Place, SegmentNumber};

use super::disk::{Access, Disk, DiskFile};
use super::durable::{self, CommitError};
use super::error::StoreError;
use super::paths::ShardPaths;
use super::prefill::{Prefill, Prepared};

/// The last segment, open for writing behind its durable end.
#[derive(Debug)]
pub(super) struct LogFile {
    disk: Arc<dyn Disk>,
    paths: ShardPaths,
    file: Box<dyn DiskFile>,
    end: Place,
    /// Up to here the file holds durable zeros, or records.
    filled: u64,
    /// Groups written to this segment.
    groups: u32,
    prefill: Option<Prefill>,
    prefill_size: Option<u64>,
    /// Whether this segment's successor is not to be prepared any more.
    is_prefill_off: bool,
}

/// Zeros written ahead of the log, at a time, in a segment that was not prepared: as many as it
/// holds records, within these bounds.
const MIN_AHEAD: u64 = 16 * 1024;
const MAX_AHEAD: u64 = 1024 * 1024;
/// Groups that a segment takes before anything is written ahead: a small shard stays small.
const GROUPS_BEFORE_AHEAD: u32 = 4;

impl LogFile {
    /// Opens the segment that `end` lies in; everything before `end` is durable. With
    /// `prefill_size` the next segment is prepared with that many zeros.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        paths: ShardPaths,
        end: Place,
        prefill_size: Option<u64>,
    ) -> Result<Self, StoreError> {
        let path = paths.segment(end.segment);
        let file = disk.open(&path, Access::Write).map_err(|e| StoreError::io("open", &path, e))?;
        Prefill::discard(&*disk, &paths)?;
        // F1: whoever made this segment may have died before its name was durable.
        durable::sync_directory(&*disk, paths.directory())?;
        Ok(Self {
            disk,
            paths,
            file,
            end,
            filled: end.offset,
            groups: 0,
            prefill: None,
            prefill_size,
            is_prefill_off: false,
        })
    }

    /// The durable end.
    pub(super) const fn end(&self) -> Place {
        self.end
    }

    /// Makes `bytes` durable at `place`: at the end, or at the start of the next segment.
    pub(super) fn commit(&mut self, place: Place, bytes: &[u8]) -> Result<(), CommitError> {
        let committed = self.write(place, bytes);
        match &committed {
            Ok(()) => self.prepare_next(),
            // W2: nothing is written any more.
            Err(CommitError::Poisoned(_)) => self.stop_preparing(),
            // W5: the disk may be full of zeros that nobody needs yet.
            Err(CommitError::Undone(_)) => {
                self.stop_preparing();
                self.filled = self.end.offset;
                let _still_there = Prefill::discard(&*self.disk, &self.paths);
            }
        }
        committed
    }

    fn write(&mut self, place: Place, bytes: &[u8]) -> Result<(), CommitError> {
        if place.segment != self.end.segment {
            self.rotate(place.segment)?;
        }
        let path = self.paths.segment(self.end.segment);
        let after = self.end.offset + bytes.len() as u64;
        let ahead = self.ahead_of(after);
        let ahead = durable::write_group(&*self.file, &path, bytes, self.end.offset, ahead)?;
        self.end.offset = after;
        self.filled = self.filled.max(after + ahead);
        self.groups = self.groups.saturating_add(1);
        Ok(())
    }

    /// How many zeros to write behind a group that ends at `after`.
    fn ahead_of(&self, after: u64) -> u64 {
        match self.prefill_size {
            Some(size) if after > self.filled && self.groups >= GROUPS_BEFORE_AHEAD => {
                after.clamp(MIN_AHEAD, MAX_AHEAD).min(size.saturating_sub(after))
            }
            _ => 0,
        }
    }

    /// Starts the next segment: the old one is cut to its length and synced first.
    fn rotate(&mut self, next: SegmentNumber) -> Result<(), CommitError> {
        let old = self.paths.segment(self.end.segment);
        durable::trim(&*self.file, &old, self.end.offset).map_err(CommitError::Poisoned)?;
        let prepared = self.prefill.take().and_then(Prefill::finish);
        (self.file, self.filled) = if let Some(Prepared { file, filled }) = prepared {
            durable::adopt_segment(&*self.disk, &self.paths, next)?;
            (file, filled)
        } else {
            Prefill::discard(&*self.disk, &self.paths).map_err(CommitError::Undone)?;
            (durable::create_segment(&*self.disk, &self.paths, next)?, 0)
        };
        self.groups = 0;
        self.end = Place { segment: next, offset: 0 };
        self.is_prefill_off = false;
        Ok(())
    }

    /// Starts filling the next segment once this one is half full, so that a small shard never
    /// pays for it.
    fn prepare_next(&mut self) {
        let Some(size) = self.prefill_size else { return };
        if !self.is_prefill_off && self.prefill.is_none() && self.end.offset >= size / 2 {
            self.prefill = Some(Prefill::start(&self.disk, &self.paths, size));
        }
    }

    /// Waits until the background thread has stopped; the next segment is made when it is needed.
    pub(super) fn stop_preparing(&mut self) {
        if let Some(prefill) = self.prefill.take() {
            self.is_prefill_off = true;
            drop(prefill);
        }
    }

    /// Ends cleanly: no unused space, no half-made segment.
    pub(super) fn close(&mut self) -> Result<(), StoreError> {
        self.stop_preparing();
        Prefill::discard(&*self.disk, &self.paths)?;
        let path = self.paths.segment(self.end.segment);
        durable::trim(&*self.file, &path, self.end.offset)
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    pub(super) const fn paths(&self) -> &ShardPaths {
        &self.paths
    }

    pub(super) fn directory(&self) -> &Path {
        self.paths.directory()
    }
}
