//! `serve` and the end of `demo`, as a browser, or somebody worse, would ask them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::kit::{PROGRAM, Place};

/// A server that runs, and ends with the test.
struct Server {
    child: Child,
    address: SocketAddr,
}

/// Status, head in lower case, and body.
type Answer = (u16, String, Vec<u8>);

impl Server {
    /// Starts the program on any free port and waits until it says where it listens.
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .arg("--json")
            .current_dir(place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap())
            .find_map(|document| document["url"].as_str().map(ToOwned::to_owned))
            .unwrap();
        let address = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        Self { child, address }
    }

    fn with_shard(place: &Place) -> Self {
        Self::start(place, &["serve", "meter", "--listen", "127.0.0.1:0"])
    }

    fn ask(&self, line: &str, fields: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let host = if fields.contains("Host:") { "" } else { "Host: localhost\r\n" };
        let request = format!("{line} HTTP/1.1\r\n{host}Connection: close\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_lowercase(), answer[end + 4..].to_vec())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), "")
    }

    fn shards(&self) -> serde_json::Value {
        serde_json::from_slice(&self.get("/shards.json").2).unwrap()
    }

    /// The path below which the first shard is.
    fn shard(&self) -> String {
        format!("/{}", self.shards()["shards"][0]["url"].as_str().unwrap())
    }

    /// Asks it to end; its exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_segment_is_served_whole_in_parts_and_not_twice() {
    let place = Place::with_shard();
    let server = Server::with_shard(&place);
    let bytes = std::fs::read(place.join("meter/log.000001.cbor")).unwrap();
    let get = format!("GET {}log.000001.cbor", server.shard());
    let (status, head, body) = server.ask(&get, "");
    assert_eq!((status, body), (200, bytes.clone()));
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    assert!(head.contains("accept-ranges: bytes"), "{head}");
    for (range, part) in [("0-3", 0..4), ("10-19", 10..20), ("-5", bytes.len() - 5..bytes.len())] {
        let (status, head, body) = server.ask(&get, &format!("Range: bytes={range}\r\n"));
        assert_eq!((status, &*body), (206, &bytes[part.clone()]), "{range}");
        let wanted =
            format!("content-range: bytes {}-{}/{}", part.start, part.end - 1, bytes.len());
        assert!(head.contains(&wanted), "{head}");
    }
    assert_eq!(server.ask(&get, &format!("Range: bytes={}-\r\n", bytes.len())).0, 416);
    assert_eq!(server.ask(&get, &format!("If-None-Match: {tag}\r\n")).0, 304);
    // A range of a version that is no longer there is answered with all of the new one.
    assert_eq!(server.ask(&get, "Range: bytes=0-3\r\nIf-Range: \"other\"\r\n").0, 200);
    let (status, head, body) = server.ask(&get.replace("GET", "HEAD"), "");
    assert_eq!((status, body.len()), (200, 0));
    assert!(head.contains(&format!("content-length: {}", bytes.len())), "{head}");
}

#[test]
fn what_is_not_listed_is_not_there() {
    let place = Place::with_shard();
    let server = Server::with_shard(&place);
    let shard = server.shard();
    for path in [
        "/../operator.key",
        "/%2e%2e/operator.key",
        "//etc/passwd",
        "/operator.key",
        "/samples/../operator.key",
        "/samples/..%2foperator.key",
        "/shards/",
        &format!("{shard}state.json"),
        &format!("{shard}writer.lock"),
        &format!("{shard}log.000002.cbor"),
        &format!("{shard}log.1.cbor"),
        &format!("{shard}../../operator.key"),
        &format!("{shard}log.000001.cbor/../state.json"),
        "/shards/0199b1c0-0000-7000-8000-00000000c0df/log.000001.cbor",
    ] {
        let (status, _, body) = server.get(path);
        assert_eq!(status, 404, "{path}: {}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn every_answer_says_what_pages_may_do() {
    let place = Place::with_shard();
    let server = Server::with_shard(&place);
    for path in ["/", "/shards.json", &format!("{}log.000001.cbor", server.shard()), "/nothing"] {
        let (_, head, _) = server.get(path);
        for field in [
            "content-security-policy: default-src 'none';",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(head.contains(field), "{path}: {head}");
        }
    }
    let size = std::fs::metadata(place.join("meter/log.000001.cbor")).unwrap().len();
    assert_eq!(server.shards()["shards"][0]["segments"][0]["bytes"], size.to_string());
}

#[test]
fn other_hosts_methods_and_sizes_are_refused() {
    let place = Place::with_shard();
    let server = Server::with_shard(&place);
    assert_eq!(server.ask("GET /", "Host: example.org\r\n").0, 421);
    let (status, head, _) = server.ask("POST /", "Content-Length: 0\r\n");
    assert_eq!(status, 405);
    assert!(head.contains("allow: get, head"), "{head}");
    assert_eq!(server.get(&format!("/{}", "x".repeat(3_000))).0, 414);
    assert_eq!(server.ask("GET /", &format!("X: {}\r\n", "x".repeat(20_000))).0, 431);
    assert_eq!(server.ask("GET /", &"X: y\r\n".repeat(100)).0, 431);
}

#[test]
fn the_demo_ends_with_the_page_and_its_samples() {
    let place = Place::new();
    let server = Server::start(&place, &["demo", "--port", "0"]);
    let (status, head, body) = server.get("/samples/samples.json");
    assert_eq!(status, 200, "{head}");
    let list: serde_json::Value = serde_json::from_slice(&body).unwrap();
    for file in list["samples"].as_array().unwrap().iter().filter_map(|one| one["files"].as_array())
    {
        for name in file {
            assert_eq!(
                server.get(&format!("/samples/{}", name.as_str().unwrap())).0,
                200,
                "{name}"
            );
        }
    }
    assert_eq!(server.get("/samples/../operator.key").0, 404);
    let (status, _, body) = server.get("/");
    let text = String::from_utf8(body).unwrap();
    // Whether the page was built before the program is not for this test to say.
    let is_page = status == 200 && text.contains("<!doctype html>");
    let is_hint = status == 503 && text.contains("cargo xtask page");
    assert!(is_page || is_hint, "{status}: {text}");
    assert_eq!(server.end("INT"), Some(0));
}

#[test]
fn it_ends_although_somebody_keeps_a_connection() {
    let place = Place::with_shard();
    let server = Server::with_shard(&place);
    let idle = TcpStream::connect(server.address).unwrap();
    let start = Instant::now();
    assert_eq!(server.end("TERM"), Some(0));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    drop(idle);
}

#[test]
fn an_address_in_use_and_a_shard_twice_are_told() {
    let place = Place::with_shard();
    let server = Server::with_shard(&place);
    let told = |script: &str| {
        let output = place.run(script, "");
        assert_eq!(output.status.code(), Some(2), "{script}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["error"]["code"]
            .clone()
    };
    let listen = format!("countersign serve meter --listen {} --json", server.address);
    assert_eq!(told(&listen), "address-in-use");
    assert_eq!(told("countersign serve meter meter --json"), "shard-served-twice");
    assert_eq!(told("countersign serve nowhere --json"), "not-a-shard");
}
