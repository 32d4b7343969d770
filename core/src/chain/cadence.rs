//! When a signature record is due.

use crate::limits::{DEFAULT_SIGNING_CADENCE, MAX_SIGNING_CADENCE, MIN_SIGNING_CADENCE};

/// How many entries go without a signature record at most: 16 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence(u32);

impl Cadence {
    /// `None` outside 16 to 256.
    pub const fn new(entries: u32) -> Option<Self> {
        if entries < MIN_SIGNING_CADENCE || entries > MAX_SIGNING_CADENCE {
            return None;
        }
        Some(Self(entries))
    }

    /// The number of entries.
    pub const fn entries(self) -> u32 {
        self.0
    }

    /// Whether a signature record is due after this many entries without one.
    pub const fn is_due(self, unsigned_entries: u32) -> bool {
        unsigned_entries >= self.0
    }
}

impl Default for Cadence {
    fn default() -> Self {
        Self(DEFAULT_SIGNING_CADENCE)
    }
}
