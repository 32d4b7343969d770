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
    let mut buffer = vec![0; COPY_SIZE];
    let mut at = from.offset;
    while at < end {
        let wanted = usize::try_from(end - at).unwrap_or(COPY_SIZE).min(COPY_SIZE);
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        let count = read_full(&*file, room, at).map_err(|e| StoreError::io("read", &path, e))?;
        let bytes = room.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        write_full(&*file, bytes, at).map_err(|e| StoreError::io("write to", &path, e))?;
        at += count as u64;
    }
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

/// W6: writes zeros at `offset` and makes them durable.
pub(super) fn fill(file: &dyn DiskFile, zeros: &[u8], offset: u64) -> io::Result<()> {
    write_full(file, zeros, offset)?;
    file.sync_data()
}

/// W6: cuts a segment to its exact length, and makes that durable.
pub(super) fn trim(file: &dyn DiskFile, path: &Path, length: u64) -> Result<(), StoreError> {
    let current = file.len().map_err(|error| StoreError::io("read", path, error))?;
    if current == length {
        return Ok(());
    }
    file.set_len(length)
        .and_then(|()| file.sync_all())
        .map_err(|error| StoreError::io("cut", path, error))
}

/// R5: keeps what stands behind `cut` beside the segment, and only then cuts it off; the name of
/// the copy and how many bytes it holds.
pub(super) fn keep_and_cut(
    disk: &dyn Disk,
    paths: &ShardPaths,
    cut: Place,
) -> Result<(std::path::PathBuf, u64), StoreError> {
    let path = paths.segment(cut.segment);
    let file = disk.open(&path, Access::Write).map_err(|e| StoreError::io("open", &path, e))?;
    let (copy, copy_path) = create_torn_copy(disk, paths, cut)?;
    let mut buffer = vec![0; COPY_SIZE];
    let mut copied = 0;
    loop {
        let count = read_full(&*file, &mut buffer, cut.offset + copied)
            .map_err(|e| StoreError::io("read", &path, e))?;
        if count == 0 {
            break;
        }
        write_full(&*copy, buffer.get(..count).unwrap_or_default(), copied)
            .map_err(|e| StoreError::io("write to", &copy_path, e))?;
        copied += count as u64;
    }
    copy.sync_all().map_err(|e| StoreError::io("sync", &copy_path, e))?;
    sync_directory(disk, paths.directory())?;
    file.set_len(cut.offset)
        .and_then(|()| file.sync_all())
        .map_err(|e| StoreError::io("cut", &path, e))?;
    Ok((copy_path, copied))
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
    let (state, replacement) = (paths.state(), paths.state_replacement());
    match disk.unlink(&replacement) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::io("remove", replacement, error));
        }
        _ => {}
    }
    let file = disk
        .create_new(&replacement)
        .map_err(|error| StoreError::io("create", &replacement, error))?;
    write_full(&*file, bytes, 0)
        .and_then(|()| file.sync_data())
        .map_err(|error| StoreError::io("write", &replacement, error))?;
    disk.rename(&replacement, &state)
        .map_err(|error| StoreError::io("rename to", &state, error))?;
    sync_directory(disk, paths.directory())
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
