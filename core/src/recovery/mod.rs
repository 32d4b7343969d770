//! Recovery, still without a disk: what a scan of the log saw, and what to do about it.
//!
//! * [`Scan`] walks records forward from the start, or from a resume point, and knows up to where
//!   they are vouched for.
//! * [`Search`] looks behind a stop, at every byte, for records that must not be cut off.
//! * [`decide`] is the decision table over what the two saw: a pure function.
//!
//! The store carries the decision out. `durability.md` section 5 gives the reasons; the short of
//! it: at most one group of records is unsynced at any time, and every group ends with a
//! signature. So a stop with another group behind it was durable once and is **corruption**,
//! which is never cut; a stop inside the last group is a **torn tail**, never acknowledged.
//!
//! ```
//! use countersign_core::recovery::{decide, Decision, Durable, Findings, Later, Stop};
//!
//! let findings = Findings {
//!     stop: Stop::Damaged,
//!     is_last_segment: true,
//!     durable: Durable::Unknown,
//!     has_signature: true,
//!     is_tail_vouched: false,
//!     later: Later::Record,
//! };
//! assert_eq!(decide(&findings), Decision::CutTail);
//! ```

mod decide;
mod layout;
mod scan;
mod search;
#[cfg(test)]
mod tests;

pub use decide::{Corruption, Decision, Durable, Findings, Later, Stop, decide};
pub use layout::{Candidate, ChainLayout, Layout, Seen};
pub use scan::{Kept, Mark, Position, Scan, StopReason, Window};
pub use search::{Found, NextRecord, Search, next_record};
