//! What was found of a bundle, for people: the verdict first.

use std::fmt;

use countersign_core::hash::hex;
use countersign_core::proof::{Check, Facts, Malformed, RecordFact, Report};

use crate::exit::one_line;
use crate::render::utc;

/// Records that are listed for people. `--json` lists all.
const MAX_LISTED: usize = 20;

/// A report under the name of its file.
pub(super) struct ShownReport<'a> {
    pub(super) name: &'a str,
    pub(super) report: &'a Report,
}

impl fmt::Display for ShownReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { valid, format, checks, does_not_prove, facts } = self.report;
        write_verdict(f, *valid, self.name, &format.to_string())?;
        f.write_str("\nchecks")?;
        checks.iter().try_for_each(|check| write_check(f, check))?;
        if !valid {
            // What was not shown is not repeated as if it were.
            return Ok(());
        }
        f.write_str("\nfacts")?;
        write_facts(f, facts)?;
        f.write_str("\ndoes not prove")?;
        does_not_prove.iter().try_for_each(|line| write!(f, "\n  - {line}"))
    }
}

fn write_verdict(f: &mut fmt::Formatter<'_>, valid: bool, name: &str, format: &str) -> fmt::Result {
    let verdict = if valid { "VALID" } else { "NOT VALID" };
    write!(f, "{verdict}: {} ({format})", one_line(name))
}

fn write_check(f: &mut fmt::Formatter<'_>, check: &Check) -> fmt::Result {
    let mark = if check.ok { "ok  " } else { "FAIL" };
    write!(f, "\n  {mark}  {}: {}", check.code, one_line(&check.detail))
}

fn write_facts(f: &mut fmt::Formatter<'_>, facts: &Facts) -> fmt::Result {
    write!(f, "\n  shard {}", facts.shard_id)?;
    for settlement in &facts.settlements {
        let (id, entries) = (settlement.batch_id, settlement.entry_count);
        write!(f, "\n  batch {id}: {entries} entries, settled by key {}", settlement.public_key)?;
    }
    if let Some(member) = &facts.member_id {
        write!(f, "\n  member {}", hex::encode(member))?;
    }
    if let Some(op_id) = &facts.op_id {
        write!(f, "\n  operation {} is not in the batch", one_line(op_id))?;
    }
    for record in facts.records.iter().take(MAX_LISTED) {
        write_record(f, record)?;
    }
    if let Some(more) = facts.records.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        write!(f, "\n  and {more} more records; --json lists all")?;
    }
    if let Some(seq) = facts.seq {
        write!(f, "\n  record {seq}")?;
    }
    for leaf in &facts.leaf_hashes {
        write!(f, "\n  leaf hash {leaf}")?;
    }
    for sum in &facts.sums {
        let asset = one_line(&sum.asset_id);
        write!(f, "\n  sum of {asset}: {} earned, {} spent", sum.earned, sum.spent)?;
    }
    Ok(())
}

fn write_record(f: &mut fmt::Formatter<'_>, record: &RecordFact) -> fmt::Result {
    write!(f, "\n  record {}, {}: ", record.seq, utc(record.ts / 1_000))?;
    match (&record.operation, record.kind) {
        (Some(entry), _) => write!(
            f,
            "{} {} {} by member {}, opId {}",
            entry.op,
            entry.amount,
            one_line(&entry.asset_id),
            hex::encode(&entry.member_id),
            one_line(&entry.op_id)
        ),
        (None, kind) => f.write_str(kind.unwrap_or("a control record")),
    }
}

/// A bundle that is not spelled as its format says, under the name of its file.
pub(super) struct ShownMalformed<'a> {
    pub(super) name: &'a str,
    pub(super) malformed: &'a Malformed,
}

impl fmt::Display for ShownMalformed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_verdict(f, false, self.name, "not spelled as its format says")?;
        f.write_str("\nchecks")?;
        self.malformed.checks.iter().try_for_each(|check| write_check(f, check))
    }
}
