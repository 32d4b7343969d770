//! The model of durability: what the medium surely holds, and what it may hold besides.
//!
//! | becomes durable | by |
//! |---|---|
//! | the bytes of a file, 512-byte sector by sector | a sync of that file |
//! | the length of a file | a sync of that file, either kind |
//! | a created, renamed or removed entry | a sync of its directory |
//!
//! Until then each of them is *pending*, on its own: any of them may have reached the medium
//! without any other, whatever the order of the calls. So a rename may be durable before the data
//! of its source, and the end of a file before its middle. A sector is old or new as a whole;
//! written twice, it may hold either writing (of more than sixteen some are left out). A synced file that its directory does not name yet
//! can still be missing, although common file systems are kinder than that.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::journal::{Entry, Journal, Names, Op, number_files};
use crate::journal_file::overwrite;

/// Bytes in a sector: what a disk writes whole or not at all.
pub const SECTOR: usize = 512;
/// Bytes in a page: what a file system rounds lengths to.
pub const PAGE: u64 = 4096;

/// Pending values kept of one sector or length.
const MOST_PENDING: usize = 16;

/// A sector, filled up with zeros behind the end of its file.
pub(crate) type Sector = [u8; SECTOR];

/// A change of directory entries that happens as a whole or not at all.
#[derive(Clone, Debug)]
pub(crate) struct NameChange {
    /// Paths, and what they name afterwards.
    pub(crate) sets: Vec<(Arc<Path>, Option<Entry>)>,
}

impl NameChange {
    fn touches(&self, directory: &Path) -> bool {
        self.sets.iter().any(|(path, _)| path.parent() == Some(directory))
    }

    pub(crate) fn apply(&self, names: &mut Names) {
        for (path, entry) in &self.sets {
            match entry {
                Some(entry) => names.insert(path.clone(), *entry),
                None => names.remove(path),
            };
        }
    }
}

/// One file on the medium.
#[derive(Clone, Debug, Default)]
pub(crate) struct MediumFile {
    /// What the last sync left, at its length.
    pub(crate) durable: Arc<Vec<u8>>,
    /// What readers see.
    cache: Vec<u8>,
    /// Lengths since the last sync, oldest first.
    pub(crate) lengths: Vec<u64>,
    /// Writings of each sector since the last sync, oldest first.
    pub(crate) sectors: BTreeMap<usize, Vec<Sector>>,
}

/// The medium after some operations of a journal.
#[derive(Clone, Debug)]
pub(crate) struct Medium {
    pub(crate) names: Names,
    /// Changes whose directory was not synced, oldest first.
    pub(crate) changes: Vec<NameChange>,
    /// By [`crate::journal::FileId`].
    pub(crate) files: Vec<MediumFile>,
    applied: usize,
}

impl Medium {
    /// Before the first operation.
    pub(crate) fn new(journal: &Journal) -> Self {
        let (names, contents) = number_files(&journal.base);
        let files = contents.into_iter().map(MediumFile::synced).collect();
        Self { names, changes: Vec::new(), files, applied: 0 }
    }

    /// Replays the journal up to and without operation `after`; never goes back.
    pub(crate) fn advance(&mut self, journal: &Journal, after: usize) {
        while self.applied < after {
            self.apply(&journal.ops[self.applied]);
            self.applied += 1;
        }
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { path, file } => {
                self.files.resize_with(file.0 + 1, MediumFile::default);
                self.change([(path.clone(), Some(Entry::File(*file)))]);
            }
            Op::CreateDir { path } => self.change([(path.clone(), Some(Entry::Directory))]),
            Op::Rename { from, to, file } => {
                let named = Some(Entry::File(*file));
                self.change([(from.clone(), None), (to.clone(), named)]);
            }
            Op::Unlink { path } => self.change([(path.clone(), None)]),
            Op::SyncDir { path } => self.sync_dir(path),
            Op::Write { file, offset, bytes } => {
                self.files[file.0].write(in_memory(*offset), bytes);
            }
            Op::SetLen { file, length } => self.files[file.0].set_len(in_memory(*length)),
            Op::SyncData { file } | Op::SyncAll { file } => self.files[file.0].sync(),
            Op::LosePages { file } => self.files[file.0].sectors.clear(),
            Op::Lock { file, owner, .. } => {
                self.files[file.0] = MediumFile::synced(Arc::new(owner.as_bytes().to_vec()));
            }
            Op::Unlock { .. } | Op::Mark(_) => {}
        }
    }

    fn change<const N: usize>(&mut self, sets: [(Arc<Path>, Option<Entry>); N]) {
        self.changes.push(NameChange { sets: sets.into() });
    }

    fn sync_dir(&mut self, directory: &Path) {
        let Self { names, changes, .. } = self;
        changes.retain(|change| {
            let settled = change.touches(directory);
            if settled {
                change.apply(names);
            }
            !settled
        });
    }
}

impl MediumFile {
    fn synced(content: Arc<Vec<u8>>) -> Self {
        Self { cache: content.to_vec(), durable: content, ..Self::default() }
    }

    fn write(&mut self, start: usize, bytes: &[u8]) {
        let before = self.cache.len();
        overwrite(&mut self.cache, start, bytes);
        self.note_length(before);
        self.note_sectors(start.min(before), start + bytes.len());
    }

