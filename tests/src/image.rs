//! What a medium holds at one instant: directories, and files with their bytes.
//!
//! Contents are shared, so copying an image or booting a disk from it costs a few reference
//! counts; a file is copied when somebody first writes to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::journal::JournalDisk;

/// One directory entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory,
    /// A file and its bytes.
    File(Arc<Vec<u8>>),
}

/// A whole file system, at rest. The root (`/`, or the empty path) always exists and is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub(crate) nodes: BTreeMap<Arc<Path>, Node>,
}

impl Image {
    /// An empty file system.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a directory there, with those above it.
    pub fn create_dir(&mut self, path: impl Into<PathBuf>) {
        let path = path.into();
        for directory in path.ancestors().filter(|path| !is_root(path)) {
            self.nodes.entry(directory.into()).or_insert(Node::Directory);
        }
    }

    /// Puts a file there, with the directories above it, replacing what was there.
    pub fn insert(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Arc<Vec<u8>>>) {
        let path = path.into();
        if let Some(parent) = path.parent() {
            self.create_dir(parent);
        }
        self.nodes.insert(path.into(), Node::File(bytes.into()));
    }

    /// Removes a file; what it held.
    pub fn remove(&mut self, path: &Path) -> Option<Arc<Vec<u8>>> {
        self.file(path)?;
        match self.nodes.remove(path) {
            Some(Node::File(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The bytes of a file; `None` when there is no such file.
    pub fn file(&self, path: &Path) -> Option<&Arc<Vec<u8>>> {
        match self.nodes.get(path) {
            Some(Node::File(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Every file, by path.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &Arc<Vec<u8>>)> {
        self.nodes.iter().filter_map(|(path, node)| match node {
            Node::File(bytes) => Some((&**path, bytes)),
            Node::Directory => None,
        })
    }

    /// Every directory but the root, by path.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.nodes
            .iter()
            .filter_map(|(path, node)| matches!(node, Node::Directory).then_some(&**path))
    }

    /// A disk whose medium holds exactly this: what a machine finds after the power came back.
    pub fn to_disk(&self) -> JournalDisk {
        JournalDisk::booted_from(self.clone())
    }
}

/// Whether a path names the root, which exists without having been made.
pub(crate) fn is_root(path: &Path) -> bool {
    path.parent().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserting_a_file_makes_its_directories() {
        let mut image = Image::new();
        image.insert("/a/b/c", vec![1, 2]);
        let directories: Vec<&Path> = image.directories().collect();
        assert_eq!(directories, [Path::new("/a"), Path::new("/a/b")]);
        assert_eq!(image.file(Path::new("/a/b/c")).unwrap().as_slice(), [1, 2]);
        assert_eq!(image.remove(Path::new("/a/b")), None);
        assert_eq!(image.remove(Path::new("/a/b/c")).unwrap().as_slice(), [1, 2]);
        assert_eq!(image.files().count(), 0);
    }
}
