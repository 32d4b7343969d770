//! The index of a file's chunk addresses: what makes proofs without hashing the file again.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use countersign_core::bmt::{
    Bmt, ChunkAddress, Each, Expected, FileProof, Finished, IndexError, IndexLayout, MakeError,
    MultiProof, NewChunk, Plain, ReadAt, SegmentIndex, Slot, StoredIndex,
};

use super::hashing::hash_into;
use super::proving::{read_leaf, read_range, shape_of};
use super::{BmtError, SteadyFile};

/// Makes the index of a file, 1/128 of its size and a little, in constant memory; the file's
/// address. The header is written last, so that nobody takes one for whole that is not.
pub fn write_index(
    bmt: &Bmt,
    file: &mut SteadyFile,
    path: &Path,
    threads: NonZeroUsize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<ChunkAddress, BmtError> {
    let shape = shape_of(bmt, file)?;
    let layout = IndexLayout::new(shape);
    let out = OpenOptions::new().create(true).truncate(true).write(true).open(path);
    let out = out.map_err(BmtError::writing(path))?;
    let failed = || BmtError::writing(path);
    // A file that grows meanwhile has more chunks than there are places.
    let changed = || BmtError::Changed { path: file.path().to_owned() };
    let put = |slot: Slot, address: &ChunkAddress| {
        let places = layout.places(slot);
        let mut written = places.iter().map(|at| out.write_all_at(address.as_ref(), *at));
        written.try_for_each(|written| written.map_err(failed()))
    };
    let last = shape.leaves().saturating_sub(1);
    let on_leaves = &mut |first: u64, leaves: &[ChunkAddress]| {
        let offset = layout.offset(Slot::leaf(first)).ok_or_else(changed)?;
        let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect();
        out.write_all_at(&bytes, offset).map_err(failed())?;
        let at_end = last.checked_sub(first).and_then(|at| leaves.get(usize::try_from(at).ok()?));
        // The last leaf may be a carrier, which stands on every level that it climbs through.
        at_end.map_or(Ok(()), |leaf| put(Slot::leaf(last), leaf))
    };
    let above = Each(|chunk: &NewChunk<'_>| put(chunk.slot, &chunk.address));
    let hashed = hash_into(bmt, SteadyReader(file.inner()), threads, on_leaves, above, progress);
    let hashed = hashed.and_then(|Finished { address, len, .. }| {
        file.check_unchanged(len)?;
        out.write_all_at(&layout.header(&address), 0).map_err(failed())?;
        Ok(address)
    });
    if hashed.is_err() {
        // Without a header it is no index, even if it cannot be removed.
        let _kept = fs::remove_file(path);
    }
    hashed
}

/// Reads a file through a shared reference.
struct SteadyReader<'a>(&'a File);

impl io::Read for SteadyReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.0;
        file.read(buffer)
    }
}

/// The stored index of a file, open.
///
/// The header and the size are checked when it is opened, and every proof before it is handed out.
#[derive(Debug)]
pub struct ChunkIndex<'b> {
    bmt: &'b Bmt,
    path: PathBuf,
    stored: StoredIndex<'b, Plain, IndexFile>,
}

#[derive(Debug)]
struct IndexFile(File);

impl ReadAt for IndexFile {
    type Error = io::Error;

    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }
}

impl<'b> ChunkIndex<'b> {
    /// Opens the index at `path`, which must be of this geometry and of a file as long as `file`.
    pub fn open(bmt: &'b Bmt, path: &Path, file: &SteadyFile) -> Result<Self, BmtError> {
        let opened = File::open(path).map_err(BmtError::reading(path))?;
        let size = opened.metadata().map_err(BmtError::reading(path))?.len();
        let stored = StoredIndex::open(bmt, IndexFile(opened), size);
        let stored = stored.map_err(|error| unusable(path, error))?;
        if stored.shape().len() != file.len() {
            return Err(unusable(path, IndexError::Stale));
        }
        Ok(Self { bmt, path: path.to_owned(), stored })
    }

    /// The address of the file.
    pub const fn address(&self) -> ChunkAddress {
        self.stored.address()
    }

    /// Proves the segments from `first` to `last`, with the sisters that they share once: reads their
    /// leaves of the file and a few runs of the index.
    pub fn prove_range(
        &mut self,
        file: &SteadyFile,
        (first, last): (SegmentIndex, SegmentIndex),
    ) -> Result<MultiProof, BmtError> {
        let segments: Vec<_> = (first.0..=last.0).map(SegmentIndex).collect();
        let leaf = |range: Range<u64>| read_range(file, range);
        let shape = self.stored.shape();
        let proof = self.bmt.prove_segments(&shape, &segments, leaf, &mut self.stored);
        let proof = proof.map_err(|error| match error {
            MakeError::Prove(error) => error.into(),
            MakeError::Source(error) => BmtError::reading(&self.path)(error),
            _ => unusable(&self.path, IndexError::Stale),
        })?;
        let verified = self.bmt.verify_segments(self.address(), &proof, Expected::len(shape.len()));
        verified.map_err(|_| unusable(&self.path, IndexError::Stale))?;
        Ok(proof)
    }

