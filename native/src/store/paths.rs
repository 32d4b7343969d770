//! Every file name of a shard directory, in one place.

use std::path::{Path, PathBuf};

use countersign_core::foreign::ForeignFile;
use countersign_core::frame::{Place, SegmentNumber};

const LOCK: &str = "writer.lock";
const STATE: &str = "state.json";
const STATE_REPLACEMENT: &str = "state.json.bak";
/// The next segment while it is being filled with zeros. Not a segment's name on purpose: a
/// segment that exists is a promise that the one before it is whole.
const PREFILL: &str = "log.prefill";
/// What an import notes of its source, and that while it is being replaced.
const IMPORT: &str = "import.json";
const IMPORT_REPLACEMENT: &str = "import.json.bak";
/// What makes proofs quick, and that while it is being replaced.
const INDEX: &str = "index.bin";
const INDEX_REPLACEMENT: &str = "index.bin.bak";
/// The accounts: a database, and its two files.
const CHUNK_INDEXES: &str = "content";
const ACCOUNTS: &str = "accounts";
const ACCOUNTS_DATA: &str = "data.mdb";
const ACCOUNTS_LOCK: &str = "lock.mdb";
const TORN: &str = ".torn-";

/// A shard directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardPaths {
    directory: PathBuf,
}

impl ShardPaths {
    /// The files of the shard in `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// The directory itself.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A segment.
    pub fn segment(&self, number: SegmentNumber) -> PathBuf {
        self.directory.join(number.file_name())
    }

    /// The segment being prepared.
    pub fn prefill(&self) -> PathBuf {
        self.directory.join(PREFILL)
    }

    /// The bytes that recovery took off a segment at an offset. `attempt` tells apart what
    /// several recoveries took off at the same place.
    pub fn torn(&self, cut: Place, attempt: u32) -> PathBuf {
        let mut name = format!("{}{TORN}{}", cut.segment.file_name(), cut.offset);
        if attempt > 0 {
            name = format!("{name}.{attempt}");
        }
        self.directory.join(name)
    }

    /// The writer's lock.
    pub fn lock(&self) -> PathBuf {
        self.directory.join(LOCK)
    }

    /// Where the records of an imported shard came from.
    pub fn import(&self) -> PathBuf {
        self.directory.join(IMPORT)
    }

    /// The same while it is being replaced.
    pub fn import_replacement(&self) -> PathBuf {
        self.directory.join(IMPORT_REPLACEMENT)
    }

    /// Where readers note the places of records and the hashes over them; may be thrown away.
    pub fn index(&self) -> PathBuf {
        self.directory.join(INDEX)
    }

    /// The same while it is being replaced.
    pub fn index_replacement(&self) -> PathBuf {
        self.directory.join(INDEX_REPLACEMENT)
    }

    /// The addresses of the chunks of a sealed segment; may be thrown away.
    pub fn chunk_index(&self, number: SegmentNumber) -> PathBuf {
        self.directory.join(CHUNK_INDEXES).join(format!("{}.bmt", number.file_name()))
    }

    /// The directory of the accounts.
    pub fn accounts(&self) -> PathBuf {
        self.directory.join(ACCOUNTS)
    }

    /// The accounts themselves.
    pub fn accounts_data(&self) -> PathBuf {
        self.accounts().join(ACCOUNTS_DATA)
    }

    /// What processes that use the accounts take turns by.
    pub fn accounts_lock(&self) -> PathBuf {
        self.accounts().join(ACCOUNTS_LOCK)
    }

    /// A file of the TypeScript library's layout, by its path in the shard.
    pub fn foreign(&self, file: ForeignFile) -> PathBuf {
        self.directory.join(file.name())
    }

    /// The resume point.
    pub fn state(&self) -> PathBuf {
        self.directory.join(STATE)
    }

    /// The resume point while it is being replaced.
    pub fn state_replacement(&self) -> PathBuf {
        self.directory.join(STATE_REPLACEMENT)
    }
}
