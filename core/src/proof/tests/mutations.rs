//! Every changed bit of every kind of bundle.

use super::*;

/// What of a valid report may differ where a bit of an exclusion's operation is changed, or of
/// the member of a statement without entries: it is about another one then, which is absent too.
fn is_about_another(format: Format, honest: &Report, found: &Report) -> bool {
    let same = |mut facts: Facts| {
        facts.member_id = None;
        facts.op_id = None;
        facts
    };
    format == Format::Exclusion && same(honest.facts.clone()) == same(found.facts.clone())
}

/// Changes every bit of the sample of one format.
fn check(format: Format) {
    let options = VerifyOptions::default();
    let (_, json) = one_of_each().into_iter().find(|(found, _)| *found == format).unwrap();
    let honest = AnyBundle::read(json.as_bytes()).unwrap();
    let report = honest.verify(&trusted(), &options).unwrap();
    let mut bytes = json.into_bytes();
    let (mut refused, mut other) = (0, 0);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            match AnyBundle::read(&bytes) {
                Err(_) => refused += 1,
                Ok(bundle) if bundle == honest => {}
                Ok(bundle) => {
                    // A document of its own: whatever it says, it must not hold.
                    let found = bundle.verify(&trusted(), &options).unwrap();
                    let may = is_about_another(format, &report, &found);
                    assert!(!found.valid || may, "{format}: byte {at} bit {bit}");
                    other += 1;
                }
            }
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(refused > 1_000 && other > 500, "{format}: {refused}, {other}");
}

/// One test for each kind, so that they run side by side.
macro_rules! every_bit {
    ($($name:ident: $format:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                check(Format::$format);
            }
        )+

        #[test]
        fn every_format_is_changed() {
            assert_eq!([$(Format::$format),+], Format::ALL);
        }
    };
}

every_bit! {
    every_bit_of_an_inclusion_counts: Inclusion,
    every_bit_of_a_brief_inclusion_counts: BriefInclusion,
    every_bit_of_some_records_counts: Records,
    every_bit_of_a_consistency_proof_counts: Consistency,
    every_bit_of_an_exclusion_counts: Exclusion,
    every_bit_of_a_statement_counts: Statement,
    every_bit_of_a_receipt_counts: Receipt,
    every_bit_of_a_placement_counts: Placement,
    every_bit_of_a_receipt_contradiction_counts: ContradictionReceipt,
    every_bit_of_an_index_contradiction_counts: ContradictionIndex,
    every_bit_of_an_overlap_counts: ContradictionOverlap,
    every_bit_of_a_log_root_contradiction_counts: ContradictionLogRoot,
}

#[test]
fn no_prefix_is_a_bundle() {
    for (format, json) in one_of_each() {
        for end in 0..json.len() {
            assert!(AnyBundle::read(&json.as_bytes()[..end]).is_err(), "{format} cut to {end}");
        }
    }
}
