//! SIGKILL of the real program under load, again and again: what was told stays.

use std::io::Read as _;
use std::time::Duration;

use crate::kit::{Place, Writer, line};

/// Times that the writer is killed.
const ROUNDS: u64 = 100;
/// Lines that each writer is given; it never gets to the end of them.
const LINES: u64 = 40_000;

#[test]
fn sigkill_a_hundred_times_under_load_and_every_line_told_is_in_the_log() {
    let place = Place::with_shard();
    let mut told = 0_u64;
    let mut entries = 0_u64;
    let mut cut = 0;
    for round in 0..ROUNDS {
        // From the first entry that may not be there, so that lines repeat across the crash.
        let input: String =
            (entries + 1..=entries + LINES).map(|number| line(number) + "\n").collect();
        std::fs::write(place.join("in.ndjson"), input).unwrap();
        let mut writer = Writer::start(
            &place,
            "meter",
            &["--input", "in.ndjson", "--max-segment-size", "1048576"],
        );
        // Killed at a line that differs from round to round, and a little later.
        let lines = 1 + (round * 7919) % 900;
        let mut last = None;
        for _ in 0..lines {
            last = Some(writer.receive());
        }
        std::thread::sleep(Duration::from_micros((round * 1_237) % 4_000));
        writer.signal("KILL");
        let mut rest = String::new();
        writer.stdout.read_to_string(&mut rest).unwrap();
        // The last line may be cut off; a line that is whole was told.
        let whole = rest.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let last = whole.lines().last().map(|line| serde_json::from_str(line).unwrap()).or(last);
        let last = last.unwrap();
        told = told.max(entries + last["line"].as_u64().unwrap());
        let last_seq: u64 = last["seq"].as_str().unwrap().parse().unwrap();
        let (code, stderr) = writer.end();
        assert_eq!(code, None, "round {round}: it ended by itself: {stderr}");

        let recovered = place.done("countersign shard recover meter --json");
        let recovered: serde_json::Value = serde_json::from_str(&recovered).unwrap();
        cut += u64::from(recovered["wasTruncated"] == true);
        let records: u64 = recovered["recordCount"].as_str().unwrap().parse().unwrap();
        assert!(records > last_seq, "round {round}: seq {last_seq} was told, {records} are left");
        let report = place.verify("meter");
        assert_eq!((&report["unsignedTail"], &report["tornTailBytes"]), (&"0".into(), &"0".into()));
        entries = report["entries"].as_str().unwrap().parse().unwrap();
        assert!(entries >= told, "round {round}: {told} entries were told, {entries} are left");
    }
    // What is in the log is what was sent, in order, once.
    let tail = place.done("countersign shard tail meter");
    let mut next = 0;
    for record in tail.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
    {
        if record["kind"].is_null() {
            next += 1;
            assert_eq!(record["opId"], format!("op-{next}"));
        }
    }
    assert_eq!(next, entries);
    println!("{entries} entries after {ROUNDS} kills, {cut} of them with a torn tail");
}
