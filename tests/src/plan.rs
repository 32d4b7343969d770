//! What is to go wrong with a disk, and when.

use std::io;
use std::time::Duration;

/// "Input/output error", on Linux.
const EIO: i32 = 5;
/// "No space left on device", on Linux.
const ENOSPC: i32 = 28;

/// The calls of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Call {
    Open,
    Create,
    CreateDir,
    List,
    Rename,
    Unlink,
    SyncDir,
    Lock,
    Release,
    Read,
    Write,
    SetLen,
    Len,
    /// `sync_data` and `sync_all`.
    Sync,
}

/// Which calls a plan is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Every call.
    Any,
    /// Calls that change something or make it durable.
    Changing,
    /// Calls that need space: creating anything, and writing or extending past the end of a file.
    Growing,
    /// One sort of call.
    Kind(Call),
}

/// What happens at the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does nothing and fails with this error number.
    Error(i32),
    /// A write writes at most so many bytes and says so; any other call does nothing and fails.
    Short(usize),
    /// A sync fails and the unsynced writes of the file are lost behind the back of the page cache,
    /// so that the next sync succeeds; any other call does nothing and fails.
    LosePages,
    /// It does nothing and fails, and so does every call after it, whatever the plan is about.
    Freeze,
    /// It takes so much longer. A sync covers nothing that is written meanwhile. Does not count as
    /// fired.
    Delay(Duration),
}

impl Fault {
    /// The medium failed.
    pub const IO: Self = Self::Error(EIO);
    /// The disk is full.
    pub const NO_SPACE: Self = Self::Error(ENOSPC);
}

/// When to break, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    on: On,
    at: u64,
    pub(crate) fault: Fault,
    lasting: bool,
    counted: u64,
}

impl Plan {
    /// At the `at`-th of those calls, counted from 1, and at no other.
    pub fn at(at: u64, on: On, fault: Fault) -> Self {
        Self { on, at, fault, lasting: false, counted: 0 }
    }

    /// At the `at`-th of those calls and each after it.
    pub fn from(at: u64, on: On, fault: Fault) -> Self {
        Self { lasting: true, ..Self::at(at, on, fault) }
    }

    /// Counts one call; whether the plan is due.
    pub(crate) fn counts(&mut self, call: Call, grows: bool) -> bool {
        let meant = match self.on {
            On::Any => true,
            On::Changing => !matches!(call, Call::Open | Call::List | Call::Read | Call::Len),
            On::Growing => grows,
            On::Kind(kind) => kind == call,
        };
        self.counted += u64::from(meant);
        meant && (self.counted == self.at || self.lasting && self.counted > self.at)
    }
}

impl Fault {
    /// What the failing call returns.
    pub(crate) fn error(self) -> io::Error {
        match self {
            Self::Error(number) => io::Error::from_raw_os_error(number),
            Self::Freeze => io::Error::other("the disk is gone"),
            Self::Short(_) | Self::LosePages | Self::Delay(_) => io::Error::from_raw_os_error(EIO),
        }
    }
}
