//! A file system in memory that remembers, in order, every call that changed something.
//!
//! The disk itself behaves like a page cache: every reader sees every write at once. What the
//! *medium* would hold is not decided here but derived from the journal afterwards
//! ([`crate::medium`] replays it, [`crate::crash`] draws every state a power cut may leave), so one
//! recorded run yields any number of crashes.
//!
//! Not modelled: renaming a directory, hard links, and the text inside a lock file, which is taken
//! as written at once because it decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign::store::disk::{Access, Disk, DiskFile, DiskLock, LockError};

use crate::image::{Image, Node, is_root};
use crate::journal_file::{JournalFile, JournalLock};

/// A file, whatever its name is now. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub(crate) usize);

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Directory,
    File(FileId),
}

/// Every path but the root's, and what it names.
pub(crate) type Names = BTreeMap<Arc<Path>, Entry>;

/// One thing that happened, as the journal keeps it. Failed calls leave no trace.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Create {
        path: Arc<Path>,
        file: FileId,
    },
    CreateDir {
        path: Arc<Path>,
    },
    Write {
        file: FileId,
        offset: u64,
        bytes: Arc<[u8]>,
    },
    SetLen {
        file: FileId,
        length: u64,
    },
    SyncData {
        file: FileId,
    },
    SyncAll {
        file: FileId,
    },
    Rename {
        from: Arc<Path>,
        to: Arc<Path>,
        file: FileId,
    },
    Unlink {
        path: Arc<Path>,
    },
    SyncDir {
        path: Arc<Path>,
    },
    /// The lock was taken, and `owner` left in its file.
    Lock {
        path: Arc<Path>,
        file: FileId,
        owner: Arc<str>,
    },
    Unlock {
        file: FileId,
    },
    /// The kernel gave up on the unsynced writes of a file: it still shows them and forgot that
    /// they never reached the medium.
    LosePages {
        file: FileId,
    },
    /// A note of the test's own, usually "acknowledged up to here".
    Mark(u64),
}

/// A recorded run: what was there first, and what happened since.
#[derive(Clone, Debug)]
pub struct Journal {
    pub(crate) base: Image,
    pub(crate) ops: Vec<Op>,
}

impl Journal {
    /// The operations, oldest first. "After `n`" means after the first `n` of them.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The last mark among the first `after` operations.
    pub fn mark_after(&self, after: usize) -> Option<u64> {
        self.ops[..after].iter().rev().find_map(|op| match op {
            Op::Mark(label) => Some(*label),
            _ => None,
        })
    }
}

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct JournalDisk(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    base: Image,
    names: Names,
    /// What readers see, by [`FileId`].
    pub(crate) contents: Vec<Arc<Vec<u8>>>,
    pub(crate) locked: BTreeSet<FileId>,
    pub(crate) ops: Vec<Op>,
}

impl fmt::Debug for JournalDisk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "JournalDisk({} operations)", self.state().ops.len())
    }
}