    fn set_len(&mut self, length: usize) {
        let before = self.cache.len();
        self.cache.resize(length, 0);
        self.note_length(before);
        if length < before {
            // The rest of the last page is zeroed in the cache; the pages behind it are let go.
            let page_end = length.next_multiple_of(PAGE as usize);
            self.note_sectors(length, page_end.min(before));
        } else {
            self.note_sectors(before, length);
        }
    }

    fn note_length(&mut self, before: usize) {
        if self.cache.len() != before {
            push_bounded(&mut self.lengths, self.cache.len() as u64);
        }
    }

    /// Adds a pending writing of every sector between two offsets that differs from the one before.
    fn note_sectors(&mut self, start: usize, end: usize) {
        if start >= end {
            return;
        }
        for index in start / SECTOR..end.div_ceil(SECTOR) {
            let new = sector(&self.cache, index);
            let newest = self.sectors.get(&index).and_then(|writings| writings.last());
            let same = match newest {
                Some(newest) => *newest == new,
                None => sector(&self.durable, index) == new,
            };
            if !same {
                push_bounded(self.sectors.entry(index).or_default(), new);
            }
        }
    }

    fn sync(&mut self) {
        if self.sectors.is_empty() && self.lengths.is_empty() {
            return;
        }
        let durable = Arc::make_mut(&mut self.durable);
        for (index, writings) in std::mem::take(&mut self.sectors) {
            if let Some(newest) = writings.last() {
                overwrite(durable, index * SECTOR, &newest[..]);
            }
        }
        durable.resize(self.cache.len(), 0);
        self.lengths.clear();
    }

    /// Every length a power cut may leave, the durable one first and the newest last: those the
    /// calls set, and a growing file rounded to pages, down as write-back does and up.
    pub(crate) fn possible_lengths(&self) -> Vec<u64> {
        let durable = self.durable.len() as u64;
        let Some(newest) = self.lengths.last().copied() else { return vec![durable] };
        let mut lengths = vec![durable];
        let mut add = |length| {
            if length != newest && !lengths.contains(&length) {
                lengths.push(length);
            }
        };
        self.lengths.iter().copied().for_each(&mut add);
        if newest > durable {
            add((newest / PAGE * PAGE).max(durable));
            add(newest.next_multiple_of(PAGE));
        }
        // Grown and cut back, the newest is the durable one again and stands at both ends.
        if newest != durable || lengths.len() > 1 {
            lengths.push(newest);
        }
        lengths
    }
}

/// Adds the newest of several pending values, and forgets one from the middle when byte-wise writing
/// has made too many: the first and the last ones tell the most.
fn push_bounded<T>(pending: &mut Vec<T>, newest: T) {
    if pending.len() == MOST_PENDING {
        pending.remove(MOST_PENDING / 2);
    }
    pending.push(newest);
}

/// Sector `index` of `content`.
pub(crate) fn sector(content: &[u8], index: usize) -> Sector {
    let mut sector = [0; SECTOR];
    let rest = content.get(index * SECTOR..).unwrap_or_default();
    let count = rest.len().min(SECTOR);
    sector[..count].copy_from_slice(&rest[..count]);
    sector
}

fn in_memory(offset: u64) -> usize {
    usize::try_from(offset).expect("the disk in memory took the same offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &[u8]) -> MediumFile {
        MediumFile::synced(Arc::new(content.to_vec()))
    }

    #[test]
    fn writing_what_is_there_leaves_nothing_pending() {
        let mut file = file(&[7; 1500]);
        file.write(300, &[7; 900]);
        assert!(file.sectors.is_empty() && file.lengths.is_empty());
    }

    #[test]
    fn zeros_behind_the_end_are_a_length_and_no_sector() {
        let mut file = file(&[7; 512]);
        file.write(512, &[0; 5000]);
        assert!(file.sectors.is_empty());
        assert_eq!(file.possible_lengths(), [512, 4096, 8192, 5512]);
    }

    #[test]
    fn lost_pages_stay_lost_through_the_next_sync() {
        let mut file = file(&[1; 600]);
        file.write(0, &[2; 600]);
        file.sectors.clear();
        file.sync();
        assert_eq!(*file.durable, [1; 600]);
        file.write(0, &[2; 600]);
        file.sync();
        assert_eq!(*file.durable, [2; 600], "writing them again brings them back");
    }

    #[test]
    fn cutting_and_growing_again_reads_zeros() {
        let mut file = file(&[1; 10_000]);
        file.set_len(100);
        file.set_len(9000);
        file.sync();
        assert_eq!(file.durable.len(), 9000);
        assert!(file.durable[..100].iter().all(|byte| *byte == 1));
        assert!(file.durable[100..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_sector_written_twice_has_two_writings() {
        let mut file = file(&[0; 512]);
        file.write(0, &[1; 10]);
        file.write(10, &[2; 10]);
        assert_eq!(file.sectors[&0].len(), 2);
        file.sync();
        assert_eq!(
            file.durable[..21],
            [[1; 10], [2; 10]].concat().into_iter().chain([0]).collect::<Vec<u8>>()
        );
    }
}
