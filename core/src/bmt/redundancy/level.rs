//! Redundancy levels, and the mark that they leave on spans.

use crate::limits::MAX_BMT_FILE_SIZE;

/// How many parities an upload has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Level 1: 9 parities for 119 references.
    Medium,
    /// Level 2: 21 for 107.
    Strong,
    /// Level 3: 31 for 97.
    Insane,
    /// Level 4: 89 for 39.
    Paranoid,
}

/// The mark without a level.
const MARK: u64 = 128 << 56;

impl Level {
    /// Every level, weakest first.
    pub const ALL: [Self; 4] = [Self::Medium, Self::Strong, Self::Insane, Self::Paranoid];

    /// The level of this number; `None` for 0, which is a plain upload, and above 4.
    ///
    /// ```
    /// use countersign_core::bmt::redundancy::Level;
    ///
    /// let level = Level::from_number(1).unwrap();
    /// assert_eq!((level.data_references(), level.parities(119), level.parities(2)), (119, 9, 3));
    /// assert_eq!(Level::read(level.mark(5_000)), Some((5_000, Some(level))));
    /// assert_eq!(Level::read(5_000), Some((5_000, None)));
    /// assert_eq!(Level::read(128 << 56), None);
    /// ```
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Medium),
            2 => Some(Self::Strong),
            3 => Some(Self::Insane),
            4 => Some(Self::Paranoid),
            _ => None,
        }
    }

    /// The level's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Medium => 1,
            Self::Strong => 2,
            Self::Insane => 3,
            Self::Paranoid => 4,
        }
    }

    /// Data references of a full intermediate chunk. With their parities they are 128.
    pub const fn data_references(self) -> usize {
        match self {
            Self::Medium => 119,
            Self::Strong => 107,
            Self::Insane => 97,
            Self::Paranoid => 39,
        }
    }

    /// Parities of a group of so many data references; none of a group of none.
    pub fn parities(self, data: u64) -> u64 {
        let (thresholds, most): (&[u8], &[u8]) = match self {
            Self::Medium => (&MEDIUM, &[9]),
            Self::Strong => (&STRONG, &[21]),
            Self::Insane => (&INSANE, &[31]),
            Self::Paranoid => (&PARANOID_DATA, &PARANOID),
        };
        let Some(at) = thresholds.iter().position(|threshold| u64::from(*threshold) <= data) else {
            return 0;
        };
        // A list of its own, or one less at every step.
        match (most, self) {
            (counts, Self::Paranoid) => counts.get(at).copied().map_or(0, u64::from),
            ([first], _) => u64::from(*first).saturating_sub(at as u64),
            _ => 0,
        }
    }

    /// A span with this level's mark: of intermediate chunks, never of leaves.
    pub const fn mark(self, span: u64) -> u64 {
        span | MARK | (self.number() as u64) << 56
    }

    /// The length and the level that a span says; `None` for a mark that is no level.
    pub const fn read(span: u64) -> Option<(u64, Option<Self>)> {
        if span <= MAX_BMT_FILE_SIZE {
            return Some((span, None));
        }
        let [.., last] = span.to_le_bytes();
        match Self::from_number(last & 127) {
            Some(level) => Some((span & (MARK >> 7).wrapping_sub(1), Some(level))),
            None => None,
        }
    }
}

const MEDIUM: [u8; 8] = [95, 69, 47, 29, 15, 6, 2, 1];

const STRONG: [u8; 18] = [105, 96, 87, 78, 70, 62, 54, 47, 40, 33, 27, 21, 16, 11, 7, 4, 2, 1];

const INSANE: [u8; 27] = [
    93, 88, 83, 78, 74, 69, 64, 60, 55, 51, 46, 42, 38, 34, 30, 27, 23, 20, 17, 14, 11, 9, 6, 4, 3,
    2, 1,
];

const PARANOID_DATA: [u8; 37] = [
    37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14,
    13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
];

const PARANOID: [u8; 37] = [
    89, 87, 86, 84, 83, 81, 80, 78, 76, 75, 73, 71, 70, 68, 66, 65, 63, 61, 59, 58, 56, 54, 52, 50,
    48, 47, 45, 43, 40, 38, 36, 34, 31, 29, 26, 23, 19,
];
