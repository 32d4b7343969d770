//! The embedded trace: one hour of requests to a code-completion service (`data/README.md` names
//! source and licence), and the rule that turns each into two operations.
//!
//! The data names no user, so the rule invents forty. Request *n* is row *n* under the header,
//! counted from 1, and its row bytes are the line without its line ending. With
//! `h = BLAKE3(row bytes)`:
//!
//! * the member is number `k = u64-LE(h[0..8]) mod 40`, and its id `BLAKE3("countersign demo member k")`
//!   with `k` in decimal;
//! * `request-<n>/context` spends `ContextTokens` of the asset `tokens.context`;
//! * `request-<n>/generated` spends `GeneratedTokens` of `tokens.generated`;
//! * both carry `h` as their context hash.
//!
//! Consumption debits, so both amounts are negative.
//!
//! ```
//! use countersign::trace;
//!
//! let first = trace::requests().next().expect("the trace is not empty");
//! let [context, generated] = first.operations();
//! assert_eq!((context.op_id.as_str(), context.amount), ("request-1/context", -4_808));
//! assert_eq!((generated.asset_id.as_str(), generated.amount), ("tokens.generated", -10));
//! ```

use countersign_core::hash::{Digest, blake3};
use countersign_core::limits::DIGEST_SIZE;

use crate::input::InputOperation;

/// The file as it was published.
const TRACE: &[u8] = include_bytes!("../data/azure-llm-inference-2023-code.csv");

/// Requests in the trace.
pub const REQUESTS: usize = 8_819;

/// Members that the requests are spread over.
pub const MEMBERS: u64 = 40;

/// The asset of the prompt's tokens.
pub const CONTEXT_ASSET: &str = "tokens.context";

/// The asset of the answer's tokens.
pub const GENERATED_ASSET: &str = "tokens.generated";

/// The operation of every entry.
pub const OP: &str = "spend";

/// One request of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number, from 1.
    pub number: u32,
    /// When it came in, microseconds since the epoch (the trace's tenths are cut off).
    pub timestamp_us: u64,
    /// Tokens of the prompt.
    pub context_tokens: u32,
    /// Tokens of the answer.
    pub generated_tokens: u32,
    /// BLAKE3 of the row's bytes.
    pub row_hash: Digest,
}

/// The requests, in the order of the trace.
pub fn requests() -> impl Iterator<Item = Request> {
    let rows = TRACE.split(|byte| *byte == b'\n').skip(1);
    // The file is part of the program: that every row is read is settled by a test.
    (1_u32..).zip(rows).filter_map(|(number, row)| Request::read(number, row.trim_ascii_end()))
}

/// The id of member `k`, below [`MEMBERS`].
pub fn member_id(k: u64) -> [u8; DIGEST_SIZE] {
    *blake3(format!("countersign demo member {k}").as_bytes()).as_bytes()
}

impl Request {
    fn read(number: u32, row: &[u8]) -> Option<Self> {
        let mut columns = std::str::from_utf8(row).ok()?.split(',');
        let request = Self {
            number,
            timestamp_us: timestamp_us(columns.next()?)?,
            context_tokens: columns.next()?.parse().ok()?,
            generated_tokens: columns.next()?.parse().ok()?,
            row_hash: blake3(row),
        };
        columns.next().is_none().then_some(request)
    }

    /// The number of its member, below [`MEMBERS`].
    pub fn member(&self) -> u64 {
        let (first, _) = self.row_hash.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
        u64::from_le_bytes(*first) % MEMBERS
    }

    /// Its two operations: the prompt's tokens, then the answer's.
    pub fn operations(&self) -> [InputOperation; 2] {
        let member_id = member_id(self.member());
        let spend = |asset_id: &str, tokens: u32, part: &str| InputOperation {
            op: OP.to_owned(),
            member_id,
            asset_id: asset_id.to_owned(),
            amount: -i128::from(tokens),
            op_id: format!("request-{}/{part}", self.number),
            context_hash: *self.row_hash.as_bytes(),
        };
        [
            spend(CONTEXT_ASSET, self.context_tokens, "context"),
            spend(GENERATED_ASSET, self.generated_tokens, "generated"),
        ]
    }
}

/// Reads `2023-11-16 18:17:03.9799600` as UTC.
fn timestamp_us(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(' ')?;
    let (clock, fraction) = time.split_once('.')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hours, minutes, seconds] = numbers(clock, ':')?;
    let micros: u64 = fraction.get(..6)?.parse().ok()?;
    let days = days_since_epoch(year, month, day)?;
    let seconds = days.checked_mul(86_400)?.checked_add(hours * 3_600 + minutes * 60 + seconds)?;
    seconds.checked_mul(1_000_000)?.checked_add(micros)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse::<u16>().ok().map(u64::from));
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. Years are counted from March, so that
/// the leap day is the last of its year.
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) =
        if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    // 1970-01-01 counted the same way.
    days.checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn every_row_is_read_also_the_last_without_a_newline() {
        let requests: Vec<_> = requests().collect();
        assert_eq!(requests.len(), REQUESTS);
        assert!(!TRACE.ends_with(b"\n"));
        let last = requests.last().unwrap();
        assert_eq!((last.number, last.context_tokens, last.generated_tokens), (8_819, 549, 173));
        assert_eq!(last.row_hash, blake3(b"2023-11-16 19:14:19.9280160,549,173"));
        // Summed from the file by other means.
        let sum = |of: fn(&Request) -> u32| requests.iter().map(|r| u64::from(of(r))).sum::<u64>();
        assert_eq!(sum(|request| request.context_tokens), 18_059_974);
        assert_eq!(sum(|request| request.generated_tokens), 245_896);
    }

    #[test]
    fn times_are_microseconds_and_never_go_back() {
        let times: Vec<_> = requests().map(|request| request.timestamp_us).collect();
        assert_eq!(times.first(), Some(&1_700_158_623_979_960));
        assert_eq!(times.last(), Some(&1_700_162_059_928_016));
        assert!(times.is_sorted());
        assert_eq!(timestamp_us("1970-01-01 00:00:00.0000000"), Some(0));
        assert_eq!(timestamp_us("2000-02-29 23:59:59.9999999"), Some(951_868_799_999_999));
        assert_eq!(timestamp_us("2024-03-01 00:00:00.0000000"), Some(1_709_251_200_000_000));
        assert_eq!(timestamp_us("TIMESTAMP"), None);
    }

    #[test]
    fn the_operations_are_valid_distinct_and_spread_over_all_members() {
        let mut op_ids = HashSet::new();
        let mut per_member: HashMap<[u8; 32], usize> = HashMap::new();
        for request in requests() {
            for operation in request.operations() {
                operation.check().unwrap();
                assert!(operation.amount < 0);
                assert!(op_ids.insert(operation.op_id));
                *per_member.entry(operation.member_id).or_default() += 1;
            }
        }
        assert_eq!(op_ids.len(), 2 * REQUESTS);
        assert_eq!(per_member.len(), 40);
        // 441 entries each on average; a rule that leans to one side would show.
        assert!(per_member.values().all(|count| (250..700).contains(count)), "{per_member:?}");
    }
}