    /// A proof of one segment: reads a leaf of the file and a few runs of the index.
    pub fn prove(&mut self, file: &SteadyFile, index: SegmentIndex) -> Result<FileProof, BmtError> {
        let leaf = read_leaf(file, &self.stored.shape(), index)?;
        self.stored.prove(index, &leaf).map_err(|error| unusable(&self.path, error))
    }
}

fn unusable(path: &Path, error: IndexError<io::Error>) -> BmtError {
    match error {
        IndexError::Read(error) => BmtError::reading(path)(error),
        IndexError::Prove(error) => error.into(),
        error => BmtError::Index {
            path: path.to_owned(),
            code: error.code(),
            message: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bmt::prove_segment;

    const THREADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| ((i * 31) >> 3).to_le_bytes()[0]).collect()
    }

    #[test]
    fn an_index_proves_what_the_whole_file_does() {
        let directory = tempfile::tempdir().unwrap();
        let bmt = Bmt::swarm();
        // Carriers on one level and on two, full groups, a single leaf.
        for leaves in [1, 2, 127, 128, 129, 130, 257, 385] {
            let content = bytes(leaves * 4_096 - 1_000);
            let (path, index) = (directory.path().join("file"), directory.path().join("index"));
            fs::write(&path, &content).unwrap();
            let mut file = SteadyFile::open(&path).unwrap();
            let address = write_index(&bmt, &mut file, &index, THREADS, &|_| {}).unwrap();
            let in_memory = bmt.file(&content).unwrap();
            assert_eq!(address, in_memory.address());
            assert_eq!(fs::read(&index).unwrap(), in_memory.tree().to_index());
            let mut stored = ChunkIndex::open(&bmt, &index, &file).unwrap();
            assert_eq!(stored.address(), address);
            let last = in_memory.shape().segments() - 1;
            for segment in [0, last / 2, last] {
                let proof = stored.prove(&file, SegmentIndex(segment)).unwrap();
                assert_eq!(proof, in_memory.prove(SegmentIndex(segment)).unwrap());
                let mut file = SteadyFile::open(&path).unwrap();
                let index = SegmentIndex(segment);
                let whole = prove_segment(&bmt, &mut file, index, THREADS, &|_| {}).unwrap();
                assert_eq!(whole, (address, proof.clone()));
                bmt.verify_file_proof(address, &proof, Expected::len(file.len())).unwrap();
            }
            let beyond = stored.prove(&file, SegmentIndex(last + 1)).unwrap_err();
            assert_eq!(beyond.code(), "index-out-of-range");
        }
    }

    #[test]
    fn a_changed_file_or_index_gives_an_error_and_no_proof() {
        let directory = tempfile::tempdir().unwrap();
        let (path, index) = (directory.path().join("file"), directory.path().join("index"));
        let content = bytes(700_000);
        fs::write(&path, &content).unwrap();
        let bmt = Bmt::swarm();
        let mut file = SteadyFile::open(&path).unwrap();
        write_index(&bmt, &mut file, &index, THREADS, &|_| {}).unwrap();
        let whole = fs::read(&index).unwrap();

        let mut other = content.clone();
        other[100_000] ^= 1;
        fs::write(&path, &other).unwrap();
        let file = SteadyFile::open(&path).unwrap();
        let mut stored = ChunkIndex::open(&bmt, &index, &file).unwrap();
        let error = stored.prove(&file, SegmentIndex(100_000 / 32)).unwrap_err();
        assert_eq!(error.code(), "chunk-index-stale");

        fs::write(&path, &content[1..]).unwrap();
        let shorter = SteadyFile::open(&path).unwrap();
        assert_eq!(
            ChunkIndex::open(&bmt, &index, &shorter).unwrap_err().code(),
            "chunk-index-stale"
        );

        fs::write(&path, &content).unwrap();
        let file = SteadyFile::open(&path).unwrap();
        for at in [0, 40, 100, 200, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&index, &damaged).unwrap();
            let proof = ChunkIndex::open(&bmt, &index, &file)
                .and_then(|mut stored| stored.prove(&file, SegmentIndex(5)));
            assert!(proof.is_err(), "byte {at}");
        }
        fs::write(&index, &whole[..whole.len() - 1]).unwrap();
        let error = ChunkIndex::open(&bmt, &index, &file).unwrap_err();
        assert_eq!(error.code(), "chunk-index-size");
    }

    #[test]
    fn a_file_that_is_written_to_meanwhile_has_no_address() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, bytes(3_000_000)).unwrap();
        let bmt = Bmt::swarm();
        let append = || {
            let mut out = OpenOptions::new().append(true).open(&path).unwrap();
            io::Write::write_all(&mut out, b"more").unwrap();
        };
        let grow_once = std::sync::Once::new();
        let mut file = SteadyFile::open(&path).unwrap();
        let index = directory.path().join("index");
        let error = write_index(&bmt, &mut file, &index, THREADS, &|_| grow_once.call_once(append));
        assert_eq!(error.unwrap_err().code(), "file-changed");
        assert!(!index.exists());

        let grow_once = std::sync::Once::new();
        let mut file = SteadyFile::open(&path).unwrap();
        let error = prove_segment(&bmt, &mut file, SegmentIndex(1), THREADS, &|_| {
            grow_once.call_once(append);
        });
        assert_eq!(error.unwrap_err().code(), "file-changed");
    }
}
