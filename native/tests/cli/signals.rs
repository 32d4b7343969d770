//! SIGTERM and SIGINT end a writer as closing does.

use std::time::Duration;

use crate::kit::{Place, Writer, line};

#[test]
fn a_signal_ends_a_writer_that_waits_for_input() {
    for signal in ["TERM", "INT"] {
        let place = Place::with_shard();
        let mut writer = Writer::start(&place, "meter", &[]);
        writer.send(&format!("{}\n{}\n", line(1), line(2)));
        assert_eq!(writer.receive()["seq"], "2");
        // Not closing standard input: the writer is blocked on it.
        let stdin = writer.child.stdin.take();
        writer.signal(signal);
        let (code, stderr) = writer.end();
        drop(stdin);
        assert_eq!(code, Some(0), "{signal}: {stderr}");
        assert!(stderr.contains("ended by a signal"), "{stderr}");
        assert!(stderr.contains("2 appended"), "{stderr}");
        let after = place.done("countersign shard recover meter --dry-run --json");
        let after: serde_json::Value = serde_json::from_str(&after).unwrap();
        assert_eq!((&after["wasTruncated"], &after["unusedBytes"]), (&false.into(), &"0".into()));
        assert!(!place.join("meter/writer.lock").exists());
        assert_eq!(place.verify("meter")["unsignedTail"], "0");
    }
}

#[test]
fn a_signal_under_load_loses_nothing_that_was_told() {
    let place = Place::with_shard();
    let input: String = (1..=200_000).map(|number| line(number) + "\n").collect();
    std::fs::write(place.join("in.ndjson"), input).unwrap();
    let mut writer = Writer::start(&place, "meter", &["--input", "in.ndjson"]);
    for expected in 1..=500 {
        assert_eq!(writer.receive()["line"], expected);
    }
    writer.signal("TERM");
    let mut told = 500;
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut writer.stdout, &mut rest).unwrap();
    told += rest.lines().count() as u64;
    let (code, stderr) = writer.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(told < 200_000, "it ended before the signal came");
    let report = place.verify("meter");
    // As closing does: what went in was told, and nothing else is in the log.
    assert_eq!(report["entries"], told.to_string());
    assert_eq!(report["unsignedTail"], "0");
}

#[test]
fn following_a_shard_ends_with_a_signal() {
    let place = Place::with_shard();
    let mut tail = std::process::Command::new(crate::kit::PROGRAM)
        .args(["shard", "tail", "meter", "--follow"])
        .current_dir(place.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = std::io::BufReader::new(tail.stdout.take().unwrap());
    let mut read = || {
        let mut text = String::new();
        std::io::BufRead::read_line(&mut stdout, &mut text).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    assert_eq!((&read()["seq"], &read()["seq"]), (&"0".into(), &"1".into()));
    place.run("countersign shard append meter --process-key process.key", &line(5));
    assert_eq!(read()["opId"], "op-5");
    let pid = tail.id().to_string();
    assert!(std::process::Command::new("kill").arg(&pid).status().unwrap().success());
    let mut waited = Duration::ZERO;
    let status = loop {
        if let Some(status) = tail.try_wait().unwrap() {
            break status;
        }
        assert!(waited < Duration::from_secs(10), "it did not end");
        std::thread::sleep(Duration::from_millis(10));
        waited += Duration::from_millis(10);
    };
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_ends_a_writer_in_order() {
    let place = Place::with_shard();
    let input: String = (1..=200_000).map(|number| line(number) + "\n").collect();
    std::fs::write(place.join("in.ndjson"), input).unwrap();
    let mut writer = Writer::start(&place, "meter", &["--input", "in.ndjson"]);
    writer.receive();
    let Writer { child, stdout } = writer;
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    let appended = stderr.split(" appended").next().unwrap().replace(',', "");
    let report = place.verify("meter");
    assert_eq!(report["entries"], appended, "{stderr}");
    assert_eq!(report["unsignedTail"], "0");
}
