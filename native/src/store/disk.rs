//! Everything the store asks of a file system, as one trait, and the real implementation.
//!
//! The store never touches files any other way, so a test can put a lying disk underneath it.
//! The calls map one to one onto system calls: what happens to unsynced data when the power goes
//! is decided between them, and nowhere else.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use fs2::FileExt as _;

/// Mode of every file the store creates.
const FILE_MODE: u32 = 0o600;
/// Mode of every directory the store creates.
const DIRECTORY_MODE: u32 = 0o700;
/// Times the lock file may change under our hands before we give up.
const LOCK_ATTEMPTS: u32 = 100;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reading.
    Read,
    /// For reading and writing.
    Write,
}

/// An open file. All positions are explicit; there is no cursor to share.
#[allow(clippy::len_without_is_empty, reason = "`fstat`, not a collection")]
pub trait DiskFile: Debug + Send + Sync {
    /// Reads at most `buffer.len()` bytes at `offset`; 0 at the end of the file (`pread`).
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at most `bytes.len()` bytes at `offset`; may write fewer (`pwrite`).
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Cuts or extends with zeros (`ftruncate`).
    fn set_len(&self, length: u64) -> io::Result<()>;
    /// Length in bytes (`fstat`).
    fn len(&self) -> io::Result<u64>;
    /// Forces data, and what is needed to find it again, to the medium (`fdatasync`).
    fn sync_data(&self) -> io::Result<()>;
    /// Forces data and metadata to the medium (`fsync`).
    fn sync_all(&self) -> io::Result<()>;
}

/// A held writer lock. Dropping it releases the lock and leaves the file, as a crash would.
pub trait DiskLock: Debug + Send {
    /// Removes the lock file while still holding the lock, then lets go of it.
    fn release(self: Box<Self>) -> io::Result<()>;
}

/// Why the lock was not taken.
#[derive(Debug)]
pub enum LockError {
    /// Another writer holds it; the text it left in the file, for people.
    Held(String),
    /// The file system refused, or does not lock.
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file system.
pub trait Disk: Debug + Send + Sync {
    /// Opens an existing file.
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>>;
    /// Creates a file that must not exist, mode 0600, open for writing (`O_EXCL`).
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Creates a directory that must not exist, mode 0700.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Names in a directory, in no order.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// Renames, replacing the target.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn unlink(&self, path: &Path) -> io::Result<()>;
    /// Forces a directory's entries to the medium.
    fn sync_dir(&self, directory: &Path) -> io::Result<()>;
    /// Takes the writer lock at `path` without waiting, and notes `owner` in it for people.
    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn DiskLock>, LockError>;
}

/// Reads exactly `buffer.len()` bytes at `offset`, or as many as the file has; how many.
pub fn read_full(file: &dyn DiskFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Writes all of `bytes` at `offset`, through short writes and interruptions.
pub fn write_full(file: &dyn DiskFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match file.write_at(rest, offset + written as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a whole small file, at most `limit` bytes of it.
pub fn read_small(disk: &dyn Disk, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Access::Read)?;
    let length = usize::try_from(file.len()?).unwrap_or(usize::MAX).min(limit);
    let mut bytes = vec![0; length];
    let filled = read_full(&*file, &mut bytes, 0)?;
    bytes.truncate(filled);
    Ok(bytes)
}

/// The operating system's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

#[derive(Debug)]
struct RealFile(File);

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

impl Disk for RealDisk {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(access == Access::Write).open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().mode(DIRECTORY_MODE).create(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(directory)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }

    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn DiskLock>, LockError> {
        for _ in 0..LOCK_ATTEMPTS {
            if let Some(lock) = RealLock::try_take(path, owner)? {
                return Ok(Box::new(lock));
            }
        }
        Err(LockError::Io(io::Error::other("the lock file keeps being replaced")))
    }
}

/// The descriptor *is* the lock: `flock` belongs to the open file description, so a second open
/// in this very process conflicts too. `O_CLOEXEC`, which the standard library always sets,
/// keeps children from inheriting it.
#[derive(Debug)]
struct RealLock {
    file: File,
    path: Box<Path>,
}

impl RealLock {
    /// One round of the protocol; `None` when the path no longer names the file we locked.
    fn try_take(path: &Path, owner: &str) -> Result<Option<Self>, LockError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(path)?;
        if let Err(error) = file.try_lock_exclusive() {
            return if error.kind() == io::ErrorKind::WouldBlock {
                Err(LockError::Held(fs::read_to_string(path).unwrap_or_default()))
            } else {
                Err(error.into())
            };
        }
        // The owner of the old file may have unlinked it between our open and our lock; then we
        // hold a lock that nobody else will ever see.
        let ours = file.metadata()?;
        match fs::metadata(path) {
            Ok(named) if named.dev() == ours.dev() && named.ino() == ours.ino() => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        // For people only; it decides nothing.
        file.set_len(0)?;
        file.write_all_at(owner.as_bytes(), 0)?;
        Ok(Some(Self { file, path: path.into() }))
    }
}

impl DiskLock for RealLock {
    fn release(self: Box<Self>) -> io::Result<()> {
        // Unlinking first, while nobody else can hold the lock, is what makes removal safe.
        let removed = fs::remove_file(&self.path);
        drop(self.file);
        removed
    }
}
