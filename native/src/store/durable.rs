//! The only file that syncs and renames. `DURABILITY.md` names the rule behind each function.

use std::io;
use std::path::Path;

use countersign_core::frame::{Place, SegmentNumber};

use super::disk::{Access, Disk, DiskFile, read_full, write_full};
use super::error::StoreError;
use super::paths::ShardPaths;

/// Bytes copied at a time.
const COPY_SIZE: usize = 1024 * 1024;
/// Recoveries that may keep bytes from the same place before something else must be wrong.
const TORN_ATTEMPTS: u32 = 1_000;

/// Why a group did not become durable.
#[derive(Debug)]
pub(super) enum CommitError {
    /// It was taken back; the file is as before.
    Undone(StoreError),
    /// Nobody knows what the medium holds.
    Poisoned(StoreError),
}

/// W1, W4: writes `bytes` at `offset`, where the file's content ends, and syncs.
///
/// `ahead` zeros behind them go along in the same sync (W6): the groups that will overwrite them
/// change no metadata, which makes their syncs cheaper by a third. How many did; a disk without
/// room for them still takes the group.
pub(super) fn write_group(
    file: &dyn DiskFile,
    path: &Path,
    bytes: &[u8],
    offset: u64,
    ahead: u64,
) -> Result<u64, CommitError> {
    if let Err(error) = write_full(file, bytes, offset) {
        let cause = StoreError::io("write to", path, error);
        return Err(match file.set_len(offset).and_then(|()| file.sync_data()) {
            Ok(()) => CommitError::Undone(cause),
            Err(error) => {
                CommitError::Poisoned(StoreError::io("take back a write to", path, error))
            }
        });
    }
    let zeros = vec![0; usize::try_from(ahead).unwrap_or(0)];
    let is_ahead = write_full(file, &zeros, offset + bytes.len() as u64).is_ok();
    // W2: after a failed sync a second one may succeed and mean nothing.
    file.sync_data().map_err(|error| CommitError::Poisoned(StoreError::io("sync", path, error)))?;
    Ok(if is_ahead { ahead } else { 0 })
}

/// W3: writes what recovery kept once more and syncs, since the page cache may show bytes that a
/// failed sync never brought to the medium.
pub(super) fn rewrite(
    disk: &dyn Disk,
    paths: &ShardPaths,
    from: Place,
    end: u64,
) -> Result<(), StoreError> {
    let path = paths.segment(from.segment);
    let file = disk.open(&path, Access::Write).map_err(|e| StoreError::io("open", &path, e))?;
    copy_range(&*file, &path, from.offset..end, &*file, &path, from.offset)?;
    file.sync_data().map_err(|e| StoreError::io("sync", &path, e))
}

/// F1: creates a segment, and makes file and name durable before anything is written to it.
pub(super) fn create_segment(
    disk: &dyn Disk,
    paths: &ShardPaths,
    number: SegmentNumber,
) -> Result<Box<dyn DiskFile>, CommitError> {
    let path = paths.segment(number);
    let file = disk
        .create_new(&path)
        .map_err(|error| CommitError::Undone(StoreError::io("create", &path, error)))?;
    file.sync_all().map_err(|error| CommitError::Poisoned(StoreError::io("sync", &path, error)))?;
    sync_directory(disk, paths.directory()).map_err(CommitError::Poisoned)?;
    Ok(file)
}

/// F1, W6: turns the pre-filled file, whose zeros are durable, into a segment.
pub(super) fn adopt_segment(
    disk: &dyn Disk,
    paths: &ShardPaths,
    number: SegmentNumber,
) -> Result<(), CommitError> {
    let path = paths.segment(number);
    disk.rename(&paths.prefill(), &path)
        .map_err(|error| CommitError::Undone(StoreError::io("rename to", &path, error)))?;
    sync_directory(disk, paths.directory()).map_err(CommitError::Poisoned)
}

/// Writes a file that must not exist, mode 0600; when this returns, it and its name are durable. A
/// file that was written in part only is removed, so that the next try finds the name free.
pub(crate) fn write_new_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = disk.create_new(path)?;
    let written = write_full(&*file, bytes, 0)
        .and_then(|()| file.sync_all())
        .and_then(|()| disk.sync_dir(directory_of(path)));
    if written.is_err() {
        let _stays = disk.unlink(path);
    }
    written
}

/// The directory that holds `path`; `.` for a bare name.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// W6: creates the file that is to be the next segment.
pub(super) fn create_prefill(disk: &dyn Disk, paths: &ShardPaths) -> io::Result<Box<dyn DiskFile>> {
    let file = disk.create_new(&paths.prefill())?;
    file.sync_all()?;
    Ok(file)
}

/// W6: writes zeros at `offset` and makes them durable.
pub(super) fn fill(file: &dyn DiskFile, zeros: &[u8], offset: u64) -> io::Result<()> {
    write_full(file, zeros, offset)?;
    file.sync_data()
}

