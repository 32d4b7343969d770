//! Open files and held locks of the disk in memory.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use countersign::store::disk::{Access, DiskFile, DiskLock};

use crate::journal::{FileId, JournalDisk, Op};

pub(crate) struct JournalFile {
    pub(crate) disk: JournalDisk,
    pub(crate) file: FileId,
    pub(crate) access: Access,
}

impl fmt::Debug for JournalFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "JournalFile({}, {:?})", self.file.0, self.access)
    }
}

impl JournalFile {
    /// Changes the content through `change` and notes `op`, unless opened for reading.
    fn change(&self, op: Op, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        if self.access == Access::Read {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "opened for reading"));
        }
        let mut state = self.disk.state();
        change(Arc::make_mut(&mut state.contents[self.file.0]));
        state.ops.push(op);
        Ok(())
    }
}

impl DiskFile for JournalFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = state.contents[self.file.0].get(offset..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let op = Op::Write { file: self.file, offset, bytes: bytes.into() };
        self.change(op, |content| overwrite(content, start, bytes))?;
        Ok(bytes.len())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let wanted = usize::try_from(length).map_err(io::Error::other)?;
        let op = Op::SetLen { file: self.file, length };
        self.change(op, |content| content.resize(wanted, 0))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().contents[self.file.0].len() as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.state().ops.push(Op::SyncData { file: self.file });
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.disk.state().ops.push(Op::SyncAll { file: self.file });
        Ok(())
    }
}

/// Writes over and past the end; a hole in between reads as zeros.
pub(crate) fn overwrite(content: &mut Vec<u8>, start: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = start + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[start..end].copy_from_slice(bytes);
}

/// Belongs to the file, not to its name, as `flock` does.
#[derive(Debug)]
pub(crate) struct JournalLock {
    pub(crate) disk: JournalDisk,
    pub(crate) path: Arc<Path>,
    pub(crate) file: FileId,
}

impl DiskLock for JournalLock {
    fn release(self: Box<Self>) -> io::Result<()> {
        // The lock itself goes when `self` does, after this.
        self.disk.state().unlink(&self.path)
    }
}

impl Drop for JournalLock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        state.locked.remove(&self.file);
        state.ops.push(Op::Unlock { file: self.file });
    }
}

#[cfg(test)]
mod tests {
    use countersign::store::disk::{Disk, LockError, read_small};

    use super::*;
    use crate::image::Image;

    fn path(text: &str) -> &Path {
        Path::new(text)
    }

    #[test]
    fn errors_are_those_of_a_file_system() {
        let mut image = Image::new();
        image.insert("/dir/file", b"x".to_vec());
        let disk = image.to_disk();
        let kind = |result: io::Result<()>| result.unwrap_err().kind();
        let opened = |file: io::Result<Box<dyn DiskFile>>| kind(file.map(drop));
        assert_eq!(opened(disk.create_new(path("/dir/file"))), io::ErrorKind::AlreadyExists);
        assert_eq!(opened(disk.create_new(path("/none/file"))), io::ErrorKind::NotFound);
        assert_eq!(opened(disk.create_new(path("/dir/file/x"))), io::ErrorKind::NotADirectory);
        assert_eq!(opened(disk.open(path("/none"), Access::Read)), io::ErrorKind::NotFound);
        assert_eq!(opened(disk.open(path("/dir"), Access::Read)), io::ErrorKind::IsADirectory);
        assert_eq!(kind(disk.create_dir(path("/dir"))), io::ErrorKind::AlreadyExists);
        assert_eq!(kind(disk.rename(path("/a"), path("/b"))), io::ErrorKind::NotFound);
        assert_eq!(kind(disk.unlink(path("/a"))), io::ErrorKind::NotFound);
        assert_eq!(kind(disk.sync_dir(path("/a"))), io::ErrorKind::NotFound);
        assert_eq!(kind(disk.list(path("/a")).map(drop)), io::ErrorKind::NotFound);
        let file = disk.open(path("/dir/file"), Access::Read).unwrap();
        assert_eq!(kind(file.write_at(b"y", 0).map(drop)), io::ErrorKind::PermissionDenied);
        assert_eq!(disk.position(), 0, "failed calls leave no trace");
        assert_eq!(disk.list(path("/dir")).unwrap(), ["file"]);
        assert_eq!(disk.list(path("/")).unwrap(), ["dir"]);
    }

    #[test]
    fn the_lock_is_exclusive_and_its_file_outlives_a_drop_but_not_a_release() {
        let disk = JournalDisk::new();
        let lock = disk.lock(path("/writer.lock"), "first").unwrap();
        match disk.lock(path("/writer.lock"), "second") {
            Err(LockError::Held(owner)) => assert_eq!(owner, "first"),
            other => panic!("{other:?}"),
        }
        drop(lock);
        assert_eq!(read_small(&disk, path("/writer.lock"), 99).unwrap(), b"first");
        disk.lock(path("/writer.lock"), "third").unwrap().release().unwrap();
        assert!(disk.open(path("/writer.lock"), Access::Read).is_err());
        disk.lock(path("/writer.lock"), "fourth").unwrap();
    }
}
