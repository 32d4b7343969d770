//! Content addresses of the log's segments.
//!
//! A segment is sealed when the next one has begun: its file never changes again, so it has a
//! content address (`spec/bmt.md`), by which anybody may fetch and check any part of it. The
//! addresses of its chunks are kept beside the log and can be thrown away.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use countersign_core::bmt::{Bmt, ChunkAddress};
use countersign_core::frame::SegmentNumber;

use crate::bmt::{BmtError, ChunkIndex, SteadyFile, hash_reader, write_index};
use crate::store::ShardPaths;
use crate::store::disk::RealDisk;
use crate::store::segment_reader::list_segments;

/// A segment whose file never changes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedSegment {
    /// Which.
    pub number: SegmentNumber,
    /// Bytes of its file.
    pub size: u64,
    /// The content address of its file.
    pub address: ChunkAddress,
}

/// What becomes of an address that was not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// It is kept beside the log, where the shard's directory can be written to.
    Yes,
    /// Nothing in the shard's directory changes.
    No,
}

/// Every sealed segment of the shard in `directory`, oldest first.
///
/// A segment whose address is not known is hashed: some 0.3 s for 256 MiB on two cores.
pub fn sealed_segments(
    directory: &Path,
    remember: Remember,
) -> Result<Vec<SealedSegment>, BmtError> {
    let paths = ShardPaths::new(directory);
    let (numbers, _) = list_segments(&RealDisk, &paths).map_err(BmtError::reading(directory))?;
    let Some((_open, sealed)) = numbers.split_last() else { return Ok(Vec::new()) };
    sealed.iter().map(|number| sealed_segment(&paths, *number, remember)).collect()
}

fn sealed_segment(
    paths: &ShardPaths,
    number: SegmentNumber,
    remember: Remember,
) -> Result<SealedSegment, BmtError> {
    let bmt = Bmt::swarm();
    let mut file = SteadyFile::open(&paths.segment(number))?;
    let size = file.len();
    let stored = open_chunk_index(&bmt, paths, number, &file).map(|index| index.address());
    let address = if let Some(address) = stored {
        address
    } else {
        let made = match remember {
            Remember::Yes => make_chunk_index(&bmt, paths, number, &mut file).map(Some),
            Remember::No => Ok(None),
        };
        match made {
            Ok(Some(address)) => address,
            // A copy that cannot be written to is hashed every time.
            Ok(None) | Err(BmtError::Io { is_writing: true, .. }) => {
                let mut file = SteadyFile::open(&paths.segment(number))?;
                let hashed = hash_reader(&bmt, &mut file, threads(), &|_| {})?;
                file.check_unchanged(hashed.len)?;
                hashed.address
            }
            Err(error) => return Err(error),
        }
    };
    Ok(SealedSegment { number, size, address })
}

/// The chunk addresses of a segment, made if they are not there.
pub(super) fn chunk_index<'b>(
    bmt: &'b Bmt,
    paths: &ShardPaths,
    number: SegmentNumber,
    file: &mut SteadyFile,
) -> Result<ChunkIndex<'b>, BmtError> {
    if let Some(index) = open_chunk_index(bmt, paths, number, file) {
        return Ok(index);
    }
    make_chunk_index(bmt, paths, number, file)?;
    ChunkIndex::open(bmt, &paths.chunk_index(number), file)
}

/// The stored chunk addresses of a segment, if they are of use: not older than the file.
fn open_chunk_index<'b>(
    bmt: &'b Bmt,
    paths: &ShardPaths,
    number: SegmentNumber,
    file: &SteadyFile,
) -> Option<ChunkIndex<'b>> {
    let path = paths.chunk_index(number);
    let made = fs::metadata(&path).ok()?.modified().ok()?;
    let changed = fs::metadata(file.path()).ok()?.modified().ok()?;
    if made < changed {
        return None;
    }
    ChunkIndex::open(bmt, &path, file).ok()
}

fn make_chunk_index(
    bmt: &Bmt,
    paths: &ShardPaths,
    number: SegmentNumber,
    file: &mut SteadyFile,
) -> Result<ChunkAddress, BmtError> {
    let path = paths.chunk_index(number);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(BmtError::writing(directory))?;
    }
    write_index(bmt, file, &path, threads(), &|_| {})
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
