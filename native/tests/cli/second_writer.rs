//! Two writers on one shard.

use crate::kit::{Place, Writer, line};

#[test]
fn a_second_writer_is_turned_away_and_readers_are_not() {
    let place = Place::with_shard();
    let mut first = Writer::start(&place, "meter", &[]);
    first.send(&format!("{}\n", line(1)));
    assert_eq!(first.receive(), serde_json::json!({ "line": 1, "seq": "2" }));

    for command in [
        "shard append meter --process-key process.key",
        "shard recover meter",
        "key certify meter --operator-key operator.key --process-key process.key",
    ] {
        let output = place.run(&format!("countersign {command} --json"), "");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["error"]["code"], "shard-locked", "{command}");
        assert_eq!(document["error"]["pid"], first.child.id().to_string(), "{command}");
        assert_eq!(output.status.code(), Some(2));
    }
    let status: serde_json::Value =
        serde_json::from_str(&place.done("countersign shard status meter --json")).unwrap();
    assert_eq!(status["lastSeq"], "3");
    if std::path::Path::new("/proc/locks").exists() {
        assert_eq!(status["writer"]["isRunning"], true);
    }
    let records = place.done("countersign shard tail meter --from 2");
    assert_eq!(records.lines().count(), 2);
    place.verify("meter");

    let (code, stderr) = first.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!place.join("meter/writer.lock").exists());
    place.done("countersign shard append meter --process-key process.key < /dev/null");
}
