//! Why a server cannot start.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use countersign_core::keys::ShardId;

/// Why a server cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// Somebody listens there already.
    AddressInUse(SocketAddr),
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        error: io::Error,
    },
    /// Two directories hold the same shard.
    SameShard {
        /// The shard.
        shard_id: ShardId,
        /// The directory that was named first.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The samples cannot be listed.
    Samples {
        /// Their directory.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The program cannot start its threads.
    Runtime(io::Error),
}

impl ServeError {
    /// Stable kebab-case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressInUse(_) => "address-in-use",
            Self::Listen { .. } => "address-unusable",
            Self::SameShard { .. } => "shard-served-twice",
            Self::Samples { .. } => "samples-unreadable",
            Self::Runtime(_) => "server-failed",
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressInUse(address) => write!(
                f,
                "{address} is in use by another program; end that, or choose another port"
            ),
            Self::Listen { address, error } => {
                write!(f, "{address} cannot be listened on: {error}")
            }
            Self::SameShard { shard_id, first, second } => write!(
                f,
                "{} and {} both hold shard {shard_id}; serve one of them",
                first.display(),
                second.display()
            ),
            Self::Samples { path, error } => {
                write!(f, "the samples in {} cannot be listed: {error}", path.display())
            }
            Self::Runtime(error) => write!(f, "the server cannot start: {error}"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Listen { error, .. } | Self::Samples { error, .. } | Self::Runtime(error) => {
                Some(error)
            }
            Self::AddressInUse(_) | Self::SameShard { .. } => None,
        }
    }
}
