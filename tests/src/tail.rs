//! Damaged last groups: what may stand where a group of records should.
//!
//! A power cut does not only leave old or new sectors. Where blocks were never written a medium
//! shows zeros, erased flash (0xFF), or what the blocks held in an earlier life, and valid records
//! of another place are the most treacherous of these. For every subset of the sectors of the last
//! group, each of these fills, and the file ending before the group, after it, or at the page border
//! behind it, this makes the image. Bytes in front of the group stay, even within its first sector:
//! they were durable before it began.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::crash::{Announce, Seen, Tally};
use crate::image::{Image, Node};
use crate::journal::{Entry, FileId};
use crate::medium::{PAGE, SECTOR, sector};
use crate::points::{Sampling, each_point};
use crate::space::Space;

/// What stands in the sectors that did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros.
    Zeros,
    /// 0xFF.
    Ones,
    /// What stands as many sectors further to the front of this file as the group has; where the
    /// file does not reach so far, it is read again from its start.
    Older,
}

impl Fill {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Zeros, Self::Ones, Self::Older];
}

/// One damaged image.
#[derive(Clone, Debug)]
pub struct TailState {
    /// What replaces the missing sectors.
    pub fill: Fill,
    /// The length of the file, then for each sector of the group whether it arrived (1) or not.
    pub point: Box<[u8]>,
    /// The damaged image.
    pub image: Image,
}

impl fmt::Display for TailState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "last group filled up with {:?}; length, sectors: {:?}", self.fill, self.point)
    }
}

/// Hands every damage of the bytes of `path` from `group_start` on to `check`, each once.
///
/// # Panics
///
/// When `image` has no such file, or the file ends before `group_start`.
pub fn for_each_tail(
    image: &Image,
    path: &Path,
    group_start: usize,
    sampling: Sampling,
    mut check: impl FnMut(&TailState),
) -> Tally {
    let whole = image.file(path).expect("the image has the file").clone();
    assert!(group_start <= whole.len(), "the group begins within the file");
    let lengths = lengths(group_start, whole.len());
    let seen = Seen::default();
    let mut tally = Tally::default();
    for fill in Fill::ALL {
        let missing = missing(&whole, group_start, fill);
        let sectors = (group_start / SECTOR..whole.len().div_ceil(SECTOR))
            .map(|index| (index, vec![arrived(&whole, &missing, index)]))
            .collect();
        let file = FileId(0);
        let names = BTreeMap::from([(Arc::from(Path::new("group")), Entry::File(file))]);
        let mut space = Space::with_names(names, Vec::new());
        space.add_file(file, Arc::new(missing), &lengths, sectors);
        each_point(&mut space, sampling, fill as u64, |space, point| {
            let Some(hash) = space.hash(point) else { return };
            tally.drawn += 1;
            if !seen.insert(hash) {
                return;
            }
            tally.distinct += 1;
            let mut damaged = image.clone();
            if let Some(Node::File(bytes)) = space.image(point).nodes.pop_first().map(|(_, n)| n) {
                damaged.insert(path, bytes);
            }
            let state = TailState { fill, point: point.into(), image: damaged };
            let announce = Announce(&state);
            check(&state);
            drop(announce);
        });
    }
    tally
}

/// Before the group, at the page border behind it, and after it.
fn lengths(group_start: usize, end: usize) -> Vec<u64> {
    let mut lengths = vec![group_start as u64, (end as u64).next_multiple_of(PAGE), end as u64];
    lengths.dedup();
    lengths
}

/// The file up to the page border behind it when nothing of the group arrived.
fn missing(whole: &[u8], group_start: usize, fill: Fill) -> Vec<u8> {
    let first = group_start / SECTOR;
    let back = (whole.len().div_ceil(SECTOR) - first) * SECTOR;
    let durable = &whole[..group_start];
    let end = whole.len().next_multiple_of(PAGE as usize);
    let older = |offset: usize| {
        let from = offset.checked_sub(back).unwrap_or(offset);
        durable.get(from % group_start.max(1)).copied().unwrap_or(0)
    };
    let filled = (group_start..end).map(|offset| match fill {
        Fill::Zeros => 0,
        Fill::Ones => 0xff,
        Fill::Older => older(offset),
    });
    durable.iter().copied().chain(filled).collect()
}

/// A sector of the group that arrived: behind the end of the group it is as if it had not.
fn arrived(whole: &[u8], missing: &[u8], index: usize) -> [u8; SECTOR] {
    let mut sector = sector(missing, index);
    let bytes = &whole[index * SECTOR..whole.len().min((index + 1) * SECTOR)];
    sector[..bytes.len()].copy_from_slice(bytes);
    sector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subset_fill_and_length_appears_and_the_front_never_changes() {
        let mut image = Image::new();
        let bytes: Vec<u8> = (0..1700u32).map(|at| (at % 251) as u8).collect();
        image.insert("/log", bytes.clone());
        let mut whole = 0;
        let mut lengths = std::collections::BTreeMap::new();
        let tally = for_each_tail(&image, Path::new("/log"), 700, Sampling::default(), |state| {
            let damaged = state.image.file(Path::new("/log")).unwrap();
            assert_eq!(damaged[..700], bytes[..700]);
            whole += usize::from(**damaged == bytes);
            *lengths.entry(damaged.len()).or_insert(0) += 1;
        });
        // Sectors 1 (twice when the file ends within it), 2 and 3, of which the whole group is the same under each fill; behind its
        // end the page keeps the fill.
        assert_eq!(lengths, BTreeMap::from([(700, 1), (1700, 3 * 7 + 1), (4096, 3 * 8)]));
        assert_eq!(whole, 1);
        assert_eq!(tally, Tally { drawn: 3 * (2 + 8 + 8), distinct: 46 + 1 });
    }
}
