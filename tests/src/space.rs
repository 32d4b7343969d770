//! Every state one power cut may leave, as a space with an axis for each thing that is pending.
//!
//! A point picks a value on every axis: 0 is "never reached the medium", the largest is "all of it
//! did". Axes are the pending changes of names, then for each file its length and the writings of
//! each sector. A sector behind the chosen length cannot be seen, and a file without a name neither;
//! points that differ only there are the same state, and only the lowest of them counts.
//!
//! Points are told apart by a hash that is kept per sector, so that a state seen before is
//! recognised without building it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::image::{Image, Node, is_root};
use crate::journal::{Entry, FileId, Names};
use crate::medium::{Medium, MediumFile, NameChange, SECTOR, Sector, sector};
use crate::rng::mix;

/// What one file may hold.
#[derive(Debug)]
pub(crate) struct FileAxes {
    pub(crate) file: FileId,
    /// Where its axes begin: first the length, then the sectors.
    pub(crate) first: usize,
    base: Arc<Vec<u8>>,
    lengths: Vec<LengthChoice>,
    /// Sector numbers and what they may hold instead of what is in `base`.
    sectors: Vec<(usize, Vec<Sector>)>,
    /// The last content built, and its hash: in a walk over all points few files change at once.
    built: Option<(u64, Arc<Vec<u8>>)>,
}

#[derive(Debug)]
struct LengthChoice {
    length: u64,
    /// Hash of `base` at this length.
    hash: u64,
    /// Per sector axis what each of its values adds to the hash; empty where it cannot be seen.
    adds: Vec<Vec<u64>>,
}

/// The directory entries of a state.
#[derive(Debug)]
struct Naming {
    values: Vec<u8>,
    entries: Vec<(Arc<Path>, Entry, u64)>,
    /// Per [`FileAxes`]: has it a name?
    visible: Vec<bool>,
}

/// The space of states at one instant.
#[derive(Debug)]
pub(crate) struct Space {
    names: Names,
    changes: Vec<NameChange>,
    pub(crate) files: Vec<FileAxes>,
    /// Files with nothing pending, by id, and their hashes.
    settled: BTreeMap<FileId, (Arc<Vec<u8>>, u64)>,
    /// Values on each axis.
    pub(crate) sizes: Vec<u8>,
    naming: Option<Naming>,
}

impl Space {
    /// The states after the operations `medium` has seen. Files no name can lead to have no axes.
    pub(crate) fn of(medium: &Medium) -> Self {
        let mut space = Self::with_names(medium.names.clone(), medium.changes.clone());
        let named_later =
            medium.changes.iter().flat_map(|change| &change.sets).filter_map(|(_, entry)| *entry);
        let mut reachable: Vec<FileId> = (medium.names.values().copied().chain(named_later))
            .filter_map(|entry| match entry {
                Entry::File(file) => Some(file),
                Entry::Directory => None,
            })
            .collect();
        reachable.sort_unstable();
        reachable.dedup();
        for file in reachable {
            let MediumFile { durable, sectors, .. } = &medium.files[file.0];
            let sectors = sectors.iter().map(|(index, all)| (*index, all.clone())).collect();
            let lengths = medium.files[file.0].possible_lengths();
            space.add_file(file, durable.clone(), &lengths, sectors);
        }
        space
    }

    /// A space whose only axes so far are changes of names.
    pub(crate) fn with_names(names: Names, changes: Vec<NameChange>) -> Self {
        let sizes = vec![2; changes.len()];
        Self { names, changes, files: Vec::new(), settled: BTreeMap::new(), sizes, naming: None }
    }

