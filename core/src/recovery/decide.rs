//! The decision table.

use core::fmt;

/// How the walk over a segment's frames ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// At the end of the file, right behind a frame.
    End,
    /// At a zero length with only zeros behind it: unused space.
    Unused,
    /// At bytes that are no frame, no record, or do not continue the chain.
    Damaged,
    /// At the very first frame of the log, whose length no log could have: some other file.
    NotALog,
}

/// What an intact `state.json` of this shard says about the end of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durable {
    /// There is none, or it is another shard's, or it tells of another history that this log has
    /// left behind.
    Unknown,
    /// The vouched records reach the durable position, and its tip is theirs.
    Reached,
    /// They end before it.
    NotReached,
}

/// What the search behind a stop found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// No valid record, or nothing was searched.
    None,
    /// A valid record, but none behind a later valid signature record.
    Record,
    /// A valid record behind a later valid signature record: another group, so the one that the
    /// stop lies in was durable.
    RecordBehindSignature,
}

/// What scan and search saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "the columns of a decision table")]
pub struct Findings {
    /// How the walk ended.
    pub stop: Stop,
    /// Whether everything behind the last vouched record lies in the last segment.
    pub is_last_segment: bool,
    /// Whether it reached the durable position.
    pub durable: Durable,
    /// Whether there is a valid signature record, or a reached durable position, before the
    /// stop: only then are groups known.
    pub has_signature: bool,
    /// Whether the last record walked is itself that signature record or durable position.
    pub is_tail_vouched: bool,
    /// What stands behind the stop.
    pub later: Later,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Everything is in order; unused space, if any, may go.
    Accept,
    /// Cut back to the last vouched record, keeping the bytes beside the segment.
    CutTail,
    /// Change nothing, refuse to write.
    Corrupt(Corruption),
}

/// Why a log is corrupt rather than torn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corruption {
    /// The first frame belongs to no log.
    NotALog,
    /// The damage lies in a segment that is not the last.
    EarlierSegment,
    /// The log ends before the position that `state.json` knows to be durable.
    BeforeDurablePosition,
    /// Valid records follow the damage.
    RecordsFollow,
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotALog => "the file is not a log",
            Self::EarlierSegment => "the damage lies in a segment that is not the last",
            Self::BeforeDurablePosition => {
                "the log ends before the position that state.json knows to be durable"
            }
            Self::RecordsFollow => "valid records follow the damage",
        })
    }
}

/// The table. Every row is one rule of `durability.md` section 5; the first that fits decides.
///
/// Does not prove that nothing was lost: damage inside the very last group of an unclean stop
/// looks like a torn write (rule R7) and is cut, kept aside and reported.
pub const fn decide(findings: &Findings) -> Decision {
    let Findings { stop, is_last_segment, durable, has_signature, is_tail_vouched, later } =
        *findings;
    match (stop, is_last_segment, durable, later) {
        // 1. A file that never was a log is not emptied.
        (Stop::NotALog, ..) => Decision::Corrupt(Corruption::NotALog),
        // 2. R4: only the last segment may be torn. Before the next one exists, every segment
        //    ends with a durable signature, its unused space cut off.
        (_, false, ..) => Decision::Corrupt(Corruption::EarlierSegment),
        // 3. R2, R4: whatever follows, a durable record is gone.
        (_, _, Durable::NotReached, _) => Decision::Corrupt(Corruption::BeforeDurablePosition),
        // 4. R3: a later group is there, so this one was durable.
        (Stop::Damaged, true, _, Later::RecordBehindSignature) => {
            Decision::Corrupt(Corruption::RecordsFollow)
        }
        // 5. R3: without signatures groups are unknown, and any later record counts.
        (Stop::Damaged, true, _, Later::Record) if !has_signature => {
            Decision::Corrupt(Corruption::RecordsFollow)
        }
        // 6. R3: nothing, or only the rest of the same group: torn.
        (Stop::Damaged, true, ..) => Decision::CutTail,
        // 7. R1: whole records at the end that no signature covers were never acknowledged. A
        //    sector of the last one may be missing without anyone noticing.
        (Stop::End | Stop::Unused, ..) if has_signature && !is_tail_vouched => Decision::CutTail,
        // 8. In order.
        (Stop::End | Stop::Unused, ..) => Decision::Accept,
    }
}
