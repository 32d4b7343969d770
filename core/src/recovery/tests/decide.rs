//! The decision table against the rules, over every combination of findings.

use alloc::vec::Vec;

use crate::recovery::{Corruption, Decision, Durable, Findings, Later, Stop, decide};

const BOTH: [bool; 2] = [false, true];
const STOPS: [Stop; 4] = [Stop::End, Stop::Unused, Stop::Damaged, Stop::NotALog];
const DURABLES: [Durable; 3] = [Durable::Unknown, Durable::Reached, Durable::NotReached];
const LATERS: [Later; 3] = [Later::None, Later::Record, Later::RecordBehindSignature];

fn all() -> Vec<Findings> {
    let mut all = Vec::new();
    for stop in STOPS {
        for is_last_segment in BOTH {
            for durable in DURABLES {
                for has_signature in BOTH {
                    for is_tail_vouched in BOTH {
                        for later in LATERS {
                            all.push(Findings {
                                stop,
                                is_last_segment,
                                durable,
                                has_signature,
                                is_tail_vouched,
                                later,
                            });
                        }
                    }
                }
            }
        }
    }
    all
}

/// The rules of `durability.md` section 5, one sentence each, none in a hurry: all reasons to call
/// it corruption, most fundamental first, then all reasons to cut.
fn by_the_rules(findings: Findings) -> Decision {
    let mut corruptions = Vec::new();
    // The recovery vectors: "the file must not be emptied".
    if findings.stop == Stop::NotALog {
        corruptions.push(Corruption::NotALog);
    }
    // R4: any damage in a segment that is not the last.
    if !findings.is_last_segment {
        corruptions.push(Corruption::EarlierSegment);
    }
    // R2: stop before the durable position. R4: a log shorter than it.
    if findings.durable == Durable::NotReached {
        corruptions.push(Corruption::BeforeDurablePosition);
    }
    if findings.stop == Stop::Damaged {
        // R3: a valid later record behind a later valid signature record.
        if findings.later == Later::RecordBehindSignature {
            corruptions.push(Corruption::RecordsFollow);
        }
        // R3: without any signature record before the stop, any later valid record.
        if !findings.has_signature && findings.later == Later::Record {
            corruptions.push(Corruption::RecordsFollow);
        }
    }
    if let Some(first) = corruptions.first() {
        return Decision::Corrupt(*first);
    }
    let mut reasons_to_cut = 0;
    // R3: no corruption, so a torn tail.
    if findings.stop == Stop::Damaged {
        reasons_to_cut += 1;
    }
    // R1: what is vouched for by nothing goes, unless the log has no signatures at all.
    if findings.has_signature && !findings.is_tail_vouched {
        reasons_to_cut += 1;
    }
    if reasons_to_cut > 0 { Decision::CutTail } else { Decision::Accept }
}

#[test]
fn every_combination_is_decided_as_the_rules_say() {
    let all = all();
    assert_eq!(all.len(), 4 * 2 * 3 * 2 * 2 * 3);
    for findings in all {
        assert_eq!(decide(&findings), by_the_rules(findings), "{findings:?}");
    }
}

#[test]
fn every_decision_occurs() {
    let decisions: Vec<_> = all().iter().map(decide).collect();
    for decision in [
        Decision::Accept,
        Decision::CutTail,
        Decision::Corrupt(Corruption::NotALog),
        Decision::Corrupt(Corruption::EarlierSegment),
        Decision::Corrupt(Corruption::BeforeDurablePosition),
        Decision::Corrupt(Corruption::RecordsFollow),
    ] {
        assert!(decisions.contains(&decision), "{decision:?}");
    }
}

#[test]
fn more_records_behind_a_stop_never_make_it_safer_to_cut() {
    let rank = |decision| u8::from(matches!(decision, Decision::Corrupt(_)));
    for findings in all() {
        let with = |later| rank(decide(&Findings { later, ..findings }));
        assert!(with(Later::None) <= with(Later::Record), "{findings:?}");
        assert!(with(Later::Record) <= with(Later::RecordBehindSignature), "{findings:?}");
    }
}

#[test]
fn a_lost_durable_record_is_never_cut_further_nor_accepted() {
    for findings in all().into_iter().filter(|findings| findings.durable == Durable::NotReached) {
        assert!(matches!(decide(&findings), Decision::Corrupt(_)), "{findings:?}");
    }
}