impl JournalDisk {
    /// An empty disk. The root (`/`, and the empty path) exists.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk whose medium holds `image`, with nothing pending and no lock held.
    pub fn booted_from(image: Image) -> Self {
        let (names, contents) = number_files(&image);
        let state = State { base: image, names, contents, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Notes `label` in the journal, between what happened before and what happens next.
    pub fn mark(&self, label: u64) {
        self.state().ops.push(Op::Mark(label));
    }

    /// Operations so far.
    pub fn position(&self) -> usize {
        self.state().ops.len()
    }

    /// A copy of the journal so far.
    pub fn journal(&self) -> Journal {
        let state = self.state();
        Journal { base: state.base.clone(), ops: state.ops.clone() }
    }

    /// What readers see now: the medium *and* the cache, as after the death of a mere process.
    pub fn image(&self) -> Image {
        let state = self.state();
        let nodes = state.names.iter().map(|(path, entry)| {
            let node = match entry {
                Entry::Directory => Node::Directory,
                Entry::File(FileId(id)) => Node::File(state.contents[*id].clone()),
            };
            (path.clone(), node)
        });
        Image { nodes: nodes.collect() }
    }

    /// The file a path names now.
    pub fn file_id(&self, path: &Path) -> Option<FileId> {
        self.state().file(path).ok()
    }

    /// Makes the unsynced writes of a file vanish the way a failed `fsync` does: readers still see
    /// them, later syncs succeed, and the medium never gets them.
    pub fn lose_unsynced(&self, file: FileId) {
        self.state().ops.push(Op::LosePages { file });
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A failed assertion on another thread says nothing about this state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, file: FileId, access: Access) -> Box<dyn DiskFile> {
        Box::new(JournalFile { disk: self.clone(), file, access })
    }
}

/// Names and contents of an image, with the numbers its files have in a journal based on it.
pub(crate) fn number_files(image: &Image) -> (Names, Vec<Arc<Vec<u8>>>) {
    let mut contents = Vec::new();
    let names = image.nodes.iter().map(|(path, node)| {
        let entry = match node {
            Node::Directory => Entry::Directory,
            Node::File(bytes) => {
                contents.push(bytes.clone());
                Entry::File(FileId(contents.len() - 1))
            }
        };
        (path.clone(), entry)
    });
    (names.collect(), contents)
}

impl State {
    fn entry(&self, path: &Path) -> io::Result<Entry> {
        match self.names.get(path) {
            Some(entry) => Ok(*entry),
            None if is_root(path) => Ok(Entry::Directory),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn file(&self, path: &Path) -> io::Result<FileId> {
        match self.entry(path)? {
            Entry::File(file) => Ok(file),
            Entry::Directory => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    fn directory(&self, path: &Path) -> io::Result<()> {
        match self.entry(path)? {
            Entry::Directory => Ok(()),
            Entry::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Checks that `path` is free and could be made.
    fn vacant(&self, path: &Path) -> io::Result<()> {
        self.directory(path.parent().unwrap_or(Path::new("")))?;
        match self.entry(path) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => Ok(()),
        }
    }

    fn create(&mut self, path: &Arc<Path>) -> io::Result<FileId> {
        self.vacant(path)?;
        let file = FileId(self.contents.len());
        self.contents.push(Arc::default());
        self.names.insert(path.clone(), Entry::File(file));
        self.ops.push(Op::Create { path: path.clone(), file });
        Ok(file)
    }

    pub(crate) fn unlink(&mut self, path: &Path) -> io::Result<()> {
        self.file(path)?;
        self.names.remove(path);
        self.ops.push(Op::Unlink { path: path.into() });
        Ok(())
    }
}

impl Disk for JournalDisk {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let file = self.state().file(path)?;
        Ok(self.handle(file, access))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.state().create(&path.into())?;
        Ok(self.handle(file, Access::Write))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.vacant(path)?;
        let path: Arc<Path> = path.into();
        state.names.insert(path.clone(), Entry::Directory);
        state.ops.push(Op::CreateDir { path });
        Ok(())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        state.directory(directory)?;
        let inside = state.names.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let file = match state.entry(from)? {
            Entry::File(file) => file,
            Entry::Directory => return Err(io::ErrorKind::Unsupported.into()),
        };
        state.directory(to.parent().unwrap_or(Path::new("")))?;
        if matches!(state.entry(to), Ok(Entry::Directory)) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (from, to): (Arc<Path>, Arc<Path>) = (from.into(), to.into());
        state.names.remove(&from);
        state.names.insert(to.clone(), Entry::File(file));
        state.ops.push(Op::Rename { from, to, file });
        Ok(())
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.state().unlink(path)
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.directory(directory)?;
        state.ops.push(Op::SyncDir { path: directory.into() });
        Ok(())
    }

    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn DiskLock>, LockError> {
        let mut state = self.state();
        let path: Arc<Path> = path.into();
        let file = match state.file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => state.create(&path)?,
            found => found?,
        };
        if !state.locked.insert(file) {
            let text = String::from_utf8_lossy(&state.contents[file.0]).into_owned();
            return Err(LockError::Held(text));
        }
        state.contents[file.0] = Arc::new(owner.as_bytes().to_vec());
        state.ops.push(Op::Lock { path: path.clone(), file, owner: owner.into() });
        Ok(Box::new(JournalLock { disk: self.clone(), path, file }))
    }
}