    /// Adds what a file may hold: `base` at one of `lengths`, longer than it filled up with zeros,
    /// with any of the writings in `sectors` over it.
    pub(crate) fn add_file(
        &mut self,
        file: FileId,
        base: Arc<Vec<u8>>,
        lengths: &[u64],
        sectors: Vec<(usize, Vec<Sector>)>,
    ) {
        if sectors.is_empty() && *lengths == [base.len() as u64] {
            let hash = content_hash(&base, base.len() as u64);
            self.settled.insert(file, (base, hash));
            return;
        }
        let first = self.sizes.len();
        self.sizes.push(axis(lengths.len()));
        self.sizes.extend(sectors.iter().map(|(_, writings)| axis(writings.len() + 1)));
        let lengths =
            lengths.iter().map(|length| LengthChoice::new(*length, &base, &sectors)).collect();
        self.files.push(FileAxes { file, first, base, lengths, sectors, built: None });
    }

    /// Product of the sizes of all axes but the lengths.
    pub(crate) fn combinations(&self) -> u128 {
        let is_length = |axis| self.files.iter().any(|file| file.first == axis);
        let sizes = self.sizes.iter().enumerate().filter(|(axis, _)| !is_length(*axis));
        sizes.fold(1, |product, (_, size)| product.saturating_mul(u128::from(*size)))
    }

    /// Axes of names and lengths: few, and they decide what else can be seen.
    pub(crate) fn outline(&self) -> Vec<usize> {
        (0..self.changes.len()).chain(self.files.iter().map(|file| file.first)).collect()
    }

    /// The hash of the state at `point`; `None` when a lower point is the same state.
    pub(crate) fn hash(&mut self, point: &[u8]) -> Option<u64> {
        self.name(point);
        let naming = self.naming.as_ref()?;
        let mut hashes = Vec::with_capacity(self.files.len());
        for (file, visible) in self.files.iter().zip(&naming.visible) {
            let values = &point[file.first..=file.first + file.sectors.len()];
            if *visible {
                hashes.push((file.file, file.hash(values)?));
            } else if values.iter().any(|value| *value != 0) {
                return None;
            }
        }
        let mut total = 0u64;
        for (_, entry, path_hash) in &naming.entries {
            let content = match entry {
                Entry::Directory => 1,
                Entry::File(id) => match hashes.iter().find(|(file, _)| file == id) {
                    Some((_, hash)) => *hash,
                    None => self.settled.get(id).map_or(0, |(_, hash)| *hash),
                },
            };
            total = total.wrapping_add(mix(path_hash ^ mix(content)));
        }
        Some(total)
    }

    /// The state at `point`.
    pub(crate) fn image(&mut self, point: &[u8]) -> Image {
        self.name(point);
        let mut image = Image::new();
        for (path, entry, _) in self.naming.iter().flat_map(|naming| &naming.entries) {
            let node = match entry {
                Entry::Directory => Node::Directory,
                Entry::File(id) => match self.files.iter_mut().find(|file| file.file == *id) {
                    Some(file) => Node::File(file.content(point)),
                    None => Node::File(self.settled[id].0.clone()),
                },
            };
            image.nodes.insert(path.clone(), node);
        }
        image
    }

    /// Works out the directory entries at `point`, unless they are those of the point before.
    fn name(&mut self, point: &[u8]) {
        let values = &point[..self.changes.len()];
        if self.naming.as_ref().is_some_and(|naming| naming.values == values) {
            return;
        }
        let mut names = self.names.clone();
        for (change, _) in self.changes.iter().zip(values).filter(|(_, value)| **value != 0) {
            change.apply(&mut names);
        }
        let mut entries: Vec<(Arc<Path>, Entry, u64)> = Vec::with_capacity(names.len());
        // A directory sorts before what is in it: one pass drops all that hangs in the air.
        for (path, entry) in names {
            let parent = path.parent().unwrap_or(Path::new(""));
            let there = is_root(parent)
                || entries.iter().any(|(path, at, _)| **path == *parent && *at == Entry::Directory);
            if there {
                let hash = bytes_hash(path.as_os_str().as_encoded_bytes());
                entries.push((path, entry, hash));
            }
        }
        let named =
            |file: &FileAxes| entries.iter().any(|(_, entry, _)| *entry == Entry::File(file.file));
        let visible = self.files.iter().map(named).collect();
        self.naming = Some(Naming { values: values.to_vec(), entries, visible });
    }
}