/// W6: cuts a segment to its exact length, and makes that durable. A file that has this length
/// already is synced too: a process that died here may have cut it, and not come to the sync.
pub(super) fn trim(file: &dyn DiskFile, path: &Path, length: u64) -> Result<(), StoreError> {
    let current = file.len().map_err(|error| StoreError::io("read", path, error))?;
    let cut = if current == length { Ok(()) } else { file.set_len(length) };
    cut.and_then(|()| file.sync_all()).map_err(|error| StoreError::io("cut", path, error))
}

/// As [`trim`], for a segment that is not open.
pub(super) fn trim_segment(
    disk: &dyn Disk,
    paths: &ShardPaths,
    end: Place,
) -> Result<(), StoreError> {
    let path = paths.segment(end.segment);
    let file = disk.open(&path, Access::Write).map_err(|e| StoreError::io("open", &path, e))?;
    trim(&*file, &path, end.offset)
}

/// R5: keeps what stands between `cut` and `content_end` beside the segment, and only then cuts
/// everything behind `cut` off; the name of the copy, if there was anything to copy.
pub(super) fn keep_and_cut(
    disk: &dyn Disk,
    paths: &ShardPaths,
    cut: Place,
    content_end: u64,
) -> Result<Option<std::path::PathBuf>, StoreError> {
    let path = paths.segment(cut.segment);
    let file = disk.open(&path, Access::Write).map_err(|e| StoreError::io("open", &path, e))?;
    let mut copied = None;
    if content_end > cut.offset {
        let (copy, copy_path) = create_torn_copy(disk, paths, cut)?;
        copy_range(&*file, &path, cut.offset..content_end, &*copy, &copy_path, 0)?;
        copy.sync_all().map_err(|e| StoreError::io("sync", &copy_path, e))?;
        sync_directory(disk, paths.directory())?;
        copied = Some(copy_path);
    }
    trim(&*file, &path, cut.offset)?;
    Ok(copied)
}

fn copy_range(
    file: &dyn DiskFile,
    path: &Path,
    range: std::ops::Range<u64>,
    copy: &dyn DiskFile,
    copy_path: &Path,
    to: u64,
) -> Result<(), StoreError> {
    let mut buffer = vec![0; COPY_SIZE];
    let mut at = range.start;
    while at < range.end {
        let wanted = usize::try_from(range.end - at).unwrap_or(COPY_SIZE).min(COPY_SIZE);
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        let count = read_full(file, room, at).map_err(|e| StoreError::io("read", path, e))?;
        let bytes = room.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        write_full(copy, bytes, to + (at - range.start))
            .map_err(|e| StoreError::io("write to", copy_path, e))?;
        at += count as u64;
    }
    Ok(())
}

fn create_torn_copy(
    disk: &dyn Disk,
    paths: &ShardPaths,
    cut: Place,
) -> Result<(Box<dyn DiskFile>, std::path::PathBuf), StoreError> {
    for attempt in 0..TORN_ATTEMPTS {
        let path = paths.torn(cut, attempt);
        match disk.create_new(&path) {
            Ok(file) => return Ok((file, path)),
            // A recovery that crashed before cutting left one; its bytes may be incomplete.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::io("create", path, error)),
        }
    }
    let exists = io::ErrorKind::AlreadyExists.into();
    Err(StoreError::io("create", paths.torn(cut, TORN_ATTEMPTS), exists))
}

/// F2: replaces `state.json` whole or not at all.
pub(super) fn replace_state(
    disk: &dyn Disk,
    paths: &ShardPaths,
    bytes: &[u8],
) -> Result<(), StoreError> {
    replace_file(disk, &paths.state(), &paths.state_replacement(), bytes)
}

/// As F2, for what an import notes of its source.
pub(crate) fn replace_import(
    disk: &dyn Disk,
    paths: &ShardPaths,
    bytes: &[u8],
) -> Result<(), StoreError> {
    replace_file(disk, &paths.import(), &paths.import_replacement(), bytes)
}

/// As F2, for the index that readers make. Two that do so at once may leave a file that is not
/// whole; its checksum tells.
pub(crate) fn replace_index(
    disk: &dyn Disk,
    paths: &ShardPaths,
    bytes: &[u8],
) -> Result<(), StoreError> {
    replace_file(disk, &paths.index(), &paths.index_replacement(), bytes)
}

fn replace_file(
    disk: &dyn Disk,
    path: &Path,
    replacement: &Path,
    bytes: &[u8],
) -> Result<(), StoreError> {
    match disk.unlink(replacement) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::io("remove", replacement, error));
        }
        _ => {}
    }
    let file = disk
        .create_new(replacement)
        .map_err(|error| StoreError::io("create", replacement, error))?;
    write_full(&*file, bytes, 0)
        .and_then(|()| file.sync_data())
        .map_err(|error| StoreError::io("write", replacement, error))?;
    disk.rename(replacement, path).map_err(|error| StoreError::io("rename to", path, error))?;
    sync_directory(disk, directory_of(path))
}

/// Makes a file outside a shard durable, and its name: receipts.
pub(crate) fn sync_private_file(file: &std::fs::File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    std::fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes a directory's names durable.
pub(super) fn sync_directory(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    disk.sync_dir(directory).map_err(|error| StoreError::io("sync directory", directory, error))
}