impl FileAxes {
    /// Hash of the content the values on this file's axes stand for, if they are the lowest ones.
    fn hash(&self, values: &[u8]) -> Option<u64> {
        let choice = &self.lengths[usize::from(values[0])];
        let mut hash = choice.hash;
        for (adds, value) in choice.adds.iter().zip(&values[1..]) {
            match adds.get(usize::from(*value)) {
                Some(add) => hash = hash.wrapping_add(*add),
                None if *value == 0 => {}
                None => return None,
            }
        }
        Some(hash)
    }

    fn content(&mut self, point: &[u8]) -> Arc<Vec<u8>> {
        let values = &point[self.first..=self.first + self.sectors.len()];
        let hash = self.hash(values).unwrap_or_default();
        if let Some((_, content)) = self.built.as_ref().filter(|(built, _)| *built == hash) {
            return content.clone();
        }
        let length = self.lengths[usize::from(values[0])].length as usize;
        let mut content = Vec::with_capacity(length);
        content.extend_from_slice(&self.base[..self.base.len().min(length)]);
        content.resize(length, 0);
        for ((index, writings), value) in self.sectors.iter().zip(&values[1..]) {
            let (Some(choice), Some(place)) =
                (usize::from(*value).checked_sub(1), content.get_mut(index * SECTOR..))
            else {
                continue;
            };
            let count = place.len().min(SECTOR);
            place[..count].copy_from_slice(&writings[choice][..count]);
        }
        let content = Arc::new(content);
        self.built = Some((hash, content.clone()));
        content
    }
}

impl LengthChoice {
    fn new(length: u64, base: &[u8], sectors: &[(usize, Vec<Sector>)]) -> Self {
        let adds = sectors.iter().map(|(index, writings)| {
            let Some(seen) = length.checked_sub((index * SECTOR) as u64).filter(|seen| *seen > 0)
            else {
                return Vec::new();
            };
            let seen = seen.min(SECTOR as u64) as usize;
            let base_hash = sector_hash(*index, &sector(base, *index)[..seen]);
            let hash_of =
                |sector: &[u8]| sector_hash(*index, &sector[..seen]).wrapping_sub(base_hash);
            std::iter::once(0).chain(writings.iter().map(|writing| hash_of(&writing[..]))).collect()
        });
        Self { length, hash: content_hash(base, length), adds: adds.collect() }
    }
}

/// Hash of `base` cut or filled up with zeros to `length`: a sum over its sectors, so that one can
/// be exchanged. Zeros add nothing; the length makes up for it.
fn content_hash(base: &[u8], length: u64) -> u64 {
    let seen = base.len().min(usize::try_from(length).unwrap_or(usize::MAX));
    let sectors = base[..seen].chunks(SECTOR).enumerate();
    sectors.fold(mix(length), |sum, (index, bytes)| sum.wrapping_add(sector_hash(index, bytes)))
}

fn sector_hash(index: usize, bytes: &[u8]) -> u64 {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if end == 0 { 0 } else { mix(bytes_hash(&bytes[..end]) ^ mix(index as u64)) }
}

/// Multiplies word by word and folds the product, as `wyhash` does; not for adversaries.
fn bytes_hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let seed = mix(bytes.len() as u64);
    bytes.chunks(8).fold(seed, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let mixed = hash.rotate_left(23) ^ u64::from_le_bytes(word);
        let product = u128::from(mixed) * u128::from(ODD);
        (product as u64) ^ ((product >> 64) as u64)
    })
}

fn axis(size: usize) -> u8 {
    u8::try_from(size).expect("the medium keeps few pending values")
}
